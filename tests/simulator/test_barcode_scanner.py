"""The simulated scanner over a real pty, with the driver of the terminal at the other end."""

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.clock import steady_s
from kiosk.flows.events import DeviceBroke, DeviceWorks, Event, Scanned
from kiosk.hardware.pump import Pump
from kiosk.hardware.scanner.barcode_scanner import BarcodeScanner, ScannerConfig
from kiosk.hardware.transport.serial_line import SerialLine
from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.faults import Fault

PATIENCE_S = 20.0
QUICK = ScannerConfig(patience_s=0.05, shortest_pause_s=0.02, longest_pause_s=0.05)


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedScanner]:
    scanner = SimulatedScanner(tmp_path / "wires" / "scanner")
    scanner.start()
    yield scanner
    scanner.stop()


@pytest.fixture
def inbox(simulated: SimulatedScanner) -> Iterator[queue.SimpleQueue[Event]]:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    driver = BarcodeScanner(SerialLine(str(simulated.link)), events.put, steady_s, QUICK)
    pump = Pump(driver, events.put)
    pump.start()
    assert events.get(timeout=PATIENCE_S) == DeviceWorks("scanner")
    yield events
    pump.stop()


def test_scans_arrive_in_order(simulated: SimulatedScanner, inbox: queue.SimpleQueue[Event]) -> None:
    for text in ("7F314", "RECEIPT:0412-000123", "AB-12"):
        simulated.scan(text)
    arrived = [inbox.get(timeout=PATIENCE_S) for _ in range(3)]
    assert arrived == [Scanned("7F314"), Scanned("RECEIPT:0412-000123"), Scanned("AB-12")]


def test_bytes_arrive_as_they_are(simulated: SimulatedScanner, inbox: queue.SimpleQueue[Event]) -> None:
    simulated.scan_bytes(b"\x03\x04\x11\x13\x7f\r")
    broke = inbox.get(timeout=PATIENCE_S)
    assert isinstance(broke, DeviceBroke)
    assert broke.code == "SCAN.RUBBISH"
    assert broke.detail == "byte 0x03 in a line of 5 is no printable character"
    simulated.scan_bytes(b"7F314\n")
    assert inbox.get(timeout=PATIENCE_S) == Scanned("7F314")
    assert inbox.get(timeout=PATIENCE_S) == DeviceWorks("scanner")


def test_a_plug_can_be_pulled_and_put_back(
    simulated: SimulatedScanner, inbox: queue.SimpleQueue[Event]
) -> None:
    simulated.switch(Fault.UNPLUGGED)
    broke = inbox.get(timeout=PATIENCE_S)
    assert isinstance(broke, DeviceBroke)
    assert broke.code == "SCAN.UNPLUGGED"
    simulated.scan("lost")
    simulated.switch(Fault.UNPLUGGED, on=False)
    assert inbox.get(timeout=PATIENCE_S) == DeviceWorks("scanner")
    simulated.scan("7F314")
    assert inbox.get(timeout=PATIENCE_S) == Scanned("7F314")


def test_what_nobody_fetches_is_lost_and_blocks_nobody(tmp_path: Path) -> None:
    scanner = SimulatedScanner(tmp_path / "scanner")
    scanner.scan("before the plug is in")
    scanner.start()
    scanner.scan_bytes(b"7" * 1_000_000)
    scanner.stop()
    scanner.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_another_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="coin-jam is no fault of the scanner"):
        SimulatedScanner(tmp_path / "scanner").switch(Fault.COIN_JAM)
