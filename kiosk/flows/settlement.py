"""Money, written once for all product lines: coins in, the price, change, refunds and claims.

The law that everything here keeps, at every fact: what was kept is what was delivered, plus what was paid
out, plus what is claimed, plus what the open payment still holds.
"""

from math import gcd

from kiosk.flows.commands import AcceptCoins, PayOut, StopCoins
from kiosk.flows.events import CoinAccepted
from kiosk.flows.lines import LINES
from kiosk.flows.paper import claim_line, money_lines, print_slip
from kiosk.flows.screens import ChangeNotice, PaperState
from kiosk.flows.state import (
    Paying,
    Payment,
    PayoutOrder,
    Resuming,
    Site,
    Stopping,
    Terminal,
    payment_of,
    presented_of,
)
from kiosk.flows.step import Draft
from parking.change import (
    CoinPosition,
    HopperStock,
    Payout,
    acceptable_coins,
    exact_coins,
    largest_change,
    make_change,
)
from parking.claims import Claim, ClaimReason, ClaimRefusal
from parking.facts import (
    ClaimIssued,
    ClaimTurnedAway,
    CoinEventsLost,
    CoinKept,
    EndReason,
    MoneyReturning,
    PaymentCancelled,
    PaymentClosed,
    PaymentOpened,
    PaymentSettled,
    PayoutInDoubt,
    PayoutOrdered,
    PayoutPurpose,
    ReceiptFailed,
)
from parking.receipt import Slip

COINS = "coins"
"""The coin acceptor's name as a device."""
LAST_COUNTER = 255
"""The acceptor's event counter goes 0 (after power-up), 1 ... 255, 1 ... (ccTalk generic specification)."""


# --- which coins may come in ---------------------------------------------------------------------------


def coins_now(
    terminal: Terminal, site: Site, due_minor: int, kept_minor: int
) -> tuple[frozenset[int], ChangeNotice]:
    """The positions to accept, and what is said about change.

    While some coin can be taken with every outcome changeable from the hoppers, exactly those are taken.
    When there is none, or no change at all, only coins that do not overshoot: exact money, said before. Where
    every coin overshoots what is left (a slip paid an odd part) the smallest is taken all the same: what is
    too much is owed on a slip.
    """
    stock = terminal.stock
    accepted = acceptable_coins(due_minor, kept_minor, site.coins, stock)
    if accepted and any(held.coins for held in stock):
        return accepted, ChangeNotice.AVAILABLE
    return _least_coins(due_minor, kept_minor, site), ChangeNotice.EXACT_ONLY


def _least_coins(due_minor: int, kept_minor: int, site: Site) -> frozenset[int]:
    exact = exact_coins(due_minor, kept_minor, site.coins)
    if exact or kept_minor >= due_minor:
        return exact
    smallest_minor = min((coin.coin_minor for coin in site.coins), default=0)
    return frozenset(coin.position for coin in site.coins if coin.coin_minor == smallest_minor)


def coins_for(payment: Payment, terminal: Terminal, site: Site) -> tuple[frozenset[int], ChangeNotice]:
    """The same for an open payment; one that was opened for exact money stays so."""
    if payment.exact_only:
        return _least_coins(payment.price_minor, payment.kept_minor, site), ChangeNotice.EXACT_ONLY
    return coins_now(terminal, site, payment.price_minor, payment.kept_minor)


def can_be_paid(price_minor: int, site: Site) -> bool:
    """Whether coins can make this price at all: 7.55 cannot be paid where the smallest coin is 0.10."""
    return price_minor % gcd(*(coin.coin_minor for coin in site.coins)) == 0


def accept_coins(draft: Draft) -> None:
    """Tell the acceptor which coins may come in at this moment."""
    positions, _ = coins_for(draft.payment, draft.terminal, draft.site)
    draft.order(AcceptCoins(positions))


