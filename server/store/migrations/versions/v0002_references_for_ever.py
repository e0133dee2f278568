"""Reservations keep their reference for ever: one row for each reference, not for each fitting."""

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step. What is reserved now stays reserved."""
    held = op.get_bind().execute(
        sa.text("SELECT terminal, reference, clamp, fitting, expires_at_ms FROM reservations")
    )
    rows = [dict(row) for row in held.mappings()]
    op.drop_table("reservations")
    reservations = op.create_table(
        "reservations",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("clamp", sa.String(length=12), nullable=True, comment="NULL: nothing was reserved"),
        sa.Column("fitting", sa.Integer(), nullable=True),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.String(length=12), nullable=True, comment="why nothing was reserved"),
        sa.Column(
            "over_at_ms",
            sa.BigInteger(),
            nullable=True,
            comment="its customer has gone: it holds nothing any more",
        ),
        sa.ForeignKeyConstraint(
            ["clamp", "fitting"],
            ["fittings.clamp", "fittings.fitting"],
            name=op.f("fk_reservations_clamp_fitting"),
        ),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_reservations_terminal")),
        sa.PrimaryKeyConstraint("terminal", "reference", name=op.f("pk_reservations")),
    )
    op.create_index("ix_reservations_clamp_fitting", "reservations", ["clamp", "fitting"])
    op.bulk_insert(reservations, rows)
