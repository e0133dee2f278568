"""A terminal without threads and wires: the real session on its real store, and devices that obey at once.

Each transaction of the store is marked in the recording; so is each code that leaves. Which customers come is
told in `scenarios.py`.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from kiosk.flows import commands as c
from kiosk.flows import events as e
from kiosk.flows.screens import OutOfServiceScreen, Screen
from kiosk.flows.state import Books, HopperSetup, Site, Terminal
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.journal import Journal
from kiosk.store.signing import ClaimSigner
from laws.power_cuts.chronicle import Chronicle, State
from laws.power_cuts.terminal_store import EPOCH, STORE_FILE, TERMINAL, Chance, OpenStore
from parking.change import CoinPosition
from parking.civil_time import Moment
from parking.debts import Debt, DebtLine
from parking.facts import Fact
from parking.money import EURO
from parking.wire import BookRow, BooksPage, ClampDocument

COINS = (
    CoinPosition(1, 200),
    CoinPosition(2, 100, "hopper 1"),
    CoinPosition(3, 50),
    CoinPosition(4, 20, "hopper 2"),
)
_CODE = re.compile(r"ZK(\d{4})(\d{2})")
_NOON_MS = 1_795_176_000_000


def document(clamp: str, fitting: int, amount_minor: int) -> ClampDocument:
    """What the server sends of a clamp; its code tells which clamp and fitting it is of."""
    code = f"ZK{int(clamp):04}{fitting:02}"
    return ClampDocument(
        f"{clamp}",
        fitting,
        Debt((DebtLine("No valid ticket", amount_minor),), "B-AB 1"),
        "EUR",
        fitting,
        code,
    )


def page(version: int, *documents: ClampDocument, gone: Sequence[str] = ()) -> BooksPage:
    """A page of the books that leads to this version."""
    rows = [BookRow(version, document.identifier, document) for document in documents]
    rows += [BookRow(version, clamp, None) for clamp in gone]
    return BooksPage(tuple(rows), version, version, more=False)


# --- the store, marked ---------------------------------------------------------------------------------


class MarkedJournal(Journal):
    """The real journal; each of its transactions is marked in the recording."""

    chronicle: Chronicle
    state: Callable[[], State]

    def append(self, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        """As in the journal."""
        super_append = super().append
        self._marked(lambda: super_append(facts, at, books_version))

    def acknowledge(self, epoch: int, number: int) -> None:
        """As in the journal."""
        super_acknowledge = super().acknowledge
        self._marked(lambda: super_acknowledge(epoch, number))

    def keep_snapshot(self, terminal: Terminal) -> None:
        """As in the journal."""
        super_keep_snapshot = super().keep_snapshot
        self._marked(lambda: super_keep_snapshot(terminal))

    def _marked(self, change: Callable[[], None]) -> None:
        self.chronicle.transaction(change, self.state)


class MarkedBooks(SealedBooks):
    """The real books; each of their transactions is marked in the recording."""

    chronicle: Chronicle
    state: Callable[[], State]

    def keep(self, page: BooksPage, *, complete: bool) -> None:
        """As in the books."""
        super_keep = super().keep
        self.chronicle.transaction(lambda: super_keep(page, complete=complete), self.state)

    def keep_reservation(self, document: ClampDocument) -> None:
        """As in the books."""
        super_keep = super().keep_reservation
        self.chronicle.transaction(lambda: super_keep(document), self.state)


# --- the terminal --------------------------------------------------------------------------------------


class Desk:
    """One life of the terminal's program, from its start until it is let go."""

    def __init__(self, folder: Path, chronicle: Chronicle, new_key: Chance = os.urandom) -> None:
        self.screen: Screen | None = None
        self.given: list[c.Command] = []
        self.reservations: list[c.Reserve] = []
        self.jammed: set[str] = set()
        self.broken: list[str] = []
        self.folder = folder
        self._chronicle = chronicle
        self._new_key = new_key
        self._store: OpenStore | None = None
        self._journal: MarkedJournal | None = None
        self._inbox: deque[e.Event] = deque()
        self._now = Moment(_NOON_MS + 1000 * len(chronicle.states), 100_000)
        self._counter = 0
        self._payouts = 0
        self.session = Session(
            open_store=self._open_store,
            make_site=_site,
            outlets={
                c.WatchCoins: self._watch_coins,
                c.AcceptCoins: self.given.append,
                c.StopCoins: self._stop_coins,
                c.PayOut: self._pay_out,
                c.SettlePayout: self._settle_payout,
                c.Print: self._print,
                c.Reserve: self._reserve,
            },
            show=self._show,
            post=self._inbox.append,
            recorded=lambda: None,
            software="laws",
        )

    # --- what happens

    def start(self) -> None:
        """Start the program, and let every device answer."""
        self.session.start(self._now)
        self.happens(
            *(e.DeviceWorks(name) for name in ("coins", "hopper 1", "hopper 2", "printer")),
            e.DeviceBroke("server", "SYNC.UNREACHABLE", ""),
            e.AcceptorReady(self._counter),
            e.HopperReady("hopper 1", 1),
            e.HopperReady("hopper 2", 1),
        )

    def happens(self, *happened: e.Event) -> None:
        """Let these events happen, and then all that follows from them."""
        self._inbox.extend(happened)
        while self._inbox:
            self._now = Moment(self._now.utc_ms + 10, self._now.steady_ms + 10)
            refusals = self._chronicle.refusals
            self.session.handle(self._inbox.popleft(), self._now)
            if self._chronicle.refusals > refusals:
                self._must_be_closed()

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self._now = Moment(self._now.utc_ms + seconds * 1000, self._now.steady_ms + seconds * 1000)
        self.happens(e.TimePassed())

    def coins(self, *positions: int) -> None:
        """Coins fall, one after the other."""
        for position in positions:
            self._counter = self._counter % 255 + 1
            self.happens(e.CoinAccepted(position, 1, self._counter))

    def choose(self, clamp: str) -> None:
        """A customer comes, types a clamp and wants to pay."""
        self.happens(e.LineChosen("release"), e.Entered(clamp), e.PayPressed())

    def leave(self) -> None:
        """The customer has seen and taken everything, and goes."""
        self.happens(e.DonePressed())
        self.wait(40)

    def acknowledge(self) -> None:
        """The server holds all that was sent until now."""
        if self._store is not None and not self.is_closed:
            number = self._store.db.conn.execute("SELECT max(number) FROM journal").fetchone()[0]
            self.happens(e.FactsArrived(EPOCH, number))

    @property
    def is_closed(self) -> bool:
        """Whether the terminal is out of service."""
        return isinstance(self.screen, OutOfServiceScreen)

    def let_go(self) -> None:
        """What the operating system does for a dead process: its files are closed."""
        if self._store is not None:
            self._store.db.close()
            self._store = None
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _must_be_closed(self) -> None:
        """Law 16: what cannot be recorded is not accepted, from this very event on."""
        if not self.is_closed or not self.given or not isinstance(self.given[-1], c.StopCoins):
            self.broken.append("the disk refused, and the coins were not stopped before the next event")

    # --- what it gives out

    def _open_store(self) -> Store:
        self._chronicle.begin()
        try:
            return self._opened()
        except BaseException:
            self._chronicle.is_in_doubt()
            raise

    def _opened(self) -> Store:
        opened = self._store = OpenStore(self.folder, self._new_key)
        journal = self._journal = MarkedJournal(
            opened.db,
            self.folder / STORE_FILE,
            terminal=TERMINAL,
            epoch=EPOCH,
            index_of=opened.sealer.index_of,
        )
        journal.chronicle, journal.state = self._chronicle, opened.state
        signer = ClaimSigner(opened.sealer, TERMINAL, EPOCH)
        books = MarkedBooks(opened.db, opened.sealer, signer)
        books.chronicle, books.state = self._chronicle, opened.state
        self._chronicle.found(opened.state())
        return Store(journal, books, opened.sealer.open_code, signer.sign)

    def _show(self, screen: Screen) -> None:
        self._leaves(msgspec.json.encode(screen).decode())
        self.screen = screen

    def _print(self, command: c.Command) -> None:
        assert isinstance(command, c.Print)  # noqa: S101 - the table of outlets says so
        self._leaves(msgspec.json.encode(command).decode())
        self._inbox.append(e.Printed(command.job))

    def _leaves(self, text: str) -> None:
        for clamp, fitting in _CODE.findall(text):
            self._chronicle.leaves(f"{clamp}/{int(fitting)}")

    # --- devices

    def _reserve(self, command: c.Command) -> None:
        assert isinstance(command, c.Reserve)  # noqa: S101 - the table of outlets says so
        self.reservations.append(command)

    def _watch_coins(self, command: c.Command) -> None:
        assert isinstance(command, c.WatchCoins)  # noqa: S101 - the table of outlets says so
        self._counter = command.counter or 0
        self._inbox.append(e.WatchingCoins(command.counter))

    def _stop_coins(self, command: c.Command) -> None:
        self.given.append(command)
        self._inbox.append(e.CoinsStopped())

    def _pay_out(self, command: c.Command) -> None:
        assert isinstance(command, c.PayOut)  # noqa: S101 - the table of outlets says so
        self._payouts = self._payouts % 255 + 1
        paid = 0 if command.hopper in self.jammed else command.coins
        self._inbox.append(e.PayoutDone(command.order, paid, command.coins - paid, self._payouts))

    def _settle_payout(self, command: c.Command) -> None:
        assert isinstance(command, c.SettlePayout)  # noqa: S101 - the table of outlets says so
        self._inbox.append(e.PayoutDone(command.order, 0, command.coins, self._payouts))


def _site(books: Books) -> Site:
    return Site(
        terminal=TERMINAL,
        epoch=EPOCH,
        place="Harbour Street",
        phone="+49 40 555 0123",
        zone="Europe/Berlin",
        currency=EURO,
        lines=("release",),
        coins=COINS,
        hoppers=(HopperSetup("hopper 1", 100, 50), HopperSetup("hopper 2", 20, 50)),
        books=books,
    )
