"""The scanner's driver on a wire in memory and a clock of its own: what it posts, and when."""

from dataclasses import dataclass, field

import pytest

from kiosk.flows.commands import StopCoins
from kiosk.flows.events import DeviceBroke, DeviceWorks, Event, Scanned
from kiosk.hardware.scanner.barcode_scanner import BarcodeScanner
from kiosk.hardware.transport.memory import MemoryWire


@dataclass
class Bench:
    """A scanner's driver on a desk."""

    now_s: float = 100.0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wire = MemoryWire(wait=self.wait)
        self.scanner = BarcodeScanner(self.wire, self.events.append, lambda: self.now_s)

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def turns(self, count: int) -> list[float]:
        return [self.scanner.turn() for _ in range(count)]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.turns(1)
    assert bench.events == [DeviceWorks("scanner")]
    bench.events.clear()
    return bench


def test_a_scan_becomes_an_event(bench: Bench) -> None:
    bench.wire.deliver(b"7F314\r\n")
    assert bench.turns(3) == [0.0, 0.0, 0.0]
    assert bench.events == [Scanned("7F314")]


def test_a_scan_without_an_ending_ends_after_a_tenth_of_a_second(bench: Bench) -> None:
    bench.wire.deliver(b"7F314")
    bench.turns(1)
    assert bench.events == []
    before_s = bench.now_s
    bench.turns(1)
    assert bench.events == [Scanned("7F314")]
    assert bench.now_s - before_s == pytest.approx(0.1)


def test_a_silent_scanner_is_a_healthy_scanner(bench: Bench) -> None:
    bench.turns(1000)
    assert bench.events == []


def test_rubbish_is_told_once_and_forgiven_by_a_good_scan(bench: Bench) -> None:
    for _ in range(3):
        bench.wire.deliver(b"\x00\xff\x80\r")
        bench.turns(1)
    (broke,) = bench.events
    assert isinstance(broke, DeviceBroke)
    assert (broke.device, broke.code) == ("scanner", "SCAN.RUBBISH")
    assert bench.scanner.refused == 3
    bench.wire.deliver(b"7F314\r")
    bench.turns(1)
    assert bench.events[1:] == [Scanned("7F314"), DeviceWorks("scanner")]


def test_rubbish_is_forgiven_by_a_while_of_silence(bench: Bench) -> None:
    bench.wire.deliver(b"7" * 1000)
    bench.turns(3)
    assert [type(event) for event in bench.events] == [DeviceBroke]
    bench.turns(20)
    assert [type(event) for event in bench.events] == [DeviceBroke, DeviceWorks]


def test_unplugged_is_told_once_tried_later_and_later_and_recovers(bench: Bench) -> None:
    bench.wire.deliver(b"7F3")
    bench.turns(1)
    bench.wire.unplug()
    assert bench.turns(7) == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert [event.code for event in bench.events if isinstance(event, DeviceBroke)] == ["SCAN.UNPLUGGED"]
    bench.wire.plug()
    bench.turns(1)
    bench.wire.deliver(b"14\r")
    bench.turns(1)
    assert bench.events[1:] == [DeviceWorks("scanner"), Scanned("14")]
    bench.wire.unplug()
    assert bench.turns(1) == [0.5]


def test_orders_for_others_do_nothing_and_closing_twice_is_fine(bench: Bench) -> None:
    bench.scanner.perform(StopCoins())
    bench.scanner.close()
    bench.scanner.close()
    assert bench.events == []
