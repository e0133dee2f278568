"""What devices, server and clock tell, and what it means in every stage alike.

Coins are credited wherever the customer is; a hopper's answer moves the refund or the change on; failures
and recoveries are recorded; books and acknowledgements go to the store.
"""

from kiosk.flows import recovery, settlement
from kiosk.flows.commands import KeepBooks, NoteAcknowledged, StopCoins
from kiosk.flows.degradation import is_doubtful
from kiosk.flows.events import (
    AcceptorReady,
    AcceptorReset,
    BooksArrived,
    CoinAccepted,
    CoinCreditsLost,
    CoinRejected,
    DeviceBroke,
    DeviceWorks,
    Event,
    FactsArrived,
    HopperReady,
    PayoutDone,
    PayoutUncertain,
    Printed,
    PrintFailed,
    Started,
)
from kiosk.flows.screens import PaperState
from kiosk.flows.state import Paying, PayoutOrder, Presenting, PrintJob, Resuming, payment_of
from kiosk.flows.step import Draft
from kiosk.flows.surprise import otherwise
from parking.facts import (
    AcceptorRestarted,
    CoinCounterFound,
    CoinEventsLost,
    CoinTurnedAway,
    DeviceFailed,
    DeviceRecovered,
    EndReason,
    HopperCounterFound,
    PayoutReported,
    ReceiptFailed,
    ReceiptPrinted,
)


def answered(draft: Draft, event: Event) -> bool:
    """Answer what needs no customer; False leaves the event to the stage."""
    match event:
        case Started(software=software):
            recovery.started(draft, software)
        case CoinAccepted():
            settlement.coin(draft, event)
        case CoinRejected(code=code, counter=counter) if counter == draft.terminal.acceptor_counter:
            pass  # the same event of the device, told twice
        case CoinRejected(code=code, counter=counter):
            draft.note(CoinTurnedAway(code, counter))
        case CoinCreditsLost(events=events, counter=counter):
            draft.note(CoinEventsLost(events, counter))
        case AcceptorReset():
            draft.note(AcceptorRestarted(draft.terminal.acceptor_counter or 0))
        case AcceptorReady(counter=counter):
            _acceptor_ready(draft, counter)
        case HopperReady(hopper=hopper, counter=counter):
            _hopper_ready(draft, hopper, counter)
        case PayoutDone() | PayoutUncertain():
            _hopper_answered(draft, event)
        case Printed() | PrintFailed():
            _printer_answered(draft, event)
        case DeviceBroke() | DeviceWorks():
            _health_changed(draft, event)
        case BooksArrived(page=page, complete=complete):
            draft.order(KeepBooks(page, complete))
        case FactsArrived(epoch=epoch, number=number):
            draft.order(NoteAcknowledged(epoch, number))
        case _:
            return False
    return True


def _health_changed(draft: Draft, event: DeviceBroke | DeviceWorks) -> None:
    """A hopper that comes or goes changes which coins can be taken; a journal in doubt ends the payment."""
    if isinstance(event, DeviceBroke):
        draft.note(DeviceFailed(event.device, event.code, event.detail))
    else:
        draft.note(DeviceRecovered(event.device))
    match draft.terminal.stage:
        case Paying() if is_doubtful(draft.terminal):
            settlement.cancel(draft, EndReason.NOTHING_WORKS)
        case Paying():
            settlement.accept_coins(draft)
        case Presenting() if is_doubtful(draft.terminal):
            settlement.let_go(draft)


def _acceptor_ready(draft: Draft, counter: int) -> None:
    """The acceptor was set up anew, with all coins inhibited: it is told again what this moment wants."""
    if draft.terminal.acceptor_counter is None:
        draft.note(CoinCounterFound(counter))
    if isinstance(draft.terminal.stage, Paying):
        settlement.accept_coins(draft)
    else:
        draft.order(StopCoins())


def _hopper_ready(draft: Draft, hopper: str, counter: int) -> None:
    """Its counter while nothing is paid. With an open order it may have moved by that, and accuses nobody."""
    known = draft.terminal.hoppers.get(hopper)
    if known is not None and known.counter == counter:
        return
    payment = payment_of(draft.terminal.stage)
    is_busy = payment is not None and any(order.hopper == hopper for order in payment.open_orders)
    before = None if known is None or is_busy else known.counter
    draft.note(HopperCounterFound(hopper, counter, before))


def _hopper_answered(draft: Draft, event: PayoutDone | PayoutUncertain) -> None:
    order = _open_order(draft, event.order)
    if order is None:
        otherwise(draft, event)
        return
    if isinstance(event, PayoutDone):
        draft.note(PayoutReported(event.order, event.paid, event.unpaid, event.counter))
    else:
        settlement.doubt(draft, order, event.detail)
    if not isinstance(draft.terminal.stage, Resuming):
        settlement.give_back(draft)


def _open_order(draft: Draft, number: str) -> PayoutOrder | None:
    payment = payment_of(draft.terminal.stage)
    orders = payment.open_orders if payment else ()
    return next((order for order in orders if order.order == number), None)


def _printer_answered(draft: Draft, event: Printed | PrintFailed) -> None:
    job = _open_job(draft, event.job)
    if job is None:
        otherwise(draft, event)
    elif isinstance(event, Printed):
        draft.note(ReceiptPrinted(event.job))
    else:
        draft.note(ReceiptFailed(event.job, event.code))


def _open_job(draft: Draft, number: str) -> PrintJob | None:
    payment = payment_of(draft.terminal.stage)
    jobs = payment.jobs if payment else ()
    return next((job for job in jobs if job.job == number and job.state is PaperState.PRINTING), None)
