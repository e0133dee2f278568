"""When a process is killed: chosen anew for each of its lives, so that no instant is spared.

Chance alone would hit idle moments most. So most kills follow something that somebody does, or a write to the
disk, by a moment that chance chooses.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

from laws.kills.process import Process

_NEVER = float("inf")


class Moment(StrEnum):
    """What a kill waits for; the value is how it is printed."""

    STARTING = "while it starts"
    ANY = "at any time"
    ASKED = "when a barcode is scanned"
    COIN = "as a coin falls"
    PAID = "when the slot closes"
    WRITING = "as it writes to its disk"
    ACTING = "as a hopper or the printer begins"


@dataclass(frozen=True)
class Odds:
    """How often each moment is chosen, and the longest delay behind it, in seconds.

    Who has been up for `longest_life_s` waits in vain for a moment that does not come, and ends at any time.
    The start is as long as starts are on this machine.
    """

    weights: Mapping[Moment, int]
    delays_s: Mapping[Moment, float]
    longest_life_s: float


TERMINAL = Odds(
    {
        Moment.STARTING: 12,
        Moment.ANY: 14,
        Moment.ASKED: 10,
        Moment.COIN: 22,
        Moment.PAID: 22,
        Moment.WRITING: 10,
        Moment.ACTING: 12,
    },
    {
        Moment.ANY: 4.0,
        Moment.ASKED: 0.4,
        Moment.COIN: 0.08,
        Moment.PAID: 0.5,
        Moment.WRITING: 2.5,
        Moment.ACTING: 1.0,
    },
    longest_life_s=5.0,
)
SERVER = Odds(
    {Moment.STARTING: 20, Moment.ANY: 20, Moment.ASKED: 15, Moment.COIN: 15, Moment.WRITING: 30},
    {
        Moment.ANY: 6.0,
        Moment.ASKED: 0.05,
        Moment.COIN: 0.15,
        Moment.WRITING: 5.0,
    },
    longest_life_s=9.0,
)
_MARKS = {Moment.ASKED: "scan", Moment.COIN: "coin", Moment.PAID: "slot shut"}
_MOST_TIMES = {Moment.ASKED: 2, Moment.COIN: 6, Moment.PAID: 3}
_SEEN = frozenset({Moment.WRITING, Moment.ACTING})
"""These are seen by looking, closely and often."""
_LONGEST_START_S = 60.0
_FIRST_GUESS_S = 0.6


Sign = Callable[[], object]
"""Looks at something that can be seen, and gives what it looks like; None when there is nothing yet."""


def written_to(file: Path) -> Sign:
    """The sign of a program that makes something durable: the file that it writes then."""

    def look() -> tuple[int, int] | None:
        try:
            state = file.stat()
        except OSError:  # not made yet
            return None
        return state.st_size, state.st_mtime_ns

    return look


class Doom:
    """The end of one process's present life.

    `is_up` tells whether it has started, which takes its time on a loaded machine. `signs` are what changes
    when the moments happen that can be seen.
    """

    def __init__(
        self,
        process: Process,
        is_up: Callable[[], bool],
        signs: Mapping[Moment, Sign],
        odds: Odds,
        chance: Random,
    ) -> None:
        self.process = process
        self.moment = Moment.ANY
        self.was_up = False
        self._is_up = is_up
        self._signs = signs
        self._odds = odds
        self._chance = chance
        self._start_s = _FIRST_GUESS_S
        self._times = 0
        self._due_s = _NEVER
        self._at_last_s = _NEVER
        self._seen: object = None

    def choose(self) -> None:
        """A new life begins: when will it end?"""
        moments = list(self._odds.weights)
        self.moment = self._chance.choices(moments, [self._odds.weights[moment] for moment in moments])[0]
        self.was_up = False
        self._times = self._chance.randint(1, _MOST_TIMES.get(self.moment, 1))
        self._seen = None
        now_s = time.monotonic()
        self._at_last_s = now_s + _LONGEST_START_S
        is_early = self.moment is Moment.STARTING
        self._due_s = now_s + self._chance.uniform(0.0, 1.5 * self._start_s) if is_early else _NEVER

    def _notice_start(self) -> None:
        if self.was_up or not self._is_up():
            return
        self.was_up = True
        now_s = time.monotonic()
        self._start_s += 0.2 * (self.process.age_s - self._start_s)
        self._at_last_s = now_s + self._odds.longest_life_s
        if self.moment is Moment.ANY or self.moment in _SEEN:
            self._due_s = now_s + self._delay_s()

    def told(self, mark: str) -> None:
        """Somebody did something that a kill may be waiting for."""
        if _MARKS.get(self.moment) != mark or self._due_s != _NEVER or not self.was_up:
            return
        self._times -= 1
        if self._times == 0:
            self._due_s = time.monotonic() + self._delay_s()

    def is_due(self) -> bool:
        """Whether it ends now."""
        self._notice_start()
        now_s = time.monotonic()
        if now_s >= self._at_last_s:
            self.moment = Moment.ANY
            return True
        if now_s < self._due_s:
            return False
        return self.moment not in _SEEN or self._has_changed()

    @property
    def is_watching(self) -> bool:
        """Whether it waits for something that must be looked for often."""
        return self.moment in _SEEN and time.monotonic() >= self._due_s

    def _has_changed(self) -> bool:
        before, self._seen = self._seen, self._signs[self.moment]()
        return before is not None and before != self._seen

    def _delay_s(self) -> float:
        return self._chance.uniform(0.0, self._odds.delays_s[self.moment])
