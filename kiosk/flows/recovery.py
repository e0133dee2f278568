"""After a restart: what was open is finished, reversed, or turned into a claim.

Devices are asked what became of the orders they had; nothing is ordered twice on doubt. Coins of the moment
of the power cut are credited first. Then the customer, if there still is one, goes on paying or takes the
money back; otherwise what is held becomes a claim.
"""

from kiosk.flows import paper, settlement
from kiosk.flows.commands import SettlePayout, StopCoins, WatchCoins
from kiosk.flows.degradation import has_heard_all, is_doubtful
from kiosk.flows.events import CancelPressed, CoinsStopped, ContinuePressed, Event, TimePassed
from kiosk.flows.screens import PaperState
from kiosk.flows.state import Idle, Payment, Resuming, Terminal, driver_of, payment_of, presented_of
from kiosk.flows.step import Draft
from kiosk.flows.surprise import otherwise
from parking.claims import ClaimReason, ClaimRefusal
from parking.facts import (
    AcceptorConfirmed,
    ClaimKeyMade,
    ClaimTurnedAway,
    CodeNotSeen,
    CodeSeen,
    ConversationEnded,
    EndReason,
    MoneyReturning,
    PaymentCancelled,
    PaymentResumed,
    ReceiptFailed,
    StockCounted,
    TerminalStarted,
)
from parking.receipt import Slip


def started(draft: Draft, software: str) -> None:
    """The program runs again: ask the devices about everything that the journal left open."""
    presented = presented_of(draft.terminal.stage)
    draft.note(TerminalStarted(software))
    if presented is not None:
        draft.note(ClaimTurnedAway(presented.claim, ClaimRefusal.LET_GO))
    if draft.terminal.claim_key != draft.site.books.claim_key:
        draft.note(ClaimKeyMade(draft.site.books.claim_key))
    _know_hoppers(draft)
    draft.order(WatchCoins(draft.terminal.acceptor_counter, draft.terminal.acceptor_events), StopCoins())
    payment = payment_of(draft.terminal.stage)
    if payment is not None:
        _ask_devices(draft, payment)
    elif not isinstance(draft.terminal.stage, Idle):
        draft.note(ConversationEnded(EndReason.RESTART))


def _know_hoppers(draft: Draft) -> None:
    """A new hopper, or one that was set up for another coin, begins as configured."""
    payment = payment_of(draft.terminal.stage)
    busy = {order.hopper for order in payment.open_orders} if payment else set()
    for setup in draft.site.hoppers:
        known = draft.terminal.hoppers.get(setup.hopper)
        if known is None or (known.coin_minor != setup.coin_minor and setup.hopper not in busy):
            draft.note(StockCounted(setup.hopper, setup.coin_minor, setup.coins_at_first_start))


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
            _acceptor_confirmed(draft)
            _go_on(draft)
        case ContinuePressed() if may_choose(draft.terminal) and not is_doubtful(draft.terminal):
            draft.note(PaymentResumed(draft.payment.number))
            settlement.accept_coins(draft)
        case ContinuePressed() | CancelPressed() if may_choose(draft.terminal):
            _give_up(draft, EndReason.CUSTOMER)
        case TimePassed():
            _go_on(draft)
        case _:
            otherwise(draft, event)


def _acceptor_confirmed(draft: Draft) -> None:
    stage = draft.terminal.stage
    if isinstance(stage, Resuming) and not stage.acceptor_confirmed:
        draft.note(AcceptorConfirmed(stage.payment.number))


def is_settled(terminal: Terminal) -> bool:
    """Whether devices have told all that they will tell about the payment that a restart left open."""
    stage = terminal.stage
    if not isinstance(stage, Resuming) or stage.payment.open_orders:
        return False
    names = (settlement.COINS, driver_of(settlement.COINS))
    is_broken = any(terminal.devices.get(name) for name in names)
    return stage.acceptor_confirmed or is_broken


