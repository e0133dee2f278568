"""The witness: a small file beside the store that remembers how far the journal had come.

SQLite takes a damaged end of its write-ahead log for a transaction that was never finished, and opens without
a word what was there before (SQLite file format, 4.4 "Checksum algorithm"). The witness is written after a
transaction is durable, so it never knows more than the disk; where it does, entries were lost. It is not
synced: it needs no time, and what a power cut takes of it makes it older or unreadable, never newer.
"""

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import NamedTuple

_LINE = re.compile(rb"epoch (\d+) number (\d+) hash ([0-9a-f]{64}) check ([0-9a-f]{16})\n")

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

    def saw(self, newest: Seen) -> None:
        """These entries are durable. A disk that refuses is told by the next transaction."""
        said = f"epoch {newest.epoch} number {newest.number} hash {newest.hash}"
        line = f"{said} check {_check(said)}\n".encode()
        try:
            if self._file < 0:
                self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            os.pwrite(self._file, line, 0)
            os.ftruncate(self._file, len(line))
        except OSError as error:
            log.warning("cannot write %s: %s", self.path, error)

    def says(self) -> Seen | None:
        """What it remembers; None where there is nothing, or nothing that can be read."""
        try:
            found = _LINE.fullmatch(self.path.read_bytes())
        except OSError:
            return None
        if found is None:
            return None
        epoch, number, digest, check = (group.decode() for group in found.groups())
        if check != _check(f"epoch {epoch} number {number} hash {digest}"):
            return None
        return Seen(int(epoch), int(number), digest)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _check(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]
