"""What facts change: payments and their money, payouts, receipts, claims, the state of a terminal.

One short function per kind of fact. Each is called once per fact, in the order of the terminal's journal, in
the transaction that stores the fact. It returns the payment the fact belongs to, or None.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Insert, Select, Update, and_, bindparam, delete, insert, select, update

from parking import facts as f
from server.office import claims, release
from server.office.alarms import AlarmKind, Place, raise_alarm
from server.store.tables import faults, payments, payouts, print_jobs, terminals

# Statements that most facts need are made once.
_UPDATE_TERMINAL = update(terminals).where(terminals.c.number == bindparam("of_terminal"))
_REFERENCE = select(terminals.c.reference).where(terminals.c.number == bindparam("of_terminal"))
_THIS_PAYMENT = and_(
    payments.c.terminal == bindparam("of_terminal"),
    payments.c.epoch == bindparam("of_epoch"),
    payments.c.number == bindparam("of_number"),
)
_KNOWN_PAYMENT = select(payments.c.number).where(_THIS_PAYMENT)
_PAYMENT = select(payments).where(_THIS_PAYMENT)
_INSERT_PAYMENT = insert(payments)
_UPDATE_PAYMENT = update(payments).where(_THIS_PAYMENT)
_MOVE_PAYMENT = _UPDATE_PAYMENT.where(payments.c.state.in_(bindparam("only_from", expanding=True)))
_RELEASE_PAYMENT = _UPDATE_PAYMENT.values(delivered_minor=payments.c.price_minor)
_ADD = {
    column.name: _UPDATE_PAYMENT.values({column: column + bindparam("amount_minor")})
    for column in (
        payments.c.kept_minor,
        payments.c.change_minor,
        payments.c.refund_minor,
        payments.c.claimed_minor,
    )
}
_ADD_CLAIM = _UPDATE_PAYMENT.values(
    kept_minor=payments.c.kept_minor + bindparam("amount_minor"),
    redeemed_minor=payments.c.redeemed_minor + bindparam("amount_minor"),
)
_THIS_ORDER = and_(
    payouts.c.terminal == bindparam("of_terminal"),
    payouts.c.epoch == bindparam("of_epoch"),
    payouts.c.order_number == bindparam("of_number"),
)
_ORDER = select(payouts).where(_THIS_ORDER)
_INSERT_ORDER = insert(payouts)
_UPDATE_ORDER = update(payouts).where(_THIS_ORDER)
_THIS_JOB = and_(
    print_jobs.c.terminal == bindparam("of_terminal"),
    print_jobs.c.epoch == bindparam("of_epoch"),
    print_jobs.c.job == bindparam("of_number"),
)
_PAYMENT_OF_JOB = select(print_jobs.c.payment).where(_THIS_JOB)
_INSERT_JOB = insert(print_jobs)
_UPDATE_JOB = update(print_jobs).where(_THIS_JOB)
_FORGET_FAULT = delete(faults).where(
    faults.c.terminal == bindparam("of_terminal"), faults.c.device == bindparam("of_device")
)
_INSERT_FAULT = insert(faults)


class PaymentState(StrEnum):
    """How far a payment has come."""

    PAYING = "paying"
    CANCELLED = "cancelled"
    PAID = "paid"
    RELEASED = "released"
    GIVEN_BACK = "given-back"
    """It is closed and bought nothing: a slip was turned into coins."""


def apply(connection: Connection, fact: f.Fact, place: Place) -> str | None:
    """Let a fact have its effect; returns the payment it belongs to, or None."""
    effect = _EFFECTS.get(type(fact))
    return effect(connection, fact, place) if effect else getattr(fact, "payment", None)


# --- the machine and the conversation ------------------------------------------------------------------


def _started(connection: Connection, fact: f.TerminalStarted, place: Place) -> None:
    _set_terminal(connection, place, software=fact.software)


def _device_failed(connection: Connection, fact: f.DeviceFailed, place: Place) -> None:
    _device_recovered(connection, fact, place)
    connection.execute(
        _INSERT_FAULT,
        {
            "terminal": place.terminal,
            "device": fact.device,
            "code": fact.code,
            "detail": fact.detail,
            "at_ms": place.at_ms,
        },
    )


def _device_recovered(connection: Connection, fact: f.DeviceFailed | f.DeviceRecovered, place: Place) -> None:
    connection.execute(_FORGET_FAULT, {"of_terminal": place.terminal, "of_device": fact.device})


def _acceptor_restarted(connection: Connection, fact: f.AcceptorRestarted, place: Place) -> None:
    words = (
        f"the coin acceptor lost power or was reset after its event {fact.counter_before}; what it had not"
        " told by then is not counted: compare the cash box with the coins of this day"
    )
    raise_alarm(connection, AlarmKind.COINS_UNREAD, place, words)


def _coin_events_lost(connection: Connection, fact: f.CoinEventsLost, place: Place) -> None:
    words = (
        f"{fact.events} events of the coin acceptor up to number {fact.counter} were overwritten before they"
        f" were read: at most {fact.events} coins are not counted; compare the cash box"
    )
    raise_alarm(connection, AlarmKind.COINS_UNREAD, place, words)


def _counter_found(connection: Connection, fact: f.HopperCounterFound, place: Place) -> None:
    """A power cut brings it to 0; any other number that the journal does not have is somebody's payout."""
    if fact.counter_before is None or fact.counter in {0, fact.counter_before}:
        return
    words = (
        f"the counter of {fact.hopper!a} is {fact.counter}, the journal has {fact.counter_before}: it"
        " has paid without an order of this terminal; count its coins"
    )
    raise_alarm(connection, AlarmKind.HOPPER_MOVED, place, words)


