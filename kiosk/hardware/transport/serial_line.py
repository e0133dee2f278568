"""A serial line (UART, USB adapter, pty) as a transport, over pyserial. Bytes only; no protocol.

The port is opened exclusively: two programs on one line would answer each other's questions.
"""

import select
import termios

import serial

from kiosk.hardware.ports import TransportError

WRITE_TIMEOUT_S = 1.0
"""A line that takes nothing for so long is gone."""

_GONE = (OSError, termios.error, serial.SerialException, TypeError, ValueError)
"""What pyserial and the kernel raise when the adapter is pulled out while it is being used."""


class SerialLine:
    """A `Transport` on `device` (a path), 8 data bits, no parity, 1 stop bit."""

    def __init__(self, device: str, baud: int = 9600) -> None:
        self._device = device
        self._baud = baud
        self._port: serial.Serial | None = None

    def open(self) -> None:
        """Connect and forget what arrived before; a second call does nothing. Raises TransportError."""
        if self._port is not None:
            return
        try:
            port = serial.Serial(
                self._device, self._baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True
            )
        except _GONE as gone:
            raise TransportError(f"serial line {self._device} cannot be opened: {gone}") from gone
        self._port = port
        self.discard()

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises TransportError."""
        port = self._opened()
        try:
            port.write(data)
        except _GONE as gone:
            raise self._lost(gone) from gone

    def read(self, at_most: int, timeout_s: float) -> bytes:
        """What has arrived, at most this many bytes; empty after the time-out. Raises TransportError."""
        port = self._opened()
        try:
            ready, _, _ = select.select([port.fileno()], [], [], max(0.0, timeout_s))
            return bytes(port.read(at_most)) if ready else b""
        except _GONE as gone:
            raise self._lost(gone) from gone

    def discard(self) -> None:
        """Throw away what has arrived and not been read. Raises TransportError."""
        port = self._opened()
        try:
            port.reset_input_buffer()
        except _GONE as gone:
            raise self._lost(gone) from gone

    def close(self) -> None:
        """Let go of the port; never raises."""
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except _GONE:  # the adapter is gone already; there is nothing left to let go of
                return

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise TransportError(f"serial line {self._device} is not open")
        return self._port

    def _lost(self, gone: Exception) -> TransportError:
        self.close()
        return TransportError(f"serial line {self._device} is gone: {gone}")
