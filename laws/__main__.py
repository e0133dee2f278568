"""The command line: `python -m laws --seed N` or `--seeds A..B`. The last line is one JSON object."""

import argparse
import json
import logging
import sys

from laws.stories.play import play
from laws.tally import Tally, Violation


def main(arguments: list[str] | None = None) -> int:
    """Live the stories that are asked for; 1 when a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m laws", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, help="live the story of this seed again, exactly")
    which.add_argument("--seeds", type=_range, help="live the stories of seeds A..B, both included")
    parser.add_argument("--payments", type=int, default=20, help="payments in each story (20)")
    asked = parser.parse_args(arguments)
    logging.getLogger("kiosk").setLevel(logging.ERROR)
    logging.getLogger("kiosk").propagate = False
    seeds = range(asked.seed, asked.seed + 1) if asked.seed is not None else asked.seeds
    whole = Tally()
    for seed in seeds:
        tally = play(seed, asked.payments)
        whole.add(tally)
        print(f"seed {seed}: {tally.payments} payments, {tally.faults.total()} faults", end="")
        print(f", {tally.laws.total()} checks, {len(tally.violations)} violations", flush=True)
        for violation in tally.violations:
            _tell(violation)
    _sum_up(whole)
    return 1 if whole.violations else 0


def _range(text: str) -> range:
    first, _, last = text.partition("..")
    try:
        return range(int(first), int(last) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of seeds; write such as 1..100") from None


def _tell(violation: Violation) -> None:
    print(f"  LAW {violation.law} IS BROKEN: {violation.words}")
    print(f"  in payment {violation.payments} of seed {violation.seed}; what happened last:")
    for line in violation.story:
        print(f"    {line}")


def _sum_up(whole: Tally) -> None:
    print(f"{whole.seeds} seeds, {whole.payments} payments, {whole.faults.total()} faults")
    for kind, times in sorted(whole.faults.items()):
        print(f"  {times:8}  {kind}")
    for law, times in sorted(whole.laws.items(), key=lambda law: (len(law[0]), law[0])):
        print(f"  law {law}: checked {times} times")
    print(f"{len(whole.violations)} violations in {whole.payments} payments")
    print(json.dumps(whole.as_json()))


if __name__ == "__main__":
    sys.exit(main())
