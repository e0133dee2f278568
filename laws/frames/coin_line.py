"""Acceptor and hoppers behind a wire that lies: what the real driver tells is held against the coins."""

from collections import deque
from random import Random

from kiosk.flows.commands import AcceptCoins, PayOut, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    AcceptorReset,
    CoinAccepted,
    CoinCreditsLost,
    CoinRejected,
    Event,
    HopperReady,
    PayoutDone,
    PayoutUncertain,
)
from kiosk.flows.state import AcceptorEvent
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.hopper import HopperConfiguration
from kiosk.hardware.cctalk.messages import DispenseVariant, events_between
from kiosk.hardware.transport.memory import MemoryWire
from laws.frames.cctalk_lies import CctalkLiar
from laws.frames.tally import FrameTally
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.hopper import HopperForm

COINS = (SimulatedCoin(1, 50), SimulatedCoin(2, 100), SimulatedCoin(12, 200))
FORMS = (
    HopperForm("hopper 1", 20, 10_000_000, address=3),
    HopperForm("hopper 2", 10, 10_000_000, address=4, variant=DispenseVariant.NO_ENCRYPT),
)
RATES = (0.1, 0.3, 0.6, 0.9)
MOST_UNREAD = 4
"""No more coins fall, or come back, than the acceptor's buffer holds: none may be lost here."""
_EPISODE_TURNS = 400
_REST_S = 60.0


class CoinLineUnderLies:
    """One coin line with its driver, for as many episodes as it takes."""

    def __init__(self, chance: Random, tally: FrameTally) -> None:
        self._chance = chance
        self._tally = tally
        self._now_s = 1000.0
        self._liar = CctalkLiar(chance, tally)
        self._line = SimulatedCoinLine(COINS, FORMS, self._clock)
        self._wire = MemoryWire(self._hear, self._pass_time)
        self._fallen: deque[tuple[int, int]] = deque()
        self._known: list[AcceptorEvent] = []
        self._told = 0
        self._orders: dict[str, tuple[PayOut, int]] = {}
        self._order_number = 0
        self._driver = self._new_driver()

    def episode(self) -> None:
        """Lies of one rate for a while, then the truth, and the verdict."""
        self._liar.rate = self._chance.choice(RATES)
        for _ in range(_EPISODE_TURNS):
            self._something_happens()
            self._turn()
            if self._tally.is_enough:
                break
        self._liar.rate = 0.0
        end_s = self._now_s + _REST_S
        while self._now_s < end_s:
            self._turn()
        self._tally.demand("every coin is told", f"not told: {list(self._fallen)}", holds=not self._fallen)
        self._tally.demand("every payout has a result", f"none: {list(self._orders)}", holds=not self._orders)
        if self._chance.random() < 0.5:
            self._driver = self._new_driver()

    # --- what people do

    def _something_happens(self) -> None:
        chance = self._chance.random()
        if chance < 0.1 and events_between(self._told, self._line.acceptor.counter) < MOST_UNREAD:
            coin = self._chance.choice(COINS)
            if self._line.drop_coin(coin.coin_minor).accepted:
                self._fallen.append((coin.position, self._line.acceptor.counter))
        elif chance < 0.13:
            form = self._chance.choice(FORMS)
            if not any(order.hopper == form.name for order, _ in self._orders.values()):
                self._order_payout(form)
        elif chance < 0.131 and not self._orders:
            self._driver = self._new_driver()

    def _order_payout(self, form: HopperForm) -> None:
        hopper = self._line.hoppers[form.name]
        hopper.advance()
        if hopper.remaining:
            return  # an order in doubt is still being paid
        self._order_number += 1
        order = PayOut(str(self._order_number), form.name, self._chance.randint(1, 6), hopper.counter)
        self._orders[order.order] = (order, self._paid(form.name))
        self._driver.perform(order)

    def _paid(self, hopper: str) -> int:
        self._line.advance()
        form = self._line.hoppers[hopper].form
        return self._line.where().paid_out[form.coin_minor]

    # --- what the driver tells

    def _post(self, event: Event) -> None:
        match event:
            case CoinAccepted(position=position, counter=counter):
                due = self._fallen.popleft() if self._fallen else None
                self._tally.demand(
                    "a credit has its coin", f"{event}, fallen is {due}", holds=due == (position, counter)
                )
                self._remember(AcceptorEvent(position), counter)
            case CoinRejected(code=code, counter=counter):
                self._remember(AcceptorEvent(0, code), counter)
            case AcceptorReset() | CoinCreditsLost():
                self._tally.demand("nothing is lost", str(event), holds=False)
            case AcceptorReady(counter=counter):
                self._judge_counter(counter)
            case HopperReady(hopper=hopper, counter=counter):
                right = self._line.hoppers[hopper].counter
                self._tally.demand("a counter is true", f"{event}, it is {right}", holds=counter == right)
            case PayoutDone() | PayoutUncertain():
                self._judge_payout(event)

    def _judge_counter(self, counter: int) -> None:
        """It may be a late answer's that says nothing new, but none that never was."""
        right = self._line.acceptor.counter
        is_true = events_between(self._told, counter) <= events_between(self._told, right)
        self._tally.demand("a counter is true", f"{counter} is told, it is {right}", holds=is_true)

    def _remember(self, event: AcceptorEvent, counter: int) -> None:
        self._known = [event, *self._known[:4]]
        self._told = counter

    def _judge_payout(self, event: PayoutDone | PayoutUncertain) -> None:
        order, before = self._orders.pop(event.order)
        paid = self._paid(order.hopper) - before
        self._tally.demand(
            "no more than ordered", f"{order}: {paid} coins came out", holds=0 <= paid <= order.coins
        )
        if isinstance(event, PayoutDone):
            is_over = self._line.hoppers[order.hopper].remaining == 0
            self._tally.demand(
                "a payout result is true",
                f"{event} of {order}: {paid} came out, over: {is_over}",
                holds=is_over and (event.paid, event.unpaid) == (paid, order.coins - paid),
            )

    # --- the machine

    def _new_driver(self) -> CoinLine:
        driver = CoinLine(
            self._wire,
            self._post,
            self._clock,
            CoinLineConfiguration(
                hoppers=tuple(HopperConfiguration(form.name, form.address) for form in FORMS)
            ),
        )
        driver.perform(WatchCoins(self._told, tuple(self._known)))
        driver.perform(AcceptCoins(frozenset(coin.position for coin in COINS)))
        return driver

    def _turn(self) -> None:
        self._now_s += self._driver.turn() + 0.001

    def _clock(self) -> float:
        return self._now_s

    def _pass_time(self, seconds: float) -> None:
        self._now_s += seconds

    def _hear(self, question: bytes) -> None:
        heard = self._line.receive(question)
        self._wire.deliver(self._liar.heard(question, heard[len(question) :]))
