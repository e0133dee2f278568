"""The server under test: the real application on a real database, with its staff, its clock, its restarts.

How a request comes to it stands in `wires.py`.
"""

import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Table, insert, select

from laws.stories.town import new_database
from parking.debts import Debt, DebtLine
from server.app import create_app
from server.office import claim_desk, release, terminals
from server.office.setting import Office
from server.store.engine import Database
from server.store.sealing import CodeSealer
from server.store.tables import counters, metadata

CLAMPS = ("7F314", "8K022", "5R790", "2HN64", "9XA17", "3T881", "6P402", "4D553")
CODES_EACH = 60
SEALER = CodeSealer(bytes(range(32)))
BEGIN_MS = 1_795_176_000_000

Rows = list[dict[str, Any]]
_ACTS = {"confirm": claim_desk.confirm, "void": claim_desk.void, "pay": claim_desk.pay}


class Clock:
    """The one clock of a world: it stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now_ms = BEGIN_MS

    def utc_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self.now_ms

    def steady_s(self) -> float:
        """Seconds that never jump."""
        return self.now_ms / 1000

    def forward(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now_ms += milliseconds


class Served:
    """One server: database and application. `restart` ends all its connections and begins anew."""

    def __init__(self, address: str, clock: Clock) -> None:
        self._address = address
        self._clock = clock
        self.database = Database(address)
        self.app = self._compose()

    def _compose(self) -> FastAPI:
        self.office = Office(self.database, SEALER, self._clock.utc_ms)
        return create_app(self.office)

    def restart(self) -> None:
        """Begin anew from what is on the disk."""
        self.database.close()
        self.database = Database(self._address)
        self.app = self._compose()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    # --- staff

    def take_in(self, chance: Random) -> None:
        """The first clamps, with their codes; each is on a car."""
        numbers = chance.sample(range(100_000, 1_000_000), k=CODES_EACH * len(CLAMPS))
        new = [
            release.NewClamp(clamp, tuple(str(numbers.pop()) for _ in range(CODES_EACH)), fine(chance))
            for clamp in CLAMPS
        ]
        with self.database.writing() as connection:
            release.add_clamps(connection, SEALER, new, self._clock.now_ms)

    def add_terminal(self, number: str) -> str:
        """A new terminal; returns its key."""
        with self.database.writing() as connection:
            return terminals.add(connection, number, "Harbour Street", self._clock.now_ms)

    def fit(self, clamp: str, owed: release.Fine) -> bool:
        """Put a clamp on a car; false when it is on one already, or has no code left."""
        try:
            with self.database.writing() as connection:
                release.fit(connection, clamp, owed, self._clock.now_ms)
        except release.FittingRefusedError:
            return False
        return True

    def settle(self, act: str, claim: str) -> bool:
        """Staff confirm, void, pay or free a claim; false when they may not."""
        try:
            with self.database.writing() as connection:
                if act == "free":
                    claim_desk.free(connection, claim)
                else:
                    _ACTS[act](connection, claim, self._clock.now_ms)
        except claim_desk.ClaimActRefusedError:
            return False
        return True

    # --- tables

    def rows(self, table: Table) -> Rows:
        """All rows of a table, by its key."""
        with self.database.reading() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in found]

    def all_rows(self) -> dict[Table, Rows]:
        """Everything the server knows."""
        return {table: self.rows(table) for table in metadata.sorted_tables}

    def begin_from(self, everything: dict[Table, Rows]) -> None:
        """Hold exactly this, and nothing of what was there before."""
        with self.database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            for table in metadata.sorted_tables:
                if everything.get(table):
                    connection.execute(insert(table), everything[table])


def fine(chance: Random) -> release.Fine:
    """What is owed for a car, in one or two lines."""
    amounts = [chance.randrange(10, 5000, 10) for _ in range(chance.randint(1, 2))]
    return release.Fine(Debt(tuple(DebtLine("No valid ticket", amount) for amount in amounts)), "EUR")


class Folder:
    """A folder for one world, in memory where there is such a place; gone at the end."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
        self.path = Path(tempfile.mkdtemp(prefix="laws-requests-", dir=memory if memory.is_dir() else None))

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_error: object) -> None:
        shutil.rmtree(self.path)


def new_server(folder: Path, name: str, clock: Clock, address: str | None = None) -> Served:
    """An empty server: on a new SQLite file, or at `address`, where everything is taken out first."""
    if address is None:
        return Served(new_database(folder / f"{name}.db"), clock)
    served = Served(address, clock)
    served.begin_from({counters: [{"name": "books", "value": 0}]})
    return served


def differing(ours: Rows, theirs: Rows) -> str:
    """The first rows that are not the same, in words; empty when all are."""
    for mine, other in zip(ours, theirs, strict=False):
        names = [name for name in mine if mine[name] != other.get(name)]
        if names:
            here, there = ({name: row[name] for name in names} for row in (mine, other))
            return f"{here} is {there} there, in {mine}"
    if len(ours) != len(theirs):
        first = max(ours, theirs, key=len)[min(len(ours), len(theirs))]
        return f"{len(ours)} rows are {len(theirs)} there; the first more is {first}"
    return ""
