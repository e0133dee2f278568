"""A serial wire with a simulated device at its far end: a pseudo terminal, a symlink, and a thin thread.

What the device says is not here: it is a function from bytes to bytes. The program under test opens the
symlink as it would open `/dev/ttyUSB0`; everything below its codec is real.
"""

import os
import select
import threading
import tty
from collections.abc import Callable
from pathlib import Path

TICK_S = 0.05
"""So often the device gets time, when nobody says anything."""

_READ_AT_MOST = 4096


def _nothing() -> None:
    """Devices that do nothing by themselves."""


def _silence(_heard: bytes) -> bytes:
    """Devices that only send."""
    return b""


class PtyWire:
    """A pty whose slave is found at `link`. `answer` is given what the host sends; `tick` lets time pass.

    Both are called in the wire's own thread.
    """

    def __init__(
        self,
        link: Path,
        answer: Callable[[bytes], bytes] = _silence,
        tick: Callable[[], None] = _nothing,
    ) -> None:
        self._link = link
        self._answer = answer
        self._tick = tick
        self._lock = threading.Lock()
        self._master: int | None = None
        self._slave: int | None = None
        self._wake_read, self._wake_write = -1, -1
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Make the pty and the symlink, and begin to answer."""
        self._wake_read, self._wake_write = os.pipe()
        self._stopping = False
        self.plug()
        self._thread = threading.Thread(target=self._run, name=f"wire {self._link.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and take the pty and the symlink away; a second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping = True
        self._wake()
        thread.join()
        self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def plug(self) -> None:
        """Put the cable in: there is a new pty behind the symlink. Plugged in already: nothing happens."""
        with self._lock:
            if self._master is not None:
                return
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            self._master, self._slave = master, slave
            self._link.parent.mkdir(parents=True, exist_ok=True)
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(os.ttyname(slave))
        self._wake()

    def unplug(self) -> None:
        """Pull the cable out: the host's port breaks and the symlink is gone."""
        with self._lock:
            if self._master is None or self._slave is None:
                return
            self._link.unlink(missing_ok=True)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = None
        self._wake()

    def send(self, data: bytes) -> None:
        """The device speaks without being asked. What a host does not read in time is lost, as on a wire."""
        with self._lock:
            self._write(data)

    def _write(self, data: bytes) -> None:
        if self._master is None or not data:
            return
        try:
            os.write(self._master, data)
        except OSError:  # nobody reads and the buffer is full, or the host has just let go
            return

    def _run(self) -> None:
        while not self._stopping:
            heard = self._heard()
            if heard:
                self.send(self._answer(heard))
            self._tick()

    def _heard(self) -> bytes:
        """What the host has sent, or nothing after a tick."""
        with self._lock:
            master = self._master
        watched = [self._wake_read] if master is None else [self._wake_read, master]
        try:
            ready, _, _ = select.select(watched, [], [], TICK_S)
        except (OSError, ValueError):  # unplugged while we watched
            return b""
        if self._wake_read in ready:
            os.read(self._wake_read, _READ_AT_MOST)
        with self._lock:
            if self._master is None or self._master not in ready:
                return b""
            try:
                return os.read(self._master, _READ_AT_MOST)
            except OSError:  # nothing there after all
                return b""

    def _wake(self) -> None:
        if self._wake_write >= 0 and self._thread is not None:
            os.write(self._wake_write, b"\0")
