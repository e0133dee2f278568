"""The command line: `python -m laws.requests --requests N [--seed S]`. The last line is one JSON object."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator

from laws.requests.world import Setting, play
from laws.tally import Tally

EACH_WORLD = 5_000
LONG_JOURNAL = 11_000
LONG_RUN = 50_000
"""A run of so many requests begins with a world whose first requests are 10,000 facts old at its end."""
OVER_SOCKET = 1_000


def main(arguments: list[str] | None = None) -> int:
    """Send so many requests through worlds of bad mail; 1 when a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m laws.requests", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000, help="so many requests in all (5,000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the first world's seed (1); the next has the next"
    )
    parser.add_argument("--database", help="an empty PostgreSQL database, instead of files of SQLite")
    asked = parser.parse_args(arguments)
    for name in ("kiosk", "server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    whole, requests = Tally(), 0
    for seed, setting in _worlds(asked.requests, asked.seed, asked.database):
        tally, sent = play(seed, setting)
        whole.add(tally)
        requests += sent
        where = "over a socket" if setting.over_socket else "in process"
        print(f"seed {seed}: {sent} requests {where}, {tally.payments} payments", end="")
        print(f", {tally.laws.total()} checks, {len(tally.violations)} violations", flush=True)
        for violation in tally.violations:
            print(f"  LAW {violation.law} IS BROKEN: {violation.words}")
            print(f"  python -m laws.requests --requests {setting.requests} --seed {seed}")
    _sum_up(whole, requests)
    return 1 if whole.violations else 0


def _worlds(requests: int, seed: int, address: str | None) -> Iterator[tuple[int, Setting]]:
    """As many worlds as it takes; every tenth over a socket."""
    left = requests
    number = 0
    while left > 0:
        each = min(left, EACH_WORLD)
        over_socket = number % 10 == 5
        if over_socket:
            each = min(left, OVER_SOCKET)
        long_journal = LONG_JOURNAL if number == 0 and requests >= LONG_RUN else 0
        yield seed + number, Setting(each, over_socket, address, long_journal)
        left -= each
        number += 1


def _sum_up(whole: Tally, requests: int) -> None:
    for kind, times in sorted(whole.faults.items()):
        print(f"  {times:8}  {kind}")
    for law, times in sorted(whole.laws.items(), key=lambda law: (len(law[0]), law[0])):
        print(f"  law {law}: checked {times} times")
    print(f"{len(whole.violations)} violations in {requests} requests")
    print(json.dumps({"requests": requests, **whole.as_json()}))


if __name__ == "__main__":
    sys.exit(main())
