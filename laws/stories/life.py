"""The life of one terminal's program: when it is killed next, and whether it is just recovering."""

from collections.abc import Callable

from laws.stories.stage import Stage
from laws.tally import Killed

Doom = Callable[[], bool]
KILLED = "F1 terminal killed"


def not_yet() -> bool:
    """Nothing dooms it."""
    return False


class Life:
    """Counts down to the next kill, and counts this terminal's faults: in a recovery they are F11 too."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self._name = name
        self.kill_in: int | None = None
        self.kill_is = KILLED
        self.is_recovering = False
        self.doom: Doom = not_yet
        """Asked at every place where the program can die: whether it must, here and now."""

    def tell(self, words: str) -> None:
        """A line of the story about this terminal."""
        self._stage.tell(f"{self._name}: {words}")

    def fault(self, kind: str, words: str = "") -> None:
        """A fault is injected now."""
        self.tell(f"FAULT {kind} {words}".rstrip())
        self._stage.tally.fault(kind, while_recovering=self.is_recovering)

    def may_die(self, where: str) -> None:
        """A place where the program can be killed. Raises Killed."""
        if self.doom():
            self.kill_in = None
            self.fault(self.kill_is, where)
            raise Killed(where)
        if self.kill_in is None:
            return
        self.kill_in -= 1
        if self.kill_in <= 0:
            self.kill_in = None
            self.fault(self.kill_is, where)
            raise Killed(where)
