"""What the customer sees of the state: `screen_of(terminal, at, site, reveal, sign)`.

`reveal` opens a sealed code, `sign` makes a claim worth money. They are asked for a stage in which the code
was opened, the claim issued, as a durable fact, and for no other: the session shows screens only after the
journal has everything that led to them.
"""

from collections.abc import Callable

from kiosk.flows import degradation, paper, recovery, settlement
from kiosk.flows.screens import (
    ClaimShown,
    CoinShown,
    IdentifyScreen,
    OutOfServiceScreen,
    PaperState,
    PayScreen,
    RecoveringScreen,
    ResultScreen,
    ResumeScreen,
    ReviewScreen,
    Screen,
    SlipRefusedScreen,
    StartScreen,
    StillThereScreen,
    Strip,
    TakeScreen,
    WaitScreen,
)
from kiosk.flows.state import (
    Delivered,
    Identifying,
    Idle,
    Paying,
    Payment,
    Presenting,
    Release,
    Returning,
    Reviewing,
    Securing,
    ShownAgain,
    Site,
    SlipRefused,
    Stopping,
    Taking,
    Terminal,
    payment_of,
)
from parking.civil_time import Moment
from parking.claims import ClaimSlip, SignedClaim
from parking.release_codes import SealedCode

Reveal = Callable[[SealedCode], str]
Sign = Callable[[ClaimSlip], SignedClaim]


def screen_of(terminal: Terminal, at: Moment, site: Site, reveal: Reveal, sign: Sign) -> Screen:
    """The screen for this state at this moment."""
    if terminal.warned:
        return _still_there(terminal, at, site)
    stage = terminal.stage
    match stage:
        case Idle():
            return _start(terminal, at, site)
        case Identifying(line=line, problem=problem, subject=subject):
            return IdentifyScreen(**strip_of(site), line=line, problem=problem, subject=subject)
        case ShownAgain(release=release):
            return _result_again(release, site, reveal)
        case Presenting(presented=presented):
            wait_s = site.time_outs.server_s
            return WaitScreen(**strip_of(site), subject=presented.claim, at_most_s=wait_s, for_claim=True)
        case SlipRefused(claim=claim, reason=reason):
            return SlipRefusedScreen(**strip_of(site), number=claim, reason=reason)
        case Securing(subject=subject):
            return WaitScreen(**strip_of(site), subject=subject, at_most_s=site.time_outs.server_s)
        case Reviewing():
            return _review(stage, terminal, site)
        case Paying(payment=payment) | Stopping(payment=payment):
            return _pay(payment, terminal, site)
        case Delivered(payment=payment):
            return _result(payment, site, reveal, sign)
        case Returning(payment=payment) | Taking(payment=payment):
            return _take(payment, site, sign)
        case resuming:
            return _resume(resuming.payment, terminal, site)


def strip_of(site: Site) -> Strip:
    """What stands on every screen of this site."""
    return Strip(
        terminal=site.terminal, place=site.place, phone=site.phone, currency=site.currency, zone=site.zone
    )


def _start(terminal: Terminal, at: Moment, site: Site) -> Screen:
    since_start_s = (at.steady_ms - terminal.started_ms) / 1000
    if not degradation.has_heard_all(terminal, site) and since_start_s < site.time_outs.devices_s:
        return RecoveringScreen(**strip_of(site))
    reasons = degradation.closed_reasons(terminal, site)
    if reasons:
        return OutOfServiceScreen(**strip_of(site), reasons=reasons)
    return StartScreen(
        **strip_of(site),
        lines=site.lines,
        offers=degradation.offers(terminal),
        slips=terminal.works(degradation.SCANNER),
    )


def _review(stage: Reviewing, terminal: Terminal, site: Site) -> ReviewScreen:
    debt = stage.delivery.debt
    _, change = settlement.coins_now(terminal, site, debt.total_minor, 0)
    return ReviewScreen(
        **strip_of(site),
        subject=stage.delivery.subject,
        plate=debt.plate,
        lines=debt.lines,
        total_minor=debt.total_minor,
        change=change,
        receipt=terminal.works(degradation.PRINTER),
    )


