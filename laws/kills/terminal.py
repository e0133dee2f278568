"""One terminal in all its lives: its place, who pays there, who judges it, and when its program ends."""

import time
from pathlib import Path
from random import Random

from laws.kills.customers import Customers, Seen
from laws.kills.figures import Figures
from laws.kills.judge import PlaceJudge
from laws.kills.moments import TERMINAL, Doom, Moment, written_to
from laws.kills.place import Place
from laws.kills.town import Town
from laws.tally import Tally


class Terminal:
    """A terminal of the town, with clamps of its own. `tell` is told what its customers do."""

    def __init__(
        self, number: str, folder: Path, town: Town, clamps: int, chance: Random, tally: Tally, tell: Seen
    ) -> None:
        self.number = number
        self.place = Place(number, folder / number, chance)
        fitted = town.fit_clamps(clamps)
        self.judge = PlaceJudge(self.place, {clamp.code: clamp.identifier for clamp in fitted}, tally)
        signs = {
            Moment.WRITING: written_to(self.place.journal.with_suffix(".db-wal")),
            Moment.ACTING: self.place.acts,
        }
        self.doom = Doom(self.place.program, self.place.is_polled, signs, TERMINAL, chance)
        self.customers = Customers(self.place, fitted, chance, self._told)
        self._tell = tell
        self._starts_before = 0
        self._restart_s = 0.0

    def _told(self, mark: str) -> None:
        self.doom.told(mark)
        self._tell(mark)

    def start(self) -> None:
        """The program begins a life."""
        self.place.program.start()
        self.doom.choose()

    def live(self) -> None:
        """Customers act; a program that was killed starts again when it is time."""
        now_s = time.monotonic()
        if not self.place.program.is_alive and now_s >= self._restart_s:
            self.start()
        if now_s >= self.customers.due_s:
            self.customers.act()

    def is_due(self) -> bool:
        """Whether the program's life ends now."""
        return self.place.program.is_alive and self.doom.is_due()

    def was_killed(self, delay_s: float, figures: Figures) -> None:
        """Keep what is on the disk, start again; then, while it starts, look at what was kept."""
        moment = self.doom.moment
        self.judge.keep_copy()
        self._restart_s = time.monotonic() + delay_s
        if delay_s == 0:
            self.start()
        self.judge.after_kill()
        has_started = self.judge.starts > self._starts_before
        self._starts_before = self.judge.starts
        figures.killed("terminal", self.judge.doing if has_started else "starting", moment)

    def count(self, figures: Figures) -> None:
        """Add what came of all its lives."""
        money, coins = self.judge.money, self.judge.coins
        figures.restarts += max(0, self.place.program.lives - 1)
        figures.payments += money.opened
        figures.released += len(self.judge.papers.releases)
        figures.cancelled += sum(1 for sums in money.payments.values() if not sums.delivered)
        figures.claims += len(money.claims)
        figures.coins += coins.kept
        figures.coins_minor += money.kept_minor
        figures.coins_in_the_dark += self.place.kept_in_the_dark
        figures.paid_out += sum(self.place.line.where().paid_out.values())
        figures.events_lost += coins.lost_events
        figures.payouts_in_doubt += len(self.judge.payouts._doubted)
        figures.receipts += len(self.place.printer.receipts)
        figures.facts += len(self.judge.ledger.entries)
        figures.terminal_use.add(self.place.program.use)
