"""A street corner for tests of decisions: a terminal in memory, books in a dict, a clock moved by hand.

After every event the law of conservation is checked on the facts, so that each test of anything is also a
test of the money.
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from kiosk.flows.commands import Command, Reserve
from kiosk.flows.customer import decide
from kiosk.flows.events import (
    AcceptorReady,
    CoinAccepted,
    DeviceBroke,
    DeviceWorks,
    Event,
    HopperReady,
    Started,
    TimePassed,
)
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import Screen
from kiosk.flows.settlement import counter_after
from kiosk.flows.showing import screen_of
from kiosk.flows.state import (
    BookedClamp,
    HopperSetup,
    Payment,
    Release,
    Site,
    Stage,
    Terminal,
    payment_of,
    presented_of,
)
from kiosk.flows.step import Step
from kiosk.store.sealing import KEY_BYTES, Sealer
from kiosk.store.signing import ClaimSigner, is_signed_with
from parking.change import CoinPosition
from parking.civil_time import Moment
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, SignedClaim
from parking.debts import Debt, DebtLine
from parking.facts import (
    ClaimIssued,
    ClaimPresented,
    ClaimRedeemed,
    ClaimTurnedAway,
    CodeOpened,
    CoinKept,
    Fact,
    PaymentSettled,
    PayoutOrdered,
    PayoutReported,
)
from parking.money import EURO
from parking.release_codes import SealedCode

FactKind = TypeVar("FactKind", bound=Fact)
CommandKind = TypeVar("CommandKind", bound=Command)

COINS = (
    CoinPosition(1, 200),
    CoinPosition(2, 100, "hopper 1"),
    CoinPosition(3, 50),
    CoinPosition(4, 20, "hopper 2"),
    CoinPosition(5, 10),
)
POSITION = {coin.coin_minor: coin.position for coin in COINS}
CLAMP = BookedClamp(
    identifier="7F314",
    fitting=1,
    debt=Debt((DebtLine("No valid ticket", 450), DebtLine("Clamp fee", 300)), plate="B-AB 1234"),
    currency="EUR",
    code_number=1,
    sealed=SealedCode(box="482913", bound_to="test"),
)
SIGNER = ClaimSigner(Sealer(bytes(KEY_BYTES)), "0412", 1)
OTHER_SIGNER = ClaimSigner(Sealer(bytes(KEY_BYTES)), "0413", 1)


def slip(
    amount_minor: int = 300,
    *,
    number: str = "0413-1-C00007",
    reason: ClaimReason = ClaimReason.CHANGE_SHORT,
    currency: str = "EUR",
) -> str:
    """The QR of a slip that terminal 0413 has issued."""
    return OTHER_SIGNER.sign(ClaimSlip(number, amount_minor, currency, reason)).text


class DictBooks:
    """Books in a dict: what `kiosk.flows.state.Books` asks for. `note` is what the journal projects."""

    def __init__(self, clamps: Iterable[BookedClamp]) -> None:
        self.clamps = {clamp.identifier: clamp for clamp in clamps}
        self.version = 1
        self.claim_key = SIGNER.public_key
        self.claim_keys = {("0412", 1): SIGNER.public_key, ("0413", 1): OTHER_SIGNER.public_key}
        self.redeemed: set[str] = set()
        self.releases: dict[str, Release] = {}

    def clamp(self, identifier: str) -> BookedClamp | None:
        clamp = self.clamps.get(identifier)
        release = self.releases.get(identifier)
        return None if clamp and release and clamp.fitting <= release.fitting else clamp

    def released(self, identifier: str) -> Release | None:
        release, clamp = self.releases.get(identifier), self.clamps.get(identifier)
        return None if clamp and release and clamp.fitting > release.fitting else release

    def claim(self, signed: SignedClaim) -> ClaimRefusal | None:
        if signed.slip.issuer not in self.claim_keys:
            return ClaimRefusal.UNKNOWN_ISSUER
        if not is_signed_with(self.claim_keys[signed.slip.issuer], signed):
            return ClaimRefusal.FORGED
        return ClaimRefusal.REDEEMED if self.is_redeemed(signed.slip.number) else None

    def is_redeemed(self, claim: str) -> bool:
        return claim in self.redeemed

    def note(self, fact: Fact, price_minor: int, at_utc_ms: int) -> None:
        """What the journal writes beside this fact, in the same transaction."""
        match fact:
            case CodeOpened(identifier=identifier):
                what = (fact.payment, identifier, fact.fitting, fact.code_number, fact.sealed)
                self.releases[identifier] = Release(*what, price_minor, at_utc_ms)
            case ClaimRedeemed(claim=claim):
                self.redeemed.add(claim)

    def fit_again(self, identifier: str) -> None:
        """The clamp is put on another car, and the terminal has heard of it."""
        clamp = self.clamps[identifier]
        self.clamps[identifier] = msgspec.structs.replace(
            clamp, fitting=clamp.fitting + 1, code_number=clamp.code_number + 1
        )


class Corner:
    """One terminal: acceptor, two hoppers, printer; the server is away until a test says otherwise."""

    def __init__(self, *, ones: int = 50, twenties: int = 50, start: bool = True) -> None:
        self.books = DictBooks([CLAMP])
        self.site = Site(
            terminal="0412",
            epoch=1,
            place="Harbour Street",
            phone="+49 30 1234567",
            zone="Europe/Berlin",
            currency=EURO,
            lines=("release",),
            coins=COINS,
            hoppers=(HopperSetup("hopper 1", 100, ones), HopperSetup("hopper 2", 20, twenties)),
            books=self.books,
        )
        self.terminal = Terminal()
        self.steady_ms = 1000
        self.utc_ms = 1_790_000_000_000
        self.facts: list[Fact] = []
        self.commands: list[Command] = []
        self.counter = 0
        if start:
            self.start()

    # --- what happens ---

    def start(self) -> None:
        """Start (again), and let every device answer."""
        self.happens(Started("test"))
        self.happens(AcceptorReady(self.counter))
        for device in ("coins", "hopper 1", "hopper 2", "printer"):
            self.happens(DeviceWorks(device))
        self.happens(DeviceBroke("server", "SYNC.UNREACHABLE", ""))
        self.happens(HopperReady("hopper 1", 10), HopperReady("hopper 2", 20))

    def happens(self, *events: Event) -> Step:
        """Let events happen at this moment; the last step is returned."""
        step = Step()
        for event in events:
            step = decide(self.terminal, event, self.now, self.site)
            for number, fact in enumerate(step.facts):
                self.facts.append(fact)
                self.terminal = fold_all(self.terminal, [fact], self.now)
                payment = payment_of(self.terminal.stage)
                self.books.note(fact, payment.price_minor if payment else 0, self.utc_ms)
                self.check_conservation(f"{event} fact {number} {fact}")
            if step.facts:
                self.check_slips(f"{event}")
            self.commands.extend(step.commands)
        return step

    def coin(self, *coins_minor: int) -> Step:
        """Coins of these values pass the sensor."""
        step = Step()
        for coin_minor in coins_minor:
            self.counter = counter_after(self.counter)
            step = self.happens(CoinAccepted(POSITION[coin_minor], 1, self.counter))
        return step

    def wait(self, seconds: float) -> Step:
        """Time passes, second by second."""
        step = Step()
        for _ in range(round(seconds)):
            self.steady_ms += 1000
            self.utc_ms += 1000
            step = self.happens(TimePassed())
        return step

    def off(self, seconds: float) -> None:
        """The terminal is without power for so long; its steady clock starts anew."""
        self.utc_ms += round(seconds * 1000)
        self.steady_ms = 500

    # --- what is known ---

    @property
    def now(self) -> Moment:
        return Moment(self.utc_ms, self.steady_ms)

    @property
    def stage(self) -> Stage:
        return self.terminal.stage

    @property
    def payment(self) -> Payment:
        payment = payment_of(self.terminal.stage)
        assert payment is not None
        return payment

    @property
    def reference(self) -> str:
        """Under which the server has been asked last to reserve a release."""
        return self.ordered(Reserve)[-1].reference

    @property
    def screen(self) -> Screen:
        return screen_of(self.terminal, self.now, self.site, lambda sealed: sealed.box, SIGNER.sign)

    def noted(self, kind: type[FactKind]) -> list[FactKind]:
        """The facts of this kind, in order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def ordered(self, kind: type[CommandKind]) -> list[CommandKind]:
        """The commands of this kind, in order."""
        return [command for command in self.commands if isinstance(command, kind)]

    def check_conservation(self, after: str) -> None:
        """Money in = delivered + paid out + claims + what the open payment holds; a code opens once."""
        sums = totals(self.facts)
        payment = payment_of(self.terminal.stage)
        held_minor = self.terminal.late_minor + (payment.held_minor if payment else 0)
        assert payment is None or 0 <= payment.redeemed_minor <= payment.kept_minor, after
        assert payment is None or payment.held_minor >= 0, after
        assert sums["kept"] == sums["delivered"] + sums["paid out"] + sums["claimed"] + held_minor, after
        opened = [(fact.identifier, fact.fitting) for fact in self.noted(CodeOpened)]
        assert len(opened) == len(set(opened)), after

    def check_slips(self, after: str) -> None:
        """A slip is redeemed once, and every one that was presented ends; at most the last one is open."""
        redeemed = [fact.claim for fact in self.noted(ClaimRedeemed)]
        assert len(redeemed) == len(set(redeemed)), after
        open_claim = ""
        for fact in self.facts:
            match fact:
                case ClaimPresented(claim=claim):
                    assert not open_claim, after
                    open_claim = claim
                case ClaimRedeemed(claim=claim) | ClaimTurnedAway(claim=claim) if open_claim:
                    assert claim == open_claim, after
                    open_claim = ""
                case ClaimRedeemed():
                    raise AssertionError(f"a slip is redeemed that was not presented: {after}")
        presented = presented_of(self.terminal.stage)
        assert open_claim == (presented.claim if presented else ""), after


def totals(facts: Iterable[Fact]) -> dict[str, int]:
    """What went in and out, summed from facts alone."""
    sums = {"kept": 0, "delivered": 0, "paid out": 0, "claimed": 0}
    orders: dict[str, int] = {}
    for fact in facts:
        match fact:
            case CoinKept(amount_minor=amount_minor):
                sums["kept"] += amount_minor
            case ClaimRedeemed(amount_minor=amount_minor):
                sums["kept"] += amount_minor
            case PaymentSettled(price_minor=price_minor):
                sums["delivered"] += price_minor
            case PayoutOrdered(order=order, coin_minor=coin_minor):
                orders[order] = coin_minor
            case PayoutReported(order=order, paid=paid):
                sums["paid out"] += paid * orders[order]
            case ClaimIssued(amount_minor=amount_minor):
                sums["claimed"] += amount_minor
    return sums
