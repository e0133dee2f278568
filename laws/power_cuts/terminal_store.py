"""The terminal's real store: opened as the machine opens it, and all that stands in it.

Nothing here knows what a scenario did; it tells what is there. States of the disk are read in
`terminal_reader.py`.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from sqlite_utils import Database

from kiosk.flows.folding import fold
from kiosk.flows.state import Terminal
from kiosk.store import database
from kiosk.store.durable import make_folder
from kiosk.store.journal import Journal, JournalError
from kiosk.store.sealing import KeyFileError, Sealer, load_or_make_key
from laws.power_cuts.chronicle import Rows, State
from parking.civil_time import Moment
from parking.facts import CodeOpened, decode_fact

Chance = Callable[[int], bytes]
"""So many bytes by chance."""
TERMINAL, EPOCH = "0412", 1
STORE_FILE, KEY_FILE = "terminal.db", "terminal.key"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
_MIGRATIONS = "_sqlite_migrations"
_terminal_as_json = msgspec.json.Encoder(order="deterministic").encode


class RepeatableSealer(Sealer):
    """The real seal; the same text in the same place gets the same box in every life of this process.

    So a scenario that is played again leaves the same bytes, and can be compared.
    """

    boxes: dict[tuple[str, str, bytes], str] = {}  # noqa: RUF012 - one for all: that is what it is for

    def seal(self, text: str, bound_to: str) -> str:
        """As the real one, once."""
        place = (text, bound_to, self.index_of(""))
        if place not in self.boxes:
            self.boxes[place] = super().seal(text, bound_to)
        return self.boxes[place]


@lru_cache(maxsize=16)
def sealer_of(key: bytes) -> RepeatableSealer:
    """The seal of a key; it is the same each time, and costs three derivations."""
    return RepeatableSealer(key)


class OpenStore:
    """Journal and books on one connection, opened as the machine does it.

    Raises JournalError, sqlite3.Error.
    """

    def __init__(self, folder: Path, new_key: Chance = os.urandom) -> None:
        self.folder = folder
        self.history = History()
        try:
            make_folder(folder)
            self.key = load_or_make_key(folder / KEY_FILE, folder / STORE_FILE, new_key)
            self.sealer = sealer_of(self.key)
            self.db = database.open_for_writing(folder / STORE_FILE)
        except (OSError, KeyFileError) as error:
            raise JournalError(str(error)) from error

    def state(self, terminal: Terminal | None = None) -> State:
        """What the store holds; `terminal` is what the program folded, else all facts are folded here."""
        return state_of(rows_of(self.db), self.history, terminal)

    def journal(self) -> Journal:
        """The journal, without any mark."""
        return Journal(
            self.db,
            self.folder / STORE_FILE,
            terminal=TERMINAL,
            epoch=EPOCH,
            index_of=self.sealer.index_of,
        )


class History:
    """Journals, entry by entry: what is folded at each, and which codes may be told from there on.

    A journal that begins as another one did is not folded again as far as they are the same.
    """

    def __init__(self, terminal: Terminal | None = None, told: frozenset[str] = frozenset()) -> None:
        self.terminal = terminal or Terminal()
        self.told = told
        self._next: dict[tuple[int, str], History] = {}

    def at_end_of(self, rows: Rows) -> "History":
        """The place where the journal among these rows ends. Raises what an unreadable fact raises."""
        place = self
        for _number, at_ms, _books_version, payload, _previous, _hash in dict(rows)["journal"]:
            place = place._next.get((at_ms, payload)) or place._after(at_ms, payload)
        return place

    def _after(self, at_ms: int, payload: str) -> "History":
        fact = decode_fact(payload)
        told = self.told
        if isinstance(fact, CodeOpened):
            told |= {f"{fact.identifier}/{fact.fitting}"}
        new = self._next[at_ms, payload] = History(fold(self.terminal, fact, Moment(at_ms, 0)), told)
        return new


def rows_of(db: Database) -> Rows:
    """Everything in the tables; of the migrations only which there were, not when."""
    dump: list[tuple[str, tuple[Any, ...]]] = []
    for (name,) in db.conn.execute(_TABLES).fetchall():
        what = "name FROM _sqlite_migrations ORDER BY name" if name == _MIGRATIONS else f'* FROM "{name}"'
        dump.append((name, tuple(db.conn.execute(f"SELECT {what}").fetchall())))
    return tuple(dump)


def state_of(rows: Rows, history: History, terminal: Terminal | None = None) -> State:
    """What a store with these rows holds; `terminal` as in `OpenStore.state`."""
    place = history.at_end_of(rows)
    # A clock that begins anew with each start of the machine says nothing after it; the journal has none.
    folded = msgspec.structs.replace(terminal or place.terminal, touched_ms=0, started_ms=0)
    return State(rows, _terminal_as_json(folded), place.told)
