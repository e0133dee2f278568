"""Laws 1 and 2: no money appears, none vanishes, none is kept without a service or a claim."""

from collections import defaultdict
from dataclasses import dataclass

from laws.tally import Tally
from parking import facts as f


@dataclass
class Sums:
    """The money of one payment, in minor units, as its facts say."""

    price: int = 0
    kept: int = 0
    delivered: int = 0
    change: int = 0
    refund: int = 0
    claimed: int = 0
    released: bool = False

    @property
    def held(self) -> int:
        """What is not accounted for yet."""
        return self.kept - self.delivered - self.change - self.refund - self.claimed


class Money:
    """Law 1 at every prefix of the journal; law 2 when a payment closes, and at rest."""

    def __init__(self, tally: Tally) -> None:
        self.payments: dict[str, Sums] = defaultdict(Sums)
        self.claims: dict[str, f.ClaimIssued] = {}
        self.kept_minor = 0
        self._opened: set[str] = set()
        self.closed: set[str] = set()
        self._orders: dict[str, f.PayoutOrdered] = {}
        self._demand = tally.demand

    @property
    def opened(self) -> int:
        """How many payments were opened."""
        return len(self._opened)

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """Add a fact to the sums; after it no payment may have given out more than came in."""
        payment = self._count(fact)
        held = self.payments[payment].held if payment else 0
        self._demand("1", held >= 0, f"after entry {entry.number}, {payment} gave out {-held} too much")

    def _count(self, fact: f.Fact) -> str | None:  # noqa: PLR0911 - one case for each fact about money
        match fact:
            case f.PaymentOpened():
                return self._open(fact)
            case f.CoinKept():
                self.kept_minor += fact.amount_minor
                self.payments[fact.payment].kept += fact.amount_minor
                return fact.payment
            case f.ClaimRedeemed():
                self.payments[fact.payment].kept += fact.amount_minor
                return fact.payment
            case f.PaymentSettled():
                sums = self.payments[fact.payment]
                sums.delivered += fact.price_minor
                words = f"{fact.payment} is settled for {fact.price_minor}, its price is {sums.price}"
                self._demand("1", sums.delivered == sums.price, words)
                return fact.payment
            case f.CodeOpened():
                sums = self.payments[fact.payment]
                self._demand("2", sums.delivered > 0, f"{fact.payment} opens a code that is not paid")
                sums.released = True
            case f.PayoutOrdered():
                self._orders[fact.order] = fact
            case f.PayoutReported():
                return self._paid(fact)
            case f.ClaimIssued():
                self._demand("2", fact.claim not in self.claims, f"{fact.claim} is issued twice")
                self.claims[fact.claim] = fact
                self.payments[fact.payment].claimed += fact.amount_minor
                return fact.payment
            case f.PaymentClosed():
                self._close(fact)
        return None

    def _open(self, fact: f.PaymentOpened) -> str:
        self._demand("1", fact.payment not in self._opened, f"{fact.payment} is opened twice")
        self._opened.add(fact.payment)
        self.payments[fact.payment].price = fact.price_minor
        return fact.payment

    def _paid(self, fact: f.PayoutReported) -> str | None:
        order = self._orders.get(fact.order)
        if order is None:
            return None
        sums = self.payments[order.payment]
        if order.purpose is f.PayoutPurpose.CHANGE:
            sums.change += fact.paid * order.coin_minor
        else:
            sums.refund += fact.paid * order.coin_minor
        return order.payment

    def _close(self, fact: f.PaymentClosed) -> None:
        sums = self.payments[fact.payment]
        told = (fact.kept_minor, fact.delivered_minor, fact.paid_out_minor, fact.claimed_minor)
        counted = (sums.kept, sums.delivered, sums.change + sums.refund, sums.claimed)
        self._demand("1", told == counted, f"{fact.payment} closes with {told}, its facts say {counted}")
        self._demand("2", sums.held == 0, f"{fact.payment} is closed and holds {sums.held}")
        self.closed.add(fact.payment)

    def at_rest(self) -> None:
        """Nobody's money is held, everything that was paid was delivered, everything is closed."""
        held = {name: sums.held for name, sums in self.payments.items() if sums.held}
        self._demand("2", not held, f"money is held at rest: {held}")
        unpaid = [name for name, sums in self.payments.items() if sums.delivered and not sums.released]
        self._demand("2", not unpaid, f"paid and not delivered: {unpaid}")
        still_open = self._opened - self.closed
        self._demand("2", not still_open, f"never closed: {still_open}")
