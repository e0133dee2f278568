"""The tables, as the newest migration leaves them. No queries here.

Instants are `..._ms` (UTC), amounts `..._minor`. Facts are the truth that terminals sent; payments, payouts,
print jobs and claims are read from them, once each, in the same transaction. What changed for terminals has
a number of one sequence: `books_log` has one row per clamp with its newest change, `claim_keys` and
`claims_log` one for each key and for each claim that is not to be taken any more. `reservations` keeps every
reference for ever, so that a request that comes again, however late, has no second effect.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LONGEST_IDENTIFIER = 12
LONGEST_PLATE = 16
LONGEST_WORDS = 80
LONGEST_PLACE = 80
LONGEST_NAME = 64
"""So long may a name be that a terminal makes up: a payment, a claim, an order, a print job, a reference."""

BOOKS_COUNTER = "books"

counters = Table(
    "counters",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

clamps = Table(
    "clamps",
    metadata,
    Column("identifier", String(LONGEST_IDENTIFIER), primary_key=True),
    Column("added_at_ms", BigInteger, nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("clamp", String(LONGEST_IDENTIFIER), ForeignKey("clamps.identifier"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("box", Text, nullable=False, comment="the code, sealed"),
    Column("shown_at_ms", BigInteger, comment="a terminal opened it: it is never used again"),
)

STILL_FITTED = "released_at_ms IS NULL AND unfitted_at_ms IS NULL"

fittings = Table(
    "fittings",
    metadata,
    Column("clamp", String(LONGEST_IDENTIFIER), ForeignKey("clamps.identifier"), primary_key=True),
    Column("fitting", Integer, primary_key=True, autoincrement=False),
    Column("code_number", Integer, nullable=False),
    Column("plate", String(LONGEST_PLATE), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("fitted_at_ms", BigInteger, nullable=False),
    Column("unfitted_at_ms", BigInteger, comment="taken off by staff"),
    Column("released_at_ms", BigInteger, comment="by the terminal's clock"),
    Column("release_received_at_ms", BigInteger, index=True, comment="by the server's clock"),
    Column("release_terminal", String(8)),
    Column("release_epoch", BigInteger),
    Column("release_payment", String(LONGEST_NAME)),
    ForeignKeyConstraint(["clamp", "code_number"], ["codes.clamp", "codes.number"]),
    UniqueConstraint("clamp", "code_number"),
    Index(
        "ix_fittings_one_open_per_clamp",
        "clamp",
        unique=True,
        sqlite_where=text(STILL_FITTED),
        postgresql_where=text(STILL_FITTED),
    ),
)

debt_lines = Table(
    "debt_lines",
    metadata,
    Column("clamp", String(LONGEST_IDENTIFIER), primary_key=True),
    Column("fitting", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("words", String(LONGEST_WORDS), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    ForeignKeyConstraint(["clamp", "fitting"], ["fittings.clamp", "fittings.fitting"]),
)

books_log = Table(
    "books_log",
    metadata,
    Column("identifier", String(LONGEST_IDENTIFIER), ForeignKey("clamps.identifier"), primary_key=True),
    Column("sequence", BigInteger, nullable=False, unique=True),
    Column("fitting", Integer, comment="NULL: the clamp is on no car any more"),
    ForeignKeyConstraint(["identifier", "fitting"], ["fittings.clamp", "fittings.fitting"]),
)

reservations = Table(
    "reservations",
    metadata,
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("reference", String(LONGEST_NAME), primary_key=True),
    Column("clamp", String(LONGEST_IDENTIFIER), comment="NULL: nothing was reserved"),
    Column("fitting", Integer),
    Column("expires_at_ms", BigInteger),
    Column("refused", String(12), comment="why nothing was reserved"),
    Column("over_at_ms", BigInteger, comment="its customer has gone: it holds nothing any more"),
    ForeignKeyConstraint(["clamp", "fitting"], ["fittings.clamp", "fittings.fitting"]),
    Index("ix_reservations_clamp_fitting", "clamp", "fitting"),
)

terminals = Table(
    "terminals",
    metadata,
    Column("number", String(8), primary_key=True),
    Column("place", String(LONGEST_PLACE), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True, comment="SHA-256 of the key, in hex"),
    Column("added_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger),
    Column("seen_at_ms", BigInteger),
    Column("software", String(LONGEST_NAME)),
    Column("books_version", BigInteger, comment="the cursor it asked after"),
    Column("epoch", BigInteger, comment="of the newest fact"),
    Column("facts_number", BigInteger, comment="number of the newest fact in that epoch"),
    Column("reference", String(LONGEST_NAME), comment="the reservation its present customer asked for"),
)

facts = Table(
    "facts",
    metadata,
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False, comment="by the terminal's clock"),
    Column("books_version", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("received_at_ms", BigInteger, nullable=False),
    Column("kind", String(LONGEST_NAME), nullable=False, comment="empty: the payload has no readable kind"),
    Column("projected", Boolean, nullable=False, comment="false: this software could not read it"),
    Column("payment", String(LONGEST_NAME), comment="the payment it belongs to"),
    Index("ix_facts_payment", "terminal", "epoch", "payment"),
)

payments = Table(
    "payments",
    metadata,
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(LONGEST_NAME), primary_key=True),
    Column("line", String(LONGEST_NAME), nullable=False),
    Column("subject", String(LONGEST_NAME), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(12), nullable=False, comment="as in office.payments.PaymentState"),
    Column("price_minor", BigInteger, nullable=False),
    Column("kept_minor", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "redeemed_minor",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="what of it came as claims, not as coins",
    ),
    Column("delivered_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("change_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("refund_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("claimed_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("paid_twice", Boolean, nullable=False, server_default=false()),
    Column("in_doubt", Boolean, nullable=False, server_default=false()),
    Column("opened_at_ms", BigInteger, nullable=False, comment="by the terminal's clock"),
    Column("received_at_ms", BigInteger, nullable=False, index=True, comment="by the server's clock"),
    Column("closed_at_ms", BigInteger, comment="by the terminal's clock"),
)

payouts = Table(
    "payouts",
    metadata,
    Column("terminal", String(8), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("order_number", String(LONGEST_NAME), primary_key=True),
    Column("payment", String(LONGEST_NAME), nullable=False),
    Column("hopper", String(LONGEST_NAME), nullable=False),
    Column("coins", Integer, nullable=False),
    Column("coin_minor", BigInteger, nullable=False),
    Column("purpose", String(12), nullable=False),
    Column("paid", Integer, comment="NULL: not reported"),
    Column("in_doubt", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(
        ["terminal", "epoch", "payment"], ["payments.terminal", "payments.epoch", "payments.number"]
    ),
)

print_jobs = Table(
    "print_jobs",
    metadata,
    Column("terminal", String(8), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("job", String(LONGEST_NAME), primary_key=True),
    Column("payment", String(LONGEST_NAME), nullable=False),
    Column("slip", String(LONGEST_NAME), nullable=False),
    Column("result", String(LONGEST_NAME), comment="`printed`, or the event code of the failure"),
    ForeignKeyConstraint(
        ["terminal", "epoch", "payment"], ["payments.terminal", "payments.epoch", "payments.number"]
    ),
)

claims = Table(
    "claims",
    metadata,
    Column("terminal", String(8), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(LONGEST_NAME), primary_key=True, index=True),
    Column("payment", String(LONGEST_NAME), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False, server_default=text("''"), comment="of its payment"),
    Column("reason", String(LONGEST_NAME), nullable=False),
    Column("issued_at_ms", BigInteger, nullable=False, comment="by the terminal's clock"),
    Column("received_at_ms", BigInteger, nullable=False, index=True, comment="by the server's clock"),
    Column("confirmed_at_ms", BigInteger, comment="staff counted the hopper: it is owed"),
    Column("office_end", String(8), comment="as in office.claims.OfficeEnd; NULL: the office did not end it"),
    Column("office_ended_at_ms", BigInteger),
    ForeignKeyConstraint(
        ["terminal", "epoch", "payment"], ["payments.terminal", "payments.epoch", "payments.number"]
    ),
)

claim_keys = Table(
    "claim_keys",
    metadata,
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(LONGEST_NAME), primary_key=True, comment="public, Ed25519, 32 bytes in base64"),
    Column("made_at_ms", BigInteger, nullable=False, comment="by the terminal's clock"),
    Column("received_at_ms", BigInteger, nullable=False, comment="by the server's clock"),
    Column("sequence", BigInteger, nullable=False, unique=True, comment="its row of the books"),
)

claim_redemptions = Table(
    "claim_redemptions",
    metadata,
    Column("claim", String(LONGEST_NAME), primary_key=True, comment="perhaps not heard of yet"),
    Column("terminal", String(8), primary_key=True, comment="where it was taken"),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("payment", String(LONGEST_NAME), primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False, comment="of the payment"),
    Column("by", String(8), nullable=False, comment="as in facts.SecuredBy"),
    Column("redeemed_at_ms", BigInteger, nullable=False, comment="by the terminal's clock"),
    Column("received_at_ms", BigInteger, nullable=False, comment="by the server's clock"),
    ForeignKeyConstraint(
        ["terminal", "epoch", "payment"], ["payments.terminal", "payments.epoch", "payments.number"]
    ),
    Index("ix_claim_redemptions_payment", "terminal", "epoch", "payment"),
)

claim_references = Table(
    "claim_references",
    metadata,
    Column("claim", String(LONGEST_NAME), primary_key=True),
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("reference", String(LONGEST_NAME), primary_key=True),
    Column("held_at_ms", BigInteger, comment="the server promised it; NULL: it was never asked"),
    Column("presented_at_ms", BigInteger, comment="by the terminal's clock; NULL: its fact has not come yet"),
    Column("ended", Boolean, nullable=False, server_default=false(), comment="for ever: nothing is held"),
)

claims_log = Table(
    "claims_log",
    metadata,
    Column("claim", String(LONGEST_NAME), primary_key=True, comment="taken, or ended by the office"),
    Column("sequence", BigInteger, nullable=False, unique=True, comment="its row of the books"),
)

faults = Table(
    "faults",
    metadata,
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("device", String(LONGEST_NAME), primary_key=True),
    Column("code", String(LONGEST_NAME), nullable=False, comment="a stable event code such as PRN.PAPER_OUT"),
    Column("detail", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False, comment="by the terminal's clock"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("kind", String(20), primary_key=True, comment="as in office.alarms.AlarmKind"),
    Column("terminal", String(8), ForeignKey("terminals.number"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "hash", String(64), primary_key=True, comment="of the entry that raised it, or the claim it is about"
    ),
    Column("detail", Text, nullable=False),
    Column("raised_at_ms", BigInteger, nullable=False, index=True),
    Column("seen_at_ms", BigInteger, nullable=False, comment="the last time it was raised"),
    Column("times", Integer, nullable=False, server_default=text("1")),
)
