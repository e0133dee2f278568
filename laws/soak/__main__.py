"""The long run: every harness with its full figures, on as many cores as are given, and what was seen.

Jobs are the commands of the harness as processes of their own; their last lines (one JSON object each) are
added up and held against what must be reached. The last line here is one JSON object too.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from time import monotonic

from laws.soak.plan import AIMS, Job, added, figure, jobs, missed

LOGS = Path("build") / "soak"


def run(job: Job) -> dict[str, object]:
    """Run a job to its end; its output is kept in `build/soak`. Returns its last line, with what it cost."""
    log = LOGS / f"{job.name}.log"
    began = monotonic()
    with log.open("wb") as output:
        ended = subprocess.run(
            (sys.executable, "-m", *job.arguments), stdout=output, stderr=subprocess.STDOUT, check=False
        )
    figures = _last_line(log)
    figures["seconds"] = round(monotonic() - began, 1)
    figures["failed"] = int(ended.returncode != 0)
    return figures


def _last_line(log: Path) -> dict[str, object]:
    lines = log.read_text(errors="replace").splitlines()
    try:
        figures = json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}
    return figures if isinstance(figures, dict) else {}


def main() -> int:
    """Run everything; 1 when an aim was missed or a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m laws.soak", description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--only", action="append", help="only this harness (may be repeated)")
    asked = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    wanted = [job for job in jobs() if not asked.only or job.harness in asked.only]
    seen: dict[str, dict[str, object]] = {}
    began = monotonic()
    with ThreadPoolExecutor(asked.workers) as pool:
        running = {pool.submit(run, job): job for job in wanted}
        for done in as_completed(running):
            job, figures = running[done], done.result()
            seen[job.harness] = added(seen.get(job.harness, {}), figures)
            told = {name: value for name, value in figures.items() if not isinstance(value, dict)}
            print(f"{monotonic() - began:7.0f} s  {job.name}: {json.dumps(told)}", flush=True)
    return _sum_up(seen, monotonic() - began, only=asked.only)


def _sum_up(seen: Mapping[str, Mapping[str, object]], seconds: float, only: list[str] | None) -> int:
    for aim in AIMS:
        if not only or aim.harness in only:
            reached = figure(seen.get(aim.harness, {}), aim.figure)
            print(f"  {aim.harness:11} {aim.figure:12} {reached:12,.0f}   at least {aim.at_least:,}")
    words = [text for text in missed(seen) if not only or text.split(":")[0] in only]
    for text in words:
        print(f"MISSED {text}")
    print(f"logs are in {LOGS}; {seconds / 60:.1f} minutes")
    print(json.dumps({"minutes": round(seconds / 60, 1), "missed": len(words), **seen}))
    return 1 if words else 0


if __name__ == "__main__":
    sys.exit(main())
