"""The sync between a real store and the real server, over a real socket and a cable that fails."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue

import pytest
import uvicorn

from kiosk.flows.commands import HoldClaim, Reserve
from kiosk.flows.events import (
    BooksArrived,
    ClaimHeld,
    ClaimNotHeld,
    DeviceBroke,
    DeviceWorks,
    Event,
    FactsArrived,
    ReservationRefused,
    Reserved,
    ServerSilent,
)
from kiosk.store.books import SealedBooks
from kiosk.store.database import open_for_writing
from kiosk.store.journal import Journal
from kiosk.store.sealing import Sealer
from kiosk.store.shelf import StoreShelf
from kiosk.store.signing import ClaimSigner
from kiosk.sync.address import ServerAddress
from kiosk.sync.client import SyncClient
from parking.civil_time import Moment
from parking.claims import ClaimReason, ClaimRefusal, ClaimSlip, read_slip
from parking.facts import ClaimKeyMade, ClaimRedeemed, RefusalReason, SecuredBy, SubjectRefused
from parking.wire import AnyRow, ClaimRedeemedRow, RefusedBecause
from server.store.engine import Database
from server.store.migration import migrate
from server.store.tables import facts
from simulator.network import NetworkSwitch
from tests.kiosk.sync.fake_server import PATIENCE_S
from tests.server.slips import Signer
from tests.server.world import World

AT = Moment(utc_ms=1_795_176_000_000, steady_ms=0)
FACTS_WRITTEN = 250


class Served:
    """The real server over its database, on a socket."""

    def __init__(self, world: World) -> None:
        config = uvicorn.Config(world.app, log_config=None, ws="none", lifespan="off", timeout_keep_alive=60)
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="uvicorn"
        )
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Database(f"sqlite:///{tmp_path / 'parking.db'}")
    migrate(database)
    world = World(database)
    world.take_in()
    yield world
    database.close()


@pytest.fixture
def cable(world: World) -> Iterator[NetworkSwitch]:
    served = Served(world)
    with NetworkSwitch("127.0.0.1", served.port) as cable:
        yield cable
    served.close()


class Kiosk:
    """The session's part of it: keeps what the sync posts in the real store."""

    def __init__(self, path: Path) -> None:
        database = open_for_writing(path)
        sealer = Sealer(bytes(32))
        self.journal = Journal(database, path, terminal="0412", epoch=1, index_of=sealer.index_of)
        self.books = SealedBooks(database, sealer, ClaimSigner(sealer, "0412", 1))
        self.inbox: SimpleQueue[Event] = SimpleQueue()

    def write(self, facts: int) -> None:
        for number in range(facts):
            self.journal.append([SubjectRefused(f"7F{number}", RefusalReason.UNKNOWN)], AT, 0)

    def wait_for(self, wanted: type[Event]) -> Event:
        """Keep everything that comes until one of these has come."""
        while True:
            event = self.inbox.get(timeout=PATIENCE_S)
            match event:
                case FactsArrived(epoch=epoch, number=number):
                    self.journal.acknowledge(epoch, number)
                case BooksArrived(page=page, complete=complete):
                    self.books.keep(page, complete=complete)
            if isinstance(event, wanted):
                return event


