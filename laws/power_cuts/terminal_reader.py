"""States of the disk of a terminal, each opened by the real store and read whole.

Every state is opened, recovered by SQLite and checked page by page. What follows from the same rows, the same
witness and the same key is the same, however the pages lie: that is asked of the real journal once in a life.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from kiosk.store import database
from kiosk.store.journal import Journal
from kiosk.store.witness import Seen, Witness
from laws.power_cuts.chronicle import Reading
from laws.power_cuts.terminal_store import STORE_FILE, OpenStore, Rows, rows_of, state_of

_Basis = tuple[Rows, Seen | None, bytes]
_NEEDS_ITS_KEY = "SELECT EXISTS (SELECT 1 FROM books) OR EXISTS (SELECT 1 FROM journal)"


def read_terminal(folder: Path, first_key: bytes) -> Reading:
    """Open the store in this folder as after a start, verify it, fold it, and tell what it holds.

    `first_key` is the key that the store was made with.
    """
    try:
        store = OpenStore(folder)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return Reading(f"does not open: {error!r}", None)
    try:
        return _verified(store, store.journal(), first_key)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return Reading(f"does not verify: {error!r}", None)
    finally:
        store.db.close()


class TerminalReader:
    """Reads many states of one store, as `read_terminal` does; no step is taken twice that must end the same.

    For files that a power cut left. Pages that went bad are read by `read_terminal`, which believes nothing.
    """

    def __init__(self) -> None:
        self._readings: dict[_Basis, Reading] = {}
        self._new_store = b""

    def read(self, folder: Path, first_key: bytes) -> Reading:
        """What `read_terminal` says of this folder."""
        try:
            with self._new_stores_are_copied():
                store = OpenStore(folder, _another_key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return Reading(f"does not open: {error!r}", None)
        try:
            return self._read(store, first_key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return Reading(f"does not verify: {error!r}", None)
        finally:
            store.db.close()

    def _read(self, store: OpenStore, first_key: bytes) -> Reading:
        journal = store.journal()
        store.db.conn.execute("BEGIN")  # one look: else each statement locks and unlocks the file
        rows = rows_of(store.db)
        basis = (rows, Witness(store.folder / STORE_FILE).says(), store.key)
        known = self._readings.get(basis)
        if known is None:
            known = self._readings[basis] = _verified(store, journal, first_key, rows)
        else:
            journal._verify_pages()
        store.db.conn.execute("COMMIT")
        return known

    @contextmanager
    def _new_stores_are_copied(self) -> Iterator[None]:
        """Where there is no store, the product makes one: from nothing it makes the same each time."""
        honest = database._opened
        database._opened = self._copying(honest)  # type: ignore[assignment] # for this moment
        try:
            yield
        finally:
            database._opened = honest

    def _copying(self, honest: Callable[[Path], Database]) -> Callable[[Path], Database]:
        def opened(path: Path) -> Database:
            if any(path.with_name(f"{path.name}{ending}").exists() for ending in ("", "-wal", "-journal")):
                return honest(path)
            if not self._new_store:
                made = honest(path)
                made.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                made.close()
                self._new_store = path.read_bytes()
            else:
                path.write_bytes(self._new_store)
            return honest(path)

        return opened


def _verified(store: OpenStore, journal: Journal, first_key: bytes, rows: Rows | None = None) -> Reading:
    journal.verify()
    state = state_of(store.db, journal.fold(), rows)
    is_lost = store.key != first_key and bool(store.db.conn.execute(_NEEDS_ITS_KEY).fetchone()[0])
    remark = "the store has a new key, which opens nothing of what is sealed" if is_lost else ""
    return Reading("", state, remark)


def _another_key(size: int) -> bytes:
    """A key that no scenario has, for a state that has lost its own."""
    return b"k" * size
