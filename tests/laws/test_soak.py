"""The long run's own arithmetic: last lines are added up, and what was not reached is said."""

from pathlib import Path

import pytest

from laws.soak import __main__ as soak
from laws.soak.__main__ import run
from laws.soak.plan import AIMS, Job, added, figure, jobs, missed


def test_last_lines_are_added_up() -> None:
    one = {"seeds": 1, "faults": {"F1 killed": 3, "F6 away": 1}, "last": "a"}
    other = {"seeds": 2, "faults": {"F1 killed": 4, "F10 cloned": 5}, "last": "b", "new": 7}
    assert added(one, other) == {
        "seeds": 3,
        "faults": {"F1 killed": 7, "F6 away": 1, "F10 cloned": 5},
        "last": "b",
        "new": 7,
    }


def test_a_fault_class_is_the_sum_of_its_kinds() -> None:
    figures = {"faults": {"F1 killed": 3, "F1 server died": 2, "F10 cloned": 5}, "seeds": 4}
    assert figure(figures, "faults.F1") == 5
    assert figure(figures, "faults.F10") == 5
    assert figure(figures, "faults") == 10
    assert figure(figures, "seeds") == 4
    assert figure(figures, "kills") == 0


def test_what_is_missing_is_said() -> None:
    assert len(missed({})) == len(AIMS)
    words = missed({"kills": {"kills": 1000, "violations": 1}, "planted": {"planted": 25, "found": 24}})
    assert "kills: 1 violations" in words
    assert "planted: 24 of 25 mistakes found" in words
    assert not any(text.startswith("kills: kills") for text in words)


def test_every_aim_belongs_to_a_job() -> None:
    assert {aim.harness for aim in AIMS} == {job.harness for job in jobs()}


def test_a_process_that_ends_badly_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "LOGS", tmp_path)
    figures = run(Job("nothing", "nothing", ("laws.there_is_no_such_harness",)))
    assert figures["failed"] == 1
    assert "nothing: 1 of its processes ended badly" in missed({"nothing": figures})