def test_store_and_server_come_to_agree_through_every_fault_of_the_cable(
    world: World, cable: NetworkSwitch, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.db"
    kiosk = Kiosk(path)
    kiosk.write(FACTS_WRITTEN)
    address = ServerAddress(
        url=cable.url, key=world.terminal("0412").key, connect_s=20, answer_s=20, silence_s=20
    )
    sync = SyncClient(
        lambda: StoreShelf(path, "0412", 1), kiosk.inbox.put, address, steady=time.monotonic, pause_s=0.01
    )
    cable.pull()
    sync.start()
    kiosk.wait_for(DeviceBroke)
    sync.order(Reserve("0412-1", "7F314"))
    assert kiosk.wait_for(ServerSilent) == ServerSilent("0412-1")
    cable.plug()
    kiosk.wait_for(DeviceWorks)
    cable.cut_after(600)
    kiosk.wait_for(DeviceBroke)
    kiosk.write(10)
    cable.plug()
    sync.order(Reserve("0412-2", "7F314"))
    reserved = kiosk.wait_for(Reserved)
    sync.order(Reserve("0412-3", "7F999"))
    refused = kiosk.wait_for(ReservationRefused)
    sync.poke()
    while kiosk.journal.acknowledged < kiosk.journal.last_number or not kiosk.books.version:
        kiosk.wait_for(FactsArrived if kiosk.books.version else BooksArrived)
    sync.stop()

    assert isinstance(reserved, Reserved)
    assert reserved.document.code == "482913"
    assert refused == ReservationRefused("0412-3", RefusedBecause.UNKNOWN)
    booked = kiosk.books.clamp("7F314")
    assert booked is not None
    assert booked.debt == reserved.document.debt
    assert [(fact["epoch"], fact["number"]) for fact in world.rows(facts)] == [
        (1, number) for number in range(1, FACTS_WRITTEN + 11)
    ]
    with closing(StoreShelf(path, "0412", 1)) as shelf:
        assert [fact["hash"] for fact in world.rows(facts)] == [
            entry.hash for entry in shelf.entries_after(0, 1_000)
        ]
    kiosk.journal.close()


def test_a_slip_of_the_real_signer_is_held_by_the_real_server_and_its_end_comes_down_with_the_books(
    world: World, cable: NetworkSwitch, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.db"
    kiosk = Kiosk(path)
    signer = ClaimSigner(Sealer(bytes(32)), "0412", 1)
    slip = signer.sign(ClaimSlip("0412-1-C00012", 750, "EUR", ClaimReason.CHANGE_SHORT))
    kiosk.journal.append([ClaimKeyMade(signer.public_key)], AT, 0)
    address = ServerAddress(
        url=cable.url, key=world.terminal("0412").key, connect_s=20, answer_s=20, silence_s=20
    )
    sync = SyncClient(
        lambda: StoreShelf(path, "0412", 1), kiosk.inbox.put, address, steady=time.monotonic, pause_s=0.01
    )
    sync.start()
    kiosk.wait_for(FactsArrived)
    sync.order(HoldClaim("r-1", slip))
    assert kiosk.wait_for(ClaimHeld) == ClaimHeld("r-1")
    redeemed = ClaimRedeemed("0412-1-C00012", "0412-1-000001", 750, SecuredBy.SERVER)
    kiosk.journal.append([redeemed], AT, 0)
    sync.poke()
    while not any(isinstance(row, ClaimRedeemedRow) for row in _rows(kiosk.wait_for(BooksArrived))):
        continue
    sync.order(HoldClaim("r-2", slip))
    assert kiosk.wait_for(ClaimNotHeld) == ClaimNotHeld("r-2", ClaimRefusal.REDEEMED)
    sync.stop()


def test_the_server_speaks_for_a_terminal_that_the_books_do_not_know_yet(
    world: World, cable: NetworkSwitch, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.db"
    kiosk = Kiosk(path)
    other, stranger = Signer("0413"), Signer("0413")
    issuer = world.terminal("0413")
    issuer.send(issuer.write(other.made))
    slips = [read_slip(other.slip(7)), read_slip(stranger.slip(7))]
    assert [kiosk.books.claim(slip) for slip in slips] == [ClaimRefusal.UNKNOWN_ISSUER] * 2
    address = ServerAddress(
        url=cable.url, key=world.terminal("0412").key, connect_s=20, answer_s=20, silence_s=20
    )
    sync = SyncClient(lambda: StoreShelf(path, "0412", 1), kiosk.inbox.put, address, steady=time.monotonic)
    for number, slip in enumerate(slips):
        sync.order(HoldClaim(f"r-{number}", slip))
    sync.start()
    assert kiosk.wait_for(ClaimHeld) == ClaimHeld("r-0")
    assert kiosk.wait_for(ClaimNotHeld) == ClaimNotHeld("r-1", ClaimRefusal.FORGED)
    sync.stop()
    kiosk.journal.close()


def _rows(event: Event) -> tuple[AnyRow, ...]:
    assert isinstance(event, BooksArrived)
    return event.page.rows
