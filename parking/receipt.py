"""Receipts and slips as lines of meaning; how they look on paper is the printer's business.

A line says what is told, not how: `Paid(7500)`, not "PAID" in double width. A code that may not be seen yet
travels as `CodeLine(SealedCode)` and is opened at the last moment, when the order to print is carried out; at
the same moment a `ClaimLine` gets its signature.
"""

import re
from enum import StrEnum

import msgspec

from parking.claims import ClaimSlip
from parking.debts import DebtLine
from parking.money import Currency
from parking.release_codes import SealedCode

_MARK = "RECEIPT:"
_SCANNED = re.compile(rf"({_MARK})?(?P<number>[0-9A-Z]{{2,8}}-[1-9][0-9]{{0,8}}-[0-9]{{5,9}})")


class Slip(StrEnum):
    """What kind of paper this is."""

    RELEASE = "release"
    CLAIM = "claim"
    CANCELLED = "cancelled"


class Owed(msgspec.Struct, frozen=True, tag=True):
    """What was owed, line by line, and the total in minor units."""

    lines: tuple[DebtLine, ...]
    total_minor: int


class Paid(msgspec.Struct, frozen=True, tag=True):
    """What was paid with one tender (`coins`), in minor units."""

    tender: str
    amount_minor: int


class ChangeDue(msgspec.Struct, frozen=True, tag=True):
    """What is given back in coins, in minor units."""

    amount_minor: int


class SubjectLine(msgspec.Struct, frozen=True, tag=True):
    """What was paid for: a clamp's identifier, and the plate where it is known."""

    identifier: str
    plate: str


class CodeLine(msgspec.Struct, frozen=True, tag=True):
    """The release code, large: sealed until the order to print is carried out, then plain text."""

    code: SealedCode | str


class ClaimLine(msgspec.Struct, frozen=True, tag=True):
    """Money owed to the customer: the claim's number and amount in minor units, and the slip for its QR.

    The slip is signed when the order to print is carried out, and is its whole text from then on.
    """

    number: str
    amount_minor: int
    slip: ClaimSlip | str


ReceiptLine = Owed | Paid | ChangeDue | SubjectLine | CodeLine | ClaimLine


class Receipt(msgspec.Struct, frozen=True):
    """One piece of paper: who printed it, when, for which payment, and what it says.

    `number` is the receipt number (equal to the payment's); it is printed as text and in the QR.
    `copy` marks a repeated receipt. `place` and `phone` tell where it was and who helps.
    """

    slip: Slip
    number: str
    terminal: str
    place: str
    phone: str
    at_utc_ms: int
    zone: str
    currency: Currency
    lines: tuple[ReceiptLine, ...]
    copy: bool = False


def names_receipt(text: str, number: str) -> bool:
    """Whether what somebody typed is this receipt's number: 0412-1-00042, or only its last part, 42."""
    typed = text.strip().upper()
    if re.fullmatch("[0-9]{1,9}", typed):
        return int(typed) == int(number.rpartition("-")[2])
    return typed == number


def receipt_of(scanned: str) -> str | None:
    """The number that the QR or the bars of a receipt say; None for any other code."""
    found = _SCANNED.fullmatch(scanned.strip().upper())
    return found["number"] if found else None


class UnsignedClaimError(TypeError):
    """A claim slip was to be printed that nobody could be paid for."""


def qr_text(receipt: Receipt) -> str:
    """What the receipt's QR says: the whole signed slip of a claim, else the receipt's number.

    Nothing in it opens a clamp. Raises UnsignedClaimError.
    """
    claim = next((line for line in receipt.lines if isinstance(line, ClaimLine)), None)
    if receipt.slip is Slip.CLAIM and claim is not None:
        if isinstance(claim.slip, ClaimSlip):
            raise UnsignedClaimError(
                f"claim {claim.number} is not signed; sign it before the order to print is given away"
            )
        return claim.slip
    return f"{_MARK}{receipt.number}"
