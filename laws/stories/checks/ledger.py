"""One journal, read by somebody who does not trust the program: straight from the file.

Nothing of the terminal's folding is used here; only the form of a fact is shared.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from laws.tally import Tally
from parking.facts import Entry, Fact, decode_fact

Taker = Callable[[Entry, Fact], None]
_COLUMNS = "number, at_ms, books_version, payload, previous, hash"


class Ledger:
    """What the journal says so far. `catch_up` reads on and hands what is new to the `takers`."""

    def __init__(self, file: Path, terminal: str, epoch: int, tally: Tally) -> None:
        self.terminal = terminal
        self.epoch = epoch
        self.entries: list[Entry] = []
        self.takers: list[Taker] = []
        self._file = file
        self._demand = tally.demand
        self._connection: sqlite3.Connection | None = None
        self._seen_version = -1

    def catch_up(self) -> None:
        """Read what is new. Raises BrokenLawError."""
        connection = self._open()
        if connection is None:
            return
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._seen_version:
            return
        try:
            self._read_on(connection)
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return
        self._seen_version = version

    def _read_on(self, connection: sqlite3.Connection) -> None:
        known = len(self.entries)
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM journal WHERE number >= ? ORDER BY number",  # noqa: S608 - names of columns
            (known,),
        ).fetchall()
        if known:
            last = self._entry(rows.pop(0)) if rows else None
            is_same = last == self.entries[-1]
            self._demand("11", is_same, f"{self.terminal}: entry {known} is gone, or another one now")
        for row in rows:
            self._append(self._entry(row))

    def _entry(self, row: tuple[int, int, int, str, str, str]) -> Entry:
        return Entry(self.terminal, self.epoch, *row)

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        fact = decode_fact(entry.payload)
        for take in self.takers:
            take(entry, fact)

    def verify_all(self) -> None:
        """Read the whole file again and compare every entry with what was once seen."""
        connection = self._open()
        assert connection is not None  # noqa: S101 - nobody asks before the first entry
        rows = connection.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY number")  # noqa: S608 - as above
        found = [self._entry(row) for row in rows]
        words = f"{self.terminal}: the journal is not what it was while it was written"
        self._demand("8", found == self.entries, words)

    def acknowledged(self) -> int:
        """What the terminal noted of what the server holds."""
        connection = self._open()
        if connection is None:
            return 0
        row = connection.execute("SELECT value FROM progress WHERE name = 'acknowledged'").fetchone()
        return int(row[0]) if row else 0

    def let_go(self) -> None:
        """Close the file: somebody is going to put another one in its place."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._seen_version = -1

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and self._file.exists():
            self._connection = sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True)
        return self._connection
