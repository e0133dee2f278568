"""After a restart: what was open is finished, reversed, or turned into a claim.

Devices are asked what became of the orders they had; nothing is ordered twice on doubt. Coins of the moment
of the power cut are credited first. Then the customer, if there still is one, goes on paying or takes the
money back; otherwise what is held becomes a claim.
"""

from kiosk.flows import settlement
from kiosk.flows.commands import SettlePayout, StopCoins, WatchCoins
from kiosk.flows.degradation import has_heard_all
from kiosk.flows.events import CancelPressed, CoinsStopped, ContinuePressed, Event, TimePassed
from kiosk.flows.screens import PaperState
from kiosk.flows.state import Idle, Payment, Resuming, Terminal, payment_of
from kiosk.flows.step import Draft
from kiosk.flows.surprise import otherwise
from parking.claims import ClaimReason
from parking.facts import (
    AcceptorConfirmed,
    CodeSeen,
    ConversationEnded,
    EndReason,
    PaymentCancelled,
    PaymentResumed,
    ReceiptFailed,
    StockCounted,
    TerminalStarted,
)
from parking.receipt import Slip


def started(draft: Draft, software: str) -> None:
    """The program runs again: ask the devices about everything that the journal left open."""
    draft.note(TerminalStarted(software))
    for setup in draft.site.hoppers:
        if setup.hopper not in draft.terminal.hoppers:
            draft.note(StockCounted(setup.hopper, setup.coin_minor, setup.coins_at_first_start))
    draft.order(WatchCoins(draft.terminal.acceptor_counter), StopCoins())
    payment = payment_of(draft.terminal.stage)
    if payment is not None:
        _ask_devices(draft, payment)
    elif not isinstance(draft.terminal.stage, Idle):
        draft.note(ConversationEnded(EndReason.RESTART))


def _ask_devices(draft: Draft, payment: Payment) -> None:
    for order in payment.open_orders:
        draft.order(SettlePayout(order.order, order.hopper, order.coins, order.counter_before))
    for job in payment.jobs:
        if job.state is PaperState.PRINTING:
            draft.note(ReceiptFailed(job.job, "PRN.UNKNOWN_RESULT"))


def resuming(draft: Draft, event: Event) -> None:
    """The customer reads: we finish the previous payment first."""
    match event:
        case CoinsStopped():
            draft.note(AcceptorConfirmed(draft.payment.number))
            _go_on(draft)
        case ContinuePressed() if may_choose(draft.terminal):
            draft.note(PaymentResumed(draft.payment.number))
            settlement.accept_coins(draft)
        case CancelPressed() if may_choose(draft.terminal):
            draft.note(PaymentCancelled(draft.payment.number, EndReason.CUSTOMER))
            settlement.refund(draft)
        case TimePassed():
            _go_on(draft)
        case _:
            otherwise(draft, event)


def is_settled(terminal: Terminal) -> bool:
    """Whether devices have told all that they will tell about the payment that a restart left open."""
    stage = terminal.stage
    if not isinstance(stage, Resuming) or stage.payment.open_orders:
        return False
    return stage.acceptor_confirmed or terminal.devices.get(settlement.COINS, "") != ""


def may_choose(terminal: Terminal) -> bool:
    """Whether the customer can go on paying or take the money back: some is in, not enough, not cancelled."""
    payment = payment_of(terminal.stage)
    if payment is None or payment.cancelled or payment.settled:
        return False
    return is_settled(terminal) and 0 < payment.kept_minor < payment.price_minor


def _go_on(draft: Draft) -> None:
    since_start_s = (draft.at.steady_ms - draft.terminal.started_ms) / 1000
    time_outs = draft.site.time_outs
    if not is_settled(draft.terminal):
        return
    if not has_heard_all(draft.terminal, draft.site) and since_start_s < time_outs.devices_s:
        return
    payment = draft.payment
    if payment.settled or payment.kept_minor >= payment.price_minor:
        _deliver_again(draft)
    elif payment.cancelled or payment.kept_minor == 0:
        _take_back(draft)
    elif draft.waited_s() >= time_outs.conversation_s + time_outs.warning_s:
        settlement.claim_everything(draft, ClaimReason.NOBODY_THERE)


def _deliver_again(draft: Draft) -> None:
    """The price is paid: the code is shown (again) while its customer can still be there."""
    payment = draft.payment
    if not payment.settled:
        settlement.settle(draft)
        return
    draft.note(PaymentResumed(payment.number))
    settlement.give_back(draft)
    if not any(job.slip == Slip.RELEASE and job.state is PaperState.PRINTED for job in payment.jobs):
        settlement.print_again(draft)
    opened_s = (draft.at.utc_ms - (payment.code_opened_ms or 0)) / 1000
    if not 0 <= opened_s <= draft.site.time_outs.code_shown_again_s:
        draft.note(CodeSeen(payment.number))


def _take_back(draft: Draft) -> None:
    payment = draft.payment
    if not payment.cancelled:
        draft.note(PaymentCancelled(payment.number, EndReason.RESTART))
    settlement.refund(draft)
