"""Mistakes in the terminal's store and in its sync: what is kept, and what the server is thought to hold."""

from collections.abc import Iterator, Sequence

import msgspec

from kiosk.flows.events import FactsArrived
from kiosk.flows.state import Terminal
from kiosk.store.books import SealedBooks
from kiosk.store.database import note_progress
from kiosk.store.journal import Journal
from kiosk.sync import client, reconcile
from kiosk.sync.reconcile import Position, Progress
from laws.planted.mistake import Hunter, mistake, patched
from parking.civil_time import Moment
from parking.facts import Entry, Fact
from parking.wire import BooksPage


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
    "deletes-unacknowledged", "old entries are deleted to make room, whoever holds them", laws=("8", "10")
)
def _deletes_unacknowledged() -> Iterator[None]:
    honest = Journal.append

    def append(self: Journal, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        honest(self, facts, at, books_version)
        with self._db.atomic():
            self._db.execute("DELETE FROM journal WHERE number < ?", (self.last_number - 60,))

    with patched(Journal, "append", append):
        yield


@mistake("releases-forgotten", "a clamp that was released here is offered again from old books", laws=("4",))
def _releases_forgotten() -> Iterator[None]:
    def project(self: Journal, fact: Fact) -> None:
        del self, fact

    with patched(Journal, "_project", project):
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
    laws=("9", "10"),
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
