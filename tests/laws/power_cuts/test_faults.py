"""A disk that fails at any call closes the terminal and loses nothing; and known mistakes are found."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlite_utils import Database

from kiosk.flows.commands import StopCoins
from kiosk.flows.screens import OutOfServiceScreen, StartScreen
from kiosk.session import Session
from kiosk.store import database
from laws.disk import Calls, Fault, Order, Recording
from laws.power_cuts.__main__ import main
from laws.power_cuts.chronicle import Chronicle
from laws.power_cuts.desk import Desk
from laws.power_cuts.faults import Depth, every_fault
from server.store.engine import Database as ServerDatabase


def test_every_call_of_a_payment_fails_once_in_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--only", "faults", "--seed", "2"])
    told = capsys.readouterr().out
    assert status == 0, told
    figures = json.loads(told.splitlines()[-1])
    assert figures["faults"]["F3"] > 300
    assert figures["closed"] > figures["faults"]["F3"] * 0.8
    for way in ("no room", "write error", "failed sync", "read error"):
        assert figures["faults"][way] > 20, way


def broken(way: str, order: Order = Order.EXT4) -> set[str]:
    depth = Depth(states=4, boundaries=2, next_life=1, one_in=10)
    return {finding.law for finding in every_fault("one payment", 1, order, depth, only=way).states.findings}


def test_finds_a_session_that_goes_on_when_it_cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "_close", lambda *_: None)
    assert "16" in broken("failed sync")


def test_finds_a_store_that_stays_without_a_write_ahead_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(connection: sqlite3.Connection, _path: Path) -> None:
        connection.execute("PRAGMA journal_mode = WAL")

    monkeypatch.setattr(database, "_use_a_log", trusting)
    monkeypatch.setattr(database, "_make", lambda _path: None)
    assert "11" in broken("write error", Order.STANDARD)


def test_finds_a_log_that_is_trusted_after_a_failed_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_renew_log", lambda _log: None)
    assert "11" in broken("failed sync")


# --- one by one ----------------------------------------------------------------------------------------


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with Recording(tmp_path) as recording:
        yield recording


def test_a_disk_below_its_reserve_takes_no_coins_within_a_second(recording: Recording) -> None:
    desk = Desk(recording.folder / "kept", Chronicle(recording))
    desk.start()
    recording.seem_to_have_room(1_000_000)
    desk.wait(1)
    assert isinstance(desk.screen, OutOfServiceScreen)
    recording.seem_to_have_room(None)
    desk.wait(1)
    assert isinstance(desk.screen, StartScreen)
    desk.let_go()


def test_a_store_whose_log_cannot_be_made_does_not_open(recording: Recording) -> None:
    path = recording.folder / "terminal.db"
    with Database(sqlite3.connect(path), execute_plugins=False).conn as old:
        old.execute("CREATE TABLE something (number INTEGER)")
    old.close()
    for number in range(1, 4):
        recording.fail(Fault(Calls.WRITES, number, lasts=True))
        with pytest.raises(sqlite3.OperationalError):
            database.open_for_writing(path)
        recording.mend()
    database.open_for_writing(path).close()


def test_a_server_whose_log_cannot_be_made_does_not_open(recording: Recording) -> None:
    server = ServerDatabase(f"sqlite:///{recording.folder / 'parking.db'}")
    recording.fail(Fault(Calls.WRITES, 1, lasts=True))
    with pytest.raises(OperationalError, match=r"disk I/O error|write-ahead log"), server.writing():
        pass
    recording.mend()
    with server.writing():
        pass
    server.close()


def test_a_coin_that_cannot_be_written_stops_the_coins_at_once(recording: Recording) -> None:
    desk = Desk(recording.folder / "kept", Chronicle(recording))
    desk.start()
    recording.fail(Fault(Calls.SYNCS, 1))
    desk.coins(1)
    assert desk.given[-1] == StopCoins()
    assert isinstance(desk.screen, OutOfServiceScreen)
    desk.wait(31)
    assert isinstance(desk.screen, StartScreen), "opened and verified anew"
    desk.let_go()


def test_a_folder_that_cannot_be_synced_is_no_place_for_money(recording: Recording) -> None:
    path = recording.folder / "terminal.db"
    database.open_for_writing(path).close()
    recording.count(Calls.SYNCS)
    database.open_for_writing(path).close()
    syncs = recording.counted
    for number in range(1, syncs + 1):
        recording.fail(Fault(Calls.SYNCS, number))
        with pytest.raises((OSError, sqlite3.OperationalError)):
            database.open_for_writing(path)
        recording.mend()
    assert syncs >= 1
