"""The bytes of a file in sectors of 512: what is written whole or not at all when the power goes.

Contents with equal keys have equal bytes: 128 bits of BLAKE2b for each sector, joined by exclusive or. A key
is made for who asks: contents that come from a keyed one are keyed step by step, others all at once.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

SECTOR = 512
PAGE_SECTORS = 8
"""The kernel writes pages of 4096 bytes."""
ZERO = bytes(SECTOR)


@lru_cache(maxsize=1 << 16)
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

    __slots__ = ("known_key", "sectors", "size")

    def __init__(self, sectors: list[bytes], size: int, known_key: int | None) -> None:
        self.sectors = sectors
        self.size = size
        self.known_key = known_key

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """The content with these bytes; not keyed yet."""
        sectors = [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]
        if sectors:
            sectors[-1] = sectors[-1].ljust(SECTOR, b"\0")
        return cls(sectors, len(data), None if sectors else 0)

    @property
    def key(self) -> int:
        """The same for the same bytes."""
        return self.know_key()

    def know_key(self) -> int:
        """Make the key, and keep it: contents made from this one are then keyed by what changed."""
        if self.known_key is None:
            key = 0
            for index, sector in enumerate(self.sectors):
                key ^= sector_key(index, sector)
            self.known_key = key
        return self.known_key

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
        base, key = self._base, self._base.known_key
        if not self._new and self.size == base.size and self._limit == len(base.sectors):
            return base
        needed = -(-self.size // SECTOR)
        sectors = base.sectors[: self._limit]
        if len(sectors) < needed:
            sectors += [ZERO] * (needed - len(sectors))
        for index, sector in self._new.items():
            sectors[index] = sector
        return Content(sectors, self.size, None if key is None else self._key_after(key))

    def _key_after(self, key: int) -> int:
        old = self._base.sectors
        for index in range(self._limit, len(old)):
            key ^= sector_key(index, old[index])
        for index, sector in self._new.items():
            if index < self._limit:
                key ^= sector_key(index, old[index])
            key ^= sector_key(index, sector)
        return key
