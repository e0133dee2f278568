"""A wire in memory, for tests and for the simulation from a seed: no thread, no time of its own.

What one end writes, the other end can read, at once. Where a real wire would wait, the wire calls `wait`
with the seconds: a fake clock moves on, and whatever then arrives is read.
"""

from collections.abc import Callable

from kiosk.hardware.ports import TransportError

Listener = Callable[[bytes], None]
Wait = Callable[[float], None]


def _no_wait(_seconds: float) -> None:
    """Nothing else happens in this memory."""


class MemoryWire:
    """One end of a wire, a `Transport`. `heard_by` is given every write; `wait` passes time in a read."""

    def __init__(self, heard_by: Listener | None = None, wait: Wait = _no_wait) -> None:
        self.heard_by = heard_by
        self._wait = wait
        self._arrived = bytearray()
        self._opened = False
        self._cut = False

    def open(self) -> None:
        """Connect; a second call does nothing. Raises TransportError while the cable is out."""
        if self._cut:
            raise TransportError("the wire in memory is unplugged")
        self._opened = True

    def write(self, data: bytes) -> None:
        """Send all of `data` to the other end. Raises TransportError."""
        self._demand_open()
        if self.heard_by is not None:
            self.heard_by(data)

    def read(self, at_most: int, timeout_s: float) -> bytes:
        """What has arrived, at most this many bytes; empty after the time-out. Raises TransportError."""
        self._demand_open()
        if not self._arrived:
            self._wait(timeout_s)
            self._demand_open()
        taken = bytes(self._arrived[:at_most])
        del self._arrived[:at_most]
        return taken

    def discard(self) -> None:
        """Throw away what has arrived and not been read. Raises TransportError."""
        self._demand_open()
        self._arrived.clear()

    def close(self) -> None:
        """Let go of the wire; never raises."""
        self._opened = False
        self._arrived.clear()

    @property
    def is_open(self) -> bool:
        """Whether the host has opened this end."""
        return self._opened

    def deliver(self, data: bytes) -> None:
        """Bytes arrive from the other end; they are lost where nobody has opened this one."""
        if self._opened:
            self._arrived += data

    def unplug(self) -> None:
        """Pull the cable out: everything fails until `plug`."""
        self._cut = True
        self.close()

    def plug(self) -> None:
        """Put the cable back; the host must open the wire again."""
        self._cut = False

    def _demand_open(self) -> None:
        if self._cut:
            raise TransportError("the wire in memory is unplugged")
        if not self._opened:
            raise TransportError("the wire in memory is not open")


def memory_pair(wait: Wait = _no_wait) -> tuple[MemoryWire, MemoryWire]:
    """Two ends of one wire."""
    near, far = MemoryWire(wait=wait), MemoryWire(wait=wait)
    near.heard_by, far.heard_by = far.deliver, near.deliver
    return near, far
