"""Law 6: change is paid at most once, with its intent before and its result after, never again on doubt."""

from typing import Protocol

from laws.stories.street import HOPPERS
from laws.tally import Tally
from parking import facts as f
from simulator.devices.coin_line import SimulatedCoinLine


class Coined(Protocol):
    """Where hoppers pay: a simulated coin line."""

    @property
    def line(self) -> SimulatedCoinLine:
        """The line with the hoppers."""


class Payouts:
    """Orders and results in the journal, held against the coins that came out of the hoppers."""

    def __init__(self, street: Coined, tally: Tally) -> None:
        self._street = street
        self._demand = tally.demand
        self._orders: dict[str, f.PayoutOrdered] = {}
        self._ordered = {form.name: 0 for form in HOPPERS}
        self._paid: dict[str, int] = {}
        self._doubted: set[str] = set()

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """An order is given once, and has one result."""
        del entry
        match fact:
            case f.PayoutOrdered():
                self._demand("6", fact.order not in self._orders, f"{fact.order} is ordered twice")
                self._orders[fact.order] = fact
                self._ordered[fact.hopper] += fact.coins
            case f.PayoutReported():
                self._demand_awaited(fact.order)
                coins = self._orders[fact.order].coins
                self._demand("6", fact.paid <= coins, f"{fact.order} paid {fact.paid} of {coins}")
                self._paid[fact.order] = fact.paid
            case f.PayoutInDoubt():
                self._demand_awaited(fact.order)
                self._doubted.add(fact.order)

    def _demand_awaited(self, order: str) -> None:
        awaited = order in self._orders and order not in self._paid and order not in self._doubted
        self._demand("6", awaited, f"{order} has a result that nobody waits for")

    def at_any_time(self) -> None:
        """No coin came out that was not ordered."""
        for form in HOPPERS:
            paid = self._street.line._paid_out[form.coin_minor]
            ordered = self._ordered[form.name]
            self._demand("6", paid <= ordered, f"{form.name} paid {paid} coins, {ordered} were ordered")

    def at_rest(self) -> None:
        """Reported coins came out; orders in doubt paid between nothing and all of it."""
        for form in HOPPERS:
            orders = [order for order in self._orders.values() if order.hopper == form.name]
            told = sum(self._paid.get(order.order, 0) for order in orders)
            doubted = sum(order.coins for order in orders if order.order in self._doubted)
            paid = self._street.line._paid_out[form.coin_minor]
            words = f"{form.name} paid {paid} coins; {told} are reported, {doubted} in doubt"
            self._demand("6", told <= paid <= told + doubted, words)
