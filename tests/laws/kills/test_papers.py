"""Paper: a code that comes out before its fact, or for somebody else, breaks laws 3 and 4."""

import pytest

from laws.kills.papers import Papers
from laws.tally import BrokenLawError, Tally
from parking.facts import CodeOpened, entry_after
from parking.release_codes import SealedCode

CLAMP, CODE, PAYMENT = "123456K", "ZK482913", "0412-1-00001"


def opened(papers: Papers, payment: str = PAYMENT, fitting: int = 1) -> None:
    fact = CodeOpened(payment, CLAMP, fitting, 1, SealedCode("box", "place"))
    papers.take(entry_after(None, fact, terminal="0412", epoch=1, at_ms=0, books_version=0), fact)


def test_a_code_on_the_paper_of_its_payment_is_well() -> None:
    tally = Tally()
    papers = Papers({CODE: CLAMP}, tally)
    opened(papers)
    papers.came_out(f"Receipt {PAYMENT}\nZK48 2913\n")
    assert (tally.laws["3"], tally.laws["4"]) == (1, 2)
    assert papers.releases == {(CLAMP, 1): PAYMENT}


def test_a_code_before_its_fact_breaks_law_3() -> None:
    with pytest.raises(BrokenLawError, match="law 3"):
        Papers({CODE: CLAMP}, Tally()).came_out(f"Receipt {PAYMENT}\nZK48 2913\n")


def test_a_code_on_the_paper_of_another_payment_breaks_law_4() -> None:
    papers = Papers({CODE: CLAMP}, Tally())
    opened(papers)
    with pytest.raises(BrokenLawError, match="law 4"):
        papers.came_out("Receipt 0412-1-00002\nZK48 2913\n")


def test_a_second_release_of_a_fitting_breaks_law_4() -> None:
    papers = Papers({CODE: CLAMP}, Tally())
    opened(papers)
    with pytest.raises(BrokenLawError, match="law 4"):
        opened(papers, "0412-1-00002")
