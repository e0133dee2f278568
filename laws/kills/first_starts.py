"""First starts: programs that have nothing on their disk yet are killed while they make it (laws 11 and 19).

Whatever half of it is there, the next start must come up and go on; nobody pays here.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from laws.kills.figures import Figures
from laws.kills.judge import PlaceJudge
from laws.kills.place import Place
from laws.kills.process import Process
from laws.kills.town import Town
from laws.tally import Tally

LONGEST_START_S = 120.0
_GUESS_S = {"terminal": 0.5, "server": 0.7}
_LOOK_S = 0.002
_NOBODY = "http://127.0.0.1:1"


class FirstStarts:
    """Kills in first starts, one new folder after the other. Raises BrokenLawError."""

    def __init__(self, folder: Path, chance: Random, figures: Figures, tally: Tally) -> None:
        self._folder = folder
        self._chance = chance
        self._figures = figures
        self._tally = tally
        self._start_s = dict(_GUESS_S)

    def terminal(self, number: int) -> None:
        """A new terminal is killed while it makes its store, and must start all the same."""
        place = Place("0999", self._folder / f"first-terminal-{number}", self._chance)
        try:
            place.open(_NOBODY, "none")
            self._die_early(place.program, "terminal")
            place.program.start()
            self._comes_up(place.program, place.is_polled, "terminal")
            place.program.kill()
            judge = PlaceJudge(place, {}, self._tally)
            judge.keep_copy()
            judge.after_kill()
            self._tally.demand(
                "11", judge.starts > 0, f"{place.program.log}: its start is not in its journal"
            )
        finally:
            place.close()
        shutil.rmtree(place.folder)

    def server(self, number: int) -> None:
        """A new server is killed while it makes its tables, and must start all the same."""
        folder = self._folder / f"first-server-{number}"
        folder.mkdir()
        town = Town(folder, f"sqlite:///{folder / 'server.db'}", self._chance)
        try:
            self._die_early(town.program, "server")
            town.start()
            self._comes_up(town.program, town.is_up, "server")
        finally:
            if town.program.is_alive:
                town.program.kill()
        shutil.rmtree(folder)

    def _die_early(self, program: Process, who: str) -> None:
        program.start()
        time.sleep(self._chance.uniform(0.0, 1.1 * self._start_s[who]))
        code = program.kill()
        self._figures.exit_codes[code] += 1
        self._tally.demand("alive", code == -9, f"{who} ended with exit code {code}; see {program.log}")
        self._figures.killed(who, "starting for the first time", "while it starts")

    def _comes_up(self, program: Process, is_up: Callable[[], bool], who: str) -> None:
        """The next start goes well. It may be slow, on a loaded machine."""
        until_s = time.monotonic() + LONGEST_START_S
        words = f"{who} was killed in its first start; the next one does not come up; see {program.log}"
        while not is_up():
            is_on_its_way = program.died_by_itself() is None and time.monotonic() < until_s
            if not is_on_its_way:
                self._tally.demand("19", is_on_its_way, words)
            time.sleep(_LOOK_S)
        self._tally.demand("19", True, words)
        self._figures.restarts += 1
        self._start_s[who] += 0.2 * (program.age_s - self._start_s[who])
        complaints = program.complaints()
        self._tally.demand("mistake", not complaints, f"{who} says: {complaints[:3]}; see {program.log}")
