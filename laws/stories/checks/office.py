"""Laws 9, 12 and 13: each fact has one effect on the server, in whatever order and however often it comes."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from laws.stories.checks.ledger import Ledger
from laws.stories.checks.money import Money
from laws.stories.town import Town, new_database
from laws.tally import Tally
from parking.facts import Entry
from server.office import facts as office_facts
from server.office import overview, terminals
from server.store.engine import Database

_PROJECTIONS = ("payments", "payouts", "claims", "print_jobs")
_MAY_DIFFER = {"received_at_ms", "paid_twice", "opened_at_ms"}
_ADDED_UP = ("kept_minor", "delivered_minor", "change_minor", "refund_minor", "claims_minor")

FEW_FACTS = 600
SECOND_SERVER = 0.2
"""With more facts than these only so many stories are told to a second server: it takes long."""

EXPECTED_ALARMS = frozenset({"code-not-seen", "coins-unread", "paid-twice", "claim-redeemed-twice"})
"""What the office must be told of although nobody did anything wrong."""


@dataclass(frozen=True)
class Told:
    """One terminal's journal and what its facts add up to."""

    ledger: Ledger
    money: Money


def rows(file: Path, table: str) -> list[dict[str, Any]]:
    """A table of the server, by its primary key."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        key = ", ".join(row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"])
        found = connection.execute(f"SELECT * FROM {table} ORDER BY {key}")  # noqa: S608 - names of ours
        return [dict(row) for row in found]
    finally:
        connection.close()


class OfficeChecks:
    """What the server's tables say, held against all journals."""

    def __init__(self, town: Town, tally: Tally) -> None:
        self._town = town
        self._demand = tally.demand

    def held(self, terminal: str, epoch: int) -> int:
        """How many facts of this journal the server holds."""
        connection = sqlite3.connect(f"{self._town.file.as_uri()}?mode=ro", uri=True)
        try:
            query = "SELECT coalesce(max(number), 0) FROM facts WHERE terminal = ? AND epoch = ?"
            return int(connection.execute(query, (terminal, epoch)).fetchone()[0])
        finally:
            connection.close()

    def at_rest(self, told: Sequence[Told], folder: Path, chance: Random) -> None:
        """Laws 9, 12, 13 over everything."""
        self._has_everything(told)
        self._effects_are_the_journals(told)
        self._no_unwanted_alarm()
        if chance.random() < SECOND_SERVER or sum(len(one.ledger.entries) for one in told) < FEW_FACTS:
            self._any_order_gives_the_same(told, folder, chance)
        self._totals_are_the_facts(told)

    # --- law 9

    def _has_everything(self, told: Sequence[Told]) -> None:
        held = rows(self._town.file, "facts")
        for one in told:
            place = (one.ledger.terminal, one.ledger.epoch)
            here = [row for row in held if (row["terminal"], row["epoch"]) == place]
            journal = [(entry.number, entry.hash) for entry in one.ledger.entries]
            is_same = [(row["number"], row["hash"]) for row in here] == journal
            words = f"the server holds {len(here)} facts of {len(journal)} of {place}, or others"
            self._demand("9", is_same, words)
            self._demand("11", all(row["projected"] for row in here), "the server could not read a fact")

    def _effects_are_the_journals(self, told: Sequence[Told]) -> None:
        by_name = {name: sums for one in told for name, sums in one.money.payments.items()}
        known = rows(self._town.file, "payments")
        for row in known:
            sums = by_name.get(row["number"])
            words = f"the server knows payment {row['number']}, no journal does"
            self._demand("9", sums is not None, words)
            assert sums is not None  # noqa: S101 - demanded
            counted = (sums.kept, sums.delivered, sums.change, sums.refund, sums.claimed)
            names = ("kept", "delivered", "change", "refund", "claimed")
            has = tuple(row[f"{name}_minor"] for name in names)
            self._demand("9", has == counted, f"{row['number']}: server {has}, journal {counted}")
        missing = by_name.keys() - {row["number"] for row in known}
        self._demand("9", not missing, f"the server does not know payments {missing}")

    def _no_unwanted_alarm(self) -> None:
        alarms = rows(self._town.file, "alarms")
        unwanted = [
            f"{row['kind']}: {row['detail']}"
            for row in alarms
            if row["kind"] not in EXPECTED_ALARMS
            and (row["kind"], row["terminal"], row["epoch"], row["number"], row["hash"])
            not in self._town.expected_alarms
        ]
        self._demand("9", not unwanted, f"the server raised alarms: {unwanted}")

    # --- law 12 and 13

    def _any_order_gives_the_same(self, told: Sequence[Told], folder: Path, chance: Random) -> None:
        """The same facts, in other batches, some repeated and some too early, to another server."""
        file = folder / "other.db"
        database = Database(new_database(file))
        try:
            with database.writing() as connection:
                for terminal in dict.fromkeys(one.ledger.terminal for one in told):
                    terminals.add(connection, terminal, "Harbour Street", 0)
            before = _money(database)
            deliveries = list(_deliveries(told, chance))
            for place, batch in enumerate(deliveries):
                _deliver(database, batch)
                if place % 8 == 0:
                    after = _money(database)
                    self._demand("13", _only_adds(before, after), f"late data took away: {before}, {after}")
                    before = after
            self._demand_same(file, "another order of deliveries gives other")
            whole = _totals(database)
            for batch in chance.sample(deliveries, min(3, len(deliveries))):
                _deliver(database, batch)
            self._demand("13", _totals(database) == whole, "a rerun of the same facts changes the totals")
        finally:
            database.close()

    def _demand_same(self, other: Path, words: str) -> None:
        for table in _PROJECTIONS:
            ours, theirs = (
                [{name: row[name] for name in row if name not in _MAY_DIFFER} for row in rows(file, table)]
                for file in (self._town.file, other)
            )
            self._demand("12", ours == theirs, f"{words} {table}")

    def _totals_are_the_facts(self, told: Sequence[Told]) -> None:
        """The server's totals are the sums over unique facts, and reading them twice gives the same."""
        money = _money(self._town.database)
        every = [sums for one in told for sums in one.money.payments.values()]
        counted = {
            "kept_minor": sum(sums.kept for sums in every),
            "delivered_minor": sum(sums.delivered for sums in every),
            "change_minor": sum(sums.change for sums in every),
            "refund_minor": sum(sums.refund for sums in every),
            "claims_minor": sum(sums.claimed for sums in every),
        }
        self._demand("13", not every or money == counted, f"totals {money}, the facts say {counted}")
        self._demand("13", _money(self._town.database) == money, "totals read twice differ")


def _deliver(database: Database, batch: tuple[Entry, ...]) -> None:
    with database.writing() as connection:
        office_facts.take_in(connection, batch, terminal=batch[0].terminal, now_ms=0)


def _totals(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        return overview.totals(connection)


def _money(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        by_currency = overview._money(connection)
    return {name: sum(sums[name] for sums in by_currency.values()) for name in _ADDED_UP}


def _only_adds(before: dict[str, int], after: dict[str, int]) -> bool:
    return all(before[name] <= after[name] for name in _ADDED_UP)


def _deliveries(told: Sequence[Told], chance: Random) -> Iterable[tuple[Entry, ...]]:
    """Batches of all journals in some order, each journal's own in its order, with repetitions."""
    at = {place: 0 for place, one in enumerate(told) if one.ledger.entries}
    while at:
        place = chance.choice(list(at))
        entries = told[place].ledger.entries
        if chance.random() < 0.2:
            start = chance.randrange(len(entries))
            yield tuple(entries[start : start + chance.randint(1, 40)])
        start = max(0, at[place] - chance.randint(0, 30))
        end = at[place] + chance.randint(1, 400)
        yield tuple(entries[start:end])
        at[place] = end
        if end >= len(entries):
            del at[place]
