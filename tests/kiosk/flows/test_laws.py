"""Laws of the customer's way, searched for counter-examples: any events, in any order, with restarts between.

Conservation is checked by the corner after every single fact. The events are drawn with no regard for sense:
devices that answer orders they never had, coins in every stage, touches of screens long gone.
"""

from collections import Counter
from typing import cast

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.flows import events
from kiosk.flows.commands import AcceptCoins, PayOut, Print
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import ResultScreen
from kiosk.flows.settlement import counter_after
from kiosk.flows.state import STAGES, Idle, Resuming, Terminal
from kiosk.flows.surprise import IGNORED
from parking.facts import CodeOpened, PaymentClosed, PaymentOpened, PaymentSettled, decode_fact, encode_fact
from parking.wire import BooksPage, ClampDocument, RefusedBecause
from tests.kiosk.flows.corner import CLAMP, COINS, Corner, totals

DEVICES = ("coins", "hopper 1", "hopper 2", "printer", "server", "scanner")
REFERENCE = "0412/7F314/1790000000000"
DOCUMENT = ClampDocument("7F314", 1, CLAMP.debt, "EUR", 1, "482913")


Happening = events.Event | str


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    """One event, or `off` (a power cut), `coin` (a genuine one) or `answer` (a device answers its last order)."""
    happening = draw(
        st.one_of(
            st.sampled_from(["off", "coin", "coin", "coin", "answer", "answer", "wait", "wait long"]),
            st.sampled_from(
                [
                    events.LineChosen("release"),
                    events.LineChosen("lottery"),
                    events.Entered("7F31-4"),
                    events.Entered("9999"),
                    events.Entered("\x00"),
                    events.Scanned("7F314"),
                    events.PayPressed(),
                    events.BackPressed(),
                    events.CancelPressed(),
                    events.DonePressed(),
                    events.PrintAgainPressed(),
                    events.ContinuePressed(),
                    events.StayPressed(),
                    events.Touched(),
                    events.CoinsStopped(),
                    events.AcceptorReset(),
                    events.AcceptorReady(0),
                    events.CoinCreditsLost(3, 9),
                    events.CoinRejected(1, 4),
                    events.CoinAccepted(16, 1, 5),
                    events.HopperReady("hopper 1", 3),
                    events.HopperReady("hopper 9", 3),
                    events.PayoutDone("nobody's", 1, 1, 1),
                    events.PayoutUncertain("nobody's", ""),
                    events.Printed("nobody's"),
                    events.PrintFailed("nobody's", "PRN.SILENT"),
                    events.Reserved(REFERENCE, DOCUMENT),
                    events.ReservationKept(REFERENCE),
                    events.ReservationRefused(REFERENCE, RefusedBecause.TAKEN),
                    events.ServerSilent(REFERENCE),
                    events.BooksArrived(BooksPage((), 2, 2, more=False), complete=True),
                    events.FactsArrived(1, 2),
                    events.TimePassed(),
                ]
            ),
            st.builds(events.DeviceBroke, st.sampled_from(DEVICES), st.just("X.Y"), st.just("")),
            st.builds(events.DeviceWorks, st.sampled_from(DEVICES)),
            st.builds(events.CoinAccepted, st.integers(1, 5), st.just(1), st.integers(0, 255)),
        )
    )
    return cast("Happening", happening)


