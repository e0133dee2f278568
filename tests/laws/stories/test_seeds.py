"""Stories from seeds: none breaks a law, and each can be lived again exactly."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from laws.__main__ import main

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
