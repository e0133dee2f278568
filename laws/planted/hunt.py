"""The hunt: for each planted mistake the harness that should find it looks at case after case.

Without the mistake the same cases must show nothing: that is the control.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from laws.counters.cases import all_cases
from laws.counters.living import Living
from laws.frames.coin_line import CoinLineUnderLies
from laws.frames.tally import FrameTally
from laws.planted.mistake import Hunter, Mistake
from laws.power_cuts.run import FEWEST_AT_A_BOUNDARY
from laws.power_cuts.run import stories as power_cut_stories
from laws.requests.world import Setting
from laws.requests.world import play as play_requests
from laws.stories.play import play as play_story

PAYMENTS = 10
REQUESTS_A_WORLD = 500
EPISODES = 1_000_000
CASES_APART = 37
"""Cases lie so far apart in the whole product: neighbours are much alike."""


@dataclass(frozen=True)
class Seen:
    """What a harness saw in one of its cases: the law that was broken, and how."""

    law: str
    words: str


Look = Callable[[int], list[Seen]]


@dataclass(frozen=True)
class Catch:
    """How a hunt ended: in how many cases, and what was seen at last (None: nothing of the kind)."""

    cases: int
    seen: Seen | None
    others: tuple[Seen, ...] = ()


AT_MOST = {
    Hunter.STORIES: 150,
    Hunter.REQUESTS: 60,
    Hunter.COUNTERS: 200,
    Hunter.FRAMES: 60,
    Hunter.POWER_CUTS: 16,
}
"""So many cases may a hunt take."""


def hunt(mistake: Mistake, first: int = 1, at_most: int | None = None) -> Catch:
    """Plant the mistake and look until it is found by a law that it breaks, or enough was looked at."""
    others: list[Seen] = []
    most = AT_MOST[mistake.hunter] if at_most is None else at_most
    with looking(mistake.hunter) as look, mistake.plant():
        for case in range(first, first + most):
            for seen in look(case):
                if seen.law in mistake.laws:
                    return Catch(case - first + 1, seen, tuple(others))
                others.append(seen)
    return Catch(most, None, tuple(others))


def control(hunter: Hunter, cases: range) -> list[tuple[int, Seen]]:
    """What the harness sees in these cases when nothing is planted."""
    with looking(hunter) as look:
        return [(case, seen) for case in cases for seen in look(case)]


@contextmanager
def looking(hunter: Hunter) -> Iterator[Look]:
    """A harness, ready to look at its cases by their numbers."""
    match hunter:
        case Hunter.STORIES:
            yield _story
        case Hunter.REQUESTS:
            yield _world_of_requests
        case Hunter.FRAMES:
            yield _lies
        case Hunter.COUNTERS:
            with _folder() as folder:
                yield _counters(folder)
        case Hunter.POWER_CUTS:
            yield _scenario


def _story(seed: int) -> list[Seen]:
    return [Seen(broken.law, broken.words) for broken in play_story(seed, PAYMENTS).violations]


def _world_of_requests(seed: int) -> list[Seen]:
    tally, _ = play_requests(seed, Setting(REQUESTS_A_WORLD))
    return [Seen(broken.law, broken.words) for broken in tally.violations]


def _lies(seed: int) -> list[Seen]:
    """One episode on the coin line; what is told of payouts is law 6, everything else law 5."""
    tally = FrameTally(EPISODES)
    CoinLineUnderLies(Random(f"line {seed}"), tally).episode()
    return [
        Seen("6" if "payout" in words or "ordered" in words else "5", words) for words in tally.violations
    ]


def _scenario(number: int) -> list[Seen]:
    """All states that power cuts leave of one scenario of a store."""
    story = next(islice(power_cut_stories(1), number - 1, None))
    return [Seen(broken.law, broken.words) for broken in story.live(FEWEST_AT_A_BOUNDARY).findings]


def _counters(folder: Path) -> Look:
    living = Living(folder, 1)
    cases = list(all_cases())

    def look(number: int) -> list[Seen]:
        outcome = living.live(cases[number * CASES_APART % len(cases)])
        return [Seen("5", outcome.words)] if outcome.words else []

    return look


@contextmanager
def _folder() -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
    folder = Path(tempfile.mkdtemp(prefix="laws-planted-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
