"""The journal, read by somebody who does not trust the program: straight from the file, with own sums.

Nothing of the terminal's folding is used here; only the form of a fact is shared.
"""

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from laws.stories.program import EPOCH, TERMINAL
from laws.tally import Tally
from parking import facts as f

LAST_COUNTER = 255


@dataclass
class Sums:
    """The money of one payment, in minor units."""

    kept: int = 0
    price: int = 0
    delivered: int = 0
    change: int = 0
    refund: int = 0
    claimed: int = 0

    @property
    def held(self) -> int:
        """What is not accounted for yet."""
        return self.kept - self.delivered - self.change - self.refund - self.claimed


@dataclass
class Ledger:
    """What the journal says so far. `catch_up` reads on and demands the laws of every prefix."""

    file: Path
    tally: Tally
    payments: dict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    orders: dict[str, f.PayoutOrdered] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    claims: dict[str, f.ClaimIssued] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    releases: dict[tuple[str, int], str] = field(default_factory=dict)
    opened: dict[tuple[str, int], str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    hashes: list[str] = field(default_factory=list)
    entries: list[f.Entry] = field(default_factory=list)
    coins: Counter[str] = field(default_factory=Counter)
    counter: int | None = None
    kept_minor: int = 0
    events_lost: int = 0
    acceptor_restarts: int = 0
    payments_opened: int = 0
    payments_closed: int = 0

    def catch_up(self) -> None:
        """Read what is new. Raises BrokenLawError."""
        if not self.file.exists():
            return
        connection = sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)
        try:
            self._read_on(connection)
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
        finally:
            connection.close()

    def _read_on(self, connection: sqlite3.Connection) -> None:
        known = len(self.hashes)
        kept = connection.execute(
            "SELECT count(*), min(number), max(number) FROM journal WHERE number <= ?", (known,)
        ).fetchone()
        self.tally.demand("8", kept[0] == known, f"{known} entries were written, {kept[0]} are left")
        if known:
            row = connection.execute("SELECT hash FROM journal WHERE number = ?", (known,)).fetchone()
            self.tally.demand("11", row[0] == self.hashes[-1], f"entry {known} is another one now")
        rows = connection.execute(
            "SELECT number, at_ms, books_version, payload, previous, hash FROM journal "
            "WHERE number > ? ORDER BY number",
            (known,),
        )
        for number, at_ms, books_version, payload, previous, digest in rows:
            self._append(f.Entry(TERMINAL, EPOCH, number, at_ms, books_version, payload, previous, digest))

    def verify_all(self) -> None:
        """Read the whole file again and compare every hash with what was once seen."""
        connection = sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)
        try:
            found = [row[0] for row in connection.execute("SELECT hash FROM journal ORDER BY number")]
        finally:
            connection.close()
        self.tally.demand("8", found == self.hashes, "the journal is not what it was while it was written")

    def _append(self, entry: f.Entry) -> None:
        before = self.hashes[-1] if self.hashes else f.GENESIS_HASH
        head = [entry.terminal, entry.epoch, entry.number, entry.at_ms, entry.books_version, entry.previous]
        written = json.dumps(head, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{written}\n{entry.payload}".encode()).hexdigest()
        in_place = (entry.number, entry.previous, entry.hash) == (len(self.hashes) + 1, before, digest)
        self.tally.demand("8", in_place, f"entry {entry.number} does not continue the chain")
        self.hashes.append(entry.hash)
        self.entries.append(entry)
        self._take(f.decode_fact(entry.payload))
        held = {name: sums.held for name, sums in self.payments.items() if sums.held < 0}
        self.tally.demand("1", not held, f"after entry {entry.number} more went out than came in: {held}")

    def _take(self, fact: f.Fact) -> None:  # noqa: C901, PLR0912 - one case for each fact about money
        match fact:
            case f.PaymentOpened():
                self.payments_opened += 1
                self.tally.demand("9", fact.payment not in self.payments, f"{fact.payment} is opened twice")
                self.payments[fact.payment].price = fact.price_minor
            case f.CoinKept():
                self._coin(fact)
            case f.CoinTurnedAway() | f.CoinCounterFound():
                self.counter = fact.counter
            case f.CoinEventsLost():
                self.counter = fact.counter
                self.events_lost += fact.events
            case f.AcceptorRestarted():
                self.counter = 0
                self.acceptor_restarts += 1
            case f.PaymentSettled():
                self.payments[fact.payment].delivered += fact.price_minor
            case f.CodeOpened():
                self._release(fact)
            case f.PayoutOrdered():
                self.tally.demand("6", fact.order not in self.orders, f"{fact.order} is ordered twice")
                self.orders[fact.order] = fact
            case f.PayoutReported():
                self._payout_told(fact)
            case f.PayoutInDoubt():
                self._demand_untold(fact.order)
                self.doubted.add(fact.order)
            case f.ClaimIssued():
                self.tally.demand("2", fact.claim not in self.claims, f"{fact.claim} is issued twice")
                self.claims[fact.claim] = fact
                self.payments[fact.payment].claimed += fact.amount_minor
            case f.ReceiptOrdered():
                self.jobs[fact.job] = ""
            case f.ReceiptPrinted():
                self.jobs[fact.job] = "printed"
            case f.ReceiptFailed():
                self.jobs[fact.job] = fact.code
            case f.PaymentClosed():
                self._close(fact)

    def _coin(self, fact: f.CoinKept) -> None:
        expected = None if self.counter is None else self.counter % LAST_COUNTER + 1
        self.tally.demand(
            "5",
            fact.counter == expected,
            f"a coin is kept as the acceptor's event {fact.counter} after {self.counter}",
        )
        self.counter = fact.counter
        self.kept_minor += fact.amount_minor
        self.coins[str(fact.amount_minor)] += 1
        self.payments[fact.payment].kept += fact.amount_minor

    def _release(self, fact: f.CodeOpened) -> None:
        fitting = (fact.identifier, fact.fitting)
        self.tally.demand("4", fitting not in self.releases, f"{fitting} is released a second time")
        sums = self.payments[fact.payment]
        self.tally.demand("2", sums.delivered > 0, f"{fact.payment} opens a code that is not paid")
        self.releases[fitting] = fact.payment
        self.opened[fact.identifier, fact.code_number] = fact.payment

    def _payout_told(self, fact: f.PayoutReported) -> None:
        self._demand_untold(fact.order)
        order = self.orders[fact.order]
        self.tally.demand("6", fact.paid <= order.coins, f"{fact.order} paid {fact.paid} of {order.coins}")
        self.paid[fact.order] = fact.paid
        sums = self.payments[order.payment]
        if order.purpose is f.PayoutPurpose.CHANGE:
            sums.change += fact.paid * order.coin_minor
        else:
            sums.refund += fact.paid * order.coin_minor

    def _demand_untold(self, order: str) -> None:
        known = order in self.orders and order not in self.paid and order not in self.doubted
        self.tally.demand("6", known, f"{order} has a result that nobody waits for")

    def _close(self, fact: f.PaymentClosed) -> None:
        sums = self.payments[fact.payment]
        told = (fact.kept_minor, fact.delivered_minor, fact.paid_out_minor, fact.claimed_minor)
        counted = (sums.kept, sums.delivered, sums.change + sums.refund, sums.claimed)
        self.tally.demand("1", told == counted, f"{fact.payment} closes with {told}, its facts say {counted}")
        self.tally.demand("2", sums.held == 0, f"{fact.payment} is closed and holds {sums.held}")
        self.closed.add(fact.payment)
        self.payments_closed += 1
