"""How facts make the state: `fold(terminal, fact, at)` is the only thing that changes what is known.

Nothing is decided here: a fact has happened, and this says what it means. A fact that fits no stage (a
journal of older or newer software) leaves the stage as it is.
"""

from collections.abc import Iterable

import msgspec

from kiosk.flows.screens import PaperState
from kiosk.flows.state import (
    AcceptorEvent,
    Delivered,
    Delivery,
    HopperKnown,
    Identifying,
    Idle,
    Payment,
    PayoutOrder,
    Presented,
    Presenting,
    PrintJob,
    Release,
    Resuming,
    Returning,
    Reviewing,
    Securing,
    ShownAgain,
    SlipRefused,
    Stage,
    Stopping,
    Taking,
    Terminal,
    payment_of,
)
from kiosk.flows.state import Paying as PayingStage
from parking import facts
from parking.civil_time import Moment
from parking.claims import Claim, ClaimRefusal
from parking.debts import Debt
from parking.release_codes import SealedCode

replace = msgspec.structs.replace

MOST_WRONG_RECEIPTS = 5
"""So many wrong receipt numbers within an hour, and no more are tried."""

DISOWNED = ("server", "SYNC.FORK")
"""The device and its event code: the server has another journal of this terminal and refuses this one."""

_WITHOUT_PAYMENT = Idle | Identifying | ShownAgain | Presenting | SlipRefused | Securing | Reviewing

_REMEMBERED_EVENTS = 5
"""So many events the acceptor's own buffer shows."""

_DEVICE_FACTS = (
    facts.StockCounted
    | facts.CoinCounterFound
    | facts.AcceptorRestarted
    | facts.CoinEventsLost
    | facts.CoinTurnedAway
    | facts.DeviceFailed
    | facts.DeviceRecovered
    | facts.HopperCounterFound
    | facts.ClaimKeyMade
    | facts.Surprised
)


def fold(terminal: Terminal, fact: facts.Fact, at: Moment) -> Terminal:
    """The terminal after this fact, which happened at `at`."""
    if isinstance(fact, _DEVICE_FACTS):
        return _machine(terminal, fact)
    if isinstance(fact, facts.TerminalStarted):
        return _started(terminal, at)
    if isinstance(fact, facts.WarningGiven):
        return replace(terminal, warned=True)
    if isinstance(fact, facts.ReceiptPrinted | facts.ReceiptFailed):
        return _paper(terminal, fact)
    terminal = _stage_after(terminal, fact, at)
    return replace(terminal, touched_ms=at.steady_ms, touched_utc_ms=at.utc_ms, warned=False)


def fold_all(terminal: Terminal, happened: Iterable[facts.Fact], at: Moment) -> Terminal:
    """The terminal after these facts, in order."""
    for fact in happened:
        terminal = fold(terminal, fact, at)
    return terminal


# --- the machine ---------------------------------------------------------------------------------------


def _machine(terminal: Terminal, fact: _DEVICE_FACTS) -> Terminal:
    match fact:
        case facts.StockCounted(hopper=hopper, coin_minor=coin_minor, coins=coins):
            known = terminal.hoppers.get(hopper)
            counter = known.counter if known else None
            return _with_hopper(terminal, hopper, HopperKnown(coin_minor, coins, counter))
        case facts.HopperCounterFound(hopper=hopper, counter=counter):
            known = terminal.hoppers.get(hopper, HopperKnown(coin_minor=0, coins=0))
            return _with_hopper(terminal, hopper, replace(known, counter=counter))
        case facts.CoinTurnedAway(code=code, counter=counter):
            return _acceptor_told(terminal, AcceptorEvent(0, code), counter)
        case facts.CoinCounterFound(counter=counter) | facts.CoinEventsLost(counter=counter):
            return replace(terminal, acceptor_counter=counter, acceptor_events=())
        case facts.AcceptorRestarted():
            return replace(terminal, acceptor_counter=0, acceptor_events=())
        case facts.DeviceFailed(device=device, code=code):
            disowned = terminal.is_disowned or (device, code) == DISOWNED
            return replace(terminal, devices={**terminal.devices, device: code}, is_disowned=disowned)
        case facts.DeviceRecovered(device=device):
            disowned = terminal.is_disowned and device != DISOWNED[0]
            return replace(terminal, devices={**terminal.devices, device: ""}, is_disowned=disowned)
        case facts.Surprised():
            return terminal
        case key_made:
            return replace(terminal, claim_key=key_made.key)


