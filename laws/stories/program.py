"""One run of the terminal's program, from its start until it is killed: session, drivers, sync, as tasks.

Everything is the real thing but the threads: the pumps' and the sync's loops are given their turns here.
Nothing of it survives but the file on the disk.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from kiosk.flows.commands import (
    AcceptCoins,
    Command,
    HoldClaim,
    PayOut,
    Print,
    Reserve,
    SettlePayout,
    StopCoins,
    WatchCoins,
)
from kiosk.flows.events import Event, TimePassed
from kiosk.flows.screens import Screen
from kiosk.flows.state import Books, HopperSetup, Site
from kiosk.hardware.cctalk.coin_acceptor import AcceptorConfiguration
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.hopper import HopperConfiguration
from kiosk.hardware.escpos.printer import ReceiptPrinter
from kiosk.hardware.scanner.barcode_scanner import BarcodeScanner
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal, JournalError
from kiosk.store.sealing import Sealer
from kiosk.store.shelf import StoreShelf
from kiosk.store.signing import ClaimSigner
from kiosk.sync.address import ServerAddress
from kiosk.sync.client import SyncClient
from laws.stories.checks.recording import Recording
from laws.stories.life import Life
from laws.stories.pumped import Pumped, coin_line_is_quiet, printer_is_quiet, scanner_is_quiet
from laws.stories.stage import NEVER, Stage, Task
from laws.stories.street import COINS, HOPPERS, Street
from parking.change import CoinPosition
from parking.civil_time import Moment
from parking.facts import Fact
from parking.money import EURO

if TYPE_CHECKING:
    from kiosk.sync.connection import Connection

TICK_S = 1.0
SYNC_PAUSE_S = 40.0
_COIN_COMMANDS: tuple[type[Command], ...] = (WatchCoins, AcceptCoins, StopCoins, PayOut, SettlePayout)


class MortalJournal(Journal):
    """The real journal in a program that may be killed just before and just after a transaction."""

    may_die: Callable[[str], None]
    refused: Callable[[], None]

    def append(self, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        """As in the journal."""
        self.may_die("before its facts are durable")
        try:
            super().append(facts, at, books_version)
        except JournalError:
            self.may_die("in the middle of a transaction")
            self.refused()
            raise
        self.may_die("when its facts are durable and nothing has been done yet")


@dataclass(frozen=True)
class Surroundings:
    """What the program finds on its machine: who it is, the store's file and key, its server, its clock.

    `boot_s` is when the machine was switched on; `sync_dawdles_s` is how long the sync's thread takes to look
    at new facts. `recording` is told when the store refuses and when it is open again, `seen` every screen,
    `printed` every receipt that is handed to the printer, `killed` that the program was killed.
    """

    terminal: str
    epoch: int
    file: Path
    sealer: Sealer
    server_key: str
    connection: object
    utc_ms: Callable[[], int]
    boot_s: float
    sync_dawdles_s: float
    recording: Recording
    seen: Callable[[Screen], None]
    printed: Callable[[Print], None]
    killed: Callable[[], None]


class Program:
    """The terminal's program, until it is killed."""

    def __init__(self, stage: Stage, life: Life, street: Street, around: Surroundings) -> None:
        self._stage = stage
        self._life = life
        self._street = street
        self._around = around
        self._journal: MortalJournal | None = None
        self._inbox: deque[tuple[Event, Moment]] = deque()
        self._tick_s = stage.now_s
        self._poked_s = NEVER
        self.screen: Screen | None = None
        line = self._coin_line(street)
        self._coins = Pumped(stage, life, line, lambda: coin_line_is_quiet(line, street), around.killed)
        printer = ReceiptPrinter(street.printer_wire, self.post, stage.clock)
        self._printer = Pumped(stage, life, printer, lambda: printer_is_quiet(printer, street), around.killed)
        scanner = BarcodeScanner(street.scanner_wire, self.post, stage.clock)
        self._scanner = Pumped(stage, life, scanner, lambda: scanner_is_quiet(scanner, street), around.killed)
        self._sync = SyncClient(
            lambda: StoreShelf(around.file, around.terminal, around.epoch),
            self.post,
            ServerAddress(url="http://127.0.0.1", key=around.server_key),
            steady=stage.clock,
            pause_s=SYNC_PAUSE_S,
        )
        self.session = Session(
            open_store=self._open_store,
            make_site=self._site,
            outlets={
                **dict.fromkeys(_COIN_COMMANDS, self._coins.order),
                Print: self._print,
                Reserve: self._ask_server,
                HoldClaim: self._ask_server,
            },
            show=self._show,
            post=self.post,
            recorded=self._sync.poke,
            software="laws",
        )
        self.tasks = [
            Task(self._inbox_due, self._handle_next, around.killed),
            self._coins.task,
            self._printer.task,
            self._scanner.task,
            Task(self._sync_due, self._sync_turn, around.killed),
        ]

    # --- from outside

    @property
    def now(self) -> Moment:
        """Both clocks of this machine."""
        steady_ms = 500 + round((self._stage.now_s - self._around.boot_s) * 1000)
        return Moment(utc_ms=self._around.utc_ms(), steady_ms=steady_ms)

    def start(self) -> None:
        """As the inbox's thread does first."""
        self.session.start(self.now)

    def post(self, event: Event) -> None:
        """Put an event into the inbox."""
        self._life.may_die(f"before {type(event).__name__} is in the inbox")
        self._inbox.append((event, self.now))

    def wake(self) -> None:
        """Something is going to happen to a device: who naps looks again."""
        if self._coins.naps:
            self._street.polled_as_always()
        self._coins.wake()
        self._printer.wake()
        self._scanner.wake()

    def let_go(self) -> None:
        """What the operating system does for a dead process: its files are closed, nothing is finished."""
        for task in self.tasks:
            task.end()
        if self._journal is not None:
            self._journal.close()
        self._sync._close_shelf()
        self._sync._bell.close()

    # --- the threads' turns

    def _inbox_due(self) -> float:
        return self._stage.now_s if self._inbox else self._tick_s

    def _handle_next(self) -> None:
        if self._inbox:
            event, at = self._inbox.popleft()
            if not isinstance(event, TimePassed):
                self._stage.tell(lambda: f"{self._around.terminal}: {_words(event)}")
            self._life.may_die(f"before {type(event).__name__} is handled")
            self.session.handle(event, at)
        if self._stage.now_s >= self._tick_s:
            self._tick_s = self._stage.now_s + TICK_S
            self.session.handle(TimePassed(), self.now)

    def _sync_due(self) -> float:
        if self._sync._waiting:
            return self._stage.now_s
        if self._sync._poked.is_set() and not self._sync._failures:
            self._poked_s = min(self._poked_s, self._stage.now_s)
            return min(self._poked_s + self._around.sync_dawdles_s, self._sync._due)
        return self._sync._due

    def _sync_turn(self) -> None:
        self._poked_s = NEVER
        self._life.may_die("before a turn of the sync")
        self._sync._turn(cast("Connection", self._around.connection))

    # --- the session's outlets

    def _show(self, screen: Screen) -> None:
        self._life.may_die(f"before {type(screen).__name__} is seen")
        self._stage.tell(lambda: f"{self._around.terminal}:          {_screen_words(screen)}")
        self._around.seen(screen)
        self.screen = screen

    def _ask_server(self, command: Command) -> None:
        assert isinstance(command, Reserve | HoldClaim)  # noqa: S101 - the table of outlets says so
        self._sync.order(command)

    def _print(self, command: Command) -> None:
        assert isinstance(command, Print)  # noqa: S101 - the table of outlets says so
        self._around.printed(command)
        self._printer.order(command)

    def _open_store(self) -> Store:
        try:
            db = open_for_writing(self._around.file)
        except OSError as error:  # as in `kiosk.machine`
            raise JournalError(str(error)) from error
        journal = MortalJournal(
            db,
            self._around.file,
            terminal=self._around.terminal,
            epoch=self._around.epoch,
            index_of=self._around.sealer.index_of,
        )
        journal.may_die = self._life.may_die
        journal.refused = self._around.recording.refused
        self._journal = journal
        sealer = self._around.sealer
        signer = ClaimSigner(sealer, self._around.terminal, self._around.epoch)
        return Store(journal, SealedBooks(db, sealer, signer), sealer.open_code, signer.sign)

    def _coin_line(self, street: Street) -> CoinLine:
        configuration = CoinLineConfiguration(
            acceptor=AcceptorConfiguration(),
            hoppers=tuple(HopperConfiguration(form.name, form.address) for form in HOPPERS),
        )
        return CoinLine(street.coin_wire, self.post, self._stage.clock, configuration)

    def _site(self, books: Books) -> Site:
        return Site(
            terminal=self._around.terminal,
            epoch=self._around.epoch,
            place="Harbour Street",
            phone="+49 40 555 0123",
            zone="Europe/Berlin",
            currency=EURO,
            lines=("release",),
            coins=tuple(CoinPosition(coin.position, coin.coin_minor, coin.hopper) for coin in COINS),
            hoppers=tuple(HopperSetup(form.name, form.coin_minor, form.coins) for form in HOPPERS),
            books=books,
        )


def _words(event: Event) -> str:
    """An event in one line, without what differs between two runs of the same seed."""
    told = {name: value for name, value in msgspec.structs.asdict(event).items() if _is_plain(value)}
    return f"{type(event).__name__} {json.dumps(told)}"


def _screen_words(screen: Screen) -> str:
    amounts = {
        name: value
        for name, value in msgspec.structs.asdict(screen).items()
        if name.endswith(("_minor", "subject", "paper", "settling")) and _is_plain(value)
    }
    return f"{type(screen).__name__} {json.dumps(amounts)}"


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | bool)
