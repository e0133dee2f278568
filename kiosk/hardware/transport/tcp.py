"""A TCP connection to a device with a network port, such as a receipt printer.

Moves bytes only. That text was sent does not mean that the device has it: a dead peer "takes" text until the
system gives up. Who needs to know must ask the device.
"""

import contextlib
import socket

from kiosk.hardware.ports import TransportError

SLOWEST_WRITE_S = 5.0
"""A device that takes nothing for so long is gone."""
LARGEST_READ = 65536


class TcpTransport:
    """A `Transport` over TCP.

    `connect_timeout_s` is how long to wait for the connection. Keep-alive is on; small writes leave at once.
    """

    def __init__(self, host: str, port: int, connect_timeout_s: float = 1.0) -> None:
        self._host = host
        self._port = port
        self._connect_timeout_s = connect_timeout_s
        self._socket: socket.socket | None = None

    def __repr__(self) -> str:
        return f"TcpTransport({self._host}:{self._port})"

    def open(self) -> None:
        """Connect; does nothing while connected. Raises TransportError."""
        if self._socket is not None:
            return
        try:
            connection = socket.create_connection((self._host, self._port), self._connect_timeout_s)
        except OSError as problem:
            raise self._gone("no connection", problem) from problem
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket = connection

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises TransportError."""
        connection = self._connected()
        try:
            connection.settimeout(SLOWEST_WRITE_S)
            connection.sendall(data)
        except OSError as problem:
            self.close()
            raise self._gone("lost while sending", problem) from problem

    def read(self, at_most: int, timeout_s: float) -> bytes:
        """Return what has arrived, at most this many bytes; empty after `timeout_s` of silence.

        Raises TransportError, also when the other end has closed the connection.
        """
        connection = self._connected()
        try:
            connection.settimeout(max(timeout_s, 0.0))
            data = connection.recv(at_most)
        except (TimeoutError, BlockingIOError):
            return b""
        except OSError as problem:
            self.close()
            raise self._gone("lost while reading", problem) from problem
        if not data:
            self.close()
            raise TransportError(f"{self._host}:{self._port}: the other end closed the connection")
        return data

    def discard(self) -> None:
        """Throw away what has arrived and not been read. Raises TransportError."""
        while self.read(LARGEST_READ, 0.0):
            pass

    def close(self) -> None:
        """Let go of the connection; never raises."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise TransportError(f"{self._host}:{self._port}: not connected")
        return self._socket

    def _gone(self, what: str, problem: OSError) -> TransportError:
        return TransportError(f"{self._host}:{self._port}: {what}: {problem}")
