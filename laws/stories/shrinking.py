"""The shortest story that still breaks the law: fewer payments first, then faults left out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from laws.tally import Tally, Violation

Play = Callable[[int, int, frozenset[int]], Tally]
"""Lives a seed's story with so many payments, without these faults."""

MOST_STORIES = 120
"""So many stories are lived at most to find a short one."""


@dataclass(frozen=True)
class Shortest:
    """What is left, and how it is lived again."""

    violation: Violation
    payments: int
    without: frozenset[int]

    @property
    def command(self) -> str:
        """What is typed to see it."""
        left_out = f" --without {as_ranges(self.without)}" if self.without else ""
        return f"python -m laws --seed {self.violation.seed} --payments {self.payments}{left_out}"


class _Search:
    """Tries shorter stories as long as the same law breaks."""

    def __init__(self, violation: Violation, payments: int, without: frozenset[int], play: Play) -> None:
        self.best = Shortest(violation, payments, without)
        self._play = play
        self._left = MOST_STORIES

    def try_out(self, payments: int, without: frozenset[int]) -> bool:
        """Whether this story breaks the same law; then it is the best so far."""
        if self._left == 0:
            return False
        self._left -= 1
        seed = self.best.violation.seed
        same = [
            broken
            for broken in self._play(seed, payments, without).violations
            if broken.law == self.best.violation.law
        ]
        if same:
            self.best = Shortest(same[0], payments, without)
        return bool(same)


def shortest(violation: Violation, payments: int, without: frozenset[int], play: Play) -> Shortest:
    """The shortest story that was found in a limited time."""
    search = _Search(violation, payments, without, play)
    _fewer_payments(search, violation.payments)
    _fewer_faults(search)
    return search.best


def _fewer_payments(search: _Search, broken_in: int) -> None:
    # A story comes to rest as soon as its last payment was opened: the broken one needs another behind it.
    for fewer in _growing(min(broken_in + 1, search.best.payments)):
        if search.try_out(fewer, search.best.without):
            return


def _growing(most: int) -> Iterator[int]:
    number = 1
    while number < most:
        yield number
        number = number + 1 if number < 4 else number * 3 // 2
    yield most


def _fewer_faults(search: _Search) -> None:
    """Leave out halves, quarters and so on of the faults, the last ones first: they shift no others."""
    size = search.best.violation.faults
    while size >= 1:
        end = search.best.violation.faults
        while end > 0:
            chunk = frozenset(range(max(1, end - size + 1), end + 1))
            if not chunk <= search.best.without:
                search.try_out(search.best.payments, search.best.without | chunk)
            end -= size
        size //= 2


def as_ranges(numbers: frozenset[int]) -> str:
    """Numbers as they are typed: `1-4,7`."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def from_ranges(text: str) -> frozenset[int]:
    """Read what `as_ranges` wrote. Raises ValueError."""
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)
