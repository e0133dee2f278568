"""The register of claims: which were issued, who has them in hand, which were taken. Every one counts once.

Facts come from many terminals in any order: a claim may be taken before its issue is heard of. So the
register only gathers what is said, and what follows from it (open, taken, taken twice) does not depend on
the order. How a slip is held, and what staff do with a claim, is told in `claim_desk.py`.
"""

import base64
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, insert, select, update

from parking import facts as f
from parking.claims import ClaimRefusedError, issuer_of
from parking.money import CURRENCIES, Currency, plain_amount
from server.office import books
from server.office.alarms import AlarmKind, Place, raise_alarm, raise_alarm_about
from server.store.tables import claim_keys, claim_redemptions, claim_references, claims

KEY_BYTES = 32
"""A public key of Ed25519 (RFC 8032)."""

_Key = dict[str, str | int]


class OfficeEnd(StrEnum):
    """How the office ended a claim."""

    PAID = "paid"
    """The office has paid it to the customer."""
    VOID = "void"
    """The hopper had paid it: the customer has the coins."""


# --- what facts say ------------------------------------------------------------------------------------


def record_key(connection: Connection, fact: f.ClaimKeyMade, place: Place) -> None:
    """Keep a terminal's key and tell it to all terminals. A second one of the same epoch is good as well."""
    try:
        size = len(base64.b64decode(fact.key, validate=True))
    except ValueError:
        size = 0
    if size != KEY_BYTES:
        words = f"fact {place.number} of epoch {place.epoch}: no key of {KEY_BYTES} bytes in base64"
        raise_alarm(connection, AlarmKind.UNREADABLE, place, words)
        return
    same: _Key = {"terminal": place.terminal, "epoch": place.epoch, "key": fact.key}
    known = select(claim_keys.c.sequence).where(*_same(claim_keys, same))
    if connection.execute(known).one_or_none() is None:
        books.tell_key(connection, **same, made_at_ms=place.at_ms, received_at_ms=place.now_ms)


def record_issue(connection: Connection, fact: f.ClaimIssued, place: Place, currency: str) -> bool:
    """Take note of an issued claim; returns whether it is new. Its payment must have a row."""
    key: _Key = {"terminal": place.terminal, "epoch": place.epoch, "number": fact.claim}
    if connection.execute(select(claims.c.number).where(*_same(claims, key))).one_or_none() is not None:
        return False
    connection.execute(
        insert(claims).values(
            **key,
            payment=fact.payment,
            amount_minor=fact.amount_minor,
            currency=currency,
            reason=fact.reason.value,
            issued_at_ms=place.at_ms,
            received_at_ms=place.now_ms,
        )
    )
    if _issuer(fact.claim) not in (None, (place.terminal, place.epoch)):
        words = (
            f"terminal {place.terminal} issued a claim in epoch {place.epoch} under the number {fact.claim}, "
            "which is not its own: no terminal takes it"
        )
        raise_alarm(connection, AlarmKind.CLAIM_DIFFERS, place, words)
    compare(connection, fact.claim, place.now_ms)
    return True


def record_presented(connection: Connection, fact: f.ClaimPresented, place: Place) -> None:
    """A terminal is asking for a claim under this reference; what it asked before for the same has ended."""
    same = and_(
        claim_references.c.claim == fact.claim,
        claim_references.c.terminal == place.terminal,
        claim_references.c.reference == fact.reference,
    )
    known = connection.execute(select(claim_references.c.ended).where(same)).one_or_none()
    end_references(connection, fact.claim, place.terminal)
    if known is None:
        connection.execute(
            insert(claim_references).values(
                claim=fact.claim,
                terminal=place.terminal,
                reference=fact.reference,
                presented_at_ms=place.at_ms,
            )
        )
    else:
        connection.execute(
            update(claim_references).where(same).values(presented_at_ms=place.at_ms, ended=known.ended)
        )


def end_references(connection: Connection, claim: str, terminal: str) -> None:
    """A terminal lets go of a claim: what it presented up to here holds nothing any more, and never again.

    A reference whose presenting has not come up yet stays: it is of a later try.
    """
    connection.execute(
        update(claim_references)
        .where(
            claim_references.c.claim == claim,
            claim_references.c.terminal == terminal,
            claim_references.c.presented_at_ms.is_not(None),
        )
        .values(ended=True)
    )


