"""Terminals: their keys, where they stand, when they were last heard of.

A key is 256 random bits, told once when it is made; the server keeps only its SHA-256.
"""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, bindparam, insert, or_, select, update

from parking.identifiers import terminal_number
from server.store.tables import LONGEST_PLACE, terminals

KEY_BYTES = 32
SEEN_EVERY_MS = 1_000
"""A terminal that asks more often than this is not written down as seen each time."""


# What every request asks is made once.
_HOLDER = select(terminals.c.number, terminals.c.revoked_at_ms).where(
    terminals.c.key_hash == bindparam("of_key")
)
_UPDATE = update(terminals).where(terminals.c.number == bindparam("of_terminal"))
_IS_STALE = select(terminals.c.number).where(
    terminals.c.number == bindparam("of_terminal"),
    or_(
        terminals.c.seen_at_ms.is_(None),
        terminals.c.seen_at_ms <= bindparam("stale_ms"),
        terminals.c.books_version.is_distinct_from(bindparam("version")),
    ),
)


class TerminalRefusedError(ValueError):
    """A terminal cannot be added, renewed or revoked; the message says why."""


class KeyRefusedError(ValueError):
    """A key that opens nothing: unknown, or revoked."""


def add(connection: Connection, number: str, place: str, now_ms: int) -> str:
    """Add a terminal and return its key, which is told only now.

    Raises:
        TerminalRefusedError: the number or the place is not one, or the number is in use.
    """
    try:
        checked = terminal_number(number)
    except ValueError as error:
        raise TerminalRefusedError(str(error)) from None
    if not place.strip() or len(place) > LONGEST_PLACE or not place.isprintable():
        raise TerminalRefusedError(f"the place needs 1 to {LONGEST_PLACE} printable characters")
    if _known(connection, checked):
        raise TerminalRefusedError(f"terminal {checked} is there already; `terminal renew` gives a new key")
    key = secrets.token_hex(KEY_BYTES)
    connection.execute(
        insert(terminals).values(
            number=checked, place=place.strip(), key_hash=key_hash(key), added_at_ms=now_ms
        )
    )
    return key


def renew(connection: Connection, number: str) -> str:
    """Give a terminal a new key; the old one ends, and a revoked terminal is let in again.

    Raises:
        TerminalRefusedError: no such terminal.
    """
    key = secrets.token_hex(KEY_BYTES)
    _change(connection, number, key_hash=key_hash(key), revoked_at_ms=None)
    return key


def revoke(connection: Connection, number: str, now_ms: int) -> None:
    """Let this terminal in no more; what it has sent stays.

    Raises:
        TerminalRefusedError: no such terminal.
    """
    _change(connection, number, revoked_at_ms=now_ms)


def is_revoked(connection: Connection, number: str) -> bool:
    """Whether this terminal is there and is let in no more."""
    found = connection.execute(
        select(terminals.c.number).where(terminals.c.number == number, terminals.c.revoked_at_ms.is_not(None))
    )
    return found.one_or_none() is not None


def all_terminals(connection: Connection) -> Sequence[RowMapping]:
    """Every terminal, by number."""
    return connection.execute(select(terminals).order_by(terminals.c.number)).mappings().all()


def authenticate(connection: Connection, key: str) -> str:
    """The number of the terminal that holds this key.

    Raises:
        KeyRefusedError: unknown or revoked.
    """
    row = connection.execute(_HOLDER, {"of_key": key_hash(key)}).one_or_none()
    if row is None:
        raise KeyRefusedError("the server knows no terminal with this key")
    if row.revoked_at_ms is not None:
        raise KeyRefusedError(f"the key of terminal {row.number} has been revoked")
    number: str = row.number
    return number


def seen(connection: Connection, number: str, now_ms: int, *, books_version: int | None = None) -> None:
    """Write down that the terminal was heard of, and which books it has."""
    values: dict[str, int] = {"seen_at_ms": now_ms}
    if books_version is not None:
        values["books_version"] = books_version
    connection.execute(_UPDATE, {"of_terminal": number, **values})


def is_news(connection: Connection, number: str, now_ms: int, books_version: int) -> bool:
    """Whether `seen` would tell anything that is not known already."""
    asked = {"of_terminal": number, "stale_ms": now_ms - SEEN_EVERY_MS, "version": books_version}
    return connection.execute(_IS_STALE, asked).one_or_none() is not None


def key_hash(key: str) -> str:
    """What the server keeps of a key. The key is 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()


def _known(connection: Connection, number: str) -> bool:
    found = connection.execute(select(terminals.c.number).where(terminals.c.number == number))
    return found.one_or_none() is not None


def _change(connection: Connection, number: str, **values: int | str | None) -> None:
    changed = connection.execute(update(terminals).where(terminals.c.number == number).values(**values))
    if changed.rowcount == 0:
        raise TerminalRefusedError(f"there is no terminal {number[:8]!a}; `terminal list` shows all")
