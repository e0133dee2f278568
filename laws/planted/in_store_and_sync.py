"""Mistakes in the terminal's store and in its sync: what is kept, and what the server is thought to hold."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from sqlite_utils import Database

from kiosk.flows.events import FactsArrived
from kiosk.flows.state import Terminal
from kiosk.store import books, database
from kiosk.store.books import SealedBooks
from kiosk.store.journal import Journal, JournalError
from kiosk.store.notes import note_progress
from kiosk.store.projections import Projections
from kiosk.sync import client, reconcile
from kiosk.sync.reconcile import Position, Progress
from laws.planted.mistake import Hunter, mistake, patched
from parking.civil_time import Moment
from parking.facts import Entry, Fact
from parking.wire import BooksPage
from server.office import claim_desk, claims


@mistake(
    "store-not-synced",
    "the terminal's store is opened with synchronous = NORMAL",
    laws=("11",),
    hunter=Hunter.POWER_CUTS,
)
def _store_not_synced() -> Iterator[None]:
    honest = database.open_for_writing

    def open_for_writing(path: Path) -> Database:
        opened = honest(path)
        opened.conn.execute("PRAGMA synchronous = NORMAL")
        return opened

    with patched(database, "open_for_writing", open_for_writing):
        yield


@mistake(
    "step-in-many-transactions",
    "each fact of a step is written in a transaction of its own",
    laws=("1", "2", "8", "11"),
    hunter=Hunter.POWER_CUTS,
)
def _step_in_many_transactions() -> Iterator[None]:
    honest = Journal.append

    def append(self: Journal, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        for fact in facts:
            honest(self, (fact,), at, books_version)

    with patched(Journal, "append", append):
        yield


@mistake(
    "books-in-two-transactions",
    "a page of the books is kept row by row, its version last",
    laws=("8", "14"),
    hunter=Hunter.POWER_CUTS,
    near=2,
)
def _books_in_two_transactions() -> Iterator[None]:
    honest = SealedBooks.keep

    def keep(self: SealedBooks, page: BooksPage, *, complete: bool) -> None:
        before = self.version
        for row in page.rows[:-1]:
            part = msgspec.structs.replace(page, rows=(row,))
            honest(self, part, complete=complete and row is page.rows[0])
            with self._db.atomic():
                note_progress(self._db, "books_version", before)
        rest = msgspec.structs.replace(page, rows=page.rows[-1:])
        honest(self, rest, complete=complete and len(page.rows) <= 1)

    with patched(SealedBooks, "keep", keep):
        yield


@mistake(
    "snapshot-is-the-state",
    "what was written after the snapshot is not folded into it",
    laws=("1", "2", "5", "9"),
)
def _snapshot_is_the_state() -> Iterator[None]:
    honest = Journal.fold

    def fold(self: Journal) -> Terminal:
        number, terminal = self._snapshot()
        return terminal if number else honest(self)

    with patched(Journal, "fold", fold):
        yield


@mistake(
    "deletes-unacknowledged",
    "old entries are deleted to make room, whoever holds them",
    laws=("8", "10"),
    near=2,
)
def _deletes_unacknowledged() -> Iterator[None]:
    honest = Journal.append

    def append(self: Journal, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        honest(self, facts, at, books_version)
        with self._db.atomic():
            self._db.execute("DELETE FROM journal WHERE number < ?", (self.last_number - 60,))

    with patched(Journal, "append", append):
        yield


@mistake(
    "releases-forgotten",
    "a clamp that was released here is offered again from old books",
    laws=("4",),
    near=6,
)
def _releases_forgotten() -> Iterator[None]:
    def project(self: Projections, *entry: object) -> None:
        del self, entry

    with patched(Projections, "project", project):
        yield


@mistake(
    "refusal-of-the-disk-ignored",
    "what cannot be written counts as written",
    laws=("1", "2", "3", "5", "16"),
    near=24,
)
def _refusal_of_the_disk_ignored() -> Iterator[None]:
    honest = Journal.append

    def append(self: Journal, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        with contextlib.suppress(JournalError):
            honest(self, facts, at, books_version)

    with patched(Journal, "append", append):
        yield


@mistake("chain-not-verified", "the journal is used as it is found, damaged or not", laws=("8",), near=7)
def _chain_not_verified() -> Iterator[None]:
    def verify(self: Journal) -> None:
        del self

    with patched(Journal, "verify", verify):
        yield


@mistake(
    "slip-taken-twice",
    "whoever shows a slip again gets its money again; nobody compares",
    laws=("2", "9", "14"),
    hunter=Hunter.REQUESTS,
)
def _slip_taken_twice() -> Iterator[None]:
    def is_redeemed(self: SealedBooks, claim: str) -> bool:
        del self, claim
        return False

    def nothing(*_known: object) -> None:
        return None

    with (
        patched(SealedBooks, "is_redeemed", is_redeemed),
        patched(claim_desk, "_taken_before", nothing),
        patched(claims, "compare", nothing),
    ):
        yield


@mistake(
    "slip-not-proved",
    "a slip is taken whoever has signed it, and whatever was issued",
    laws=("2", "9"),
    hunter=Hunter.REQUESTS,
    near=3,
)
def _slip_not_proved() -> Iterator[None]:
    def is_proved(*_signed: object) -> bool:
        return True

    def nothing(*_known: object) -> None:
        return None

    with patched(books, "is_signed_with", is_proved), patched(claim_desk, "_not_genuine", nothing):
        yield


@mistake(
    "books-half-applied",
    "a page of the books is kept without its last row, and counts as kept",
    laws=("14",),
    hunter=Hunter.REQUESTS,
)
def _books_half_applied() -> Iterator[None]:
    honest = SealedBooks.keep

    def keep(self: SealedBooks, page: BooksPage, *, complete: bool) -> None:
        honest(self, msgspec.structs.replace(page, rows=page.rows[:-1]), complete=complete)

    with patched(SealedBooks, "keep", keep):
        yield


@mistake(
    "acknowledges-the-wrong-number",
    "everything that was written counts as held by the server",
    laws=("2", "9", "10"),
)
def _acknowledges_the_wrong_number() -> Iterator[None]:
    honest = reconcile.facts_answered

    def facts_answered(
        progress: Progress, position: Position, sent: tuple[Entry, ...], *answer: object
    ) -> tuple[Progress, FactsArrived | None]:
        after, event = honest(progress, position, sent, *answer)  # type: ignore[arg-type] # as it was called
        if event is None:
            return after, event
        last = position.last_number + 3
        return msgspec.structs.replace(after, held=last), FactsArrived(position.epoch, last)

    def acknowledge(self: Journal, epoch: int, number: int) -> None:
        if epoch == self._epoch:
            with self._db.atomic():
                note_progress(self._db, "acknowledged", min(number, self.last_number))

    with patched(client, "facts_answered", facts_answered), patched(Journal, "acknowledge", acknowledge):
        yield
