"""What the terminal knows: one value, made from facts alone, and the stages a customer lives through.

Each stage is a type and holds only what exists in it: a price can be read in `Paying`, a code in
`Delivered`. Amounts are in minor units; `steady_ms` are readings of the clock that never jumps.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from kiosk.flows.screens import PaperState
from parking.change import CoinPosition, HopperStock
from parking.claims import Claim, ClaimReason, ClaimRefusal, SignedClaim
from parking.debts import Debt
from parking.facts import EndReason, PayoutPurpose, RefusalReason, SecuredBy
from parking.money import Currency
from parking.release_codes import SealedCode


class BookedClamp(msgspec.Struct, frozen=True):
    """What the books hold of a fitted clamp; the code is sealed."""

    identifier: str
    fitting: int
    debt: Debt
    currency: str
    code_number: int
    sealed: SealedCode


class Release(msgspec.Struct, frozen=True):
    """A release that this terminal made: whose payment, of which fitting, what for, when, the sealed code."""

    payment: str
    identifier: str
    fitting: int
    code_number: int
    sealed: SealedCode
    price_minor: int
    at_utc_ms: int


class Books(Protocol):
    """A read-only view of the documents that the server sent."""

    @property
    def version(self) -> int:
        """The server's cursor up to which the books are complete."""

    @property
    def claim_key(self) -> str:
        """The public key (base64) that proves the claims of this terminal."""

    def clamp(self, identifier: str) -> BookedClamp | None:
        """The clamp, if it is on a car and this terminal has not released this fitting already."""

    def released(self, identifier: str) -> Release | None:
        """The release of this clamp's newest fitting, if this terminal made it."""

    def claim(self, signed: SignedClaim) -> ClaimRefusal | None:
        """What speaks against it: UNKNOWN_ISSUER, FORGED, REDEEMED (as far as is known here), or nothing."""

    def is_redeemed(self, claim: str) -> bool:
        """Whether this terminal has taken the claim, or was told that it is not to be taken any more."""


class HopperSetup(msgspec.Struct, frozen=True):
    """A hopper as configured: name, value of its coins, and how many are in it when the terminal is new."""

    hopper: str
    coin_minor: int
    coins_at_first_start: int = 0


class TimeOuts(msgspec.Struct, frozen=True):
    """How long the terminal waits for people and devices, in seconds. A site may lengthen, not shorten."""

    conversation_s: int = 60
    coins_s: int = 120
    result_s: int = 120
    warning_s: int = 30
    take_s: int = 30
    server_s: int = 4
    confirm_s: int = 5
    devices_s: int = 10
    customer_waits_s: int = 600
    answers_s: int = 180
    code_again_s: int = 7 * 86_400
    """So long after a release its code is shown again to whoever has the receipt's number."""


class Site(msgspec.Struct, frozen=True):
    """What does not change while the terminal runs, and the books, which only the session changes."""

    terminal: str
    epoch: int
    place: str
    phone: str
    zone: str
    currency: Currency
    lines: tuple[str, ...]
    coins: tuple[CoinPosition, ...]
    hoppers: tuple[HopperSetup, ...]
    books: Books
    time_outs: TimeOuts = TimeOuts()


class Delivery(msgspec.Struct, frozen=True):
    """A service that can be delivered when its price is paid: what for, what is owed, and the sealed code."""

    subject: str
    fitting: int
    debt: Debt
    code_number: int
    sealed: SealedCode
    by: SecuredBy


