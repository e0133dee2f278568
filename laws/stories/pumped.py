"""The turns of a device, as its pump gives them in a thread of its own; while nothing can happen it naps."""

import math
from collections import deque
from collections.abc import Callable

from kiosk.flows.commands import Command
from kiosk.hardware.cctalk.coin_line import CoinLine
from kiosk.hardware.escpos.printer import ReceiptPrinter
from kiosk.hardware.ports import Device
from kiosk.hardware.scanner.barcode_scanner import BarcodeScanner
from laws.stories.life import Life
from laws.stories.stage import Stage, Task
from laws.stories.street import Street

NAP_S = 30.0
"""Polls in which nothing can happen are left out for so long at most."""


class Pumped:
    """A device with its orders, as its pump would hold them.

    `is_quiet` tells after a turn whether further turns could only find what this one found: then they are
    left out until `wake`, and begin again at the instant at which one would have come.
    """

    def __init__(
        self,
        stage: Stage,
        life: Life,
        device: Device,
        is_quiet: Callable[[], bool],
        killed: Callable[[], None],
    ) -> None:
        self._stage = stage
        self._life = life
        self._device = device
        self._is_quiet = is_quiet
        self._orders: deque[Command] = deque()
        self._due_s = stage.now_s
        self._turned_s = stage.now_s
        self._pause_s = 0.0
        self.naps = False
        self.task = Task(self._due, self._act, killed)

    def order(self, command: Command) -> None:
        """Hand over an order."""
        self._life.may_die(f"before {type(command).__name__} is handed over")
        self._orders.append(command)

    def wake(self) -> None:
        """Something is going to happen to the device."""
        if self.naps:
            self.naps = False
            self._due_s = self._stage.now_s
            if self._pause_s > 0:
                turns = math.ceil((self._stage.now_s - self._turned_s) / self._pause_s)
                self._due_s = self._turned_s + turns * self._pause_s

    def _due(self) -> float:
        return self._stage.now_s if self._orders else self._due_s

    def _act(self) -> None:
        self.naps = False
        if self._orders:
            self._device.perform(self._orders.popleft())
            self._due_s = self._stage.now_s
            return
        self._pause_s = self._device.turn()
        self._turned_s = self._stage.now_s
        self._due_s = self._turned_s + self._pause_s
        if not self._orders and self._life.kill_in is None and self._is_quiet():
            self.naps = True
            self._due_s = self._turned_s + NAP_S


def coin_line_is_quiet(line: CoinLine, street: Street) -> bool:
    """Whether the driver knows everything, wants nothing, and no device has anything to say."""
    acceptor = line._acceptor
    seen, told = acceptor._seen, acceptor._told
    counter = street.line.acceptor.counter
    return (
        street.is_undisturbed
        and acceptor._is_up
        and not (acceptor._stopping or acceptor._doubted or acceptor._jam)
        and acceptor._wished == acceptor._let_in == street.line.acceptor._mask
        and seen is not None
        and seen.counter == counter
        and told == counter
        and all(
            hopper._is_up
            and hopper._job is None
            and hopper._trouble is None
            and hopper._health.is_working
            and hopper._counter_told == street.line.hoppers[name].counter
            for name, hopper in line._hoppers.items()
        )
    )


def scanner_is_quiet(scanner: BarcodeScanner, street: Street) -> bool:
    """Whether nothing has been scanned."""
    return street.scanner_wire.is_open and not (scanner._lines.is_waiting or street.scanner_wire._arrived)


def printer_is_quiet(printer: ReceiptPrinter, street: Street) -> bool:
    """Whether the printer is known to be ready, and is."""
    return (
        street.mechanism._can_print
        and printer._health.is_working
        and street.printer_wire.is_open
        and not printer._must_clear
    )
