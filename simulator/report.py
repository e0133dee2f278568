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
    money_in_minor: int = 0
    delivered_minor: int = 0
    change_minor: int = 0
    claims_minor: int = 0
    codes_released: int = 0
    facts: int = 0
    is_chained: bool = True

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
            books.money_in_minor += amount_minor
        case facts.PaymentSettled(price_minor=price_minor):
            books.payments += 1
            books.delivered_minor += price_minor
        case facts.PaymentCancelled():
            books.cancelled += 1
        case facts.PayoutOrdered(order=order, coin_minor=coin_minor):
            coin_of_order[order] = coin_minor
        case facts.PayoutReported(order=order, paid=paid):
            books.change_minor += paid * coin_of_order[order]
        case facts.ClaimIssued(amount_minor=amount_minor):
            books.claims_minor += amount_minor
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
    }
    report = {
        "payments": books.payments,
        "cancelled": books.cancelled,
        "money_in_minor": books.money_in_minor,
        "delivered_minor": books.delivered_minor,
        "change_minor": books.change_minor,
        "claims_minor": books.claims_minor,
        "codes_released": books.codes_released,
        "facts": books.facts,
        "facts_on_server": server["facts"],
        "conservation": all(checks.values()),
        "checks": checks,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return report


def _same_sums(books: Books, server: dict[str, Any]) -> bool:
    ours = (books.money_in_minor, books.delivered_minor, books.change_minor, books.claims_minor)
    money = server["money"].get(CURRENCY, {})
    theirs = tuple(
        money.get(name) for name in ("kept_minor", "delivered_minor", "paid_out_minor", "claims_minor")
    )
    return ours == theirs and books.codes_released == server["codes_released"]


def _coins_agree(books: Books, coins: Whereabouts) -> bool:
    """What was dropped and did not come back from the slot is what the journal kept; likewise paid out."""
    kept_minor = value_minor(coins.inserted) - value_minor(coins.returned)
    return kept_minor == books.money_in_minor and value_minor(coins.paid_out) == books.change_minor
