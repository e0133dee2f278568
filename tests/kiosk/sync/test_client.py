"""The sync against a server on a real socket that misbehaves in every way it can."""

import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import msgspec
import pytest

from kiosk.flows.commands import HoldClaim, Reserve
from kiosk.flows.events import (
    BooksArrived,
    ClaimHeld,
    ClaimNotHeld,
    DeviceBroke,
    DeviceWorks,
    Event,
    FactsArrived,
    ReservationRefused,
    Reserved,
    ServerSilent,
)
from kiosk.store.shelf import StoreShelf
from kiosk.sync.address import ServerAddress
from kiosk.sync.client import SyncClient
from kiosk.sync.connection import LARGEST_ANSWER
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, SignedClaim
from parking.wire import (
    BookRow,
    BooksPage,
    ClaimHold,
    ClaimNotTaken,
    FactsAcknowledged,
    Refused,
    RefusedBecause,
    Reservation,
)
from simulator.network import NetworkSwitch
from tests.kiosk.sync.fake_server import (
    BOOKS,
    CLAIMS,
    FACTS,
    KEY,
    RESERVATIONS,
    FakeServer,
    Fault,
    Handler,
    Terminal,
    document,
    journal,
    row,
)

GENEROUS = {"connect_s": 20.0, "answer_s": 20.0, "silence_s": 20.0, "page_s": 20.0}
IMPATIENT = {"connect_s": 0.2, "answer_s": 0.2, "silence_s": 0.2, "page_s": 0.4}


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


class Running:
    """A sync that runs for a terminal, until the end of a `with`."""

    def __init__(self, terminal: Terminal, url: str, times: dict[str, float] | None = None) -> None:
        address = ServerAddress(url=url, key=KEY, **(times or GENEROUS))  # type: ignore[arg-type]
        self.sync = SyncClient(terminal.open, terminal.post, address, steady=time.monotonic, pause_s=0.01)

    def __enter__(self) -> SyncClient:
        self.sync.start()
        return self.sync

    def __exit__(self, *_: object) -> None:
        self.sync.stop()


def _is(event: Event) -> "Wanted":
    return Wanted(event)


class Wanted:
    """Whether an event is this one."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def __call__(self, event: Event) -> bool:
        return event == self._event


def _broke(code: str) -> "Broke":
    return Broke(code)


class Broke:
    """Whether an event says that the server is in this trouble."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __call__(self, event: Event) -> bool:
        return isinstance(event, DeviceBroke) and event.device == "server" and event.code == self._code


WORKS = _is(DeviceWorks("server"))


# --- all is well ---------------------------------------------------------------------------------------


def test_facts_go_up_in_batches_and_books_come_down_in_pages(server: FakeServer) -> None:
    terminal = Terminal(journal(450))
    server.rows = [row(sequence) for sequence in range(1, 251)]
    with Running(terminal, server.url):
        terminal.wait_for(lambda event: isinstance(event, BooksArrived) and not event.page.more)
    assert server.facts == terminal.entries
    assert server.received == list(range(1, 451))
    assert [event for event in terminal.seen if isinstance(event, FactsArrived)] == [
        FactsArrived(1, 200),
        FactsArrived(1, 400),
        FactsArrived(1, 450),
    ]
    assert terminal.version == 250
    assert terminal.books == {change.identifier: change.document for change in server.rows}
    assert [event for event in terminal.seen if isinstance(event, DeviceWorks)] == [DeviceWorks("server")]
    assert terminal.opened == terminal.closed == 1


def test_a_slow_session_is_neither_flooded_nor_sent_the_same_again(server: FakeServer) -> None:
    terminal = Terminal(journal(5))
    terminal.is_slow = True
    server.rows = [row(sequence) for sequence in range(1, 301)]
    with Running(terminal, server.url) as sync:
        first = terminal.wait_for(lambda event: isinstance(event, BooksArrived))
        sync.poke()
        terminal.is_slow = False
        for event in (FactsArrived(1, 5), first):
            terminal.keep(event)
        sync.poke()
        terminal.wait_for(lambda event: isinstance(event, BooksArrived) and not event.page.more)
    assert server.received == [1, 2, 3, 4, 5]
    assert [query for path, query in server.asked if path == BOOKS][:3] == [
        f"after={after}&limit=200" for after in (0, 100, 200)
    ]


