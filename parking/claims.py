"""Claims: money that we owe the customer, as a numbered slip that its terminal signed.

The slip is worth its amount once, at any terminal: as coins, or to pay with. Its QR says

    CLAIM:0412-1-C00012:750:EUR:CHANGE-SHORT:<signature>

in the characters that a QR code packs best. The signature is Ed25519 (RFC 8032) over everything before it,
made with the key of terminal 0412 in epoch 1, written in base32 (RFC 4648) without padding. Keys and
signatures are made and checked where the keys are; here is only what the text says.
"""

import base64
import binascii
import re
from enum import StrEnum

import msgspec

LONGEST_SLIP_TEXT = 200
"""Nothing longer than this is looked at."""
SIGNATURE_BYTES = 64
MOST_MINOR = 10_000_000
"""No slip is worth more: 100,000.00 of a currency with two digits."""

_NUMBER = re.compile(r"(?P<terminal>[0-9A-Z]{2,8})-(?P<epoch>[1-9][0-9]{0,8})-C(?P<place>[0-9]{5,9})")
_MARK = "CLAIM"


class ClaimReason(StrEnum):
    """Why money could not be given back in coins."""

    CHANGE_SHORT = "change-short"
    """The hoppers could not pay the change or the refund whole."""
    PAYOUT_IN_DOUBT = "payout-in-doubt"
    """A hopper did not tell whether it paid; staff decide by counting it."""
    NOBODY_THERE = "nobody-there"
    """The customer had gone when the terminal came back after a power cut."""
    LATE_COIN = "late-coin"
    """A coin fell after the payment was over."""


class Claim(msgspec.Struct, frozen=True):
    """A numbered claim: `number` is unique for ever, `payment` is what it came from."""

    number: str
    payment: str
    amount_minor: int
    reason: ClaimReason


class ClaimRefusal(StrEnum):
    """Why a claim is not taken."""

    UNREADABLE = "unreadable"
    """It is no slip of ours: damaged, cut, or written by somebody else."""
    FORGED = "forged"
    """Its signature is not that of a terminal we know (or it is so new that nobody has told the server)."""
    UNKNOWN_ISSUER = "unknown-issuer"
    """The books have no key of its terminal: only the server can say whether it is good, and it is away."""
    REDEEMED = "redeemed"
    """It has been taken before."""
    HELD = "held"
    """Another terminal has it in hand."""
    UNCHECKED = "unchecked"
    """A hopper may have paid it: the office looks first."""
    OTHER_CURRENCY = "other-currency"
    NO_COINS = "no-coins"
    """The terminal has no coins for it now; it can be used to pay."""
    LET_GO = "let-go"
    """The customer left, or paid otherwise, before it was taken; it is as good as before."""


class ClaimRefusedError(ValueError):
    """A text that is no slip; the sentence says why."""


class ClaimSlip(msgspec.Struct, frozen=True):
    """What a slip says: the claim's number, its amount in minor units, and why it was issued."""

    number: str
    amount_minor: int
    currency: str
    reason: ClaimReason

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{_MARK}:{self.number}:{self.amount_minor}:{self.currency}:{self.reason.value.upper()}"

    @property
    def issuer(self) -> tuple[str, int]:
        """The terminal that issued it, and in which epoch."""
        return issuer_of(self.number)


class SignedClaim(msgspec.Struct, frozen=True):
    """A slip with its signature (64 bytes), not checked yet."""

    slip: ClaimSlip
    signature: bytes

    @property
    def text(self) -> str:
        """What the QR says."""
        return f"{self.slip.text}:{base64.b32encode(self.signature).decode().rstrip('=')}"


def issuer_of(number: str) -> tuple[str, int]:
    """Terminal and epoch of a claim's number, such as ("0412", 1). Raises ClaimRefusedError."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise ClaimRefusedError(f"{number!a} is no number of a claim; such is 0412-1-C00012")
    return found["terminal"], int(found["epoch"])


def is_slip(text: str) -> bool:
    """Whether a scanned text means to be a slip, be it good or not."""
    return text[:LONGEST_SLIP_TEXT].lstrip().upper().startswith(f"{_MARK}:")


def read_slip(text: str) -> SignedClaim:
    """Read what a scanner read. The signature is not checked here.

    Raises:
        ClaimRefusedError: it is no slip, is damaged, or says what no slip says.
    """
    if len(text) > LONGEST_SLIP_TEXT:
        raise ClaimRefusedError(f"{len(text)} characters are too many for a slip")
    parts = text.strip().upper().split(":")
    if len(parts) != len(("mark", "number", "amount", "currency", "reason", "signature")):
        raise ClaimRefusedError(f"a slip has six parts, here are {len(parts)}: it is damaged")
    mark, number, amount, currency, reason, signature = parts
    if mark != _MARK or not re.fullmatch("[A-Z]{3}", currency):
        raise ClaimRefusedError("the text is not that of a slip")
    issuer_of(number)
    return SignedClaim(ClaimSlip(number, _amount(amount), currency, _reason(reason)), _signature(signature))


def _amount(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,7}", text) or int(text) > MOST_MINOR:
        raise ClaimRefusedError(f"{text!a} is no amount of a slip")
    return int(text)


def _reason(text: str) -> ClaimReason:
    try:
        return ClaimReason(text.lower())
    except ValueError:
        raise ClaimRefusedError(f"{text!a} is no reason for a slip") from None


def _signature(text: str) -> bytes:
    """One signature has one text: what base32 would read in two ways is refused."""
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        raise ClaimRefusedError("the signature is no base32: the slip is damaged") from None
    if len(raw) != SIGNATURE_BYTES or base64.b32encode(raw).decode().rstrip("=") != text:
        raise ClaimRefusedError(f"a signature has {SIGNATURE_BYTES} bytes, here are {len(raw)}")
    return raw
