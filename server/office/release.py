"""The product line `release`: clamps with their codes, fittings with their fines, reservations, releases.

A clamp has a list of codes. Each fitting on a car takes the next code that was never used; a release shows it
to a motorist, and it is never used again. Reading a file of clamps is told in `clamp_file.py`.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from parking.debts import Debt, DebtLine
from parking.facts import CodeOpened
from parking.identifiers import IdentifierRefusedError, clamp_identifier
from parking.money import LARGEST_AMOUNT_MINOR
from parking.wire import ClampDocument, Refused, RefusedBecause, Reservation, ReservationRequest
from server.office import books
from server.office.alarms import AlarmKind, Place, raise_alarm
from server.store.sealing import CodeDoesNotOpenError, CodeSealer
from server.store.tables import (
    LONGEST_NAME,
    STILL_FITTED,
    clamps,
    codes,
    debt_lines,
    fittings,
    reservations,
)

HOLD_MS = 60 * 60 * 1000
"""A reservation ends by itself after this time: longer than a payment lasts with all its warnings."""

_CHUNK = 500
_OPEN = text(STILL_FITTED)
# What every payment asks is made once.
_OF_CLAMP: BindParameter[str] = bindparam("of_clamp")
_OF_FITTING: BindParameter[int] = bindparam("of_fitting")
_THIS_FITTING = and_(fittings.c.clamp == _OF_CLAMP, fittings.c.fitting == _OF_FITTING)
_FITTING = select(fittings).where(_THIS_FITTING).with_for_update(key_share=True)
_END_FITTING = update(fittings).where(_THIS_FITTING)
# The row stays locked to the end of the transaction: of two terminals that ask at once, one waits here.
_OPEN_FITTING = select(fittings).where(fittings.c.clamp == _OF_CLAMP, _OPEN).with_for_update(key_share=True)
_THIS_CODE = and_(codes.c.clamp == _OF_CLAMP, codes.c.number == bindparam("of_number"))
_CODE = select(codes.c.box, codes.c.shown_at_ms).where(_THIS_CODE)
_MARK_SHOWN = update(codes).where(_THIS_CODE, codes.c.shown_at_ms.is_(None))
_LINES = (
    select(debt_lines.c.words, debt_lines.c.amount_minor)
    .where(debt_lines.c.clamp == _OF_CLAMP, debt_lines.c.fitting == _OF_FITTING)
    .order_by(debt_lines.c.line)
)
_HELD = and_(
    reservations.c.clamp == _OF_CLAMP,
    reservations.c.fitting == _OF_FITTING,
    reservations.c.over_at_ms.is_(None),
)
_HOLDERS = select(reservations.c.terminal).where(_HELD, reservations.c.expires_at_ms > bindparam("now_ms"))
_END_HOLDS = update(reservations).where(_HELD)
_RESERVATION = select(reservations).where(
    reservations.c.terminal == bindparam("of_terminal"), reservations.c.reference == bindparam("of_reference")
)
_RESERVE = insert(reservations)
_END_RESERVATION = update(reservations).where(
    reservations.c.terminal == bindparam("of_terminal"), reservations.c.reference == bindparam("of_reference")
)


class FittingRefusedError(ValueError):
    """A clamp cannot be fitted or taken off; the message says why and what to do."""


class ReferenceRefusedError(ValueError):
    """A reservation's reference is empty, too long, or not printable."""


class Fine(msgspec.Struct, frozen=True):
    """What is owed for a clamped car, and in which currency (ISO 4217)."""

    debt: Debt
    currency: str


class NewClamp(msgspec.Struct, frozen=True):
    """A clamp to be taken in: its identifier, its codes in order, and the fine if it is on a car already."""

    identifier: str
    codes: tuple[str, ...]
    fine: Fine | None = None


# --- clamps and fittings -------------------------------------------------------------------------------


def known_clamps(connection: Connection, identifiers: Iterable[str]) -> frozenset[str]:
    """Those of these identifiers that are in use already."""
    wanted = list(identifiers)
    known: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        known.update(
            connection.execute(select(clamps.c.identifier).where(clamps.c.identifier.in_(chunk))).scalars()
        )
    return frozenset(known)


def add_clamps(
    connection: Connection, sealer: CodeSealer, new_clamps: Sequence[NewClamp], now_ms: int
) -> None:
    """Take new clamps in, with their codes sealed, and fit those that are on a car."""
    books.lock(connection)
    _insert_all(
        connection, clamps, [{"identifier": new.identifier, "added_at_ms": now_ms} for new in new_clamps]
    )
    sealed = [
        {
            "clamp": new.identifier,
            "number": number,
            "box": sealer.seal(code, clamp=new.identifier, number=number),
        }
        for new in new_clamps
        for number, code in enumerate(new.codes, start=1)
    ]
    _insert_all(connection, codes, sealed)
    fitted = [(new.identifier, new.fine) for new in new_clamps if new.fine is not None]
    _insert_all(
        connection,
        fittings,
        [_fitting_row(clamp, 1, 1, fine, now_ms) for clamp, fine in fitted],
    )
    _insert_all(connection, debt_lines, [row for clamp, fine in fitted for row in _line_rows(clamp, 1, fine)])
    books.changed(connection, [(clamp, 1) for clamp, _ in fitted])


