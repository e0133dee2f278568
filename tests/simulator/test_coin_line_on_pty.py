"""The coin line over a real pty, with the real driver in its pump's thread."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.flows.commands import AcceptCoins, PayOut, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    CoinAccepted,
    CoinsStopped,
    DeviceBroke,
    DeviceWorks,
    Event,
    HopperReady,
    PayoutDone,
)
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.hopper import HopperConfiguration
from kiosk.hardware.pump import Pump
from kiosk.hardware.transport.serial_line import SerialLine
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import CoinLineOnPty, SimulatedCoinLine
from simulator.devices.hopper import HopperForm
from simulator.devices.pty_wire import PtyWire

PATIENCE_S = 30.0


class Cabinet:
    """A simulated coin line on a pty, and a terminal's driver on it."""

    def __init__(self, link: Path) -> None:
        self.line = SimulatedCoinLine(
            (SimulatedCoin(1, 50, hopper="hopper 1"), SimulatedCoin(2, 200)),
            (HopperForm("hopper 1", 50, 10, coins_per_second=40),),
            time.monotonic,
        )
        self.wire = CoinLineOnPty(self.line, link)
        self.inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.pump = Pump(
            CoinLine(
                SerialLine(str(link)),
                self.inbox.put,
                time.monotonic,
                CoinLineConfiguration(hoppers=(HopperConfiguration("hopper 1"),), reconnect_s=0.05),
            ),
            self.inbox.put,
        )

    def wait_for(self, event: Event) -> list[Event]:
        """Take events until this one comes; returns those before it."""
        before: list[Event] = []
        while True:
            try:
                came = self.inbox.get(timeout=PATIENCE_S)
            except queue.Empty:
                pytest.fail(f"{event} did not come; instead: {before}")
            if came == event:
                return before
            before.append(came)


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    one = Cabinet(tmp_path / "wires" / "coins")
    one.wire.start()
    one.pump.start()
    one.wait_for(HopperReady("hopper 1", 0))
    yield one
    one.pump.stop()
    one.wire.stop()


def test_coins_in_and_change_out(cabinet: Cabinet) -> None:
    cabinet.pump.order(WatchCoins(None))
    cabinet.pump.order(AcceptCoins(frozenset({1, 2})))
    cabinet.pump.order(StopCoins())
    cabinet.wait_for(CoinsStopped())
    cabinet.pump.order(AcceptCoins(frozenset({1, 2})))
    accepts = threading.Event()
    cabinet.line.listeners.append(accepts.set)
    _until(lambda: cabinet.line.lets_in == {50, 200})
    assert cabinet.line.drop_coin(200).accepted
    cabinet.wait_for(CoinAccepted(2, 1, 1))
    cabinet.pump.order(StopCoins())
    cabinet.pump.order(PayOut("41", "hopper 1", 3, 0))
    cabinet.wait_for(CoinsStopped())
    cabinet.wait_for(PayoutDone("41", 3, 0, 1))
    assert accepts.is_set()
    where = cabinet.line.where()
    assert where.paid_out[50] == 3
    assert where.is_conserved


def test_a_cable_pulled_and_put_back(cabinet: Cabinet) -> None:
    cabinet.wire.unplug()
    _unplugged(cabinet, "coins")
    _unplugged(cabinet, "hopper 1")
    cabinet.wire.plug()
    cabinet.wait_for(AcceptorReady(0))
    cabinet.wait_for(DeviceWorks("coins"))
    cabinet.wait_for(HopperReady("hopper 1", 0))


def test_a_wire_is_started_and_stopped_cleanly(tmp_path: Path) -> None:
    link = tmp_path / "line"
    wire = PtyWire(link, lambda heard: heard[::-1])
    wire.start()
    wire.plug()
    near = SerialLine(str(link))
    near.open()
    near.write(b"abc")
    assert _read(near, 3) == b"cba"
    wire.send(b"!")
    assert _read(near, 1) == b"!"
    near.close()
    wire.stop()
    wire.stop()
    wire.unplug()
    wire.send(b"nobody hears this")
    assert not link.is_symlink()
    wire.start()
    assert link.is_symlink()
    wire.stop()


def _read(line: SerialLine, length: int) -> bytes:
    data = b""
    until = time.monotonic() + PATIENCE_S
    while len(data) < length and time.monotonic() < until:
        data += line.read(length - len(data), 0.5)
    return data


def _until(comes_true: Callable[[], bool]) -> None:
    """Give other threads time until something is so."""
    ticks = threading.Event()
    until = time.monotonic() + PATIENCE_S
    while not comes_true():
        assert time.monotonic() < until, "it never came true"
        ticks.wait(0.01)


def _unplugged(cabinet: Cabinet, device: str) -> None:
    """Wait until this device is told as unplugged; a loaded machine may call it silent before."""
    while True:
        event = cabinet.inbox.get(timeout=PATIENCE_S)
        if isinstance(event, DeviceBroke) and event.device == device and event.code.endswith("UNPLUGGED"):
            return
