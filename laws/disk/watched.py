"""A folder whose disk is watched while a world lives on it, through any number of power cuts."""

from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from laws.disk.model import Disk, Image, Order
from laws.disk.recording import Fault, Recording


class WatchedDisk:
    """The disk below a folder, from `with` on. Everything that is there at first is durable.

    A power cut in a world that goes on: `image = disk.power_cut(chance)` at the instant, then let the
    programs close their files (what they write then is lost with the rest), then `disk.become(image)`.
    """

    def __init__(self, folder: Path, order: Order = Order.EXT4) -> None:
        self.recording = Recording(folder)
        self._order = order
        self._disk: Disk

    def __enter__(self) -> Self:
        """Begin."""
        self.recording.resume()
        self._disk = self._seen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self.recording.pause()

    def power_cut(self, chance: Random) -> Image:
        """The files as chance leaves them when the power goes now. The folder itself is not changed yet."""
        return self._caught_up().power_cut(chance)

    def become(self, image: Image) -> None:
        """Let the folder hold these files; all of it is durable. Nobody may have a file of it open."""
        self.recording.pause()
        self._forget()
        image.put_into(self.recording.folder)
        self._disk = self._seen()
        self.recording.resume()

    def fail(self, fault: Fault) -> None:
        """From now on this fault lies in wait (see `Recording.fail`)."""
        self.recording.fail(fault)

    def mend(self) -> int:
        """No fault any more; returns how many calls have failed."""
        fired = self.recording.fired
        self.recording.mend()
        return fired

    def _seen(self) -> Disk:
        return Disk(self.recording.folder, self._order, keyed=False)

    def _caught_up(self) -> Disk:
        self._disk.apply(self.recording.take())
        self._forget()
        return self._disk

    def _forget(self) -> None:
        self.recording.operations.clear()