def _with_hopper(terminal: Terminal, hopper: str, known: HopperKnown) -> Terminal:
    return replace(terminal, hoppers={**terminal.hoppers, hopper: known})


def _started(terminal: Terminal, at: Moment) -> Terminal:
    """After a restart no device has been heard of; an open payment waits for what they will tell."""
    stage = terminal.stage
    payment = payment_of(stage)
    cut_utc_ms = stage.cut_utc_ms if isinstance(stage, Resuming) else terminal.touched_utc_ms
    return replace(
        terminal,
        stage=Resuming(payment, cut_utc_ms) if payment else stage,
        devices={},
        warned=False,
        started_ms=at.steady_ms,
        touched_ms=at.steady_ms,
    )


# --- paper ---------------------------------------------------------------------------------------------


def _paper(terminal: Terminal, fact: facts.ReceiptPrinted | facts.ReceiptFailed) -> Terminal:
    payment = payment_of(terminal.stage)
    if payment is None:
        return terminal
    state = PaperState.PRINTED if isinstance(fact, facts.ReceiptPrinted) else PaperState.FAILED
    jobs = tuple(replace(job, state=state) if job.job == fact.job else job for job in payment.jobs)
    return _with_payment(terminal, replace(payment, jobs=jobs))


# --- the conversation ----------------------------------------------------------------------------------


def _stage_after(terminal: Terminal, fact: facts.Fact, at: Moment) -> Terminal:
    stage = terminal.stage
    match fact:
        case facts.CustomerArrived(line=line):
            return replace(terminal, stage=Identifying(line))
        case facts.SubjectRefused(subject=subject, reason=reason):
            if reason is facts.RefusalReason.WRONG_RECEIPT:
                wrong_ms = (*terminal.wrong_receipts_ms, at.utc_ms)[-MOST_WRONG_RECEIPTS:]
                terminal = replace(terminal, wrong_receipts_ms=wrong_ms)
            return replace(terminal, stage=Identifying(_line_of(stage), reason, subject))
        case facts.SubjectNamed(subject=subject, reference=reference):
            return replace(terminal, stage=Securing(_line_of(stage), subject, reference))
        case facts.DeliverySecured():
            delivery = Delivery(fact.subject, fact.fitting, fact.debt, fact.code_number, fact.sealed, fact.by)
            return replace(terminal, stage=Reviewing(_line_of(stage), delivery))
        case facts.CodeShownAgain():
            return replace(terminal, stage=ShownAgain(_release(fact, at)))
        case facts.ConversationEnded():
            return replace(terminal, stage=Idle())
        case facts.ClaimPresented() | facts.ClaimTurnedAway():
            return replace(terminal, stage=_after_slip(stage, fact, at))
        case facts.PaymentOpened(payment=number, line=line, exact_only=exact_only) if isinstance(
            stage, Reviewing
        ):
            return _opened(terminal, PayingStage(Payment(number, line, stage.delivery, exact_only)))
        case facts.PaymentOpened(payment=number, line=line, subject=subject) if isinstance(stage, Presenting):
            return _opened(terminal, Returning(Payment(number, line, _nothing(subject), exact_only=False)))
    return _money(terminal, fact)


def _opened(terminal: Terminal, stage: PayingStage | Returning) -> Terminal:
    number, series = stage.payment.number, terminal.payment_series + 1
    return replace(terminal, stage=stage, payment_series=series, last_payment=number)


def _nothing(claim: str) -> Delivery:
    """What a slip that is turned into coins delivers: nothing, at no price."""
    return Delivery(claim, 0, Debt(()), 0, SealedCode(box="", bound_to=""), facts.SecuredBy.BOOKS)


def _release(fact: facts.CodeShownAgain, at: Moment) -> Release:
    what = (fact.payment, fact.identifier, fact.fitting, fact.code_number, fact.sealed, fact.price_minor)
    return Release(*what, at_utc_ms=at.utc_ms)


