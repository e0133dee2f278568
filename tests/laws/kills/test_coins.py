"""Coin by coin: whatever the journal says of a coin that is not so, breaks law 5."""

import pytest

from laws.kills.coins import CoinByCoin
from laws.tally import BrokenLawError, Tally
from parking.facts import (
    AcceptorRestarted,
    CoinCounterFound,
    CoinEventsLost,
    CoinKept,
    CoinTurnedAway,
    Fact,
    entry_after,
)

PAYMENT = "0412-1-00001"


def kept(amount_minor: int, counter: int) -> CoinKept:
    return CoinKept(PAYMENT, amount_minor, 1, None, counter)


def take(coins: CoinByCoin, fact: Fact) -> None:
    coins.take(entry_after(None, fact, terminal="0412", epoch=1, at_ms=0, books_version=0), fact)


def read(dropped: list[int], *facts: Fact) -> CoinByCoin:
    coins = CoinByCoin(dropped, Tally())
    for fact in facts:
        take(coins, fact)
    return coins


def test_the_true_story_is_believed() -> None:
    dropped = [200, 0, 100]
    coins = read(dropped, CoinCounterFound(0), kept(200, 1), CoinTurnedAway(2, 2))
    assert (coins.told, coins.untold_minor()) == (2, 100)
    take(coins, kept(100, 3))
    assert coins.untold_minor() == 0


def test_the_counter_goes_from_255_to_1() -> None:
    dropped = [10] * 300
    counters = [number % 255 + 1 for number in range(300)]
    coins = read(dropped, *(kept(10, counter) for counter in counters))
    assert coins.told == 300


def test_what_was_lost_is_counted() -> None:
    dropped = [200, 100, 50, 20, 10, 10, 10, 10]
    coins = read(dropped, CoinCounterFound(0), CoinEventsLost(3, 3), kept(20, 4))
    assert (coins.lost_events, coins.lost_minor, coins.untold_minor()) == (3, 350, 40)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([kept(100, 1)], id="another value"),
        pytest.param([kept(200, 1), kept(200, 1)], id="twice"),
        pytest.param([kept(200, 1), kept(100, 3)], id="one was left out"),
        pytest.param([kept(200, 1), kept(100, 2), kept(10, 3)], id="one that nobody dropped"),
        pytest.param([CoinTurnedAway(2, 1)], id="kept, and called given back"),
        pytest.param([CoinEventsLost(1, 1)], id="called lost while the acceptor has it"),
        pytest.param([AcceptorRestarted(0)], id="a restart that never was"),
        pytest.param([CoinCounterFound(1), kept(100, 1)], id="the counter does not fit"),
    ],
)
def test_anything_else_breaks_the_law(facts: list[Fact]) -> None:
    with pytest.raises(BrokenLawError):
        read([200, 100], *facts)
