"""The customer's way through the terminal, one function per stage, in the order it is lived.

    start -> identify -> (the server is asked) -> review -> pay -> code -> take -> start
                                                    `-> cancelled: coins back -> take -> start
    start -> a slip is shown -> (the server is asked) -> coins -> take -> start

`decide(terminal, event, at, site)` says what follows from an event. What no customer decides (devices that
fail, books that arrive, paper) is answered in `machine.py`; money in `settlement.py`; slips in
`redemption.py`; a code that was paid before in `again.py`; what is left open by a restart in `recovery.py`.
"""

from collections.abc import Callable

from kiosk.flows import again, machine, paper, recovery, redemption, settlement
from kiosk.flows.commands import KeepReservation, Reserve
from kiosk.flows.degradation import SERVER, closed_reasons
from kiosk.flows.events import (
    BackPressed,
    CancelPressed,
    CoinsStopped,
    DonePressed,
    Entered,
    Event,
    LineChosen,
    PayPressed,
    PrintAgainPressed,
    ReservationKept,
    ReservationRefused,
    Reserved,
    Scanned,
    ServerSilent,
    StayPressed,
    TimePassed,
    Touched,
)
from kiosk.flows.lines import LINES
from kiosk.flows.patience import ask_or_leave, nobody_answers
from kiosk.flows.screens import PaperState
from kiosk.flows.state import (
    Delivered,
    Identifying,
    Idle,
    Paying,
    Presenting,
    Resuming,
    Returning,
    Reviewing,
    Securing,
    ShownAgain,
    Site,
    SlipRefused,
    Stage,
    Stopping,
    Taking,
    Terminal,
    presented_of,
)
from kiosk.flows.step import Draft, Step
from kiosk.flows.surprise import otherwise
from parking.civil_time import Moment
from parking.claims import is_slip
from parking.facts import (
    CodeSeen,
    ConversationEnded,
    CustomerArrived,
    CustomerStayed,
    DeliverySecured,
    EndReason,
    RefusalReason,
    SecuredBy,
    SubjectNamed,
    SubjectRefused,
)
from parking.identifiers import IdentifierRefusedError
from parking.receipt import Slip

BUSY_NOTED_EVERY_S = 10
"""A customer who types is noted as present so often, not at every key."""


def decide(terminal: Terminal, event: Event, at: Moment, site: Site) -> Step:
    """What follows from this event: facts to be made durable, then commands."""
    draft = Draft(terminal, at, site)
    if not machine.answered(draft, event) and not _somebody_is_there(draft, event):
        _STAGES[type(terminal.stage)](draft, event)
    return draft.step()


def _somebody_is_there(draft: Draft, event: Event) -> bool:
    """A touch that says no more than that, or the first touch on the question whether anybody is there."""
    if draft.terminal.warned and isinstance(event, StayPressed | Touched):
        draft.note(CustomerStayed())
        return True
    if isinstance(event, Touched):
        if not isinstance(draft.terminal.stage, Idle) and draft.waited_s() >= BUSY_NOTED_EVERY_S:
            draft.note(CustomerStayed())
        return True
    return False


# --- start ---------------------------------------------------------------------------------------------


def idle(draft: Draft, event: Event) -> None:
    """The start screen: choose what to do, or scan a clamp or a slip straight away."""
    if isinstance(event, LineChosen | Scanned) and closed_reasons(draft.terminal, draft.site):
        return
    match event:
        case LineChosen(line=line) if line in draft.site.lines:
            draft.note(CustomerArrived(line))
        case Scanned(text=text) if is_slip(text):
            redemption.shown(draft, text)
        case Scanned(text=text):
            draft.note(CustomerArrived(draft.site.lines[0]))
            name_subject(draft, text)
        case _:
            otherwise(draft, event)


# --- identify ------------------------------------------------------------------------------------------


