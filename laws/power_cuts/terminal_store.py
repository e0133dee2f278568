"""The terminal's real store: opened as the machine opens it, and all that stands in it.

Nothing here knows what a scenario did; it tells what is there. States of the disk are read in
`terminal_reader.py`.
"""

import os
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from sqlite_utils import Database

from kiosk.flows.folding import fold
from kiosk.flows.state import Terminal
from kiosk.store import database
from kiosk.store.durable import make_folder
from kiosk.store.journal import Journal, JournalError, entries_after
from kiosk.store.sealing import KeyFileError, Sealer, load_or_make_key
from laws.power_cuts.chronicle import State
from parking.civil_time import Moment
from parking.facts import CodeOpened, Fact, decode_fact

Rows = tuple[tuple[str, Hashable], ...]
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
        try:
            make_folder(folder)
            self.key = load_or_make_key(folder / KEY_FILE, new_key)
            self.sealer = sealer_of(self.key)
            self.db = database.open_for_writing(folder / STORE_FILE)
        except (OSError, KeyFileError) as error:
            raise JournalError(str(error)) from error

    def journal(self) -> Journal:
        """The journal, without any mark."""
        return Journal(
            self.db,
            self.folder / STORE_FILE,
            terminal=TERMINAL,
            epoch=EPOCH,
            index_of=self.sealer.index_of,
        )


def rows_of(db: Database) -> Rows:
    """Everything in the tables; of the migrations only which there were, not when."""
    dump: list[tuple[str, Hashable]] = []
    for (name,) in db.conn.execute(_TABLES).fetchall():
        what = "name FROM _sqlite_migrations ORDER BY name" if name == _MIGRATIONS else f'* FROM "{name}"'
        dump.append((name, tuple(db.conn.execute(f"SELECT {what}").fetchall())))
    return tuple(dump)


@cache
def _fact(payload: str) -> Fact:
    return decode_fact(payload)


def state_of(db: Database, terminal: Terminal | None = None, rows: Rows | None = None) -> State:
    """What the store holds; `terminal` is what the program folded, without it all facts are folded here.

    `rows` are what `rows_of` says of it, where that was asked already.
    """
    entries = list(entries_after(db.conn, TERMINAL, EPOCH, 0))
    told = frozenset(
        f"{fact.identifier}/{fact.fitting}"
        for entry in entries
        if '"CodeOpened"' in entry.payload
        if isinstance(fact := _fact(entry.payload), CodeOpened)
    )
    if terminal is None:
        terminal = Terminal()
        for entry in entries:
            terminal = fold(terminal, _fact(entry.payload), Moment(entry.at_ms, 0))
    # A clock that begins anew with each start of the machine says nothing after it; the journal has none.
    terminal = msgspec.structs.replace(terminal, touched_ms=0, started_ms=0)
    return State(rows_of(db) if rows is None else rows, _terminal_as_json(terminal), told)
