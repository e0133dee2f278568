"""Laws of the customer's way, searched for counter-examples: any events, in any order, with restarts between.

Conservation is checked by the corner after every single fact. The events are drawn with no regard for sense:
devices that answer orders they never had, coins in every stage, touches of screens long gone.
"""

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.flows import events
from kiosk.flows.commands import AcceptCoins, HoldClaim, PayOut, Print
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import ResultScreen, TakeScreen
from kiosk.flows.settlement import counter_after
from kiosk.flows.state import (
    STAGES,
    Idle,
    Paying,
    Presented,
    Presenting,
    Resuming,
    ShownAgain,
    Stage,
    Terminal,
)
from kiosk.flows.surprise import IGNORED
from parking.claims import ClaimReason, ClaimRefusal
from parking.facts import (
    ClaimIssued,
    ClaimPresented,
    ClaimRedeemed,
    ClaimTurnedAway,
    CodeOpened,
    PaymentClosed,
    PaymentOpened,
    PaymentSettled,
    decode_fact,
    encode_fact,
)
from parking.wire import BooksPage, ClampDocument, RefusedBecause
from tests.kiosk.flows.corner import CLAMP, COINS, Corner, slip, totals

DEVICES = ("coins", "hopper 1", "hopper 2", "printer", "server", "scanner")
REFERENCE = "0412/7F314/1790000000000"
DOCUMENT = ClampDocument("7F314", 1, CLAMP.debt, "EUR", 1, "482913")


Happening = events.Event | str
_HAPPENS_OFTEN = ("off", "coin", "coin", "coin", "slip", "slip", "own_slip", "server", "answer", "answer")
_HAPPENS_SELDOM = ("wait", "fit", "release")


