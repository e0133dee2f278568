"""A server on a real loopback socket, honest until told otherwise; and a terminal's store in memory.

The honest part keeps facts, books, reservations and claims as the real one does. Each path can be given faults that
are used up one per request.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR, socket
from typing import Any, Self

import msgspec

from kiosk.flows.events import BooksArrived, Event, FactsArrived
from parking.debts import Debt, DebtLine
from parking.facts import Entry, RefusalReason, SubjectRefused, entry_after
from parking.wire import (
    BookRow,
    BooksPage,
    ClaimHold,
    ClaimRequest,
    ClampDocument,
    FactsAcknowledged,
    FactsBatch,
    Reservation,
    ReservationRequest,
)

KEY = "key-of-terminal-0412"
PATIENCE_S = 30.0
LARGEST_BODY = 512_000
"""As the real server has it."""
Fault = Callable[["Handler"], None]
BOOKS, FACTS = "/api/v1/books", "/api/v1/facts"
RESERVATIONS, CLAIMS = "/api/v1/reservations", "/api/v1/claims"


def document(identifier: str = "7F31", code: str = "4711") -> ClampDocument:
    return ClampDocument(identifier, 1, Debt((DebtLine("No valid ticket", 4500),)), "EUR", 1, code)


def row(sequence: int, identifier: str | None = None) -> BookRow:
    name = identifier or f"7F{sequence:04d}"
    return BookRow(sequence, name, document(name))


def journal(length: int, epoch: int = 1) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for number in range(length):
        fact = SubjectRefused(f"7F{number}", RefusalReason.UNKNOWN)
        before = entries[-1] if entries else None
        entries.append(entry_after(before, fact, terminal="0412", epoch=epoch, at_ms=number, books_version=0))
    return tuple(entries)


class Place(msgspec.Struct, frozen=True):
    """A terminal's position."""

    epoch: int
    last_number: int
    acknowledged_number: int
    books_version: int


