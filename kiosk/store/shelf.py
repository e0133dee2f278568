"""What the sync reads: the journal as an outbox, and how far the books are. Its own, read-only connection."""

from pathlib import Path
from typing import NamedTuple

from kiosk.store.database import open_for_reading
from kiosk.store.journal import entries_after
from kiosk.store.notes import progress
from parking.facts import Entry


class ShelfPosition(NamedTuple):
    """Where journal and books stand."""

    epoch: int
    last_number: int
    acknowledged_number: int
    books_version: int


class StoreShelf:
    """The terminal's store for the sync. Make it in the thread that uses it."""

    def __init__(self, path: Path, terminal: str, epoch: int) -> None:
        """Raises sqlite3.Error when the store is not there yet."""
        self._terminal = terminal
        self._epoch = epoch
        self._connection = open_for_reading(path)

    def position(self) -> ShelfPosition:
        """Where journal and books stand now."""
        row = self._connection.execute("SELECT max(number) FROM journal").fetchone()
        return ShelfPosition(
            epoch=self._epoch,
            last_number=row[0] or 0,
            acknowledged_number=progress(self._connection, "acknowledged"),
            books_version=progress(self._connection, "books_version"),
        )

    def entries_after(self, number: int, limit: int) -> tuple[Entry, ...]:
        """The entries that follow `number`, in order, at most `limit`."""
        return tuple(entries_after(self._connection, self._terminal, self._epoch, number, limit))

    def close(self) -> None:
        """Let go of the store."""
        self._connection.close()