def test_a_reservation_is_made(server: FakeServer) -> None:
    terminal = Terminal()
    with Running(terminal, server.url) as sync:
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_is(Reserved("0412-1", document("7F31"))))


@pytest.mark.parametrize(("status", "reason"), [(404, RefusedBecause.UNKNOWN), (409, RefusedBecause.TAKEN)])
def test_a_reservation_is_refused_with_the_reason(
    server: FakeServer, status: int, reason: RefusedBecause
) -> None:
    server.always[RESERVATIONS] = lambda handler: handler.answer(Refused(reason, "no"), status)
    terminal = Terminal()
    with Running(terminal, server.url) as sync:
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_is(ReservationRefused("0412-1", reason)))
    assert not [event for event in terminal.all_seen() if isinstance(event, DeviceBroke)]


def test_a_reservation_does_not_wait_for_facts_that_hang(server: FakeServer) -> None:
    terminal = Terminal(journal(3))
    server.faults[FACTS].append(server.hang)
    with Running(terminal, server.url) as sync:
        server.wait_for(FACTS)
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_is(Reserved("0412-1", document("7F31"))))
        terminal.wait_for(_is(FactsArrived(1, 3)))
    assert not [event for event in terminal.all_seen() if isinstance(event, DeviceBroke)]


SLIP = SignedClaim(ClaimSlip("0412-1-C00012", 750, "EUR", ClaimReason.CHANGE_SHORT), bytes(64))


def test_a_claim_is_held(server: FakeServer) -> None:
    terminal = Terminal()
    with Running(terminal, server.url) as sync:
        sync.order(HoldClaim("0412/claim/1", SLIP))
        terminal.wait_for(_is(ClaimHeld("0412/claim/1")))
    assert (CLAIMS, "") in server.asked


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, ClaimRefusal.FORGED), (409, ClaimRefusal.HELD), (422, ClaimRefusal.UNREADABLE)],
)
def test_a_claim_is_not_held_and_the_reason_is_told(
    server: FakeServer, status: int, reason: ClaimRefusal
) -> None:
    server.always[CLAIMS] = lambda handler: handler.answer(ClaimNotTaken(reason, "no"), status)
    terminal = Terminal()
    with Running(terminal, server.url) as sync:
        sync.order(HoldClaim("0412/claim/1", SLIP))
        terminal.wait_for(_is(ClaimNotHeld("0412/claim/1", reason)))
    assert not [event for event in terminal.all_seen() if isinstance(event, DeviceBroke)]


def test_a_claim_does_not_wait_for_facts_that_hang(server: FakeServer) -> None:
    terminal = Terminal(journal(3))
    server.faults[FACTS].append(server.hang)
    with Running(terminal, server.url) as sync:
        server.wait_for(FACTS)
        sync.order(HoldClaim("0412/claim/1", SLIP))
        terminal.wait_for(_is(ClaimHeld("0412/claim/1")))
        terminal.wait_for(_is(FactsArrived(1, 3)))


# --- the server misbehaves -----------------------------------------------------------------------------


