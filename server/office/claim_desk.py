"""The desk for claims: a terminal asks for a slip that a customer shows it, and staff settle what is left.

A slip is held for one terminal until that terminal's facts say what came of it; no clock ends a hold, because
the terminal may have taken the slip and be offline. The register itself is told in `claims.py`.
"""

import base64

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, select, update

from parking.claims import (
    ClaimReason,
    ClaimRefusal,
    ClaimRefusedError,
    ClaimSlip,
    SignedClaim,
    issuer_of,
    read_slip,
)
from parking.money import CURRENCIES
from parking.wire import ClaimHold, ClaimNotTaken, ClaimRequest
from server.office import books, claims
from server.office.alarms import AlarmKind, raise_alarm_about
from server.office.claims import OfficeEnd, money_in_words
from server.office.release import ReferenceRefusedError
from server.store import tables
from server.store.tables import LONGEST_NAME, claim_keys, claim_references


class ClaimActRefusedError(ValueError):
    """Staff cannot do this with this claim; the message says why and what to do."""


class Settled(msgspec.Struct, frozen=True):
    """A claim that staff dealt with: its amount, and the terminals that had it in hand."""

    number: str
    amount_minor: int
    currency: str
    holders: tuple[str, ...] = ()

    @property
    def money(self) -> str:
        """Its amount with the code of its currency."""
        return money_in_words(self.amount_minor, self.currency)


# --- a terminal asks -----------------------------------------------------------------------------------


def hold(
    connection: Connection, request: ClaimRequest, *, terminal: str, now_ms: int
) -> ClaimHold | ClaimNotTaken:
    """Promise a terminal that this slip is taken nowhere else, until its facts say what came of it.

    The same terminal may ask again, under the same reference or a new one. A reference that its facts have
    ended holds nothing any more: a copy of the request that comes late changes nothing.

    Raises:
        ReferenceRefusedError: the reference is empty, longer than 64 characters, or not printable.
    """
    if not request.reference.isprintable() or not 0 < len(request.reference) <= LONGEST_NAME:
        raise ReferenceRefusedError(f"`reference` needs 1 to {LONGEST_NAME} printable characters")
    try:
        signed = read_slip(request.claim)
    except ClaimRefusedError as error:
        return ClaimNotTaken(ClaimRefusal.UNREADABLE, str(error))
    books.lock(connection)  # whoever asks for a claim, or tells of one, takes turns
    refused = (
        _not_genuine(connection, signed, terminal, now_ms)
        or _taken_before(connection, signed.slip)
        or _not_now(connection, signed.slip, request.reference, terminal)
    )
    if refused is not None:
        return refused
    _note(connection, signed.slip.number, terminal, request.reference, now_ms)
    return ClaimHold(request.reference)


def _not_genuine(
    connection: Connection, signed: SignedClaim, terminal: str, now_ms: int
) -> ClaimNotTaken | None:
    """Whether its terminal has signed it, and has issued what it says. An unheard issue is no mistake."""
    slip = signed.slip
    issuer, epoch = slip.issuer
    keys = connection.execute(
        select(claim_keys.c.key).where(claim_keys.c.terminal == issuer, claim_keys.c.epoch == epoch)
    ).scalars()
    if not any(_proves(key, signed) for key in keys):
        words = f"no key that the server has of terminal {issuer}, epoch {epoch}, signed claim {slip.number}"
        return ClaimNotTaken(ClaimRefusal.FORGED, words)
    issue = claims.issue_of(connection, slip.number)
    if issue is not None and not _says_the_same(slip, issue):
        issued = f"{money_in_words(issue['amount_minor'], issue['currency'])}, {issue['reason']}"
        said = f"{money_in_words(slip.amount_minor, slip.currency)}, {slip.reason.value}"
        words = f"a slip signed as claim {slip.number} says {said}; it was issued over {issued}"
        raise_alarm_about(
            connection,
            AlarmKind.CLAIM_DIFFERS,
            f"slip of {slip.number}",
            terminal=terminal,
            epoch=0,
            detail=words,
            now_ms=now_ms,
        )
        return ClaimNotTaken(ClaimRefusal.FORGED, words)
    return None