class PayoutOrder(msgspec.Struct, frozen=True):
    """An order to a hopper. `paid` is None until the hopper has told; `in_doubt` when it never will."""

    order: str
    hopper: str
    coins: int
    coin_minor: int
    purpose: PayoutPurpose
    counter_before: int | None
    paid: int | None = None
    in_doubt: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the hopper still owes an answer."""
        return self.paid is None and not self.in_doubt

    @property
    def is_short(self) -> bool:
        """Whether the hopper told that it paid less than it was ordered."""
        return self.paid is not None and self.paid < self.coins

    @property
    def held_minor(self) -> int:
        """What may still come out by this order, in minor units."""
        return self.coins * self.coin_minor if self.is_open else 0

    @property
    def paid_minor(self) -> int:
        """What came out, in minor units; 0 as long as nobody knows."""
        return (self.paid or 0) * self.coin_minor


class PrintJob(msgspec.Struct, frozen=True):
    """A piece of paper that was ordered, and what became of it."""

    job: str
    slip: str
    copy: bool
    state: PaperState = PaperState.PRINTING


CLAIM_LINE = "claim"
"""The line of a payment by which a slip is turned into coins: its price is 0, its subject the claim."""


class Payment(msgspec.Struct, frozen=True):
    """One payment with all money that went in and out. Its number is the receipt number."""

    number: str
    line: str
    delivery: Delivery
    exact_only: bool
    kept_minor: int = 0
    redeemed_minor: int = 0
    """The part of what was kept that came as slips."""
    settled: bool = False
    code_seen: bool = False
    cancelled: EndReason | None = None
    payouts: tuple[PayoutOrder, ...] = ()
    claims: tuple[Claim, ...] = ()
    jobs: tuple[PrintJob, ...] = ()

    @property
    def is_redemption(self) -> bool:
        """Whether nothing is bought: a slip is turned into coins."""
        return self.line == CLAIM_LINE

    @property
    def price_minor(self) -> int:
        """What the service costs."""
        return self.delivery.debt.total_minor

    @property
    def delivered_minor(self) -> int:
        """The price, once the service is owed to the customer; else 0."""
        return self.price_minor if self.settled else 0

    @property
    def paid_out_minor(self) -> int:
        """What hoppers have told to have paid."""
        return sum(order.paid_minor for order in self.payouts)

    @property
    def claimed_minor(self) -> int:
        """What is owed on slips."""
        return sum(claim.amount_minor for claim in self.claims)

    @property
    def held_minor(self) -> int:
        """What is neither delivered, paid out nor claimed: it still belongs to the customer."""
        return self.kept_minor - self.delivered_minor - self.paid_out_minor - self.claimed_minor

    @property
    def to_give_back_minor(self) -> int:
        """What has to go back and is not already on its way in an open order."""
        return self.held_minor - sum(order.held_minor for order in self.payouts)

    @property
    def open_orders(self) -> tuple[PayoutOrder, ...]:
        """The orders whose hoppers still owe an answer."""
        return tuple(order for order in self.payouts if order.is_open)


class Idle(msgspec.Struct, frozen=True, tag=True):
    """Nobody is here: the start screen."""


class Identifying(msgspec.Struct, frozen=True, tag=True):
    """The customer types or scans. `problem` is why the last attempt led nowhere."""

    line: str
    problem: RefusalReason | None = None
    subject: str = ""


class ShownAgain(msgspec.Struct, frozen=True, tag=True):
    """The code of a release that was paid before is on the screen again."""

    release: Release


class Presented(msgspec.Struct, frozen=True):
    """A slip that was shown, and about which the server is asked since `at_ms` (steady clock).

    `proven` as in `ClaimPresented`.
    """

    claim: str
    amount_minor: int
    reason: ClaimReason
    reference: str
    at_ms: int
    proven: bool = True


class Presenting(msgspec.Struct, frozen=True, tag=True):
    """A slip was shown on the start screen; the server is being asked to hold it."""

    presented: Presented


class SlipRefused(msgspec.Struct, frozen=True, tag=True):
    """A slip that was shown on the start screen is not taken; the claim is "" where it was not readable."""

    claim: str
    reason: ClaimRefusal


class Securing(msgspec.Struct, frozen=True, tag=True):
    """The server is being asked to reserve the release."""

    line: str
    subject: str
    reference: str


class Reviewing(msgspec.Struct, frozen=True, tag=True):
    """The customer reads what is owed."""

    line: str
    delivery: Delivery


class Paying(msgspec.Struct, frozen=True, tag=True):
    """Coins are accepted, and slips; `problem` is why the last slip was not taken."""

    payment: Payment
    presented: Presented | None = None
    problem: ClaimRefusal | None = None


class Stopping(msgspec.Struct, frozen=True, tag=True):
    """Cancelled: the acceptor has been told to stop and has not confirmed yet."""

    payment: Payment


class Returning(msgspec.Struct, frozen=True, tag=True):
    """The money goes back."""

    payment: Payment


class Delivered(msgspec.Struct, frozen=True, tag=True):
    """The release code is on the screen; change and receipt come out."""

    payment: Payment


class Taking(msgspec.Struct, frozen=True, tag=True):
    """The code was read; the customer takes change and receipt."""

    payment: Payment


class Resuming(msgspec.Struct, frozen=True, tag=True):
    """After a restart: an open payment. Devices tell what became of it, then the customer chooses.

    `cut_utc_ms` is when the payment's last fact before the cut was written.
    """

    payment: Payment
    cut_utc_ms: int = 0
    acceptor_confirmed: bool = False


Stage = (
    Idle
    | Identifying
    | ShownAgain
    | Presenting
    | SlipRefused
    | Securing
    | Reviewing
    | Paying
    | Stopping
    | Returning
    | Delivered
    | Taking
    | Resuming
)

STAGES: tuple[type[Stage], ...] = (
    Idle,
    Identifying,
    ShownAgain,
    Presenting,
    SlipRefused,
    Securing,
    Reviewing,
    Paying,
    Stopping,
    Returning,
    Delivered,
    Taking,
    Resuming,
)


class HopperKnown(msgspec.Struct, frozen=True):
    """What is known of a hopper: the value of its coins, how many it holds, its payout counter."""

    coin_minor: int
    coins: int
    counter: int | None = None


class AcceptorEvent(msgspec.Struct, frozen=True):
    """One event of the acceptor as the journal has it: a coin's position, or position 0 and an error code."""

    position: int
    code: int = 0


