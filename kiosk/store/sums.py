"""Sums over what the server said: a row that changed by itself on a bad disk is found at the next start.

The journal proves itself by its chain, sealed fields by their seal. What is here is for the rest: which rows
there are in the books, keys and redeemed claims. A sum is over all rows of a table, in no order: a row that
comes adds to it, a row that goes is taken off. Accidents are found by it, not forgers.
"""

import hashlib
import sqlite3

from sqlite_utils import Database

from kiosk.store.notes import note_progress, progress

KEYS = {"books": ("key",), "claim_keys": ("terminal", "epoch", "key"), "redeemed_elsewhere": ("claim",)}
"""The tables, and what makes a row of each the same row."""
_BEYOND = 1 << 63

Row = tuple[object, ...]


class SummedTables:
    """The tables for one transaction of the thread that writes them. Call `note` before it ends."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted = {table: progress(db.conn, _name(table)) for table in KEYS}
        self._sums = dict(self._noted)

    def put(self, table: str, row: Row) -> None:
        """Insert a row, or put it in the place of the one with its key."""
        self.remove(table, row[: len(KEYS[table])])
        places = ", ".join("?" * len(row))
        self._db.execute(f"INSERT INTO {table} VALUES ({places})", row)  # noqa: S608 - one of our own tables
        self._add(table, _weight(table, row))

    def remove(self, table: str, key: Row) -> None:
        """Delete the row with this key, if there is one."""
        same = " AND ".join(f"{name} = ?" for name in KEYS[table])
        row = self._db.conn.execute(f"SELECT * FROM {table} WHERE {same}", key).fetchone()  # noqa: S608 - as above
        if row is not None:
            self._db.execute(f"DELETE FROM {table} WHERE {same}", key)  # noqa: S608 - as above
            self._add(table, -_weight(table, row))

    def clear(self, table: str) -> None:
        """Delete all rows."""
        self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
        self._sums[table] = 0

    def note(self) -> None:
        """Write down the sums that have changed."""
        for table, value in self._sums.items():
            if value != self._noted[table]:
                note_progress(self._db, _name(table), value)

    def _add(self, table: str, weight: int) -> None:
        self._sums[table] = (self._sums[table] + weight) % _BEYOND


def note_sums(db: Database) -> None:
    """Count everything, inside the caller's transaction: for a store that has no sums yet."""
    for table in KEYS:
        note_progress(db, _name(table), _counted(db.conn, table))


def damaged_table(connection: sqlite3.Connection) -> str | None:
    """A table whose rows are not those that were written; None when all is as it should be.

    Raises:
        sqlite3.DatabaseError: the sums themselves are damaged.
    """
    wrong = (table for table in KEYS if _counted(connection, table) != progress(connection, _name(table)))
    return next(wrong, None)


def _counted(connection: sqlite3.Connection, table: str) -> int:
    rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - one of our own tables
    return sum(_weight(table, row) for row in rows) % _BEYOND


def _weight(table: str, row: Row) -> int:
    return int.from_bytes(hashlib.sha256(repr((table, *row)).encode()).digest()[:8]) % _BEYOND


def _name(table: str) -> str:
    return f"sum of {table}"
