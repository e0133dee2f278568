"""What has had an effect on the server, in the order it had it: the story that an orderly server is told.

Each request stands here once, at its first arrival; of a batch of facts only what was new. It is written by
`mail.py` and told again by `orderly.py`.
"""

from dataclasses import dataclass, field

from kiosk.sync.exchange import Answer
from parking.facts import Entry
from server.office.release import Fine


@dataclass(frozen=True)
class FactsTaken:
    """These entries of a terminal were new."""

    at_ms: int
    terminal: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class FactsTurnedAway:
    """A batch that does not continue what is held: a clone's."""

    at_ms: int
    terminal: str
    body: bytes


@dataclass(frozen=True)
class Reserved:
    """A reservation was asked for under a new reference, and answered so."""

    at_ms: int
    terminal: str
    body: bytes
    answer: Answer


@dataclass(frozen=True)
class SlipShown:
    """A slip was asked for, and answered so: at first, and when it was promised after it had been refused."""

    at_ms: int
    terminal: str
    body: bytes
    answer: Answer


@dataclass(frozen=True)
class BooksAsked:
    """A terminal told with its cursor which books it has."""

    at_ms: int
    terminal: str
    after: int


@dataclass(frozen=True)
class Fitted:
    """Staff put a clamp on a car."""

    at_ms: int
    clamp: str
    fine: Fine


@dataclass(frozen=True)
class Settled:
    """Staff did this with a claim: an act of `python -m server claim`."""

    at_ms: int
    act: str
    claim: str


Step = FactsTaken | FactsTurnedAway | Reserved | SlipShown | BooksAsked | Fitted | Settled


@dataclass
class Diary:
    """The steps so far. `held` is the number of the newest fact of each terminal and epoch."""

    steps: list[Step] = field(default_factory=list)
    held: dict[tuple[str, int], int] = field(default_factory=dict)

    def note(self, step: Step) -> None:
        """This has just had its effect."""
        self.steps.append(step)

    def note_held(
        self, at_ms: int, terminal: str, entries: tuple[Entry, ...], up_to: int
    ) -> FactsTaken | None:
        """The server says that it holds this terminal's facts up to a number: what of a batch is new?"""
        journal = (terminal, entries[0].epoch)
        before = self.held.get(journal, 0)
        new = tuple(entry for entry in entries if before < entry.number <= up_to)
        if not new:
            return None
        self.held[journal] = new[-1].number
        taken = FactsTaken(at_ms, terminal, new)
        self.note(taken)
        return taken

    def is_held(self, terminal: str, entries: tuple[Entry, ...]) -> bool:
        """Whether a batch says nothing new."""
        return not entries or entries[-1].number <= self.held.get((terminal, entries[0].epoch), 0)
