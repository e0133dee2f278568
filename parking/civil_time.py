"""Instants and civil time. An instant is an integer: milliseconds UTC since 1970."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """One reading of both clocks: `utc_ms` for people and records, `steady_ms` for measuring how long.

    The steady clock never jumps while the terminal runs, and starts anew with it: it is compared within one
    run only. Time-outs use it, so that a corrected clock throws nobody out.
    """

    utc_ms: int
    steady_ms: int


def local_time(utc_ms: int, zone: str) -> datetime:
    """The civil time of an instant in a time zone of the IANA database, such as `Europe/Berlin`.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: no such zone.
    """
    return datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(ZoneInfo(zone))
