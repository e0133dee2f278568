"""All laws over one terminal, and over the whole town."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import msgspec

from kiosk.flows.commands import Print
from kiosk.flows.screens import ResultScreen, Screen
from kiosk.store.sealing import Sealer
from laws.stories.checks.booked import Booked
from laws.stories.checks.chain import Chain, demand_nothing_deleted, demand_server_keeps
from laws.stories.checks.codes import Codes, demand_one_release_for_each_fitting
from laws.stories.checks.coins import Coins
from laws.stories.checks.ledger import Ledger
from laws.stories.checks.money import Money
from laws.stories.checks.office import OfficeChecks, Told, rows
from laws.stories.checks.payouts import Payouts
from laws.stories.checks.prices import Prices
from laws.stories.checks.recording import Recording
from laws.stories.checks.slips import Slips, demand_single_use
from laws.stories.checks.tenders import Tenders
from laws.stories.stage import Stage
from laws.stories.street import Street
from laws.stories.town import Town
from parking.receipt import CodeLine
from simulator.devices.paper import Piece


class TerminalChecks:
    """Every law over one terminal's journal, coins and paper."""

    def __init__(
        self, stage: Stage, street: Street, town: Town, file: Path, terminal: str, sealer: Sealer
    ) -> None:
        tally = stage.tally
        self._tally = tally
        self._street = street
        self._town = town
        self._file = file
        self.ledger = Ledger(file, terminal, 1, tally)
        self.money = Money(tally)
        self.codes = Codes(self.ledger, town, tally)
        self.coins = Coins(street, tally)
        self.payouts = Payouts(street, tally)
        self.tenders = Tenders(tally)
        self.prices = Prices(tally)
        self.slips = Slips()
        self.recording = Recording(street, stage.clock, tally)
        self.booked = Booked(town, terminal, sealer, tally)
        chain = Chain(tally)
        self.ledger.takers = [
            taker.take
            for taker in (
                chain,
                self.money,
                self.codes,
                self.coins,
                self.payouts,
                self.tenders,
                self.prices,
                self.recording,
                self.slips,
            )
        ]

    @property
    def paper(self) -> list[Piece]:
        """Every piece of paper that came out."""
        return self._street.mechanism.receipts

    # --- at the moment when something leaves the machine

    def seen(self, screen: Screen) -> None:
        """Laws 3 and 4, for everything that the screen shows."""
        payment = screen.receipt_number if isinstance(screen, ResultScreen) else ""
        self.codes.leaves(msgspec.json.encode(screen).decode(), payment, "on the screen")

    def printed(self, command: Print) -> None:
        """Laws 3, 4 and 15, for everything that goes to the printer."""
        receipt = command.receipt
        for line in receipt.lines:
            text = str(line.code) if isinstance(line, CodeLine) else msgspec.json.encode(line).decode()
            self.codes.leaves(text, receipt.number, "on paper")
        self.ledger.catch_up()
        self.prices.printed(receipt)

    # --- while everything moves

    def at_any_time(self) -> None:
        """What holds while everything moves: looked at whenever a payment was closed."""
        self.ledger.catch_up()
        self.coins.at_any_time()
        self.payouts.at_any_time()
        demand_nothing_deleted(self._file, self.ledger.entries, self._town.utc_ms, self._tally)

    def interrupted(self) -> None:
        """The program has just died: what is on its disk?"""
        self.recording.opened()
        self.ledger.catch_up()
        if self.ledger.entries:
            with closing(sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True)) as connection:
                self.booked.check(connection)

    def at_rest(self) -> None:
        """What holds when nobody is there, nothing is broken, and everything has been told."""
        self.at_any_time()
        self.ledger.verify_all()
        self.money.at_rest()
        self.coins.at_rest()
        self.payouts.at_rest()
        self.interrupted()


def judge_town(stage: Stage, town: Town, terminals: Sequence[TerminalChecks], folder: Path) -> None:
    """The laws over the server's tables and all journals, at rest."""
    told = [Told(checks.ledger, checks.money) for checks in terminals]
    office = OfficeChecks(town, stage.tally)
    office.at_rest(told, folder, Random(stage.seed))
    paid = rows(town.file, "payments")
    twice = [(row["terminal"], row["epoch"], row["number"]) for row in paid if row["paid_twice"]]
    demand_one_release_for_each_fitting([checks.codes for checks in terminals], twice, stage.tally)
    redeemed = {row["number"]: row["redeemed_minor"] for row in paid}
    twice_taken = [row["hash"] for row in rows(town.file, "alarms") if row["kind"] == "claim-redeemed-twice"]
    demand_single_use([checks.slips for checks in terminals], twice_taken, redeemed, stage.tally)
    totals = {(row["clamp"], row["fitting"]): row["total_minor"] for row in rows(town.file, "fittings")}
    for checks in terminals:
        checks.prices.at_rest(totals, (piece.text for piece in checks.paper if not piece.is_torn))
        held = office.held(checks.ledger.terminal, checks.ledger.epoch)
        demand_server_keeps(held, checks.ledger.acknowledged(), checks.ledger.terminal, stage.tally)
