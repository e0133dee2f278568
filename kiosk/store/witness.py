"""The witness: a small file beside the store that remembers how far the journal had come.

SQLite takes a damaged end of its write-ahead log for a transaction that was never finished, and opens without
a word what was there before (SQLite file format, 4.4 "Checksum algorithm"). The witness is written after a
transaction is durable, so it never knows more than the disk; where it does, entries were lost. It is not
synced: it needs no time, and what a power cut takes of it makes it older or unreadable, never newer.

    slot 0, 256 bytes:  epoch 1 number 12 hash 5be1... check 90af...   (spaces)  LF
    slot 1, 256 bytes:  epoch 1 number 13 hash c41d... check 71c2...   (spaces)  LF

The two slots are written by turns: a write that fails in its middle leaves the other.
"""

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import NamedTuple

SLOTS, SLOT_BYTES = 2, 256
_LINE = re.compile(rb"epoch (\d+) number (\d+) hash ([0-9a-f]{64}) check ([0-9a-f]{16}) *\n")

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """The newest entry that was durable: its epoch, number and hash."""

    epoch: int
    number: int
    hash: str


class Witness:
    """The file `<store>-witness`, for the one thread that writes the store."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(f"{store.name}-witness")
        self._file = -1
        self._slot = 0

    def saw(self, newest: Seen) -> None:
        """These entries are durable. A disk that refuses is told by the next transaction."""
        said = f"epoch {newest.epoch} number {newest.number} hash {newest.hash}"
        slot = f"{said} check {_check(said)}".ljust(SLOT_BYTES - 1) + "\n"
        try:
            self._open()
            written = os.pwrite(self._file, slot.encode(), self._slot * SLOT_BYTES)
        except OSError as error:
            log.warning("cannot write %s: %s", self.path, error)
            return
        if written == SLOT_BYTES:  # else the same slot is written next time: the other one is whole
            self._slot = (self._slot + 1) % SLOTS

    def says(self) -> Seen | None:
        """What it remembers; None where there is nothing, or nothing that can be read."""
        return max((seen for seen in self._slots() if seen is not None), default=None)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _open(self) -> None:
        """Begin with the slot that is not the newest."""
        if self._file < 0:
            first, second = self._slots()
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            self._slot = int(first is not None and (second is None or first > second))

    def _slots(self) -> list[Seen | None]:
        try:
            content = self.path.read_bytes()
        except OSError:
            content = b""
        return [_read(content[at : at + SLOT_BYTES]) for at in range(0, SLOTS * SLOT_BYTES, SLOT_BYTES)]


def _read(slot: bytes) -> Seen | None:
    found = _LINE.fullmatch(slot)
    if found is None:
        return None
    epoch, number, digest, check = (group.decode() for group in found.groups())
    if check != _check(f"epoch {epoch} number {number} hash {digest}"):
        return None
    return Seen(int(epoch), int(number), digest)


def _check(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]
