"""Customers with a slip: the terminal looks at it, asks the server, and takes it or turns it away.

What is written down and when is as in `kiosk/flows/redemption.py`; now and then a terminal asks about a slip
that its books refuse, as one with other books would.
"""

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

from kiosk.flows.commands import HoldClaim
from kiosk.flows.events import ClaimHeld, ClaimNotHeld
from kiosk.flows.state import CLAIM_LINE
from laws.requests import days
from parking import facts as f
from parking.claims import ClaimReason, ClaimRefusal, ClaimRefusedError, SignedClaim, read_slip
from parking.facts import SecuredBy

if TYPE_CHECKING:
    from laws.requests.kiosk import Kiosk


def shows_a_slip(kiosk: "Kiosk", chance: Random, text: str) -> Iterator[None]:
    """The life of a customer who shows this text, with the terminal's facts about it."""
    kiosk.write(f.CustomerArrived(CLAIM_LINE))
    try:
        signed = read_slip(text)
    except ClaimRefusedError:
        kiosk.write(f.ClaimTurnedAway("", ClaimRefusal.UNREADABLE))
    else:
        refusal = kiosk.books.claim(signed)
        if refusal in {None, ClaimRefusal.UNKNOWN_ISSUER} or chance.random() < 0.3:
            yield from _presents(kiosk, chance, signed)
        else:
            kiosk.write(f.ClaimTurnedAway(signed.slip.number, refusal))
    yield
    kiosk.write(f.ConversationEnded(f.EndReason.CUSTOMER))


def _presents(kiosk: "Kiosk", chance: Random, signed: SignedClaim) -> Iterator[None]:
    slip = signed.slip
    reference = f"{kiosk.number}/{slip.number}/{kiosk.clock.now_ms}"
    proven = kiosk.books.claim(signed) is not ClaimRefusal.UNKNOWN_ISSUER
    kiosk.write(f.ClaimPresented(slip.number, slip.amount_minor, slip.reason, reference, proven))
    kiosk.sync.order(HoldClaim(reference, signed))
    goes_away = chance.random() < 0.1
    while (answer := kiosk.answer_to(reference)) is None:
        yield
        if goes_away:
            kiosk.write(f.ClaimTurnedAway(slip.number, ClaimRefusal.LET_GO))
            return
    match answer:
        case ClaimHeld():
            for _ in range(chance.randint(0, 8)):  # so long somebody may show a copy elsewhere
                yield
            _decide(kiosk, chance, signed, SecuredBy.SERVER)
        case ClaimNotHeld(reason=reason):
            kiosk.write(f.ClaimTurnedAway(slip.number, reason))
        case _ if proven:
            _decide(kiosk, chance, signed, SecuredBy.BOOKS)
        case _:
            kiosk.write(f.ClaimTurnedAway(slip.number, ClaimRefusal.UNKNOWN_ISSUER))


def _decide(kiosk: "Kiosk", chance: Random, signed: SignedClaim, by: SecuredBy) -> None:
    """What is known by now still counts: books may have come while the customer waited."""
    refusal = kiosk.books.claim(signed)
    if by is SecuredBy.SERVER and refusal in {ClaimRefusal.FORGED, ClaimRefusal.UNKNOWN_ISSUER}:
        refusal = None  # the server knows more keys than these books
    if by is SecuredBy.BOOKS and signed.slip.reason is ClaimReason.PAYOUT_IN_DOUBT:
        refusal = ClaimRefusal.UNCHECKED
    if refusal is None and chance.random() < 0.2:
        refusal = ClaimRefusal.LET_GO
    if refusal is None:
        payment = kiosk.next_payment()
        kiosk.write(*days.turned_into_coins(chance, payment, signed.slip, by, kiosk.next_claim()))
    else:
        kiosk.write(f.ClaimTurnedAway(signed.slip.number, refusal))
