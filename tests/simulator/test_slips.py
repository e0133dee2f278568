"""Slips are read from pictures: from the paper that came out, whatever else is printed there."""

import pytest

from parking.claims import ClaimReason, ClaimSlip, SignedClaim
from simulator.devices.paper import Paper, Piece
from simulator.slips import slips_among, slips_on, what_it_says

SLIP = SignedClaim(ClaimSlip("0412-1-C00017", 300, "EUR", ClaimReason.CHANGE_SHORT), bytes(64))


def paper_with(*texts: str) -> Piece:
    paper = Paper()
    for text in texts:
        paper.feed(60)
        assert paper.print_qr(text, "M", 6, 1)
        paper.feed(60)
    return paper.piece(is_torn=False)


def test_a_slip_is_read_from_the_picture_of_its_paper() -> None:
    assert slips_on(paper_with(SLIP.text).image) == (SLIP.text,)


def test_what_is_no_slip_stays_on_the_paper() -> None:
    papers = [paper_with("RECEIPT:0412-1-00042"), paper_with(SLIP.text)]
    assert slips_among(papers) == (SLIP.text,)


@pytest.mark.parametrize("text", ["", "CLAIM:", SLIP.text[:-1], "RECEIPT:0412-1-00042"])
def test_a_damaged_slip_says_nothing(text: str) -> None:
    assert what_it_says(text) is None


def test_a_slip_says_its_number_and_amount() -> None:
    assert what_it_says(SLIP.text) == SLIP
