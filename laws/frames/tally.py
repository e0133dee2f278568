"""What is counted while lies are told: lies by kind, checks, and what was believed and should not be."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class FrameTally:
    """Figures of one run. `wanted` lies are told, then it is over."""

    wanted: int
    lies: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    @property
    def told(self) -> int:
        """How many lies were told so far."""
        return self.lies.total()

    @property
    def is_enough(self) -> bool:
        """Whether no more lies are wanted."""
        return self.told >= self.wanted

    def demand(self, what: str, words: str, *, holds: bool) -> None:
        """Check once; what does not hold is a violation."""
        self.checks[what] += 1
        if not holds:
            self.violations.append(f"{what}: {words}")

    def add(self, other: "FrameTally") -> None:
        """Take over the figures of another part."""
        self.lies.update(other.lies)
        self.checks.update(other.checks)
        self.violations.extend(other.violations)
