"""What holds for every test: it leaves no thread and no child process behind, and needs no display."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

settings.register_profile(
    "quick",
    max_examples=50,
    deadline=None,  # a loaded machine is slow, not wrong
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True)
settings.register_profile("long", settings.get_profile("quick"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick"))

PATIENCE_S = 5.0
"""So long a thread that was told to end may take on a loaded machine before it counts as left behind."""


def _children() -> frozenset[int]:
    """The process ids of this process's children, dead ones that nobody waited for too."""
    listed = Path("/proc/self/task").glob("*/children")
    return frozenset(int(child) for path in listed for child in _read(path).split())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # that thread has just ended
        return ""


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test after which a thread or a child process runs that did not run before it."""
    threads_before = frozenset(threading.enumerate())
    children_before = _children()
    yield
    for thread in threading.enumerate():
        if thread not in threads_before:
            thread.join(PATIENCE_S)
    threads = sorted(thread.name for thread in threading.enumerate() if thread not in threads_before)
    children = sorted(_children() - children_before)
    if threads or children:
        pytest.fail(
            f"{request.node.nodeid} left behind: threads {threads}, child processes {children}", pytrace=False
        )
