"""The only place in the terminal that asks for the time."""

import time

from parking.civil_time import Moment


def now() -> Moment:
    """Both clocks of this machine at this moment."""
    return Moment(utc_ms=time.time_ns() // 1_000_000, steady_ms=time.monotonic_ns() // 1_000_000)  # noqa: TID251


def steady_s() -> float:
    """Seconds of the clock that never jumps, for drivers."""
    return time.monotonic()  # noqa: TID251