def _subject_named(connection: Connection, fact: f.SubjectNamed, place: Place) -> None:
    """The terminal's present customer. It serves one at a time: the one before is not there any more."""
    if fact.reference != _present_reference(connection, place):
        _free_reservation(connection, place)
    _set_terminal(connection, place, reference=fact.reference)


def _conversation_ended(connection: Connection, _fact: f.ConversationEnded, place: Place) -> None:
    _free_reservation(connection, place)


def _free_reservation(connection: Connection, place: Place) -> None:
    reference = _present_reference(connection, place)
    if reference is not None:
        release.free(connection, place.terminal, reference, place.now_ms)
        _set_terminal(connection, place, reference=None)


def _present_reference(connection: Connection, place: Place) -> str | None:
    reference: str | None = connection.execute(_REFERENCE, {"of_terminal": place.terminal}).scalar_one()
    return reference


def _set_terminal(connection: Connection, place: Place, **values: str | None) -> None:
    connection.execute(_UPDATE_TERMINAL, {"of_terminal": place.terminal, **values})


# --- the payment ---------------------------------------------------------------------------------------


def _opened(connection: Connection, fact: f.PaymentOpened, place: Place) -> str:
    _set(
        connection,
        fact.payment,
        place,
        line=fact.line,
        subject=fact.subject,
        price_minor=fact.price_minor,
        currency=fact.currency[:3],
        opened_at_ms=place.at_ms,
    )
    return fact.payment


def _coin_kept(connection: Connection, fact: f.CoinKept, place: Place) -> str:
    _add(connection, "kept_minor", fact.amount_minor, fact.payment, place)
    return fact.payment


def _cancelled(connection: Connection, fact: f.PaymentCancelled, place: Place) -> str:
    _move(connection, fact.payment, place, PaymentState.CANCELLED, PaymentState.PAYING)
    return fact.payment


def _resumed(_connection: Connection, fact: f.PaymentResumed, _place: Place) -> str:
    return fact.payment


def _settled(connection: Connection, fact: f.PaymentSettled, place: Place) -> str:
    _move(connection, fact.payment, place, PaymentState.PAID, PaymentState.PAYING, PaymentState.CANCELLED)
    return fact.payment


def _code_opened(connection: Connection, fact: f.CodeOpened, place: Place) -> str:
    paid_twice = {"paid_twice": True} if release.record_release(connection, fact, place) else {}
    released = {"state": PaymentState.RELEASED.value, **paid_twice}
    _change(connection, _RELEASE_PAYMENT, fact.payment, place, released)
    return fact.payment


def _closed(connection: Connection, fact: f.PaymentClosed, place: Place) -> str:
    _set(connection, fact.payment, place, closed_at_ms=place.at_ms)
    _move(connection, fact.payment, place, PaymentState.GIVEN_BACK, PaymentState.PAYING)
    _free_reservation(connection, place)
    _compare_sums(connection, fact, place)
    return fact.payment


