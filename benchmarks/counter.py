"""A terminal for measurements: the real session, its store on the real disk, the real window; no devices.

What devices would tell is posted by the benchmark, so that a payment can be stopped before its last coin.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk import clock
from kiosk.flows.commands import AcceptCoins, Command, PayOut, Print, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    CoinAccepted,
    DeviceWorks,
    DonePressed,
    Event,
    HopperReady,
    PayoutDone,
    PayPressed,
    Printed,
    Scanned,
)
from kiosk.flows.screens import Screen
from kiosk.flows.settlement import counter_after
from kiosk.flows.state import Books, HopperSetup, Site
from kiosk.session import Session, Store
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal
from kiosk.store.sealing import Sealer, load_or_make_key
from kiosk.store.signing import ClaimSigner
from kiosk.ui.theme import LANDSCAPE_10_INCH, load_fonts
from kiosk.ui.window import Window
from parking.change import CoinPosition
from parking.civil_time import local_time
from parking.debts import Debt, DebtLine
from parking.money import EURO
from parking.wire import BookRow, BooksPage, ClampDocument

ZONE = "Europe/Berlin"
HOPPER = "hopper 1"
TWO_EURO = 1
COINS = (CoinPosition(TWO_EURO, 200), CoinPosition(2, 100, HOPPER))
PRICE_MINOR = 300
"""Paid with two coins of 200: the last one settles, opens the code, orders change and a receipt."""


def open_window() -> Window:
    """The terminal's window on its 10-inch panel, with the fonts loaded."""
    QApplication.instance() or QApplication(["benchmark"])
    load_fonts()
    window = Window(LANDSCAPE_10_INCH, lambda _event: None, lambda: local_time(clock.now().utc_ms, ZONE))
    window.open(full_screen=False)
    return window


def open_store(
    folder: Path, clamps: int, price_minor: int = PRICE_MINOR, kind: type[Journal] = Journal
) -> Store:
    """A new store in the folder, with so many clamps in its books."""
    path = folder / "terminal.db"
    sealer = Sealer(load_or_make_key(folder / "store.key", path))
    db = open_for_writing(path)
    signer = ClaimSigner(sealer, "0412", 1)
    books = SealedBooks(db, sealer, signer)
    rows = tuple(_row(number, price_minor) for number in range(1, clamps + 1))
    books.keep(BooksPage(rows, version=clamps, newest=clamps, more=False), complete=True)
    journal = kind(db, path, terminal="0412", epoch=1, index_of=sealer.index_of)
    return Store(journal, books, sealer.open_code, signer.sign)


def _row(number: int, price_minor: int) -> BookRow:
    debt = Debt((DebtLine("No valid ticket", price_minor - 100), DebtLine("Clamp fee", 100)), "B-AB 1234")
    document = ClampDocument(f"{number:05d}", 1, debt, EURO.code, 1, f"{100_000 + number}")
    return BookRow(number, document.identifier, document)


def make_site(books: Books) -> Site:
    """The site: two coins, one hopper full of change."""
    return Site(
        terminal="0412",
        epoch=1,
        place="Harbour Street",
        phone="+49 30 901820",
        zone=ZONE,
        currency=EURO,
        lines=("release",),
        coins=COINS,
        hoppers=(HopperSetup(HOPPER, 100, coins_at_first_start=1_000_000),),
        books=books,
    )


class Counter:
    """One payment after the other, up to the last coin and on from there. `post` takes every event."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self.orders: list[Command] = []
        self._post = post
        self._clamp = 0
        self._coin = 0
        self._paid = 0

    def session(
        self,
        store: Callable[[], Store],
        show: Callable[[Screen], None],
        coin_line: Callable[[Command], None] | None = None,
    ) -> Session:
        """The session of this counter; what it orders is noted in `orders`, or goes to a real coin line."""
        outlets: dict[type[Command], Callable[[Command], None]] = {}
        outlets.update(dict.fromkeys((PayOut, Print), self.orders.append))
        if coin_line:
            outlets.update(dict.fromkeys((WatchCoins, AcceptCoins, StopCoins), coin_line))
        return Session(
            open_store=store,
            make_site=make_site,
            outlets=outlets,
            show=show,
            post=self._post,
            recorded=lambda: None,
            software="benchmark",
        )

    def devices_work(self) -> None:
        """All devices tell that they are well."""
        for event in (AcceptorReady(0), DeviceWorks("coins")):
            self._post(event)
        self.all_but_coins_work()

    def all_but_coins_work(self) -> None:
        """The same, where a real driver speaks for the acceptor."""
        for event in (DeviceWorks(HOPPER), HopperReady(HOPPER, 0), DeviceWorks("printer")):
            self._post(event)

    def all_but_last_coin(self) -> None:
        """The next motorist scans a clamp, wants to pay, and drops the first coin."""
        self._clamp += 1
        self.orders.clear()
        for event in (Scanned(f"{self._clamp:05d}"), PayPressed(), self.coin()):
            self._post(event)

    def coin(self) -> CoinAccepted:
        """The next coin of 200 passes the sensor."""
        self._coin = counter_after(self._coin)
        return CoinAccepted(TWO_EURO, 1, self._coin)

    def to_the_end(self) -> None:
        """Change falls, the receipt is out, the motorist goes."""
        for order in tuple(self.orders):
            if isinstance(order, PayOut):
                self._paid = counter_after(self._paid)
                self._post(PayoutDone(order.order, order.coins, 0, self._paid))
            elif isinstance(order, Print):
                self._post(Printed(order.job))
        self._post(DonePressed())
        self._post(DonePressed())
