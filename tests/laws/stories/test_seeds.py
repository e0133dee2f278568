"""Stories from seeds: none breaks a law, each can be lived again exactly, and known mistakes are found."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection

from kiosk.flows import machine, recovery
from kiosk.flows.commands import WatchCoins
from kiosk.flows.customer import decide
from kiosk.flows.events import CoinAccepted, Event
from kiosk.flows.folding import fold_all
from kiosk.flows.showing import screen_of
from kiosk.flows.step import Draft
from kiosk.hardware.cctalk import hopper
from kiosk.hardware.cctalk.bus import ExchangeError
from kiosk.hardware.cctalk.hopper import Hopper
from kiosk.hardware.cctalk.messages import Header
from kiosk.session import Session, Store
from laws.__main__ import main
from laws.stories.play import play
from parking.civil_time import Moment
from parking.facts import CoinKept, Fact
from server.office import payments
from server.office.alarms import Place

ROOT = Path(__file__).parents[3]
PAYMENTS = 4


LAWS = ("1", "2", "3", "4", "5", "6", "8", "9", "10", "11", "12", "13", "14", "15", "16")
SEEDS = 200


def lived(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What `python -m laws` says, in a process of its own: it has workers."""
    command = [sys.executable, "-m", "laws", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


def test_two_hundred_stories_break_no_law() -> None:
    told = lived("--seeds", f"1..{SEEDS}", "--payments", "2", "--workers", "2", "--no-shrink")
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]
    figures = json.loads(told.stdout.splitlines()[-1])
    assert (figures["seeds"], figures["violations"]) == (SEEDS, 0)
    assert figures["payments"] >= 2 * SEEDS
    for law in LAWS:
        assert figures["laws"][law] > 0, law
    for number in range(1, 12):
        assert any(kind.split()[0] == f"F{number}" for kind in figures["faults"]), number


def test_a_seed_is_the_same_whoever_lives_it() -> None:
    alone, together = (
        lived("--seeds", "11..14", "--payments", "3", "--workers", workers) for workers in ("1", "2")
    )
    assert alone.stdout == together.stdout
    assert alone.returncode == together.returncode == 0


def test_a_seed_is_the_same_story_every_time(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(2):
        assert main(["--seed", "3", "--payments", str(PAYMENTS)]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    figures = json.loads(told[0].splitlines()[-1])
    assert figures.keys() == {"seeds", "payments", "faults", "laws", "violations"}
    assert figures["seeds"] == 1
    assert figures["violations"] == 0


def test_seeds_are_given_as_a_range(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--seeds", "many"])
    assert "1..100" in capsys.readouterr().err


# --- planted mistakes ----------------------------------------------------------------------------------


def found(law: str, payments: int = PAYMENTS, seeds: int = 20) -> str:
    """The words of the first violation of this law in as many stories at most; fails when there is none.

    Some mistakes need longer stories: so many `payments` are made.
    """
    broken = []
    for seed in range(1, 1 + seeds):
        for violation in play(seed, payments).violations:
            assert violation.story
            assert violation.seed == seed
            if violation.law == law:
                return violation.words
            broken.append(violation)
    pytest.fail(f"nobody noticed in {seeds} stories; other laws: {broken}")


def test_finds_coins_of_a_restart_that_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = recovery.started

    def started(draft: Draft, software: str) -> None:
        honest(draft, software)
        draft._commands = [
            WatchCoins(None) if isinstance(command, WatchCoins) else command for command in draft._commands
        ]

    monkeypatch.setattr(recovery, "started", started)
    assert "are not credited" in found("5")


def test_finds_a_payout_that_is_ordered_again_on_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Hopper._send_once

    def send_until_answered(self: Hopper, job: hopper._Job, order: bytes) -> None:
        honest(self, job, order)
        if not job.was_taken:
            with contextlib.suppress(ExchangeError):
                self._bus.ask(self._peer, Header.EMERGENCY_STOP)
                self._bus.ask(self._peer, Header.DISPENSE_HOPPER_COINS, order, tries=1)

    monkeypatch.setattr(Hopper, "_send_once", send_until_answered)
    assert "were ordered" in found("6", payments=12)


def test_finds_a_fact_that_counts_twice_on_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = payments.apply

    def apply(connection: Connection, fact: Fact, place: Place) -> str | None:
        if isinstance(fact, CoinKept) and place.number % 7 == 0:
            honest(connection, fact, place)
        return honest(connection, fact, place)

    monkeypatch.setattr(payments, "apply", apply)
    assert found("9")


def test_finds_a_code_on_the_screen_before_its_fact_is_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Session._decide_and_act

    def show_first(self: Session, event: Event, at: Moment, store: Store) -> None:
        step = decide(self._terminal, event, at, self._site)
        after = fold_all(self._terminal, step.facts, at)
        self._show(screen_of(after, at, self._site, store.reveal, store.sign))
        honest(self, event, at, store)

    monkeypatch.setattr(Session, "_decide_and_act", show_first)
    assert "no fact is durable" in found("3")


def test_finds_a_coin_that_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = machine.answered

    def answered(draft: Draft, event: Event) -> bool:
        told = honest(draft, event)
        if isinstance(event, CoinAccepted) and event.counter % 9 == 0:
            draft.note(*(fact for fact in draft._facts if isinstance(fact, CoinKept)))
        return told

    monkeypatch.setattr(machine, "answered", answered)
    assert "event" in found("5")
