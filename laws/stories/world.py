"""One world from one seed: it begins, lives until enough payments were made, comes to rest, and is judged."""

import logging
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

from kiosk.flows.screens import StartScreen
from kiosk.flows.state import Idle, Resuming
from kiosk.store.sealing import Sealer
from kiosk.sync.exchange import Answer, Limits
from laws.stories.checkers import Checkers
from laws.stories.customers import Customers
from laws.stories.fate import Fate
from laws.stories.ledger import Ledger
from laws.stories.program import Program, Surroundings
from laws.stories.stage import NEVER, Stage, Task
from laws.stories.street import Street
from laws.stories.town import CLAMPS, Network, Town
from laws.tally import BrokenLawError, Killed, Tally, Violation

LONGEST_STORY_S = 4000.0
"""A payment with all its faults takes less than this on the average; a story that takes longer has stuck."""
LONGEST_REST_S = 4000.0
RECOVERING_S = 15.0
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile


class WatchedNetwork(Network):
    """The network, with a look at everything that the terminal sends."""

    checkers: Checkers

    def ask(self, method: str, path: str, body: bytes | None, limits: Limits) -> Answer:
        """As in the network."""
        self.checkers.sent(body)
        return super().ask(method, path, body, limits)


class World:
    """Terminal, street, town, customers and fate of one seed, in a folder of its own."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.stage = Stage(seed, Random(seed))
        chance = self.stage.chance
        self._folder = folder
        self.street = Street(self.stage, self_inhibits=chance.random() < 0.5)
        self.town = Town(self.stage, folder)
        self.network = WatchedNetwork(self.stage, self.town)
        self.ledger = Ledger(folder / "terminal.db", self.stage.tally)
        self.street.journal_counter = self._journal_counter
        self.checkers = Checkers(self.stage, self.street, self.town, self.ledger)
        self.network.checkers = self.checkers
        self.fate = Fate(self.stage, self.street, self.network, self.ledger)
        self.customers = Customers(self.stage, self.street)
        self._sealer = Sealer(bytes(range(32)))
        self._program: Program | None = None
        self._boots_s = self.stage.now_s
        self._boot_s = self.stage.now_s
        self._started_s = self.stage.now_s
        self._begin_s = self.stage.now_s
        self._staff_s = self.stage.now_s + 60
        self._tasks = [
            Task("customer", self.customers.due, self._customer_acts),
            Task("fate", self.fate.due, self.fate.act),
            Task("staff", self._staff_due, self._staff_acts),
        ]
        self.stage.tasks = [*self._tasks]

    def _journal_counter(self) -> int | None:
        self.ledger.catch_up()
        return self.ledger.counter

    # --- the story

    def play(self, payments: int) -> None:
        """Live until so many payments were made, come to rest, and judge. Raises BrokenLawError."""
        try:
            self._live_through(payments)
            self._come_to_rest()
            self.checkers.at_rest(self._folder, self.fate.at_risk_minor)
        finally:
            self.stage.tally.payments = self.ledger.payments_opened
            self._let_go()
            self.town.database.close()

    def _live_through(self, payments: int) -> None:
        self._begin_s = self.stage.now_s
        judged = 0
        while self.ledger.payments_opened < payments:
            self._second()
            self.ledger.catch_up()
            if self.ledger.payments_closed > judged:
                judged = self.ledger.payments_closed
                self.checkers.at_any_time()
            if self.stage.now_s - self._begin_s > LONGEST_STORY_S * (payments + 1):
                raise BrokenLawError(
                    "2",
                    f"{self.ledger.payments_opened} payments in {LONGEST_STORY_S} s for each: it has stuck",
                )

    def _come_to_rest(self) -> None:
        """Nobody comes any more, everything is mended, and time passes."""
        self.stage.tell("nobody comes any more, everything is mended")
        self.fate.rest()
        self.customers.is_over = True
        end_s = self.stage.now_s + LONGEST_REST_S
        while not self._is_at_rest():
            if self.stage.now_s > end_s:
                raise BrokenLawError("2", f"no rest after {LONGEST_REST_S} s: {self._how_it_stands()}")
            self._second()

    def _is_at_rest(self) -> bool:
        if self._program is None:
            return False
        terminal = self._program.session.terminal
        is_idle = isinstance(terminal.stage, Idle) and isinstance(self._program.screen, StartScreen)
        self.ledger.catch_up()
        return is_idle and terminal.works("server") and self._acknowledged() == len(self.ledger.entries)

    def _acknowledged(self) -> int:
        path = f"{self.ledger.file.as_uri()}?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as connection:
            row = connection.execute("SELECT value FROM progress WHERE name = 'acknowledged'").fetchone()
        return int(row[0]) if row else 0

    def _how_it_stands(self) -> str:
        if self._program is None:
            return "the program does not run"
        terminal = self._program.session.terminal
        return (
            f"{type(terminal.stage).__name__}, {type(self._program.screen).__name__}, "
            f"devices {dict(terminal.devices)}, {self._acknowledged()} of {len(self.ledger.entries)} held"
        )

    # --- the program's lives

    def _second(self) -> None:
        """About a second of the world; a program that was killed starts again after a while."""
        if self._program is None and self.stage.now_s >= self._boots_s:
            self._boot()
        try:
            self._look()
            self.stage.live(1.0)
        except Killed:
            self._die()

    def _look(self) -> None:
        program = self._program
        self.stage.is_recovering = program is not None and (
            isinstance(program.session.terminal.stage, Resuming)
            or self.stage.now_s < self._started_s + RECOVERING_S
        )

    def _boot(self) -> None:
        self.stage.tell("the program starts")
        self._started_s = self.stage.now_s
        self.stage.is_recovering = self.ledger.payments_opened > 0
        around = Surroundings(
            file=self._folder / "terminal.db",
            sealer=self._sealer,
            server_key=self.town.key,
            connection=self.network,
            utc_ms=self._utc_ms,
            boot_s=self._boot_s,
            seen=self.checkers.seen,
            printed=self.checkers.printed,
        )
        self._program = Program(self.stage, self.street, around)
        self.stage.tasks = [*self._tasks, *self._program.tasks]
        try:
            self._program.start()
        except Killed:
            self._die()

    def _utc_ms(self) -> int:
        return self.town.utc_ms() + self.fate.utc_offset_ms

    def _die(self) -> None:
        chance = self.stage.chance
        self._let_go()
        self.stage.is_recovering = False
        away_s = (
            chance.choice((0.5, 2.0, 5.0, 20.0)) if chance.random() < 0.9 else chance.choice((700.0, 3e5))
        )
        self._boots_s = self.stage.now_s + away_s
        if chance.random() < 0.3 or away_s > 60:
            self._boot_s = self._boots_s
        if away_s > 60:
            self._sleep_until(self._boots_s)

    def _sleep_until(self, boots_s: float) -> None:
        """Nothing happens in a long outage but that faults end and coins of the moment before fall."""
        self.stage.live(5.0)
        self._begin_s += boots_s - self.stage.now_s
        self.stage.now_s = boots_s

    def _let_go(self) -> None:
        if self._program is not None:
            self._program.let_go()
        self._program = None
        self.stage.tasks = [*self._tasks]
        self.street.coin_wire.close()
        self.street.printer_wire.close()

    # --- people

    def _customer_acts(self) -> None:
        program = self._program
        if program is None:
            self.customers.act(None, None)
        else:
            self.customers.act(program.screen, program.post)

    def _staff_due(self) -> float:
        return NEVER if self.customers.is_over else self._staff_s

    def _staff_acts(self) -> None:
        self._staff_s = self.stage.now_s + self.stage.chance.uniform(20, 120)
        free = self.town.free_clamps()
        if len(free) > len(CLAMPS) // 3:
            self.town.fit(self.stage.chance.choice(free))


def play(seed: int, payments: int) -> Tally:
    """Live the story of a seed; returns its figures, with the law that it broke, if any."""
    where = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="laws-", dir=where))
    mistakes = _Mistakes()
    logging.getLogger("kiosk").addHandler(mistakes)
    try:
        world = World(seed, folder)
        try:
            world.play(payments)
            mistakes.demand_none()
        except BrokenLawError as broken:
            tally = world.stage.tally
            violation = Violation(seed, broken.law, broken.words, tally.payments, tuple(world.stage.story))
            tally.violations.append(violation)
        return world.stage.tally
    finally:
        logging.getLogger("kiosk").removeHandler(mistakes)
        shutil.rmtree(folder)


class _Mistakes(logging.Handler):
    """What the program caught of its own mistakes: the terminal survives them, the story does not."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def demand_none(self) -> None:
        """Raise BrokenLawError when there was any."""
        if self.seen:
            raise BrokenLawError("mistake", self.seen[0])

    def emit(self, record: logging.LogRecord) -> None:
        """Keep mistakes; a broken device is told at other levels."""
        if record.exc_info and record.exc_info[1] is not None:
            self.seen.append(f"{record.getMessage()}: {record.exc_info[1]!r}")
