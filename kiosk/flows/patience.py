"""How long nobody has to answer before the terminal asks, and then goes on without them."""

from kiosk.flows.step import Draft
from parking.facts import ConversationEnded, EndReason, WarningGiven


def ask_or_leave(draft: Draft) -> None:
    """Before money is in: ask whether somebody is there, then go back to the start."""
    if nobody_answers(draft, draft.site.time_outs.conversation_s):
        draft.note(ConversationEnded(EndReason.TIME_OUT))


def nobody_answers(draft: Draft, wait_s: int) -> bool:
    """After `wait_s` ask once; True when the question was not answered either."""
    waited_s = draft.waited_s()
    if not draft.terminal.warned and waited_s >= wait_s:
        draft.note(WarningGiven())
        return False
    return draft.terminal.warned and waited_s >= wait_s + draft.site.time_outs.warning_s