def _after_slip(stage: Stage, fact: facts.ClaimPresented | facts.ClaimTurnedAway, at: Moment) -> Stage:
    """A slip changes what a customer does who has just come, or is paying; nobody else."""
    match stage, fact:
        case PayingStage(), facts.ClaimPresented():
            return replace(stage, presented=_presented(fact, at), problem=None)
        case PayingStage(), facts.ClaimTurnedAway(reason=reason):
            problem = None if reason is ClaimRefusal.LET_GO else reason
            return replace(stage, presented=None, problem=problem)
        case Idle() | Identifying() | SlipRefused(), facts.ClaimPresented():
            return Presenting(_presented(fact, at))
        case ((Idle() | Identifying() | SlipRefused() | Presenting()), facts.ClaimTurnedAway()):
            is_let_go = fact.reason is ClaimRefusal.LET_GO
            return Idle() if is_let_go else SlipRefused(fact.claim, fact.reason)
    return stage


def _presented(fact: facts.ClaimPresented, at: Moment) -> Presented:
    return Presented(fact.claim, fact.amount_minor, fact.reason, fact.reference, at.steady_ms, fact.proven)


def _line_of(stage: Stage) -> str:
    return stage.line if isinstance(stage, Identifying | Securing | Reviewing) else ""


# --- money ---------------------------------------------------------------------------------------------


def _money(terminal: Terminal, fact: facts.Fact) -> Terminal:
    """Money facts without an open payment (a coin that came too late) still move counters and stock."""
    terminal = _counted(terminal, fact)
    payment = payment_of(terminal.stage)
    if payment is None:
        return _late(terminal, fact)
    match fact:
        case facts.CoinKept(payment=number, amount_minor=amount_minor) if number == payment.number:
            terminal = _without_slip(terminal)
            return _with_payment(terminal, replace(payment, kept_minor=payment.kept_minor + amount_minor))
        case facts.ClaimRedeemed(payment=number, amount_minor=amount_minor) if number == payment.number:
            terminal = _without_slip(terminal, was_asked=True)
            kept_minor = payment.kept_minor + amount_minor
            redeemed_minor = payment.redeemed_minor + amount_minor
            more = replace(payment, kept_minor=kept_minor, redeemed_minor=redeemed_minor)
            return _with_payment(terminal, more)
        case facts.PaymentResumed():
            return replace(terminal, stage=_resumed(payment))
        case facts.PaymentCancelled(reason=reason):
            return replace(terminal, stage=Stopping(replace(payment, cancelled=reason)))
        case facts.PaymentSettled():
            return _with_payment(terminal, replace(payment, settled=True))
        case facts.CodeOpened():
            return replace(terminal, stage=Delivered(payment))
        case facts.MoneyReturning():
            return replace(terminal, stage=Returning(payment))
        case facts.CodeSeen():
            return replace(terminal, stage=Taking(replace(payment, code_seen=True)))
        case facts.PaymentClosed():
            return replace(terminal, stage=Idle())
        case facts.AcceptorConfirmed() if isinstance(terminal.stage, Resuming):
            return replace(terminal, stage=replace(terminal.stage, acceptor_confirmed=True))
    return _with_payment(terminal, _given_back(payment, fact))


def _without_slip(terminal: Terminal, *, was_asked: bool = False) -> Terminal:
    """Nothing more is said about the slip before; the one that `was_asked` about has its answer."""
    stage = terminal.stage
    if not isinstance(stage, PayingStage):
        return terminal
    presented = None if was_asked else stage.presented
    return replace(terminal, stage=replace(stage, presented=presented, problem=None))


def _late(terminal: Terminal, fact: facts.Fact) -> Terminal:
    match fact:
        case facts.CoinKept(amount_minor=amount_minor):
            return replace(terminal, late_minor=terminal.late_minor + amount_minor)
        case facts.ClaimIssued(amount_minor=amount_minor):
            return replace(terminal, late_minor=terminal.late_minor - amount_minor)
    return terminal


def _resumed(payment: Payment) -> Stage:
    if payment.settled:
        return Delivered(payment)
    return Returning(payment) if payment.cancelled else PayingStage(payment)


