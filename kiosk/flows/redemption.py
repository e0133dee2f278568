"""Slips that customers show: from the scanner to money, as coins or as a part of a payment.

    shown -> read and checked here -> the server holds it -> redeemed -> coins, or paid with
                                  `-> silent: redeemed, as far as the books know ^

A slip of a terminal whose key the books do not have is taken with the server's hold only: the server checks
the signature.

Every slip that was presented ends as redeemed or as turned away, whatever happens in between: the server's
hold on it ends by these facts and not by time.
"""

from kiosk.flows import settlement
from kiosk.flows.commands import HoldClaim
from kiosk.flows.degradation import SERVER
from kiosk.flows.events import (
    BackPressed,
    CancelPressed,
    ClaimHeld,
    ClaimNotHeld,
    DonePressed,
    Event,
    Scanned,
    ServerSilent,
    TimePassed,
)
from kiosk.flows.patience import ask_or_leave
from kiosk.flows.state import CLAIM_LINE, Paying, Presented, presented_of
from kiosk.flows.step import Draft
from kiosk.flows.surprise import otherwise
from parking.claims import ClaimReason, ClaimRefusal, ClaimRefusedError, ClaimSlip, is_slip, read_slip
from parking.facts import (
    ClaimPresented,
    ClaimRedeemed,
    ClaimTurnedAway,
    ConversationEnded,
    EndReason,
    MoneyReturning,
    PaymentOpened,
    SecuredBy,
)


def shown(draft: Draft, text: str) -> None:
    """A slip came under the scanner: look at it, then let the server hold it, or trust the books."""
    try:
        signed = read_slip(text)
    except ClaimRefusedError:
        draft.note(ClaimTurnedAway("", ClaimRefusal.UNREADABLE))
        return
    slip = signed.slip
    known = draft.site.books.claim(signed)
    proven, is_online = known is not ClaimRefusal.UNKNOWN_ISSUER, draft.terminal.works(SERVER)
    refusal = _refusal(draft, slip, known if proven or not is_online else None)
    if refusal is not None:
        draft.note(ClaimTurnedAway(slip.number, refusal))
        return
    reference = f"{draft.site.terminal}/{slip.number}/{draft.at.utc_ms}"
    draft.note(ClaimPresented(slip.number, slip.amount_minor, slip.reason, reference, proven))
    if is_online:
        draft.order(HoldClaim(reference, signed))
    else:
        _take_by_books(draft)


def _refusal(draft: Draft, slip: ClaimSlip, known: ClaimRefusal | None) -> ClaimRefusal | None:
    """Why nobody needs to be asked about this slip; `known` is what the books say against it."""
    if slip.currency != draft.site.currency.code:
        return ClaimRefusal.OTHER_CURRENCY
    return known or _shortage(draft, slip.amount_minor)


def _shortage(draft: Draft, amount_minor: int) -> ClaimRefusal | None:
    """To be turned into coins a slip needs coins; to pay with it does not."""
    if isinstance(draft.terminal.stage, Paying) or settlement.can_give_back_some(draft, amount_minor):
        return None
    return ClaimRefusal.NO_COINS


def answered(draft: Draft, event: Event) -> bool:
    """Whether the event was the server's answer about the slip, or the end of the time for one."""
    presented = presented_of(draft.terminal.stage)
    if presented is None:
        return False
    match event:
        case ClaimHeld(reference=presented.reference):
            _take(draft, SecuredBy.SERVER)
        case ClaimNotHeld(reference=presented.reference, reason=reason):
            draft.note(ClaimTurnedAway(presented.claim, reason))
        case ServerSilent(reference=presented.reference):
            _take_by_books(draft)
        case TimePassed() if _waited_s(draft, presented) >= draft.site.time_outs.server_s:
            _take_by_books(draft)
        case _:
            return False
    return True


def _waited_s(draft: Draft, presented: Presented) -> float:
    return (draft.at.steady_ms - presented.at_ms) / 1000


def _take_by_books(draft: Draft) -> None:
    """Without the server: nothing that may have been paid in coins already, or that nobody has proven."""
    presented = presented_of(draft.terminal.stage)
    assert presented is not None  # noqa: S101 - callers have just looked, or presented it
    if not presented.proven:
        draft.note(ClaimTurnedAway(presented.claim, ClaimRefusal.UNKNOWN_ISSUER))
    elif presented.reason is ClaimReason.PAYOUT_IN_DOUBT:
        draft.note(ClaimTurnedAway(presented.claim, ClaimRefusal.UNCHECKED))
    else:
        _take(draft, SecuredBy.BOOKS)


def _take(draft: Draft, by: SecuredBy) -> None:
    """Make money of the slip, once: what has become known since it was shown still counts."""
    presented = presented_of(draft.terminal.stage)
    assert presented is not None  # noqa: S101 - callers have just looked
    claim, amount_minor = presented.claim, presented.amount_minor
    refusal = _shortage(draft, amount_minor)
    if draft.site.books.is_redeemed(claim):
        refusal = ClaimRefusal.REDEEMED
    if refusal is not None:
        draft.note(ClaimTurnedAway(claim, refusal))
    elif isinstance(draft.terminal.stage, Paying):
        draft.note(ClaimRedeemed(claim, draft.payment.number, amount_minor, by))
        settlement.paid_so_far(draft)
    else:
        _turn_into_coins(draft, presented, by)


def _turn_into_coins(draft: Draft, presented: Presented, by: SecuredBy) -> None:
    """A payment of its own that buys nothing: the slip comes in, coins (and a smaller slip) go out."""
    claim, number = presented.claim, settlement.next_payment(draft)
    currency = draft.site.currency.code
    draft.note(
        PaymentOpened(number, CLAIM_LINE, claim, price_minor=0, currency=currency, exact_only=False),
        ClaimRedeemed(claim, number, presented.amount_minor, by),
        MoneyReturning(number),
    )
    settlement.give_back(draft)


# --- the stages ----------------------------------------------------------------------------------------


def presenting(draft: Draft, event: Event) -> None:
    """The server is being asked about a slip that was shown on the start screen."""
    if answered(draft, event):
        return
    match event:
        case BackPressed() | CancelPressed():
            settlement.let_go(draft)
        case _:
            otherwise(draft, event)


def refused(draft: Draft, event: Event) -> None:
    """Why the slip is not taken; the next one may be shown straight away."""
    match event:
        case Scanned(text=text) if is_slip(text):
            shown(draft, text)
        case BackPressed() | CancelPressed() | DonePressed():
            draft.note(ConversationEnded(EndReason.CUSTOMER))
        case TimePassed():
            ask_or_leave(draft)
        case _:
            otherwise(draft, event)
