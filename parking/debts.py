"""What a motorist owes and why."""

import msgspec


class DebtLine(msgspec.Struct, frozen=True):
    """One line of a debt in plain words: `No valid ticket, 20 Nov, Harbour Street` and 4500 minor units."""

    words: str
    amount_minor: int


class Debt(msgspec.Struct, frozen=True):
    """What is owed: the lines, and the vehicle's plate where it is known (else empty)."""

    lines: tuple[DebtLine, ...]
    plate: str = ""

    @property
    def total_minor(self) -> int:
        """The sum of the lines, in minor units."""
        return sum(line.amount_minor for line in self.lines)
