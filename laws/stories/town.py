"""The town: the real server office on a file, and its staff.

The routes are the real ones, called without HTTP. The server may die in the middle of a transaction.
"""

import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec
from fastapi import HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from kiosk.sync.exchange import Answer
from kiosk.sync.reconcile import OK
from laws.stories.hard_disk import HardDisk
from laws.stories.stage import Stage
from parking.debts import Debt, DebtLine
from parking.wire import BooksPage, Reservation
from server.api import reading, routes
from server.office import release, terminals
from server.office.setting import Office
from server.store.engine import Database
from server.store.migration import migrate
from server.store.sealing import CodeSealer
from server.store.tables import STILL_FITTED

Alarm = tuple[str, str, int, int, str]
"""Its key: kind, terminal, epoch, number and hash of the entry."""

CLAMPS = ("7F314", "8K022", "5R790", "2HN64", "9XA17")
_KEY = bytes(range(32))


def new_database(path: Path) -> str:
    """Make an empty server database with all tables; returns its address."""
    path.write_bytes(_empty_database())
    return f"sqlite:///{path}"


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.close()
        return path.read_bytes()


class ServerDiedError(Exception):
    """The server's process ended in the middle of a transaction."""


class MortalDatabase(Database):
    """The real database; `dies` lets the next writing transaction end without its commit."""

    dies = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As in the database."""
        with super().writing() as connection:
            yield connection
            if self.dies:
                self.dies = False
                raise ServerDiedError


class Town:
    """Server, staff and codes. `codes` is every code in plain text with its clamp and number.

    For the checkers it is written down what was served: the books at each version as clamp to (fitting, code
    number), and the same for each reservation by (terminal, clamp). `expected_alarms` are those that
    somebody provoked.
    """

    def __init__(self, stage: Stage, folder: Path, terminal_numbers: Sequence[str]) -> None:
        self._stage = stage
        (folder / "server").mkdir()
        self.file = folder / "server" / "server.db"
        self.disk = HardDisk(self.file.parent, stage.chance)
        self.database = MortalDatabase(new_database(self.file))
        self.served_books: dict[int, dict[str, tuple[int, int]]] = {}
        self.reserved: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
        self.expected_alarms: set[Alarm] = set()
        self._sealer = CodeSealer(_KEY)
        self.office = Office(self.database, self._sealer, self.utc_ms)
        self.codes: dict[str, tuple[str, int]] = {}
        self._numbers = stage.chance.sample(range(100_000, 1_000_000), k=9000)
        with self.database.writing() as connection:
            self.keys = {
                number: terminals.add(connection, number, "Harbour Street", self.utc_ms())
                for number in terminal_numbers
            }
            new = [release.NewClamp(clamp, self._new_codes(clamp, 1, 20)) for clamp in CLAMPS]
            release.add_clamps(connection, self.office.sealer, new, self.utc_ms())
        for clamp in CLAMPS:
            self.fit(clamp)

    def utc_ms(self) -> int:
        """The server's clock, which is right."""
        return 1_795_176_000_000 + round(self._stage.now_s * 1000)

    def _new_codes(self, clamp: str, first: int, count: int) -> tuple[str, ...]:
        made = tuple(f"ZK{self._numbers.pop()}" for _ in range(count))
        self.codes.update({code: (clamp, first + place) for place, code in enumerate(made)})
        return made

    # --- staff

    def fitted_clamps(self) -> list[str]:
        """The clamps that are on a car, as the server knows."""
        query = f"SELECT clamp FROM fittings WHERE {STILL_FITTED} ORDER BY clamp"  # noqa: S608 - ours
        with self.database.reading() as connection:
            return list(connection.exec_driver_sql(query).scalars())

    def free_clamps(self) -> list[str]:
        """The clamps that are on no car."""
        fitted = self.fitted_clamps()
        return [clamp for clamp in CLAMPS if clamp not in fitted]

    def fit(self, clamp: str) -> None:
        """Put a clamp on another car; it gets new codes when it has none left."""
        amounts = [self._stage.chance.randrange(10, 350, 10) for _ in range(self._stage.chance.randint(1, 2))]
        fine = release.Fine(Debt(tuple(DebtLine("No valid ticket", amount) for amount in amounts)), "EUR")
        with self.database.writing() as connection:
            try:
                release.fit(connection, clamp, fine, self.utc_ms())
            except release.FittingRefusedError:
                first = 1 + sum(owner == clamp for owner, _ in self.codes.values())
                new = self._new_codes(clamp, first, 20)
                release.add_codes(connection, self.office.sealer, clamp, new)
                release.fit(connection, clamp, fine, self.utc_ms())
        self._stage.tell(f"staff: {clamp} is on a car, {sum(amounts)} are owed")

    # --- requests

    def answer(self, key: str, method: str, path: str, body: bytes | None) -> Answer:
        """What the real routes answer to the holder of this key. A server that dies: ServerDiedError."""
        try:
            answered = self._route(key, method, path, body or b"")
        except HTTPException as refused:
            return Answer(refused.status_code, b"{}")
        except DatabaseError:  # as in `server.app`: the database does not answer, nothing was stored
            return Answer(503, b'{"detail": "the database does not answer"}')
        return Answer(answered.status_code, bytes(answered.body))

    def lose_power(self) -> None:
        """The server's machine loses power and comes back with what its disk kept."""
        self.disk.lose_power()
        self.database.close()  # it remembers nothing but its connections, and opens new ones
        self.disk.power_returns()

    def _route(self, key: str, method: str, path: str, body: bytes) -> Response:
        credentials = HTTPAuthorizationCredentials(scheme="Bearer", credentials=key)
        terminal = reading.terminal_of(self.office, credentials)
        match method, path.partition("?")[0]:
            case "POST", "/api/v1/facts":
                return routes.take_facts(self.office, terminal, body)
            case "POST", "/api/v1/reservations":
                answered = routes.reserve(self.office, terminal, body)
                self._note_reservation(terminal, answered)
                return answered
            case "POST", "/api/v1/claims":
                return routes.hold_claim(self.office, terminal, body)
            case "GET", "/api/v1/books":
                asked = dict(part.split("=") for part in path.partition("?")[2].split("&"))
                answered = routes.changed_books(
                    self.office, terminal, int(asked["after"]), int(asked["limit"])
                )
                self._note_books(msgspec.json.decode(bytes(answered.body), type=BooksPage))
                return answered
        raise HTTPException(404)

    def _note_reservation(self, terminal: str, answered: Response) -> None:
        if answered.status_code == OK:
            document = msgspec.json.decode(bytes(answered.body), type=Reservation).document
            place = (document.fitting, document.code_number)
            self.reserved[terminal, document.identifier].add(place)

    def _note_books(self, page: BooksPage) -> None:
        """Every page reaches up to the newest change here: there are few clamps."""
        if page.version in self.served_books:
            return
        query = (
            "SELECT identifier, books_log.fitting, code_number FROM books_log JOIN fittings"
            " ON clamp = identifier AND fittings.fitting = books_log.fitting"
        )
        connection = sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute(query).fetchall()
        finally:
            connection.close()
        self.served_books[page.version] = {clamp: (fitting, code) for clamp, fitting, code in found}
