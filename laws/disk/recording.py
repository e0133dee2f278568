"""A recording of what happens below one folder; and the faults that are put into it."""

import errno
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path
from types import TracebackType
from typing import Self

from laws.disk.operations import Kind, Operation
from laws.disk.shim import ShimError, shim, take


class Calls(IntFlag):
    """Which calls are counted, and fail. Names: making, renaming and removing files and folders."""

    WRITES = 1
    SYNCS = 2
    NAMES = 4
    READS = 8


class Manner(IntEnum):
    """How a call fails: it does nothing, or (a write only) half of it and says so, as it may."""

    REFUSED = 0
    SHORT = 1


@dataclass(frozen=True)
class Fault:
    """Call `number` (from 1) of these kinds fails with this error number; `lasts`: and every one after it.

    A failed sync has written some of the data, and the pages count as clean afterwards, as in Linux.
    """

    calls: Calls
    number: int
    error: int = errno.EIO
    manner: Manner = Manner.REFUSED
    lasts: bool = False


class Recording:
    """What this process does to files below a folder, from `with` on. One at a time in a process."""

    _is_running = False

    def __init__(self, folder: Path) -> None:
        """Raises ShimError where files cannot be watched."""
        self.folder = folder.resolve()
        self.operations: list[Operation] = []
        self._shim = shim()

    def __enter__(self) -> Self:
        """Begin. Raises ShimError when another recording runs."""
        self.resume()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; what was seen stays in `operations`."""
        self.pause()

    def resume(self) -> None:
        """See again what happens; faults are mended."""
        if Recording._is_running:
            raise ShimError("one recording at a time: another one runs in this process")
        Recording._is_running = True
        self._shim.disk_join()  # a module of Python that was loaded meanwhile is seen too
        self._shim.disk_begin(str(self.folder).encode())

    def pause(self) -> None:
        """See nothing for a while: the harness itself writes."""
        self._shim.disk_end()
        if Recording._is_running:
            Recording._is_running = False
            self.take()

    def take(self) -> list[Operation]:
        """What happened since the last time; it is added to `operations` too.

        Raises:
            ShimError: something was done that cannot be recorded.
        """
        new = take(self._shim)
        unseen = [operation.name for operation in new if operation.kind is Kind.NOT_SEEN]
        if unseen:
            raise ShimError(f"something was done to a watched file that cannot be recorded: {unseen[0]}")
        self.operations += new
        return new

    def mark(self, number: int, words: str) -> None:
        """Put a remark between the operations."""
        self._shim.disk_mark(number, words.encode())

    def fail(self, fault: Fault) -> None:
        """From now on this fault lies in wait; it replaces another one. Counting begins anew."""
        self._shim.disk_fault(fault.calls, fault.number, fault.error, fault.manner, fault.lasts)

    def count(self, calls: Calls) -> None:
        """Only count calls of these kinds, from now on."""
        self._shim.disk_fault(calls, 0, 0, 0, 0)

    def mend(self) -> None:
        """No fault any more."""
        self._shim.disk_fault(0, 0, 0, 0, 0)

    @property
    def counted(self) -> int:
        """How many calls were counted since `fail` or `count`."""
        return int(self._shim.disk_counted())

    @property
    def fired(self) -> int:
        """How many calls have failed since `fail`."""
        return int(self._shim.disk_fired())

    def seem_to_have_room(self, free_bytes: int | None) -> None:
        """How much room the disk says it has; None: the truth."""
        self._shim.disk_set_free(-1 if free_bytes is None else free_bytes)
