"""The SQLite file: how it is opened, and how its tables came to be."""

import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

BUSY_TIMEOUT_S = 5.0
"""The sync reads while the session writes; in WAL neither waits for the other but at a checkpoint."""
CACHE_KB = 512
"""What a connection keeps in memory: a look-up touches few pages, and the journal is written at its end."""

migrations = Migrations("terminal")


@migrations()
def journal_and_books(db: Database) -> None:
    """The first tables. `journal` is append-only: no statement of this program updates or deletes a row."""
    db.execute(
        """
        CREATE TABLE journal (
            number INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            books_version INTEGER NOT NULL,
            payload TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL
        ) STRICT
        """
    )
    db.execute("CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")
    db.execute(
        """
        CREATE TABLE books (
            key BLOB PRIMARY KEY,
            fitting INTEGER NOT NULL,
            code_number INTEGER NOT NULL,
            code_box TEXT NOT NULL,
            document_box TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )
    db.execute(
        "CREATE TABLE releases (key BLOB, fitting INTEGER, PRIMARY KEY (key, fitting)) STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE TABLE progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID")
    db.execute(
        "CREATE TABLE snapshot "
        "(only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER, seal TEXT, state BLOB) "
        "STRICT"
    )


@migrations()
def claims_are_taken(db: Database) -> None:
    """What tells whether a slip is good, and where in the journal a code was opened.

    `redemptions` are the claims that this journal has taken, `claim_keys` and `redeemed_elsewhere` what the
    server's books say. A release of before has no `entry`: its code is not shown again.
    """
    db.execute("CREATE TABLE redemptions (claim TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    db.execute("CREATE TABLE redeemed_elsewhere (claim TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    db.execute(
        "CREATE TABLE claim_keys "
        "(terminal TEXT, epoch INTEGER, key TEXT, PRIMARY KEY (terminal, epoch, key)) STRICT, WITHOUT ROWID"
    )
    db.execute("ALTER TABLE releases ADD COLUMN entry INTEGER")


def open_for_writing(path: Path) -> Database:
    """Open (and make or migrate) the file for the one thread that writes it.

    Raises:
        sqlite3.Error, OSError: the file is no database, or the disk refuses.
    """
    _renew_log(path.with_name(f"{path.name}-wal"))
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute(f"PRAGMA cache_size = {-CACHE_KB}")
    db = Database(connection, execute_plugins=False)
    migrations.apply(db)
    return db


def _renew_log(log: Path) -> None:
    """Write the log once more as it is read, and sync it.

    A sync may have failed before the program was killed. Linux then counts the pages as clean: they can be
    read, no later sync writes them, and a power cut takes them, with all that was acknowledged after them.
    """
    if not log.exists() or log.stat().st_size == 0:
        return
    with log.open("r+b") as file:
        content = file.read()
        file.seek(0)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the file for another thread, which can only read.

    Raises:
        sqlite3.Error: there is no such file yet.
    """
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
    connection.execute(f"PRAGMA cache_size = {-CACHE_KB}")
    return connection


def progress(connection: sqlite3.Connection, name: str) -> int:
    """A number that was noted under this name; 0 at first."""
    row = connection.execute("SELECT value FROM progress WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def note_progress(db: Database, name: str, value: int) -> None:
    """Note a number under this name, inside the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (name, value))
