"""What all benchmarks share: where they keep files, and how measured values are summed up and printed.

Times are compared with a floor measured in the same run, never with a limit: see `docs/benchmarks.md`.
"""

import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def fresh_folder(name: str) -> Path:
    """A new, empty folder for files of a benchmark, on the disk of the checkout (never a RAM disk)."""
    folder = PROJECT / "build" / "benchmarks" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def as_installed() -> dict[str, str]:
    """The environment of programs under measurement: without a display, their modules compiled beforehand.

    An installed terminal has its bytecode; a checkout of which nothing was ever run has none, nor has a shell
    that forbids writing it. It is kept for the next run in a folder of its own.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = PROJECT / "build" / "benchmarks" / "bytecode"
    return {**kept, "PYTHONPYCACHEPREFIX": str(bytecode), "QT_QPA_PLATFORM": "offscreen"}


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * percent / 100))]


def spread_text(values: Sequence[float]) -> str:
    """Median, 5th and 95th percentile and the largest, in the unit of the values."""
    return (
        f"median {statistics.median(values):8.2f}   5 % {percentile(values, 5):8.2f}   "
        f"95 % {percentile(values, 95):8.2f}   largest {max(values):8.2f}"
    )


def ratio_text(ours: Sequence[float], floor: Sequence[float]) -> str:
    """How many times the floor, as the ratio of the medians and as the median of the ratios pair by pair."""
    pairs = statistics.median(our / its for our, its in zip(ours, floor, strict=True))
    medians = statistics.median(ours) / statistics.median(floor)
    return f"{medians:.2f} (medians), {pairs:.2f} (pair by pair)"


def progress(words: str) -> None:
    """Say on standard error how far the run is."""
    sys.stderr.write(words + "\n")
