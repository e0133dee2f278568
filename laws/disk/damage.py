"""What may be lost when the power goes: which parts of each change that is not durable have been written.

A change is a write (its parts are sectors) or something that happens whole. `Kept` has one number for each
change; its bits are its parts, the first lowest.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random

Kept = Sequence[int]


def whole(parts: int) -> int:
    """All parts of a change."""
    return (1 << parts) - 1


def every_damage(parts: Sequence[int]) -> Iterator[Kept]:
    """The plain ones: everything, nothing, each beginning, all but one, one alone, each one torn."""
    everything = [whole(count) for count in parts]
    yield everything
    if not parts:
        return
    yield [0] * len(parts)
    for place in range(1, len(parts)):
        yield [*everything[:place], *[0] * (len(parts) - place)]
    for place, count in enumerate(parts):
        without = list(everything)
        without[place] = 0
        yield without
        alone = [0] * len(parts)
        alone[place] = whole(count)
        yield alone
        for first in range(1, count):
            yield [*everything[:place], whole(first), *[0] * (len(parts) - place - 1)]
            yield [*everything[:place], whole(count) ^ whole(first), *everything[place + 1 :]]


def some_damage(parts: Sequence[int], chance: Random) -> Kept:
    """One by chance, of any of the kinds."""
    if not parts:
        return []
    return chance.choice(_KINDS)(parts, chance)


def _everything(parts: Sequence[int], _chance: Random) -> list[int]:
    return [whole(count) for count in parts]


def _nothing(parts: Sequence[int], _chance: Random) -> list[int]:
    return [0] * len(parts)


def _a_beginning(parts: Sequence[int], chance: Random) -> list[int]:
    border = chance.randrange(len(parts) + 1)
    return [whole(count) if place < border else 0 for place, count in enumerate(parts)]


def _a_torn_beginning(parts: Sequence[int], chance: Random) -> list[int]:
    border = chance.randrange(len(parts))
    torn = chance.getrandbits(parts[border])
    kept = [whole(count) if place < border else 0 for place, count in enumerate(parts)]
    return [*kept[:border], torn, *kept[border + 1 :]]


def _an_end(parts: Sequence[int], chance: Random) -> list[int]:
    border = chance.randrange(len(parts) + 1)
    return [whole(count) if place >= border else 0 for place, count in enumerate(parts)]


def _single_changes(parts: Sequence[int], chance: Random) -> list[int]:
    share = chance.random()
    return [whole(count) if chance.random() < share else 0 for count in parts]


def _holes(parts: Sequence[int], chance: Random) -> list[int]:
    kept = [whole(count) for count in parts]
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(parts))
        kept[place] &= chance.getrandbits(parts[place])
    return kept


def _single_sectors(parts: Sequence[int], chance: Random) -> list[int]:
    return [chance.getrandbits(count) for count in parts]


_KINDS: tuple[Callable[[Sequence[int], Random], list[int]], ...] = (
    _everything,
    _nothing,
    _a_beginning,
    _a_torn_beginning,
    _an_end,
    _single_changes,
    _holes,
    _single_sectors,
)
