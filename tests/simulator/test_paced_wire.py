"""The coin line at its own speed, in simulated time: how often it is asked, and how soon a coin is known."""

from itertools import pairwise
from random import Random

import pytest

from kiosk.flows.commands import AcceptCoins, PayOut, WatchCoins
from kiosk.flows.events import CoinAccepted, DeviceBroke, Event, PayoutDone
from kiosk.hardware.cctalk.bus import Bus, Peer
from kiosk.hardware.cctalk.coin_acceptor import AcceptorConfiguration
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.hopper import HopperConfiguration
from kiosk.hardware.cctalk.messages import Header
from kiosk.hardware.ports import TransportError
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.hopper import HopperForm
from simulator.devices.paced_wire import ANSWERS_AFTER_S, PacedWire, seconds_on_the_line

READING_BYTES = 5 + 16
"""The question 229 and its answer."""
READING_S = seconds_on_the_line(READING_BYTES) + ANSWERS_AFTER_S
COIN = SimulatedCoin(1, 50, hopper="hopper 1")


class PacedBench:
    """The real driver on a line at 9600 baud; coins may fall while bytes travel."""

    def __init__(self, poll_interval_s: float, *, gap_s: float = 0.0) -> None:
        self.now_s = 1000.0
        self.asked_s: list[float] = []
        self.told_s: list[float] = []
        self.events: list[Event] = []
        self.falls_s: list[float] = []
        self.simulated = SimulatedCoinLine(
            (COIN,), (HopperForm("hopper 1", 50, 50),), self.clock, self_inhibits=True
        )
        self.wire = PacedWire(self._hear, self.clock, self._wait, gap_s=gap_s)
        self.driver = CoinLine(
            self.wire,
            self._post,
            self.clock,
            CoinLineConfiguration(
                acceptor=AcceptorConfiguration(poll_interval_s=poll_interval_s),
                hoppers=(HopperConfiguration("hopper 1"),),
            ),
        )
        for command in (WatchCoins(None), AcceptCoins(frozenset({1}))):
            self.driver.perform(command)
        self.run(3)
        self.asked_s.clear()

    def clock(self) -> float:
        return self.now_s

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self._wait(self.driver.turn())

    def _wait(self, seconds: float) -> None:
        """Time passes, and coins fall at their moments, also while a frame travels."""
        end_s = self.now_s + seconds
        while self.falls_s and self.falls_s[0] <= end_s:
            self.now_s = max(self.now_s, self.falls_s[0])
            assert self.simulated.drop_coin(50).accepted
            self.falls_s.pop(0)
        self.now_s = max(self.now_s, end_s)

    def _hear(self, question: bytes) -> bytes:
        if question[3] == Header.READ_BUFFERED_CREDIT:
            self.asked_s.append(self.now_s)
        return self.simulated.receive(question)

    def _post(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, CoinAccepted):
            self.told_s.append(self.now_s)


def test_a_reading_takes_what_its_bytes_take() -> None:
    bench = PacedBench(0.2)
    bus = Bus(bench.wire, bench.clock)
    began_s = bench.now_s
    for _ in range(10):
        bus.ask(Peer(2), Header.READ_BUFFERED_CREDIT)
    assert bench.now_s - began_s == pytest.approx(10 * READING_S)
    assert seconds_on_the_line(READING_BYTES) == pytest.approx(0.021875)
    assert 1 / READING_S > 40


def test_nothing_is_heard_before_it_has_travelled_and_a_closed_line_says_so() -> None:
    bench = PacedBench(0.2)
    bench.wire.write(bytes.fromhex("02 00 01 E5 18"))
    assert bench.wire.read(100, 0.005) == b""
    assert len(bench.wire.read(100, 0.001)) == 5
    assert len(bench.wire.read(100, 0.01)) == 1
    bench.wire.discard()
    bench.wire.close()
    with pytest.raises(TransportError):
        bench.wire.read(1, 0)


def test_the_poll_loop_reads_forty_times_a_second_when_it_is_told_to() -> None:
    bench = PacedBench(0.02)
    bench.run(60)
    assert len(bench.asked_s) / 60 >= 40
    gaps_s = [later - earlier for earlier, later in pairwise(bench.asked_s)]
    assert max(gaps_s) < 0.2, "hoppers and inhibits are looked after in between"


@pytest.mark.parametrize("interval_s", [0.05, 0.1, 0.2])
def test_the_poll_loop_keeps_its_interval(interval_s: float) -> None:
    bench = PacedBench(interval_s)
    bench.run(60)
    assert len(bench.asked_s) == pytest.approx(60 / interval_s, rel=0.03)


def test_the_poll_loop_keeps_on_while_a_hopper_pays() -> None:
    bench = PacedBench(0.05)
    bench.driver.perform(PayOut("1", "hopper 1", 40, 0))
    bench.run(12)
    assert PayoutDone("1", 40, 0, 1) in bench.events
    assert len(bench.asked_s) == pytest.approx(12 / 0.05, rel=0.2)


@pytest.mark.parametrize("interval_s", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("gap_s", [0.0, 0.002])
def test_a_coin_is_told_within_one_poll_and_its_second_reading(interval_s: float, gap_s: float) -> None:
    """Worst case: it falls when the answer has just left. What another question keeps the line is counted."""
    bench = PacedBench(interval_s, gap_s=gap_s)
    chance = Random(7)  # noqa: S311 - the same moments in every run
    falls_s = sorted(bench.now_s + chance.uniform(1, 300) for _ in range(300))
    falls_s = [fall for fall, after in pairwise(falls_s) if after - fall > 0.5]
    bench.falls_s = list(falls_s)
    bench.run(305)
    assert len(bench.told_s) == len(falls_s) > 100
    reading_s = READING_S + 15 * gap_s
    waits_s = [told - fell for told, fell in zip(bench.told_s, falls_s, strict=True)]
    others_s = 3 * reading_s
    assert max(waits_s) <= max(interval_s, reading_s) + 2 * reading_s + others_s
    usual_s = sorted(waits_s)[int(len(waits_s) * 0.9)]
    assert usual_s <= max(interval_s, reading_s) + 2 * reading_s
    assert not [event for event in bench.events if isinstance(event, DeviceBroke)]


def test_ten_coins_in_a_second_are_all_told() -> None:
    bench = PacedBench(0.2)
    bench.falls_s = [bench.now_s + 1 + number * 0.1 for number in range(10)]
    bench.run(4)
    assert len(bench.told_s) == 10
