"""What happens at the terminal while its disk is watched: short stories that touch everything the store does.

Each is played in a folder of its own, from an empty disk, with a store that was set up before, or from what
an earlier power cut left.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from random import Random

from kiosk.flows import events as e
from kiosk.store import journal
from kiosk.store.shelf import StoreShelf
from laws.power_cuts.desk import Desk, document, page
from laws.power_cuts.terminal_store import EPOCH, STORE_FILE, TERMINAL

Script = Callable[[Desk, Random], None]

_SNAPSHOT_EVERY = 12
"""In place of 200: a snapshot, and the checkpoint after it, come within a short story."""
_HOPPER_COINS = (2, 2, 4)


def first_start(desk: Desk, chance: Random) -> None:
    """An empty disk: key, tables, identity, the first facts; sometimes also a page of the books."""
    desk.start()
    if chance.random() < 0.5:
        desk.happens(e.BooksArrived(page(1, document("0999", 1, 100)), complete=False))


def set_up(desk: Desk, _chance: Random) -> None:
    """A start, and nobody comes."""
    desk.start()


def paying(desk: Desk, chance: Random) -> None:
    """Books, a payment with change, its code, the server's acknowledgement; another that is cancelled."""
    desk.start()
    desk.happens(e.BooksArrived(page(3, document("1001", 1, 280), document("1002", 1, 250)), complete=False))
    desk.choose("1001")
    desk.coins(*chance.choice(((2, 1), (1, 1), (2, 2, 2), (1, 4, 4, 4, 4, 4))))
    desk.leave()
    desk.acknowledge()
    desk.choose("1002")
    desk.coins(*(chance.choice(_HOPPER_COINS) for _ in range(2)))
    desk.happens(e.CancelPressed())
    desk.leave()
    desk.acknowledge()


def one_payment(desk: Desk, _chance: Random) -> None:
    """The shortest whole story: books, a payment with change, its code, the server's acknowledgement."""
    desk.start()
    desk.happens(e.BooksArrived(page(3, document("1001", 1, 280)), complete=False))
    desk.choose("1001")
    desk.coins(2, 1)
    desk.leave()
    desk.acknowledge()


def owing(desk: Desk, chance: Random) -> None:
    """A hopper that cannot pay: what is owed becomes a claim."""
    desk.start()
    desk.happens(e.BooksArrived(page(1, document("1101", 1, 280)), complete=False))
    desk.choose("1101")
    desk.coins(2)
    desk.jammed.add(chance.choice(("hopper 1", "hopper 2")))
    desk.coins(1)
    desk.leave()
    desk.jammed.clear()
    desk.acknowledge()


def reserving(desk: Desk, chance: Random) -> None:
    """The server reserves: its document is kept, paid for, and left."""
    desk.start()
    desk.happens(e.DeviceWorks("server"))
    for clamp in ("1201", "1202"):
        desk.happens(e.LineChosen("release"), e.Entered(clamp))
        reference = desk.reservations[-1].reference
        desk.happens(e.Reserved(reference, document(clamp, chance.randint(1, 3), 200)))
        desk.happens(e.PayPressed())
        desk.coins(2, 2)
        desk.leave()
    desk.acknowledge()


def books_in_pages(desk: Desk, chance: Random) -> None:
    """Many changes in pages, some clamps gone, then a complete copy that replaces everything."""
    desk.start()
    clamps = [f"2{number:03}" for number in range(36)]
    each = chance.choice((9, 12, 18))
    for version, first in enumerate(range(0, 36, each), start=1):
        rows = [document(clamp, 1, 100) for clamp in clamps[first : first + each]]
        gone = chance.sample(clamps[:first], first // 4)
        desk.happens(e.BooksArrived(page(version, *rows, gone=gone), complete=False))
    desk.happens(e.BooksArrived(page(1, document("2999", 1, 100)), complete=True))
    desk.happens(e.BooksArrived(page(2, document("2000", 2, 100)), complete=False))


def many_customers(desk: Desk, chance: Random) -> None:
    """So many facts that snapshots are taken, the log is brought into the file and begun anew."""
    desk.start()
    _serve(desk, chance, 4, "3")


def with_a_reader(desk: Desk, chance: Random) -> None:
    """Customers while the sync has the store open: the log is not brought in when the session ends."""
    desk.start()
    with _reader(desk) as shelf:
        _serve(desk, chance, 2, "4")
        with suppress(sqlite3.Error):
            if shelf is not None:
                shelf.entries_after(0, 100)
        desk.let_go()


@contextmanager
def _reader(desk: Desk) -> Iterator[StoreShelf | None]:
    """The sync's look at the store; None where it cannot be opened, which the sync takes as it comes."""
    shelf = None
    try:
        with suppress(sqlite3.Error):
            shelf = StoreShelf(desk.folder / STORE_FILE, TERMINAL, EPOCH)
            shelf.position()
        yield shelf
    finally:
        if shelf is not None:
            shelf.close()


def _serve(desk: Desk, chance: Random, customers: int, first_digit: str) -> None:
    fines = [document(f"{first_digit}{number:03}", 1, 200) for number in range(customers)]
    desk.happens(e.BooksArrived(page(1, *fines), complete=False))
    for fine in fines:
        desk.choose(fine.identifier)
        desk.coins(*chance.choice(((1,), (2, 2), (2, 4, 1))))
        desk.leave()
        if chance.random() < 0.7:
            desk.acknowledge()


def going_on(desk: Desk, chance: Random) -> None:
    """After a power cut: open, recover, finish what was open, and serve somebody."""
    desk.start()
    desk.wait(11)
    if chance.random() < 0.5:
        desk.happens(e.ContinuePressed())
        desk.coins(1, 1)
    desk.leave()
    desk.wait(700)
    clamp = f"5{chance.randrange(1000):03}"
    desk.happens(e.BooksArrived(page(9 + chance.randrange(90), document(clamp, 1, 100)), complete=False))
    desk.choose(clamp)
    desk.coins(2)
    desk.leave()
    desk.acknowledge()


SCRIPTS: Mapping[str, Script] = {
    "first start": first_start,
    "one payment": one_payment,
    "paying": paying,
    "owing": owing,
    "reserving": reserving,
    "books in pages": books_in_pages,
    "many customers": many_customers,
    "with a reader": with_a_reader,
}


@contextmanager
def short_journals() -> Iterator[None]:
    """Snapshots come sooner inside, so that a short story has them."""
    before = journal.SNAPSHOT_EVERY
    journal.SNAPSHOT_EVERY = _SNAPSHOT_EVERY
    try:
        yield
    finally:
        journal.SNAPSHOT_EVERY = before
