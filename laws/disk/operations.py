"""What was done to files, one value for each call, as the shim wrote it down. No meaning here."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

_HEAD = struct.Struct("=IIQqQ")


class Kind(IntEnum):
    """What a call did. The numbers are those of `shim.c`."""

    CREATED = 1
    WRITTEN = 2
    RESIZED = 3
    SYNCED = 4
    SYNC_FAILED = 5
    RENAMED = 6
    UNLINKED = 7
    LINKED = 8
    FOLDER_MADE = 9
    FOLDER_REMOVED = 10
    FOLDER_SYNCED = 11
    MARKED = 12
    NOT_SEEN = 13


class Operation(NamedTuple):
    """One call. `file` is the inode; `offset` is the new size of a resized file, the number of a mark."""

    kind: Kind
    file: int
    offset: int
    data: bytes
    name: str
    to: str


def read_operations(notes: bytes) -> Iterator[Operation]:
    """The calls that stand in the shim's notes, in their order."""
    at = 0
    while at < len(notes):
        kind, name_bytes, file, offset, data_bytes = _HEAD.unpack_from(notes, at)
        at += _HEAD.size
        names = notes[at : at + name_bytes].decode().split("\0")
        at += name_bytes
        data = notes[at : at + data_bytes]
        at += data_bytes
        yield Operation(Kind(kind), file, offset, data, names[0], names[1] if len(names) > 1 else "")
