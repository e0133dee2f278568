"""The command line: `python -m laws.power_cuts --states N [--seed S]`. The last line is one JSON object."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from laws.disk import can_watch
from laws.power_cuts.run import power_cuts


def main(arguments: list[str] | None = None) -> int:
    """Make and check states; 1 when a law was broken, 2 where files cannot be watched."""
    parser = argparse.ArgumentParser(prog="python -m laws.power_cuts", description=__doc__)
    parser.add_argument(
        "--states", type=int, default=20_000, help="states of the disk after power cuts (20000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides everything that happens (1)")
    asked = parser.parse_args(arguments)
    reason = can_watch()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    with _quiet():
        figures = power_cuts(asked.states, asked.seed, lambda words: print(words, flush=True))
    for finding in figures.findings[:20]:
        print(f"LAW {finding.law} IS BROKEN: {finding.words}\n  in {finding.where}")
    print(f"{len(figures.findings)} violations in {figures.states} states after power cuts")
    print(json.dumps(figures.as_json()))
    return 1 if figures.findings else 0


@contextmanager
def _quiet() -> Iterator[None]:
    """What the programs log while their disk is taken from them is expected here."""
    logger = logging.getLogger("kiosk")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


if __name__ == "__main__":
    sys.exit(main())
