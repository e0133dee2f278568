"""Requests that come twice, late, torn or from nobody have one effect each, on every wire and database."""

import json
import logging
from collections.abc import Iterator

import pytest

from laws.requests.__main__ import main
from laws.requests.world import Setting, play
from laws.tally import Tally


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What is logged about rubbish and bad weather is not what these tests are about."""
    loggers = [logging.getLogger(name) for name in ("kiosk", "server")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def broken(tally: Tally) -> list[str]:
    """Which laws were broken, and how."""
    return [f"law {violation.law}: {violation.words}" for violation in tally.violations]


def test_five_thousand_requests_have_one_effect_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--requests", "5000"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert figures["violations"] == 0
    assert figures["requests"] >= 5_000
    for law in ("4", "8", "9", "11", "12", "14", "17"):
        assert figures["laws"][law] > 0, law
    for kind in (
        "F1 server started anew",
        "F6 answer dropped",
        "F6 answer truncated",
        "F6 batch ahead of its turn",
        "F6 batch that overlaps",
        "F6 delayed behind newer ones",
        "F6 doubled",
        "F6 dropped",
        "F6 late copy of a question for books",
        "F6 late copy of a reservation",
        "F6 late copy of a slip",
        "F6 slip refused: held",
        "F6 slip refused: redeemed",
        "F6 slip taken twice",
        "F6 late copy of facts",
        "F6 torn",
        "F9 genuine nonsense",
        "F9 rubbish",
        "F10 cloned disk",
        "F10 new disk",
    ):
        assert figures["faults"][kind] > 0, kind


def test_the_same_over_a_socket() -> None:
    tally, requests = play(7, Setting(250, over_socket=True))

    assert broken(tally) == []
    assert requests >= 250


def test_the_same_on_postgresql(postgresql_address: str) -> None:
    tally, requests = play(8, Setting(600, address=postgresql_address))

    assert broken(tally) == []
    assert requests >= 600


def test_a_world_that_was_lived_once_can_be_lived_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(2):
        assert main(["--requests", "300", "--seed", "3"]) == 0
        told.append(capsys.readouterr().out)

    assert told[0] == told[1]
