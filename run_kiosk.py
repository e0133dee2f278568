#!/usr/bin/env python3
"""The terminal. With --simulate: a whole simulated street around it, on this machine.

run_kiosk.py --config FILE                  the terminal, with the hardware its configuration names
run_kiosk.py --simulate                     server, simulated devices with a panel, and the terminal
run_kiosk.py --simulate --headless --out D  the scripted street without a display; pictures and report in D
"""

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.ui.window import Window


HERE = Path(__file__).resolve().parent
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def main() -> int:
    """Read the arguments and run what they ask for; returns the exit code."""
    parser = _parser()
    chosen = parser.parse_args()
    if not chosen.simulate and (chosen.headless or chosen.street or chosen.out):
        parser.error("--headless, --street and --out go with --simulate")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if chosen.simulate:
        return _simulate(chosen)
    return _run_terminal(chosen)


def _run_terminal(chosen: argparse.Namespace) -> int:
    import kiosk.ui  # noqa: F401, PLC0415 - before all others: it frees imports of what PySide6 does to them
    from kiosk.app import run  # noqa: PLC0415 - the simulator's process needs no terminal
    from parking.documents import DocumentError  # noqa: PLC0415 - as above

    if sys.platform == "linux" and not any(os.environ.get(name) for name in DISPLAYS):
        print(
            f"there is no display; set one of {', '.join(DISPLAYS)} (eglfs on a bare panel)", file=sys.stderr
        )
        return 1
    try:
        return run(chosen.config, _hand() if chosen.hand else None)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 1


def _hand() -> "Callable[[Window], None]":
    from simulator.hand import Hand  # noqa: PLC0415 - never imported by a terminal in the street

    def attend(window: "Window") -> None:
        Hand(window, window)

    return attend


def _simulate(chosen: argparse.Namespace) -> int:
    from parking.documents import DocumentError  # noqa: PLC0415 - each program imports what it needs
    from simulator.street import StreetError  # noqa: PLC0415

    street = chosen.street or HERE / "config" / "street.toml"
    out = (chosen.out or HERE / "build" / "street").resolve()
    try:
        if chosen.headless:
            from simulator.script import run_script  # noqa: PLC0415

            return run_script(street, out)
        from simulator.panel.window import run_panel  # noqa: PLC0415

        return run_panel(street, out)
    except (DocumentError, StreetError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A parking payment terminal.")
    config = HERE / "config" / "terminal.toml"
    parser.add_argument(
        "--config", type=Path, default=config, metavar="FILE", help="the terminal's configuration (TOML)"
    )
    parser.add_argument("--hand", action="store_true", help="take orders of a scripted customer (simulation)")
    parser.add_argument("--simulate", action="store_true", help="simulate the street around the terminal")
    parser.add_argument("--headless", action="store_true", help="without a display: run the scripted street")
    parser.add_argument("--street", type=Path, metavar="FILE", help="the street to simulate (TOML)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where pictures, receipts and report go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
