"""What people look at: queries for the pages and the totals. Nothing is changed here, and no code is read."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    case,
    func,
    literal,
    literal_column,
    select,
)

from server.office.claims import OfficeEnd
from server.office.claims_view import IS_OPEN
from server.store.tables import (
    STILL_FITTED,
    alarms,
    claim_redemptions,
    claims,
    clamps,
    codes,
    facts,
    faults,
    fittings,
    payments,
    payouts,
    reservations,
    terminals,
)

ROWS_A_PAGE = 100
SILENT_AFTER_MS = 120_000
"""A terminal that was not heard of for so long is shown as silent."""


class ClampState(StrEnum):
    """Where a clamp is, as the server knows it."""

    AVAILABLE = "available"
    FITTED = "fitted"
    RESERVED = "reserved"
    RELEASED = "released"


class Light(StrEnum):
    """How a terminal does, at one glance."""

    GOOD = "good"
    FAULT = "fault"
    SILENT = "silent"
    NEVER_SEEN = "never seen"
    REVOKED = "revoked"


Rows = Sequence[RowMapping]


def _all(connection: Connection, query: Select[Any]) -> Rows:
    return connection.execute(query).mappings().all()


# --- terminals -----------------------------------------------------------------------------------------


def terminals_with_lights(connection: Connection, now_ms: int) -> list[dict[str, Any]]:
    """Every terminal with its light, the devices that do not work, and how many facts it has sent."""
    sent = {
        row.terminal: row
        for row in connection.execute(
            select(
                facts.c.terminal,
                func.count().label("facts"),
                func.sum(case((facts.c.projected.is_(False), 1), else_=0)).label("not_understood"),
            ).group_by(facts.c.terminal)
        )
    }
    broken: dict[str, list[RowMapping]] = {}
    for fault in _all(connection, select(faults).order_by(faults.c.terminal, faults.c.device)):
        broken.setdefault(fault["terminal"], []).append(fault)
    result = []
    for row in _all(connection, select(terminals).order_by(terminals.c.number)):
        counted = sent.get(row["number"])
        result.append(
            {
                **row,
                "light": _light(row, now_ms, has_fault=row["number"] in broken),
                "faults": broken.get(row["number"], []),
                "facts": counted.facts if counted else 0,
                "not_understood": counted.not_understood if counted else 0,
            }
        )
    return result


def _light(row: RowMapping, now_ms: int, *, has_fault: bool) -> Light:
    if row["revoked_at_ms"] is not None:
        return Light.REVOKED
    if row["seen_at_ms"] is None:
        return Light.NEVER_SEEN
    if now_ms - row["seen_at_ms"] > SILENT_AFTER_MS:
        return Light.SILENT
    return Light.FAULT if has_fault else Light.GOOD


# --- clamps --------------------------------------------------------------------------------------------


def clamps_page(connection: Connection, now_ms: int, *, after: str = "", limit: int = ROWS_A_PAGE) -> Rows:
    """Clamps by identifier from behind `after`, each with its state, its last fitting and its codes left."""
    return _all(
        connection,
        _clamps(now_ms).where(clamps.c.identifier > after).order_by(clamps.c.identifier).limit(limit),
    )


def clamp(connection: Connection, now_ms: int, identifier: str) -> RowMapping | None:
    """One clamp as in the list, or None."""
    query = _clamps(now_ms).where(clamps.c.identifier == identifier)
    return connection.execute(query).mappings().one_or_none()


def fittings_of(connection: Connection, identifier: str) -> Rows:
    """How often this clamp was on a car, the newest first."""
    return _all(
        connection,
        select(fittings).where(fittings.c.clamp == identifier).order_by(fittings.c.fitting.desc()),
    )


def clamps_by_state(connection: Connection, now_ms: int) -> dict[str, int]:
    """How many clamps are in each state."""
    rows = _clamps(now_ms).subquery()
    counted = connection.execute(select(rows.c.state, func.count()).group_by(rows.c.state))
    return {state.value: 0 for state in ClampState} | {row[0]: row[1] for row in counted}


def _clamps(now_ms: int) -> Select[Any]:
    last = select(fittings.c.clamp, func.max(fittings.c.fitting).label("fitting"))
    last_of = last.group_by(fittings.c.clamp).subquery()
    fitted = and_(fittings.c.clamp == last_of.c.clamp, fittings.c.fitting == last_of.c.fitting)
    held = select(
        reservations.c.clamp, reservations.c.fitting, func.max(reservations.c.terminal).label("terminal")
    ).where(reservations.c.over_at_ms.is_(None), reservations.c.expires_at_ms > now_ms)
    holders = held.group_by(reservations.c.clamp, reservations.c.fitting).subquery()
    reserved = and_(holders.c.clamp == fittings.c.clamp, holders.c.fitting == fittings.c.fitting)
    state = case(
        (fittings.c.released_at_ms.is_not(None), ClampState.RELEASED.value),
        (fittings.c.fitting.is_(None), ClampState.AVAILABLE.value),
        (fittings.c.unfitted_at_ms.is_not(None), ClampState.AVAILABLE.value),
        (holders.c.terminal.is_not(None), ClampState.RESERVED.value),
        else_=ClampState.FITTED.value,
    )
    left = (
        select(func.count())
        .where(
            codes.c.clamp == clamps.c.identifier,
            codes.c.shown_at_ms.is_(None),
            codes.c.number > func.coalesce(fittings.c.code_number, 0),
        )
        .correlate(clamps, fittings)
        .scalar_subquery()
    )
    return select(
        clamps.c.identifier,
        state.label("state"),
        left.label("codes_left"),
        fittings.c.fitting,
        fittings.c.plate,
        fittings.c.currency,
        fittings.c.total_minor,
        fittings.c.fitted_at_ms,
        fittings.c.released_at_ms,
        fittings.c.release_terminal,
        fittings.c.release_epoch,
        fittings.c.release_payment,
        holders.c.terminal.label("reserved_by"),
    ).select_from(
        clamps.outerjoin(last_of, last_of.c.clamp == clamps.c.identifier)
        .outerjoin(fittings, fitted)
        .outerjoin(holders, reserved)
    )


def last_releases(connection: Connection, limit: int) -> Rows:
    """The newest releases as they came in, each with the payment and the terminal's place."""
    paid = and_(
        payments.c.terminal == fittings.c.release_terminal,
        payments.c.epoch == fittings.c.release_epoch,
        payments.c.number == fittings.c.release_payment,
    )
    return _all(
        connection,
        select(
            fittings.c.clamp,
            fittings.c.plate,
            fittings.c.released_at_ms,
            fittings.c.release_received_at_ms,
            fittings.c.release_terminal,
            fittings.c.release_epoch,
            fittings.c.release_payment,
            payments.c.price_minor,
            payments.c.currency,
            terminals.c.place,
        )
        .select_from(
            fittings.join(payments, paid).join(terminals, terminals.c.number == fittings.c.release_terminal)
        )
        .where(fittings.c.release_received_at_ms.is_not(None))
        .order_by(fittings.c.release_received_at_ms.desc(), fittings.c.released_at_ms.desc())
        .limit(limit),
    )