def may_choose(terminal: Terminal) -> bool:
    """Whether the customer can go on paying or take the money back: some is in, not enough, not cancelled."""
    payment = payment_of(terminal.stage)
    if payment is None or payment.cancelled or payment.settled:
        return False
    return is_settled(terminal) and 0 < payment.kept_minor < payment.price_minor


def _go_on(draft: Draft) -> None:
    since_start_s = (draft.at.steady_ms - draft.terminal.started_ms) / 1000
    time_outs = draft.site.time_outs
    if draft.payment.open_orders and since_start_s >= time_outs.answers_s:
        settlement.give_up_waiting(draft)
    if not is_settled(draft.terminal):
        return
    if not has_heard_all(draft.terminal, draft.site) and since_start_s < time_outs.devices_s:
        return
    payment = draft.payment
    if payment.settled:
        _deliver_again(draft)
    elif payment.is_redemption:
        _turn_into_coins_again(draft)
    elif payment.cancelled or payment.kept_minor == 0:
        _take_back(draft)
    elif _is_long_ago(draft) or _nobody_chooses(draft):
        settlement.claim_everything(draft, ClaimReason.NOBODY_THERE)
    elif payment.kept_minor < payment.price_minor:
        return
    elif draft.terminal.is_disowned:
        _give_up(draft, EndReason.NOTHING_WORKS)
    else:
        settlement.settle(draft)


def _give_up(draft: Draft, reason: EndReason) -> None:
    """No service for this payment any more: the money goes back."""
    draft.note(PaymentCancelled(draft.payment.number, reason))
    settlement.refund(draft)


def _nobody_chooses(draft: Draft) -> bool:
    time_outs = draft.site.time_outs
    return draft.waited_s() >= time_outs.conversation_s + time_outs.warning_s


def _is_long_ago(draft: Draft) -> bool:
    """Whether the customer cannot be expected to stand there any more. A clock gone back tells nothing."""
    stage = draft.terminal.stage
    cut_utc_ms = stage.cut_utc_ms if isinstance(stage, Resuming) else draft.at.utc_ms
    return draft.at.utc_ms - cut_utc_ms > draft.site.time_outs.customer_waits_s * 1000


def _deliver_again(draft: Draft) -> None:
    """The price is paid: the code is shown (again) and printed, while its customer can still be there."""
    payment = draft.payment
    is_long_ago = _is_long_ago(draft)
    was_printed = any(job.slip == Slip.RELEASE and job.state is PaperState.PRINTED for job in payment.jobs)
    draft.note(PaymentResumed(payment.number))
    if is_long_ago:
        if not payment.code_seen and not was_printed:
            draft.note(CodeNotSeen(payment.number))
        draft.note(CodeSeen(payment.number))
        settlement.claim(draft, payment.number, payment.to_give_back_minor, ClaimReason.NOBODY_THERE)
        return
    settlement.give_back(draft)
    if not was_printed:
        paper.print_again(draft)
    if payment.code_seen:
        draft.note(CodeSeen(payment.number))


def _turn_into_coins_again(draft: Draft) -> None:
    """A slip was being turned into coins: the rest of them, or a new slip where nobody can be there."""
    is_long_ago = _is_long_ago(draft)
    draft.note(MoneyReturning(draft.payment.number))
    if is_long_ago:
        settlement.claim(
            draft, draft.payment.number, draft.payment.to_give_back_minor, ClaimReason.NOBODY_THERE
        )
    else:
        settlement.give_back(draft)


def _take_back(draft: Draft) -> None:
    payment = draft.payment
    if not payment.cancelled:
        draft.note(PaymentCancelled(payment.number, EndReason.RESTART))
    if payment.kept_minor and _is_long_ago(draft):
        settlement.claim_everything(draft, ClaimReason.NOBODY_THERE)
    else:
        settlement.refund(draft)