def fit(connection: Connection, identifier: str, fine: Fine, now_ms: int) -> int:
    """Put a clamp on a car with its next unused code; returns the number of the fitting.

    Raises:
        FittingRefusedError: no such clamp, it is on a car already, or no code is left.
    """
    books.lock(connection)
    clamp = _existing(connection, identifier)
    if fine.debt.total_minor > LARGEST_AMOUNT_MINOR:
        raise FittingRefusedError("the fine is implausibly large; check its lines")
    if connection.execute(select(fittings.c.fitting).where(fittings.c.clamp == clamp, _OPEN)).first():
        raise FittingRefusedError(f"clamp {clamp} is on a car already; `unfit {clamp}` takes it off")
    last = connection.execute(
        select(
            func.coalesce(func.max(fittings.c.fitting), 0), func.coalesce(func.max(fittings.c.code_number), 0)
        ).where(fittings.c.clamp == clamp)
    ).one()
    # A code that a terminal has had in its books may be shown there while it is offline: it is passed over.
    code_number = connection.execute(
        select(func.min(codes.c.number)).where(
            codes.c.clamp == clamp, codes.c.number > last[1], codes.c.shown_at_ms.is_(None)
        )
    ).scalar_one()
    if code_number is None:
        raise FittingRefusedError(f"clamp {clamp} has no unused code left; give it new ones with `codes`")
    fitting: int = last[0] + 1
    connection.execute(insert(fittings), [_fitting_row(clamp, fitting, code_number, fine, now_ms)])
    connection.execute(insert(debt_lines), _line_rows(clamp, fitting, fine))
    books.changed(connection, [(clamp, fitting)])
    return fitting


def unfit(connection: Connection, identifier: str, now_ms: int) -> None:
    """Take a clamp off a car without payment; its code is used up, because terminals have had it.

    Raises:
        FittingRefusedError: no such clamp, it is on no car, or a motorist is paying for it now.
    """
    books.lock(connection)
    clamp = _existing(connection, identifier)
    fitted = _open_fitting(connection, clamp)
    if fitted is None:
        raise FittingRefusedError(f"clamp {clamp} is on no car")
    for terminal in _holders(connection, clamp, fitted["fitting"], now_ms):
        raise FittingRefusedError(f"a motorist is paying for clamp {clamp} at terminal {terminal}")
    connection.execute(
        update(fittings)
        .where(fittings.c.clamp == clamp, fittings.c.fitting == fitted["fitting"])
        .values(unfitted_at_ms=now_ms)
    )
    books.changed(connection, [(clamp, None)])


def add_codes(connection: Connection, sealer: CodeSealer, identifier: str, new_codes: Sequence[str]) -> int:
    """Append codes to a clamp's list; returns how many it has now.

    Raises:
        FittingRefusedError: no such clamp, or it has had one of these codes before.
    """
    books.lock(connection)
    clamp = _existing(connection, identifier)
    had = connection.execute(
        select(codes.c.number, codes.c.box).where(codes.c.clamp == clamp).order_by(codes.c.number)
    ).all()
    known = {sealer.open(row.box, clamp=clamp, number=row.number) for row in had}
    for place, code in enumerate(new_codes, start=1):
        if code in known:
            raise FittingRefusedError(f"code {place} of the new ones has been clamp {clamp}'s before")
        known.add(code)
    rows = [
        {"clamp": clamp, "number": number, "box": sealer.seal(code, clamp=clamp, number=number)}
        for number, code in enumerate(new_codes, start=len(had) + 1)
    ]
    connection.execute(insert(codes), rows)
    return len(had) + len(rows)


def _existing(connection: Connection, identifier: str) -> str:
    try:
        clamp = clamp_identifier(identifier)
    except IdentifierRefusedError as error:
        raise FittingRefusedError(str(error)) from None
    if not known_clamps(connection, [clamp]):
        raise FittingRefusedError(f"there is no clamp {clamp}; `import` takes clamps in")
    return clamp


def _fitting_row(clamp: str, fitting: int, code_number: int, fine: Fine, now_ms: int) -> dict[str, str | int]:
    return {
        "clamp": clamp,
        "fitting": fitting,
        "code_number": code_number,
        "plate": fine.debt.plate,
        "currency": fine.currency,
        "total_minor": fine.debt.total_minor,
        "fitted_at_ms": now_ms,
    }