HAPPENINGS: st.SearchStrategy[Happening] = st.one_of(
    st.sampled_from(_HAPPENS_OFTEN),
    st.sampled_from(_HAPPENS_SELDOM),
    st.sampled_from(
        [
            events.LineChosen("release"),
            events.LineChosen("lottery"),
            events.Entered("7F31-4"),
            events.Entered("9999"),
            events.Entered("\x00"),
            events.Scanned("7F314"),
            events.Scanned("CLAIM:0413-1-C00007:300"),
            events.Scanned(slip(300, currency="PLN")),
            events.Scanned(slip(300).replace(":300:", ":900:")),
            events.Scanned(slip(300, number="0499-1-C00007")),
            events.ReceiptEntered("1"),
            events.ReceiptEntered("0412-1-00002"),
            events.ReceiptEntered("\x00"),
            events.ClaimHeld("nobody's"),
            events.ClaimNotHeld("nobody's", ClaimRefusal.FORGED),
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
"""One event, or something of the street that knows how things stand (see `Walk`)."""


class Walk:
    """A corner on which anything happens; remembers which orders still have no answer."""

    def __init__(self, *, ones: int, twenties: int) -> None:
        self.corner = Corner(ones=ones, twenties=twenties)
        self.answered: set[str] = set()
        self.own_slips: list[str] = []

    def happens(self, happening: Happening, luck: int) -> None:
        """An event, or a thing of the street: the method of that name."""
        if isinstance(happening, str):
            getattr(self, happening)(luck)
        else:
            self.corner.happens(happening)

    def off(self, luck: int) -> None:
        self.corner.off(luck * 100)
        self.corner.start()

    def coin(self, luck: int) -> None:
        """A genuine one."""
        counter = counter_after(self.corner.terminal.acceptor_counter or 0)
        self.corner.happens(events.CoinAccepted(luck % len(COINS) + 1, 1, counter))

    def slip(self, luck: int) -> None:
        """A genuine one of another terminal; often one that has been shown before."""
        reason = list(ClaimReason)[luck % len(ClaimReason)]
        number = f"0413-1-C{luck % 12:05d}"
        self.corner.happens(events.Scanned(slip(luck + 1, number=number, reason=reason)))

    def own_slip(self, luck: int) -> None:
        """One of those that this terminal has issued."""
        for text in self.own_slips[luck % len(self.own_slips) :][:1] if self.own_slips else ():
            self.corner.happens(events.Scanned(text))

    def fit(self, luck: int) -> None:
        """The clamp is put on another car."""
        del luck
        self.corner.books.fit_again("7F314")

    def release(self, luck: int) -> None:
        """Somebody begins to pay."""
        del luck
        self.corner.happens(events.LineChosen("release"), events.Entered("7F314"), events.PayPressed())

    def wait(self, luck: int) -> None:
        """Some seconds, or longer than anybody waits."""
        self.corner.wait(3 if luck % 2 else 95)

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
        presented = [fact.claim for fact in corner.noted(ClaimPresented)]
        redeemed = [fact.claim for fact in corner.noted(ClaimRedeemed)]
        let_go = [fact.claim for fact in corner.noted(ClaimTurnedAway)]
        assert not Counter(presented) - (Counter(redeemed) + Counter(let_go)), "a slip hangs in the air"
        for closed in corner.noted(PaymentClosed):
            assert closed.kept_minor == closed.delivered_minor + closed.paid_out_minor + closed.claimed_minor

    def server(self, luck: int) -> None:
        """What the server says of the last slip: held, refused, nothing at all."""
        for hold in self.corner.ordered(HoldClaim)[-1:]:
            refusal = list(ClaimRefusal)[luck % len(ClaimRefusal)]
            answers: list[events.Event] = [
                events.ClaimHeld(hold.reference),
                events.ClaimNotHeld(hold.reference, refusal),
                events.ServerSilent(hold.reference),
            ]
            self.corner.happens(answers[luck % 3])

    def looks(self) -> None:
        """The screen, with everything that it opens and signs; slips on it are kept for later."""
        screen = self.corner.screen
        if isinstance(screen, ResultScreen):
            assert self.corner.noted(CodeOpened), "no code on the screen before its fact"
        if isinstance(screen, ResultScreen | TakeScreen):
            issued = {fact.claim for fact in self.corner.noted(ClaimIssued)}
            assert {shown.number for shown in screen.claims} <= issued, "no slip before its fact"
            self.own_slips.extend(shown.slip for shown in screen.claims)
        if isinstance(self.corner.stage, Paying):
            assert not self.corner.payment.claims, "a payment cannot be paid with its own slips"

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
    story=st.lists(st.tuples(HAPPENINGS, st.integers(0, 1000)), max_size=60),
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
        walk.looks()
    settled = Counter(fact.payment for fact in corner.noted(PaymentSettled))
    opened = Counter(fact.payment for fact in corner.noted(CodeOpened))
    assert settled == opened, "a code for each price, a price for each code"
    assert all(times == 1 for times in settled.values())
    orders = [order.order for order in corner.ordered(PayOut)]
    assert len(orders) == len(set(orders)), "no order is given twice"
    first_payment = next((n for n, fact in enumerate(corner.facts) if isinstance(fact, PaymentOpened)), None)
    assert first_payment is not None or not corner.ordered(AcceptCoins), "no coin before there is a payment"
    walk.comes_to_an_end()


@given(st.lists(st.tuples(HAPPENINGS, st.integers(0, 1000)), max_size=40))
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
    timeless = {"touched_ms": 0, "started_ms": 0, "touched_utc_ms": 0, "wrong_receipts_ms": ()}
    same = msgspec.structs.replace(corner.terminal, **timeless)
    assert msgspec.to_builtins(
        _without_moments(msgspec.structs.replace(again, **timeless))
    ) == msgspec.to_builtins(_without_moments(same))
    assert msgspec.json.decode(msgspec.json.encode(corner.terminal), type=Terminal) == corner.terminal


def _without_moments(terminal: Terminal) -> Terminal:
    match terminal.stage:
        case Resuming() as resuming:
            stage: Stage = msgspec.structs.replace(resuming, cut_utc_ms=0)
        case ShownAgain(release=release):
            stage = ShownAgain(msgspec.structs.replace(release, at_utc_ms=0))
        case (Paying() | Presenting()) as asking if isinstance(asking.presented, Presented):
            presented = msgspec.structs.replace(asking.presented, at_ms=0)
            stage = msgspec.structs.replace(asking, presented=presented)
        case untimed:
            stage = untimed
    return msgspec.structs.replace(terminal, stage=stage)


def test_every_event_is_answered_in_every_stage_or_listed_as_ignored() -> None:
    assert len(STAGES) == 13
    for kind, reason in IGNORED.items():
        assert kind in events.Event.__args__
        assert reason