def _pay(payment: Payment, terminal: Terminal, site: Site) -> PayScreen:
    positions, change = settlement.coins_for(payment, terminal, site)
    stopping = isinstance(terminal.stage, Stopping)
    asked = terminal.stage if isinstance(terminal.stage, Paying) else Paying(payment)
    is_open = terminal.works(settlement.COINS) and not stopping
    return PayScreen(
        **strip_of(site),
        subject=payment.delivery.subject,
        total_minor=payment.price_minor,
        kept_minor=payment.kept_minor,
        coins=tuple(
            CoinShown(coin.coin_minor, accepted=is_open and coin.position in positions)
            for coin in sorted(site.coins, key=lambda coin: -coin.coin_minor)
        ),
        change=change,
        stopping=stopping,
        slips=terminal.works(degradation.SCANNER) and not stopping,
        receipt_number=payment.number,
        claim_asked=asked.presented is not None,
        claim_problem=asked.problem,
    )


def _result(payment: Payment, site: Site, reveal: Reveal, sign: Sign) -> ResultScreen:
    return ResultScreen(
        **strip_of(site),
        subject=payment.delivery.subject,
        code=reveal(payment.delivery.sealed),
        receipt_number=payment.number,
        total_minor=payment.price_minor,
        paper=_paper(payment) or PaperState.PRINTING,
        change_minor=_in_coins_minor(payment),
        claims=_claims(payment, site, sign),
    )


def _result_again(release: Release, site: Site, reveal: Reveal) -> ResultScreen:
    return ResultScreen(
        **strip_of(site),
        subject=release.identifier,
        code=reveal(release.sealed),
        receipt_number=release.payment,
        total_minor=release.price_minor,
        paper=None,
        change_minor=0,
    )


def _take(payment: Payment, site: Site, sign: Sign) -> TakeScreen:
    return TakeScreen(
        **strip_of(site),
        subject=payment.delivery.subject,
        cancelled=not payment.settled and not payment.is_redemption,
        redeemed=payment.is_redemption,
        returning=bool(payment.open_orders),
        returned_minor=payment.paid_out_minor,
        to_return_minor=_in_coins_minor(payment),
        claims=_claims(payment, site, sign),
        paper=_paper(payment),
        receipt_number=payment.number,
    )


def _resume(payment: Payment, terminal: Terminal, site: Site) -> ResumeScreen:
    return ResumeScreen(
        **strip_of(site),
        subject=payment.delivery.subject,
        total_minor=payment.price_minor,
        kept_minor=payment.kept_minor,
        receipt_number=payment.number,
        settling=not recovery.may_choose(terminal),
    )


def _still_there(terminal: Terminal, at: Moment, site: Site) -> StillThereScreen:
    payment = payment_of(terminal.stage)
    kept_minor = payment.held_minor if payment else 0
    waited_s = (at.steady_ms - terminal.touched_ms) // 1000
    left_s = _patience_s(terminal, site) - waited_s
    return StillThereScreen(**strip_of(site), seconds_left=max(left_s, 0), kept_minor=kept_minor)


def _patience_s(terminal: Terminal, site: Site) -> int:
    time_outs = site.time_outs
    match terminal.stage:
        case Delivered() | ShownAgain():
            first_s = time_outs.result_s
        case Paying(payment=payment) if payment.kept_minor:
            first_s = time_outs.coins_s
        case _:
            first_s = time_outs.conversation_s
    return first_s + time_outs.warning_s


def _paper(payment: Payment) -> PaperState | None:
    """What became of the paper: the worst of the last piece of each kind, None when none was ordered."""
    last = {job.slip: job.state for job in payment.jobs}
    for state in (PaperState.FAILED, PaperState.PRINTING, PaperState.PRINTED):
        if state in last.values():
            return state
    return None


def _in_coins_minor(payment: Payment) -> int:
    """What comes back in coins in all: what hoppers have paid and what they have been told to pay."""
    return payment.paid_out_minor + sum(order.held_minor for order in payment.payouts)


def _claims(payment: Payment, site: Site, sign: Sign) -> tuple[ClaimShown, ...]:
    return tuple(
        ClaimShown(owed.number, owed.amount_minor, sign(paper.slip_of(owed, site)).text)
        for owed in payment.claims
    )
