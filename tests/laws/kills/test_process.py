"""A process that can be killed, and that cannot outlive who started it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from laws.kills.process import PROJECT, Process

PATIENCE_S = 60.0
SLEEPER = (sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(600)")


def _wait_for(file: Path, words: str) -> str:
    until_s = time.monotonic() + PATIENCE_S
    while not file.exists() or words not in file.read_text():
        assert time.monotonic() < until_s, f"{words!r} does not come in {file}"
        time.sleep(0.01)
    return file.read_text()


def test_a_killed_process_tells_the_signal_and_lives_again(tmp_path: Path) -> None:
    process = Process(SLEEPER, tmp_path / "log")
    for _ in range(2):
        process.start()
        assert process.is_alive
        assert process.died_by_itself() is None
        assert process.kill() == -signal.SIGKILL
        assert not process.is_alive
    assert process.lives == 2


def test_a_process_that_ends_by_itself_is_found_out(tmp_path: Path) -> None:
    process = Process((sys.executable, "-c", "import os; os.abort()"), tmp_path / "log")
    process.start()
    until_s = time.monotonic() + PATIENCE_S
    while process.died_by_itself() is None:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    assert process.died_by_itself() == -signal.SIGABRT
    assert process.kill() == -signal.SIGABRT


def test_a_process_is_told_to_end(tmp_path: Path) -> None:
    process = Process(SLEEPER, tmp_path / "log")
    process.start()
    _wait_for(tmp_path / "log", "ready")
    process.look()
    assert process.use.resident_kb > 1000
    assert process.use.threads == 1
    assert process.end() == -signal.SIGTERM


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-20 10:00:00,000 ERROR kiosk.session: SESSION.MISTAKE x",
        "Traceback (most recent call last):",
        "ERROR:    Exception in ASGI application",
        "Fatal Python error: Segmentation fault",
    ],
)
def test_complaints_are_heard_once(tmp_path: Path, line: str) -> None:
    process = Process(SLEEPER, tmp_path / "log")
    assert process.complaints() == []
    process.log.write_text(f"INFO:     Started server process\n{line}\n")
    assert process.complaints() == [line]
    assert process.complaints() == []


def test_no_process_outlives_who_started_it_even_if_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom laws.kills.process import Process\n"
        f"words = 'import os, time; print(os.getpid(), \"ready\", flush=True); time.sleep(600)'\n"
        f"Process((sys.executable, '-c', words), Path({str(log)!r})).start()\ntime.sleep(600)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdin=subprocess.DEVNULL)
    try:
        child = int(_wait_for(log, "ready").split()[0])
    finally:
        starter.kill()
        starter.wait()
    until_s = time.monotonic() + PATIENCE_S
    while _runs(child):
        assert time.monotonic() < until_s, f"process {child} is left behind"
        time.sleep(0.01)


def _runs(process_id: int) -> bool:
    """Whether it runs; one that is dead and that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