def _line_rows(clamp: str, fitting: int, fine: Fine) -> list[dict[str, str | int]]:
    return [
        {
            "clamp": clamp,
            "fitting": fitting,
            "line": place,
            "words": line.words,
            "amount_minor": line.amount_minor,
        }
        for place, line in enumerate(fine.debt.lines, start=1)
    ]


# --- reservations --------------------------------------------------------------------------------------


def reserve(
    connection: Connection,
    sealer: CodeSealer,
    request: ReservationRequest,
    *,
    terminal: str,
    now_ms: int,
    hold_ms: int = HOLD_MS,
) -> Reservation | Refused:
    """Promise a terminal that no other one releases this fitting for a while.

    A reference is answered once and for ever: asked again it gets the same answer, holds nothing longer, and
    nothing at all when its customer has gone. A terminal may hold a fitting under several references: of its
    last customer, who has gone, and of the present one.

    Raises:
        ReferenceRefusedError: the reference is empty, longer than 64 characters, not printable, or was used
            for another clamp.
    """
    if not request.reference.isprintable() or not 0 < len(request.reference) <= LONGEST_NAME:
        raise ReferenceRefusedError(f"`reference` needs 1 to {LONGEST_NAME} printable characters")
    answered = _answered(connection, sealer, request, terminal)
    if answered is not None:
        return answered
    key = {"terminal": terminal, "reference": request.reference}
    found = _promised(connection, sealer, request.identifier, terminal, now_ms)
    if isinstance(found, Refused):
        connection.execute(_RESERVE, {**key, "refused": found.reason.value})
        return found
    expires_at_ms = now_ms + hold_ms
    held = {"clamp": found.identifier, "fitting": found.fitting, "expires_at_ms": expires_at_ms}
    connection.execute(_RESERVE, {**key, **held})
    return Reservation(reference=request.reference, document=found, expires_at_ms=expires_at_ms)


def _promised(
    connection: Connection, sealer: CodeSealer, identifier: str, terminal: str, now_ms: int
) -> ClampDocument | Refused:
    """What this terminal may release now."""
    try:
        clamp = clamp_identifier(identifier)
    except IdentifierRefusedError as error:
        return Refused(reason=RefusedBecause.UNKNOWN, detail=str(error))
    fitted = _open_fitting(connection, clamp)
    if fitted is None:
        return _nothing_due(connection, clamp)
    if _holders(connection, clamp, fitted["fitting"], now_ms) - {terminal}:
        return Refused(
            reason=RefusedBecause.TAKEN, detail=f"clamp {clamp} is being paid at another terminal now"
        )
    document = _document(connection, sealer, fitted)
    if document is None:
        return Refused(
            reason=RefusedBecause.NO_CODE, detail=f"clamp {clamp} has no code that may be given out"
        )
    return document


def _answered(
    connection: Connection, sealer: CodeSealer, request: ReservationRequest, terminal: str
) -> Reservation | Refused | None:
    """What this reference was answered before; None when it is new. Nothing changes."""
    asked = {"of_terminal": terminal, "of_reference": request.reference}
    known = connection.execute(_RESERVATION, asked).mappings().one_or_none()
    if known is None:
        return None
    if known["refused"] is not None:
        reason = RefusedBecause(known["refused"])
        return Refused(reason=reason, detail="this reference was refused before; ask with a new one")
    if known["over_at_ms"] is not None:
        words = "this reference is over: its customer has gone; ask with a new one"
        return Refused(reason=RefusedBecause.TAKEN, detail=words)
    fitted = _open_fitting(connection, known["clamp"])
    document = _document(connection, sealer, fitted) if fitted is not None else None
    if document is None or document.fitting != known["fitting"]:
        words = f"nothing is owed any more for what this reference reserved of clamp {known['clamp']}"
        return Refused(reason=RefusedBecause.NOTHING_DUE, detail=words)
    if document.identifier != _read_as_clamp(request.identifier):
        raise ReferenceRefusedError("`reference` was used for another clamp; ask with a new one")
    return Reservation(reference=request.reference, document=document, expires_at_ms=known["expires_at_ms"])


def _read_as_clamp(identifier: str) -> str:
    try:
        return clamp_identifier(identifier)
    except IdentifierRefusedError:
        return ""


def free(connection: Connection, terminal: str, reference: str, now_ms: int) -> None:
    """End a reservation that its customer has walked away from; the next terminal need not wait.

    A request under this reference that is still on its way reserves nothing when it comes.
    """
    ended = {"of_terminal": terminal, "of_reference": reference, "over_at_ms": now_ms}
    if connection.execute(_END_RESERVATION, ended).rowcount == 0:
        over = {"terminal": terminal, "reference": reference, "over_at_ms": now_ms}
        connection.execute(_RESERVE, over)


