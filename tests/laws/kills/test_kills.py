"""Real processes are killed while customers pay, and every law holds."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from laws.kills import __main__ as command
from laws.kills.postgresql import NoPostgresqlError, private_postgresql

KILLS = 50


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = command.main(list(arguments))
    told = capsys.readouterr().out
    figures: dict[str, Any] = json.loads(told.splitlines()[-1])
    assert figures["violations"] == 0, told
    return code, figures


def test_no_kill_breaks_a_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "KEPT", tmp_path)
    code, figures = _run(capsys, "--kills", str(KILLS), "--seed", "20261120")
    assert code == 0
    assert figures["kills"] >= KILLS
    assert figures["kills_of_terminal"] > figures["kills_of_server"] > 0
    assert figures["exit_codes"]["-9"] == figures["kills"]
    assert figures["payments"] > 0
    assert figures["coins"] > 0
    assert figures["facts"] > figures["restarts"]
    assert list(tmp_path.iterdir()) == []


def test_a_server_on_postgresql_is_killed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        with private_postgresql(Random(0)):
            pass
    except NoPostgresqlError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(command, "KEPT", tmp_path)
    _, figures = _run(capsys, "--kills", "6", "--terminals", "1", "--postgresql")
    assert figures["kills"] >= 6


@pytest.mark.parametrize("wrong", ["0", "-3", "many"])
def test_a_number_that_is_none_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--kills", wrong])
    assert "expected a number from 1 on" in capsys.readouterr().err