class Walk:
    """A corner on which anything happens; remembers which orders still have no answer."""

    def __init__(self, *, ones: int, twenties: int) -> None:
        self.corner = Corner(ones=ones, twenties=twenties)
        self.answered: set[str] = set()

    def happens(self, happening: Happening, luck: int) -> None:
        corner = self.corner
        match happening:
            case "off":
                corner.off(luck * 100)
                corner.start()
            case "coin":
                counter = counter_after(corner.terminal.acceptor_counter or 0)
                corner.happens(events.CoinAccepted(luck % len(COINS) + 1, 1, counter))
            case "answer":
                self.answer(luck)
            case "wait":
                corner.wait(3)
            case "wait long":
                corner.wait(95)
            case str():
                raise AssertionError(happening)
            case _:
                corner.happens(happening)

    def comes_to_an_end(self) -> None:
        """Everybody walks away, every device answers (or never does): nothing stays open."""
        corner = self.corner
        corner.happens(events.CoinsStopped())
        for _ in range(100):
            if isinstance(corner.stage, Idle):
                break
            self.answer(7)
            corner.steady_ms += 10_000
            corner.utc_ms += 10_000
            corner.happens(events.TimePassed())
        assert isinstance(corner.stage, Idle), f"stuck in {corner.stage}"
        sums = totals(corner.facts)
        assert sums["kept"] == sums["delivered"] + sums["paid out"] + sums["claimed"]
        for closed in corner.noted(PaymentClosed):
            assert closed.kept_minor == closed.delivered_minor + closed.paid_out_minor + closed.claimed_minor

    def answer(self, luck: int) -> None:
        for order in self.corner.ordered(PayOut):
            if order.order not in self.answered:
                self.answered.add(order.order)
                paid = luck % (order.coins + 1)
                self.corner.happens(events.PayoutDone(order.order, paid, order.coins - paid, luck % 256))
                return
        for job in self.corner.ordered(Print):
            if job.job not in self.answered:
                self.answered.add(job.job)
                outcome = events.Printed(job.job) if luck % 2 else events.PrintFailed(job.job, "PRN.SILENT")
                self.corner.happens(outcome)
                return


@given(
    story=st.lists(st.tuples(happenings(), st.integers(0, 1000)), max_size=60),
    ones=st.integers(0, 20),
    twenties=st.integers(0, 20),
    begins_paying=st.booleans(),
)
@settings(max_examples=300)
def test_whatever_happens_no_money_and_no_code_is_lost(
    story: list[tuple[Happening, int]], ones: int, twenties: int, *, begins_paying: bool
) -> None:
    walk = Walk(ones=ones, twenties=twenties)
    corner = walk.corner
    if begins_paying:
        corner.happens(events.LineChosen("release"), events.Entered("7F314"), events.PayPressed())
    for happening, luck in story:
        walk.happens(happening, luck)
        screen = corner.screen
        if isinstance(screen, ResultScreen):
            assert corner.noted(CodeOpened), "no code on the screen before its fact"
    settled = Counter(fact.payment for fact in corner.noted(PaymentSettled))
    opened = Counter(fact.payment for fact in corner.noted(CodeOpened))
    assert settled == opened, "a code for each price, a price for each code"
    assert all(times == 1 for times in settled.values())
    orders = [order.order for order in corner.ordered(PayOut)]
    assert len(orders) == len(set(orders)), "no order is given twice"
    first_payment = next((n for n, fact in enumerate(corner.facts) if isinstance(fact, PaymentOpened)), None)
    assert first_payment is not None or not corner.ordered(AcceptCoins), "no coin before there is a payment"
    walk.comes_to_an_end()


@given(st.lists(st.tuples(happenings(), st.integers(0, 1000)), max_size=40))
@settings(max_examples=50)
def test_the_state_is_its_facts_and_survives_being_written_down(
    story: list[tuple[Happening, int]],
) -> None:
    walk = Walk(ones=5, twenties=5)
    walk.corner.happens(events.LineChosen("release"), events.Entered("7F314"), events.PayPressed())
    for happening, luck in story:
        walk.happens(happening, luck)
    corner = walk.corner
    again = Terminal()
    for fact in corner.facts:
        again = fold_all(again, [decode_fact(encode_fact(fact))], corner.now)
    # Moments differ (each fact has its own), everything else is the same.
    timeless = {"touched_ms": 0, "started_ms": 0, "touched_utc_ms": 0}
    same = msgspec.structs.replace(corner.terminal, **timeless)
    assert msgspec.to_builtins(
        _without_moments(msgspec.structs.replace(again, **timeless))
    ) == msgspec.to_builtins(_without_moments(same))
    assert msgspec.json.decode(msgspec.json.encode(corner.terminal), type=Terminal) == corner.terminal


def _without_moments(terminal: Terminal) -> Terminal:
    stage = terminal.stage
    if not isinstance(stage, Resuming):
        return terminal
    return msgspec.structs.replace(terminal, stage=msgspec.structs.replace(stage, cut_utc_ms=0))


def test_every_event_is_answered_in_every_stage_or_listed_as_ignored() -> None:
    assert len(STAGES) == 10
    for kind, reason in IGNORED.items():
        assert kind in events.Event.__args__
        assert reason
