"""Product line `release`: a motorist frees a clamped car.

The small interface by which a line plugs into the customer session: what identifies, what is owed, what is
delivered, what is printed. Paying, change, claims and recovery are written once, in `settlement.py`.
"""

from kiosk.flows.state import BookedClamp, Delivery, Payment
from parking.facts import CodeOpened, Fact, SecuredBy
from parking.identifiers import clamp_identifier
from parking.receipt import CodeLine, ReceiptLine

NAME = "release"


def identify(text: str) -> str:
    """Read what was typed or scanned. Raises IdentifierRefusedError."""
    return clamp_identifier(text)


def delivery(clamp: BookedClamp, by: SecuredBy) -> Delivery:
    """What can be delivered for this clamp: its debt and its sealed code."""
    return Delivery(clamp.identifier, clamp.fitting, clamp.debt, clamp.code_number, clamp.sealed, by)


def delivered(payment: Payment) -> Fact:
    """The fact by which the service leaves the machine."""
    what = payment.delivery
    return CodeOpened(payment.number, what.subject, what.fitting, what.code_number, what.sealed)


def printed(payment: Payment) -> tuple[ReceiptLine, ...]:
    """What the receipt says of the service: the code."""
    return (CodeLine(payment.delivery.sealed),)