# --- payments, alarms ----------------------------------------------------------------------------------


def payments_page(connection: Connection, *, skip: int = 0, limit: int = ROWS_A_PAGE) -> Rows:
    """Payments as they came in, the newest first, without the first `skip`."""
    newest_first = (
        payments.c.received_at_ms.desc(),
        payments.c.opened_at_ms.desc(),
        payments.c.number.desc(),
    )
    return _all(connection, select(payments).order_by(*newest_first).offset(skip).limit(limit))


def payment(connection: Connection, terminal: str, epoch: int, number: str) -> RowMapping | None:
    """One payment, or None."""
    query = select(payments).where(_of_payment(payments, "number", terminal, epoch, number))
    return connection.execute(query).mappings().one_or_none()


def payment_facts(connection: Connection, terminal: str, epoch: int, number: str) -> Rows:
    """The facts of one payment, in the order they happened."""
    query = select(facts).where(_of_payment(facts, "payment", terminal, epoch, number))
    return _all(connection, query.order_by(facts.c.number))


def _of_payment(table: Table, column: str, terminal: str, epoch: int, number: str) -> ColumnElement[bool]:
    return and_(table.c.terminal == terminal, table.c.epoch == epoch, table.c[column] == number)


def newest_alarms(connection: Connection, limit: int) -> Rows:
    """Alarms, the newest first."""
    query = select(alarms).order_by(alarms.c.raised_at_ms.desc(), alarms.c.number.desc())
    return _all(connection, query.limit(limit))


def paid_without_code(connection: Connection) -> int:
    """Payments that were paid in full and closed without a code: somebody must call the motorist."""
    query = select(func.count()).where(payments.c.state == "paid", payments.c.closed_at_ms.is_not(None))
    count: int = connection.execute(query).scalar_one()
    return count