def _open_fitting(connection: Connection, clamp: str) -> RowMapping | None:
    return connection.execute(_OPEN_FITTING, {"of_clamp": clamp}).mappings().one_or_none()


def _nothing_due(connection: Connection, clamp: str) -> Refused:
    if known_clamps(connection, [clamp]):
        return Refused(reason=RefusedBecause.NOTHING_DUE, detail=f"nothing is owed for clamp {clamp}")
    return Refused(reason=RefusedBecause.UNKNOWN, detail=f"there is no clamp {clamp}")


def _holders(connection: Connection, clamp: str, fitting: int, now_ms: int) -> frozenset[str]:
    """The terminals that hold this fitting now: one, or none."""
    asked = {"of_clamp": clamp, "of_fitting": fitting, "now_ms": now_ms}
    return frozenset(connection.execute(_HOLDERS, asked).scalars())


def _document(connection: Connection, sealer: CodeSealer, fitted: RowMapping) -> ClampDocument | None:
    clamp, number = fitted["clamp"], fitted["code_number"]
    code = connection.execute(_CODE, {"of_clamp": clamp, "of_number": number}).one()
    if code.shown_at_ms is not None:
        return None
    try:
        plain = sealer.open(code.box, clamp=clamp, number=number)
    except CodeDoesNotOpenError:
        return None
    lines = connection.execute(_LINES, {"of_clamp": clamp, "of_fitting": fitted["fitting"]})
    owed = tuple(DebtLine(words=line.words, amount_minor=line.amount_minor) for line in lines)
    return ClampDocument(
        identifier=clamp,
        fitting=fitted["fitting"],
        debt=Debt(lines=owed, plate=fitted["plate"]),
        currency=fitted["currency"],
        code_number=number,
        code=plain,
    )


# --- releases ------------------------------------------------------------------------------------------


def record_release(connection: Connection, fact: CodeOpened, place: Place) -> bool:
    """Take note that a terminal showed a code: the fitting ends, its code is used, the books change.

    Returns whether this fitting had been paid for before, by another payment. Whatever does not fit to what
    the server knows becomes an alarm; the motorist has the code in any case.
    """
    shown_code = {"of_clamp": fact.identifier, "of_number": fact.code_number, "shown_at_ms": place.now_ms}
    connection.execute(_MARK_SHOWN, shown_code)
    this = {"of_clamp": fact.identifier, "of_fitting": fact.fitting}
    fitted = connection.execute(_FITTING, this).mappings().one_or_none()
    shown = f"code {fact.code_number} of clamp {fact.identifier[:12]!a}, fitting {fact.fitting}"
    if fitted is None:
        raise_alarm(
            connection, AlarmKind.UNKNOWN_FITTING, place, f"{shown}: the server knows no such fitting"
        )
        return False
    if fitted["code_number"] != fact.code_number:
        expected = f"{shown}: expected code {fitted['code_number']}"
        raise_alarm(connection, AlarmKind.UNEXPECTED_CODE, place, expected)
    if fitted["released_at_ms"] is not None:
        return _released_again(connection, fact, place, fitted)
    _end_fitting(connection, fact, place, was_open=fitted["unfitted_at_ms"] is None)
    return False


def _released_again(connection: Connection, fact: CodeOpened, place: Place, fitted: RowMapping) -> bool:
    first = (fitted["release_terminal"], fitted["release_epoch"], fitted["release_payment"])
    if first == (place.terminal, place.epoch, fact.payment):
        return False
    detail = (
        f"clamp {fact.identifier}, fitting {fact.fitting}: payment {fact.payment!a} paid again what "
        f"payment {fitted['release_payment']} at terminal {fitted['release_terminal']} had paid"
    )
    raise_alarm(connection, AlarmKind.PAID_TWICE, place, detail)
    return True


def _end_fitting(connection: Connection, fact: CodeOpened, place: Place, *, was_open: bool) -> None:
    this = {"of_clamp": fact.identifier, "of_fitting": fact.fitting}
    released = {
        "released_at_ms": place.at_ms,
        "release_received_at_ms": place.now_ms,
        "release_terminal": place.terminal,
        "release_epoch": place.epoch,
        "release_payment": fact.payment,
    }
    connection.execute(_END_FITTING, {**this, **released})
    connection.execute(_END_HOLDS, {**this, "over_at_ms": place.now_ms})
    # A clamp that staff took off meanwhile may be on another car by now: its books row is not ours to remove.
    if was_open:
        books.changed(connection, [(fact.identifier, None)])


def _insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
