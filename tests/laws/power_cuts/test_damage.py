"""A damaged page is noticed or without effect; and a store that looks less closely is found."""

import json

import pytest

from kiosk.store import journal
from kiosk.store.journal import Journal
from kiosk.store.witness import Witness
from laws.power_cuts.__main__ import main
from laws.power_cuts.damage import damaged_pages


def test_no_damage_is_silently_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--only", "damages", "--seed", "3"])
    told = capsys.readouterr().out
    assert status == 0, told
    figures = json.loads(told.splitlines()[-1])
    assert figures["damages"] >= 300
    assert figures["noticed"] > 100
    assert figures["noticed"] + figures["harmless"] + figures["older"] == figures["damages"]


def test_finds_a_store_that_does_not_look_at_its_pages_and_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "_verify_pages", lambda _self: None)
    monkeypatch.setattr(journal, "damaged_table", lambda _connection: None)
    assert damaged_pages(600, 1).findings


def test_finds_a_journal_without_a_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Witness, "says", lambda _self: None)
    assert damaged_pages(300, 1).findings
