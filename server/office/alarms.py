"""Alarms: what a person must look at. Raising the same one again counts, and adds no second row."""

from enum import StrEnum

import msgspec
from sqlalchemy import Connection, insert, update

from server.store.tables import alarms


class AlarmKind(StrEnum):
    """Why a person must look."""

    FORK = "fork"
    """Two different facts under one number: a cloned or restored disk."""
    BROKEN_CHAIN = "broken-chain"
    """An entry whose hash is not the hash of what it says, or that does not follow the one before."""
    GAP = "gap"
    """Facts are missing between what the server holds and what the terminal sent."""
    FOREIGN = "foreign"
    """An entry of another terminal, sent with this terminal's key."""
    PAID_TWICE = "paid-twice"
    """A clamp was released that had been released before: the motorist gets money back."""
    UNEXPECTED_CODE = "unexpected-code"
    """A terminal showed another code than the one current for that fitting."""
    UNKNOWN_FITTING = "unknown-fitting"
    """A terminal released a clamp, or a fitting of it, that the server does not know."""
    UNREADABLE = "unreadable"
    """A fact was stored that this software ought to read and cannot."""
    CODE_NOT_SEEN = "code-not-seen"
    """A motorist paid and perhaps never saw the code: the terminal was without power for long."""
    COINS_UNREAD = "coins-unread"
    """The coin acceptor lost events that were not read: coins may be in the cash box that nobody counted."""
    HOPPER_MOVED = "hopper-moved"
    """A hopper's own counter has moved without an order of its terminal: its motor has paid coins."""
    SUMS_DIFFER = "sums-differ"
    """A closed payment whose money does not add up to what its facts say."""

    CLAIM_REDEEMED_TWICE = "claim-redeemed-twice"
    """A claim was taken more than once: at two terminals that were offline, or there and by the office."""
    CLAIM_DIFFERS = "claim-differs"
    """What is said of a claim is not what its terminal issued."""


class Place(msgspec.Struct, frozen=True):
    """Where and when a fact stands: its key, its hash, the terminal's clock and the server's."""

    terminal: str
    epoch: int
    number: int
    hash: str
    at_ms: int
    now_ms: int


def raise_alarm(connection: Connection, kind: AlarmKind, place: Place, detail: str) -> None:
    """Raise an alarm about this place, or count it once more."""
    same = {
        "kind": kind.value,
        "terminal": place.terminal,
        "epoch": place.epoch,
        "number": place.number,
        "hash": place.hash,
    }
    again = (
        update(alarms)
        .where(*(alarms.c[name] == value for name, value in same.items()))
        .values(times=alarms.c.times + 1, seen_at_ms=place.now_ms)
    )
    if connection.execute(again).rowcount == 0:
        connection.execute(
            insert(alarms).values(
                **same, detail=detail, raised_at_ms=place.now_ms, seen_at_ms=place.now_ms, times=1
            )
        )


def raise_alarm_about(
    connection: Connection,
    kind: AlarmKind,
    claim: str,
    *,
    terminal: str,
    epoch: int,
    detail: str,
    now_ms: int,
) -> None:
    """Raise the one alarm of this kind about a claim, or let it tell what is known by now.

    What it says must follow from what is known, in whatever order that came in.
    """
    known = (alarms.c.kind == kind.value, alarms.c.hash == claim)
    values: dict[str, str | int] = {"terminal": terminal, "epoch": epoch, "detail": detail}
    again = update(alarms).where(*known).values(**values, seen_at_ms=now_ms)
    if connection.execute(again).rowcount == 0:
        connection.execute(
            insert(alarms).values(
                kind=kind.value,
                hash=claim,
                number=0,
                raised_at_ms=now_ms,
                seen_at_ms=now_ms,
                times=1,
                **values,
            )
        )
