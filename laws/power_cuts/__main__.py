"""The command line: `python -m laws.power_cuts --states N [--seed S]`. The last line is one JSON object.

A disk that fails at each call of a story, and power cuts after that (F3), damaged pages (F4), and power cuts
(F2) until there are so many states of the disk.
"""

import argparse
import gc
import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from laws.disk import Order, can_watch
from laws.power_cuts.damage import damaged_pages
from laws.power_cuts.faults import DEEP, SAMPLE, every_fault
from laws.power_cuts.run import power_cuts
from laws.power_cuts.states import Figures

LONG_RUN_STATES = 100_000
"""From so many states on, faults and damages are those of the long run."""
SELDOM = 20_000
"""So many new objects between two collections: what is known of a million states is not garbage."""
SAMPLE_FAULTS, DEEP_FAULTS = ("one payment",), ("paying", "owing", "with a reader")
SAMPLE_DAMAGES, DEEP_DAMAGES = 300, 6_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Make and check states; 1 when a law was broken, 2 where files cannot be watched."""
    parser = argparse.ArgumentParser(prog="python -m laws.power_cuts", description=__doc__)
    parser.add_argument(
        "--states", type=int, default=20_000, help="states of the disk after power cuts (20000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides everything that happens (1)")
    parser.add_argument("--only", choices=("cuts", "faults", "damages"), help="only this part")
    asked = parser.parse_args(arguments)
    reason = can_watch()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    parts = {"faults": _faults, "damages": _damages, "cuts": _cuts}
    seen = Figures()
    figures: dict[str, object] = {}
    with _quiet():
        for name, part in parts.items():
            if asked.only in {None, name}:
                figures |= part(asked.states, asked.seed, seen)
    told = {
        "states": seen.states,
        "distinct": seen.distinct,
        "opened": seen.opened,
        "boundaries": seen.boundaries,
    }
    for finding in seen.findings[:20]:
        print(f"LAW {finding.law} IS BROKEN: {finding.words}\n  in {finding.where}")
    print(f"{len(seen.findings)} violations")
    print(json.dumps({**told, **figures, "violations": len(seen.findings)}))
    return 1 if seen.findings else 0


def _tell(words: str) -> None:
    print(words, flush=True)


def _faults(states: int, seed: int, seen: Figures) -> dict[str, object]:
    """Every call of a scenario fails once, in every way; in a long run each seed has another one."""
    is_long = states >= LONG_RUN_STATES
    faults: Counter[str] = Counter()
    after, closed = Figures(), 0
    for name in (DEEP_FAULTS[seed % len(DEEP_FAULTS)],) if is_long else SAMPLE_FAULTS:
        order = tuple(Order)[seed % 2]
        figures = every_fault(name, seed, order, DEEP if is_long else SAMPLE, _tell)
        faults.update(figures.faults)
        closed += figures.closed
        after.add(figures.states)
    seen.add(after)
    told = {"failed calls": faults.total(), "closed": closed, "states after": after.states}
    _tell(f"a disk that fails: {told}, {dict(faults)}")
    return {"faults": {"F3": faults.total(), **faults}, "closed": closed, "states_after_faults": after.states}


def _damages(states: int, seed: int, seen: Figures) -> dict[str, object]:
    figures = damaged_pages(DEEP_DAMAGES if states >= LONG_RUN_STATES else SAMPLE_DAMAGES, seed)
    seen.findings += figures.findings
    told = {"noticed": figures.noticed, "harmless": figures.harmless, "older": figures.older}
    _tell(f"damaged pages: {figures.damages}, {told}, {dict(figures.kinds)}")
    return {"damages": figures.damages, **told}


def _cuts(states: int, seed: int, seen: Figures) -> dict[str, object]:
    """What is missing of the states: those after faults are states of the disk after power cuts too."""
    figures = power_cuts(states - seen.states, seed, _tell)
    seen.add(figures)
    told = {"states": figures.states, "distinct": figures.distinct, "boundaries": figures.boundaries}
    _tell(f"power cuts: {told}")
    return {"lives": figures.lives}


@contextmanager
def _quiet() -> Iterator[None]:
    """What the programs log while their disk is taken from them is expected here; garbage is rare."""
    logger = logging.getLogger("kiosk")
    level, thresholds = logger.level, gc.get_threshold()
    logger.setLevel(logging.CRITICAL)
    gc.set_threshold(SELDOM)
    try:
        yield
    finally:
        logger.setLevel(level)
        gc.set_threshold(*thresholds)


if __name__ == "__main__":
    sys.exit(main())