def identifying(draft: Draft, event: Event) -> None:
    """The number on the clamp, typed or scanned; where it was paid here, the receipt's number."""
    if again.answered(draft, event):
        return
    match event:
        case Scanned(text=text) if is_slip(text):
            redemption.shown(draft, text)
        case Entered(text=text) | Scanned(text=text):
            name_subject(draft, text)
        case BackPressed() | CancelPressed():
            draft.note(ConversationEnded(EndReason.CUSTOMER))
        case TimePassed():
            ask_or_leave(draft)
        case _:
            otherwise(draft, event)


def name_subject(draft: Draft, text: str) -> None:
    """Read the identifier, then make sure of the delivery: by the server, or by the books when it is away."""
    line = draft.terminal.stage
    assert isinstance(line, Identifying)  # noqa: S101 - both callers have just made it so
    try:
        subject = LINES[line.line].identify(text)
    except IdentifierRefusedError:
        draft.note(SubjectRefused("", RefusalReason.UNREADABLE))
        return
    reference = f"{draft.site.terminal}/{subject}/{draft.at.utc_ms}"
    draft.note(SubjectNamed(subject, reference))
    if draft.terminal.works(SERVER):
        draft.order(Reserve(reference, subject))
    else:
        _secure_by_books(draft)


# --- the server is asked -------------------------------------------------------------------------------


def securing(draft: Draft, event: Event) -> None:
    """Before money is accepted: a reservation by the server, else a sealed code in the books."""
    stage = draft.terminal.stage
    assert isinstance(stage, Securing)  # noqa: S101 - the table of stages says so
    match event:
        case Reserved(reference=stage.reference, document=document):
            draft.order(KeepReservation(stage.reference, document))
        case ReservationKept(reference=stage.reference):
            _secure(draft, SecuredBy.SERVER)
        case ReservationRefused(reference=stage.reference, reason=reason):
            again.refuse(draft, stage.subject, RefusalReason(reason.value))
        case ServerSilent(reference=stage.reference):
            _secure_by_books(draft)
        case BackPressed() | CancelPressed():
            draft.note(ConversationEnded(EndReason.CUSTOMER))
        case TimePassed() if draft.waited_s() >= draft.site.time_outs.server_s:
            _secure_by_books(draft)
        case _:
            otherwise(draft, event)


def _secure_by_books(draft: Draft) -> None:
    _secure(draft, SecuredBy.BOOKS)


def _secure(draft: Draft, by: SecuredBy) -> None:
    stage = draft.terminal.stage
    assert isinstance(stage, Securing)  # noqa: S101 - callers are in this stage
    clamp = draft.site.books.clamp(stage.subject)
    if clamp is None or clamp.currency != draft.site.currency.code:
        again.refuse(draft, stage.subject, RefusalReason.NO_CODE)
        return
    if not settlement.can_be_paid(clamp.debt.total_minor, draft.site):
        draft.note(SubjectRefused(stage.subject, RefusalReason.NO_COINS))
        return
    found = LINES[stage.line].delivery(clamp, by)
    secured = (found.subject, found.fitting, found.debt, found.code_number, found.sealed, found.by)
    draft.note(DeliverySecured(*secured))


# --- review --------------------------------------------------------------------------------------------


def reviewing(draft: Draft, event: Event) -> None:
    """What is owed, in words. Nothing has been paid yet."""
    stage = draft.terminal.stage
    assert isinstance(stage, Reviewing)  # noqa: S101 - the table of stages says so
    match event:
        case PayPressed() if closed_reasons(draft.terminal, draft.site):
            draft.note(ConversationEnded(EndReason.NOTHING_WORKS))
        case PayPressed():
            delivery = stage.delivery
            settlement.open_payment(draft, stage.line, delivery.subject, delivery.debt.total_minor)
        case BackPressed():
            draft.note(CustomerArrived(stage.line))
        case CancelPressed():
            draft.note(ConversationEnded(EndReason.CUSTOMER))
        case TimePassed():
            ask_or_leave(draft)
        case _:
            otherwise(draft, event)


# --- pay -----------------------------------------------------------------------------------------------


