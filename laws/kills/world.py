"""One run: server and terminals start, customers pay, processes are killed and start again; all is judged.

Everything here happens in the one thread that started the processes: their lives are tied to it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from laws.kills.figures import Figures
from laws.kills.first_starts import FirstStarts
from laws.kills.moments import SERVER, Doom, Moment, written_to
from laws.kills.office import OfficeJudge
from laws.kills.process import Process
from laws.kills.terminal import Terminal
from laws.kills.town import Town
from laws.tally import BrokenLawError, Tally

KILLED, ENDED = -9, frozenset({0, -15})
LOOK_S, LOOK_CLOSELY_S = 0.005, 0.0005
LONGEST_REST_S = 240.0
"""So long after the last kill everything must be finished and told: minutes, for a loaded machine is slow."""
BOTH = 0.08
"""How often the server is killed together with a terminal."""
DELAYS_S = (0.0, 0.0, 0.0, 0.0, 0.1, 0.4)
"""How long a killed process stays dead."""
FIRST_NUMBER = 412
ONE_FIRST_START_OF = 100
"""For so many kills one of a terminal and one of a server in the first start of all."""

Say = Callable[[str], None]


class World:
    """Server, terminals, customers, fate. `folder` is new and holds all files; `say` is told the progress."""

    def __init__(self, seed: int, folder: Path, kills: int, terminals: int, database: str, say: Say) -> None:
        self._folder = folder
        self._chance = Random(seed)
        self._kills = kills
        self._say = say
        self._tally = Tally()
        self._figures = Figures(seed=seed)
        self._town = Town(folder, database, Random(f"{seed} town"))
        self._server_doom = Doom(
            self._town.program,
            self._town.is_up,
            {Moment.WRITING: written_to(self._town.writes_to)},
            SERVER,
            Random(f"{seed} server"),
        )
        self._server_restart_s = 0.0
        self._began_s = time.monotonic()
        clamps = 30 + 3 * kills // terminals
        self._terminals = [
            Terminal(
                f"{number:04d}",
                folder,
                self._town,
                clamps,
                Random(f"{seed} {number}"),
                self._tally,
                self._server_doom.told,
            )
            for number in range(FIRST_NUMBER, FIRST_NUMBER + terminals)
        ]
        judges = [terminal.judge for terminal in self._terminals]
        self._office = OfficeJudge(database, judges, folder, self._tally)

    # --- the run

    def run(self) -> Figures:
        """Live through all kills, come to rest, judge. A broken law ends it and stands in the figures."""
        try:
            self._kill_first_starts()
            self._open()
            self._begin_with_an_ordinary_day()
            self._live_through_kills()
            self._come_to_rest()
            self._judge()
        except BrokenLawError as broken:
            self._figures.violations.append(str(broken))
        finally:
            self._close()
            self._count()
        return self._figures

    def _kill_first_starts(self) -> None:
        first_starts = FirstStarts(self._folder, self._chance, self._figures, self._tally)
        times = -(-self._kills // ONE_FIRST_START_OF)
        self._say(f"{times} first starts of a terminal and of a server are killed")
        for number in range(times):
            first_starts.terminal(number)
            first_starts.server(number)

    def _open(self) -> None:
        keys = self._town.open([terminal.number for terminal in self._terminals])
        self._start_server()
        for terminal in self._terminals:
            terminal.place.open(self._town.url, keys[terminal.number])
            terminal.start()

    def _begin_with_an_ordinary_day(self) -> None:
        """Every terminal gets its books once, so that later it can sell without the server."""
        self._live_until(self._office.all_have_books, "the terminals do not get their books")
        for doom in self._dooms():
            doom.choose()

    def _live_through_kills(self) -> None:
        told = 0
        while (killed := self._figures.kills.total()) < self._kills:
            self._turn()
            self._end_whose_time_has_come()
            if killed >= told + max(10, self._kills // 20):
                told = killed
                payments = sum(len(terminal.judge.money.closed) for terminal in self._terminals)
                self._say(f"{killed} kills, {payments} payments in {time.monotonic() - self._began_s:.0f} s")

    def _live_until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        """Live without kills. Raises BrokenLawError when it is not so after a long time."""
        until_s = time.monotonic() + LONGEST_REST_S
        while not is_so():
            self._demand("2", time.monotonic() < until_s, f"{otherwise} in {LONGEST_REST_S:.0f} s")
            wake_s = time.monotonic() + 0.3
            while time.monotonic() < wake_s:
                self._turn()

    def _turn(self) -> None:
        """Customers act, what is dead starts again, and a little time passes."""
        for program, who in self._programs():
            code = program.died_by_itself()
            if code is not None:
                self._demand(
                    "alive", False, f"{who} ended by itself with exit code {code}; see {program.log}"
                )
        for terminal in self._terminals:
            terminal.live()
        if not self._town.program.is_alive and time.monotonic() >= self._server_restart_s:
            self._start_server()
        is_close = any(doom.is_watching for doom in self._dooms())
        time.sleep(LOOK_CLOSELY_S if is_close else LOOK_S)

    def _programs(self) -> list[tuple[Process, str]]:
        programs = [(terminal.place.program, f"terminal {terminal.number}") for terminal in self._terminals]
        return [*programs, (self._town.program, "the server")]

    def _dooms(self) -> list[Doom]:
        return [self._server_doom, *(terminal.doom for terminal in self._terminals)]

    def _start_server(self) -> None:
        self._town.start()
        self._server_doom.choose()

    # --- kills

    def _end_whose_time_has_come(self) -> None:
        for terminal in self._terminals:
            if terminal.is_due():
                together = self._town.program.is_alive and self._chance.random() < BOTH
                self._kill_terminal(terminal, together=together)
        if self._town.program.is_alive and self._server_doom.is_due():
            self._kill(self._town.program, "the server")
            self._server_was_killed(self._server_doom.moment)

    def _kill_terminal(self, terminal: Terminal, *, together: bool) -> None:
        self._kill(terminal.place.program, f"terminal {terminal.number}")
        if together:
            self._kill(self._town.program, "the server")
        terminal.was_killed(self._chance.choice(DELAYS_S), self._figures)
        if together:
            self._figures.both += 1
            self._server_was_killed("with a terminal")

    def _kill(self, program: Process, who: str) -> None:
        program.look()
        self._ended(program, who, program.kill(), frozenset({KILLED}))

    def _ended(self, program: Process, who: str, code: int, wanted: frozenset[int]) -> None:
        self._figures.exit_codes[code] += 1
        self._demand("alive", code in wanted, f"{who} ended with exit code {code}; see {program.log}")
        complaints = program.complaints()
        self._demand("mistake", not complaints, f"{who} says: {complaints[:3]}; see {program.log}")

    def _server_was_killed(self, moment: str) -> None:
        doing = "serving" if self._server_doom.was_up else "starting"
        self._office.keep_copy()
        self._server_restart_s = time.monotonic() + self._chance.choice(DELAYS_S)
        self._office.after_kill()
        self._figures.killed("server", doing, moment)

    def _demand(self, law: str, holds: bool, words: str) -> None:  # noqa: FBT001 - as the tally's
        self._tally.demand(law, holds, words)

    # --- the end

    def _come_to_rest(self) -> None:
        """Nobody is killed any more, nobody new comes; who is there finishes, and everything is told."""
        self._say("no more kills; everybody finishes")
        for terminal in self._terminals:
            terminal.customers.comes_again = False
        self._live_until(self._is_at_rest, "no rest")

    def _is_at_rest(self) -> bool:
        if not all(program.is_alive for program, _ in self._programs()):
            return False
        for terminal in self._terminals:
            terminal.judge.look_live()
        return (
            all(terminal.judge.is_at_rest for terminal in self._terminals) and self._office.has_everything()
        )

    def _judge(self) -> None:
        """End everything as an operator does, then look at all of it."""
        for program, who in self._programs():
            program.look()
            self._ended(program, who, program.end(), ENDED)
        for terminal in self._terminals:
            terminal.judge.at_rest()
        self._office.at_rest()

    def _close(self) -> None:
        for terminal in self._terminals:
            terminal.place.close()
        if self._town.program.is_alive:
            self._town.program.kill()

    def _count(self) -> None:
        figures = self._figures
        figures.seconds = time.monotonic() - self._began_s
        figures.laws = self._tally.laws
        figures.restarts += max(0, self._town.program.lives - 1)
        figures.server_use = self._town.program.use
        for terminal in self._terminals:
            terminal.count(figures)
