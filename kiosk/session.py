"""The loop: decide -> journal -> perform -> show. It owns the state; everything else posts events to it.

Nothing leaves the machine that the journal does not know. When the journal cannot be written or does not
verify, no coin is accepted and the screen says so; after a while the store is opened and verified anew.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from kiosk.flows.commands import (
    Command,
    KeepBooks,
    KeepReservation,
    NoteAcknowledged,
    Print,
    StopCoins,
)
from kiosk.flows.customer import decide
from kiosk.flows.degradation import DISK, disk_is_low
from kiosk.flows.events import (
    AcceptorReset,
    CoinAccepted,
    CoinCreditsLost,
    CoinRejected,
    CoinsStopped,
    DeviceBroke,
    DeviceWorks,
    Event,
    ReservationKept,
    Started,
    WatchingCoins,
)
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import ClosedReason, OutOfServiceScreen, Screen
from kiosk.flows.showing import Reveal, Sign, screen_of, strip_of
from kiosk.flows.state import Books, Site, Terminal
from kiosk.store.journal import Journal, JournalError
from parking.civil_time import Moment
from parking.claims import ClaimRefusal, ClaimSlip, SignedClaim
from parking.receipt import ClaimLine, CodeLine, Receipt, ReceiptLine
from parking.release_codes import SealedCode
from parking.wire import BooksPage, ClampDocument

_TOLD_BY_ACCEPTOR = (CoinAccepted, CoinRejected, CoinCreditsLost, AcceptorReset, CoinsStopped)

LOOK_AT_DISK_EVERY_S = 1
TRY_AGAIN_EVERY_S = 30

log = logging.getLogger(__name__)


class KeptBooks(Books, Protocol):
    """The books as the session uses them: looked up by decisions, changed by commands."""

    def keep(self, page: BooksPage, *, complete: bool) -> None:
        """Take over a page. Raises JournalError."""

    def keep_reservation(self, document: ClampDocument) -> None:
        """Keep a reserved release. Raises JournalError."""


class Store(msgspec.Struct, frozen=True):
    """What the session works on: journal, books, and the keys that open a code and sign a claim."""

    journal: Journal
    books: KeptBooks
    reveal: Reveal
    sign: Sign


OpenStore = Callable[[], Store]
"""Opens the store. Raises JournalError, sqlite3.Error or OSError, with words for the technician."""


class Session:
    """One terminal's session.

    Devices tell their health once, when it changes. It is kept here too, so that it is known again when the
    store had to be opened anew.

    `open_store` opens the store (again, after a failure); `make_site` makes what does not change around its
    books. `outlets` carry commands to devices and to the sync, by type; they never block. `show` shows a
    screen, `post` puts an event into the session's own inbox, `recorded` is told that there are new facts.
    """

    def __init__(
        self,
        *,
        open_store: OpenStore,
        make_site: Callable[[Books], Site],
        outlets: Mapping[type[Command], Callable[[Command], None]],
        show: Callable[[Screen], None],
        post: Callable[[Event], None],
        recorded: Callable[[], None],
        software: str,
    ) -> None:
        self._open_store = open_store
        self._make_site = make_site
        self._outlets = outlets
        self._show = show
        self._post = post
        self._recorded = recorded
        self._software = software
        self._store: Store | None = None
        self._site = make_site(_NoBooks())
        self._terminal = Terminal()
        self._health: dict[str, DeviceBroke | DeviceWorks] = {}
        self._shown: Screen | None = None
        self._watches_coins = False
        self._tried_ms = 0
        self._looked_ms = 0

    @property
    def terminal(self) -> Terminal:
        """What is known at this moment, for tests and figures."""
        return self._terminal

    def start(self, at: Moment) -> None:
        """Open and verify the store, fold the journal, and finish what a restart left open."""
        self._looked_ms = 0
        self._watches_coins = False
        try:
            store = self._open_store()
            store.journal.verify()
            self._terminal = store.journal.fold()
        except (JournalError, sqlite3.Error, OSError) as error:
            self._close("JOURNAL.BROKEN", error, at)
            return
        self._store = store
        self._site = self._make_site(store.books)
        self.handle(Started(self._software), at)
        for told in tuple(self._health.values()):
            self.handle(told, at)

    def handle(self, event: Event, at: Moment) -> None:
        """One event: decide, write, carry out, show."""
        if isinstance(event, DeviceBroke | DeviceWorks):
            self._health[event.device] = event
        if self._store is None:
            self._try_again(at)
        elif not self._is_stale(event):
            self._guarded(event, at, self._store)
            self._look_at_disk(at)

    def _guarded(self, event: Event, at: Moment, store: Store) -> None:
        """Whatever fails here, no coin is accepted after it until the store was opened and verified anew."""
        try:
            self._decide_and_act(event, at, store)
        except (JournalError, sqlite3.Error) as error:
            self._close("JOURNAL.UNWRITABLE", error, at)
        except Exception as mistake:
            log.exception("a mistake in the program; what is open is recovered when the store is opened anew")
            self._close("SESSION.MISTAKE", mistake, at)

    def _decide_and_act(self, event: Event, at: Moment, store: Store) -> None:
        step = decide(self._terminal, event, at, self._site)
        if step.facts:
            store.journal.append(step.facts, at, store.books.version)
            self._recorded()
        self._terminal = fold_all(self._terminal, step.facts, at)
        for command in step.commands:
            self._perform(command, store)
        if step.facts:
            store.journal.keep_snapshot(self._terminal)
        self._show_now(at, store)

    def stop(self) -> None:
        """Accept nothing more and let go of the store."""
        self._order(StopCoins())
        if self._store:
            self._store.journal.close()
            self._store = None

    # --- inside ----------------------------------------------------------------------------------------

    def _perform(self, command: Command, store: Store) -> None:
        match command:
            case KeepBooks(page=page, complete=complete):
                store.books.keep(page, complete=complete)
            case KeepReservation(reference=reference, document=document):
                store.books.keep_reservation(document)
                self._post(ReservationKept(reference))
            case NoteAcknowledged(epoch=epoch, number=number):
                store.journal.acknowledge(epoch, number)
            case Print(job=job, receipt=receipt):
                self._order(Print(job, _opened(receipt, store.reveal, store.sign)))
            case _:
                self._order(command)

    def _order(self, command: Command) -> None:
        outlet = self._outlets.get(type(command))
        if outlet is not None:
            outlet(command)

    def _show_now(self, at: Moment, store: Store) -> None:
        screen = screen_of(self._terminal, at, self._site, store.reveal, store.sign)
        if screen != self._shown:
            self._shown = screen
            self._show(screen)

    def _is_stale(self, event: Event) -> bool:
        """Whether the acceptor's driver told this before it was told (again) from where to tell.

        After the store was opened anew, credits that were on their way are told again in their order; taken
        twice, or out of order, they would be money that nobody inserted.
        """
        if isinstance(event, WatchingCoins):
            self._watches_coins = True
        return not self._watches_coins and isinstance(event, _TOLD_BY_ACCEPTOR)

    def _look_at_disk(self, at: Moment) -> None:
        """A disk below its reserve is a failed device: what is open is still recorded, nothing new begins."""
        store = self._store
        if store is None or at.steady_ms - self._looked_ms < LOOK_AT_DISK_EVERY_S * 1000:
            return
        self._looked_ms = at.steady_ms
        is_low = not store.journal.has_room()
        if is_low and not disk_is_low(self._terminal):
            told = DeviceBroke(DISK, "JOURNAL.DISK_LOW", "the disk is below its reserve; make room")
            self._guarded(told, at, store)
        elif not is_low and disk_is_low(self._terminal):
            self._guarded(DeviceWorks(DISK), at, store)

    def _close(self, code: str, error: Exception, at: Moment) -> None:
        """Cannot record, so does not accept: coins are stopped, the screen asks for a technician."""
        log.error("%s %s", code, error)
        self._tried_ms = at.steady_ms
        self._order(StopCoins())
        if self._store:
            self._store.journal.close()
            self._store = None
        self._shown = OutOfServiceScreen(**strip_of(self._site), reasons=(ClosedReason.JOURNAL,))
        self._show(self._shown)

    def _try_again(self, at: Moment) -> None:
        if at.steady_ms - self._tried_ms >= TRY_AGAIN_EVERY_S * 1000:
            self.start(at)


class _NoBooks:
    """The books before the store is open: nothing can be promised."""

    version = 0
    claim_key = ""

    def clamp(self, identifier: str) -> None:
        """Nothing is known."""
        del identifier

    def released(self, identifier: str) -> None:
        """Nothing is known."""
        del identifier

    def claim(self, signed: SignedClaim) -> ClaimRefusal:
        """Nobody's signature is known."""
        del signed
        return ClaimRefusal.FORGED

    def is_redeemed(self, claim: str) -> bool:
        """Nothing is promised: as if it were."""
        del claim
        return True


def _opened(receipt: Receipt, reveal: Reveal, sign: Sign) -> Receipt:
    """The receipt with codes opened and claims signed: the facts that they leave are durable by now."""
    lines = tuple(_opened_line(line, reveal, sign) for line in receipt.lines)
    return msgspec.structs.replace(receipt, lines=lines)


def _opened_line(line: ReceiptLine, reveal: Reveal, sign: Sign) -> ReceiptLine:
    match line:
        case CodeLine(code=SealedCode() as sealed):
            return CodeLine(reveal(sealed))
        case ClaimLine(number=number, amount_minor=amount_minor, slip=ClaimSlip() as slip):
            return ClaimLine(number, amount_minor, sign(slip).text)
        case _:
            return line
