"""The command line: `python -m laws.counters [--every N] [--seed N]`. The last line is one JSON object."""

import argparse
import json
import logging
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from laws.counters.cases import COUNTERS, Case, all_cases
from laws.counters.living import Living, Outcome

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile
_PROGRESS_EVERY = 32
_FIGURES = ("cases", "kills", "lost", "doubled", "declared", "indistinguishable", "violations")


def main(arguments: list[str] | None = None) -> int:
    """Live the cases that are asked for; 1 when a coin was lost or doubled without a word."""
    parser = argparse.ArgumentParser(prog="python -m laws.counters", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="of the whole product every N-th case only (1)")
    parser.add_argument("--case", type=int, help="live only this case, exactly")
    parser.add_argument("--seed", type=int, default=1, help="which coins fall, and which case is the first")
    asked = parser.parse_args(arguments)
    logging.getLogger("kiosk").setLevel(logging.CRITICAL)
    chosen = [case for case in all_cases() if _is_chosen(case, asked)]
    figures = Counter[str](dict.fromkeys(_FIGURES, 0))
    where = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="laws-counters-", dir=where))
    try:
        _live(chosen, Living(folder, asked.seed), figures, asked.seed)
    finally:
        shutil.rmtree(folder)
    print(json.dumps({"seed": asked.seed, **figures}))
    return 1 if figures["violations"] else 0


def _is_chosen(case: Case, asked: argparse.Namespace) -> bool:
    if asked.case is not None:
        return bool(case.number == asked.case)
    return bool(case.number % asked.every == asked.seed % asked.every)


def _live(chosen: list[Case], living: Living, figures: Counter[str], seed: int) -> None:
    last = 0
    for case in chosen:
        if case.counter >= last + _PROGRESS_EVERY:
            last = case.counter
            print(f"counter {case.counter} of {COUNTERS[-1]}: {figures['cases']} cases so far", flush=True)
        outcome = living.live(case)
        _count(figures, outcome)
        if outcome.words:
            print(f"LAW 5 IS BROKEN: {outcome.words}")
            print(f"  {case.words}")
            print(f"  again: python -m laws.counters --case {case.number} --seed {seed}", flush=True)


def _count(figures: Counter[str], outcome: Outcome) -> None:
    figures["cases"] += 1
    figures["lost"] += outcome.lost
    figures["doubled"] += outcome.doubled
    figures["declared"] += outcome.declared
    figures["kills"] += outcome.kills
    figures["indistinguishable"] += outcome.indistinguishable
    figures["violations"] += bool(outcome.words)


if __name__ == "__main__":
    sys.exit(main())
