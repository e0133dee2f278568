"""A street corner for tests of decisions: a terminal in memory, books in a dict, a clock moved by hand.

After every event the law of conservation is checked on the facts, so that each test of anything is also a
test of the money.
"""

from collections.abc import Iterable
from typing import TypeVar

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
from kiosk.flows.state import BookedClamp, HopperSetup, Payment, Site, Stage, Terminal, payment_of
from kiosk.flows.step import Step
from kiosk.store.sealing import KEY_BYTES, Sealer
from kiosk.store.signing import ClaimSigner
from parking.change import CoinPosition
from parking.civil_time import Moment
from parking.debts import Debt, DebtLine
from parking.facts import (
    ClaimIssued,
    CodeOpened,
    CoinKept,
    Fact,
    PaymentOpened,
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


class DictBooks:
    """Books in a dict: what `kiosk.flows.state.Books` asks for."""

    def __init__(self, clamps: Iterable[BookedClamp]) -> None:
        self.clamps = {clamp.identifier: clamp for clamp in clamps}
        self.version = 1
        self.claim_key = SIGNER.public_key

    def clamp(self, identifier: str) -> BookedClamp | None:
        return self.clamps.get(identifier)


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
                self.check_conservation(f"{event} fact {number} {fact}")
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
        assert payment is None or payment.held_minor >= 0, after
        assert sums["kept"] == sums["delivered"] + sums["paid out"] + sums["claimed"] + held_minor, after
        opened = [(fact.identifier, fact.fitting) for fact in self.noted(CodeOpened)]
        assert len(opened) <= max(1, len(self.noted(PaymentOpened))), after


def totals(facts: Iterable[Fact]) -> dict[str, int]:
    """What went in and out, summed from facts alone."""
    sums = {"kept": 0, "delivered": 0, "paid out": 0, "claimed": 0}
    orders: dict[str, int] = {}
    for fact in facts:
        match fact:
            case CoinKept(amount_minor=amount_minor):
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
