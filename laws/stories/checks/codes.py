"""Laws 3 and 4: a code leaves after its fact, to the one payment that paid for it, once for each fitting."""

import re
from collections import defaultdict
from collections.abc import Iterable

from laws.stories.checks.ledger import Ledger
from laws.stories.town import Town
from laws.tally import Tally
from parking import facts as f

_CODE = re.compile(r"ZK\d{6}")


class Codes:
    """What leaves one terminal, held against its own journal at that moment."""

    def __init__(self, ledger: Ledger, town: Town, tally: Tally) -> None:
        self.releases: dict[tuple[str, int], f.CodeOpened] = {}
        self.secured: dict[tuple[str, int], f.SecuredBy] = {}
        self._opened: dict[tuple[str, int], str] = {}
        self._ledger = ledger
        self._town = town
        self._demand = tally.demand

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """A release in the journal: at most one for each fitting."""
        del entry
        if isinstance(fact, f.DeliverySecured):
            self.secured[fact.subject, fact.fitting] = fact.by
        if isinstance(fact, f.CodeOpened):
            fitting = (fact.identifier, fact.fitting)
            self._demand("4", fitting not in self.releases, f"{fitting} is released a second time")
            self.releases[fitting] = fact
            self._opened[fact.identifier, fact.code_number] = fact.payment

    def leaves(self, text: str, payment: str, where: str) -> None:
        """Everything that somebody outside can see is looked through for codes."""
        for code in _CODE.findall(text):
            self._ledger.catch_up()
            clamp = self._town.codes[code]
            opened_for = self._opened.get(clamp)
            self._demand("3", opened_for is not None, f"code of {clamp} is {where} and no fact is durable")
            words = f"code of {clamp} is {where} for {payment}, not {opened_for}"
            self._demand("4", opened_for == payment, words)

    def sent(self, body: bytes | None) -> None:
        """Laws 3 and 18: no code travels up in plain text."""
        found = _CODE.search((body or b"").decode(errors="replace"))
        self._demand("3", found is None, "a code is sent up in plain text")
        self._demand("18", found is None, "a code is sent up in plain text")


def demand_one_release_for_each_fitting(
    terminals: Iterable[Codes], paid_twice: Iterable[tuple[str, int, str]], tally: Tally
) -> None:
    """Law 4 across terminals: who released a fitting that another had released is known to the server.

    `paid_twice` are the payments (terminal, epoch, number) that the server says paid for nothing. Only a
    terminal that went by its books can have done that: two reservations are never given.
    """
    by_fitting: dict[tuple[str, int], list[tuple[Codes, f.CodeOpened]]] = defaultdict(list)
    for codes in terminals:
        for fitting, fact in codes.releases.items():
            by_fitting[fitting].append((codes, fact))
    told = {number for _, _, number in paid_twice}
    expected = 0
    for fitting, released in by_fitting.items():
        twice = [fact.payment for _, fact in released if fact.payment in told]
        words = f"{fitting} is released by {[fact.payment for _, fact in released]}, the server knows {twice}"
        tally.demand("4", len(twice) == len(released) - 1, words)
        expected += len(twice)
    tally.demand("4", expected == len(told), f"the server says of {told} that they paid again for nothing")
