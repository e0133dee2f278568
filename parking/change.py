"""Which coins can be given back, and which coins may therefore be taken.

The hoppers hold a known number of coins each. A coin is accepted only while every way the payment can
go on from it (it is completed now, or it is cancelled later) can still be paid from that stock.
"""

from collections.abc import Iterable
from math import gcd

import msgspec


class HopperStock(msgspec.Struct, frozen=True):
    """What one hopper holds: its name, the value of its coins in minor units, and their number."""

    hopper: str
    coin_minor: int
    coins: int

    @property
    def value_minor(self) -> int:
        """The value of everything in the hopper, in minor units."""
        return self.coin_minor * self.coins


class CoinPosition(msgspec.Struct, frozen=True):
    """One coin of the acceptor: its position (1-16), its value, and the hopper it falls into.

    `hopper` is None where the sorter sends the coin to the cash box, from which nothing is paid back.
    """

    position: int
    coin_minor: int
    hopper: str | None = None


class Payout(msgspec.Struct, frozen=True):
    """Coins to be paid out of one hopper."""

    hopper: str
    coins: int
    coin_minor: int

    @property
    def value_minor(self) -> int:
        """The value of the coins, in minor units."""
        return self.coins * self.coin_minor


def make_change(amount_minor: int, stock: Iterable[HopperStock]) -> tuple[Payout, ...] | None:
    """Choose coins worth exactly `amount_minor` from the stock, large coins first.

    Returns one payout per hopper that gives coins (none for amount 0), or None where the stock cannot make
    the amount. Every combination is considered, so a stock of 0.50 and 0.20 makes 0.60 from three 0.20.
    """
    hoppers = sorted((held for held in stock if held.coins > 0), key=lambda held: -held.coin_minor)
    return _choose(amount_minor, hoppers)


def _choose(amount_minor: int, hoppers: list[HopperStock]) -> tuple[Payout, ...] | None:
    if amount_minor == 0:
        return ()
    if not hoppers or amount_minor > sum(held.value_minor for held in hoppers):
        return None
    if amount_minor % gcd(*(held.coin_minor for held in hoppers)):
        return None
    first, rest = hoppers[0], hoppers[1:]
    for coins in range(min(first.coins, amount_minor // first.coin_minor), -1, -1):
        others = _choose(amount_minor - coins * first.coin_minor, rest)
        if others is not None:
            own = (Payout(hopper=first.hopper, coins=coins, coin_minor=first.coin_minor),) if coins else ()
            return own + others
    return None


def largest_change(amount_minor: int, stock: Iterable[HopperStock]) -> tuple[Payout, ...]:
    """Choose coins worth as much of `amount_minor` as large coins first can reach, never more.

    For the case that the exact amount cannot be made: what is missing is owed as a claim.
    """
    payouts = []
    for held in sorted(stock, key=lambda held: -held.coin_minor):
        coins = min(held.coins, amount_minor // held.coin_minor)
        if coins > 0:
            payouts.append(Payout(hopper=held.hopper, coins=coins, coin_minor=held.coin_minor))
            amount_minor -= coins * held.coin_minor
    return tuple(payouts)


def with_coin(stock: Iterable[HopperStock], coin: CoinPosition) -> tuple[HopperStock, ...]:
    """The stock after this coin has fallen: one coin more in its hopper, unchanged for the cash box."""
    return tuple(
        HopperStock(
            hopper=held.hopper, coin_minor=held.coin_minor, coins=held.coins + (held.hopper == coin.hopper)
        )
        for held in stock
    )


def acceptable_coins(
    due_minor: int, kept_minor: int, coins: Iterable[CoinPosition], stock: tuple[HopperStock, ...]
) -> frozenset[int]:
    """The positions that may be accepted while every outcome can be changed from the stock.

    A coin that completes the payment must leave change that can be made. A coin that does not complete it
    must leave an amount that can be given back whole on cancelling.
    """
    accepted = set()
    for coin in coins:
        then_kept_minor = kept_minor + coin.coin_minor
        to_return_minor = then_kept_minor - due_minor if then_kept_minor >= due_minor else then_kept_minor
        if make_change(to_return_minor, with_coin(stock, coin)) is not None:
            accepted.add(coin.position)
    return frozenset(accepted)


def exact_coins(due_minor: int, kept_minor: int, coins: Iterable[CoinPosition]) -> frozenset[int]:
    """The positions that may be accepted when no change can be given: none that overshoots the amount due."""
    return frozenset(coin.position for coin in coins if kept_minor + coin.coin_minor <= due_minor)