class Terminal:
    """Store and session of a terminal: what is posted is kept (at once, or when `is_slow` ends)."""

    def __init__(self, entries: tuple[Entry, ...] = (), acknowledged: int = 0) -> None:
        self.entries = list(entries)
        self.acknowledged = acknowledged
        self.first_kept = 1
        self.books: dict[str, ClampDocument] = {}
        self.version = 0
        self.is_slow = False
        self.is_broken = False
        self.opened = 0
        self.closed = 0
        self.seen: list[Event] = []
        self._arrived: SimpleQueue[Event] = SimpleQueue()

    def open(self) -> Self:
        self.opened += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def position(self) -> Place:
        if self.is_broken:
            raise OSError("disk I/O error")
        return Place(1, len(self.entries), self.acknowledged, self.version)

    def entries_after(self, number: int, limit: int) -> tuple[Entry, ...]:
        start = max(number, self.first_kept - 1)
        return tuple(self.entries[start : start + limit])

    def post(self, event: Event) -> None:
        if not self.is_slow:
            self.keep(event)
        self._arrived.put(event)

    def keep(self, event: Event) -> None:
        match event:
            case FactsArrived(number=number):
                self.acknowledged = max(self.acknowledged, number)
            case BooksArrived(page=page, complete=complete):
                if complete:
                    self.books = {}
                for change in page.rows:
                    assert isinstance(change, BookRow)
                    self.books.pop(change.identifier, None)
                    if change.document:
                        self.books[change.identifier] = change.document
                self.version = page.version

    def wait_for(self, wanted: Callable[[Event], bool]) -> Event:
        """The next posted event of this kind. Fails the test after a long time."""
        while True:
            try:
                event = self._arrived.get(timeout=PATIENCE_S)
            except Empty:
                raise AssertionError(f"it never came; what came: {self.seen[-20:]}") from None
            self.seen.append(event)
            if wanted(event):
                return event

    def all_seen(self) -> list[Event]:
        """Everything that was posted up to now."""
        while not self._arrived.empty():
            self.seen.append(self._arrived.get())
        return self.seen


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "FakeServer"
    body: bytes

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing."""

    def answer(self, value: object, status: int = 200) -> None:
        self.raw(msgspec.json.encode(value), status)

    def raw(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path, _, query = self.path.partition("?")
        self.server.noted(path, query, self.body)
        try:
            self.server.respond(self, path, query)
        except OSError:  # the terminal hung up
            self.close_connection = True

    do_GET = do_POST = _serve  # noqa: N815 - as the base class has it


class FakeServer(ThreadingHTTPServer):
    """Serves until `close`. `faults[path]` are used up, one per request, before it is honest again."""

    daemon_threads = False

    def __init__(self) -> None:
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.facts: list[Entry] = []
        self.received: list[int] = []
        self.rows: list[BookRow] = []
        self.newest = 0
        self.page = 100
        self.asked: list[tuple[str, str]] = []
        self.wants_key = KEY
        self.gate = threading.Event()
        self.arrived: SimpleQueue[str] = SimpleQueue()
        self._sockets: list[socket] = []
        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="fake server")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.gate.set()
        self.shutdown()
        self._thread.join()
        for connection in self._sockets:
            try:
                connection.shutdown(SHUT_RDWR)
            except OSError:  # closed already
                continue
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """A terminal that hangs up in the middle is no error of the server."""

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        self._sockets.append(request)
        super().process_request(request, client_address)

    def hang(self, _: Handler) -> None:
        """A fault: say nothing until the test is over (or opens the gate)."""
        self.gate.wait()

    def noted(self, path: str, query: str, body: bytes) -> None:
        self.asked.append((path, query))
        if path == FACTS:
            self.received += [entry.number for entry in msgspec.json.decode(body, type=FactsBatch).entries]
        self.arrived.put(path)

    def wait_for(self, path: str) -> None:
        while self.arrived.get(timeout=PATIENCE_S) != path:
            continue

    def respond(self, handler: Handler, path: str, query: str) -> None:
        if self.faults[path]:
            self.faults[path].popleft()(handler)
        elif path in self.always:
            self.always[path](handler)
        elif handler.headers["Authorization"] != f"Bearer {self.wants_key}":
            handler.answer({"detail": "this key is not known"}, 401)
        elif len(handler.body) > LARGEST_BODY:
            handler.answer({"detail": "the body is too long"}, 413)
        elif path == FACTS:
            self._take_facts(handler)
        elif path == BOOKS:
            self._give_books(handler, query)
        elif path == RESERVATIONS:
            request = msgspec.json.decode(handler.body, type=ReservationRequest)
            handler.answer(Reservation(request.reference, document(request.identifier), 1))
        elif path == CLAIMS:
            handler.answer(ClaimHold(msgspec.json.decode(handler.body, type=ClaimRequest).reference))
        else:
            handler.answer({"detail": "no such page"}, 404)

    def _take_facts(self, handler: Handler) -> None:
        for entry in msgspec.json.decode(handler.body, type=FactsBatch).entries:
            held = len(self.facts)
            if entry.number > held + 1:
                handler.answer(_refused("gap", entry.epoch, held + 1), 409)
                return
            if entry.number <= held and self.facts[entry.number - 1] != entry:
                handler.answer(_refused("fork", entry.epoch, held + 1), 409)
                return
            if entry.number == held + 1:
                self.facts.append(entry)
        handler.answer(FactsAcknowledged(1, len(self.facts)))

    def books_after(self, after: int) -> Fault:
        """Honest, for a queue of faults: the page after this cursor."""
        return lambda handler: self._give_books(handler, f"after={after}")

    def _give_books(self, handler: Handler, query: str) -> None:
        after = int(dict(part.split("=") for part in query.split("&"))["after"])
        newest = self.rows[-1].sequence if self.rows else 0
        found = [change for change in self.rows if change.sequence > (after if after <= newest else 0)]
        rows = tuple(found[: self.page])
        version = rows[-1].sequence if rows else newest
        handler.answer(BooksPage(rows, version, newest, version < newest))


def _refused(reason: str, epoch: int, expected: int) -> dict[str, object]:
    return {"reason": reason, "detail": f"a {reason}", "epoch": epoch, "expected": expected}
