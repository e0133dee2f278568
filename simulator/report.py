"""What a run of the street came to, computed from the journal, the server's tables and the coins themselves.

Nothing here is told by the programs about themselves: the journal's chain is checked and its facts are added
up anew, the server counts its own tables, and the simulated devices know where every coin lies.
"""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from parking import facts
from simulator.devices.coin_line import Whereabouts, value_minor

CURRENCY = "EUR"
"""The currency of the simulated street."""


class Books(msgspec.Struct):
    """Sums over the facts of a journal, in minor units."""

    payments: int = 0
    cancelled: int = 0
    coins_in_minor: int = 0
    redeemed_minor: int = 0
    """What came in on slips."""
    delivered_minor: int = 0
    change_minor: int = 0
    claims_minor: int = 0
    codes_released: int = 0
    facts: int = 0
    is_chained: bool = True
    issued: dict[str, int] = msgspec.field(default_factory=dict)
    """The amount of each slip, by its number."""
    redeemed: list[tuple[str, int]] = msgspec.field(default_factory=list)
    """Every slip that was taken, with the amount that it was taken for."""

    @property
    def money_in_minor(self) -> int:
        """Coins, and slips that paid like coins."""
        return self.coins_in_minor + self.redeemed_minor

    @property
    def slips_are_taken_once(self) -> bool:
        """Whether every slip that was taken is one of ours, for its own amount, and none came twice."""
        numbers = [number for number, _ in self.redeemed]
        ours = all(self.issued.get(number) == amount_minor for number, amount_minor in self.redeemed)
        return ours and len(set(numbers)) == len(numbers)

    @property
    def balances(self) -> bool:
        """Whether all that came in was delivered, paid out or is claimed."""
        return self.money_in_minor == self.delivered_minor + self.change_minor + self.claims_minor


def read_journal(path: Path, terminal: str, epoch: int) -> Books:
    """Add up the facts of a terminal's journal and check its chain."""
    books = Books()
    coin_of_order: dict[str, int] = {}
    previous = facts.GENESIS_HASH
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    rows = connection.execute(
        "SELECT number, at_ms, books_version, payload, previous, hash FROM journal ORDER BY number"
    ).fetchall()
    connection.close()
    for number, at_ms, books_version, payload, before, digest in rows:
        entry = facts.Entry(terminal, epoch, number, at_ms, books_version, payload, before, digest)
        books.facts += 1
        books.is_chained &= number == books.facts and before == previous and facts.is_genuine(entry)
        previous = digest
        _add(books, facts.decode_fact(payload), coin_of_order)
    return books


def _add(books: Books, fact: facts.Fact, coin_of_order: dict[str, int]) -> None:
    match fact:
        case facts.CoinKept(amount_minor=amount_minor):
            books.coins_in_minor += amount_minor
        case facts.ClaimRedeemed(claim=claim, amount_minor=amount_minor):
            books.redeemed_minor += amount_minor
            books.redeemed.append((claim, amount_minor))
        case facts.PaymentSettled(price_minor=price_minor):
            books.payments += 1
            books.delivered_minor += price_minor
        case facts.PaymentCancelled():
            books.cancelled += 1
        case facts.PayoutOrdered(order=order, coin_minor=coin_minor):
            coin_of_order[order] = coin_minor
        case facts.PayoutReported(order=order, paid=paid):
            books.change_minor += paid * coin_of_order[order]
        case facts.ClaimIssued(claim=claim, amount_minor=amount_minor):
            books.claims_minor += amount_minor
            books.issued[claim] = amount_minor
        case facts.CodeOpened():
            books.codes_released += 1


def write_report(path: Path, books: Books, server: dict[str, Any], coins: Whereabouts) -> dict[str, Any]:
    """Write `report.json` and return what it says.

    `conservation` is true when the journal balances and its chain holds, when the server's tables say the
    same sums, and when the coins themselves lie where the journal says.
    """
    checks = {
        "journal_balances": books.balances,
        "journal_chain_holds": books.is_chained,
        "server_has_every_fact": server["facts"] == books.facts,
        "server_sums_are_the_same": _same_sums(books, server),
        "no_coin_appeared_or_vanished": coins.is_conserved,
        "coins_lie_where_the_journal_says": _coins_agree(books, coins),
        "slips_are_taken_once": books.slips_are_taken_once,
    }
    report = {
        "payments": books.payments,
        "cancelled": books.cancelled,
        "money_in_minor": books.money_in_minor,
        "coins_in_minor": books.coins_in_minor,
        "redeemed_minor": books.redeemed_minor,
        "delivered_minor": books.delivered_minor,
        "change_minor": books.change_minor,
        "claims_minor": books.claims_minor,
        "claims_open_minor": books.claims_minor - books.redeemed_minor,
        "codes_released": books.codes_released,
        "facts": books.facts,
        "facts_on_server": server["facts"],
        "conservation": all(checks.values()),
        "checks": checks,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return report


def _same_sums(books: Books, server: dict[str, Any]) -> bool:
    ours = {
        "kept_as_coins_minor": books.coins_in_minor,
        "kept_as_claims_minor": books.redeemed_minor,
        "delivered_minor": books.delivered_minor,
        "paid_out_minor": books.change_minor,
        "claims_minor": books.claims_minor,
    }
    money = server["money"].get(CURRENCY, {})
    is_same = all(money.get(name) == amount_minor for name, amount_minor in ours.items())
    counted = (books.codes_released, len(books.redeemed))
    return is_same and counted == (server["codes_released"], server["claims_redeemed"])


def _coins_agree(books: Books, coins: Whereabouts) -> bool:
    """What was dropped and did not come back from the slot is what the journal kept; likewise paid out."""
    kept_minor = value_minor(coins.inserted) - value_minor(coins.returned)
    return kept_minor == books.coins_in_minor and value_minor(coins.paid_out) == books.change_minor