def driver_of(device: str) -> str:
    """The name under which a mistake in a device's driver is told."""
    return f"{device} driver"


class Terminal(msgspec.Struct, frozen=True):
    """Everything the terminal knows, as its facts tell it.

    `touched_ms` is when a person (or a payout) last did something, `started_ms` when the program started,
    both on the steady clock; `touched_utc_ms` is the former in civil time. `devices` maps a device to its
    failure code, or to "" when it works; one that has not been heard of since the start is absent.
    `acceptor_events` are the last events up to `acceptor_counter`, newest first, as far as the journal has
    them without a gap. `late_minor` is money that came when no payment was open and is not claimed yet. The
    series count numbers that were given out. `claim_key` is the public key last made known.
    `wrong_receipts_ms` are the moments (civil time) of the last wrong receipt numbers. `is_disowned`: the
    server holds another journal of this terminal, and has not taken this one since.
    """

    stage: Stage = Idle()
    touched_ms: int = 0
    touched_utc_ms: int = 0
    started_ms: int = 0
    warned: bool = False
    acceptor_counter: int | None = None
    acceptor_events: tuple[AcceptorEvent, ...] = ()
    hoppers: Mapping[str, HopperKnown] = msgspec.field(default_factory=dict)
    devices: Mapping[str, str] = msgspec.field(default_factory=dict)
    last_payment: str = ""
    late_minor: int = 0
    payment_series: int = 0
    order_series: int = 0
    claim_series: int = 0
    claim_key: str = ""
    wrong_receipts_ms: tuple[int, ...] = ()
    is_disowned: bool = False

    def works(self, device: str) -> bool:
        """Whether the device and its driver told that they work, and nothing else since."""
        return self.devices.get(device) == "" and not self.devices.get(driver_of(device))

    @property
    def stock(self) -> tuple[HopperStock, ...]:
        """What can be paid out: the coins of the hoppers that work."""
        return tuple(
            HopperStock(hopper=name, coin_minor=known.coin_minor, coins=known.coins)
            for name, known in self.hoppers.items()
            if self.works(name)
        )


def presented_of(stage: Stage) -> Presented | None:
    """The slip about which the server is being asked in this stage, if there is one."""
    return stage.presented if isinstance(stage, Presenting | Paying) else None


def payment_of(stage: Stage) -> Payment | None:
    """The payment that is open in this stage, if there is one."""
    if isinstance(stage, Paying | Stopping | Returning | Delivered | Taking | Resuming):
        return stage.payment
    return None
