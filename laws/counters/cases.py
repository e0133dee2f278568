"""The cases: what the journal's counter is, what the acceptor does meanwhile, and where the program dies."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

COUNTERS = range(1, 256)
GAPS = range(7)


class Reset(StrEnum):
    """What the acceptor's power does while nobody has read the coins of the gap."""

    NONE = "keeps its power"
    TO_ZERO = "loses power after the coins"
    THEN_COINS = "loses power after one coin, then the coins fall"


class Place(StrEnum):
    """Where a program can be killed between the sensor and the disk."""

    QUESTION = "before the buffer is asked for"
    ANSWER = "when the buffer has been read"
    POST = "before the event is in the inbox"
    HANDLE = "before the event is handled"
    WRITE = "before its facts are durable"
    WRITTEN = "when its facts are durable and nothing has been done"


@dataclass(frozen=True)
class Kill:
    """Kill -9 when the program comes to this place for the `times`-th time since it was armed."""

    place: Place
    times: int = 1


@dataclass(frozen=True)
class Crash:
    """How the program dies: before the coins fall, or at a place after that; and again while recovering."""

    words: str
    is_away: bool = False
    kill: Kill | None = None
    again: Kill | None = None


CRASHES = (
    Crash("it lives"),
    Crash("it does not run", is_away=True),
    Crash("before it asks", kill=Kill(Place.QUESTION)),
    Crash("when it has read once", kill=Kill(Place.ANSWER)),
    Crash("when it has read twice", kill=Kill(Place.ANSWER, 2)),
    Crash("before the first event is told", kill=Kill(Place.POST)),
    Crash("before the first event is handled", kill=Kill(Place.HANDLE)),
    Crash("before the first facts are durable", kill=Kill(Place.WRITE)),
    Crash("when the first facts are durable", kill=Kill(Place.WRITTEN)),
    Crash("when the third facts are durable", kill=Kill(Place.WRITTEN, 3)),
    Crash("it does not run, and dies again when it has read", is_away=True, again=Kill(Place.ANSWER, 2)),
    Crash("it does not run, and dies again between two coins", is_away=True, again=Kill(Place.WRITTEN)),
)


@dataclass(frozen=True)
class Case:
    """One case, and its number in the whole product."""

    number: int
    counter: int
    gap: int
    reset: Reset
    crash: Crash

    @property
    def words(self) -> str:
        """The case in a sentence."""
        return (
            f"case {self.number}: the journal has {self.counter}, {self.gap} coins fall, the acceptor "
            f"{self.reset.value}; the program: {self.crash.words}"
        )


def all_cases() -> Iterator[Case]:
    """The whole product, all cases of a counter together."""
    number = 0
    for counter in COUNTERS:
        for gap in GAPS:
            for reset in Reset:
                for crash in CRASHES:
                    yield Case(number, counter, gap, reset, crash)
                    number += 1
