"""Worlds of requests find a server that lets a slip count more than once."""

import logging
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection

from laws.requests.hands import Hands
from laws.requests.world import Setting, play
from parking.claims import ClaimReason, ClaimRefusal
from parking.facts import ClaimPresented, ClaimRedeemed, ClaimTurnedAway, Fact, SecuredBy, encode_fact
from server.office import claim_desk, claims

CLAIM = "0413-1-C00007"
SEEDS = range(40, 46)


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


def _holds_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_connection: Connection, _number: str) -> list[str]:
        return []

    monkeypatch.setattr(claims, "holders_of", nobody)


def _holds_what_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        return None

    monkeypatch.setattr(claim_desk, "_taken_before", never)


def _raises_no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_arguments: object) -> None:
        return None

    monkeypatch.setattr(claims, "compare", silent)


@pytest.mark.parametrize(
    ("plant", "law", "words"),
    [
        (_holds_for_everybody, "9", "may be taking it"),
        (_holds_what_was_taken, "9", "it was taken by"),
        (_raises_no_alarm, "9", "there are 0 alarms of that"),
    ],
)
def test_a_server_with_this_mistake_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], law: str, words: str
) -> None:
    plant(monkeypatch)

    for seed in SEEDS:
        tally, _ = play(seed, Setting(1500))
        if tally.violations:
            break
    assert [violation.law for violation in tally.violations] == [law]
    assert words in tally.violations[0].words


def _told(hands: Hands, terminal: str, *facts: Fact) -> None:
    for fact in facts:
        hands.told(terminal, 1, encode_fact(fact))


def _presented(reference: str) -> Fact:
    return ClaimPresented(CLAIM, 750, ClaimReason.CHANGE_SHORT, reference)


def test_a_promise_lasts_until_its_terminal_tells_what_came_of_it() -> None:
    hands = Hands()
    assert hands.against(CLAIM, "0412", "r-1") == ""
    hands.promised(CLAIM, "0412", "r-1")

    assert "0412" in hands.against(CLAIM, "0414", "r-2")
    assert hands.against(CLAIM, "0412", "r-3") == ""
    assert hands.bears_out(ClaimRefusal.HELD, CLAIM, "0414", "r-2")

    _told(hands, "0412", _presented("r-1"), ClaimTurnedAway(CLAIM, ClaimRefusal.LET_GO))
    assert hands.against(CLAIM, "0414", "r-2") == ""
    assert "ended" in hands.against(CLAIM, "0412", "r-1")
    assert not hands.bears_out(ClaimRefusal.HELD, CLAIM, "0414", "r-2")


def test_what_was_taken_is_promised_to_nobody() -> None:
    hands = Hands()
    _told(hands, "0412", _presented("r-1"), ClaimRedeemed(CLAIM, "0412-1", 750, SecuredBy.BOOKS))

    assert hands.ends(CLAIM) == 1
    assert "taken" in hands.against(CLAIM, "0414", "r-2")
    _told(hands, "0414", ClaimRedeemed(CLAIM, "0414-1", 750, SecuredBy.BOOKS))
    assert hands.ends(CLAIM) == 2
