"""The stage that a story is played on: one clock, one chance, and who has a turn next.

Threads of the real program are tasks here. Of the tasks that are due one is chosen by chance, so that every
order of things that could happen does. Where a real thread would wait, the others go on living meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from laws.tally import Killed, Tally

NEVER = float("inf")
TURN_S = 0.002
"""What one turn of anybody takes."""
LAST_LINES = 60


@dataclass(frozen=True)
class Task:
    """Somebody who acts: `due` says when next (seconds), `act` does it.

    Tasks of the same `thread` never act at the same time.
    """

    thread: str
    due: Callable[[], float]
    act: Callable[[], None]


class Stage:
    """Clock, chance, figures, and the story so far."""

    def __init__(self, seed: int, chance: Random) -> None:
        self.seed = seed
        self.chance = chance
        self.tally = Tally(seeds=1)
        self.story: list[str] = []
        self.tasks: list[Task] = []
        self.now_s = 1000.0
        self.kill_in: int | None = None
        self.is_recovering = False
        self._busy: list[str] = []

    def clock(self) -> float:
        """Seconds that never jump."""
        return self.now_s

    def tell(self, words: str) -> None:
        """One line of the story; only the newest are kept."""
        self.story.append(f"{self.now_s - 1000:9.2f} s  {words}")
        del self.story[:-LAST_LINES]

    def fault(self, kind: str, words: str = "") -> None:
        """A fault is injected now."""
        self.tell(f"FAULT {kind} {words}".rstrip())
        self.tally.fault(kind, while_recovering=self.is_recovering)

    def may_die(self, where: str) -> None:
        """A place where the terminal's program can be killed. Raises Killed."""
        if self.kill_in is None:
            return
        self.kill_in -= 1
        if self.kill_in <= 0:
            self.kill_in = None
            self.fault("F1 terminal killed", where)
            raise Killed(where)

    def live(self, seconds: float) -> None:
        """Everybody who is not waiting acts for so long. Called inside a turn, its thread is who waits."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            due = [(task.due(), task) for task in self.tasks if task.thread not in self._busy]
            ready = [task for due_s, task in due if due_s <= self.now_s]
            if ready:
                self._give_turn(self.chance.choice(ready))
            else:
                self.now_s = min([end_s, *(due_s for due_s, _ in due)])

    def _give_turn(self, task: Task) -> None:
        self.now_s += TURN_S
        self._busy.append(task.thread)
        try:
            task.act()
        finally:
            self._busy.pop()
