"""The connection to the database: SQLite as a file, or PostgreSQL. No tables and no queries here.

Two kinds of transaction. `reading()` sees one moment, whatever others write meanwhile. `writing()` is durable
when it has ended without an error (SQLite: WAL with synchronous=FULL), and has no effect when it has not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

BUSY_TIMEOUT_MS = 15_000
"""So long a writer waits for another one before it gives up."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


class DatabaseRefusedError(ValueError):
    """A database address that this server cannot use; the message says what was expected."""


def database_url(text: str) -> URL:
    """Read a database's address: `sqlite:///parking.db` or `postgresql://user@host/name`.

    Raises:
        DatabaseRefusedError: anything else, also SQLite in memory, which would forget everything.
    """
    expected = "expected sqlite:///FILE or postgresql://USER@HOST/NAME"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseRefusedError(f"the database address cannot be read; {expected}") from None
    shown = url.render_as_string(hide_password=True)
    if url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    if url.drivername == "postgresql+psycopg":
        return url
    raise DatabaseRefusedError(f"{shown} is no database this server can use; {expected}")


class Database:
    """One database and its pool of connections."""

    def __init__(self, address: str) -> None:
        self.url = database_url(address)
        self.is_sqlite = self.url.drivername == "sqlite"
        # The default hides the values of failed statements from logs: a code or a key may be among them.
        options: dict[str, Any] = {"hide_parameters": True, "pool_size": 10, "max_overflow": 40}
        if not self.is_sqlite:
            options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
        engine = create_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            self._reader = engine
            self._writer = engine.execution_options(writes=True)
        else:
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = engine.execution_options(isolation_level="READ COMMITTED")
        self._engine = engine

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable after it has ended, and without effect if it raises."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections of the pool."""
        self._engine.dispose()


def _set_up_sqlite(connection: SqliteConnection, _record: object) -> None:
    # Python's own handling of transactions would begin them late and not at all before DDL.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    # A disk that refuses is not told as an error: SQLite stays with a journal that syncs too little.
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        raise OperationalError(f"the database cannot be opened with a write-ahead log, only as {mode}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that read first and wrote later could fail in the middle.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
