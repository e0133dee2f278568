"""The laws at one terminal: after each kill from what the dead program left on its disk, and at the end.

What holds at every prefix of a journal is demanded by the checkers of the stories while the ledger reads on.
The acceptor, the hoppers and the paper tell what really happened.
"""

import sqlite3
from contextlib import closing

from kiosk.flows.folding import fold
from kiosk.flows.screens import PaperState
from kiosk.flows.state import (
    Identifying,
    Idle,
    Paying,
    Resuming,
    Reviewing,
    Securing,
    Stage,
    Stopping,
    Terminal,
    payment_of,
)
from laws.kills.coins import CoinByCoin
from laws.kills.papers import CODE, Papers
from laws.kills.place import Place
from laws.stories.checks.chain import Chain
from laws.stories.checks.ledger import Ledger
from laws.stories.checks.money import Money
from laws.stories.checks.payouts import Payouts
from laws.stories.checks.prices import Prices
from laws.stories.checks.tenders import Tenders
from laws.tally import Tally
from parking.civil_time import Moment
from parking.facts import Entry, Fact, TerminalStarted

_DOING: dict[type[Stage], str] = {
    Idle: "idle",
    Identifying: "identifying",
    Securing: "identifying",
    Reviewing: "identifying",
    Paying: "taking coins",
    Stopping: "taking coins",
    Resuming: "recovering",
}


class PlaceJudge:
    """Every law that one terminal's journal, coins and paper can tell. `codes` says whose each code is."""

    def __init__(self, place: Place, codes: dict[str, str], tally: Tally) -> None:
        self._place = place
        self._tally = tally
        self._copy = place.folder / "after-the-kill"
        self._copy.mkdir()
        self.ledger = Ledger(self._copy / "terminal.db", place.number, 1, tally)
        self.coins = CoinByCoin(place.dropped, tally)
        self.money = Money(tally)
        self.papers = Papers(codes, tally)
        self.payouts = Payouts(place, tally)
        self.terminal = Terminal()
        self.starts = 0
        takers = (Chain(tally), self.money, self.papers, self.payouts, Tenders(tally), Prices(tally))
        self.ledger.takers = [self.coins.take, *(taker.take for taker in takers), self._fold]
        self._pieces = 0

    def _fold(self, entry: Entry, fact: Fact) -> None:
        """Only to say what was going on; no law relies on it."""
        self.starts += isinstance(fact, TerminalStarted)
        self.terminal = fold(self.terminal, fact, Moment(entry.at_ms, 0))

    # --- while the program is dead

    def keep_copy(self) -> None:
        """Keep what a dead program left on the disk, before its next life changes it."""
        self.ledger.let_go()
        self._place.copy_journal(self._copy)

    def after_kill(self) -> None:
        """What holds at every instant. Raises BrokenLawError."""
        self.ledger.catch_up()
        self._coins_are_where_they_should_be()
        self._paper_tells_what_is_durable()

    def _coins_are_where_they_should_be(self) -> None:
        where = self._place.line.where()
        self._tally.demand("5", where.is_conserved, "the simulated coins do not add up")
        accepted = self._place.accepted
        accepted_minor = sum(coin * number for coin, number in accepted.items())
        known = self.money.kept_minor + self.coins.lost_minor + self.coins.untold_minor()
        words = f"{accepted_minor} fell in; {known} are credited, called lost, or to be told yet"
        self._tally.demand("5", known == accepted_minor, words)
        self.payouts.at_any_time()

    def _paper_tells_what_is_durable(self) -> None:
        receipts = self._place.printer.receipts
        unfinished = self._place.printer.unfinished()
        for piece in (*receipts[self._pieces :], *((unfinished,) if unfinished else ())):
            self.papers.came_out(piece.text)
        self._pieces = len(receipts)

    @property
    def doing(self) -> str:
        """What the terminal was doing when it was killed, as its journal tells."""
        stage = self.terminal.stage
        payment = payment_of(stage)
        if payment and not isinstance(stage, Paying | Stopping | Resuming):
            if payment.open_orders:
                return "paying out"
            is_printing = any(job.state is PaperState.PRINTING for job in payment.jobs)
            return "printing" if is_printing else "showing the result"
        return _DOING[type(stage)]

    # --- at the end

    def look_live(self) -> None:
        """Read what a running program has written: only when nobody is killed any more."""
        self.ledger.let_go()
        live = f"{self._place.journal.as_uri()}?mode=ro"
        copy = self._copy / "terminal.db"
        for name in ("terminal.db", "terminal.db-wal", "terminal.db-shm"):
            (self._copy / name).unlink(missing_ok=True)
        with closing(sqlite3.connect(live, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        self.ledger.catch_up()

    @property
    def is_at_rest(self) -> bool:
        """Whether no payment is open, nobody is served, and the acceptor has told everything."""
        all_told = self.coins.told == len(self._place.dropped)
        return isinstance(self.terminal.stage, Idle) and all_told

    def at_rest(self) -> None:
        """What holds when nobody is there any more and the program has ended. Raises BrokenLawError."""
        self.keep_copy()
        self.after_kill()
        self.ledger.verify_all()
        self.money.at_rest()
        self.payouts.at_rest()
        untold = len(self._place.dropped) - self.coins.told
        self._tally.demand("5", untold == 0, f"{untold} events of the acceptor are not in the journal")
        for file in self._place.folder.glob("*"):
            if file.is_file():
                plain = CODE.search(file.read_bytes().decode("latin-1"))
                self._tally.demand("18", plain is None, f"a code is in plain text in {file}")
