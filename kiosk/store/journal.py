"""The journal: append-only, numbered without gaps, chained by SHA-256; and the state folded from it.

A step's facts go in with one transaction and one sync. What is derived from them and must never disagree
with them (clamps that were released, claims that were redeemed, the snapshot's place) is written in the same
transaction.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec
from sqlite_utils import Database

from kiosk.flows.folding import fold
from kiosk.flows.state import Idle, Terminal
from kiosk.store.notes import note_progress, progress, verify_notes
from kiosk.store.projections import IndexOf, Projections
from kiosk.store.sums import damaged_table
from kiosk.store.witness import Seen, Witness
from parking.civil_time import Moment
from parking.facts import GENESIS_HASH, Entry, Fact, decode_fact, entry_after, is_genuine

DISK_RESERVE_BYTES = 20 * 1024 * 1024
"""Below this much free space no money is taken: what is in the machine must still be recordable."""
SNAPSHOT_EVERY = 200
"""A snapshot is taken after so many entries, when nobody is being served."""


class JournalError(Exception):
    """The journal cannot be trusted or cannot be written: no money may be taken."""


class BrokenChainError(JournalError):
    """The journal does not verify; `number` is the first entry that is wrong."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"journal entry {number}: {reason}")
        self.number = number


class Journal:
    """The journal of one terminal in one epoch, for the one thread that writes it."""

    def __init__(self, db: Database, path: Path, *, terminal: str, epoch: int, index_of: IndexOf) -> None:
        """Raises JournalError when the file belongs to another terminal or epoch."""
        self._db = db
        self._path = path
        self._terminal = terminal
        self._epoch = epoch
        self._projections = Projections(db, index_of)
        self._witness = Witness(path)
        self._check_identity()
        self._last = self._entry_at_end()
        self._snapshot_number = self._snapshot()[0]

    @property
    def last_number(self) -> int:
        """The number of the newest entry; 0 when there is none."""
        return self._last.number if self._last else 0

    @property
    def acknowledged(self) -> int:
        """The number up to which the server holds the journal."""
        return progress(self._db.conn, "acknowledged")

    def append(self, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        """Make these facts durable, all or none.

        Raises:
            JournalError: the disk refused; nothing may leave the machine because of these facts.
        """
        entries = self._chained(facts, at, books_version)
        try:
            with self._db.atomic():
                for entry, fact in zip(entries, facts, strict=True):
                    self._insert(entry)
                    self._projections.project(entry.number, fact)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"cannot write to {self._path}: {error}") from error
        if entries:
            self._last = entries[-1]
            self._testify(entries[-1])

    def acknowledge(self, epoch: int, number: int) -> None:
        """The server holds everything up to this number.

        Less than before, another epoch, or entries that were never written change nothing: a server cannot
        make the terminal forget to send, nor close it.

        Raises:
            JournalError: the disk refused.
        """
        if epoch != self._epoch or not self.acknowledged < number <= self.last_number:
            return
        try:
            with self._db.atomic():
                note_progress(self._db, "acknowledged", number)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"cannot write to {self._path}: {error}") from error

    def keep_snapshot(self, terminal: Terminal) -> None:
        """Keep the state when nobody is served, so that a restart need not fold the whole journal.

        Only an optimisation: a disk that refuses is told by the next append.
        """
        if not isinstance(terminal.stage, Idle) or self.last_number < self._snapshot_number + SNAPSHOT_EVERY:
            return
        state = msgspec.json.encode(terminal)
        with self._db.atomic():
            values = (self.last_number, self._seal_of_snapshot(self.last_number, state), state)
            self._db.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?)", values)
        self._snapshot_number = self.last_number
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def has_room(self) -> bool:
        """Whether the disk has more than its reserve."""
        return shutil.disk_usage(self._path.parent).free > DISK_RESERVE_BYTES

    def verify(self) -> None:
        """Read the whole chain. Raises BrokenChainError at the first entry that is missing or was changed.

        A damaged write-ahead log loses its end without a word; what the witness saw must still be there. What
        else the store holds must be what was written too: a disk that changes it takes no money.

        Raises:
            BrokenChainError: see above.
            JournalError: another table is damaged.
            sqlite3.Error: a page cannot be read.
        """
        told = self._witness.says()
        if told is None or told.epoch != self._epoch:
            told = Seen(self._epoch, 0, GENESIS_HASH)
        number, previous = 0, GENESIS_HASH
        projections = self._projections.check()
        for entry in entries_after(self._db.conn, self._terminal, self._epoch, 0):
            number += 1
            if entry.number != number:
                raise BrokenChainError(number, f"is missing; the next is {entry.number}")
            if entry.previous != previous:
                raise BrokenChainError(number, "does not continue the entry before it")
            if not is_genuine(entry):
                raise BrokenChainError(number, "was changed after it was written")
            if number == told.number and entry.hash != told.hash:
                raise BrokenChainError(number, f"is not the one of which {self._witness.path} tells")
            previous = entry.hash
            projections.take(entry)
        if number < told.number:
            words = f"is missing; {self._witness.path} tells of entries up to {told.number}"
            raise BrokenChainError(number + 1, words)
        if number < self.acknowledged:
            raise BrokenChainError(
                number + 1, f"is missing; the server holds entries up to {self.acknowledged}"
            )
        self._verify_pages()
        verify_notes(self._db.conn)
        table = projections.damaged_table() or damaged_table(self._db.conn)
        if table is not None:
            raise JournalError(f"{self._path}: the rows of {table} are not those that were written")

    def fold(self) -> Terminal:
        """The state that the journal tells, from the snapshot on. Call `verify` first.

        Raises:
            JournalError: an entry that this program cannot read.
        """
        number, terminal = self._snapshot()
        for entry in entries_after(self._db.conn, self._terminal, self._epoch, number):
            try:
                fact = decode_fact(entry.payload)
            except msgspec.DecodeError as error:
                raise JournalError(
                    f"journal entry {entry.number}: {error}; was a newer program here?"
                ) from error
            terminal = fold(terminal, fact, Moment(entry.at_ms, 0))
        return terminal

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
        self._witness.close()

    # --- inside ----------------------------------------------------------------------------------------

    def _verify_pages(self) -> None:
        verify_pages(self._db.conn, self._path)

    def _testify(self, entry: Entry) -> None:
        self._witness.saw(Seen(entry.epoch, entry.number, entry.hash))

    def _chained(self, facts: Sequence[Fact], at: Moment, books_version: int) -> list[Entry]:
        entries: list[Entry] = []
        for fact in facts:
            before = entries[-1] if entries else self._last
            entries.append(
                entry_after(
                    before,
                    fact,
                    terminal=self._terminal,
                    epoch=self._epoch,
                    at_ms=at.utc_ms,
                    books_version=books_version,
                )
            )
        return entries

    def _insert(self, entry: Entry) -> None:
        values = (entry.number, entry.at_ms, entry.books_version, entry.payload, entry.previous, entry.hash)
        self._db.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", values)

    def _check_identity(self) -> None:
        ours = {"terminal": self._terminal, "epoch": str(self._epoch)}
        rows = dict(self._db.conn.execute("SELECT name, value FROM identity").fetchall())
        if not rows:
            with self._db.atomic():
                for name, value in ours.items():
                    self._db.execute("INSERT INTO identity VALUES (?, ?)", (name, value))
        elif rows != ours:
            raise JournalError(
                f"{self._path} is the journal of terminal {rows.get('terminal')}, epoch {rows.get('epoch')}; "
                f"the configuration says {self._terminal}, epoch {self._epoch}"
            )

    def _entry_at_end(self) -> Entry | None:
        row = self._db.conn.execute("SELECT max(number) FROM journal").fetchone()
        if row[0] is None:
            return None
        return next(entries_after(self._db.conn, self._terminal, self._epoch, row[0] - 1))

    def _snapshot(self) -> tuple[int, Terminal]:
        """The newest snapshot; a changed one, or one of another shape of state, does not count."""
        match self._db.conn.execute("SELECT number, seal, state FROM snapshot").fetchone():
            case (int(number), str(seal), bytes(state)) if seal == self._seal_of_snapshot(number, state):
                return number, msgspec.json.decode(state, type=Terminal)
        return 0, Terminal()

    def _seal_of_snapshot(self, number: int, state: bytes) -> str:
        """What a snapshot must carry: it binds the state to its entry of the chain and to its shape."""
        row = self._db.conn.execute("SELECT hash FROM journal WHERE number = ?", (number,)).fetchone()
        entry_hash = str(row[0]) if row else ""
        return hashlib.sha256(b"\n".join([entry_hash.encode(), _shape_of_state(), state])).hexdigest()


@cache
def _shape_of_state() -> bytes:
    """What a state of this program looks like."""
    return msgspec.json.encode(msgspec.json.schema(Terminal))


def verify_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Look at every page of the store. Raises JournalError, sqlite3.Error."""
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise JournalError(f"{path} is damaged: {said}")


def entries_after(
    connection: sqlite3.Connection, terminal: str, epoch: int, number: int, limit: int = -1
) -> Iterator[Entry]:
    """The entries after this number, in order; `limit` of them at most (-1: all)."""
    rows = connection.execute(
        "SELECT number, at_ms, books_version, payload, previous, hash FROM journal "
        "WHERE number > ? ORDER BY number LIMIT ?",
        (number, limit),
    )
    for row in rows:
        match row:
            case (int(found), int(at_ms), int(books_version), str(payload), str(previous), str(digest)):
                yield Entry(terminal, epoch, found, at_ms, books_version, payload, previous, digest)
            case _:  # a damaged record is read as something of another type
                raise sqlite3.DatabaseError(f"entry {row[0]!a} of the journal is damaged")
