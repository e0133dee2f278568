"""The connection to the server: one HTTP exchange at a time that ends in time, whatever the other end does.

httpcore speaks HTTP; the sockets below it are watched here, so that an exchange has one deadline from the
first byte to the last, and can be abandoned when something more urgent is waiting. Redirects are not
followed, compressed answers not asked for, and long ones cut off. What an answer means is not known here.

Imported only in the sync's own thread: the terminal starts without loading HTTP and TLS.
"""

import select
import socket
import ssl
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import httpcore

from kiosk.hardware.ports import SteadyClock
from kiosk.sync.address import ServerAddress
from kiosk.sync.bell import Bell
from kiosk.sync.exchange import AbandonedError, Answer, Limits, ServerTroubleError, Trouble

LARGEST_ANSWER = 2_000_000
"""So many bytes of an answer are read at most: several times the largest page that is asked for."""

_Done = TypeVar("_Done")


class Connection:
    """Talks to one server; keeps the connection open between exchanges where the server does."""

    def __init__(self, address: ServerAddress, bell: Bell, steady: SteadyClock) -> None:
        self._address = address
        self._network = _WatchedNetwork(address.connect_s, bell, steady)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(address),
            max_connections=1,
            max_keepalive_connections=1,
            network_backend=self._network,
        )

    def ask(self, method: str, path: str, body: bytes | None, limits: Limits) -> Answer:
        """Send a request and read the answer, of any status.

        Raises:
            ServerTroubleError: no answer in time, or none that is HTTP.
            AbandonedError: `limits.is_urgent` said so.
        """
        self._network.limits = limits
        headers = [
            ("Authorization", f"Bearer {self._address.key}"),
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body or b""))),
        ]
        url = self._address.base + path
        try:
            with self._pool.stream(method, url, headers=headers, content=body) as response:
                return Answer(response.status, _capped(response.iter_stream()))
        except (httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise ServerTroubleError(Trouble.UNREACHABLE, f"{self._address.url}: {error}") from None
        except httpcore.ProtocolError as error:
            code = Trouble.UNREACHABLE if self._network.hung_up else Trouble.RUBBISH
            raise ServerTroubleError(code, f"{self._address.url}: {error}") from None

    def close(self) -> None:
        """Hang up."""
        self._pool.close()


def _trust(address: ServerAddress) -> ssl.SSLContext | None:
    if not address.url.startswith("https:"):
        return None
    return ssl.create_default_context(cafile=address.authorities or None)


def _capped(parts: Iterable[bytes]) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > LARGEST_ANSWER:
            raise ServerTroubleError(
                Trouble.RUBBISH, f"the server answers with more than {LARGEST_ANSWER} bytes"
            )
    return bytes(body)


class _WatchedNetwork(httpcore.NetworkBackend):
    """Makes connections whose every wait keeps to the limits of the present exchange."""

    def __init__(self, connect_s: float, bell: Bell, steady: SteadyClock) -> None:
        self._connect_s = connect_s
        self._bell = bell
        self._steady = steady
        self.limits = Limits(until=steady(), silence_s=0, is_urgent=lambda: False)
        self.hung_up = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers within the time for connecting."""
        del timeout, local_address, socket_options  # not used by the pool above
        until = min(self._steady() + self._connect_s, self.limits.until)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not found: {error.strerror}") from None
        failure: OSError | None = None
        for family, kind, protocol, _, where in found:
            sock = socket.socket(family, kind, protocol)
            try:
                self._connect(sock, where, until)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
            else:
                self.hung_up = False
                return _WatchedStream(sock, self)
        raise httpcore.ConnectError(str(failure))

    def _connect(self, sock: socket.socket, where: tuple[object, ...], until: float) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.connect(where)
        except BlockingIOError:
            self.wait(sock, select.POLLOUT, until, httpcore.ConnectTimeout("no connection in time"))
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "no connection")

    def until(self) -> float:
        """When the present wait must end: after the longest silence, or at the end of the exchange."""
        return min(self._steady() + self.limits.silence_s, self.limits.until)

    def wait(self, sock: socket.socket, events: int, until: float, too_late: Exception) -> None:
        """Wait until the socket is ready. Raises `too_late`, or AbandonedError."""
        while True:
            if self.limits.is_urgent():
                raise AbandonedError
            left_s = until - self._steady()
            if left_s <= 0:
                raise too_late
            if self._bell.wait_with(sock, events, left_s):
                return


class _WatchedStream(httpcore.NetworkStream):
    """One connection, with TLS or without; its socket never blocks."""

    def __init__(self, sock: socket.socket, network: _WatchedNetwork) -> None:
        self._sock = sock
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived; empty when the other end has hung up."""
        del timeout
        late = httpcore.ReadTimeout("no answer in time")
        try:
            data = self._until_done(lambda: self._sock.recv(max_bytes), select.POLLIN, late)
        except OSError as error:
            self._network.hung_up = True
            raise httpcore.ReadError(str(error)) from None
        self._network.hung_up = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        del timeout
        late = httpcore.WriteTimeout("the other end does not read")
        left = memoryview(buffer)
        try:
            while left:
                sent = self._until_done(partial(self._sock.send, left), select.POLLOUT, late)
                left = left[sent:]
        except OSError as error:
            raise httpcore.WriteError(str(error)) from None

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on."""
        del timeout
        late = httpcore.ConnectTimeout("no TLS in time")
        try:
            safe = ssl_context.wrap_socket(
                self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._sock = safe
            self._until_done(safe.do_handshake, select.POLLIN, late)
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from None
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def get_extra_info(self, info: str) -> object:
        """Answer `is_readable`: an idle connection that can be read has been closed by the other end."""
        if info == "is_readable":
            poll = select.poll()
            poll.register(self._sock, select.POLLIN)
            return bool(poll.poll(0))
        return None

    def _until_done(self, step: Callable[[], _Done], events: int, late: Exception) -> _Done:
        until = self._network.until()
        while True:
            try:
                return step()
            except (BlockingIOError, ssl.SSLWantReadError) as error:
                wanted = select.POLLIN if isinstance(error, ssl.SSLWantReadError) else events
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            self._network.wait(self._sock, wanted, until, late)
