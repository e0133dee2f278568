"""What the long run consists of, what must be reached, and how the figures of its processes are added up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SEEDS, SEEDS_A_JOB, PAYMENTS = 1000, 50, 100
FAULT_CLASSES = tuple(f"F{number}" for number in range(1, 12))
LAWS = tuple(str(number) for number in range(1, 17))


@dataclass(frozen=True)
class Job:
    """One process: which harness it belongs to, its name, and its arguments after `python -m`."""

    harness: str
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Aim:
    """What must be reached: the harness, the figure's name in its last line, and how much at least."""

    harness: str
    figure: str
    at_least: int


def jobs() -> Iterator[Job]:
    """All jobs, the longest first, so that no core waits at the end."""
    yield Job("kills", "kills", ("laws.kills", "--kills", "1000"))
    for seed in (1, 2):
        states = ("--states", "500000", "--seed", str(seed))
        yield Job("power_cuts", f"power_cuts-{seed}", ("laws.power_cuts", *states))
    for first in range(1, SEEDS + 1, SEEDS_A_JOB):
        seeds = f"{first}..{first + SEEDS_A_JOB - 1}"
        asked = ("--seeds", seeds, "--payments", str(PAYMENTS), "--no-shrink")
        yield Job("stories", f"stories-{first}", ("laws", *asked))
    yield Job("planted", "planted", ("laws", "--planted"))
    yield Job("requests", "requests", ("laws.requests", "--requests", "100000"))
    yield Job("frames", "frames", ("laws.frames", "--frames", "1000000"))
    yield Job("counters", "counters", ("laws.counters", "--every", "8"))


AIMS = (
    Aim("stories", "seeds", SEEDS),
    Aim("stories", "payments", SEEDS * PAYMENTS),
    Aim("stories", "faults", 100_000),
    *(Aim("stories", f"faults.{kind}", 1000) for kind in FAULT_CLASSES),
    Aim("power_cuts", "states", 1_000_000),
    Aim("power_cuts", "faults.F3", 1000),
    Aim("power_cuts", "damages", 1000),
    Aim("kills", "kills", 1000),
    Aim("requests", "requests", 100_000),
    Aim("frames", "frames", 1_000_000),
    Aim("counters", "cases", 1),
    Aim("planted", "found", 20),
)


def added(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object]:
    """Two last lines as one: numbers are added, objects too; of anything else the newer one stands."""
    whole = dict(one)
    for name, value in other.items():
        before = whole.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            whole[name] = added(before, value)
        elif _is_number(value) and _is_number(before):
            whole[name] = before + value  # type: ignore[operator] # both are numbers
        else:
            whole[name] = value
    return whole


def figure(figures: Mapping[str, object], name: str) -> float:
    """A figure by its name: a number, the sum of an object, or (`faults.F6`) the sum of what begins so."""
    first, _, kind = name.partition(".")
    value = figures.get(first, 0)
    if isinstance(value, Mapping):
        numbers = (
            number
            for key, number in value.items()
            if _is_number(number) and (not kind or key.split()[0] == kind)
        )
        return float(sum(numbers))
    return value if isinstance(value, int | float) else 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def missed(seen: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What was aimed at and not reached, and every violation, in words."""
    words = []
    for aim in AIMS:
        reached = figure(seen.get(aim.harness, {}), aim.figure)
        if reached < aim.at_least:
            words.append(f"{aim.harness}: {aim.figure} {reached:g}, at least {aim.at_least} are wanted")
    for harness, figures in seen.items():
        if figure(figures, "violations"):
            words.append(f"{harness}: {figure(figures, 'violations'):g} violations")
        if figure(figures, "failed"):
            words.append(f"{harness}: {figure(figures, 'failed'):g} of its processes ended badly")
    planted = seen.get("planted", {})
    if figure(planted, "found") < figure(planted, "planted"):
        words.append(
            f"planted: {figure(planted, 'found'):g} of {figure(planted, 'planted'):g} mistakes found"
        )
    return words
