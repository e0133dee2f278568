"""Live the story of one seed, and tell what was counted."""

import logging
import shutil
import tempfile
import traceback
from pathlib import Path

from laws.stories.world import World
from laws.tally import BrokenLawError, Tally, Violation

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile


def play(seed: int, payments: int, *, without: frozenset[int] = frozenset()) -> Tally:
    """Live the story of a seed; returns its figures, with the law that it broke, if any.

    `without` are faults, by their numbers in this story, that do not come.
    """
    where = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="laws-", dir=where))
    mistakes = _Mistakes()
    logging.getLogger("kiosk").addHandler(mistakes)
    try:
        world = World(seed, folder, without)
        try:
            world.play(payments)
            mistakes.demand_none()
        except BrokenLawError as broken:
            _note(world, broken)
        except Exception as mistake:  # noqa: BLE001 - whatever it is, its seed must be told and the others lived
            trace = "".join(traceback.format_exception(mistake)[-3:])
            _note(world, BrokenLawError("mistake", f"{mistake!r}: {trace}"))
        return world.stage.tally
    finally:
        logging.getLogger("kiosk").removeHandler(mistakes)
        shutil.rmtree(folder)


def _note(world: World, broken: BrokenLawError) -> None:
    tally = world.stage.tally
    tally.violations.append(
        Violation(
            seed=world.stage.seed,
            law=broken.law,
            words=broken.words,
            payments=tally.payments,
            story=tuple(world.stage.story),
            faults=world.stage.faults,
        )
    )


class _Mistakes(logging.Handler):
    """What the program caught of its own mistakes: the terminal survives them, the story does not."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def demand_none(self) -> None:
        """Raise BrokenLawError when there was any."""
        if self.seen:
            raise BrokenLawError("mistake", self.seen[0])

    def emit(self, record: logging.LogRecord) -> None:
        """Keep mistakes; a broken device is told at other levels."""
        if record.exc_info and record.exc_info[1] is not None:
            self.seen.append(f"{record.getMessage()}: {record.exc_info[1]!r}")
