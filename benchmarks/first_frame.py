"""From the start of the program to its first frame, beside a bare QApplication with one widget.

Three programs are started in turn, again and again: an empty widget, a widget that shows a word, and the
terminal as `run_kiosk.py` starts it, all of 1280 x 800 pixels on Qt's offscreen platform. Each tells in the
same way when its window was exposed and painted. The clock runs from just before the process is made.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import PROJECT, as_installed, fresh_folder, ratio_text, spread_text
from simulator.street_file import load_street, terminal_toml

WARM_UP = 2


def main() -> None:
    """Start the programs in turn and print how long they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, metavar="N")
    rounds = parser.parse_args().rounds
    config = _write_config(fresh_folder("first_frame"))
    programs = {"empty widget": ["widget"], "one word": ["label"], "terminal": ["kiosk", str(config)]}
    took_ms: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(rounds + WARM_UP):
        for name, arguments in programs.items():
            one_ms = _first_frame_ms(arguments)
            if number >= WARM_UP:
                took_ms[name].append(one_ms)
    print(f"start to first frame, in ms, {rounds} rounds")
    for name, times in took_ms.items():
        print(f"  {name:14} {spread_text(times)}")
    for floor in ("empty widget", "one word"):
        print(f"terminal / {floor}: {ratio_text(took_ms['terminal'], took_ms[floor])}")


def _write_config(folder: Path) -> Path:
    """The simulated street's terminal; nothing of its hardware is reached before the first frame."""
    table = load_street(PROJECT / "config" / "street.toml").terminal[0]
    path = folder / "terminal.toml"
    path.write_text(terminal_toml(table, server_url="http://127.0.0.1:9", printer_port=9, full_screen=False))
    (folder / "server.key").write_text("nobody listens")
    return path


def _first_frame_ms(arguments: list[str]) -> float:
    began_ns = time.monotonic_ns()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.starting", *arguments],
        cwd=PROJECT,
        env=as_installed(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return (int(done.stdout) - began_ns) / 1e6


if __name__ == "__main__":
    main()
