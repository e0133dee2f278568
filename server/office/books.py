"""The books: what terminals know of fitted clamps, of keys that prove claims, and of claims that were taken.

All are changes in one sequence.
The sequence comes from one row that is locked until the transaction ends. So numbers become visible in their
order, and a terminal that has read up to 17 never misses a 16 that was committed later. Every transaction
that changes the books takes this lock before any lock on a clamp: always in this order, never a deadlock.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import BindParameter, Connection, RowMapping, and_, bindparam, delete, insert, select, update

from parking.debts import Debt, DebtLine
from parking.wire import AnyRow, BookRow, BooksPage, ClaimKeyRow, ClaimRedeemedRow, ClampDocument
from server.store.sealing import CodeDoesNotOpenError, CodeSealer
from server.store.tables import (
    BOOKS_COUNTER,
    books_log,
    claim_keys,
    claims_log,
    codes,
    counters,
    debt_lines,
    fittings,
)

log = logging.getLogger(__name__)

# What every terminal asks again and again is made once.
_NEWEST = select(counters.c.value).where(counters.c.name == BOOKS_COUNTER)
_LOCK = _NEWEST.with_for_update()
_COUNT_ON = update(counters).where(counters.c.name == BOOKS_COUNTER)
_FORGET = delete(books_log).where(books_log.c.identifier == bindparam("clamp"))
_TELL = insert(books_log)
_AFTER: BindParameter[int] = bindparam("after")
_AT_MOST: BindParameter[int] = bindparam("at_most")
_KEYS = (
    select(claim_keys).where(claim_keys.c.sequence > _AFTER).order_by(claim_keys.c.sequence).limit(_AT_MOST)
)
_TAKEN = (
    select(claims_log).where(claims_log.c.sequence > _AFTER).order_by(claims_log.c.sequence).limit(_AT_MOST)
)
_FITTED = and_(fittings.c.clamp == books_log.c.identifier, fittings.c.fitting == books_log.c.fitting)
_ITS_CODE = and_(codes.c.clamp == fittings.c.clamp, codes.c.number == fittings.c.code_number)
_CLAMPS = (
    select(
        books_log.c.sequence,
        books_log.c.identifier,
        books_log.c.fitting,
        fittings.c.plate,
        fittings.c.currency,
        fittings.c.code_number,
        codes.c.box,
    )
    .select_from(books_log.outerjoin(fittings, _FITTED).outerjoin(codes, _ITS_CODE))
    .where(books_log.c.sequence > _AFTER)
    .order_by(books_log.c.sequence)
    .limit(_AT_MOST)
)
_OWED = and_(debt_lines.c.clamp == books_log.c.identifier, debt_lines.c.fitting == books_log.c.fitting)
_LINES = (
    select(debt_lines.c.clamp, debt_lines.c.words, debt_lines.c.amount_minor)
    .select_from(books_log.join(debt_lines, _OWED))
    .where(books_log.c.sequence.between(bindparam("first"), bindparam("last")))
    .order_by(debt_lines.c.clamp, debt_lines.c.line)
)


def lock(connection: Connection) -> int:
    """Take the books for writing until the transaction ends; returns the newest sequence."""
    value: int = connection.execute(_LOCK).scalar_one()
    return value


def changed(connection: Connection, clamps: Iterable[tuple[str, int | None]]) -> None:
    """Tell the terminals that these clamps have a new document (their fitting) or none any more (None)."""
    new = list(clamps)
    first = _take_numbers(connection, len(new))
    if not new:
        return
    connection.execute(_FORGET, [{"clamp": clamp} for clamp, _ in new])
    rows = [
        {"identifier": clamp, "sequence": sequence, "fitting": fitting}
        for sequence, (clamp, fitting) in enumerate(new, start=first)
    ]
    connection.execute(_TELL, rows)


def tell_key(connection: Connection, **columns: str | int) -> None:
    """Tell the terminals a key that proves claims: the columns of `claim_keys` without the sequence."""
    connection.execute(insert(claim_keys).values(**columns, sequence=_take_numbers(connection, 1)))


def tell_taken(connection: Connection, claim: str) -> None:
    """Tell the terminals, once, that this claim is not to be taken any more."""
    lock(connection)
    known = connection.execute(select(claims_log.c.claim).where(claims_log.c.claim == claim))
    if known.one_or_none() is None:
        connection.execute(
            insert(claims_log).values(claim=claim, sequence=_take_numbers(connection, 1)),
        )


def _take_numbers(connection: Connection, count: int) -> int:
    """The first of so many new numbers of the sequence; they are visible when the transaction ends."""
    newest = lock(connection)
    connection.execute(_COUNT_ON, {"value": newest + count})
    return newest + 1


def page(connection: Connection, sealer: CodeSealer, *, after: int, limit: int) -> BooksPage:
    """The changes after a cursor, oldest first, at most `limit`.

    A cursor ahead of the newest change belongs to another server: the page then begins from 0.
    """
    newest = connection.execute(_NEWEST).scalar_one()
    asked = {"after": after if after <= newest else 0, "at_most": limit}
    # Each kind gives its first `limit`; the first `limit` of them all are then without a hole.
    found = [
        *_clamps_after(connection, sealer, asked),
        *_keys_after(connection, asked),
        *_taken_after(connection, asked),
    ]
    rows = tuple(sorted(found, key=lambda row: row.sequence)[:limit])
    version = rows[-1].sequence if rows else newest
    return BooksPage(rows=rows, version=version, newest=newest, more=version < newest)


def _keys_after(connection: Connection, asked: Mapping[str, int]) -> Iterable[AnyRow]:
    for row in connection.execute(_KEYS, asked):
        yield ClaimKeyRow(sequence=row.sequence, terminal=row.terminal, epoch=row.epoch, key=row.key)


def _taken_after(connection: Connection, asked: Mapping[str, int]) -> Iterable[AnyRow]:
    for row in connection.execute(_TAKEN, asked):
        yield ClaimRedeemedRow(sequence=row.sequence, claim=row.claim)


def _clamps_after(connection: Connection, sealer: CodeSealer, asked: Mapping[str, int]) -> Iterable[AnyRow]:
    found = connection.execute(_CLAMPS, asked).mappings().all()
    lines = _lines_of(connection, found)
    for row in found:
        document = _document(sealer, row, lines[row["identifier"]])
        yield BookRow(sequence=row["sequence"], identifier=row["identifier"], document=document)


def _lines_of(connection: Connection, found: Sequence[RowMapping]) -> dict[str, list[DebtLine]]:
    lines: dict[str, list[DebtLine]] = defaultdict(list)
    if not found:
        return lines
    between = {"first": found[0]["sequence"], "last": found[-1]["sequence"]}
    for row in connection.execute(_LINES, between):
        lines[row.clamp].append(DebtLine(words=row.words, amount_minor=row.amount_minor))
    return lines


def _document(sealer: CodeSealer, row: RowMapping, lines: list[DebtLine]) -> ClampDocument | None:
    if row["fitting"] is None:
        return None
    try:
        code = sealer.open(row["box"], clamp=row["identifier"], number=row["code_number"])
    except CodeDoesNotOpenError as error:
        # One damaged code must not keep all other clamps from the terminals: this one cannot be released.
        log.error("%s; the clamp is left out of the books", error)  # noqa: TRY400 - the trace says no more
        return None
    return ClampDocument(
        identifier=row["identifier"],
        fitting=row["fitting"],
        debt=Debt(lines=tuple(lines), plate=row["plate"]),
        currency=row["currency"],
        code_number=row["code_number"],
        code=code,
    )