def open_payment(draft: Draft, line: str, subject: str, price_minor: int) -> None:
    """From here money may be accepted."""
    _, notice = coins_now(draft.terminal, draft.site, price_minor, 0)
    number = next_payment(draft)
    currency = draft.site.currency.code
    exact_only = notice is ChangeNotice.EXACT_ONLY
    draft.note(PaymentOpened(number, line, subject, price_minor, currency, exact_only))
    accept_coins(draft)


def next_payment(draft: Draft) -> str:
    """The number of the payment that is opened next."""
    return f"{draft.site.terminal}-{draft.site.epoch}-{draft.terminal.payment_series + 1:05d}"


# --- a coin --------------------------------------------------------------------------------------------


def coin(draft: Draft, event: CoinAccepted) -> None:
    """One coin passed the sensor: keep it for whoever paid it, once, and see what follows."""
    before = draft.terminal.acceptor_counter
    if event.counter == before:
        return  # the same event of the device, told twice
    if before is not None and event.counter != counter_after(before):
        missing = (event.counter - before) % LAST_COUNTER - 1
        draft.note(CoinEventsLost(missing, event.counter - 1))
    position = _position(draft.site, event.position)
    payment = payment_of(draft.terminal.stage)
    number = payment.number if payment else draft.terminal.last_payment
    draft.note(CoinKept(number, position.coin_minor, event.position, position.hopper, event.counter))
    if payment is None:
        claim(draft, number, position.coin_minor, ClaimReason.LATE_COIN)
    elif isinstance(draft.terminal.stage, Paying):
        paid_so_far(draft)
    elif not _is_waiting_for_devices(draft.terminal):
        give_back(draft)


def counter_after(counter: int) -> int:
    """The acceptor's event counter after one more event: 1 after 0 and after 255."""
    return counter % LAST_COUNTER + 1


def _position(site: Site, position: int) -> CoinPosition:
    """The coin's value. A coin of a position that is not configured is worth nothing we could tell."""
    known = (coin for coin in site.coins if coin.position == position)
    return next(known, CoinPosition(position=position, coin_minor=0))


def _is_waiting_for_devices(terminal: Terminal) -> bool:
    """In these stages what goes back is decided when the acceptor has told everything."""
    return isinstance(terminal.stage, Stopping | Resuming)


def paid_so_far(draft: Draft) -> None:
    """More money is in: deliver when it is enough, else go on."""
    if draft.payment.kept_minor >= draft.payment.price_minor:
        settle(draft)
    else:
        accept_coins(draft)


# --- the price is paid ---------------------------------------------------------------------------------


def settle(draft: Draft) -> None:
    """The price is in the machine: deliver, give change, print. One transaction, then everything at once."""
    let_go(draft)
    payment = draft.payment
    line = LINES[payment.line]
    draft.note(PaymentSettled(payment.number, payment.price_minor), line.delivered(payment))
    draft.order(StopCoins())
    give_back(draft)
    print_slip(draft, Slip.RELEASE, (*money_lines(draft.payment, draft.site), *line.printed(payment)))


def give_back(draft: Draft) -> None:
    """Give back what belongs to the customer: by hoppers as far as they reach, the rest as a claim.

    While a hopper still owes an answer nothing new is ordered: its answer leads here again.
    """
    payment = draft.payment
    amount_minor = payment.to_give_back_minor
    if amount_minor <= 0 or payment.open_orders:
        return
    stock = tuple(held for held in draft.terminal.stock if not _failed_twice(payment, held.hopper))
    payouts = _coins_for(amount_minor, stock)
    purpose = PayoutPurpose.CHANGE if payment.settled else PayoutPurpose.REFUND
    for payout in payouts:
        order = f"{draft.site.terminal}-{draft.site.epoch}-P{draft.terminal.order_series + 1:06d}"
        counter = draft.terminal.hoppers[payout.hopper].counter
        draft.note(
            PayoutOrdered(
                payment.number, order, payout.hopper, payout.coins, payout.coin_minor, purpose, counter
            )
        )
        draft.order(PayOut(order, payout.hopper, payout.coins, counter))
    missing_minor = draft.payment.to_give_back_minor
    if missing_minor:
        claim(draft, payment.number, missing_minor, ClaimReason.CHANGE_SHORT)


