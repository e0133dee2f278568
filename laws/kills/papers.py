"""Laws 3 and 4 on paper: a code comes out after its fact is durable, for the payment that paid for it."""

import re

from laws.tally import Tally
from parking import facts as f

CODE = re.compile(r"ZK ?\d\d ?\d{4}")
"""A code of this town, as it is kept and as it is printed."""


class Papers:
    """The codes that one journal opened, held against the paper. `codes` says whose each code is."""

    def __init__(self, codes: dict[str, str], tally: Tally) -> None:
        self.releases: dict[tuple[str, int], str] = {}
        self._codes = codes
        self._opened: dict[str, str] = {}
        self._demand = tally.demand

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """A release in the journal: at most one for each fitting."""
        del entry
        if isinstance(fact, f.CodeOpened):
            fitting = (fact.identifier, fact.fitting)
            self._demand("4", fitting not in self.releases, f"{fitting} is released a second time")
            self.releases[fitting] = fact.payment
            self._opened[fact.identifier] = fact.payment

    def came_out(self, text: str) -> None:
        """What can be read on a piece of paper, or on the one that is coming out. Raises BrokenLawError."""
        for written in CODE.findall(text):
            clamp = self._codes[written.replace(" ", "")]
            payment = self._opened.get(clamp)
            words = f"the code of {clamp} is on paper and no fact is durable"
            self._demand("3", payment is not None, words)
            words = f"the code of {clamp} is on paper that does not name payment {payment}"
            self._demand("4", str(payment) in text, words)
