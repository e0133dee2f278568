"""Numbers that the store notes under a name: how far the server has the journal, how far the books are.

Each is there twice, so that one that changed by itself on a bad disk is found.
"""

import hashlib
import sqlite3

from sqlite_utils import Database

_AGAIN = ", again"


def progress(connection: sqlite3.Connection, name: str) -> int:
    """A number that was noted under this name; 0 at first.

    Raises:
        sqlite3.DatabaseError: it is not the number that was noted.
    """
    asked = "SELECT name, value FROM progress WHERE name IN (?, ?)"
    found = dict(connection.execute(asked, (name, _twin_of(name))).fetchall())
    if not found:
        return 0
    value = found.get(name)
    if value is None or found.get(_twin_of(name)) != _proof(name, value):
        raise sqlite3.DatabaseError(f"the store's note of {name} is damaged")
    return int(value)


def verify_notes(connection: sqlite3.Connection) -> None:
    """Look at every number that is noted.

    Raises:
        sqlite3.DatabaseError: one of them is not what was noted.
    """
    noted = dict(connection.execute("SELECT name, value FROM progress").fetchall())
    if not all(isinstance(name, str) for name in noted):
        raise sqlite3.DatabaseError("a name of the store's notes is damaged")
    for name in sorted({name.removesuffix(_AGAIN) for name in noted}):
        if name not in noted or noted.get(_twin_of(name)) != _proof(name, noted[name]):
            raise sqlite3.DatabaseError(f"the store's note of {name!a} is damaged")


def note_progress(db: Database, name: str, value: int) -> None:
    """Note a number under this name, inside the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (name, value))
    db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (_twin_of(name), _proof(name, value)))


def prove_notes(db: Database) -> None:
    """Write the second of each number, inside the caller's transaction: for a store that has but one."""
    for name, value in db.conn.execute("SELECT name, value FROM progress").fetchall():
        note_progress(db, name, value)


def _twin_of(name: str) -> str:
    return name + _AGAIN


def _proof(name: str, value: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{name} {value}".encode()).digest()[:8]) >> 1
