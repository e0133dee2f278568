"""The laws at the server: after it was killed, and at the end, from its tables."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select

from laws.kills.judge import PlaceJudge
from laws.stories.checks.chain import demand_server_keeps
from laws.stories.checks.ledger import Ledger
from laws.stories.checks.money import Money
from laws.stories.checks.office import EXPECTED_ALARMS
from laws.tally import Tally
from server.store.engine import Database
from server.store.tables import (
    BOOKS_COUNTER,
    alarms,
    claims,
    counters,
    facts,
    fittings,
    payments,
    terminals,
)


class OfficeJudge:
    """What the server keeps, held against the journals of all terminals. `folder` is for copies."""

    def __init__(self, database: str, places: Sequence[PlaceJudge], folder: Path, tally: Tally) -> None:
        self._database = database
        self._file = Database(database).file
        self._places = places
        self._copy = folder / "after-the-kill"
        self._copy.mkdir()
        self._tally = tally
        self._demand = tally.demand

    # --- while it lives

    def all_have_books(self) -> bool:
        """Whether every terminal has asked for what is behind the newest row of the books."""
        newest = {row["value"] for row in self._rows(counters) if row["name"] == BOOKS_COUNTER}
        return {row["books_version"] for row in self._rows(terminals)} == newest

    def has_everything(self) -> bool:
        """Whether it holds as many facts as the journals have, as far as they were read."""
        held = self._held(self._database)
        return all(held.get(name, 0) == len(place.ledger.entries) for name, place in self._named().items())

    def _named(self) -> dict[str, PlaceJudge]:
        return {place.ledger.terminal: place for place in self._places}

    # --- while it is dead

    def keep_copy(self) -> None:
        """Keep what it left on the disk; PostgreSQL lives on and can be asked."""
        if self._file is None:
            return
        for name in (self._file.name, f"{self._file.name}-wal"):
            (self._copy / name).unlink(missing_ok=True)
            if self._file.with_name(name).exists():
                shutil.copyfile(self._file.with_name(name), self._copy / name)

    def after_kill(self) -> None:
        """Law 11: what it had acknowledged to a terminal, as that one's journal last told, it still holds."""
        where = self._database if self._file is None else f"sqlite:///{self._copy / self._file.name}"
        held = self._held(where)
        for name, place in self._named().items():
            demand_server_keeps(held.get(name, 0), place.ledger.acknowledged(), name, self._tally)

    @staticmethod
    def _held(address: str) -> dict[str, int]:
        database = Database(address)
        try:
            with database.reading() as connection:
                found = connection.execute(select(facts.c.terminal, func.count()).group_by(facts.c.terminal))
                return {str(terminal): int(number) for terminal, number in found}
        finally:
            database.close()

    # --- at the end

    def at_rest(self) -> None:
        """Every fact exactly once, with exactly one effect. Raises BrokenLawError."""
        for place in self._places:
            self._facts(place.ledger)
            self._payments(place.ledger.terminal, place.money)
            self._claims(place.ledger.terminal, place.money)
        self._releases()
        told = [
            f"{row['terminal']}: {row['kind']}: {row['detail']}"
            for row in self._rows(alarms)
            if row["kind"] not in EXPECTED_ALARMS
        ]
        self._demand("9", not told, f"the server raised alarms: {told}")

    def _facts(self, ledger: Ledger) -> None:
        rows = self._rows(facts, ledger.terminal)
        held = [(row["number"], row["hash"]) for row in rows]
        journal = [(entry.number, entry.hash) for entry in ledger.entries]
        words = f"the server holds {len(held)} facts of {len(journal)} of {ledger.terminal}, or others"
        self._demand("9", held == journal, words)
        self._demand("11", all(row["projected"] for row in rows), "the server could not read a fact")

    def _payments(self, terminal: str, money: Money) -> None:
        rows = {row["number"]: row for row in self._rows(payments, terminal)}
        self._demand("9", set(rows) == set(money.payments), "server and journal know other payments")
        for number, sums in money.payments.items():
            names = ("kept", "delivered", "change", "refund", "claimed")
            has = tuple(rows[number][f"{name}_minor"] for name in names)
            counted = tuple(getattr(sums, name) for name in names)
            self._demand("9", has == counted, f"{number}: server {has}, journal {counted}")

    def _claims(self, terminal: str, money: Money) -> None:
        rows = self._rows(claims, terminal)
        held = {(row["number"], row["payment"], row["amount_minor"]) for row in rows}
        issued = {(claim.claim, claim.payment, claim.amount_minor) for claim in money.claims.values()}
        self._demand("9", held == issued, f"claims differ at {terminal}: {held ^ issued}")

    def _releases(self) -> None:
        journals: dict[tuple[str, int], str] = {}
        for place in self._places:
            twice = set(journals) & set(place.papers.releases)
            self._demand("4", not twice, f"released at two terminals: {twice}")
            journals |= place.papers.releases
        held = {
            (row["clamp"], row["fitting"]): row["release_payment"]
            for row in self._rows(fittings)
            if row["released_at_ms"] is not None
        }
        differ = set(held.items()) ^ set(journals.items())
        self._demand("9", not differ, f"releases differ: {differ}")

    def _rows(self, table: Table, terminal: str | None = None) -> list[dict[str, Any]]:
        database = Database(self._database)
        try:
            question = select(table).order_by(*table.primary_key.columns)
            if terminal is not None:
                question = question.where(table.c.terminal == terminal)
            with database.reading() as connection:
                return [dict(row) for row in connection.execute(question).mappings()]
        finally:
            database.close()