# --- totals --------------------------------------------------------------------------------------------


def totals(connection: Connection) -> dict[str, Any]:
    """Counts and sums over all tables, money by currency in minor units; nothing is assumed."""
    per_terminal = connection.execute(
        select(facts.c.terminal, facts.c.epoch, func.count())
        .group_by(facts.c.terminal, facts.c.epoch)
        .order_by(facts.c.terminal, facts.c.epoch)
    ).all()
    alarm_kinds = connection.execute(
        select(alarms.c.kind, func.count()).group_by(alarms.c.kind).order_by(alarms.c.kind)
    ).all()
    facts_of: dict[str, int] = {}
    for terminal, _, count in per_terminal:
        facts_of[terminal] = facts_of.get(terminal, 0) + count
    return {
        "terminals": _count(connection, terminals),
        "devices_broken": _count(connection, faults),
        "facts": sum(facts_of.values()),
        "facts_by_terminal": facts_of,
        "facts_by_epoch": [
            {"terminal": terminal, "epoch": epoch, "facts": count} for terminal, epoch, count in per_terminal
        ],
        "facts_not_understood": _count(connection, facts, facts.c.projected.is_(False)),
        "payments": _count(connection, payments),
        "payments_open": _count(connection, payments, payments.c.closed_at_ms.is_(None)),
        "payments_released": _count(connection, payments, payments.c.state == "released"),
        "payments_cancelled": _count(connection, payments, payments.c.state == "cancelled"),
        "payments_paid_twice": _count(connection, payments, payments.c.paid_twice.is_(True)),
        "payouts_in_doubt": _count(connection, payouts, payouts.c.in_doubt.is_(True)),
        "clamps": _count(connection, clamps),
        "clamps_fitted": _count(connection, fittings, literal_column(STILL_FITTED)),
        "codes_released": _count(connection, fittings, fittings.c.released_at_ms.is_not(None)),
        "claims_open": _count(connection, claims, IS_OPEN),
        "claims_redeemed": _distinct_claims_redeemed(connection),
        "claims_paid_by_the_office": _count(connection, claims, claims.c.office_end == OfficeEnd.PAID.value),
        "alarms": sum(count for _, count in alarm_kinds),
        "alarms_by_kind": {kind: count for kind, count in alarm_kinds},  # noqa: C416 - rows are not pairs to mypy
        "money": _money(connection),
    }


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    count: int = connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
    return count


def _distinct_claims_redeemed(connection: Connection) -> int:
    query = select(func.count(claim_redemptions.c.claim.distinct()))
    count: int = connection.execute(query).scalar_one()
    return count


def _money(connection: Connection) -> dict[str, dict[str, int]]:
    open_minor = case((payments.c.closed_at_ms.is_(None), _balance()), else_=literal(0))
    sums = {
        "kept_minor": payments.c.kept_minor,
        "kept_as_coins_minor": _coins(),
        "kept_as_claims_minor": payments.c.redeemed_minor,
        "delivered_minor": payments.c.delivered_minor,
        "change_minor": payments.c.change_minor,
        "refund_minor": payments.c.refund_minor,
        "paid_out_minor": payments.c.change_minor + payments.c.refund_minor,
        "coins_gained_minor": _coins() - payments.c.change_minor - payments.c.refund_minor,
        "claims_minor": payments.c.claimed_minor,
        "held_by_open_payments_minor": open_minor,
        "unexplained_minor": case((payments.c.closed_at_ms.is_(None), literal(0)), else_=_balance()),
    }
    rows = _all(
        connection,
        select(payments.c.currency, *(func.sum(column).label(name) for name, column in sums.items()))
        .group_by(payments.c.currency)
        .order_by(payments.c.currency),
    )
    return {row["currency"] or "?": {name: int(row[name]) for name in sums} for row in rows}


def _coins() -> ColumnElement[int]:
    """What of a payment's money fell as coins: a claim that was taken puts nothing into the box."""
    return payments.c.kept_minor - payments.c.redeemed_minor


def _balance() -> ColumnElement[int]:
    """What of a payment's money has not gone anywhere yet; zero when it is closed and nothing is wrong."""
    return (
        payments.c.kept_minor
        - payments.c.delivered_minor
        - payments.c.change_minor
        - payments.c.refund_minor
        - payments.c.claimed_minor
    )
