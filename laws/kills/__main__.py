"""The command line: `python -m laws.kills --kills N`. The last line is one JSON object of figures."""

import argparse
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import FrameType

from laws.kills.postgresql import NoPostgresqlError, private_postgresql
from laws.kills.process import PROJECT, NoLeashError
from laws.kills.world import World

KEPT = PROJECT / "build" / "kills"


def main(arguments: list[str] | None = None) -> int:
    """Kill so many processes; 1 when a law was broken, 2 when the run could not begin."""
    parser = argparse.ArgumentParser(prog="python -m laws.kills", description=__doc__)
    parser.add_argument("--kills", type=_number, default=200, metavar="N", help="how many (200)")
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        help="chooses instants and customers; real processes never live the same twice (1)",
    )
    parser.add_argument("--terminals", type=_number, default=4, metavar="N", help="beside each other (4)")
    parser.add_argument("--postgresql", action="store_true", help="the server on PostgreSQL, not on SQLite")
    asked = parser.parse_args(arguments)
    try:
        with _ended_in_order():
            return _run(asked)
    except (NoLeashError, NoPostgresqlError) as missing:
        print(missing, file=sys.stderr)
        return 2


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text!r}")
    return int(text)


def _run(asked: argparse.Namespace) -> int:
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"seed-{asked.seed}-", dir=KEPT))
    with contextlib.ExitStack() as around:
        database = f"sqlite:///{folder / 'server.db'}"
        if asked.postgresql:
            database = around.enter_context(private_postgresql(Random(asked.seed)))
        world = World(asked.seed, folder, asked.kills, asked.terminals, database, _say)
        figures = world.run()
    print("\n".join(figures.lines()))
    if figures.violations:
        print(f"VIOLATION: {figures.violations[0]}")
        print(f"all files and logs of this run are in {folder}")
    else:
        shutil.rmtree(folder)
    print(json.dumps(figures.as_json()))
    return 1 if figures.violations else 0


def _say(words: str) -> None:
    print(words, flush=True)


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Told to end, the run ends as if interrupted: nobody and nothing is left behind."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