def _proves(key: str, signed: SignedClaim) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(signed.signature, signed.slip.text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _says_the_same(slip: ClaimSlip, issue: RowMapping) -> bool:
    """A payment whose opening was never told has no currency: that is no difference."""
    return (slip.amount_minor, slip.reason.value) == (issue["amount_minor"], issue["reason"]) and (
        issue["currency"] in ("", slip.currency)
    )


def _taken_before(connection: Connection, slip: ClaimSlip) -> ClaimNotTaken | None:
    taken = claims.redemptions_of(connection, slip.number)
    if taken:
        words = f"claim {slip.number} was taken by payment {taken[0]['payment']} at {taken[0]['terminal']}"
        return ClaimNotTaken(ClaimRefusal.REDEEMED, words)
    issue = claims.issue_of(connection, slip.number)
    if issue is not None and issue["office_end"] is not None:
        return ClaimNotTaken(ClaimRefusal.REDEEMED, f"claim {slip.number} was settled by the office")
    return None


def _not_now(connection: Connection, slip: ClaimSlip, reference: str, terminal: str) -> ClaimNotTaken | None:
    number = slip.number
    if slip.currency not in CURRENCIES:
        words = f"claim {number} is in {slip.currency}, which is no currency of ours"
        return ClaimNotTaken(ClaimRefusal.OTHER_CURRENCY, words)
    ended = connection.execute(
        select(claim_references.c.ended).where(_is(number, terminal, reference))
    ).scalar_one_or_none()
    if ended:
        words = f"claim {number} was let go by this terminal; ask again under a new reference"
        return ClaimNotTaken(ClaimRefusal.LET_GO, words)
    if slip.reason is ClaimReason.PAYOUT_IN_DOUBT:
        issue = claims.issue_of(connection, number)
        if issue is None or issue["confirmed_at_ms"] is None:
            words = f"staff have not yet counted the hopper that may have paid claim {number}"
            return ClaimNotTaken(ClaimRefusal.UNCHECKED, words)
    others = [holder for holder in claims.holders_of(connection, number) if holder != terminal]
    if others:
        return ClaimNotTaken(ClaimRefusal.HELD, f"claim {number} is in hand at terminal {others[0]}")
    return None


def _note(connection: Connection, number: str, terminal: str, reference: str, now_ms: int) -> None:
    same = _is(number, terminal, reference)
    noted = connection.execute(
        update(claim_references)
        .where(same, claim_references.c.held_at_ms.is_(None))
        .values(held_at_ms=now_ms)
    )
    if noted.rowcount:
        return
    if connection.execute(select(claim_references.c.claim).where(same)).one_or_none() is None:
        connection.execute(
            insert(claim_references).values(
                claim=number, terminal=terminal, reference=reference, held_at_ms=now_ms
            )
        )


def _is(number: str, terminal: str, reference: str) -> ColumnElement[bool]:
    return and_(
        claim_references.c.claim == number,
        claim_references.c.terminal == terminal,
        claim_references.c.reference == reference,
    )


# --- staff ---------------------------------------------------------------------------------------------


def confirm(connection: Connection, number: str, now_ms: int) -> Settled:
    """Staff counted the hopper, and it had not paid: the claim is owed, and terminals may take it.

    Raises:
        ClaimActRefusedError: no such claim, it is not in doubt, or it has ended.
    """
    issue = _open_issue(connection, number)
    if issue["reason"] != ClaimReason.PAYOUT_IN_DOUBT.value:
        raise ClaimActRefusedError(f"claim {number} is not in doubt: it is owed without a confirmation")
    _set(connection, issue, confirmed_at_ms=now_ms)
    return _settled(issue)


def void(connection: Connection, number: str, now_ms: int) -> Settled:
    """Staff counted the hopper, and it had paid: the customer has the coins, the claim is worth nothing.

    Raises:
        ClaimActRefusedError: no such claim, it is not in doubt, was confirmed, is in hand, or has ended.
    """
    issue = _open_issue(connection, number)
    if issue["reason"] != ClaimReason.PAYOUT_IN_DOUBT.value or issue["confirmed_at_ms"] is not None:
        raise ClaimActRefusedError(f"claim {number} is owed: only one whose payout is in doubt can be void")
    _end(connection, issue, OfficeEnd.VOID, now_ms)
    return _settled(issue)


def pay(connection: Connection, number: str, now_ms: int) -> Settled:
    """The office pays a claim: no terminal takes it any more.

    Raises:
        ClaimActRefusedError: no such claim, it has ended, is in doubt, or a terminal has it in hand.
    """
    issue = _open_issue(connection, number)
    if issue["reason"] == ClaimReason.PAYOUT_IN_DOUBT.value and issue["confirmed_at_ms"] is None:
        raise ClaimActRefusedError(
            f"a hopper may have paid claim {number}: count it, then `claim confirm {number}` or "
            f"`claim void {number}`"
        )
    holders = claims.holders_of(connection, number)
    if holders:
        raise ClaimActRefusedError(
            f"terminal {holders[0]} has claim {number} in hand and may be taking it now; wait for its facts. "
            f"If it is gone for good: `claim free {number}`"
        )
    _end(connection, issue, OfficeEnd.PAID, now_ms)
    return _settled(issue)


def free(connection: Connection, number: str) -> Settled:
    """Let go of a claim for a terminal that will not say any more what came of it.

    Should that terminal have taken it, and tell so one day, an alarm says that it was taken twice.

    Raises:
        ClaimActRefusedError: nobody holds it.
    """
    books.lock(connection)
    holders = claims.holders_of(connection, number)
    if not holders:
        raise ClaimActRefusedError(f"no terminal has claim {number[:40]!a} in hand; `claim list` shows all")
    connection.execute(
        update(claim_references)
        .where(claim_references.c.claim == number, claim_references.c.held_at_ms.is_not(None))
        .values(ended=True)
    )
    issue = claims.issue_of(connection, number)
    return Settled(
        number,
        issue["amount_minor"] if issue else 0,
        issue["currency"] if issue else "",
        tuple(holders),
    )


def _open_issue(connection: Connection, number: str) -> RowMapping:
    books.lock(connection)
    issue = _issued(connection, number)
    taken = claims.redemptions_of(connection, number)
    if taken:
        raise ClaimActRefusedError(
            f"claim {number} was taken by payment {taken[0]['payment']} at terminal {taken[0]['terminal']}"
        )
    if issue["office_end"] is not None:
        how = "paid by the office" if issue["office_end"] == OfficeEnd.PAID else "made void"
        raise ClaimActRefusedError(f"claim {number} was {how} before")
    return issue


def _issued(connection: Connection, number: str) -> RowMapping:
    try:
        issuer, _ = issuer_of(number)
    except ClaimRefusedError as error:
        raise ClaimActRefusedError(str(error)) from None
    issue = claims.issue_of(connection, number)
    if issue is None:
        raise ClaimActRefusedError(
            f"the server has not heard of claim {number}; wait until terminal {issuer} has sent its facts"
        )
    return issue


def _end(connection: Connection, issue: RowMapping, how: OfficeEnd, now_ms: int) -> None:
    _set(connection, issue, office_end=how.value, office_ended_at_ms=now_ms)
    books.tell_taken(connection, issue["number"])


def _set(connection: Connection, issue: RowMapping, **values: str | int) -> None:
    connection.execute(
        update(tables.claims)
        .where(*(tables.claims.c[name] == issue[name] for name in ("terminal", "epoch", "number")))
        .values(**values)
    )


def _settled(issue: RowMapping) -> Settled:
    return Settled(issue["number"], issue["amount_minor"], issue["currency"])
