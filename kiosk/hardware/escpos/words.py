"""The words on receipts and slips, in one table for each language. No layout, no amounts."""

import msgspec

from parking.receipt import Slip


class Words(msgspec.Struct, frozen=True):
    """All words that a receipt can carry, in one language. `{...}` is filled in by the layout."""

    titles: dict[Slip, str]
    copy: str
    terminal: str
    clamp: str
    plate: str
    total: str
    paid: dict[str, str]
    """The words for each tender; a tender without words uses `paid_otherwise`."""
    paid_otherwise: str
    change: str
    """The paper comes before the coins: what is due, not what has been given."""
    given_back: str
    """Instead of `change` where the payment was cancelled."""
    code: str
    code_steps: tuple[str, ...]
    claim: str
    claim_number: str
    claim_elsewhere: str
    """On a receipt: what is owed on a slip that is a paper of its own."""
    claim_steps: tuple[str, ...]
    claim_steps_without_phone: tuple[str, ...]
    cancelled_note: str
    receipt_number: str
    help: str
    months: tuple[str, ...]
    date_and_time: str


ENGLISH = Words(
    titles={
        Slip.RELEASE: "CLAMP FINE RECEIPT",
        Slip.CLAIM: "WE OWE YOU MONEY",
        Slip.CANCELLED: "PAYMENT CANCELLED",
    },
    copy="COPY",
    terminal="Terminal {number}",
    clamp="Clamp",
    plate="Plate",
    total="TOTAL",
    paid={"coins": "Paid in coins", "claims": "Paid with slip"},
    paid_otherwise="Paid ({tender})",
    change="Change due",
    given_back="Given back",
    code="YOUR RELEASE CODE",
    code_steps=("Type it on the clamp. Press green.", "Put the clamp into the yellow box."),
    claim="STILL OWED TO YOU",
    claim_number="Slip {number}",
    claim_elsewhere="Owed to you on slip {number}",
    claim_steps=(
        "Keep this slip. It is worth its money once.",
        "Any terminal takes it: to pay, or for coins.",
        "No terminal reads it? Call {phone}. Say its number.",
    ),
    claim_steps_without_phone=(
        "Keep this slip. It is worth its money once.",
        "Any terminal takes it: to pay, or for coins.",
        "No terminal reads it? Show it to our staff.",
    ),
    cancelled_note="You paid nothing. The clamp is still locked.",
    receipt_number="Receipt {number}",
    help="Help: {phone}",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    date_and_time="{day} {month} {year}, {hour:02}:{minute:02} {zone}",
)
