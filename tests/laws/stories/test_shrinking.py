"""The shortest story: fewer payments, then faults left out, as long as the same law breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows import machine
from kiosk.flows.events import CoinAccepted, Event
from kiosk.flows.step import Draft
from laws.__main__ import main
from laws.stories.play import play
from laws.stories.shrinking import MOST_STORIES, as_ranges, from_ranges, shortest
from laws.tally import Tally, Violation
from parking.facts import CoinKept


def broken(payments: int, faults: int, law: str = "5") -> Tally:
    return Tally(violations=[Violation(7, law, "", payments, (), faults)])


def test_what_is_not_needed_is_left_out() -> None:
    """Law 5 breaks from payment 6 on when the faults 3 and 17 come; another law when they do not."""

    def live(seed: int, payments: int, without: frozenset[int]) -> Tally:
        assert seed == 7
        if payments < 6:
            return Tally()
        return broken(6, 20) if not without & {3, 17} else broken(6, 20, law="8")

    found = shortest(broken(40, 20).violations[0], 100, frozenset(), live)
    assert found.payments == 6
    assert found.without == frozenset(range(1, 21)) - {3, 17}
    assert found.command == "python -m laws --seed 7 --payments 6 --without 1-2,4-16,18-20"


def test_the_search_ends() -> None:
    lived = []

    def live(seed: int, payments: int, without: frozenset[int]) -> Tally:
        lived.append((seed, payments, without))
        return broken(90, 4000) if payments >= 90 and not without else Tally()

    found = shortest(broken(90, 4000).violations[0], 100, frozenset(), live)
    assert (found.payments, found.without) == (91, frozenset())
    assert len(lived) == MOST_STORIES


@given(st.frozensets(st.integers(1, 300), min_size=1))
def test_ranges_say_what_they_mean(numbers: frozenset[int]) -> None:
    assert from_ranges(as_ranges(numbers)) == numbers


def test_faults_that_are_left_out_do_not_come() -> None:
    everything = frozenset(range(1, 10_000))
    tally = play(2, 3, without=everything)
    assert tally.violations == []
    assert {kind.split()[0] for kind in tally.faults} <= {"F10", "F11"}


def test_a_violation_is_told_with_its_shortest_story(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    honest = machine.answered

    def twice(draft: Draft, event: Event) -> bool:
        told = honest(draft, event)
        if isinstance(event, CoinAccepted) and event.counter == 5:
            draft.note(*(fact for fact in draft._facts if isinstance(fact, CoinKept)))
        return told

    monkeypatch.setattr(machine, "answered", twice)
    assert main(["--seed", "3", "--payments", "6"]) == 1
    told = capsys.readouterr().out
    assert "LAW 5 IS BROKEN" in told
    assert "THE SHORTEST STORY FOUND: 2 payments" in told
    assert "python -m laws --seed 3 --payments 2" in told


def test_what_cannot_be_read_is_refused_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--without", "all"], ["--payments", "0"], ["--workers", "none"]):
        with pytest.raises(SystemExit):
            main(["--seed", "1", *wrong])
    told = capsys.readouterr().err
    assert "such as 1-4,7" in told
    assert "'0' is no number" in told
