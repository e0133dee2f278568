"""The town: the real server office on a file, its staff, and the network between it and the terminal.

The routes are the real ones, called without HTTP. The network loses, repeats, delays and reorders messages;
the server may die in the middle of a transaction.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from fastapi import HTTPException, Response
from sqlalchemy import Connection, select

from kiosk.sync.exchange import Answer, Limits, ServerTroubleError, Trouble
from laws.stories.program import TERMINAL
from laws.stories.stage import Stage
from parking.debts import Debt, DebtLine
from server.api import routes
from server.office import release, terminals
from server.office.setting import Office
from server.store.engine import Database
from server.store.migration import migrate
from server.store.sealing import CodeSealer
from server.store.tables import fittings

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
    """Server, staff and codes. `codes` is every code in plain text with its clamp and number."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self.database = MortalDatabase(new_database(folder / "server.db"))
        self.office = Office(self.database, CodeSealer(_KEY), self.utc_ms)
        self.codes: dict[str, tuple[str, int]] = {}
        self._numbers = stage.chance.sample(range(100_000, 1_000_000), k=9000)
        with self.database.writing() as connection:
            self.key = terminals.add(connection, TERMINAL, "Harbour Street", self.utc_ms())
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

    def free_clamps(self) -> list[str]:
        """The clamps that are on no car."""
        with self.database.reading() as connection:
            fitted = set(
                connection.execute(
                    select(fittings.c.clamp).where(
                        fittings.c.released_at_ms.is_(None), fittings.c.unfitted_at_ms.is_(None)
                    )
                ).scalars()
            )
        return [clamp for clamp in CLAMPS if clamp not in fitted]

    def fit(self, clamp: str) -> None:
        """Put a clamp on another car; it gets new codes when it has none left."""
        amounts = [self._stage.chance.randrange(10, 500, 10) for _ in range(self._stage.chance.randint(1, 2))]
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

    def answer(self, method: str, path: str, body: bytes | None) -> Answer:
        """What the real routes answer. A server that dies answers nothing: ServerDiedError."""
        try:
            answered = self._route(method, path, body or b"")
        except HTTPException as refused:
            return Answer(refused.status_code, b"{}")
        return Answer(answered.status_code, bytes(answered.body))

    def _route(self, method: str, path: str, body: bytes) -> Response:
        match method, path.partition("?")[0]:
            case "POST", "/api/v1/facts":
                return routes.take_facts(self.office, TERMINAL, body)
            case "POST", "/api/v1/reservations":
                return routes.reserve(self.office, TERMINAL, body)
            case "GET", "/api/v1/books":
                asked = dict(part.split("=") for part in path.partition("?")[2].split("&"))
                return routes.changed_books(self.office, TERMINAL, int(asked["after"]), int(asked["limit"]))
        raise HTTPException(404)


class Network:
    """The terminal's connection to the town: what `kiosk.sync.connection.Connection` is in the street."""

    ODDS = (
        "request dropped",
        "answer dropped",
        "request duplicated",
        "late copy delivered",
        "answer truncated",
        "server error",
        "delayed",
        "server died",
    )

    def __init__(self, stage: Stage, town: Town) -> None:
        self._stage = stage
        self._town = town
        self._sent: list[tuple[str, str, bytes | None]] = []
        self.trouble = 0.0
        self.is_away = False

    def ask(self, method: str, path: str, body: bytes | None, limits: Limits) -> Answer:
        """One exchange. Raises ServerTroubleError."""
        del limits
        self._stage.may_die("before a request is sent")
        if self.is_away:
            self._stage.tally.fault("F6 away")
            raise _unreachable()
        chance = self._stage.chance
        self._stage.live(chance.uniform(0.02, 0.5))
        fault = chance.choice(self.ODDS) if chance.random() < self.trouble else ""
        if fault:
            self._stage.fault("F1 server died" if fault == "server died" else f"F6 {fault}", path)
        answer = self._disturbed(fault, method, path, body)
        self._sent = [*self._sent[-20:], (method, path, body)]
        self._stage.may_die("when an answer has come")
        return answer

    def _disturbed(self, fault: str, method: str, path: str, body: bytes | None) -> Answer:
        match fault:
            case "request dropped":
                raise _unreachable()
            case "server error":
                return Answer(503, b'{"detail": "the database does not answer"}')
            case "request duplicated":
                self._town.answer(method, path, body)
            case "late copy delivered" if self._sent:
                self._town.answer(*self._stage.chance.choice(self._sent))
            case "delayed":
                self._stage.live(self._stage.chance.uniform(0.1, 3.0))
            case "server died":
                self._town.database.dies = True
        try:
            answer = self._town.answer(method, path, body)
        except ServerDiedError:
            raise _unreachable() from None
        finally:
            self._town.database.dies = False
        if fault == "answer dropped":
            raise _unreachable()
        if fault == "answer truncated":
            return Answer(answer.status, answer.body[: self._stage.chance.randrange(len(answer.body))])
        return answer

    def close(self) -> None:
        """Nothing is held."""


def _unreachable() -> ServerTroubleError:
    return ServerTroubleError(Trouble.UNREACHABLE, "the server does not answer")
