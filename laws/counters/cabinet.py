"""A cabinet with one acceptor: the real driver, session and journal, which can be killed at a place.

Nothing has a thread here: driver and session get their turns by hand, and die where they are told to.
"""

import shutil
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk.flows.commands import AcceptCoins, Command, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReset,
    BooksArrived,
    CoinAccepted,
    CoinCreditsLost,
    ContinuePressed,
    DeviceBroke,
    Entered,
    Event,
    LineChosen,
    PayPressed,
)
from kiosk.flows.state import Books, Paying, Site
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.messages import CreditBuffer, Header
from kiosk.hardware.transport.memory import MemoryWire
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal
from kiosk.store.sealing import Sealer
from kiosk.store.signing import ClaimSigner
from laws.counters.cases import Kill, Place
from laws.tally import Killed
from parking.change import CoinPosition
from parking.civil_time import Moment
from parking.debts import Debt, DebtLine
from parking.facts import Fact
from parking.money import EURO
from parking.wire import BookRow, BooksPage, ClampDocument
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.faults import Fault

TERMINAL, EPOCH = "0412", 1
COINS = tuple(SimulatedCoin(position, minor) for position, minor in enumerate((200, 100, 50, 20, 10), 1))
PRICE_MINOR = 100_000
"""More than any case pays: the payment stays open."""
_DOCUMENT = ClampDocument("7F314", 1, Debt((DebtLine("No valid ticket", PRICE_MINOR),)), "EUR", 1, "482913")
_START_UTC_MS = 1_790_000_000_000
_TOLD_OF_COINS = (CoinAccepted, CoinCreditsLost, AcceptorReset)
_SETTLES_IN_S = 30.0

MayDie = Callable[[Place], None]


