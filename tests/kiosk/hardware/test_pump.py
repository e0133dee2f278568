"""The pump: turns and orders in one thread, in order, and a mistake in a driver does not end it."""

import logging
import threading

import pytest

from kiosk.flows.commands import AcceptCoins, Command, StopCoins, WatchCoins
from kiosk.flows.events import DeviceBroke, DeviceWorks, Event
from kiosk.hardware import pump as pump_module
from kiosk.hardware.pump import Pump

PATIENCE_S = 20.0


class Recorder:
    """A device that notes what it is given; `fail_next` makes its next turn or order raise."""

    name = "coins"

    def __init__(self, pause_s: float = 0.01) -> None:
        self.pause_s = pause_s
        self.performed: list[Command] = []
        self.turns = 0
        self.closed = 0
        self.threads: set[str] = set()
        self.fail_next = False
        self.turned = threading.Event()
        self.obeyed = threading.Event()

    def turn(self) -> float:
        """Note the turn."""
        self.turns += 1
        self.threads.add(threading.current_thread().name)
        self._fail()
        self.turned.set()
        return self.pause_s

    def perform(self, command: Command) -> None:
        """Note the order."""
        self.threads.add(threading.current_thread().name)
        self._fail()
        self.performed.append(command)
        if isinstance(command, StopCoins):
            self.obeyed.set()

    def close(self) -> None:
        """Note the end."""
        self.closed += 1

    def _fail(self) -> None:
        if self.fail_next:
            self.fail_next = False
            raise ZeroDivisionError


def test_orders_are_carried_out_in_order_in_the_pumps_own_thread() -> None:
    device = Recorder()
    pump = Pump(device, lambda _: None)
    orders: list[Command] = [WatchCoins(3), AcceptCoins(frozenset({1})), StopCoins()]
    pump.start()
    for order in orders:
        pump.order(order)
    assert device.obeyed.wait(PATIENCE_S)
    assert device.turned.wait(PATIENCE_S)
    pump.stop()
    assert device.performed == orders
    assert device.threads == {"pump coins"}
    assert device.closed == 1


def test_an_order_does_not_wait_for_the_pause_between_turns() -> None:
    device = Recorder(pause_s=3600)
    pump = Pump(device, lambda _: None)
    pump.start()
    assert device.turned.wait(PATIENCE_S)
    pump.order(StopCoins())
    assert device.obeyed.wait(PATIENCE_S)
    pump.stop()
    assert device.closed == 1


@pytest.mark.parametrize("in_order", [False, True])
def test_a_mistake_in_a_driver_is_told_once_and_survived(
    in_order: bool,  # noqa: FBT001 - a parameter of the table above
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(pump_module, "PAUSE_AFTER_MISTAKE_S", 0.01)
    posted: list[Event] = []
    works = threading.Event()

    def post(event: Event) -> None:
        posted.append(event)
        if isinstance(event, DeviceWorks):
            works.set()

    device = Recorder()
    pump = Pump(device, post)
    device.fail_next = True
    if in_order:
        pump.order(WatchCoins(None))
    with caplog.at_level(logging.CRITICAL):
        pump.start()
        assert works.wait(PATIENCE_S)
        pump.stop()
    (broke, recovered) = posted
    assert isinstance(broke, DeviceBroke)
    assert (broke.device, broke.code) == ("coins driver", "DRIVER.MISTAKE")
    assert broke.detail.startswith("WatchCoins" if in_order else "turn")
    assert recovered == DeviceWorks("coins driver")
