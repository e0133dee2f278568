"""The server without HTTP: the real routes on a real SQLite file, and what terminals and staff ask of it.

Each transaction is marked in the recording. Read whole, and compared, like the terminal's store.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

import msgspec
from fastapi import Response
from sqlalchemy import Connection

from laws.disk import Image
from laws.power_cuts.chronicle import Chronicle, Reading, State
from parking.debts import Debt, DebtLine
from parking.facts import (
    CodeOpened,
    CoinKept,
    Entry,
    Fact,
    PaymentClosed,
    PaymentOpened,
    PaymentSettled,
    PayoutOrdered,
    PayoutPurpose,
    PayoutReported,
    ReceiptOrdered,
    ReceiptPrinted,
    entry_after,
)
from parking.release_codes import SealedCode
from parking.wire import FactsBatch, ReservationRequest
from server.api import routes
from server.office import release, terminals
from server.office.setting import Office, open_sealer
from server.store.engine import Database
from server.store.migration import migrate, newest_step

TERMINAL = "0412"
DATABASE_FILE, KEY_FILE = "parking.db", "parking.db.key"
_NOON_MS = 1_795_176_000_000
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
_VERSION = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"

ServerScript = Callable[["ServerDesk", Random], None]


class OpenServer:
    """Database and seal, as the server opens them at its start. Raises what they raise."""

    def __init__(self, folder: Path) -> None:
        self.database = _database(f"sqlite:///{folder / DATABASE_FILE}")
        try:
            if not _is_newest(self.database):
                migrate(self.database)
            with self.database.reading() as connection:
                self.sealer = open_sealer(connection, folder / KEY_FILE)
                self.state_at_start = _state(connection)
        except BaseException:
            self.database.close()
            raise

    def state(self) -> State:
        """Everything in the tables."""
        with self.database.reading() as connection:
            return _state(connection)


@cache
def _database(address: str) -> Database:
    """One engine for all states of a folder: it holds no connection when it was closed."""
    return Database(address)


def _is_newest(database: Database) -> bool:
    """The one look that `migrate` costs when there is nothing to do, without loading its steps each time."""
    with database.reading() as connection:
        cursor = connection.connection.cursor()
        if not cursor.execute(_VERSION).fetchone()[0]:
            return False
        held = cursor.execute("SELECT version_num FROM alembic_version").fetchall()
    return bool(held == [(_newest_step(),)])


@cache
def _newest_step() -> str:
    return newest_step()


def _state(connection: Connection) -> State:
    cursor = connection.connection.cursor()
    names = [name for (name,) in cursor.execute(_TABLES).fetchall()]
    rows = tuple((name, tuple(cursor.execute(f'SELECT * FROM "{name}"').fetchall())) for name in names)  # noqa: S608 - names of our own tables
    return State(rows, None, frozenset())


class ServerReader:
    """Opens each state of the server's store as after a start, and tells what it holds."""

    def recall(self, _image: Image, _folder: Path) -> Reading | None:
        """Nothing is known without a look."""
        return None

    def read(self, _image: Image, folder: Path) -> Reading:
        """See above."""
        try:
            server = OpenServer(folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return Reading(f"does not open: {error!r}", None)
        server.database.close()
        return Reading("", server.state_at_start)


# --- a server that works -------------------------------------------------------------------------------


class ServerDesk:
    """One life of the server's process."""

    def __init__(self, folder: Path, chronicle: Chronicle) -> None:
        self.journal: list[Entry] = []
        self._chronicle = chronicle
        self._now_ms = _NOON_MS + len(chronicle.states)
        chronicle.begin()
        self._server = OpenServer(folder)
        self.office = Office(self._server.database, self._server.sealer, self._clock)
        chronicle.found(self._server.state_at_start)

    def let_go(self) -> None:
        """What the operating system does for a dead process: its files are closed."""
        self._server.database.close()

    def staff(self, work: Callable[[Connection], object]) -> None:
        """Staff change something, in one transaction."""

        def change() -> None:
            with self.office.database.writing() as connection:
                work(connection)

        self._chronicle.transaction(change, self._server.state)

    def reserve(self, clamp: str, reference: str) -> None:
        """A terminal asks for a reservation."""
        body = msgspec.json.encode(ReservationRequest(clamp, reference))
        self._answered(lambda: routes.reserve(self.office, TERMINAL, body))

    def books(self, after: int) -> None:
        """A terminal asks for changed books."""
        self._answered(lambda: routes.changed_books(self.office, TERMINAL, after, 100))

    def send(self, first: int, count: int) -> Mapping[str, int]:
        """A terminal sends facts of its journal; what the server answers."""
        body = msgspec.json.encode(FactsBatch(tuple(self.journal[first : first + count])))
        return self._answered(lambda: routes.take_facts(self.office, TERMINAL, body))

    def write(self, *facts: Fact) -> None:
        """The terminal's journal grows."""
        for fact in facts:
            before = self.journal[-1] if self.journal else None
            entry = entry_after(before, fact, terminal=TERMINAL, epoch=1, at_ms=_NOON_MS, books_version=1)
            self.journal.append(entry)

    def _answered(self, ask: Callable[[], Response]) -> Mapping[str, int]:
        bodies: list[bytes] = []
        self._chronicle.transaction(lambda: bodies.append(bytes(ask().body)), self._server.state)
        said: Mapping[str, int] = json.loads(bodies[0])
        return said

    def _clock(self) -> int:
        self._now_ms += 1
        return self._now_ms


# --- scenarios -----------------------------------------------------------------------------------------


def first_start(desk: ServerDesk, chance: Random) -> None:
    """An empty disk: tables, key, a terminal, clamps."""
    _set_up(desk, chance, 2)


def set_up(_desk: ServerDesk, _chance: Random) -> None:
    """A start, and nobody asks."""


def taking_facts(desk: ServerDesk, chance: Random) -> None:
    """Facts in batches, some again, some too early; each has its one effect."""
    _set_up(desk, chance, 3)
    for clamp in range(3):
        desk.write(*_paid(f"{clamp:04}", 280))
    _send_everything(desk, chance)


def reserving(desk: ServerDesk, chance: Random) -> None:
    """Reservations, asked for again, and ended by the release."""
    _set_up(desk, chance, 2)
    desk.reserve("0000", "first")
    desk.reserve("0000", "first")
    desk.reserve("0001", "second")
    desk.reserve("9999", "nobody")
    desk.write(*_paid("0000", 280))
    _send_everything(desk, chance)
    desk.books(0)


def going_on(desk: ServerDesk, chance: Random) -> None:
    """After a power cut: staff go on, the terminal sends what it has."""
    _set_up(desk, chance, 3)
    for clamp in range(3):
        desk.write(*_paid(f"{clamp:04}", 280))
    _send_everything(desk, chance)
    desk.books(chance.randrange(5))


SCRIPTS: Mapping[str, ServerScript] = {
    "server: first start": first_start,
    "server: taking facts": taking_facts,
    "server: reserving": reserving,
}


def _set_up(desk: ServerDesk, chance: Random, clamps: int) -> None:
    fine = release.Fine(Debt((DebtLine("No valid ticket", 280),)), "EUR")
    new = [
        release.NewClamp(f"{clamp:04}", tuple(f"ZK{clamp:04}{number}" for number in range(3)))
        for clamp in range(clamps)
    ]

    def add_terminal(connection: Connection) -> None:
        if not any(row["number"] == TERMINAL for row in terminals.all_terminals(connection)):
            terminals.add(connection, TERMINAL, "Harbour Street", _NOON_MS)

    def add_clamps(connection: Connection) -> None:
        known = release.known_clamps(connection, [clamp.identifier for clamp in new])
        missing = [clamp for clamp in new if clamp.identifier not in known]
        release.add_clamps(connection, desk.office.sealer, missing, _NOON_MS)

    desk.staff(add_terminal)
    desk.staff(add_clamps)
    for clamp in chance.sample(new, clamps):

        def fit(connection: Connection, name: str = clamp.identifier) -> None:
            with suppress(release.FittingRefusedError):  # it is on a car already, or was
                release.fit(connection, name, fine, _NOON_MS)

        desk.staff(fit)


def _send_everything(desk: ServerDesk, chance: Random) -> None:
    held = 0
    while held < len(desk.journal):
        first = max(0, held - chance.randint(0, 4))
        said = desk.send(first, chance.randint(2, 8) + held - first)
        if "detail" in said and "number" not in said and said.get("expected") is None:
            return
        held = said["number"] if "number" in said else said["expected"] - 1


def _paid(clamp: str, price_minor: int) -> list[Fact]:
    payment, order, job = f"0412-{clamp}", f"0412-{clamp}-1", f"0412-{clamp}-p"
    return [
        PaymentOpened(payment, "release", clamp, price_minor, "EUR", exact_only=False),
        CoinKept(payment, 200, 1, None, 1),
        CoinKept(payment, 100, 2, "hopper 1", 2),
        PaymentSettled(payment, price_minor),
        CodeOpened(payment, clamp, 1, 1, SealedCode("c2VhbGVk", clamp)),
        PayoutOrdered(payment, order, "hopper 2", 1, 20, PayoutPurpose.CHANGE, 0),
        PayoutReported(order, 1, 0, 1),
        ReceiptOrdered(job, payment, "release", copy=False),
        ReceiptPrinted(job),
        PaymentClosed(payment, 300, price_minor, 20, 0),
    ]
