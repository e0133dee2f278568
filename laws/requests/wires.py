"""The ways from a terminal to the server: into the application's own process, or over a socket.

A wire carries several requests at the same time and gives each one's answer, or None where there was none.
What is asked and when is decided in `mail.py`.
"""

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import msgspec
import uvicorn
from anyio import to_thread
from anyio.from_thread import start_blocking_portal

from kiosk.sync.exchange import Answer
from laws.requests.served import Served

PATIENCE_S = 60
"""A loaded machine is slow, not wrong."""


class Request(msgspec.Struct, frozen=True):
    """A request as it is on the wire. With `cut`, the connection ends after so many bytes of the body."""

    method: str
    path: str
    body: bytes
    key: str
    cut: int | None = None


class Wire(Protocol):
    """A way to the server."""

    def carry(self, requests: Sequence[Request]) -> list[Answer | None]:
        """Deliver these at the same time; their answers in the same order."""

    def restart(self) -> None:
        """The server ends and begins anew."""

    def close(self) -> None:
        """Let go of it."""


class InProcess:
    """Speaks ASGI with the application, in an event loop that runs in a thread of its own."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._portals = ExitStack()
        self._portal = self._portals.enter_context(start_blocking_portal())

    def carry(self, requests: Sequence[Request]) -> list[Answer | None]:
        """As every wire does."""
        return self._portal.call(self._all, requests)

    def restart(self) -> None:
        """As every wire does."""
        self._served.restart()

    def close(self) -> None:
        """End the event loop and its threads."""
        self._portals.close()

    async def _all(self, requests: Sequence[Request]) -> list[Answer | None]:
        if len(requests) == 1:
            with _in_one_thread():
                return [await self._one(requests[0])]
        return list(await asyncio.gather(*(self._one(request) for request in requests)))

    async def _one(self, request: Request) -> Answer:
        whole = request.body if request.cut is None else request.body[: request.cut]
        parts = [{"type": "http.request", "body": whole, "more_body": request.cut is not None}]
        status, body = 0, bytearray()

        async def receive() -> dict[str, Any]:
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                body.extend(message.get("body", b""))

        await self._served.app(_scope(request), receive, send)
        return Answer(status, bytes(body))


@contextmanager
def _in_one_thread() -> Iterator[None]:
    """A request that is alone needs no threads: the hops between them are half of its time."""
    honest = to_thread.run_sync

    async def run_here(do: Callable[..., Any], *arguments: object, **_limits: object) -> object:
        return do(*arguments)

    to_thread.run_sync = run_here  # type: ignore[assignment] # the same, without a thread
    try:
        yield
    finally:
        to_thread.run_sync = honest


def _scope(request: Request) -> dict[str, Any]:
    path, _, query = request.path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-length", str(len(request.body)).encode()),
            *([(b"authorization", f"Bearer {request.key}".encode())] if request.key else []),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


class OverSocket:
    """The application behind uvicorn on a port of this machine, each request over a socket."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="requests")
        self._serve()

    def _serve(self) -> None:
        config = uvicorn.Config(self._served.app, log_config=None, ws="none", lifespan="off")
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()

    def carry(self, requests: Sequence[Request]) -> list[Answer | None]:
        """As every wire does."""
        return list(self._pool.map(self._one, requests))

    def restart(self) -> None:
        """As every wire does."""
        self._end()
        self._served.restart()
        self._serve()

    def close(self) -> None:
        """End the server and the threads."""
        self._end()
        self._pool.shutdown()

    def _end(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _one(self, request: Request) -> Answer | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            connection.putrequest(request.method, request.path)
            connection.putheader("Content-Length", str(len(request.body)))
            if request.key:
                connection.putheader("Authorization", f"Bearer {request.key}")
            connection.endheaders(request.body if request.cut is None else request.body[: request.cut])
            if request.cut is not None:
                return None
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()
