"""Law 7: money that is no coin is not taken without its intent in the journal before it.

There is no card tender: no fact says that a card was charged. What there is are slips: `ClaimPresented` is
the intent, `ClaimRedeemed` the charge. A payment that has more money than coins and slips would be a charge
of a kind that this checker does not know, and breaks the law.
"""

from laws.tally import Tally
from parking import facts as f


class Tenders:
    """Every charge of another tender than coins: its intent first, each intent settled before the next."""

    def __init__(self, tally: Tally) -> None:
        self.charges = 0
        self._demand = tally.demand
        self._intended: f.ClaimPresented | None = None

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """Hold a charge against the intent that came before."""
        match fact:
            case f.ClaimPresented():
                self._intended = fact
            case f.ClaimTurnedAway():
                self._intended = None
            case f.ClaimRedeemed():
                self.charges += 1
                intended = self._intended
                is_same = intended is not None and intended.claim == fact.claim
                is_same = is_same and intended is not None and intended.amount_minor == fact.amount_minor
                words = f"entry {entry.number} takes slip {fact.claim}; the intent before it is {intended}"
                self._demand("7", is_same, words)
                self._intended = None
