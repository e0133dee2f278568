"""The server's one clock. Everything else gets the time as an argument."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Tells the instant: milliseconds UTC since 1970."""


def now_ms() -> int:
    """The instant now, in milliseconds UTC."""
    return time.time_ns() // 1_000_000  # noqa: TID251 - this is the server's one clock
