"""Law 15: the same price from the same input, in the journal, at the server and on paper."""

import re
from collections.abc import Iterable, Mapping

from kiosk.hardware.escpos.words import ENGLISH
from laws.tally import Tally
from parking import facts as f
from parking.money import plain_amount
from parking.receipt import Owed, Receipt

_RECEIPT_NUMBER = re.compile(r"\d{4}-\d+-\d{5}")


class Prices:
    """Every payment's price, as far as anybody says it."""

    def __init__(self, tally: Tally) -> None:
        self.fitting_of: dict[str, tuple[str, int]] = {}
        self.price_of: dict[str, int] = {}
        self._secured: f.DeliverySecured | None = None
        self._demand = tally.demand

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """The price of a payment is the sum of the lines that were shown for it."""
        del entry
        if isinstance(fact, f.DeliverySecured):
            self._secured = fact
        if isinstance(fact, f.PaymentOpened) and fact.line == "release" and self._secured is not None:
            owed = sum(line.amount_minor for line in self._secured.debt.lines)
            words = f"{fact.payment} costs {fact.price_minor}, the lines say {owed}"
            self._demand("15", fact.price_minor == owed, words)
            self.price_of[fact.payment] = fact.price_minor
            self.fitting_of[fact.payment] = (self._secured.subject, self._secured.fitting)

    def printed(self, receipt: Receipt) -> None:
        """What is printed as owed is the price of that payment."""
        for line in receipt.lines:
            if isinstance(line, Owed):
                price = self.price_of.get(receipt.number)
                words = f"{receipt.number} is printed with {line.total_minor}, its price is {price}"
                self._demand("15", line.total_minor == price, words)

    def at_rest(self, total_of_fitting: Mapping[tuple[str, int], int], paper: Iterable[str]) -> None:
        """The server has the same amount for that fitting; and so says the paper of a release."""
        for payment, price in self.price_of.items():
            total = total_of_fitting[self.fitting_of[payment]]
            self._demand("15", price == total, f"{payment} costs {price}, the server says {total}")
        for text in paper:
            number = _RECEIPT_NUMBER.search(text)
            if number is not None and ENGLISH.code in text:
                price = self.price_of[number.group()]
                shown = plain_amount(price)
                self._demand("15", shown in text, f"the paper of {number.group()} does not say {shown}")
