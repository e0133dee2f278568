"""What the report counts: slips are money in once, and only those that were issued, for their own amount."""

import pytest

from parking import facts
from parking.claims import ClaimReason
from parking.facts import Fact, SecuredBy
from simulator.report import Books, _add

ISSUED = facts.ClaimIssued("0412-1-C00001", "0412-1-00001", 40, ClaimReason.CHANGE_SHORT)


def books_of(*told: Fact) -> Books:
    books = Books()
    for fact in told:
        _add(books, fact, {})
    return books


def redeemed(claim: str = "0412-1-C00001", amount_minor: int = 40) -> Fact:
    return facts.ClaimRedeemed(claim, "0412-1-00002", amount_minor, SecuredBy.SERVER)


def test_a_slip_that_was_taken_is_money_in() -> None:
    books = books_of(ISSUED, redeemed())
    assert (books.coins_in_minor, books.redeemed_minor, books.money_in_minor) == (0, 40, 40)
    assert (books.claims_minor, books.balances, books.slips_are_taken_once) == (40, True, True)


@pytest.mark.parametrize(
    "told",
    [
        (ISSUED, redeemed(), redeemed()),
        (ISSUED, redeemed(amount_minor=41)),
        (redeemed(),),
        (ISSUED, redeemed(claim="0412-1-C00002")),
    ],
    ids=["twice", "for more than it says", "never issued", "another number"],
)
def test_a_slip_that_should_not_have_been_taken_is_found(told: tuple[Fact, ...]) -> None:
    assert not books_of(*told).slips_are_taken_once
