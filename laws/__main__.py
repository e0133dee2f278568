"""The command line: `python -m laws --seed N`, `--seeds A..B`, `--planted`. Last comes one JSON object."""

import argparse
import json
import logging
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from functools import partial

from laws.planted.__main__ import tell_all
from laws.stories.play import play
from laws.stories.shrinking import from_ranges, shortest
from laws.tally import Tally, Violation

MOST_SHRUNK = 3
"""Of so many violations the shortest story is looked for: it takes a hundred stories each."""


def main(arguments: list[str] | None = None) -> int:
    """Live the stories that are asked for; 1 when a law was broken."""
    asked = _parser().parse_args(arguments)
    _be_quiet()
    if asked.planted:
        return tell_all(asked.only)
    seeds = range(asked.seed, asked.seed + 1) if asked.seed is not None else asked.seeds
    whole = Tally()
    for seed, tally in zip(seeds, _lived(seeds, asked), strict=True):
        whole.add(tally)
        print(f"seed {seed}: {tally.payments} payments, {tally.faults.total()} faults", end="")
        print(f", {tally.laws.total()} checks, {len(tally.violations)} violations", flush=True)
        for violation in tally.violations:
            _tell(violation)
            if asked.shrink and len(whole.violations) <= MOST_SHRUNK:
                _tell_shortest(violation, asked)
    _sum_up(whole)
    return 1 if whole.violations else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m laws", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, help="live the story of this seed again, exactly")
    which.add_argument("--seeds", type=_range, help="live the stories of seeds A..B, both included")
    which.add_argument("--planted", action="store_true", help="plant known mistakes: each must be found")
    parser.add_argument("--only", default="", help="of the planted mistakes those whose name holds this")
    parser.add_argument("--payments", type=_at_least_one, default=20, help="payments in each story (20)")
    parser.add_argument("--workers", type=_at_least_one, default=1, help="processes to live stories in (1)")
    parser.add_argument(
        "--without", type=_numbers, default=frozenset(), help="faults to leave out, by number, as 1-4,7"
    )
    parser.add_argument(
        "--shrink",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="look for the shortest story of a violation (yes)",
    )
    return parser


def _range(text: str) -> range:
    first, _, last = text.partition("..")
    try:
        return range(int(first), int(last) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of seeds; write such as 1..100") from None


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of at least 1")
    return int(text)


def _numbers(text: str) -> frozenset[int]:
    try:
        return from_ranges(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are no numbers of faults; write such as 1-4,7") from None


def _be_quiet() -> None:
    """What the program logs of broken devices is no news here; its mistakes are looked at by `play`."""
    logging.getLogger("kiosk").setLevel(logging.ERROR)
    logging.getLogger("kiosk").propagate = False
    logging.getLogger("server").propagate = False


def _lived(seeds: Iterable[int], asked: argparse.Namespace) -> Iterator[Tally]:
    """The stories in the order of their seeds, whoever lives them."""
    live = partial(play, payments=asked.payments, without=asked.without)
    if asked.workers == 1:
        yield from map(live, seeds)
        return
    # Forked before anything was lived, so no worker has anything of another's story.
    with multiprocessing.get_context("fork").Pool(asked.workers) as workers:
        yield from workers.imap(live, seeds)


def _tell(violation: Violation) -> None:
    print(f"  LAW {violation.law} IS BROKEN: {violation.words}")
    print(f"  in payment {violation.payments} of seed {violation.seed}; what happened last:")
    for line in violation.story:
        print(f"    {line}")


def _tell_shortest(violation: Violation, asked: argparse.Namespace) -> None:
    found = shortest(
        violation,
        asked.payments,
        asked.without,
        lambda seed, payments, without: play(seed, payments, without=without),
    )
    left = found.violation.faults - len(found.without)
    print(f"  THE SHORTEST STORY FOUND: {found.payments} payments, {left} faults; live it again with")
    print(f"    {found.command}")
    _tell(found.violation)


def _sum_up(whole: Tally) -> None:
    print(f"{whole.seeds} seeds, {whole.payments} payments, {whole.faults.total()} faults")
    for kind, times in sorted(whole.faults.items()):
        print(f"  {times:8}  {kind}")
    for law, times in sorted(whole.laws.items(), key=lambda law: (len(law[0]), law[0])):
        print(f"  law {law}: checked {times} times")
    if not whole.laws["7"]:
        print("  law 7: not applicable yet: no card tender, and no slip was taken as one")
    print(f"{len(whole.violations)} violations in {whole.payments} payments")
    print(json.dumps(whole.as_json()))


if __name__ == "__main__":
    sys.exit(main())