class _MortalJournal(Journal):
    """The real journal in a program that can be killed before and after a transaction about the acceptor."""

    may_die: MayDie
    is_about_coins = False

    def append(self, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        """As in the journal."""
        if self.is_about_coins:
            self.may_die(Place.WRITE)
        super().append(facts, at, books_version)
        if self.is_about_coins:
            self.may_die(Place.WRITTEN)


class Cabinet:
    """The acceptor on its wire, the store's file, and the program while it runs.

    `kills` counts how often it was killed at a place.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.now_s = 1000.0
        self.simulated = SimulatedCoinLine(COINS, (), self.clock)
        self._wire = MemoryWire(self._hear, self._pass_time)
        self._sealer = Sealer(bytes(range(32)))
        self._kill: Kill | None = None
        self._comes = 0
        self.kills = 0
        self._journal: _MortalJournal | None = None
        self._session: Session | None = None
        self._driver: CoinLine | None = None
        self._inbox: deque[Event] = deque()

    def clock(self) -> float:
        """Seconds that never jump."""
        return self.now_s

    # --- the acceptor

    def set_acceptor(self, buffer: CreditBuffer, positions: frozenset[int]) -> None:
        """An acceptor that has been here for long: its buffer, and what it lets in."""
        acceptor = self.simulated.acceptor
        acceptor._buffer, acceptor._mask = buffer, positions

    def drop(self, coin: SimulatedCoin) -> None:
        """A coin falls in, whatever is inhibited."""
        self.simulated.switch(Fault.LATE_CREDIT)
        self.simulated.drop_coin(coin.coin_minor)

    # --- the program

    def start(self, kill: Kill | None = None) -> None:
        """The program starts, and will be killed at a place. Raises Killed."""
        self._arm(kill)
        self._inbox.clear()
        self._driver = CoinLine(self._wire, self._post, self.clock, CoinLineConfiguration())
        self._session = Session(
            open_store=self._open_store,
            make_site=_site,
            outlets=dict.fromkeys((WatchCoins, AcceptCoins, StopCoins), self._order),
            show=lambda _screen: None,
            post=self._post,
            recorded=lambda: None,
            software="laws",
        )
        self._session.start(self._at)
        for device in ("printer", "server"):
            self.happens(DeviceBroke(device, "AWAY", ""))

    def kill(self) -> None:
        """What the operating system does for a dead process: its files are closed, nothing is finished."""
        if self._journal is not None:
            self._journal.close()
        self._journal = self._session = self._driver = None
        self._wire.close()

    @property
    def session(self) -> Session:
        """The session of the program that runs."""
        assert self._session is not None  # noqa: S101 - asked while it runs
        return self._session

    def reach_payment(self) -> None:
        """A customer begins to pay, on a new machine."""
        self.run(1)
        self.happens(BooksArrived(BooksPage((BookRow(1, "7F314", _DOCUMENT),), 1, 1, more=False), True))
        self.happens(LineChosen("release"), Entered("7F314"), PayPressed())
        self.run(1)

    def go_on_paying(self) -> None:
        """After a restart the customer goes on: coins are let in again."""
        self.run(2)
        self.happens(ContinuePressed())
        self.run(1)
        assert isinstance(self.session.terminal.stage, Paying)  # noqa: S101 - or the case would try nothing

    def happens(self, *events: Event) -> None:
        """Customer, server and devices tell the session something."""
        for event in events:
            self.session.handle(event, self._at)

    def arm(self, kill: Kill | None) -> None:
        """From now on: kill the program at this place."""
        self._kill, self._comes = kill, 0

    _arm = arm

    def run(self, turns: int) -> None:
        """Turns of the driver, each followed by the session's. Raises Killed."""
        driver = self._driver
        assert driver is not None  # noqa: S101 - asked while it runs
        for _ in range(turns):
            pause_s = driver.turn()
            while self._inbox:
                self._handle(self._inbox.popleft())
            self.now_s += pause_s

    def settle(self) -> None:
        """Turns until nothing about the acceptor is open any more. Raises Killed."""
        end_s = self.now_s + _SETTLES_IN_S
        self.run(2)
        while not self.session.terminal.works("coins") and self.now_s < end_s:
            self.run(1)
        self.run(1)

    # --- inside

    @property
    def _at(self) -> Moment:
        return Moment(_START_UTC_MS + round(self.now_s * 1000), round(self.now_s * 1000))

    def _may_die(self, place: Place) -> None:
        if self._kill is not None and self._kill.place is place:
            self._comes += 1
            if self._comes == self._kill.times:
                self._kill = None
                self.kills += 1
                raise Killed(place)

    def _hear(self, data: bytes) -> None:
        is_about_coins = data[3] == Header.READ_BUFFERED_CREDIT
        if is_about_coins:
            self._may_die(Place.QUESTION)
        self._wire.deliver(self.simulated.receive(data))
        if is_about_coins:
            self._may_die(Place.ANSWER)

    def _pass_time(self, seconds: float) -> None:
        self.now_s += seconds

    def _post(self, event: Event) -> None:
        if isinstance(event, _TOLD_OF_COINS):
            self._may_die(Place.POST)
        self._inbox.append(event)

    def _handle(self, event: Event) -> None:
        is_about_coins = isinstance(event, _TOLD_OF_COINS)
        if is_about_coins:
            self._may_die(Place.HANDLE)
        if self._journal is not None:
            self._journal.is_about_coins = is_about_coins
        self.session.handle(event, self._at)

    def _order(self, command: Command) -> None:
        if self._driver is not None:
            self._driver.perform(command)

    def _open_store(self) -> Store:
        db = open_for_writing(self.file)
        journal = _MortalJournal(
            db, self.file, terminal=TERMINAL, epoch=EPOCH, index_of=self._sealer.index_of
        )
        journal.may_die = self._may_die
        self._journal = journal
        signer = ClaimSigner(self._sealer, TERMINAL, EPOCH)
        return Store(journal, SealedBooks(db, self._sealer, signer), self._sealer.open_code, signer.sign)


def copy_of(file: Path, folder: Path) -> Path:
    """The store as it was, with all files beside it, in a folder of its own for another case."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for kept in file.parent.iterdir():
        shutil.copyfile(kept, folder / kept.name)
    return folder / file.name


def _site(books: Books) -> Site:
    return Site(
        terminal=TERMINAL,
        epoch=EPOCH,
        place="Harbour Street",
        phone="+49 40 555 0123",
        zone="Europe/Berlin",
        currency=EURO,
        lines=("release",),
        coins=tuple(CoinPosition(coin.position, coin.coin_minor) for coin in COINS),
        hoppers=(),
        books=books,
    )
