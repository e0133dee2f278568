"""The first tables: clamps, codes and fines; terminals and their facts; payments, claims and alarms."""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step."""
    op.create_table(
        "clamps",
        sa.Column("identifier", sa.String(length=12), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_clamps")),
    )
    books_counter = op.create_table(
        "counters",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "terminals",
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the key, in hex"),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("software", sa.String(length=64), nullable=True),
        sa.Column("books_version", sa.BigInteger(), nullable=True, comment="the cursor it asked after"),
        sa.Column("epoch", sa.BigInteger(), nullable=True, comment="of the newest fact"),
        sa.Column(
            "facts_number", sa.BigInteger(), nullable=True, comment="number of the newest fact in that epoch"
        ),
        sa.Column(
            "reference",
            sa.String(length=64),
            nullable=True,
            comment="the reservation its present customer asked for",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_terminals")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_terminals_key_hash")),
    )
    op.create_table(
        "alarms",
        sa.Column("kind", sa.String(length=20), nullable=False, comment="as in office.alarms.AlarmKind"),
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="of the entry that raised it"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raised_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False, comment="the last time it was raised"),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_alarms_terminal")),
        sa.PrimaryKeyConstraint("kind", "terminal", "epoch", "number", "hash", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_raised_at_ms"), "alarms", ["raised_at_ms"])
    op.create_table(
        "codes",
        sa.Column("clamp", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("box", sa.Text(), nullable=False, comment="the code, sealed"),
        sa.Column(
            "shown_at_ms",
            sa.BigInteger(),
            nullable=True,
            comment="a terminal opened it: it is never used again",
        ),
        sa.ForeignKeyConstraint(["clamp"], ["clamps.identifier"], name=op.f("fk_codes_clamp")),
        sa.PrimaryKeyConstraint("clamp", "number", name=op.f("pk_codes")),
    )
    op.create_table(
        "facts",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="by the terminal's clock"),
        sa.Column("books_version", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.String(length=64), nullable=False, comment="empty: the payload has no readable kind"
        ),
        sa.Column(
            "projected", sa.Boolean(), nullable=False, comment="false: this software could not read it"
        ),
        sa.Column("payment", sa.String(length=64), nullable=True, comment="the payment it belongs to"),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_facts_terminal")),
        sa.PrimaryKeyConstraint("terminal", "epoch", "number", name=op.f("pk_facts")),
    )
    op.create_index("ix_facts_payment", "facts", ["terminal", "epoch", "payment"])
    op.create_table(
        "faults",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column(
            "code", sa.String(length=64), nullable=False, comment="a stable event code such as PRN.PAPER_OUT"
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="by the terminal's clock"),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_faults_terminal")),
        sa.PrimaryKeyConstraint("terminal", "device", name=op.f("pk_faults")),
    )
    op.create_table(
        "payments",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "state", sa.String(length=12), nullable=False, comment="as in office.payments.PaymentState"
        ),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("kept_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("paid_twice", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False, comment="by the terminal's clock"),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False, comment="by the server's clock"),
        sa.Column("closed_at_ms", sa.BigInteger(), nullable=True, comment="by the terminal's clock"),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_payments_terminal")),
        sa.PrimaryKeyConstraint("terminal", "epoch", "number", name=op.f("pk_payments")),
    )
    op.create_index(op.f("ix_payments_received_at_ms"), "payments", ["received_at_ms"])
    op.create_table(
        "claims",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("payment", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("issued_at_ms", sa.BigInteger(), nullable=False, comment="by the terminal's clock"),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False, comment="by the server's clock"),
        sa.ForeignKeyConstraint(
            ["terminal", "epoch", "payment"],
            ["payments.terminal", "payments.epoch", "payments.number"],
            name=op.f("fk_claims_terminal_epoch_payment"),
        ),
        sa.PrimaryKeyConstraint("terminal", "epoch", "number", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_received_at_ms"), "claims", ["received_at_ms"])
    op.create_table(
        "fittings",
        sa.Column("clamp", sa.String(length=12), nullable=False),
        sa.Column("fitting", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_number", sa.Integer(), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("fitted_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("unfitted_at_ms", sa.BigInteger(), nullable=True, comment="taken off by staff"),
        sa.Column("released_at_ms", sa.BigInteger(), nullable=True, comment="by the terminal's clock"),
        sa.Column("release_received_at_ms", sa.BigInteger(), nullable=True, comment="by the server's clock"),
        sa.Column("release_terminal", sa.String(length=8), nullable=True),
        sa.Column("release_epoch", sa.BigInteger(), nullable=True),
        sa.Column("release_payment", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["clamp", "code_number"],
            ["codes.clamp", "codes.number"],
            name=op.f("fk_fittings_clamp_code_number"),
        ),
        sa.ForeignKeyConstraint(["clamp"], ["clamps.identifier"], name=op.f("fk_fittings_clamp")),
        sa.PrimaryKeyConstraint("clamp", "fitting", name=op.f("pk_fittings")),
        sa.UniqueConstraint("clamp", "code_number", name=op.f("uq_fittings_clamp_code_number")),
    )
    op.create_index(
        "ix_fittings_one_open_per_clamp",
        "fittings",
        ["clamp"],
        unique=True,
        sqlite_where=sa.text("released_at_ms IS NULL AND unfitted_at_ms IS NULL"),
        postgresql_where=sa.text("released_at_ms IS NULL AND unfitted_at_ms IS NULL"),
    )
    op.create_index(op.f("ix_fittings_release_received_at_ms"), "fittings", ["release_received_at_ms"])
    op.create_table(
        "payouts",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("payment", sa.String(length=64), nullable=False),
        sa.Column("hopper", sa.String(length=64), nullable=False),
        sa.Column("coins", sa.Integer(), nullable=False),
        sa.Column("coin_minor", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=True, comment="NULL: not reported"),
        sa.Column("in_doubt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal", "epoch", "payment"],
            ["payments.terminal", "payments.epoch", "payments.number"],
            name=op.f("fk_payouts_terminal_epoch_payment"),
        ),
        sa.PrimaryKeyConstraint("terminal", "epoch", "order_number", name=op.f("pk_payouts")),
    )
    op.create_table(
        "print_jobs",
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("payment", sa.String(length=64), nullable=False),
        sa.Column("slip", sa.String(length=64), nullable=False),
        sa.Column(
            "result",
            sa.String(length=64),
            nullable=True,
            comment="`printed`, or the event code of the failure",
        ),
        sa.ForeignKeyConstraint(
            ["terminal", "epoch", "payment"],
            ["payments.terminal", "payments.epoch", "payments.number"],
            name=op.f("fk_print_jobs_terminal_epoch_payment"),
        ),
        sa.PrimaryKeyConstraint("terminal", "epoch", "job", name=op.f("pk_print_jobs")),
    )
    op.create_table(
        "books_log",
        sa.Column("identifier", sa.String(length=12), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("fitting", sa.Integer(), nullable=True, comment="NULL: the clamp is on no car any more"),
        sa.ForeignKeyConstraint(
            ["identifier", "fitting"],
            ["fittings.clamp", "fittings.fitting"],
            name=op.f("fk_books_log_identifier_fitting"),
        ),
        sa.ForeignKeyConstraint(["identifier"], ["clamps.identifier"], name=op.f("fk_books_log_identifier")),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_books_log")),
        sa.UniqueConstraint("sequence", name=op.f("uq_books_log_sequence")),
    )
    op.create_table(
        "debt_lines",
        sa.Column("clamp", sa.String(length=12), nullable=False),
        sa.Column("fitting", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clamp", "fitting"],
            ["fittings.clamp", "fittings.fitting"],
            name=op.f("fk_debt_lines_clamp_fitting"),
        ),
        sa.PrimaryKeyConstraint("clamp", "fitting", "line", name=op.f("pk_debt_lines")),
    )
    op.create_table(
        "reservations",
        sa.Column("clamp", sa.String(length=12), nullable=False),
        sa.Column("fitting", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("terminal", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clamp", "fitting"],
            ["fittings.clamp", "fittings.fitting"],
            name=op.f("fk_reservations_clamp_fitting"),
        ),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.number"], name=op.f("fk_reservations_terminal")),
        sa.PrimaryKeyConstraint("clamp", "fitting", name=op.f("pk_reservations")),
    )
    op.bulk_insert(books_counter, [{"name": "books", "value": 0}])
