"""States of the disk of a terminal, each opened by the real store and read whole.

Every state is opened, recovered by SQLite and checked page by page. What follows from the same rows, the same
witness and the same key is the same, however the pages lie: that is asked of the real journal once in a life.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from kiosk.store import database
from kiosk.store.journal import Journal, verify_pages
from kiosk.store.witness import Seen, Witness
from laws.disk.content import EMPTY
from laws.disk.model import Image
from laws.power_cuts.chronicle import Reading, Rows, State
from laws.power_cuts.terminal_store import KEY_FILE, STORE_FILE, History, OpenStore, rows_of, state_of

_KEY, _WITNESS = f"kept/{KEY_FILE}", f"kept/{STORE_FILE}-witness"
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
        journal = store.journal()
        journal.verify()
        return _told(store, state_of(rows_of(store.db), store.history, journal.fold()), first_key)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return Reading(f"does not verify: {error!r}", None)
    finally:
        store.db.close()


class TerminalReader:
    """Reads many states of one store, as `read_terminal` does; no step is taken twice that must end the same.

    For files that a power cut left. Pages that went bad are read by `read_terminal`, which believes nothing.
    """

    def __init__(self, first_key: bytes) -> None:
        self._first_key = first_key
        self._rows: dict[Hashable, Rows] = {}
        self._readings: dict[_Basis, Reading] = {}
        self._witnesses: dict[bytes, Seen | None] = {}
        self._states: dict[Rows, State] = {}
        self._history = History()
        self._new_store = b""

    def recall(self, image: Image, folder: Path) -> Reading | None:
        """What is known of a state whose store was opened byte for byte, beside another witness.

        Nobody looks at the witness when a store is opened; and of this witness, which says what another one
        said, the journal was asked with the same rows.
        """
        rows = self._rows.get(_without_witness(image))
        key = image.files.get(_KEY)
        if rows is None or key is None:
            return None
        witness = Witness(folder / "asked")
        witness.path.write_bytes(image.files.get(_WITNESS, EMPTY).to_bytes())
        return self._readings.get((rows, self._told_by(witness), key.to_bytes()))

    def read(self, image: Image, folder: Path) -> Reading:
        """What `read_terminal` says of this state."""
        try:
            with self._new_stores_are_copied():
                store = OpenStore(folder / "kept", _another_key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return Reading(f"does not open: {error!r}", None)
        try:
            known = self._known(store)
            if known is None:
                journal = store.journal()  # it writes whose it is where that is not known yet
                known = self._known(store) or self._verified(store, journal)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            return Reading(f"does not verify: {error!r}", None)
        else:
            if known.state is not None:
                self._rows[_without_witness(image)] = known.state.rows
            return known
        finally:
            store.db.close()

    def _known(self, store: OpenStore) -> Reading | None:
        """What the same rows, witness and key were read as before; the pages are checked in any case."""
        store.db.conn.execute("BEGIN")  # one look: else each statement locks and unlocks the file
        known = self._readings.get(self._basis(store))
        if known is not None:
            verify_pages(store.db.conn, store.folder / STORE_FILE)
        store.db.conn.execute("COMMIT")
        return known

    def _verified(self, store: OpenStore, journal: Journal) -> Reading:
        journal.verify()
        rows, _witness, _key = basis = self._basis(store)
        if rows not in self._states:
            self._states[rows] = state_of(rows, self._history, journal.fold())
        reading = self._readings[basis] = _told(store, self._states[rows], self._first_key)
        return reading

    def _basis(self, store: OpenStore) -> _Basis:
        return rows_of(store.db), self._told_by(Witness(store.folder / STORE_FILE)), store.key

    def _told_by(self, witness: Witness) -> Seen | None:
        try:
            content = witness.path.read_bytes()
        except FileNotFoundError:
            content = b""
        if content not in self._witnesses:
            self._witnesses[content] = witness.says()
        return self._witnesses[content]

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


def _told(store: OpenStore, state: State, first_key: bytes) -> Reading:
    is_lost = store.key != first_key and bool(store.db.conn.execute(_NEEDS_ITS_KEY).fetchone()[0])
    remark = "the store has a new key, which opens nothing of what is sealed" if is_lost else ""
    return Reading("", state, remark)


def _without_witness(image: Image) -> Hashable:
    return image.key_without(_WITNESS)


def _another_key(size: int) -> bytes:
    """A key that no scenario has, for a state that has lost its own."""
    return b"k" * size
