"""The stage that a story is played on: one clock, one chance, and who has a turn next.

Threads of the real program are tasks here. Of the tasks that are due one is chosen by chance, so that every
order of things that could happen does. Where a real thread would wait, the others go on living meanwhile:
each task has a stack of its own (a greenlet), so that who waits longest is not waited for by all.
"""

from collections import deque
from collections.abc import Callable
from random import Random

from greenlet import greenlet

from laws.tally import Killed, Tally

NEVER = float("inf")
TURN_S = 0.002
"""What one turn of anybody takes."""
LAST_LINES = 80

Words = str | Callable[[], str]
"""A line of the story, or what makes it when it is read: most lines never are."""


class Task:
    """Somebody who acts: `due` says when next (seconds), `act` does it.

    A part of the program has a stack of its own, on which it may wait; `killed` is called when it was killed.
    """

    def __init__(
        self, due: Callable[[], float], act: Callable[[], None], killed: Callable[[], None] | None = None
    ) -> None:
        self.due = due
        self.resumes_s: float | None = None
        self._act = act
        self._killed = killed
        self._stack: greenlet | None = None

    @property
    def next_s(self) -> float:
        """When it has its next turn, or goes on with the one in which it waits."""
        return self.due() if self.resumes_s is None else self.resumes_s

    def go_on(self) -> None:
        """Its turn, until it waits or the turn is over. Raises what the turn raises, but for being killed."""
        if self._killed is None:
            self._act()
            return
        self.resumes_s = None
        if self._stack is None or self._stack.dead:
            self._stack = greenlet(self._turns)
        try:
            self._stack.switch()
        except Killed:
            self._killed()

    def wait_until(self, instant_s: float) -> None:
        """Called by whoever has the turn: let the others live until then."""
        self.resumes_s = instant_s
        _stage_of_everybody().switch()

    def end(self) -> None:
        """Unwind what it was doing: the program it belongs to is dead."""
        while self._stack is not None and not self._stack.dead:
            try:
                self._stack.throw(Killed("with its program"))
            except Killed:
                break
        self._stack = None
        self.resumes_s = None

    def _turns(self) -> None:
        while True:
            self._act()
            _stage_of_everybody().switch()


def _stage_of_everybody() -> greenlet:
    parent = greenlet.getcurrent().parent
    assert parent is not None  # noqa: S101 - tasks are begun by the stage
    return parent


class Stage:
    """Clock, chance, figures, and the story so far. `without` are numbers of faults that are left out."""

    def __init__(self, seed: int, chance: Random, without: frozenset[int] = frozenset()) -> None:
        self.seed = seed
        self._without = without
        self.faults = 0
        self.chance = chance
        self.tally = Tally(seeds=1)
        self.tasks: list[Task] = []
        self.now_s = 1000.0
        self._lines: deque[tuple[float, Words]] = deque(maxlen=LAST_LINES)
        self._acting: Task | None = None

    def clock(self) -> float:
        """Seconds that never jump."""
        return self.now_s

    @property
    def story(self) -> list[str]:
        """The newest lines."""
        return [
            f"{at_s - 1000:9.2f} s  {words if isinstance(words, str) else words()}"
            for at_s, words in self._lines
        ]

    def fault_comes(self) -> bool:
        """A fault is due: it gets its number in this story. False: it is left out this time."""
        self.faults += 1
        return self.faults not in self._without

    def tell(self, words: Words) -> None:
        """One line of the story; only the newest are kept."""
        self._lines.append((self.now_s, words))

    def live(self, seconds: float) -> None:
        """Everybody who is not waiting acts for so long. Called inside a turn, its task is who waits."""
        if self._acting is not None:
            self._acting.wait_until(self.now_s + seconds)
        else:
            self._live_until(self.now_s + seconds)

    def _live_until(self, end_s: float) -> None:
        while self.now_s < end_s:
            now_s = self.now_s
            earliest_s = end_s
            ready = []
            for task in self.tasks:
                next_s = task.next_s
                if next_s <= now_s:
                    ready.append(task)
                elif next_s < earliest_s:
                    earliest_s = next_s
            if ready:
                self._give_turn(self.chance.choice(ready))
            else:
                self.now_s = earliest_s

    def _give_turn(self, task: Task) -> None:
        self.now_s += TURN_S
        self._acting = task
        try:
            task.go_on()
        finally:
            self._acting = None
