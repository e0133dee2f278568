"""Paper: which pieces are printed for a payment, and what they say. How they look is the printer's business.

A code on them is sealed and a claim not signed yet: the session does that when it carries the order out.
"""

from kiosk.flows.commands import Print
from kiosk.flows.lines import LINES
from kiosk.flows.screens import PaperState
from kiosk.flows.state import Payment, Site
from kiosk.flows.step import Draft
from parking.claims import Claim, ClaimSlip
from parking.facts import ReceiptOrdered
from parking.receipt import ChangeDue, ClaimLine, Owed, Paid, Receipt, ReceiptLine, Slip, SubjectLine

MOST_JOBS = 8
"""So many pieces of paper at most for one payment: a copy is no way to empty the roll."""
_COINS, _CLAIMS = "coins", "claims"
"""The names of the tenders."""


def print_slip(draft: Draft, slip: Slip, lines: tuple[ReceiptLine, ...], *, copy: bool = False) -> None:
    """Order a piece of paper. A printer that does not work fails the job, which is told on the screen."""
    payment, site = draft.payment, draft.site
    job = f"{site.terminal}-{site.epoch}-R{draft.terminal.order_series + 1:06d}"
    draft.note(ReceiptOrdered(job, payment.number, slip, copy))
    what = payment.delivery
    subject = () if payment.is_redemption else (SubjectLine(what.subject, what.debt.plate),)
    receipt = Receipt(
        slip=slip,
        number=payment.number,
        terminal=site.terminal,
        place=site.place,
        phone=site.phone,
        at_utc_ms=draft.at.utc_ms,
        zone=site.zone,
        currency=site.currency,
        lines=(*subject, *lines),
        copy=copy,
    )
    draft.order(Print(job, receipt))


def print_again(draft: Draft) -> None:
    """A copy of the receipt, or of the claims where there are only those; a few times, not for ever."""
    payment = draft.payment
    if len(payment.jobs) >= MOST_JOBS or any(job.state is PaperState.PRINTING for job in payment.jobs):
        return
    first_came_out = any(job.slip == Slip.RELEASE and job.state is PaperState.PRINTED for job in payment.jobs)
    if payment.settled:
        lines = (*money_lines(payment, draft.site), *LINES[payment.line].printed(payment))
        print_slip(draft, Slip.RELEASE, lines, copy=first_came_out)
    for owed in payment.claims:
        print_slip(draft, Slip.CLAIM, (claim_line(owed, draft.site),), copy=True)


def money_lines(payment: Payment, site: Site) -> tuple[ReceiptLine, ...]:
    """What was owed, what came in by which tender, what goes back in coins, and what is owed on slips."""
    owed: tuple[ReceiptLine, ...] = ()
    if payment.settled:
        owed = (Owed(payment.delivery.debt.lines, payment.price_minor),)
    given_back_minor = payment.kept_minor - payment.delivered_minor - payment.claimed_minor
    change = (ChangeDue(given_back_minor),) if given_back_minor else ()
    return (
        *owed,
        *_paid(payment),
        *change,
        *(claim_line(owed_, site) for owed_ in payment.claims),
    )


def _paid(payment: Payment) -> tuple[Paid, ...]:
    """What came in by each tender; coins are named where there are only those, be it nothing."""
    coins_minor = payment.kept_minor - payment.redeemed_minor
    coins = (Paid(_COINS, coins_minor),) if coins_minor or not payment.redeemed_minor else ()
    slips = (Paid(_CLAIMS, payment.redeemed_minor),) if payment.redeemed_minor else ()
    return (*coins, *slips)


def claim_line(owed: Claim, site: Site) -> ClaimLine:
    """The claim on paper, not signed yet."""
    return ClaimLine(owed.number, owed.amount_minor, slip_of(owed, site))


def slip_of(owed: Claim, site: Site) -> ClaimSlip:
    """What the slip of this claim says."""
    return ClaimSlip(owed.number, owed.amount_minor, site.currency.code, owed.reason)
