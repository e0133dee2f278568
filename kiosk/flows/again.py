"""The code again: somebody who paid here did not read the code, and has the number of the receipt.

Only the newest fitting that this terminal knows, only while its release is a few days old, only against the
receipt's number, and only a few tries: who cannot tell is helped by a person.
"""

from kiosk.flows.events import (
    BackPressed,
    CancelPressed,
    DonePressed,
    Event,
    ReceiptEntered,
    Scanned,
    TimePassed,
)
from kiosk.flows.folding import MOST_WRONG_RECEIPTS
from kiosk.flows.patience import nobody_answers
from kiosk.flows.state import Identifying, Release
from kiosk.flows.step import Draft
from kiosk.flows.surprise import otherwise
from parking.facts import (
    CodeShownAgain,
    ConversationEnded,
    CustomerArrived,
    EndReason,
    RefusalReason,
    SubjectRefused,
)
from parking.receipt import names_receipt, receipt_of

TRIES_COUNT_MS = 3_600_000
"""A wrong number is forgotten after an hour."""
_MAY_BE_PAID = {RefusalReason.NOTHING_DUE, RefusalReason.NO_CODE}
_ASKS_FOR_RECEIPT = {RefusalReason.PAID_HERE, RefusalReason.WRONG_RECEIPT}


def refuse(draft: Draft, subject: str, reason: RefusalReason) -> None:
    """The clamp cannot be paid for now; perhaps because it was paid here."""
    if reason in _MAY_BE_PAID and _showable(draft, subject) is not None:
        reason = RefusalReason.PAID_HERE
    draft.note(SubjectRefused(subject, reason))


def _showable(draft: Draft, subject: str) -> Release | None:
    """The release whose code can be shown again now. A clock that went back tells nothing of its age."""
    release = draft.site.books.released(subject)
    if release is None or _has_no_tries_left(draft):
        return None
    age_s = (draft.at.utc_ms - release.at_utc_ms) / 1000
    return release if age_s <= draft.site.time_outs.code_again_s else None


def _has_no_tries_left(draft: Draft) -> bool:
    counted = [ms for ms in draft.terminal.wrong_receipts_ms if abs(draft.at.utc_ms - ms) < TRIES_COUNT_MS]
    return len(counted) >= MOST_WRONG_RECEIPTS


def answered(draft: Draft, event: Event) -> bool:
    """Whether the event was an answer to the question for the receipt's number."""
    stage = draft.terminal.stage
    if not isinstance(stage, Identifying) or stage.problem not in _ASKS_FOR_RECEIPT:
        return False
    match event:
        case ReceiptEntered(text=text):
            _compare(draft, stage.subject, text)
        case Scanned(text=text) if (number := receipt_of(text)) is not None:
            _compare(draft, stage.subject, number)
        case BackPressed():
            draft.note(CustomerArrived(stage.line))
        case _:
            return False
    return True


def _compare(draft: Draft, subject: str, text: str) -> None:
    release = _showable(draft, subject)
    if release is not None and names_receipt(text, release.payment):
        code = (release.fitting, release.code_number, release.sealed)
        draft.note(CodeShownAgain(release.payment, subject, *code, release.price_minor))
        return
    if release is not None:
        draft.note(SubjectRefused(subject, RefusalReason.WRONG_RECEIPT))
    if _showable(draft, subject) is None:
        draft.note(SubjectRefused(subject, RefusalReason.NOTHING_DUE))


def shown_again(draft: Draft, event: Event) -> None:
    """The code is on the screen. No money is open and nothing is printed."""
    match event:
        case DonePressed() | BackPressed() | CancelPressed():
            draft.note(ConversationEnded(EndReason.CUSTOMER))
        case TimePassed():
            if nobody_answers(draft, draft.site.time_outs.result_s):
                draft.note(ConversationEnded(EndReason.TIME_OUT))
        case _:
            otherwise(draft, event)
