"""Each planted mistake is found by the harness that should find it, and without it the harness sees nothing."""

import json

import pytest

from laws.__main__ import main
from laws.planted.__main__ import ROOMS
from laws.planted.hunt import control, hunt
from laws.planted.mistake import MISTAKES, Hunter, Mistake

AT_MOST = 60
"""`near` is a case that comes near the mistake, as the stories were when it was chosen; they may have changed."""


def test_all_mistakes_are_in_the_list() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(set(names)) == len(names) >= 24
    assert all(mistake.plant.__module__ for mistake in MISTAKES)
    assert len(ROOMS) == 4


@pytest.mark.parametrize("planted", MISTAKES, ids=lambda planted: planted.name)
def test_a_planted_mistake_is_found(planted: Mistake) -> None:
    catch = hunt(planted, first=planted.near, at_most=AT_MOST)

    assert catch.seen is not None, (
        f"not found in {AT_MOST} {planted.hunter.value}; others: {catch.others[:3]}"
    )
    assert catch.seen.law in planted.laws


@pytest.mark.parametrize("hunter", list(Hunter), ids=lambda hunter: hunter.value)
def test_without_a_mistake_nothing_is_seen(hunter: Hunter) -> None:
    cases = range(1, 2) if hunter is Hunter.POWER_CUTS else range(1, 3)
    assert control(hunter, cases) == []


def test_the_command_tells_how_long_each_hunt_took(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--planted", "--only", "code-before-record"]) == 0

    *told, last = capsys.readouterr().out.splitlines()
    assert json.loads(last) == {
        "planted": 1,
        "found": 1,
        "violations": 0,
        "mistakes": {"code-before-record": 1},
    }
    assert any(line.startswith("control:") for line in told)
