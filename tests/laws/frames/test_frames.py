"""Lies on the wire: a sample is not believed, and drivers that believe at once are found."""

import json
from typing import Any

import pytest

from kiosk.hardware.cctalk.coin_acceptor import CoinAcceptor
from kiosk.hardware.cctalk.hopper import Hopper
from kiosk.hardware.escpos.printer import ReceiptPrinter
from laws.frames.__main__ import main


def figures(capsys: pytest.CaptureFixture[str], frames: int, seed: int = 1) -> tuple[dict[str, Any], str]:
    ended = main(["--frames", str(frames), "--seed", str(seed)])
    out = capsys.readouterr().out
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert ended == (1 if told["violations"] else 0)
    return told, out


def test_no_lie_is_believed(capsys: pytest.CaptureFixture[str]) -> None:
    told, out = figures(capsys, 20_000)
    assert told["frames"] >= 20_000
    assert told["violations"] == 0
    assert told["kinds"] >= 25
    assert "a credit has its coin" in out
    assert "a payout result is true" in out
    assert "what is printed came out" in out


def test_the_same_seed_tells_the_same_lies(capsys: pytest.CaptureFixture[str]) -> None:
    assert figures(capsys, 1000, seed=5) == figures(capsys, 1000, seed=5)


# --- planted mistakes ----------------------------------------------------------------------------------


def test_finds_a_credit_that_is_read_only_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CoinAcceptor, "_believable_buffer", CoinAcceptor._reading)
    assert "BELIEVED" in figures(capsys, 20_000)[1]


def test_finds_a_payout_result_that_is_read_only_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hopper, "_status", Hopper._reading)
    assert "BELIEVED" in figures(capsys, 20_000)[1]


def test_finds_a_receipt_whose_end_is_told_only_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReceiptPrinter, "_confirms_end", lambda _self: True)
    assert "BELIEVED what is printed" in figures(capsys, 5000)[1]
