"""The command line: `python -m laws --planted`, or `python -m laws.planted`: mistake after mistake."""

import json
import logging
import sys
from collections.abc import Sequence

from laws.planted import at_the_server, in_decisions, in_devices, in_store_and_sync
from laws.planted.hunt import Catch, control, hunt
from laws.planted.mistake import MISTAKES, Hunter, Mistake

ROOMS = (in_decisions, in_devices, in_store_and_sync, at_the_server)
"""Where mistakes are described; to import them is what puts them into the list."""


def tell_all(only: str = "") -> int:
    """Hunt every mistake (or those whose name holds `only`), then look at the same cases without any.

    Returns 1 when one is not found or the control is not clean. The last line is one JSON object.
    """
    wanted = [mistake for mistake in MISTAKES if only in mistake.name]
    caught = {mistake.name: _told(mistake) for mistake in wanted}
    seen = sum(_controlled(hunter, wanted, caught) for hunter in Hunter)
    found = sum(catch.seen is not None for catch in caught.values())
    print(f"{found} of {len(wanted)} mistakes found; without them {seen} violations in the same cases")
    print(
        json.dumps(
            {
                "planted": len(wanted),
                "found": found,
                "violations": seen,
                "mistakes": {
                    name: catch.cases if catch.seen is not None else None for name, catch in caught.items()
                },
            }
        )
    )
    return 1 if seen or found < len(wanted) else 0


def _told(mistake: Mistake) -> Catch:
    catch = hunt(mistake)
    print(f"{mistake.name}: {mistake.wrong}")
    unit = mistake.hunter.value
    if catch.seen is None:
        seen = f"; seen was {catch.others[0]}" if catch.others else ""
        print(f"    NOT FOUND in {catch.cases} {unit}, law {' or '.join(mistake.laws)}{seen}", flush=True)
    else:
        print(
            f"    found in {catch.cases} {unit}, by law {catch.seen.law}: {catch.seen.words[:200]}",
            flush=True,
        )
    return catch


def _controlled(hunter: Hunter, wanted: Sequence[Mistake], caught: dict[str, Catch]) -> int:
    """Look at the same cases without a mistake; returns in how many something was seen all the same."""
    cases = max((caught[mistake.name].cases for mistake in wanted if mistake.hunter is hunter), default=0)
    if not cases:
        return 0
    seen = control(hunter, range(1, cases + 1))
    print(f"control: without any mistake {len(seen)} violations in {cases} {hunter.value}", flush=True)
    for case, what in seen:
        print(f"    {case}: law {what.law}: {what.words[:200]}")
    return len(seen)


if __name__ == "__main__":
    for name in ("kiosk", "server"):
        logging.getLogger(name).setLevel(logging.ERROR)
        logging.getLogger(name).propagate = False
    sys.exit(tell_all(*sys.argv[1:2]))
