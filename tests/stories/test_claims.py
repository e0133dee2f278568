"""A claim on its way from terminal to terminal: real sessions on real stores, a real server between them.

Only wires and threads are missing: what the sync would carry is handed over here, by the sync's own reading
of the server's answers.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.flows.commands import AcceptCoins, Command, HoldClaim, PayOut, Print, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    BooksArrived,
    CoinAccepted,
    DeviceBroke,
    DeviceWorks,
    DonePressed,
    Entered,
    Event,
    FactsArrived,
    HopperReady,
    LineChosen,
    PayoutDone,
    PayPressed,
    Printed,
    Scanned,
    WatchingCoins,
)
from kiosk.flows.screens import PayScreen, ResultScreen, Screen, SlipRefusedScreen, StartScreen, TakeScreen
from kiosk.flows.state import Books, HopperSetup, Site
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal
from kiosk.store.sealing import Sealer
from kiosk.store.shelf import StoreShelf
from kiosk.store.signing import ClaimSigner
from kiosk.sync.exchange import Answer
from kiosk.sync.reconcile import Progress, books_answered, claim_answered, facts_answered
from parking.change import CoinPosition
from parking.civil_time import Moment
from parking.claims import ClaimRefusal
from parking.money import EURO
from server.store.engine import Database
from server.store.migration import migrate
from server.store.tables import alarms, claim_redemptions, payments
from tests.server.world import NOON_MS, World

CLAMPS = b"""identifier,codes,plate,currency,words_1,amount_1
7F314,482913,HH-AB 123,EUR,Clamping,7.50
8K022,774120,,EUR,Clamping,7.50
"""


class Kiosk:
    """One terminal: session and store; its sync works when a test says so."""

    def __init__(self, world: World, folder: Path, number: str) -> None:
        self.account = world.terminal(number)
        self.number = number
        self.path = folder / f"{number}.db"
        self.sealer = Sealer(number.encode() * 8)
        self.commands: list[Command] = []
        self.screens: list[Screen] = []
        self.counter = 0
        self.now = Moment(NOON_MS, 100_000)
        self.answers_get_lost = False
        outlets: dict[type[Command], Callable[[Command], None]] = dict.fromkeys(
            (AcceptCoins, StopCoins, WatchCoins, PayOut, Print), self.commands.append
        )
        self.session = Session(
            open_store=self._open_store,
            make_site=self._site,
            outlets={**outlets, HoldClaim: self._ask_server},
            show=self.screens.append,
            post=lambda event: self.session.handle(event, self.now),
            recorded=lambda: None,
            software="test",
        )
        self.session.start(self.now)
        self.happens(WatchingCoins(None), AcceptorReady(0), HopperReady("hopper 1", 1))
        self.happens(DeviceWorks("coins"), DeviceWorks("hopper 1"), DeviceWorks("printer"))
        self.is_offline(yes=False)

    def _open_store(self) -> Store:
        db = open_for_writing(self.path)
        signer = ClaimSigner(self.sealer, self.number, 1)
        journal = Journal(db, self.path, terminal=self.number, epoch=1, index_of=self.sealer.index_of)
        return Store(journal, SealedBooks(db, self.sealer, signer), self.sealer.open_code, signer.sign)

    def _site(self, books: Books) -> Site:
        return Site(
            terminal=self.number,
            epoch=1,
            place="Harbour Street",
            phone="+49 30 901820",
            zone="Europe/Berlin",
            currency=EURO,
            lines=("release",),
            coins=(CoinPosition(1, 200), CoinPosition(2, 100, "hopper 1"), CoinPosition(3, 50)),
            hoppers=(HopperSetup("hopper 1", 100, 20),),
            books=books,
        )

    def _ask_server(self, command: Command) -> None:
        assert isinstance(command, HoldClaim)
        told = self.account.hold(command.claim.text, command.reference)
        answer = claim_answered(command, Answer(told.status_code, told.content))
        if not self.answers_get_lost:
            self.happens(answer)

    @property
    def screen(self) -> Screen:
        return self.screens[-1]

    def happens(self, *events: Event) -> None:
        for event in events:
            self.now = Moment(self.now.utc_ms + 10, self.now.steady_ms + 10)
            self.session.handle(event, self.now)

    def is_offline(self, *, yes: bool) -> None:
        self.happens(DeviceBroke("server", "SYNC.UNREACHABLE", "") if yes else DeviceWorks("server"))

    def begin_to_pay(self, identifier: str) -> None:
        """Up to the pay screen, by the books: what the server says of clamps is another story."""
        self.is_offline(yes=True)
        self.happens(LineChosen("release"), Entered(identifier), PayPressed())
        self.is_offline(yes=False)

    def coins(self, *positions: int) -> None:
        for position in positions:
            self.counter += 1
            self.happens(CoinAccepted(position, 1, self.counter))

    def sync(self) -> None:
        """Facts up, books down, read as the sync reads them."""
        shelf = StoreShelf(self.path, self.number, 1)
        position = shelf.position()
        entries = shelf.entries_after(position.acknowledged_number, 1000)
        if entries:
            told = self.account.send(entries)
            _, arrived = facts_answered(Progress(), position, entries, Answer(told.status_code, told.content))
            assert isinstance(arrived, FactsArrived)
            self.happens(arrived)
        page = self.account.books(position.books_version)
        _, books = books_answered(
            Progress(), position, position.books_version, Answer(page.status_code, page.content)
        )
        if isinstance(books, BooksArrived):
            self.happens(books)
        shelf.close()

    def owes_a_slip(self) -> str:
        """Somebody pays 9.00 for 7.50 where the hopper is empty: the slip for it, as the screen shows it."""
        self.happens(DeviceBroke("hopper 1", "HOP.EMPTY", ""))
        self.begin_to_pay("7F314")
        self.coins(1, 1, 1, 2, 1)
        screen = self.screen
        assert isinstance(screen, ResultScreen)
        self.finish()
        (shown,) = screen.claims
        assert shown.amount_minor == 150
        return shown.slip

    def finish(self) -> None:
        """Hopper and printer do what they were told, and the customer goes."""
        for command in self.commands:
            match command:
                case PayOut(order=order, coins=coins):
                    self.happens(PayoutDone(order, coins, 0, 9))
                case Print(job=job):
                    self.happens(Printed(job))
        self.commands.clear()
        self.happens(DonePressed(), DonePressed())
        assert isinstance(self.screen, StartScreen)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Database(f"sqlite:///{tmp_path / 'parking.db'}")
    migrate(database)
    world = World(database)
    world.take_in(CLAMPS)
    yield world
    database.close()


@pytest.fixture
def street(world: World, tmp_path: Path) -> Iterator[tuple[Kiosk, Kiosk, Kiosk]]:
    kiosks = (Kiosk(world, tmp_path, "0412"), Kiosk(world, tmp_path, "0413"), Kiosk(world, tmp_path, "0414"))
    for kiosk in (*kiosks, *kiosks):
        kiosk.sync()
    yield kiosks
    for kiosk in kiosks:
        kiosk.session.stop()


def kinds(world: World) -> list[str]:
    return [row["kind"] for row in world.rows(alarms)]


def test_a_slip_of_one_terminal_pays_at_another_and_is_worth_nothing_afterwards(
    world: World, street: tuple[Kiosk, Kiosk, Kiosk]
) -> None:
    first, second, _ = street
    slip = first.owes_a_slip()
    first.sync()
    second.begin_to_pay("8K022")
    second.happens(Scanned(slip))
    second.coins(1, 1, 1)
    assert isinstance(second.screen, ResultScreen)
    second.finish()
    second.sync()
    for kiosk in street:
        kiosk.sync()
        kiosk.happens(Scanned(slip))
        screen = kiosk.screen
        assert isinstance(screen, SlipRefusedScreen)
        assert screen.reason is ClaimRefusal.REDEEMED
    assert kinds(world) == []
    (paid,) = [row for row in world.rows(payments) if row["terminal"] == "0413"]
    assert (paid["kept_minor"], paid["redeemed_minor"], paid["delivered_minor"]) == (750, 150, 750)


def test_a_slip_becomes_coins_and_the_server_counts_the_same(
    world: World, street: tuple[Kiosk, Kiosk, Kiosk]
) -> None:
    first, second, _ = street
    slip = first.owes_a_slip()
    first.sync()
    second.happens(Scanned(slip))
    taken = second.screen
    assert isinstance(taken, TakeScreen)
    assert (taken.to_return_minor, taken.claims[0].amount_minor) == (100, 50)
    second.finish()
    second.sync()
    assert kinds(world) == []
    (paid,) = [row for row in world.rows(payments) if row["terminal"] == "0413"]
    assert (paid["kept_minor"], paid["claimed_minor"], paid["price_minor"]) == (150, 50, 0)
    first.sync()
    first.happens(DeviceWorks("hopper 1"), Scanned(taken.claims[0].slip))
    refused = first.screen
    assert isinstance(refused, SlipRefusedScreen)
    assert refused.reason is ClaimRefusal.NO_COINS, "the hopper has no 0.50: it is good to pay with"


def test_a_slip_taken_by_two_terminals_that_are_offline_is_found_and_reported(
    world: World, street: tuple[Kiosk, Kiosk, Kiosk]
) -> None:
    first, second, third = street
    slip = first.owes_a_slip()
    for kiosk in (second, third):
        kiosk.is_offline(yes=True)
        kiosk.happens(Scanned(slip))
        assert isinstance(kiosk.screen, TakeScreen)
        kiosk.finish()
        kiosk.sync()
    first.sync()
    assert kinds(world) == ["claim-redeemed-twice"]
    assert [row["terminal"] for row in world.rows(claim_redemptions)] == ["0413", "0414"]


def test_a_slip_in_hand_at_one_terminal_is_taken_at_no_other_until_it_is_let_go(
    street: tuple[Kiosk, Kiosk, Kiosk],
) -> None:
    first, second, third = street
    slip = first.owes_a_slip()
    second.answers_get_lost = True
    second.happens(Scanned(slip))
    third.begin_to_pay("8K022")
    third.happens(Scanned(slip))
    screen = third.screen
    assert isinstance(screen, PayScreen)
    assert (screen.claim_problem, screen.kept_minor) == (ClaimRefusal.HELD, 0)
    second.session.start(second.now)
    second.sync()
    third.happens(Scanned(slip))
    screen = third.screen
    assert isinstance(screen, PayScreen)
    assert (screen.claim_problem, screen.kept_minor) == (None, 150)
