"""The shapes of the hardware: what a wire is, what a device is, and how devices speak to the session.

A driver has no clock, no thread and no queue of its own. A `Pump` (see `pump.py`) gives it turns in one
thread; a test gives it turns by hand.
"""

from collections.abc import Callable
from typing import Protocol

from kiosk.flows.commands import Command
from kiosk.flows.events import Event

Post = Callable[[Event], None]
"""Puts an event into the session's inbox; never blocks."""

SteadyClock = Callable[[], float]
"""Seconds of a clock that never jumps; only differences mean anything."""


class TransportError(OSError):
    """The wire is gone: unplugged, refused, closed by the other end. The message says which and why."""


class Transport(Protocol):
    """Bytes to and from one device: serial line, TCP connection, or a pair in memory."""

    def open(self) -> None:
        """Connect; a second call on an open wire does nothing. Raises TransportError."""

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises TransportError."""

    def read(self, at_most: int, timeout_s: float) -> bytes:
        """Return what has arrived, at most this many bytes; empty after `timeout_s` of silence.

        Returns as soon as anything is there. Raises TransportError.
        """

    def discard(self) -> None:
        """Throw away what has arrived and not been read."""

    def close(self) -> None:
        """Let go of the wire; never raises."""


class Device(Protocol):
    """One device, or one line with several devices, that a pump gives turns to."""

    name: str

    def turn(self) -> float:
        """Do the next exchange (poll, reconnect) and return after how many seconds the next turn is due.

        Never raises for anything a wire or a device can do: failures become `DeviceBroke`, once.
        """

    def perform(self, command: Command) -> None:
        """Carry out an order; commands for other devices are not given. Same promise as `turn`."""

    def close(self) -> None:
        """Leave the device safe (nothing accepted) as far as it answers, and let go of the wire."""
