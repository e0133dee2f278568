"""Claims as money: a slip is taken once, or the office is told; and only slips that were issued are taken."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from laws.tally import Tally
from parking import facts as f


class Slips:
    """What one journal says of slips: which it issued and which it took."""

    def __init__(self) -> None:
        self.issued: dict[str, int] = {}
        self.taken: list[f.ClaimRedeemed] = []

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """Note what is issued and taken."""
        del entry
        if isinstance(fact, f.ClaimIssued):
            self.issued[fact.claim] = fact.amount_minor
        if isinstance(fact, f.ClaimRedeemed):
            self.taken.append(fact)


def demand_single_use(
    journals: Iterable[Slips], told_twice: Iterable[str], totals: Mapping[str, int], tally: Tally
) -> None:
    """Law 2, for what is owed on slips: each is worth its amount once.

    One that was taken more than once was taken by the books each time but one at most, and the office knows;
    `told_twice` are the claims of its alarms. `totals` are the sums of taken claims on the server's payments.
    """
    every = list(journals)
    issued = {claim: amount for slips in every for claim, amount in slips.issued.items()}
    taken: dict[str, list[f.ClaimRedeemed]] = defaultdict(list)
    for fact in (fact for slips in every for fact in slips.taken):
        words = f"slip {fact.claim} is taken for {fact.amount_minor}, issued for {issued.get(fact.claim)}"
        tally.demand("2", issued.get(fact.claim) == fact.amount_minor, words)
        taken[fact.claim].append(fact)
        told = totals.get(fact.payment, 0)
        words = f"{fact.payment} took slip {fact.claim}, the server says {told}"
        tally.demand("9", told >= fact.amount_minor, words)
    twice = {claim for claim, facts in taken.items() if len(facts) > 1}
    known = set(told_twice)
    tally.demand("2", twice == known, f"slips taken twice: {twice}; the office was told of {known}")
    for claim in twice:
        held = [fact.payment for fact in taken[claim] if fact.by is f.SecuredBy.SERVER]
        tally.demand("2", len(held) <= 1, f"the server let {held} take slip {claim}")