def record_redemption(connection: Connection, fact: f.ClaimRedeemed, place: Place, currency: str) -> bool:
    """Take note that a claim was taken as money of a payment; returns whether that is new.

    All terminals are told. Its payment must have a row.
    """
    end_references(connection, fact.claim, place.terminal)
    key: _Key = {
        "claim": fact.claim,
        "terminal": place.terminal,
        "epoch": place.epoch,
        "payment": fact.payment,
    }
    known = select(claim_redemptions.c.claim).where(*_same(claim_redemptions, key))
    if connection.execute(known).one_or_none() is not None:
        return False
    connection.execute(
        insert(claim_redemptions).values(
            **key,
            amount_minor=fact.amount_minor,
            currency=currency,
            by=fact.by.value,
            redeemed_at_ms=place.at_ms,
            received_at_ms=place.now_ms,
        )
    )
    if _issuer(fact.claim) is not None:
        books.tell_taken(connection, fact.claim)
    compare(connection, fact.claim, place.now_ms)
    return True


# --- what is known of one claim ------------------------------------------------------------------------


def issue_of(connection: Connection, number: str) -> RowMapping | None:
    """The claim as its own terminal issued it, if that has been heard of."""
    issuer = _issuer(number)
    if issuer is None:
        return None
    key: _Key = {"terminal": issuer[0], "epoch": issuer[1], "number": number}
    return connection.execute(select(claims).where(*_same(claims, key))).mappings().one_or_none()


def redemptions_of(connection: Connection, number: str) -> list[RowMapping]:
    """By which payments it was taken, in the order of the terminals' clocks; more than one is an alarm."""
    order = (
        claim_redemptions.c.redeemed_at_ms,
        claim_redemptions.c.terminal,
        claim_redemptions.c.epoch,
        claim_redemptions.c.payment,
    )
    found = select(claim_redemptions).where(claim_redemptions.c.claim == number).order_by(*order)
    return list(connection.execute(found).mappings())


def holders_of(connection: Connection, number: str) -> list[str]:
    """The terminals that have it in hand, as the server promised them."""
    held = (
        select(claim_references.c.terminal)
        .where(
            claim_references.c.claim == number,
            claim_references.c.held_at_ms.is_not(None),
            claim_references.c.ended.is_(False),
        )
        .distinct()
        .order_by(claim_references.c.terminal)
    )
    return list(connection.execute(held).scalars())


def compare(connection: Connection, number: str, now_ms: int) -> None:
    """Look whether all that is said of a claim agrees; raises the alarms about it."""
    issue, taken = issue_of(connection, number), redemptions_of(connection, number)
    if not taken:
        return
    last = taken[-1]
    ends = [f"by payment {row['payment']} at terminal {row['terminal']}" for row in taken]
    if issue is not None and issue["office_end"] is not None:
        ends.append(
            "by the office" if issue["office_end"] == OfficeEnd.PAID else "by the hopper, as staff counted"
        )
    if len(ends) > 1:
        words = f"claim {number} over {_money(last)} was taken {', and again '.join(ends)}"
        _raise(connection, AlarmKind.CLAIM_REDEEMED_TWICE, last, words, now_ms)
    differing = [row for row in taken if issue is not None and not _agrees(issue, row)]
    if issue is not None and differing:
        said = ", ".join(
            f"terminal {row['terminal']} took it for {_money(row)} (payment {row['payment']})"
            for row in differing
        )
        words = f"claim {number} was issued over {_money(issue)}; {said}"
        _raise(connection, AlarmKind.CLAIM_DIFFERS, differing[-1], words, now_ms)


def _raise(connection: Connection, kind: AlarmKind, taken: RowMapping, words: str, now_ms: int) -> None:
    raise_alarm_about(
        connection,
        kind,
        taken["claim"],
        terminal=taken["terminal"],
        epoch=taken["epoch"],
        detail=words,
        now_ms=now_ms,
    )


def _agrees(issue: RowMapping, taken: RowMapping) -> bool:
    """A payment whose opening was never told has no currency: that is no difference."""
    currencies = {issue["currency"], taken["currency"]} - {""}
    return issue["amount_minor"] == taken["amount_minor"] and len(currencies) <= 1


def _money(row: RowMapping) -> str:
    return money_in_words(row["amount_minor"], row["currency"])


def money_in_words(amount_minor: int, code: str) -> str:
    """An amount with the code of its currency: `7.50 EUR`."""
    currency = CURRENCIES.get(code) or Currency(code=code, decimals=2, sign=code)
    return f"{plain_amount(amount_minor, currency)} {code}".strip()


def _issuer(number: str) -> tuple[str, int] | None:
    try:
        return issuer_of(number)
    except ClaimRefusedError:
        return None


def _same(table: Table, key: _Key) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]