def paying(draft: Draft, event: Event) -> None:
    """Coins come in one by one (see `settlement.coin`), and slips; the last one delivers."""
    if redemption.answered(draft, event):
        return
    match event:
        case Scanned(text=text) if is_slip(text) and presented_of(draft.terminal.stage) is None:
            redemption.shown(draft, text)
        case CancelPressed() | BackPressed():
            settlement.cancel(draft, EndReason.CUSTOMER)
        case TimePassed():
            time_outs = draft.site.time_outs
            wait_s = time_outs.coins_s if draft.payment.kept_minor else time_outs.conversation_s
            if nobody_answers(draft, wait_s):
                settlement.cancel(draft, EndReason.TIME_OUT)
        case _:
            otherwise(draft, event)


def stopping(draft: Draft, event: Event) -> None:
    """Cancelled. What goes back is decided when the acceptor confirms, or does not answer any more."""
    match event:
        case CoinsStopped():
            settlement.refund(draft)
        case TimePassed() if draft.waited_s() >= _patience_s(draft):
            settlement.refund(draft)
        case _:
            otherwise(draft, event)


def _patience_s(draft: Draft) -> int:
    """An acceptor that is known to be broken is not waited for long. A coin it tells later goes back too."""
    confirm_s = draft.site.time_outs.confirm_s
    return confirm_s * 6 if draft.terminal.works(settlement.COINS) else confirm_s


# --- the code ------------------------------------------------------------------------------------------


def delivered(draft: Draft, event: Event) -> None:
    """The code is on the screen, change falls, the receipt prints. Nothing here loses money or the code."""
    match event:
        case DonePressed():
            _seen(draft)
        case PrintAgainPressed():
            paper.print_again(draft)
        case TimePassed():
            if nobody_answers(draft, draft.site.time_outs.result_s):
                _seen(draft)
        case _:
            otherwise(draft, event)


def _seen(draft: Draft) -> None:
    draft.note(CodeSeen(draft.payment.number))
    if not draft.payment.payouts and not draft.payment.claims and _is_quiet(draft):
        settlement.close(draft)


# --- take ----------------------------------------------------------------------------------------------


def taking(draft: Draft, event: Event) -> None:
    """Change and receipt, or the coins of a cancelled payment, are taken; then the next customer may come."""
    match event:
        case PrintAgainPressed():
            paper.print_again(draft)
        case DonePressed() if _is_quiet(draft):
            settlement.close(draft)
        case TimePassed() if _is_quiet(draft) and draft.waited_s() >= _time_to_take_s(draft):
            settlement.close(draft)
        case TimePassed() if draft.waited_s() >= draft.site.time_outs.answers_s:
            settlement.give_up_waiting(draft)
        case _:
            otherwise(draft, event)


def _is_quiet(draft: Draft) -> bool:
    """Nothing moves any more: no hopper and no printer owes an answer, nothing is left to give back."""
    payment = draft.payment
    printing = any(job.state is PaperState.PRINTING for job in payment.jobs)
    return not payment.open_orders and not printing and payment.held_minor == 0


def _time_to_take_s(draft: Draft) -> int:
    """A slip that is on no paper has to be photographed: that takes as long as a code takes to be read."""
    time_outs = draft.site.time_outs
    payment = draft.payment
    came_out = [job for job in payment.jobs if job.slip == Slip.CLAIM and job.state is PaperState.PRINTED]
    return time_outs.take_s if len(came_out) >= len(payment.claims) else time_outs.result_s


_STAGES: dict[type[Stage], Callable[[Draft, Event], None]] = {
    Idle: idle,
    Identifying: identifying,
    ShownAgain: again.shown_again,
    Presenting: redemption.presenting,
    SlipRefused: redemption.refused,
    Securing: securing,
    Reviewing: reviewing,
    Paying: paying,
    Stopping: stopping,
    Returning: taking,
    Delivered: delivered,
    Taking: taking,
    Resuming: recovery.resuming,
}
