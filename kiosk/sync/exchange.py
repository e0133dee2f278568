"""One exchange with the server, in the words that the loop, the decisions and the connection share."""

from collections.abc import Callable
from enum import StrEnum

import msgspec


class Trouble(StrEnum):
    """The event codes of the device `server`."""

    UNREACHABLE = "SYNC.UNREACHABLE"
    RUBBISH = "SYNC.RUBBISH"
    REFUSED = "SYNC.REFUSED"
    FORK = "SYNC.FORK"
    MISTAKE = "SYNC.MISTAKE"


class ServerTroubleError(Exception):
    """The server did not do what it should; `code` is the event code, `detail` words for the technician."""

    def __init__(self, code: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class AbandonedError(Exception):
    """Something more urgent came up; the exchange can be repeated later, as every exchange can."""


class Answer(msgspec.Struct, frozen=True):
    """What came back over HTTP: the status and the body, whatever they are."""

    status: int
    body: bytes


class Limits(msgspec.Struct, frozen=True):
    """How long an exchange may take: `until` on the steady clock, `silence_s` for each single wait.

    `is_urgent` is asked whenever the bell rings: the exchange is abandoned when it says yes.
    """

    until: float
    silence_s: float
    is_urgent: Callable[[], bool]
