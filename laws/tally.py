"""What is counted while stories are lived: faults per class, checks per law, payments, violations."""

from collections import Counter
from dataclasses import dataclass, field


class Killed(BaseException):
    """The program ends here and now, as by kill -9: no `except Exception` may catch that."""


class BrokenLawError(BaseException):
    """A law was broken: its number, and what was seen. No `except Exception` of the program may hide it."""

    def __init__(self, law: str, words: str) -> None:
        super().__init__(f"law {law}: {words}")
        self.law = law
        self.words = words


@dataclass(frozen=True)
class Violation:
    """A broken law: in the story of which seed, after how many payments, and what happened last."""

    seed: int
    law: str
    words: str
    payments: int
    story: tuple[str, ...]
    faults: int = 0
    """How many faults were due until then; each has its number in the story."""


@dataclass
class Tally:
    """The figures of one story or of many."""

    seeds: int = 0
    payments: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    laws: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def fault(self, kind: str, *, while_recovering: bool = False) -> None:
        """A fault of this class was injected; one that hits a recovery is an F11 too."""
        self.faults[kind] += 1
        if while_recovering:
            self.faults["F11 while recovering"] += 1

    def demand(self, law: str, holds: bool, words: str) -> None:  # noqa: FBT001 - reads as `demand(law, fact, words)`
        """Check a law once. Raises BrokenLawError."""
        self.laws[law] += 1
        if not holds:
            raise BrokenLawError(law, words)

    def add(self, other: "Tally") -> None:
        """Take over the figures of another story."""
        self.seeds += other.seeds
        self.payments += other.payments
        self.faults.update(other.faults)
        self.laws.update(other.laws)
        self.violations.extend(other.violations)

    def as_json(self) -> dict[str, object]:
        """The figures for the last line of the output."""
        return {
            "seeds": self.seeds,
            "payments": self.payments,
            "faults": dict(sorted(self.faults.items())),
            "laws": dict(sorted(self.laws.items(), key=lambda law: (len(law[0]), law[0]))),
            "violations": len(self.violations),
        }
