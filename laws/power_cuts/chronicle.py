"""What a scenario did to its store: the state after each transaction, and when each was begun and was done.

A state is everything that the store holds, row by row, and what the program makes of it. Whatever a power cut
leaves must be one of these states: not before the last that was done, not after the last that was begun.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

from laws.disk import Recording

BEGUN, DONE, LEFT, REFUSED = "begun", "done", "left", "refused"


Rows = tuple[tuple[str, tuple[Any, ...]], ...]
"""Every table's name and rows."""


class State(NamedTuple):
    """A store after a transaction. `told` are secrets that its facts allow to leave the machine."""

    rows: Rows
    folded: Hashable
    told: frozenset[str]


class Reading(NamedTuple):
    """What the real store made of a state of the disk: an error in words, or a state."""

    error: str
    state: State | None
    remark: str = ""


@dataclass
class Chronicle:
    """The states of one scenario, in order, and the marks in the recording that tell when they came to be.

    `before` are the states in which the store may be found at the beginning, the last as it is read.
    `twin` is the chronicle of the same scenario without faults: it knows what a transaction leads to.
    """

    recording: Recording
    before: InitVar[Sequence[State]] = ()
    twin: "Chronicle | None" = None
    states: list[State] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    places: dict[State, list[int]] = field(default_factory=lambda: defaultdict(list))
    refusals: int = 0

    def __post_init__(self, before: Sequence[State]) -> None:
        """Begin with what was there already."""
        for state in before:
            self._add(state)
        self.beginnings = len(self.states)

    def transaction(self, change: Callable[[], None], state: Callable[[], State]) -> None:
        """A change of the store that is one transaction: all of it is there afterwards, or nothing.

        One that raises leaves it open which.
        """
        self.begin()
        try:
            change()
        except BaseException:
            self.is_in_doubt()
            raise
        self.done(state())

    def begin(self) -> None:
        """The next state may come to be from now on."""
        self.recording.mark(len(self.states), BEGUN)

    def is_in_doubt(self) -> None:
        """The disk refused: nobody was told that it is there, and perhaps it is."""
        self.refusals += 1
        self.recording.mark(self.refusals, REFUSED)
        if self.twin is not None and self.refusals == 1 and len(self.states) < len(self.twin.states):
            self._add(self.twin.states[len(self.states)])

    def done(self, state: State) -> None:
        """It has come to be, and is acknowledged: a cut may not take it away any more."""
        self.recording.mark(len(self.states), DONE)
        self._add(state)

    def found(self, state: State) -> None:
        """The store was opened and holds this; nobody was told anything because of it yet."""
        self._add(state)

    def leaves(self, secret: str) -> None:
        """Something leaves the machine for which its fact must be durable by now."""
        self.recording.mark(len(self.left), LEFT)
        self.left.append(secret)

    def _add(self, state: State) -> None:
        self.places[state].append(len(self.states))
        self.states.append(state)