def can_give_back_some(draft: Draft, amount_minor: int) -> bool:
    """Whether the hoppers have any coin for this amount."""
    return bool(_coins_for(amount_minor, draft.terminal.stock))


def _coins_for(amount_minor: int, stock: tuple[HopperStock, ...]) -> tuple[Payout, ...]:
    whole = make_change(amount_minor, stock)
    return largest_change(amount_minor, stock) if whole is None else whole


def _failed_twice(payment: Payment, hopper: str) -> bool:
    """A hopper that has not paid two orders of this payment whole is not asked a third time."""
    return sum(order.hopper == hopper and order.is_short for order in payment.payouts) > 1


def claim(draft: Draft, payment: str, amount_minor: int, reason: ClaimReason) -> None:
    """Owe the customer this amount on a numbered slip, printed when somebody is there to take it."""
    if amount_minor <= 0:
        return
    number = f"{draft.site.terminal}-{draft.site.epoch}-C{draft.terminal.claim_series + 1:05d}"
    draft.note(ClaimIssued(number, payment, amount_minor, reason))
    if payment_of(draft.terminal.stage):
        owed = Claim(number, payment, amount_minor, reason)
        print_slip(draft, Slip.CLAIM, (claim_line(owed, draft.site),))


# --- cancelling and closing ----------------------------------------------------------------------------


def cancel(draft: Draft, reason: EndReason) -> None:
    """Out, with the money back: first the acceptor confirms that nothing more comes."""
    let_go(draft)
    draft.note(PaymentCancelled(draft.payment.number, reason))
    draft.order(StopCoins())


def let_go(draft: Draft) -> None:
    """A slip that the server is still being asked about is not needed any more: it is as good as before."""
    presented = presented_of(draft.terminal.stage)
    if presented is not None:
        draft.note(ClaimTurnedAway(presented.claim, ClaimRefusal.LET_GO))


def refund(draft: Draft) -> None:
    """Everything that was kept goes back. Nothing was kept: it is over."""
    payment = draft.payment
    if payment.kept_minor == 0:
        close(draft)
        return
    draft.note(MoneyReturning(payment.number))
    give_back(draft)
    print_slip(draft, Slip.CANCELLED, money_lines(draft.payment, draft.site))


def claim_everything(draft: Draft, reason: ClaimReason) -> None:
    """Nobody is there to take coins: what is held becomes a claim, with a slip. The payment is over."""
    if not draft.payment.cancelled:
        draft.note(PaymentCancelled(draft.payment.number, EndReason.TIME_OUT))
    draft.note(MoneyReturning(draft.payment.number))
    claim(draft, draft.payment.number, draft.payment.to_give_back_minor, reason)


def give_up_waiting(draft: Draft) -> None:
    """An answer that has not come for minutes will not come: its paper failed, its payout is in doubt."""
    for job in draft.payment.jobs:
        if job.state is PaperState.PRINTING:
            draft.note(ReceiptFailed(job.job, "PRN.UNKNOWN_RESULT"))
    for order in draft.payment.open_orders:
        doubt(draft, order, "the hopper's driver gave no answer")
    if not _is_waiting_for_devices(draft.terminal):
        give_back(draft)


def doubt(draft: Draft, order: PayoutOrder, detail: str) -> None:
    """Nobody can tell what this order paid: it is never given again, and its whole amount is claimed."""
    draft.note(PayoutInDoubt(order.order, detail))
    claim(draft, draft.payment.number, order.coins * order.coin_minor, ClaimReason.PAYOUT_IN_DOUBT)


def close(draft: Draft) -> None:
    """Nothing is open any more."""
    payment = draft.payment
    sums = (payment.kept_minor, payment.delivered_minor, payment.paid_out_minor, payment.claimed_minor)
    draft.note(PaymentClosed(payment.number, *sums))