def _compare_sums(connection: Connection, fact: f.PaymentClosed, place: Place) -> None:
    """Law of conservation, for this payment: what came in is what went out, by its facts and by its sums."""
    row = connection.execute(_PAYMENT, _key(fact.payment, place)).one()
    counted = (row.kept_minor, row.delivered_minor, row.change_minor + row.refund_minor, row.claimed_minor)
    told = (fact.kept_minor, fact.delivered_minor, fact.paid_out_minor, fact.claimed_minor)
    if counted != told or counted[0] != sum(counted[1:]):
        words = (
            f"payment {fact.payment!a} (kept, delivered, paid out, claimed): the facts say {counted}, "
            f"the closing says {told}; kept must be the sum of the others"
        )
        raise_alarm(connection, AlarmKind.SUMS_DIFFER, place, words)


def _code_not_seen(connection: Connection, fact: f.CodeNotSeen, place: Place) -> str:
    words = f"payment {fact.payment!a} is paid; its code was perhaps never seen, the motorist may call"
    raise_alarm(connection, AlarmKind.CODE_NOT_SEEN, place, words)
    return fact.payment


# --- money out -----------------------------------------------------------------------------------------


def _payout_ordered(connection: Connection, fact: f.PayoutOrdered, place: Place) -> str:
    _make_sure_of(connection, fact.payment, place)
    _insert_once(
        connection,
        _ORDER,
        _INSERT_ORDER,
        fact.order,
        place,
        order_number=fact.order,
        payment=fact.payment,
        hopper=fact.hopper,
        coins=fact.coins,
        coin_minor=fact.coin_minor,
        purpose=fact.purpose.value,
    )
    return fact.payment


def _payout_reported(connection: Connection, fact: f.PayoutReported, place: Place) -> str | None:
    order = connection.execute(_ORDER, _key(fact.order, place)).one_or_none()
    if order is None:
        return None
    payment: str = order.payment
    if order.paid is None:
        connection.execute(_UPDATE_ORDER, {**_key(fact.order, place), "paid": fact.paid})
        column = "change_minor" if order.purpose == f.PayoutPurpose.CHANGE else "refund_minor"
        _add(connection, column, fact.paid * order.coin_minor, payment, place)
    return payment


def _payout_in_doubt(connection: Connection, fact: f.PayoutInDoubt, place: Place) -> str | None:
    order = connection.execute(_ORDER, _key(fact.order, place)).one_or_none()
    if order is None:
        return None
    payment: str = order.payment
    connection.execute(_UPDATE_ORDER, {**_key(fact.order, place), "in_doubt": True})
    _set(connection, payment, place, in_doubt=True)
    return payment


# --- claims --------------------------------------------------------------------------------------------


def _claim_key_made(connection: Connection, fact: f.ClaimKeyMade, place: Place) -> None:
    claims.record_key(connection, fact, place)


def _claim_issued(connection: Connection, fact: f.ClaimIssued, place: Place) -> str:
    currency = _currency_of(connection, fact.payment, place)
    if claims.record_issue(connection, fact, place, currency):
        _add(connection, "claimed_minor", fact.amount_minor, fact.payment, place)
    return fact.payment


def _claim_presented(connection: Connection, fact: f.ClaimPresented, place: Place) -> None:
    claims.record_presented(connection, fact, place)


def _claim_redeemed(connection: Connection, fact: f.ClaimRedeemed, place: Place) -> str:
    currency = _currency_of(connection, fact.payment, place)
    if claims.record_redemption(connection, fact, place, currency):
        _change(connection, _ADD_CLAIM, fact.payment, place, {"amount_minor": fact.amount_minor})
    return fact.payment


def _claim_turned_away(connection: Connection, fact: f.ClaimTurnedAway, place: Place) -> None:
    claims.end_references(connection, fact.claim, place.terminal)


def _currency_of(connection: Connection, payment: str, place: Place) -> str:
    _make_sure_of(connection, payment, place)
    currency: str = connection.execute(_PAYMENT, _key(payment, place)).one().currency
    return currency


# --- receipts ------------------------------------------------------------------------------------------


def _receipt_ordered(connection: Connection, fact: f.ReceiptOrdered, place: Place) -> str:
    _make_sure_of(connection, fact.payment, place)
    job = {"job": fact.job, "payment": fact.payment, "slip": fact.slip}
    _insert_once(connection, _PAYMENT_OF_JOB, _INSERT_JOB, fact.job, place, **job)
    return fact.payment


