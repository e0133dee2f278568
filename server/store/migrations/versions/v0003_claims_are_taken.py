"""Claims are taken: keys that prove them, who presented and redeemed them, what the office did with them."""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step."""
    _add_to_the_old_tables()
    _make_the_new_tables()


def _add_to_the_old_tables() -> None:
    op.add_column(
        "payments",
        sa.Column(
            "redeemed_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="what of it came as claims, not as coins",
        ),
    )
    for column in (
        sa.Column(
            "currency",
            sa.String(length=3),
            server_default=sa.text("''"),
            nullable=False,
            comment="of its payment",
        ),
        sa.Column(
            "confirmed_at_ms",
            sa.BigInteger(),
            nullable=True,
            comment="staff counted the hopper: it is owed",
        ),
        sa.Column(
            "office_end",
            sa.String(length=8),
            nullable=True,
            comment="as in office.claims.OfficeEnd; NULL: the office did not end it",
        ),
        sa.Column("office_ended_at_ms", sa.BigInteger(), nullable=True),
    ):
        op.add_column("claims", column)
    op.create_index(op.f("ix_claims_number"), "claims", ["number"])
    op.execute(
        "UPDATE claims SET currency = (SELECT payments.currency FROM payments "
        "WHERE payments.terminal = claims.terminal AND payments.epoch = claims.epoch "
        "AND payments.number = claims.payment)"
    )
    # A comment says more than it did: SQLite keeps none, PostgreSQL shows it to who looks at the table.
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "alarms",
            "hash",
            existing_type=sa.String(length=64),
            existing_nullable=False,
            existing_comment="of the entry that raised it",
            comment="of the entry that raised it, or the claim it is about",
        )


def _make_the_new_tables() -> None:
    op.create_table(
        "claim_keys",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="public, Ed25519, 32 bytes in base64"),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False, comment="by the terminal's clock"),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False, comment="by the server's clock"),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="its row of the books"),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_claim_keys_terminal")),
        sa.PrimaryKeyConstraint("terminal", "epoch", "key", name=op.f("pk_claim_keys")),
        sa.UniqueConstraint("sequence", name=op.f("uq_claim_keys_sequence")),
    )
    op.create_table(
        "claim_redemptions",
        sa.Column("claim", sa.String(length=64), nullable=False, comment="perhaps not heard of yet"),
        sa.Column("terminal", sa.String(length=8), nullable=False, comment="where it was taken"),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="of the payment"),
        sa.Column("by", sa.String(length=8), nullable=False, comment="as in facts.SecuredBy"),
        sa.Column("redeemed_at_ms", sa.BigInteger(), nullable=False, comment="by the terminal's clock"),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False, comment="by the server's clock"),
        sa.ForeignKeyConstraint(
            ["terminal", "epoch", "payment"],
            ["payments.terminal", "payments.epoch", "payments.number"],
            name=op.f("fk_claim_redemptions_terminal_epoch_payment"),
        ),
        sa.PrimaryKeyConstraint("claim", "terminal", "epoch", "payment", name=op.f("pk_claim_redemptions")),
    )
    op.create_index("ix_claim_redemptions_payment", "claim_redemptions", ["terminal", "epoch", "payment"])
    op.create_table(
        "claim_references",
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column(
            "held_at_ms",
            sa.BigInteger(),
            nullable=True,
            comment="the server promised it; NULL: it was never asked",
        ),
        sa.Column(
            "presented_at_ms",
            sa.BigInteger(),
            nullable=True,
            comment="by the terminal's clock; NULL: its fact has not come yet",
        ),
        sa.Column(
            "ended",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="for ever: nothing is held",
        ),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.number"], name=op.f("fk_claim_references_terminal")
        ),
        sa.PrimaryKeyConstraint("claim", "terminal", "reference", name=op.f("pk_claim_references")),
    )
    op.create_table(
        "claims_log",
        sa.Column("claim", sa.String(length=64), nullable=False, comment="taken, or ended by the office"),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="its row of the books"),
        sa.PrimaryKeyConstraint("claim", name=op.f("pk_claims_log")),
        sa.UniqueConstraint("sequence", name=op.f("uq_claims_log_sequence")),
    )