def _given_back(payment: Payment, fact: facts.Fact) -> Payment:
    match fact:
        case facts.PayoutOrdered():
            order = PayoutOrder(
                fact.order, fact.hopper, fact.coins, fact.coin_minor, fact.purpose, fact.counter_before
            )
            return replace(payment, payouts=(*payment.payouts, order))
        case facts.PayoutReported(order=number, paid=paid):
            return replace(payment, payouts=_told(payment.payouts, number, paid=paid))
        case facts.PayoutInDoubt(order=number):
            return replace(payment, payouts=_told(payment.payouts, number, paid=None))
        case facts.ClaimIssued(payment=number) if number == payment.number:
            claim = Claim(fact.claim, fact.payment, fact.amount_minor, fact.reason)
            return replace(payment, claims=(*payment.claims, claim))
        case facts.ReceiptOrdered():
            return replace(payment, jobs=(*payment.jobs, PrintJob(fact.job, fact.slip, fact.copy)))
    return payment


def _told(payouts: tuple[PayoutOrder, ...], number: str, *, paid: int | None) -> tuple[PayoutOrder, ...]:
    return tuple(
        replace(order, paid=paid, in_doubt=paid is None) if order.order == number else order
        for order in payouts
    )


def _with_payment(terminal: Terminal, payment: Payment) -> Terminal:
    stage = terminal.stage
    assert not isinstance(stage, _WITHOUT_PAYMENT)  # noqa: S101 - callers looked
    return replace(terminal, stage=replace(stage, payment=payment))


# --- counters, stock and series ------------------------------------------------------------------------


def _counted(terminal: Terminal, fact: facts.Fact) -> Terminal:
    match fact:
        case facts.CoinKept(position=position, hopper=hopper, counter=counter):
            terminal = _acceptor_told(terminal, AcceptorEvent(position), counter)
            return _coins_moved(terminal, hopper, +1) if hopper else terminal
        case facts.PayoutOrdered():
            return replace(terminal, order_series=terminal.order_series + 1)
        case facts.ReceiptOrdered():
            return replace(terminal, order_series=terminal.order_series + 1)
        case facts.ClaimIssued():
            return replace(terminal, claim_series=terminal.claim_series + 1)
        case facts.PayoutReported(order=number, paid=paid, unpaid=unpaid, counter=counter):
            return _after_payout(terminal, number, paid, is_short=unpaid > 0, counter=counter)
        case facts.PayoutInDoubt(order=number):
            return _after_doubt(terminal, number)
    return terminal


def _acceptor_told(terminal: Terminal, event: AcceptorEvent, counter: int) -> Terminal:
    events = (event, *terminal.acceptor_events)[:_REMEMBERED_EVENTS]
    return replace(terminal, acceptor_counter=counter, acceptor_events=events)


def _after_payout(
    terminal: Terminal, number: str, paid: int, *, is_short: bool, counter: int | None
) -> Terminal:
    """A hopper that paid less than it was told is empty, whatever the books say; a person counts it later.

    One whose counter has not moved never got the order: that says nothing about its coins.
    """
    order = _order(terminal, number)
    if order is None:
        return terminal
    terminal = _coins_moved(terminal, order.hopper, -paid)
    known = terminal.hoppers.get(order.hopper, HopperKnown(order.coin_minor, 0))
    got_the_order = counter != order.counter_before
    coins = 0 if is_short and got_the_order else known.coins
    return _with_hopper(terminal, order.hopper, replace(known, coins=coins, counter=counter))


def _after_doubt(terminal: Terminal, number: str) -> Terminal:
    """All its coins may be gone. Its counter may have moved by the order: it is not known any more."""
    order = _order(terminal, number)
    if order is None:
        return terminal
    terminal = _coins_moved(terminal, order.hopper, -order.coins)
    known = terminal.hoppers.get(order.hopper, HopperKnown(order.coin_minor, 0))
    return _with_hopper(terminal, order.hopper, replace(known, counter=None))


def _coins_moved(terminal: Terminal, hopper: str, coins: int) -> Terminal:
    known = terminal.hoppers.get(hopper)
    if known is None:
        return terminal
    return _with_hopper(terminal, hopper, replace(known, coins=max(known.coins + coins, 0)))


def _order(terminal: Terminal, number: str) -> PayoutOrder | None:
    payment = payment_of(terminal.stage)
    orders = payment.payouts if payment else ()
    return next((order for order in orders if order.order == number), None)
