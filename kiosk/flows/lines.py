"""The product lines by name. A new line is a module with the functions of `ProductLine` and an entry here."""

from typing import Protocol

from kiosk.flows import release
from kiosk.flows.state import BookedClamp, Delivery, Payment
from parking.facts import Fact, SecuredBy
from parking.receipt import ReceiptLine


class ProductLine(Protocol):
    """What a product line tells the customer session."""

    NAME: str

    def identify(self, text: str) -> str:
        """Read what was typed or scanned. Raises IdentifierRefusedError."""

    def delivery(self, clamp: BookedClamp, by: SecuredBy) -> Delivery:
        """What can be delivered, and what is owed for it."""

    def delivered(self, payment: Payment) -> Fact:
        """The fact by which the service leaves the machine."""

    def printed(self, payment: Payment) -> tuple[ReceiptLine, ...]:
        """What the receipt says of the service."""


LINES: dict[str, ProductLine] = {release.NAME: release}
