"""The acceptor's counter: a sample of the whole product breaks no law, and known mistakes are found."""

import json
from typing import Any

import pytest

from kiosk.flows import recovery
from kiosk.flows.commands import WatchCoins
from kiosk.flows.state import AcceptorEvent
from kiosk.flows.step import Draft
from kiosk.hardware.cctalk.coin_acceptor import CoinAcceptor
from laws.counters.__main__ import main
from laws.counters.cases import CRASHES, all_cases
from parking.facts import CoinEventsLost, Fact

CASES = 255 * 7 * 3 * len(CRASHES)


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    ended = main(list(arguments))
    told: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert ended == (1 if told["violations"] else 0)
    return told


def test_the_product_is_whole() -> None:
    cases = list(all_cases())
    assert len({(case.counter, case.gap, case.reset, case.crash) for case in cases}) == CASES
    assert [case.number for case in cases] == list(range(CASES))


def test_a_sample_of_all_cases_loses_and_doubles_no_coin(capsys: pytest.CaptureFixture[str]) -> None:
    told = figures(capsys, "--every", "67")
    assert told["cases"] >= 900
    assert (told["lost"], told["doubled"], told["violations"]) == (0, 0, 0)
    assert told["declared"] > 0
    assert told["kills"] > told["cases"] / 2


def test_a_case_can_be_lived_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = [figures(capsys, "--case", "31234", "--seed", "7") for _ in range(2)]
    assert told[0] == told[1]
    assert told[0]["cases"] == 1


# --- planted mistakes ----------------------------------------------------------------------------------


def test_finds_a_restart_that_takes_the_counter_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = recovery.started

    def started(draft: Draft, software: str) -> None:
        honest(draft, software)
        draft._commands = [
            WatchCoins(None) if isinstance(command, WatchCoins) else command for command in draft._commands
        ]

    monkeypatch.setattr(recovery, "started", started)
    assert figures(capsys, "--every", "997")["lost"] > 0


def test_finds_a_gap_that_is_credited_without_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Draft.note

    def note(self: Draft, *happened: Fact) -> None:
        honest(self, *(fact for fact in happened if not isinstance(fact, CoinEventsLost)))

    monkeypatch.setattr(Draft, "note", note)
    assert figures(capsys, "--every", "499")["lost"] > 0


def test_finds_coins_that_are_told_again_after_a_restart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = CoinAcceptor._watch_from

    def from_before(self: CoinAcceptor, counter: int | None, *events: tuple[AcceptorEvent, ...]) -> None:
        honest(self, counter and max(0, counter - 1), *events)

    monkeypatch.setattr(CoinAcceptor, "_watch_from", from_before)
    assert figures(capsys, "--every", "997")["violations"] > 0


def test_finds_an_acceptor_that_began_anew_and_is_not_compared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal's number comes again after a reset: the case that was lost before events were kept."""
    honest = CoinAcceptor._watch_from

    def without_events(self: CoinAcceptor, counter: int | None, *_events: tuple[AcceptorEvent, ...]) -> None:
        honest(self, counter, ())

    monkeypatch.setattr(CoinAcceptor, "_watch_from", without_events)
    young = [case.number for case in all_cases() if case.counter == case.gap == 4]
    lost = sum(figures(capsys, "--case", str(number))["lost"] for number in young)
    assert lost > 0
