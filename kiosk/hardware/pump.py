"""One thread for one device: it gives the device its turns and hands it its orders, in order.

The only thread a driver ever runs in. It waits for neither the screen nor the disk: events go into an inbox
that never blocks, orders come out of a queue.
"""

import logging
import queue
import threading

from kiosk.flows.commands import Command
from kiosk.flows.state import driver_of
from kiosk.hardware.health import Health
from kiosk.hardware.ports import Device, Post

PAUSE_AFTER_MISTAKE_S = 1.0
"""How long a device rests after its driver raised something that it should not have."""

log = logging.getLogger(__name__)


class Pump:
    """Runs one device until `stop`. `order` may be called from any thread."""

    def __init__(self, device: Device, post: Post) -> None:
        self._device = device
        self._health = Health(driver_of(device.name), post)
        self._rests = False
        self._orders: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"pump {device.name}", daemon=True)

    def start(self) -> None:
        """Begin to give turns."""
        self._thread.start()

    def order(self, command: Command) -> None:
        """Hand over an order; it is carried out after those before it."""
        self._orders.put(command)

    def stop(self) -> None:
        """Let the device finish its turn, close it, and wait until the thread has ended."""
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        pause_s = 0.0
        while True:
            try:
                command = self._orders.get(timeout=pause_s) if pause_s > 0 else self._orders.get_nowait()
            except queue.Empty:
                pause_s = self._guarded_turn()
                continue
            if command is None:
                self._device.close()
                return
            self._guarded_order(command)
            pause_s = 0.0

    def _guarded_turn(self) -> float:
        try:
            pause_s = self._device.turn()
        except Exception as mistake:  # noqa: BLE001 - a mistake in one driver must not take the terminal with it
            return self._mistake("turn", mistake)
        if self._rests:
            self._rests = False
            self._health.works()
        return pause_s

    def _guarded_order(self, command: Command) -> None:
        try:
            self._device.perform(command)
        except Exception as mistake:  # noqa: BLE001 - as above
            self._mistake(type(command).__name__, mistake)

    def _mistake(self, doing: str, mistake: Exception) -> float:
        log.error("driver of %s failed in %s", self._device.name, doing, exc_info=mistake)
        self._rests = True
        self._health.broke("DRIVER.MISTAKE", f"{doing}: {mistake!r}")
        return PAUSE_AFTER_MISTAKE_S
