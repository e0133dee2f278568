"""What the customer sees, as frozen values. How it looks is the business of `kiosk/ui`.

Amounts are in minor units of `currency`. Reasons are values; the screen finds the words in the customer's
language. `Screen` is everything the window can show; each has exactly one page in `kiosk/ui/pages`.
"""

from enum import StrEnum
from typing import TypedDict

import msgspec

from parking.claims import ClaimRefusal
from parking.debts import DebtLine
from parking.facts import RefusalReason
from parking.money import Currency


class ChangeNotice(StrEnum):
    """What is said about change before and while money goes in."""

    AVAILABLE = "available"
    EXACT_ONLY = "exact-only"
    """No change: only coins that do not overshoot are taken; cancelling gives a slip for what is in."""


class PaperState(StrEnum):
    """What has become of the receipt."""

    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"
    """The customer is asked to photograph the screen."""


class ClosedReason(StrEnum):
    """Why the terminal takes no payments, in the customer's words."""

    COINS = "coins"
    """Coins cannot be taken now."""
    JOURNAL = "journal"
    """The terminal cannot keep its records; a technician is needed."""


class Offer(msgspec.Struct, frozen=True):
    """Something the terminal offers: `coins`, `change` or `receipt`; struck through when not `available`."""

    name: str
    available: bool


class CoinShown(msgspec.Struct, frozen=True):
    """A coin the machine knows: its value, and whether it is accepted at this moment."""

    coin_minor: int
    accepted: bool


class ClaimShown(msgspec.Struct, frozen=True):
    """A claim as the customer sees it: its number, its amount, and what its QR says (the whole slip)."""

    number: str
    amount_minor: int
    slip: str


class _Screen(msgspec.Struct, frozen=True, kw_only=True):
    """The common form: what stands in the top strip of every screen and who helps."""

    terminal: str
    place: str
    phone: str
    currency: Currency
    zone: str
    """Time zone of the site (IANA name), for the clock in the top strip."""


class Strip(TypedDict):
    """The fields that every screen has, to be given as `StartScreen(**strip, ...)`."""

    terminal: str
    place: str
    phone: str
    currency: Currency
    zone: str


class StartScreen(_Screen, frozen=True, kw_only=True):
    """One tile for each product line (`release`, ...), what is offered now, and the clock."""

    lines: tuple[str, ...]
    offers: tuple[Offer, ...]
    slips: bool = False
    """True: a claim slip can be scanned for its money."""


class IdentifyScreen(_Screen, frozen=True, kw_only=True):
    """The identifier is typed or scanned. `problem` says why the last one led nowhere (`subject`: which).

    With PAID_HERE and WRONG_RECEIPT the number of the receipt is asked for instead (`ReceiptEntered`); back
    leads to the question for a clamp.
    """

    line: str
    problem: RefusalReason | None
    subject: str


class WaitScreen(_Screen, frozen=True, kw_only=True):
    """The server is being asked; `at_most_s` seconds. `subject` is a clamp, or a slip when `for_claim`."""

    subject: str
    at_most_s: int
    for_claim: bool = False


class SlipRefusedScreen(_Screen, frozen=True, kw_only=True):
    """A slip that was shown on the start screen is not taken, and why. Back."""

    number: str
    reason: ClaimRefusal


class ReviewScreen(_Screen, frozen=True, kw_only=True):
    """What is owed and why; what is said about change before money goes in. Pay, back."""

    subject: str
    plate: str
    lines: tuple[DebtLine, ...]
    total_minor: int
    change: ChangeNotice
    receipt: bool
    """False: no paper; said before paying."""


class PayScreen(_Screen, frozen=True, kw_only=True):
    """The amount still to pay counts down; which coins are taken at this moment.

    Cancelling gives back what is in: in coins, and as a slip what coins cannot make.
    """

    subject: str
    total_minor: int
    kept_minor: int
    coins: tuple[CoinShown, ...]
    change: ChangeNotice
    stopping: bool
    """True: cancelled, the acceptor is confirming; nothing can be pressed."""
    receipt_number: str = ""
    """What the customer may need after a power cut, so it is shown from the first coin on."""
    slips: bool = False
    """True: a claim slip can be scanned to pay with."""
    claim_asked: bool = False
    """True while a slip that was shown is being checked; coins are taken all the same."""
    claim_problem: ClaimRefusal | None = None
    """Why the last slip that was shown is not taken, until the next coin or slip."""


class ResultScreen(_Screen, frozen=True, kw_only=True):
    """The release code, how to use it, the receipt's number and state, what else comes out of the machine."""

    subject: str
    code: str
    receipt_number: str
    total_minor: int
    paper: PaperState | None
    """None when nothing was to be printed: the code is shown again."""
    change_minor: int
    """Change due in coins, whole; 0 when none."""
    claims: tuple[ClaimShown, ...] = ()
    """What is owed on slips because it could not be paid in coins, each with its QR."""


class TakeScreen(_Screen, frozen=True, kw_only=True):
    """Take your change / your coins / your receipt / your slip. Also the end of a cancelled payment."""

    subject: str
    cancelled: bool
    returning: bool
    """True while hoppers still pay."""
    returned_minor: int
    """What the hoppers have paid out so far."""
    to_return_minor: int
    """What comes back in coins in all."""
    paper: PaperState | None
    """None when nothing was to be printed."""
    receipt_number: str
    claims: tuple[ClaimShown, ...] = ()
    """What is owed on slips because it could not be paid in coins, each with its QR."""
    redeemed: bool = False
    """True: this is the money of a slip that was turned into coins, not of a cancelled payment."""


class ResumeScreen(_Screen, frozen=True, kw_only=True):
    """After a restart: "We finish the previous payment first." Go on paying, or money back."""

    subject: str
    total_minor: int
    kept_minor: int
    settling: bool
    """True while devices are being asked what happened; nothing can be pressed."""
    receipt_number: str = ""
    """What the customer may need at the help line, should the power go again."""


class StillThereScreen(_Screen, frozen=True, kw_only=True):
    """Nobody touched anything for a while: `seconds_left` until the terminal goes on without the customer."""

    seconds_left: int
    kept_minor: int
    """Money of the customer that is in the machine (comes back when nobody touches); 0 when none."""


class OutOfServiceScreen(_Screen, frozen=True, kw_only=True):
    """The terminal takes no payments now, and why."""

    reasons: tuple[ClosedReason, ...]


class RecoveringScreen(_Screen, frozen=True, kw_only=True):
    """The terminal has just started and asks its devices; nothing can be pressed."""


Screen = (
    StartScreen
    | IdentifyScreen
    | WaitScreen
    | SlipRefusedScreen
    | ReviewScreen
    | PayScreen
    | ResultScreen
    | TakeScreen
    | ResumeScreen
    | StillThereScreen
    | OutOfServiceScreen
    | RecoveringScreen
)
