"""One world from one seed: it begins, lives until enough payments were made, comes to rest, and is judged."""

from pathlib import Path
from random import Random

from laws.stories.checks.every import judge_town
from laws.stories.machine import Machine
from laws.stories.restored import CUSTOMERS_S, SEEN_AFTER_S, LastChapter
from laws.stories.stage import NEVER, Stage, Task
from laws.stories.town import Town
from laws.tally import BrokenLawError

TERMINALS = ("0412", "0413", "0414")
LONGEST_STORY_S = 4000.0
"""A payment with all its faults takes less than this on the average; a story that takes longer has stuck."""
LONGEST_REST_S = 4000.0
FIRST_COPY_S = 30.0


class World:
    """A town, and one to three terminals that release the same clamps, in a folder of its own."""

    def __init__(self, seed: int, folder: Path, without: frozenset[int] = frozenset()) -> None:
        self.stage = Stage(seed, Random(seed), without)
        self._folder = folder
        chance = self.stage.chance
        numbers = TERMINALS[: chance.choices((1, 2, 3), (7, 2, 1))[0]]
        self.town = Town(self.stage, folder, numbers)
        self.pocket: list[str] = []
        self.machines = [
            Machine(self.stage, self.town, folder / number, number, self.pocket) for number in numbers
        ]
        self._ghosts: list[Machine] = []
        self._is_over = False
        self._staff_s = self.stage.now_s + 20
        self._staff = Task(self._staff_due, self._staff_acts)
        for machine in self.machines:
            machine.tasks_changed = self._gather_tasks
        self._gather_tasks()

    def _gather_tasks(self) -> None:
        self.stage.tasks = [
            self._staff,
            *(task for machine in [*self.machines, *self._ghosts] for task in machine.tasks),
        ]

    @property
    def payments(self) -> int:
        """How many were opened at all terminals."""
        return sum(machine.checks.money.opened for machine in self.machines)

    # --- the story

    def play(self, payments: int) -> None:
        """Live until so many payments were made, come to rest, and judge. Raises BrokenLawError."""
        try:
            self._live_through(payments)
            self._come_to_rest()
            for machine in self.machines:
                machine.checks.at_rest()
            judge_town(self.stage, self.town, [machine.checks for machine in self.machines], self._folder)
            self._live_the_last_chapter()
        finally:
            self.stage.tally.payments = self.payments
            for machine in [*self.machines, *self._ghosts]:
                machine.let_go()
                machine.disk.let_go()
                machine.checks.ledger.let_go()
            self.town.disk.let_go()
            self.town.database.close()

    def _live_through(self, payments: int) -> None:
        lived_s = 0.0
        # Chance of its own: a story with fewer payments begins like the one with more.
        copied_at: int | None = Random(self.stage.seed).randrange(payments)
        while self.payments < payments:
            if copied_at is not None and self.payments >= copied_at and lived_s > FIRST_COPY_S:
                copied_at = None
                for machine in self.machines:
                    machine.keep_copy()
            lived_s += self._second()
            if lived_s > LONGEST_STORY_S * (payments + 1):
                words = f"{self.payments} payments in {LONGEST_STORY_S} s for each: it has stuck"
                raise BrokenLawError("2", words)

    def _come_to_rest(self) -> None:
        """Nobody comes any more, everything is mended, and time passes."""
        self.stage.tell("nobody comes any more, everything is mended")
        self._is_over = True
        for machine in self.machines:
            machine.rest()
        rested_s = 0.0
        while not all(machine.is_at_rest() for machine in self.machines):
            if rested_s > LONGEST_REST_S:
                stands = "; ".join(machine.how_it_stands() for machine in self.machines)
                raise BrokenLawError("2", f"no rest after {LONGEST_REST_S} s: {stands}")
            rested_s += self._second()

    def _live_the_last_chapter(self) -> None:
        """Old copies of the terminals' disks come to life again."""
        chapters = [
            LastChapter(self.stage, self.town, machine, self._folder / f"ghost-{machine.number}")
            for machine in self.machines
            if machine.old_disk
        ]
        self._ghosts = [chapter.ghost for chapter in chapters]
        for chapter in chapters:
            chapter.ghost.tasks_changed = self._gather_tasks
            chapter.begins()
        self._live_for(SEEN_AFTER_S)
        for chapter in chapters:
            chapter.customers_come()
        self._live_for(CUSTOMERS_S)
        for chapter in chapters:
            chapter.judge()

    def _live_for(self, seconds: float) -> None:
        end_s = self.stage.now_s + seconds
        while self.stage.now_s < end_s:
            self._second()

    def _second(self) -> float:
        """About a second of the world; returns how long it was, but for a night in which all is dark."""
        for machine in [*self.machines, *self._ghosts]:
            machine.look()
        self.stage.live(1.0)
        self._sleep_through_the_night()
        return 1.0

    def _sleep_through_the_night(self) -> None:
        """In a long outage of all terminals nothing happens but that faults end and the last coins fall."""
        boots = [machine.is_off_until for machine in self.machines]
        morning_s = min((boot for boot in boots if boot is not None), default=0.0)
        if None not in boots and morning_s > self.stage.now_s + 60:
            self.stage.live(5.0)
            self.stage.now_s = max(self.stage.now_s, morning_s)

    # --- staff

    def _staff_due(self) -> float:
        return NEVER if self._is_over else self._staff_s

    def _staff_acts(self) -> None:
        self._staff_s = self.stage.now_s + self.stage.chance.uniform(8, 40)
        free = self.town.free_clamps()
        if len(free) > 1:
            self.town.fit(self.stage.chance.choice(free))
