"""Whose hands a slip is in, as answers and facts tell it."""

from laws.requests.hands import Hands
from parking.claims import ClaimReason, ClaimRefusal
from parking.facts import ClaimPresented, ClaimRedeemed, ClaimTurnedAway, Fact, SecuredBy, encode_fact

CLAIM = "0413-1-C00007"


def _told(hands: Hands, terminal: str, *facts: Fact) -> None:
    for fact in facts:
        hands.told(terminal, 1, encode_fact(fact))


def _presented(reference: str) -> Fact:
    return ClaimPresented(CLAIM, 750, ClaimReason.CHANGE_SHORT, reference)


def test_a_promise_lasts_until_its_terminal_tells_what_came_of_it() -> None:
    hands = Hands()
    assert hands.against(CLAIM, "0412", "r-1") == ""
    hands.promised(CLAIM, "0412", "r-1")

    assert "0412" in hands.against(CLAIM, "0414", "r-2")
    assert hands.against(CLAIM, "0412", "r-3") == ""
    assert hands.bears_out(ClaimRefusal.HELD, CLAIM, "0414", "r-2")

    _told(hands, "0412", _presented("r-1"), ClaimTurnedAway(CLAIM, ClaimRefusal.LET_GO))
    assert hands.against(CLAIM, "0414", "r-2") == ""
    assert "ended" in hands.against(CLAIM, "0412", "r-1")
    assert not hands.bears_out(ClaimRefusal.HELD, CLAIM, "0414", "r-2")


def test_what_was_taken_is_promised_to_nobody() -> None:
    hands = Hands()
    _told(hands, "0412", _presented("r-1"), ClaimRedeemed(CLAIM, "0412-1", 750, SecuredBy.BOOKS))

    assert hands.ends(CLAIM) == 1
    assert "taken" in hands.against(CLAIM, "0414", "r-2")
    _told(hands, "0414", ClaimRedeemed(CLAIM, "0414-1", 750, SecuredBy.BOOKS))
    assert hands.ends(CLAIM) == 2
