"""What facts change: payments and their money, payouts, receipts, claims, the state of a terminal.

One short function per kind of fact. Each is called once per fact, in the order of the terminal's journal, in
the transaction that stores the fact. It returns the payment the fact belongs to, or None.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, insert, select, update

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
_UPDATE_PAYMENT = update(payments).where(_THIS_PAYMENT)
_ADD_COIN = _UPDATE_PAYMENT.values(kept_minor=payments.c.kept_minor + bindparam("amount_minor"))
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
    _make_sure_of(connection, fact.payment, place)
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
    _make_sure_of(connection, fact.payment, place)
    connection.execute(_ADD_COIN, {**_key(fact.payment, place), "amount_minor": fact.amount_minor})
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
    _make_sure_of(connection, fact.payment, place)
    paid_twice = release.record_release(connection, fact, place)
    _set(
        connection,
        fact.payment,
        place,
        state=PaymentState.RELEASED.value,
        delivered_minor=payments.c.price_minor,
        **({"paid_twice": True} if paid_twice else {}),
    )
    return fact.payment


def _closed(connection: Connection, fact: f.PaymentClosed, place: Place) -> str:
    _make_sure_of(connection, fact.payment, place)
    _set(connection, fact.payment, place, closed_at_ms=place.at_ms)
    _move(connection, fact.payment, place, PaymentState.GIVEN_BACK, PaymentState.PAYING)
    _free_reservation(connection, place)
    _compare_sums(connection, fact, place)
    return fact.payment


def _compare_sums(connection: Connection, fact: f.PaymentClosed, place: Place) -> None:
    """Law of conservation, for this payment: what came in is what went out, by its facts and by its sums."""
    row = connection.execute(select(payments).where(_is(fact.payment, place))).one()
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
        payouts,
        place,
        key={"order_number": fact.order},
        payment=fact.payment,
        hopper=fact.hopper,
        coins=fact.coins,
        coin_minor=fact.coin_minor,
        purpose=fact.purpose.value,
    )
    return fact.payment


def _payout_reported(connection: Connection, fact: f.PayoutReported, place: Place) -> str | None:
    order = connection.execute(select(payouts).where(_is_order(fact.order, place))).one_or_none()
    if order is None:
        return None
    payment: str = order.payment
    if order.paid is None:
        connection.execute(update(payouts).where(_is_order(fact.order, place)).values(paid=fact.paid))
        change = order.purpose == f.PayoutPurpose.CHANGE
        column = payments.c.change_minor if change else payments.c.refund_minor
        _set(connection, payment, place, **{column.name: column + fact.paid * order.coin_minor})
    return payment


def _payout_in_doubt(connection: Connection, fact: f.PayoutInDoubt, place: Place) -> str | None:
    order = connection.execute(select(payouts.c.payment).where(_is_order(fact.order, place))).one_or_none()
    if order is None:
        return None
    payment: str = order.payment
    connection.execute(update(payouts).where(_is_order(fact.order, place)).values(in_doubt=True))
    _set(connection, payment, place, in_doubt=True)
    return payment


# --- claims --------------------------------------------------------------------------------------------


def _claim_key_made(connection: Connection, fact: f.ClaimKeyMade, place: Place) -> None:
    claims.record_key(connection, fact, place)


def _claim_issued(connection: Connection, fact: f.ClaimIssued, place: Place) -> str:
    currency = _currency_of(connection, fact.payment, place)
    if claims.record_issue(connection, fact, place, currency):
        _set(connection, fact.payment, place, claimed_minor=payments.c.claimed_minor + fact.amount_minor)
    return fact.payment


def _claim_presented(connection: Connection, fact: f.ClaimPresented, place: Place) -> None:
    claims.record_presented(connection, fact, place)


def _claim_redeemed(connection: Connection, fact: f.ClaimRedeemed, place: Place) -> str:
    currency = _currency_of(connection, fact.payment, place)
    if claims.record_redemption(connection, fact, place, currency):
        _set(
            connection,
            fact.payment,
            place,
            kept_minor=payments.c.kept_minor + fact.amount_minor,
            redeemed_minor=payments.c.redeemed_minor + fact.amount_minor,
        )
    return fact.payment


def _claim_turned_away(connection: Connection, fact: f.ClaimTurnedAway, place: Place) -> None:
    claims.end_references(connection, fact.claim, place.terminal)


def _currency_of(connection: Connection, payment: str, place: Place) -> str:
    _make_sure_of(connection, payment, place)
    currency: str = connection.execute(select(payments.c.currency).where(_is(payment, place))).scalar_one()
    return currency


# --- receipts ------------------------------------------------------------------------------------------


def _receipt_ordered(connection: Connection, fact: f.ReceiptOrdered, place: Place) -> str:
    _make_sure_of(connection, fact.payment, place)
    _insert_once(connection, print_jobs, place, key={"job": fact.job}, payment=fact.payment, slip=fact.slip)
    return fact.payment


def _receipt_printed(connection: Connection, fact: f.ReceiptPrinted, place: Place) -> str | None:
    return _job_ended(connection, fact.job, "printed", place)


def _receipt_failed(connection: Connection, fact: f.ReceiptFailed, place: Place) -> str | None:
    return _job_ended(connection, fact.job, fact.code, place)


def _job_ended(connection: Connection, job: str, result: str, place: Place) -> str | None:
    same = and_(
        print_jobs.c.terminal == place.terminal, print_jobs.c.epoch == place.epoch, print_jobs.c.job == job
    )
    connection.execute(update(print_jobs).where(same).values(result=result))
    payment: str | None = connection.execute(select(print_jobs.c.payment).where(same)).scalar_one_or_none()
    return payment


# --- rows ----------------------------------------------------------------------------------------------


def _is(payment: str, place: Place) -> ColumnElement[bool]:
    return and_(
        payments.c.terminal == place.terminal,
        payments.c.epoch == place.epoch,
        payments.c.number == payment,
    )


def _key(payment: str, place: Place) -> dict[str, object]:
    return {"of_terminal": place.terminal, "of_epoch": place.epoch, "of_number": payment}


def _is_order(order: str, place: Place) -> ColumnElement[bool]:
    return and_(
        payouts.c.terminal == place.terminal,
        payouts.c.epoch == place.epoch,
        payouts.c.order_number == order,
    )


def _make_sure_of(connection: Connection, payment: str, place: Place) -> None:
    """Have a row for this payment, also when money came for one whose opening was never told."""
    if connection.execute(_KNOWN_PAYMENT, _key(payment, place)).one_or_none() is None:
        connection.execute(
            insert(payments).values(
                terminal=place.terminal,
                epoch=place.epoch,
                number=payment,
                line="",
                subject="",
                currency="",
                state=PaymentState.PAYING.value,
                price_minor=0,
                opened_at_ms=place.at_ms,
                received_at_ms=place.now_ms,
            )
        )


def _set(connection: Connection, payment: str, place: Place, **values: object) -> None:
    if any(isinstance(value, ColumnElement) for value in values.values()):
        connection.execute(update(payments).where(_is(payment, place)).values(**values))
    else:
        connection.execute(_UPDATE_PAYMENT, {**_key(payment, place), **values})


def _move(
    connection: Connection, payment: str, place: Place, to: PaymentState, *only_from: PaymentState
) -> None:
    _make_sure_of(connection, payment, place)
    connection.execute(
        update(payments)
        .where(_is(payment, place), payments.c.state.in_([state.value for state in only_from]))
        .values(state=to.value)
    )


def _insert_once(
    connection: Connection, table: Table, place: Place, *, key: dict[str, str], **values: object
) -> bool:
    """Insert a row unless its key is there already; returns whether it was new."""
    whole_key = {"terminal": place.terminal, "epoch": place.epoch, **key}
    same = and_(*(table.c[name] == value for name, value in whole_key.items()))
    if connection.execute(select(table.c.terminal).where(same)).one_or_none() is not None:
        return False
    connection.execute(insert(table).values(**whole_key, **values))
    return True


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
