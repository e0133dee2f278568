"""The command line: `python -m laws.frames --frames N [--seed S]`. The last line is one JSON object."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from random import Random

from laws.frames.coin_line import CoinLineUnderLies
from laws.frames.receipts import PrinterUnderLies
from laws.frames.tally import FrameTally

_PRINTERS_PART = 5
"""One lie in so many is told by the printer."""
_PROGRESS_EVERY = 100_000


def main(arguments: list[str] | None = None) -> int:
    """Tell so many lies; 1 when one was believed, or the truth was not."""
    parser = argparse.ArgumentParser(prog="python -m laws.frames", description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000, help="how many lies are told (20000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tells the same lies")
    asked = parser.parse_args(arguments)
    logging.getLogger("kiosk").setLevel(logging.CRITICAL)
    printers = FrameTally(asked.frames // _PRINTERS_PART)
    whole = FrameTally(asked.frames - printers.wanted)
    line = CoinLineUnderLies(Random(f"line {asked.seed}"), whole)
    told = 0
    while not whole.is_enough and not whole.violations:
        _guarded(line.episode, whole)
        if whole.told >= told + _PROGRESS_EVERY:
            told = whole.told
            print(f"{told} frames on the coin line, {whole.checks.total()} checks", flush=True)
    printer = PrinterUnderLies(Random(f"printer {asked.seed}"), printers)
    while not printers.is_enough and not printers.violations:
        _guarded(printer.episode, printers)
    whole.add(printers)
    _sum_up(whole, asked.seed)
    return 1 if whole.violations else 0


def _guarded(episode: Callable[[], None], tally: FrameTally) -> None:
    """A driver that raises at a lie would be a violation too: its pump would have to catch it."""
    try:
        episode()
    except Exception as mistake:  # noqa: BLE001 - whatever it is, it is told with its seed
        tally.violations.append(f"a driver made a mistake: {mistake!r}")


def _sum_up(whole: FrameTally, seed: int) -> None:
    for kind, times in sorted(whole.lies.items()):
        print(f"  {times:9}  {kind}")
    for what, times in sorted(whole.checks.items()):
        print(f"  {times:9}  times checked: {what}")
    for words in whole.violations:
        print(f"BELIEVED {words}")
        print(f"  again: python -m laws.frames --frames {whole.told} --seed {seed}")
    figures = {"seed": seed, "frames": whole.told, "kinds": len(whole.lies)}
    figures |= {"checks": whole.checks.total(), "violations": len(whole.violations)}
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
