"""What people look at about claims: the list, what became of each, what is owed in all. Changes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, exists, func, select

from parking.claims import ClaimReason
from server.office.claims import OfficeEnd
from server.store.tables import claim_redemptions, claim_references, claims

ROWS_A_PAGE = 100
LONG_UNHEARD_MS = 24 * 60 * 60 * 1000
"""A claim that was taken so long ago, and whose issue nobody has told, is marked: ask there."""

IS_OPEN = and_(claims.c.office_end.is_(None), ~exists().where(claim_redemptions.c.claim == claims.c.number))
"""Somebody can still come and ask for its money."""


class ClaimState(StrEnum):
    """What became of a claim."""

    OPEN = "open"
    IN_DOUBT = "in-doubt"
    """A hopper may have paid it: staff must count it before anybody takes it."""
    HELD = "held"
    """A terminal has it in hand."""
    TAKEN = "taken"
    TAKEN_TWICE = "taken-twice"
    PAID = "paid"
    """By the office."""
    VOID = "void"
    """The hopper had paid it."""


Claims = list[dict[str, Any]]


def page(connection: Connection, *, only_open: bool, skip: int = 0, limit: int = ROWS_A_PAGE) -> Claims:
    """Claims as they came in, the newest first, without the first `skip`; each with what became of it."""
    newest_first = (claims.c.received_at_ms.desc(), claims.c.number.desc(), claims.c.terminal)
    query = select(claims).order_by(*newest_first).offset(skip).limit(limit)
    found = connection.execute(query.where(IS_OPEN) if only_open else query).mappings().all()
    return _with_what_became_of_them(connection, found)


def of_payment(connection: Connection, terminal: str, epoch: int, payment: str) -> Claims:
    """The claims that this payment issued, in their order."""
    query = select(claims).where(
        claims.c.terminal == terminal, claims.c.epoch == epoch, claims.c.payment == payment
    )
    found = connection.execute(query.order_by(claims.c.number)).mappings().all()
    return _with_what_became_of_them(connection, found)


def taken_by_payment(connection: Connection, terminal: str, epoch: int, payment: str) -> Sequence[RowMapping]:
    """The claims that were money of this payment, each with the payment that issued it, if that is known."""
    query = (
        select(
            claim_redemptions,
            claims.c.terminal.label("issue_terminal"),
            claims.c.epoch.label("issue_epoch"),
            claims.c.payment.label("issue_payment"),
        )
        .select_from(claim_redemptions.outerjoin(claims, claims.c.number == claim_redemptions.c.claim))
        .where(
            claim_redemptions.c.terminal == terminal,
            claim_redemptions.c.epoch == epoch,
            claim_redemptions.c.payment == payment,
        )
        .order_by(claim_redemptions.c.claim)
    )
    return connection.execute(query).mappings().all()


def taken_but_not_heard_of(connection: Connection, limit: int = ROWS_A_PAGE) -> Sequence[RowMapping]:
    """Claims that were taken and whose own terminal has not told that it issued them, the oldest first."""
    query = (
        select(claim_redemptions)
        .where(~exists().where(claims.c.number == claim_redemptions.c.claim))
        .order_by(claim_redemptions.c.received_at_ms, claim_redemptions.c.claim)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def in_hand_but_not_heard_of(connection: Connection, limit: int = ROWS_A_PAGE) -> Sequence[RowMapping]:
    """Claims that a terminal holds by their signature alone: neither issue nor end has been told."""
    of = claim_references.c
    query = (
        select(of.claim, of.terminal, func.min(of.held_at_ms).label("held_at_ms"))
        .where(
            of.held_at_ms.is_not(None),
            of.ended.is_(False),
            ~exists().where(claims.c.number == of.claim),
            ~exists().where(claim_redemptions.c.claim == of.claim),
        )
        .group_by(of.claim, of.terminal)
        .order_by(of.claim, of.terminal)
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


class OpenSum(msgspec.Struct, frozen=True):
    """What is still owed in one currency: so many claims, over how much, and how much of it is in doubt."""

    currency: str
    claims: int
    open_minor: int
    in_doubt_minor: int


def open_sums(connection: Connection) -> list[OpenSum]:
    """What is still owed, by currency."""
    in_doubt = case((_IN_DOUBT, claims.c.amount_minor), else_=0)
    query = (
        select(
            claims.c.currency,
            func.count().label("claims"),
            func.sum(claims.c.amount_minor).label("open_minor"),
            func.sum(in_doubt).label("in_doubt_minor"),
        )
        .where(IS_OPEN)
        .group_by(claims.c.currency)
        .order_by(claims.c.currency)
    )
    # PostgreSQL gives a sum as a decimal number.
    return [
        OpenSum(row.currency, row.claims, int(row.open_minor), int(row.in_doubt_minor))
        for row in connection.execute(query)
    ]


_IN_DOUBT: ColumnElement[bool] = and_(
    claims.c.reason == ClaimReason.PAYOUT_IN_DOUBT.value, claims.c.confirmed_at_ms.is_(None)
)


def _with_what_became_of_them(connection: Connection, found: Sequence[RowMapping]) -> Claims:
    numbers = [row["number"] for row in found]
    taken: dict[str, list[RowMapping]] = defaultdict(list)
    of_these = select(claim_redemptions).where(claim_redemptions.c.claim.in_(numbers))
    for row in connection.execute(of_these.order_by(claim_redemptions.c.redeemed_at_ms)).mappings():
        taken[row["claim"]].append(row)
    held: dict[str, list[str]] = defaultdict(list)
    in_hand = select(claim_references.c.claim, claim_references.c.terminal).where(
        claim_references.c.claim.in_(numbers),
        claim_references.c.held_at_ms.is_not(None),
        claim_references.c.ended.is_(False),
    )
    for claim, terminal in connection.execute(in_hand.distinct().order_by(claim_references.c.terminal)):
        held[claim].append(terminal)
    return [
        {
            **row,
            "taken": taken[row["number"]],
            "held_by": held[row["number"]],
            "state": _state(row, taken[row["number"]], held[row["number"]]),
        }
        for row in found
    ]


def _state(row: RowMapping, taken: Sequence[RowMapping], held: Sequence[str]) -> ClaimState:
    if len(taken) + (row["office_end"] is not None) > 1:
        return ClaimState.TAKEN_TWICE
    if taken:
        return ClaimState.TAKEN
    if row["office_end"] is not None:
        return ClaimState.PAID if row["office_end"] == OfficeEnd.PAID else ClaimState.VOID
    if row["reason"] == ClaimReason.PAYOUT_IN_DOUBT.value and row["confirmed_at_ms"] is None:
        return ClaimState.IN_DOUBT
    return ClaimState.HELD if held else ClaimState.OPEN