def _receipt_printed(connection: Connection, fact: f.ReceiptPrinted, place: Place) -> str | None:
    return _job_ended(connection, fact.job, "printed", place)


def _receipt_failed(connection: Connection, fact: f.ReceiptFailed, place: Place) -> str | None:
    return _job_ended(connection, fact.job, fact.code, place)


def _job_ended(connection: Connection, job: str, result: str, place: Place) -> str | None:
    connection.execute(_UPDATE_JOB, {**_key(job, place), "result": result})
    payment: str | None = connection.execute(_PAYMENT_OF_JOB, _key(job, place)).scalar_one_or_none()
    return payment


# --- rows ----------------------------------------------------------------------------------------------


def _key(number: str, place: Place) -> dict[str, object]:
    """Of a payment, an order or a print job of this journal."""
    return {"of_terminal": place.terminal, "of_epoch": place.epoch, "of_number": number}


def _make_sure_of(connection: Connection, payment: str, place: Place) -> None:
    """Have a row for this payment, also when money came for one whose opening was never told."""
    if connection.execute(_KNOWN_PAYMENT, _key(payment, place)).one_or_none() is None:
        connection.execute(
            _INSERT_PAYMENT,
            {
                "terminal": place.terminal,
                "epoch": place.epoch,
                "number": payment,
                "line": "",
                "subject": "",
                "currency": "",
                "state": PaymentState.PAYING.value,
                "price_minor": 0,
                "opened_at_ms": place.at_ms,
                "received_at_ms": place.now_ms,
            },
        )


def _set(connection: Connection, payment: str, place: Place, **values: object) -> None:
    _change(connection, _UPDATE_PAYMENT, payment, place, values)


def _add(connection: Connection, column: str, amount_minor: int, payment: str, place: Place) -> None:
    _change(connection, _ADD[column], payment, place, {"amount_minor": amount_minor})


def _change(
    connection: Connection, change: Update, payment: str, place: Place, values: Mapping[str, object]
) -> None:
    """Change the payment's row; only where there is none yet, one is made first."""
    told = {**_key(payment, place), **values}
    if connection.execute(change, told).rowcount == 0:
        _make_sure_of(connection, payment, place)
        connection.execute(change, told)


def _move(
    connection: Connection, payment: str, place: Place, to: PaymentState, *only_from: PaymentState
) -> None:
    before = [state.value for state in only_from]
    _change(connection, _MOVE_PAYMENT, payment, place, {"only_from": before, "state": to.value})


def _insert_once(
    connection: Connection, known: Select[Any], into: Insert, number: str, place: Place, **values: object
) -> None:
    """Insert a row unless the one of this number is known already."""
    if connection.execute(known, _key(number, place)).one_or_none() is not None:
        return
    row = {"terminal": place.terminal, "epoch": place.epoch, **values}
    connection.execute(into, row)


_EFFECTS: dict[type, Callable[[Connection, Any, Place], str | None]] = {
    f.TerminalStarted: _started,
    f.DeviceFailed: _device_failed,
    f.DeviceRecovered: _device_recovered,
    f.AcceptorRestarted: _acceptor_restarted,
    f.CoinEventsLost: _coin_events_lost,
    f.HopperCounterFound: _counter_found,
    f.SubjectNamed: _subject_named,
    f.ConversationEnded: _conversation_ended,
    f.PaymentOpened: _opened,
    f.CoinKept: _coin_kept,
    f.PaymentCancelled: _cancelled,
    f.PaymentResumed: _resumed,
    f.PaymentSettled: _settled,
    f.CodeOpened: _code_opened,
    f.PayoutOrdered: _payout_ordered,
    f.PayoutReported: _payout_reported,
    f.CodeNotSeen: _code_not_seen,
    f.PayoutInDoubt: _payout_in_doubt,
    f.ClaimKeyMade: _claim_key_made,
    f.ClaimIssued: _claim_issued,
    f.ClaimPresented: _claim_presented,
    f.ClaimRedeemed: _claim_redeemed,
    f.ClaimTurnedAway: _claim_turned_away,
    f.ReceiptOrdered: _receipt_ordered,
    f.ReceiptPrinted: _receipt_printed,
    f.ReceiptFailed: _receipt_failed,
    f.PaymentClosed: _closed,
}
"""All other facts are kept for the record (of their payment, where they name one) and change nothing here."""
