"""No state that a power cut leaves breaks a law; and known mistakes in the stores are found."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlite_utils import Database

from kiosk.flows.customer import decide
from kiosk.flows.events import Event
from kiosk.flows.folding import fold_all
from kiosk.flows.showing import screen_of
from kiosk.flows.state import Terminal
from kiosk.session import Session, Store
from kiosk.store import database, sealing
from kiosk.store.journal import Journal
from laws.power_cuts.__main__ import main
from laws.power_cuts.run import find
from parking.civil_time import Moment
from parking.facts import Fact
from server.store import engine


def test_a_sample_of_states_breaks_no_law(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--states", "20000", "--seed", "7", "--only", "cuts"])
    told = capsys.readouterr().out
    assert status == 0, told
    figures = json.loads(told.splitlines()[-1])
    assert figures["violations"] == 0
    assert figures["states"] >= 20_000
    assert figures["distinct"] > 4_000
    assert figures["boundaries"] > 500
    for scenario in ("first start", "with a reader", "many customers", "standard", "ext4", "server:"):
        assert scenario in told


# --- planted mistakes ----------------------------------------------------------------------------------


def laws_broken() -> set[str]:
    return {finding.law for finding in find(3_000)}


def opening_with(*statements: str) -> Callable[[Path], Database]:
    honest = database.open_for_writing

    def open_for_writing(path: Path) -> Database:
        db = honest(path)
        for statement in statements:
            db.conn.execute(statement)
        return db

    return open_for_writing


@pytest.mark.parametrize("level", ["NORMAL", "OFF"])
def test_finds_a_store_that_does_not_sync_each_step(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setattr(database, "open_for_writing", opening_with(f"PRAGMA synchronous = {level}"))
    assert "11" in laws_broken()


def test_finds_a_rollback_journal_without_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = opening_with("PRAGMA journal_mode = DELETE", "PRAGMA synchronous = OFF")
    monkeypatch.setattr(database, "open_for_writing", opening)
    assert laws_broken()


def test_finds_a_log_that_is_thrown_away_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = database.open_for_writing

    def open_for_writing(path: Path) -> Database:
        path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
        return honest(path)

    monkeypatch.setattr(database, "open_for_writing", open_for_writing)
    assert "11" in laws_broken()


def test_finds_a_code_that_is_shown_before_its_fact_is_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Session._decide_and_act

    def show_first(self: Session, event: Event, at: Moment, store: Store) -> None:
        step = decide(self._terminal, event, at, self._site)
        after = fold_all(self._terminal, step.facts, at)
        self._show(screen_of(after, at, self._site, store.reveal, store.sign))
        honest(self, event, at, store)

    monkeypatch.setattr(Session, "_decide_and_act", show_first)
    assert laws_broken() == {"3"}


def test_finds_a_snapshot_that_is_trusted_more_than_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(self: Journal) -> tuple[int, Terminal]:
        row = self._db.conn.execute("SELECT state FROM snapshot").fetchone()
        return (self.last_number, msgspec.json.decode(row[0], type=Terminal)) if row else (0, Terminal())

    monkeypatch.setattr(Journal, "_snapshot", trusting)
    assert "8" in laws_broken()


def test_finds_a_step_that_is_written_in_two_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Journal.append

    def one_by_one(self: Journal, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        for fact in facts:
            honest(self, [fact], at, books_version)

    monkeypatch.setattr(Journal, "append", one_by_one)
    assert "8" in laws_broken()


def test_finds_a_key_that_is_written_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def make_key(path: Path, key: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        path.touch(0o600)
        path.write_bytes(key)

    monkeypatch.setattr(sealing, "_make_key", make_key)
    assert "19" in laws_broken()


def test_finds_a_folder_whose_name_is_not_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    def make_folder(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr("laws.power_cuts.terminal_store.make_folder", make_folder)
    monkeypatch.setattr("kiosk.store.sealing.make_folder", make_folder)
    assert "11" in {finding.law for finding in find(6_000, only="one payment")}


def test_finds_a_server_that_does_not_sync_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    slack = tuple(pragma.replace("FULL", "OFF") for pragma in engine._PRAGMAS)
    monkeypatch.setattr(engine, "_PRAGMAS", slack)
    assert find(3_000, only="server")
