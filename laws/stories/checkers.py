"""The laws, each with a checker of its own: they read the journal, the server's tables and the coins.

What holds at every prefix of the journal is demanded by the ledger while it reads. Numbers are those of
`docs/reliability.md`.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, select

from kiosk.flows.commands import Print
from kiosk.flows.screens import ResultScreen, Screen
from laws.stories.ledger import Ledger
from laws.stories.program import TERMINAL
from laws.stories.stage import Stage
from laws.stories.street import HOPPERS, LARGEST_COIN_MINOR, Street
from laws.stories.town import Town, new_database
from parking.facts import Entry
from parking.receipt import CodeLine
from server.office import facts as office_facts
from server.office import terminals
from server.store.engine import Database
from server.store.tables import alarms, claims, facts, payments, payouts, print_jobs

_CODE = re.compile(r"ZK\d{6}")
_PROJECTIONS: tuple[Table, ...] = (payments, payouts, claims, print_jobs)


class Checkers:
    """Every law over one world."""

    def __init__(self, stage: Stage, street: Street, town: Town, ledger: Ledger) -> None:
        self._stage = stage
        self._street = street
        self._town = town
        self._ledger = ledger
        self._demand = stage.tally.demand

    # --- at the moment when something leaves the machine

    def seen(self, screen: Screen) -> None:
        """Laws 3 and 4, for everything that the screen shows."""
        receipt_number = screen.receipt_number if isinstance(screen, ResultScreen) else ""
        self._leaves(msgspec.json.encode(screen).decode(), receipt_number, "on the screen")

    def printed(self, command: Print) -> None:
        """Laws 3 and 4, for everything that goes to the printer."""
        for line in command.receipt.lines:
            text = line.code if isinstance(line, CodeLine) else msgspec.json.encode(line).decode()
            self._leaves(str(text), command.receipt.number, "on paper")

    def sent(self, body: bytes | None) -> None:
        """Law 18 in part: no code travels up in plain text."""
        self._demand("18", not _CODE.search((body or b"").decode()), "a code is sent in plain text")

    def _leaves(self, text: str, payment: str, where: str) -> None:
        for code in _CODE.findall(text):
            self._ledger.catch_up()
            opened_for = self._ledger.opened.get(self._town.codes[code])
            clamp = self._town.codes[code]
            self._demand("3", opened_for is not None, f"code of {clamp} is {where} and no fact is durable")
            self._demand(
                "4", opened_for == payment, f"code of {clamp} is {where} for {payment}, not {opened_for}"
            )

    # --- at any time

    def at_any_time(self) -> None:
        """What holds while everything moves."""
        self._ledger.catch_up()
        where = self._street.line.where()
        self._demand("5", where.is_conserved, "the simulated coins do not add up")
        accepted = self.accepted_minor()
        kept = self._ledger.kept_minor
        self._demand("5", kept <= accepted, f"{kept} are credited, {accepted} fell into the machine")
        for form in HOPPERS:
            ordered = sum(order.coins for order in self._ledger.orders.values() if order.hopper == form.name)
            paid = where.paid_out[form.coin_minor]
            self._demand("6", paid <= ordered, f"{form.name} paid {paid} coins, {ordered} were ordered")

    def accepted_minor(self) -> int:
        """The value of all coins that fell into the machine through the slot."""
        where = self._street.line.where()
        inserted = sum(coin * number for coin, number in where.inserted.items())
        return inserted - sum(coin * number for coin, number in where.returned.items())

    # --- at rest

    def at_rest(self, folder: Path, at_risk_minor: int) -> None:
        """What holds when nobody is there, nothing is broken, and everything has been told."""
        self.at_any_time()
        self._ledger.verify_all()
        self._no_money_is_kept()
        self._coins_are_credited(at_risk_minor)
        self._coins_are_paid()
        self._server_has_everything()
        self._effects_are_the_journals()
        self._any_order_gives_the_same(folder)

    def _no_money_is_kept(self) -> None:
        held = {name: sums.held for name, sums in self._ledger.payments.items() if sums.held}
        self._demand("2", not held, f"money is held at rest: {held}")
        unpaid = [
            name
            for name, sums in self._ledger.payments.items()
            if sums.delivered and name not in self._ledger.releases.values()
        ]
        self._demand("2", not unpaid, f"paid and not delivered: {unpaid}")

    def _coins_are_credited(self, at_risk_minor: int) -> None:
        """What is missing is no more than what a power cut or a full buffer can have taken, and was told."""
        ledger = self._ledger
        missing = self.accepted_minor() - ledger.kept_minor
        overwritten = min(ledger.events_lost, self._street.overwritten_events)
        bound = overwritten * LARGEST_COIN_MINOR
        bound += at_risk_minor if ledger.acceptor_restarts else 0
        self._demand("5", 0 <= missing <= bound, f"{missing} of the coins are not credited, at most {bound}")

    def _coins_are_paid(self) -> None:
        """Reported coins came out; orders in doubt paid between nothing and all of it."""
        paid_out = self._street.line.where().paid_out
        for form in HOPPERS:
            orders = [order for order in self._ledger.orders.values() if order.hopper == form.name]
            told = sum(self._ledger.paid.get(order.order, 0) for order in orders)
            doubted = sum(order.coins for order in orders if order.order in self._ledger.doubted)
            paid = paid_out[form.coin_minor]
            self._demand(
                "6",
                told <= paid <= told + doubted,
                f"{form.name} paid {paid} coins; {told} are reported, {doubted} in doubt",
            )

    def _server_has_everything(self) -> None:
        rows = self._rows(self._town.database, facts)
        held = [(row["number"], row["hash"]) for row in rows]
        journal = [(entry.number, entry.hash) for entry in self._ledger.entries]
        self._demand("9", held == journal, f"the server holds {len(held)} facts of {len(journal)}")
        self._demand("11", all(row["projected"] for row in rows), "the server could not read a fact")
        told = self._rows(self._town.database, alarms)
        expected = {"code-not-seen", "coins-unread", "gap"}
        unwanted = [row["detail"] for row in told if row["kind"] not in expected]
        self._demand("9", not unwanted, f"the server raised alarms: {unwanted}")

    def _effects_are_the_journals(self) -> None:
        for row in self._rows(self._town.database, payments):
            sums = self._ledger.payments[row["number"]]
            counted = (sums.kept, sums.delivered, sums.change, sums.refund, sums.claimed)
            names = ("kept", "delivered", "change", "refund", "claimed")
            has = tuple(row[f"{name}_minor"] for name in names)
            self._demand("9", has == counted, f"{row['number']}: server {has}, journal {counted}")
        known = {row["number"] for row in self._rows(self._town.database, payments)}
        self._demand("9", known == set(self._ledger.payments), "server and journal know other payments")

    def _any_order_gives_the_same(self, folder: Path) -> None:
        """The same facts, in other batches, some repeated and some too early, to another server."""
        database = Database(new_database(folder / "other.db"))
        try:
            with database.writing() as connection:
                terminals.add(connection, TERMINAL, "Harbour Street", 0)
            for batch in self._batches():
                with database.writing() as connection:
                    office_facts.take_in(connection, batch, terminal=TERMINAL, now_ms=0)
            for table in _PROJECTIONS:
                ours, theirs = (
                    [{**row, "received_at_ms": 0, "paid_twice": None} for row in self._rows(held, table)]
                    for held in (self._town.database, database)
                )
                self._demand("12", ours == theirs, f"another order of deliveries gives other {table.name}")
        finally:
            database.close()

    def _batches(self) -> Iterable[tuple[Entry, ...]]:
        chance, entries = self._stage.chance, self._ledger.entries
        at = 0
        while at < len(entries):
            if chance.random() < 0.3:
                start = chance.randrange(len(entries))
                yield tuple(entries[start : start + chance.randint(1, 40)])
            size = chance.randint(1, 200)
            start = max(0, at - chance.randint(0, 30))
            yield tuple(entries[start : at + size])
            at += size

    @staticmethod
    def _rows(database: Database, table: Table) -> list[dict[str, Any]]:
        with database.reading() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in rows]