def _drip(handler: Handler) -> None:
    """Send a header that never ends, a byte at a time, each well before any single time-out."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    server = handler.server
    while not server.gate.wait(0.05):
        handler.wfile.write(b"x")


def _bytes(data: bytes) -> Fault:
    def fault(handler: Handler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return fault


def _says(body: bytes, status: int = 200) -> Fault:
    return lambda handler: handler.raw(body, status)


def _books(*rows: BookRow, version: int, newest: int, more: bool = False) -> Fault:
    return lambda handler: handler.answer(BooksPage(rows, version, newest, more))


def _endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


ANY_ANSWER: dict[str, tuple[Fault, str]] = {
    "HTTP 500": (_says(b"Internal Server Error", 500), "SYNC.UNREACHABLE"),
    "busy": (_says(b"{}", 503), "SYNC.UNREACHABLE"),
    "hangs up": (_bytes(b""), "SYNC.UNREACHABLE"),
    "half an answer": (_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "SYNC.UNREACHABLE"),
    "no HTTP": (_bytes(b"\x00\xff\x00\xff\r\n\r\n"), "SYNC.RUBBISH"),
    "no JSON": (_says(b"<html>welcome</html>"), "SYNC.RUBBISH"),
    "no UTF-8": (_says(b'{"detail": "\xff"}'), "SYNC.RUBBISH"),
    "wrong types": (_says(b'{"epoch":"1","number":[],"rows":5,"reference":{}}'), "SYNC.RUBBISH"),
    "deep": (_says(b'{"rows":' + b"[" * 100_000), "SYNC.RUBBISH"),
    "10 MB": (_says(b" " * 10_000_000), "SYNC.RUBBISH"),
    "endless": (_endless, "SYNC.RUBBISH"),
    "redirect": (lambda handler: handler.raw(b"", 302, Location="/elsewhere"), "SYNC.RUBBISH"),
    "wrong key": (_says(b'{"detail": "this key was revoked"}', 401), "SYNC.REFUSED"),
    "forbidden": (_says(b"", 403), "SYNC.REFUSED"),
}


@pytest.mark.parametrize("path", [BOOKS, FACTS])
@pytest.mark.parametrize("name", ANY_ANSWER)
def test_a_bad_answer_is_told_once_survived_and_made_up_for(server: FakeServer, path: str, name: str) -> None:
    fault, code = ANY_ANSWER[name]
    terminal = Terminal(journal(3))
    server.rows = [row(1), row(2)]
    server.faults[path].extend([fault, fault])
    with Running(terminal, server.url):
        terminal.wait_for(_broke(code))
        terminal.wait_for(WORKS)
        while terminal.version != 2 or terminal.acknowledged != 3:
            terminal.wait_for(lambda event: isinstance(event, BooksArrived | FactsArrived))
    assert server.facts == terminal.entries
    assert len([event for event in terminal.all_seen() if isinstance(event, DeviceBroke)]) == 1
    assert ("/elsewhere", "") not in server.asked


@pytest.mark.parametrize("name", ANY_ANSWER)
def test_a_reservation_with_a_bad_answer_is_answered_with_silence(server: FakeServer, name: str) -> None:
    fault, code = ANY_ANSWER[name]
    terminal = Terminal()
    server.always[RESERVATIONS] = fault
    with Running(terminal, server.url) as sync:
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_broke(code))
        terminal.wait_for(_is(ServerSilent("0412-1")))


@pytest.mark.parametrize("name", ANY_ANSWER)
def test_a_claim_with_a_bad_answer_is_answered_with_silence(server: FakeServer, name: str) -> None:
    fault, code = ANY_ANSWER[name]
    terminal = Terminal()
    server.always[CLAIMS] = fault
    with Running(terminal, server.url) as sync:
        sync.order(HoldClaim("0412/claim/1", SLIP))
        terminal.wait_for(_broke(code))
        terminal.wait_for(_is(ServerSilent("0412/claim/1")))


def test_a_hold_of_something_else_is_silence(server: FakeServer) -> None:
    server.always[CLAIMS] = lambda handler: handler.answer(ClaimHold("0412/claim/2"))
    terminal = Terminal()
    with Running(terminal, server.url) as sync:
        sync.order(HoldClaim("0412/claim/1", SLIP))
        terminal.wait_for(_broke("SYNC.RUBBISH"))
        terminal.wait_for(_is(ServerSilent("0412/claim/1")))
    assert not [event for event in terminal.all_seen() if isinstance(event, ClaimHeld)]


@pytest.mark.parametrize(
    "reservation",
    [
        Reservation("0412-2", document("7F31"), 1),
        Reservation("0412-1", document("7F32"), 1),
    ],
    ids=["other reference", "other clamp"],
)
def test_a_reservation_of_something_else_is_silence(server: FakeServer, reservation: Reservation) -> None:
    server.always[RESERVATIONS] = lambda handler: handler.answer(reservation)
    terminal = Terminal()
    with Running(terminal, server.url) as sync:
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_broke("SYNC.RUBBISH"))
        terminal.wait_for(_is(ServerSilent("0412-1")))
    assert not [event for event in terminal.all_seen() if isinstance(event, Reserved)]


@pytest.mark.parametrize("times", [IMPATIENT], ids=["impatient"])
@pytest.mark.parametrize("silent", ["hang", "drip"])
def test_a_server_that_does_not_come_to_an_end_is_silent(
    server: FakeServer, silent: str, times: dict[str, float]
) -> None:
    fault = server.hang if silent == "hang" else _drip
    server.always = {BOOKS: fault, FACTS: fault, RESERVATIONS: fault}
    terminal = Terminal(journal(1))
    with Running(terminal, server.url, times) as sync:
        terminal.wait_for(_broke("SYNC.UNREACHABLE"))
        sync.order(Reserve("0412-1", "7F31"))
        sync.order(Reserve("0412-2", "7F31"))
        terminal.wait_for(_is(ServerSilent("0412-1")))
        terminal.wait_for(_is(ServerSilent("0412-2")))


def test_stopping_does_not_wait_for_a_server_that_hangs(server: FakeServer) -> None:
    server.always = {BOOKS: server.hang, FACTS: server.hang, RESERVATIONS: server.hang}
    terminal = Terminal(journal(1))
    with Running(terminal, server.url) as sync:
        sync.order(Reserve("0412-1", "7F31"))
        server.wait_for(RESERVATIONS)
        sync.order(Reserve("0412-2", "7F31"))
    sync.order(Reserve("0412-3", "7F31"))
    seen = terminal.all_seen()
    assert [event for event in seen if isinstance(event, ServerSilent)] == [
        ServerSilent(f"0412-{number}") for number in (1, 2, 3)
    ]
    assert not [event for event in seen if isinstance(event, DeviceBroke)]


def test_a_sync_that_was_never_started_stops_and_answers(server: FakeServer) -> None:
    terminal = Terminal()
    running = Running(terminal, server.url)
    running.sync.order(Reserve("0412-1", "7F31"))
    running.sync.stop()
    assert terminal.all_seen() == [ServerSilent("0412-1")]


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (_says(b'{"epoch":1,"number":4}'), "never written"),
        (_says(b'{"epoch":1,"number":0}'), "going back"),
        (_says(b'{"epoch":2,"number":3}'), "another epoch"),
        (_says(b'{"epoch":1,"number":-5}'), "negative"),
        (_says(b'{"reason":"gap","detail":"","epoch":1,"expected":9}', 409), "wants what is not written"),
        (_says(b'{"reason":"gap","detail":"","epoch":1,"expected":1}', 409), "wants what it was sent"),
    ],
)
def test_an_acknowledgement_that_cannot_be_true_is_not_believed(
    server: FakeServer, fault: Fault, what: str
) -> None:
    terminal = Terminal(journal(3))
    server.faults[FACTS].append(fault)
    with Running(terminal, server.url):
        terminal.wait_for(_broke("SYNC.RUBBISH"))
        assert terminal.acknowledged == 0, what
        terminal.wait_for(_is(FactsArrived(1, 3)))
    assert server.facts == terminal.entries


@pytest.mark.parametrize(
    "fault",
    [
        _books(row(2), row(1), version=2, newest=2),
        _books(row(1), row(1), version=1, newest=1),
        _books(row(1), version=0, newest=2),
        _books(row(3), version=3, newest=2),
        _books(version=0, newest=9, more=True),
        _books(version=2**60, newest=2**60),
        _books(BookRow(1, "7F31", document("7F32")), version=1, newest=1),
    ],
    ids=["descending", "repeated", "version behind", "ahead of newest", "no end", "too large", "other clamp"],
)
def test_a_page_that_cannot_be_true_is_not_kept(server: FakeServer, fault: Fault) -> None:
    terminal = Terminal()
    server.rows = [row(7)]
    server.faults[BOOKS].append(fault)
    with Running(terminal, server.url):
        terminal.wait_for(_broke("SYNC.RUBBISH"))
        terminal.wait_for(lambda event: isinstance(event, BooksArrived))
    assert terminal.books == {"7F0007": document("7F0007")}


# --- the server is another one -------------------------------------------------------------------------


@pytest.mark.parametrize("acknowledged", [480, 500], ids=["new facts", "nothing new"])
def test_a_server_restored_from_a_backup_gets_the_facts_it_lacks_and_gives_all_its_books(
    server: FakeServer, acknowledged: int
) -> None:
    entries = journal(500)
    terminal = Terminal(entries, acknowledged)
    terminal.version = 900
    terminal.books = {"GHOST": document("GHOST")}
    server.facts = list(entries[:120])
    server.rows = [row(sequence) for sequence in range(1, 251)]
    with Running(terminal, server.url):
        terminal.wait_for(lambda event: isinstance(event, BooksArrived))
        while len(server.facts) != 500:
            server.wait_for(FACTS)
    assert server.facts == list(entries)
    pages = [event for event in terminal.all_seen() if isinstance(event, BooksArrived)]
    assert [(page.complete, len(page.page.rows)) for page in pages] == [(True, 250)]
    assert "GHOST" not in terminal.books
    assert not [event for event in terminal.seen if isinstance(event, DeviceBroke)]


def test_a_restored_server_whose_books_have_grown_past_the_old_cursor_gives_all_of_them(
    server: FakeServer,
) -> None:
    entries = journal(30)
    terminal = Terminal(entries, acknowledged=29)
    terminal.version = 3
    terminal.books = {"GHOST": document("GHOST")}
    server.facts = list(entries[:10])
    server.rows = [row(sequence) for sequence in range(1, 6)]
    with Running(terminal, server.url):
        terminal.wait_for(lambda event: isinstance(event, BooksArrived) and event.complete)
    assert terminal.books == {change.identifier: change.document for change in server.rows}


def test_facts_that_are_large_go_up_in_batches_that_the_server_takes(server: FakeServer) -> None:
    large = (msgspec.structs.replace(entry, payload="x" * 50_000) for entry in journal(20))
    terminal = Terminal(tuple(large))
    with Running(terminal, server.url):
        terminal.wait_for(_is(FactsArrived(1, 20)))
    assert server.facts == terminal.entries
    assert not [event for event in terminal.all_seen() if isinstance(event, DeviceBroke)]


def test_books_of_another_server_replace_the_old_ones_only_when_all_are_there(server: FakeServer) -> None:
    terminal = Terminal()
    terminal.version = 1_000
    terminal.books = {"GHOST": document("GHOST")}
    server.rows = [row(sequence) for sequence in range(1, 301)]
    server.faults[BOOKS].extend([server.books_after(1_000), server.books_after(0), _bytes(b"")])
    with Running(terminal, server.url):
        terminal.wait_for(_broke("SYNC.UNREACHABLE"))
        assert terminal.books == {"GHOST": document("GHOST")}
        terminal.wait_for(lambda event: isinstance(event, BooksArrived))
    assert terminal.books == {change.identifier: change.document for change in server.rows}
    assert terminal.version == 300


def test_a_fork_stops_the_facts_and_not_the_books(server: FakeServer) -> None:
    terminal = Terminal(journal(3))
    server.facts = list(journal(3, epoch=1))[:1]
    server.facts[0] = journal(1, epoch=2)[0]
    server.rows = [row(1)]
    with Running(terminal, server.url) as sync:
        terminal.wait_for(_broke("SYNC.FORK"))
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_is(Reserved("0412-1", document("7F31"))))
        while terminal.version != 1:
            terminal.wait_for(lambda event: isinstance(event, BooksArrived))
    seen = terminal.all_seen()
    assert terminal.acknowledged == 0
    assert len([event for event in seen if isinstance(event, DeviceBroke)]) == 1
    assert not [event for event in seen if isinstance(event, DeviceWorks)]


def test_facts_that_the_terminal_no_longer_keeps_cannot_be_sent_and_somebody_is_told(
    server: FakeServer,
) -> None:
    entries = journal(30)
    terminal = Terminal(entries, acknowledged=29)
    terminal.first_kept = 20
    server.facts = list(entries[:10])
    with Running(terminal, server.url):
        broke = terminal.wait_for(_broke("SYNC.FORK"))
    assert isinstance(broke, DeviceBroke)
    assert "up to 10" in broke.detail
    assert "20 is the next" in broke.detail


def test_an_acknowledgement_later_than_the_batch_counts_only_for_what_was_sent(server: FakeServer) -> None:
    terminal = Terminal(journal(300))
    server.faults[FACTS].append(lambda handler: handler.answer(FactsAcknowledged(1, 300)))
    server.facts = list(terminal.entries[:200])
    with Running(terminal, server.url):
        terminal.wait_for(_is(FactsArrived(1, 200)))
        terminal.wait_for(_is(FactsArrived(1, 300)))
    assert server.received == list(range(1, 301))


def test_a_store_that_cannot_be_read_is_opened_again(server: FakeServer) -> None:
    terminal = Terminal(journal(3))
    terminal.is_broken = True
    with Running(terminal, server.url) as sync:
        terminal.wait_for(_broke("SYNC.MISTAKE"))
        sync.order(Reserve("0412-1", "7F31"))
        terminal.wait_for(_is(Reserved("0412-1", document("7F31"))))
        terminal.is_broken = False
        terminal.wait_for(_is(FactsArrived(1, 3)))
    assert terminal.opened == terminal.closed > 1


@pytest.mark.parametrize("kind", ["directory", "no database", "not there"])
def test_a_store_that_cannot_be_opened_is_told_in_one_line_each_time(
    server: FakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    file = tmp_path / "store"
    if kind == "directory":
        file.mkdir()
    elif kind == "no database":
        file.write_bytes(b"no database at all " * 100)
    terminal = Terminal()
    tries: SimpleQueue[None] = SimpleQueue()

    def open_store() -> StoreShelf:
        tries.put(None)
        return StoreShelf(file, "0412", 1)

    address = ServerAddress(url=server.url, key=KEY, **GENEROUS)  # type: ignore[arg-type] # four times
    sync = SyncClient(open_store, terminal.post, address, steady=time.monotonic, pause_s=0.01)
    sync.start()
    try:
        broke = terminal.wait_for(_broke("SYNC.MISTAKE"))
        for _ in range(3):
            tries.get(timeout=20)
    finally:
        sync.stop()
    assert isinstance(broke, DeviceBroke)
    assert "the terminal's store: " in broke.detail
    told = [record for record in caplog.records if record.name == "kiosk.sync.client"]
    assert len(told) >= 2
    for record in told:
        assert record.exc_info is None
        assert "cannot read the terminal's store" in record.message
        assert len(record.message.splitlines()) == 1


# --- the cable -----------------------------------------------------------------------------------------


def test_nothing_is_lost_or_doubled_over_a_cable_that_fails_in_every_way(server: FakeServer) -> None:
    terminal = Terminal(journal(250))
    server.rows = [row(sequence) for sequence in range(1, 11)]
    with NetworkSwitch("127.0.0.1", server.server_address[1]) as cable:
        cable.pull()
        with Running(terminal, cable.url) as sync:
            terminal.wait_for(_broke("SYNC.UNREACHABLE"))
            sync.order(Reserve("0412-1", "7F31"))
            terminal.wait_for(_is(ServerSilent("0412-1")))
            cable.plug()
            terminal.wait_for(WORKS)
            cable.rubbish()
            terminal.wait_for(lambda event: isinstance(event, DeviceBroke))
            sync.order(Reserve("0412-2", "7F31"))
            terminal.wait_for(_is(ServerSilent("0412-2")))
            cable.plug()
            terminal.wait_for(WORKS)
            cable.cut_after(30)
            terminal.wait_for(lambda event: isinstance(event, DeviceBroke))
            cable.plug()
            sync.order(Reserve("0412-3", "7F31"))
            terminal.wait_for(_is(Reserved("0412-3", document("7F31"))))
            while terminal.acknowledged != 250 or terminal.version != 10:
                terminal.wait_for(lambda event: isinstance(event, BooksArrived | FactsArrived))
    assert server.facts == terminal.entries


def test_the_cap_on_answers_leaves_room_for_the_largest_page_asked_for() -> None:
    words = "x" * 80
    largest = len(words) * 20 * 200
    assert largest < LARGEST_ANSWER
