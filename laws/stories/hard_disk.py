"""The disk below one folder of the world: it loses power, refuses to write, and spoils what it holds.

Faults F2, F3 and F4. What SQLite really writes and syncs is seen by the shim of `laws/disk`; it is in place
only while one of these faults is near, one disk at a time.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from random import Random

from laws.disk import Calls, Fault, Image, Manner, Recording, WatchedDisk, can_watch

ROOM_BYTES = 4096
"""What is left on a disk that is nearly full."""
FAILURES = (
    ("F3 write refused", Calls.WRITES, errno.EIO),
    ("F3 no space", Calls.WRITES, errno.ENOSPC),
    ("F3 sync failed", Calls.SYNCS, errno.EIO),
    ("F3 no space at the end", Calls.WRITES | Calls.SYNCS, errno.ENOSPC),
)


class HardDisk:
    """The disk of a terminal or of the server: everything below `folder`."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self._folder = folder
        self._chance = chance
        self._watched: WatchedDisk | None = None
        self._image: Image | None = None
        self._cuts_when_failed = False

    @property
    def is_watched(self) -> bool:
        """Whether a fault is near."""
        return self._watched is not None

    # --- power cuts

    def expect_power_cut(self, *, in_the_middle: bool) -> bool:
        """Power will be lost: in the middle of the next writes, or when the program is killed."""
        if not self._watch():
            return False
        self._cuts_when_failed = in_the_middle
        if in_the_middle:
            number = self._chance.randint(1, 12)
            kinds = self._chance.choice((Calls.WRITES, Calls.SYNCS, Calls.WRITES | Calls.SYNCS))
            manner = self._chance.choice((Manner.REFUSED, Manner.SHORT))
            self._the_watched.fail(Fault(kinds, number, errno.EIO, manner, lasts=True))
        return True

    @property
    def power_is_lost(self) -> bool:
        """Whether the write in whose middle the power was to be lost has come."""
        return self._watched is not None and self._cuts_when_failed and self._the_watched.recording.fired > 0

    def lose_power(self) -> None:
        """Now. The programs still have their files open: what they close is lost with the rest."""
        if self._watched is not None:
            self._image = self._watched.power_cut(self._chance)

    def power_returns(self) -> None:
        """Nobody has a file open any more: the folder holds what the platter kept."""
        if self._watched is not None:
            if self._image is not None:
                self._watched.become(self._image)
            self._image, self._cuts_when_failed = None, False
            self._leave_alone()

    # --- a disk that refuses

    def refuse(self, *, within: int = 20) -> Callable[[], str] | None:
        """Writes or syncs begin to fail, after `within` of them at most.

        Call the result to mend it: it tells what failed, or nothing.
        """
        if not self._watch():
            return None
        kind, calls, error = self._chance.choice(FAILURES)
        manner = self._chance.choice((Manner.REFUSED, Manner.SHORT))
        lasts = self._chance.random() < 0.6
        number = self._chance.randint(1, within)
        self._the_watched.fail(Fault(calls, number, error, manner, lasts=lasts))
        return lambda: kind if self._mended() else ""

    def fill_up(self) -> Callable[[], str] | None:
        """The disk says that it has no room. Call the result to make room."""
        if not self._watch():
            return None
        self._the_watched.recording.seem_to_have_room(ROOM_BYTES)
        return self._emptied

    def _mended(self) -> int:
        if self._watched is None:
            return 0
        fired = self._watched.mend()
        self._leave_alone()
        return fired

    def _emptied(self) -> str:
        if self._watched is not None:
            self._watched.recording.seem_to_have_room(None)
            self._leave_alone()
        return "F3 disk below its reserve"

    # --- a spoilt page

    def spoil(self) -> tuple[Callable[[], None], str]:
        """Change one byte of the database while nobody has it open; returns what puts it back, and where."""
        files = [path for path in sorted(self._folder.iterdir()) if path.name.endswith((".db", ".db-wal"))]
        files = [path for path in files if path.stat().st_size]
        before = {path: path.read_bytes() for path in files}
        spoilt = self._chance.choice(files)
        place = self._chance.randrange(len(before[spoilt]))
        changed = bytearray(before[spoilt])
        changed[place] ^= self._chance.randrange(1, 256)
        spoilt.write_bytes(changed)
        return lambda: self._restore(before), f"byte {place} of {spoilt.name}"

    def copy(self) -> dict[str, bytes]:
        """What is on it now, by name; nobody is in the middle of a write."""
        return {path.name: path.read_bytes() for path in self._folder.iterdir() if not _is_shared(path)}

    def _restore(self, before: dict[Path, bytes]) -> None:
        for path in self._folder.iterdir():
            path.unlink()
        for path, content in before.items():
            path.write_bytes(content)

    # --- the shim

    @property
    def _the_watched(self) -> WatchedDisk:
        assert self._watched is not None  # noqa: S101 - asked for only while watched
        return self._watched

    def _watch(self) -> bool:
        """Put the shim in place. False: another disk is watched, or this machine cannot."""
        if self._watched is not None or Recording._is_running or can_watch():
            return False
        self._watched = WatchedDisk(self._folder)
        self._watched.__enter__()
        return True

    def _leave_alone(self) -> None:
        if self._watched is not None:
            self._watched.__exit__(None, None, None)
        self._watched = None

    def let_go(self) -> None:
        """The story is over."""
        if self._watched is not None:
            self._watched.recording.seem_to_have_room(None)
            self._watched.mend()
            self._leave_alone()


def _is_shared(path: Path) -> bool:
    return path.name.endswith("-shm")
