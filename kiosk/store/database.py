"""The SQLite file: how it is opened, and how its tables came to be."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from kiosk.store.durable import sync_folder
from kiosk.store.notes import prove_notes
from kiosk.store.sums import note_sums

BUSY_TIMEOUT_S = 5.0
"""The sync reads while the session writes; in WAL neither waits for the other but at a checkpoint."""
CACHE_KB = 512
"""What a connection keeps in memory: a look-up touches few pages, and the journal is written at its end."""

migrations = Migrations("terminal")
_steps: set[tuple[str]] = set()


def _step(change: Callable[[Database], None]) -> Callable[[Database], None]:
    """A change of the tables: the next step for every store that has not taken it."""
    _steps.add((change.__name__,))
    return migrations()(change)


@_step
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


@_step
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


@_step
def what_the_server_said_is_summed(db: Database) -> None:
    """From here on a row that changed by itself on a bad disk is found: see `sums` and `notes`."""
    prove_notes(db)
    note_sums(db)


def open_for_writing(path: Path) -> Database:
    """Open (and make or migrate) the file for the one thread that writes it.

    Raises:
        sqlite3.Error, OSError: the file is no database, or the disk refuses.
    """
    log = path.with_name(f"{path.name}-wal")
    if not path.exists():
        # A log without a byte was made by who only looked, while the file's name was not durable yet.
        if log.exists() and log.stat().st_size > 0:
            raise sqlite3.DatabaseError(f"{path} is missing, but its log {log} is there: bring the file back")
        _make(path)
    _renew_log(log)
    sync_folder(path.parent)  # a log whose file's own name is not durable would outlive it
    db = _opened(path)
    try:
        sync_folder(path.parent)  # SQLite does so for its log, and takes no notice when it fails
    except OSError:
        db.close()
        raise
    return db


def _opened(path: Path) -> Database:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        _use_a_log(connection, path)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(f"PRAGMA cache_size = {-CACHE_KB}")
        db = Database(connection, execute_plugins=False)
        if not _has_all_tables(connection):
            migrations.apply(db)
    except UnicodeDecodeError as error:  # SQLite quotes what it cannot read, and Python cannot read that
        connection.close()
        raise sqlite3.DatabaseError(
            f"{path} is damaged: its schema cannot be read ({error.reason})"
        ) from error
    except BaseException:
        connection.close()
        raise
    return db


def _has_all_tables(connection: sqlite3.Connection) -> bool:
    """Whether every step was taken before: one look, where `apply` takes a dozen to find nothing to do."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
    if connection.execute(known).fetchone() is None:
        return False
    taken = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
    return set(connection.execute(taken, (migrations.name,))) >= _steps


def _use_a_log(connection: sqlite3.Connection, path: Path) -> None:
    """A disk that refuses is not told as an error: SQLite then stays with a journal that syncs too little."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise sqlite3.OperationalError(f"{path} cannot be opened with a write-ahead log, only as {mode}")


def _make(path: Path) -> None:
    """Make a new file beside its place and move it there: it is there whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    for ending in ("", "-journal", "-wal", "-shm"):
        fresh.with_name(f"{fresh.name}{ending}").unlink(missing_ok=True)
    db = _opened(fresh)
    try:
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.close()
    fresh.replace(path)
    sync_folder(path.parent)


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
