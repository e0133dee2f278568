"""One terminal in the world: its street, its disk, and the lives of its program, one after the other."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from kiosk.flows.screens import OutOfServiceScreen, ResultScreen, Screen, StartScreen, TakeScreen
from kiosk.flows.state import Idle, Resuming
from kiosk.store.sealing import Sealer
from kiosk.store.witness import Witness
from laws.stories.checks.every import TerminalChecks
from laws.stories.checks.spoilt import content_of, demand_harmless
from laws.stories.customers import Customers
from laws.stories.fate import Fate
from laws.stories.hard_disk import HardDisk
from laws.stories.hostile import Hostile
from laws.stories.life import KILLED, Life, not_yet
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

    def __init__(self, stage: Stage, town: Town, folder: Path, number: str, pocket: list[str]) -> None:
        folder.mkdir(exist_ok=True)
        self._pocket = pocket
        self.number = number
        self._stage = stage
        self._town = town
        self.file = folder / "terminal.db"
        self.life = Life(stage, number)
        self.street = Street(stage, self.life, self_inhibits=stage.chance.random() < 0.5)
        self.disk = HardDisk(folder, stage.chance)
        self._sealer = Sealer(hashlib.sha256(number.encode()).digest())
        self.checks = TerminalChecks(stage, self.street, town, self.file, number, self._sealer)
        self.network = Network(stage, self.life, town, town.keys[number], self.checks.codes.sent)
        self.street.journal_counter = self._journal_counter
        self.street.touched = self._touched
        hostile = Hostile(stage, self.life, self.street, town, self.checks.ledger, pocket)
        others = (
            *hostile.faults,
            self._lose_power_soon,
            self._lose_power_soon,
            self._refuse_writes,
            self._refuse_writes,
            self._fill_up,
            self._spoil_soon,
        )
        self.fate = Fate(stage, self.life, self.street, self.network, self.checks.coins, others)
        self.customers = Customers(stage, self.street, town, pocket)
        self._program: Program | None = None
        self._boots_s = stage.now_s
        self._boot_s = stage.now_s
        self._started_s = stage.now_s
        self._judged = 0
        self.is_judged = True
        """Whether the laws about coins are looked at: an old disk knows of coins of another street."""
        self._spoils = False
        self._has_lost_power = False
        self._has_refused = False
        self.old_disk: dict[str, bytes] = {}
        self._is_switched_off = False
        self._sync_dawdles_s = stage.chance.choice((0.0, 20.0, 60.0, 120.0))
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
        if self._program is None and self._stage.now_s >= self._boots_s and not self._is_switched_off:
            self._look_at_spoilt_disk()
            self._boot()
        program = self._program
        if program is not None and program.session._store is not None:
            self.checks.recording.opened()
        self.life.is_recovering = program is not None and (
            isinstance(program.session.terminal.stage, Resuming)
            or self._stage.now_s < self._started_s + RECOVERING_S
        )
        self.checks.recording.look()
        self.checks.ledger.catch_up()
        if self.is_judged and len(self.checks.money.closed) > self._judged:
            self._judged = len(self.checks.money.closed)
            self.checks.at_any_time()

    def _boot(self) -> None:
        self.life.tell("the program starts")
        self._has_refused = False
        self._started_s = self._stage.now_s
        self.life.is_recovering = self.checks.money.opened > 0
        self._program = Program(self._stage, self.life, self.street, self._around())
        self.tasks_changed()
        try:
            self._program.start()
        except Killed:
            self._die()

    def _around(self) -> Surroundings:
        return Surroundings(
            terminal=self.number,
            epoch=1,
            file=self.file,
            sealer=self._sealer,
            server_key=self.network.key,
            connection=self.network,
            utc_ms=self._utc_ms,
            boot_s=self._boot_s,
            sync_dawdles_s=self._sync_dawdles_s,
            recording=self.checks.recording,
            seen=self._seen,
            printed=self.checks.printed,
            killed=self._die,
        )

    def _seen(self, screen: Screen) -> None:
        self.checks.seen(screen)
        if isinstance(screen, ResultScreen | TakeScreen):
            self._pocket.extend(claim.slip for claim in screen.claims if claim.slip not in self._pocket)

    def _utc_ms(self) -> int:
        return self._town.utc_ms() + self.fate.utc_offset_ms

    def _die(self) -> None:
        chance = self._stage.chance
        has_lost_power = self._has_lost_power = self.life.kill_is != KILLED
        if has_lost_power:
            self.disk.lose_power()
        self.let_go()
        if has_lost_power:
            self.checks.ledger.let_go()
            self.disk.power_returns()
            self.life.kill_is, self.life.doom = KILLED, not_yet
        self.life.is_recovering = False
        self.checks.interrupted()
        away_s = (
            chance.choice((0.5, 2.0, 5.0, 20.0)) if chance.random() < 0.9 else chance.choice((700.0, 3e5))
        )
        self._boots_s = self._stage.now_s + away_s
        if chance.random() < 0.3 or away_s > 60 or has_lost_power:
            self._boot_s = self._boots_s
        if away_s > 60:
            self.customers.go_home(until_s=self._boots_s)

    # --- faults of the disk

    def _lose_power_soon(self) -> None:
        """In the middle of the next writes; or, as when it is killed, between two things that it does."""
        chance = self._stage.chance
        in_the_middle = chance.random() < 0.6
        if self._program is None or not self.disk.expect_power_cut(in_the_middle=in_the_middle):
            return
        self.life.kill_is = "F2 power cut"
        self.life.kill_in = chance.choice((1, 2, 3, 5, 8, 13, 21, 34, 55))
        if in_the_middle:
            self.life.kill_in = 89
            self.life.doom = self._has_power_gone

    def _has_power_gone(self) -> bool:
        return self.disk.power_is_lost

    def _refuse_writes(self) -> Callable[[], None] | None:
        return self._until_mended(self.disk.refuse())

    def _fill_up(self) -> Callable[[], None] | None:
        mend = self.disk.fill_up()
        self.checks.recording.full(is_full=mend is not None)
        return self._until_mended(mend)

    def _until_mended(self, mend: Callable[[], str] | None) -> Callable[[], None] | None:
        if mend is None:
            return None
        self._has_refused = True

        def end() -> None:
            self.checks.recording.full(is_full=False)
            kind = mend()
            if kind:
                self.life.fault(kind)

        return end

    def _spoil_soon(self) -> None:
        self._spoils = True

    def _look_at_spoilt_disk(self) -> None:
        """A byte has changed while the program was dead: it starts, and sees that or is none the worse."""
        if not self._spoils or self.disk.is_watched:
            return
        self._spoils = False
        self.checks.ledger.let_go()
        if not self.file.exists():
            return
        self.life.kill_in = None
        before = content_of(self.file)
        # What a power cut or a refusing disk kept from the witness may be lost without a word.
        testified = self._testified() if self._has_lost_power or self._has_refused else None
        put_back, where = self.disk.spoil()
        self.life.fault("F4 byte changed", where)
        program = Program(self._stage, self.life, self.street, self._around())
        try:
            program.start()
            if program.session._store is None:
                says_so = isinstance(program.screen, OutOfServiceScreen)
                self._stage.tally.demand("8", says_so, "it says nothing")
            else:
                demand_harmless(self.file, before, testified, where, self._stage.tally)
        finally:
            program.let_go()
        put_back()

    def _testified(self) -> int:
        """How far the witness remembers the journal: a power cut makes it older, the newest go unseen."""
        seen = Witness(self.file).says()
        return seen.number if seen is not None else 0

    def rest(self) -> None:
        """No more customers and faults; who is dark is switched on."""
        self.fate.rest()
        self.life.doom = not_yet
        if self.life.kill_is != KILLED:
            self.life.kill_is = KILLED
            self.disk.let_go()
        self.customers.is_over = True
        if self._program is None:
            self._boots_s = min(self._boots_s, self._stage.now_s + SETTLED_AFTER_S)

    def keep_copy(self) -> None:
        """Somebody makes a copy of the disk, as it is now."""
        self.old_disk = self.disk.copy()

    def switch_off(self) -> None:
        """For good."""
        self._is_switched_off = True
        self.let_go()

    def let_go(self) -> None:
        """The program is dead: the operating system closes its files and its wires."""
        if self._program is not None:
            self._program.let_go()
        self._program = None
        self.tasks_changed()
        self.street.coin_wire.close()
        self.street.printer_wire.close()
        self.street.scanner_wire.close()

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
        return self.checks.coins.read_up_to

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
