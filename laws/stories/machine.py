"""One terminal in the world: its street, its disk, and the lives of its program, one after the other."""

from collections.abc import Callable
from pathlib import Path

from kiosk.flows.screens import StartScreen
from kiosk.flows.state import Idle, Resuming
from kiosk.store.sealing import Sealer
from laws.stories.checks.every import TerminalChecks
from laws.stories.customers import Customers
from laws.stories.fate import Fate
from laws.stories.life import Life
from laws.stories.network import Network
from laws.stories.program import Program, Surroundings
from laws.stories.stage import Stage, Task
from laws.stories.street import Street
from laws.stories.town import Town
from laws.tally import Killed

Told = Callable[[], None]
RECOVERING_S = 15.0
SETTLED_AFTER_S = 5.0
"""After that faults of the moment before are over, and coins in the air have fallen."""


def _nobody() -> None:
    """Nobody wants to know."""


class Machine:
    """A terminal with its devices, its customers and its faults."""

    def __init__(self, stage: Stage, town: Town, folder: Path, number: str) -> None:
        folder.mkdir()
        self.number = number
        self._stage = stage
        self._town = town
        self.file = folder / "terminal.db"
        self.life = Life(stage, number)
        self.street = Street(stage, self.life, self_inhibits=stage.chance.random() < 0.5)
        self._sealer = Sealer(bytes(range(32)))
        self.checks = TerminalChecks(stage, self.street, town, self.file, number, self._sealer)
        self.network = Network(stage, self.life, town, town.keys[number], self.checks.codes.sent)
        self.street.journal_counter = self._journal_counter
        self.street.touched = self._touched
        self.fate = Fate(stage, self.life, self.street, self.network, self.checks.coins)
        self.customers = Customers(stage, self.street)
        self._program: Program | None = None
        self._boots_s = stage.now_s
        self._boot_s = stage.now_s
        self._started_s = stage.now_s
        self._judged = 0
        self._sync_dawdles_s = stage.chance.choice((0.0, 2.0, 5.0, 10.0))
        self._people = [
            Task(self.customers.due, self._customer_acts),
            Task(self.fate.due, self.fate.act),
        ]
        self.tasks_changed: Told = _nobody

    @property
    def tasks(self) -> list[Task]:
        """Whoever may have a turn here."""
        return [*self._people, *(self._program.tasks if self._program is not None else ())]

    # --- the program's lives

    def look(self) -> None:
        """Called every second: start again what was killed, and see how it goes."""
        if self._program is None and self._stage.now_s >= self._boots_s:
            self._boot()
        program = self._program
        self.life.is_recovering = program is not None and (
            isinstance(program.session.terminal.stage, Resuming)
            or self._stage.now_s < self._started_s + RECOVERING_S
        )
        self.checks.recording.look()
        self.checks.ledger.catch_up()
        if len(self.checks.money.closed) > self._judged:
            self._judged = len(self.checks.money.closed)
            self.checks.at_any_time()

    def _boot(self) -> None:
        self.life.tell("the program starts")
        self._started_s = self._stage.now_s
        self.life.is_recovering = self.checks.money.opened > 0
        around = Surroundings(
            terminal=self.number,
            epoch=1,
            file=self.file,
            sealer=self._sealer,
            server_key=self.network.key,
            connection=self.network,
            utc_ms=self._utc_ms,
            boot_s=self._boot_s,
            sync_dawdles_s=self._sync_dawdles_s,
            seen=self.checks.seen,
            printed=self.checks.printed,
            killed=self._die,
        )
        self._program = Program(self._stage, self.life, self.street, around)
        self.tasks_changed()
        try:
            self._program.start()
        except Killed:
            self._die()

    def _utc_ms(self) -> int:
        return self._town.utc_ms() + self.fate.utc_offset_ms

    def _die(self) -> None:
        chance = self._stage.chance
        self.let_go()
        self.life.is_recovering = False
        self.checks.interrupted()
        away_s = (
            chance.choice((0.5, 2.0, 5.0, 20.0)) if chance.random() < 0.9 else chance.choice((700.0, 3e5))
        )
        self._boots_s = self._stage.now_s + away_s
        if chance.random() < 0.3 or away_s > 60:
            self._boot_s = self._boots_s
        if away_s > 60:
            self.customers.go_home(until_s=self._boots_s)

    def rest(self) -> None:
        """No more customers and faults; who is dark is switched on."""
        self.fate.rest()
        self.customers.is_over = True
        if self._program is None:
            self._boots_s = min(self._boots_s, self._stage.now_s + SETTLED_AFTER_S)

    def let_go(self) -> None:
        """The program is dead: the operating system closes its files and its wires."""
        if self._program is not None:
            self._program.let_go()
        self._program = None
        self.tasks_changed()
        self.street.coin_wire.close()
        self.street.printer_wire.close()

    # --- how it stands

    @property
    def is_off_until(self) -> float | None:
        """When the program starts again, while it is dead."""
        return self._boots_s if self._program is None else None

    def is_at_rest(self) -> bool:
        """Whether nothing is open and the server holds everything."""
        if self._program is None:
            return False
        terminal = self._program.session.terminal
        is_idle = isinstance(terminal.stage, Idle) and isinstance(self._program.screen, StartScreen)
        ledger = self.checks.ledger
        ledger.catch_up()
        return is_idle and terminal.works("server") and ledger.acknowledged() == len(ledger.entries)

    def how_it_stands(self) -> str:
        """For somebody who wonders why there is no rest."""
        if self._program is None:
            return f"{self.number}: the program does not run"
        terminal = self._program.session.terminal
        ledger = self.checks.ledger
        return (
            f"{self.number}: {type(terminal.stage).__name__}, {type(self._program.screen).__name__}, "
            f"devices {dict(terminal.devices)}, {ledger.acknowledged()} of {len(ledger.entries)} held"
        )

    def _journal_counter(self) -> int | None:
        self.checks.ledger.catch_up()
        return self.checks.coins.counter

    def _touched(self) -> None:
        if self._program is not None:
            self._program.wake()

    def _customer_acts(self) -> None:
        program = self._program
        if program is None:
            self.customers.act(None, None)
        else:
            try:
                self.customers.act(program.screen, program.post)
            except Killed:
                self._die()
