"""The life of one terminal's program: when it is killed next, and whether it is just recovering."""

from laws.stories.stage import Stage
from laws.tally import Killed


class Life:
    """Counts down to the next kill, and counts this terminal's faults: in a recovery they are F11 too."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self._name = name
        self.kill_in: int | None = None
        self.is_recovering = False

    def tell(self, words: str) -> None:
        """A line of the story about this terminal."""
        self._stage.tell(f"{self._name}: {words}")

    def fault(self, kind: str, words: str = "") -> None:
        """A fault is injected now."""
        self.tell(f"FAULT {kind} {words}".rstrip())
        self._stage.tally.fault(kind, while_recovering=self.is_recovering)

    def may_die(self, where: str) -> None:
        """A place where the program can be killed. Raises Killed."""
        if self.kill_in is None:
            return
        self.kill_in -= 1
        if self.kill_in <= 0:
            self.kill_in = None
            self.fault("F1 terminal killed", where)
            raise Killed(where)
