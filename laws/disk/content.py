"""The bytes of a file in sectors of 512: what is written whole or not at all when the power goes.

Contents with equal keys have equal bytes: 128 bits of BLAKE2b for each sector, joined by exclusive or.
"""

from collections.abc import Iterator
from hashlib import blake2b

SECTOR = 512
PAGE_SECTORS = 8
"""The kernel writes pages of 4096 bytes."""
ZERO = bytes(SECTOR)


def sector_key(index: int, sector: bytes) -> int:
    """The key of a sector in its place; nothing but zeros is 0."""
    if sector == ZERO:
        return 0
    place = index.to_bytes(8, "little")
    return int.from_bytes(blake2b(sector, digest_size=16, salt=place).digest(), "little")


def pieces(offset: int, data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """A write cut at the borders of sectors: (sector, offset in it, bytes)."""
    at = 0
    while at < len(data):
        index, start = divmod(offset + at, SECTOR)
        part = data[at : at + SECTOR - start]
        yield index, start, part
        at += len(part)


class Content:
    """The bytes of a file that nobody changes any more."""

    __slots__ = ("key", "sectors", "size")

    def __init__(self, sectors: list[bytes], size: int, key: int) -> None:
        self.sectors = sectors
        self.size = size
        self.key = key

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """The content with these bytes."""
        draft = Draft(EMPTY)
        for index, start, part in pieces(0, data):
            draft.put(index, start, part)
        return draft.content()

    def to_bytes(self) -> bytes:
        """The bytes."""
        return b"".join(self.sectors)[: self.size]


EMPTY = Content([], 0, 0)


class Draft:
    """A content being changed; the one that it began as stays what it is."""

    __slots__ = ("_base", "_limit", "_new", "size")

    def __init__(self, base: Content) -> None:
        self._base = base
        self._limit = len(base.sectors)
        self._new: dict[int, bytes] = {}
        self.size = base.size

    def sector(self, index: int) -> bytes:
        """A sector as it is now."""
        new = self._new.get(index)
        if new is not None:
            return new
        return self._base.sectors[index] if index < self._limit else ZERO

    def put(self, index: int, start: int, part: bytes) -> None:
        """Write a piece of a write."""
        if len(part) == SECTOR:
            self._new[index] = part
        else:
            old = self.sector(index)
            self._new[index] = old[:start] + part + old[start + len(part) :]
        self.size = max(self.size, index * SECTOR + start + len(part))

    def resize(self, size: int) -> None:
        """Cut off, or add zeros."""
        if size < self.size:
            whole, rest = divmod(size, SECTOR)
            last = self.sector(whole)[:rest] + bytes(SECTOR - rest)
            self._limit = min(self._limit, whole + bool(rest))
            self._new = {index: sector for index, sector in self._new.items() if index < whole}
            if rest:
                self._new[whole] = last
        self.size = size

    def content(self) -> Content:
        """What it has become."""
        base, key = self._base, self._base.key
        if not self._new and self.size == base.size and self._limit == len(base.sectors):
            return base
        needed = -(-self.size // SECTOR)
        sectors = base.sectors[: self._limit]
        for index in range(self._limit, len(base.sectors)):
            key ^= sector_key(index, base.sectors[index])
        if len(sectors) < needed:
            sectors += [ZERO] * (needed - len(sectors))
        for index, sector in self._new.items():
            if index < self._limit:
                key ^= sector_key(index, base.sectors[index])
            key ^= sector_key(index, sector)
            sectors[index] = sector
        return Content(sectors, self.size, key)
