"""The code again: for the clamp's newest fitting, against the receipt's number, for some days, in few tries."""

import pytest

from kiosk.flows.commands import Print, Reserve
from kiosk.flows.events import (
    BackPressed,
    CancelPressed,
    DeviceWorks,
    DonePressed,
    Entered,
    LineChosen,
    PayPressed,
    Printed,
    ReceiptEntered,
    ReservationRefused,
    Scanned,
    StayPressed,
    Touched,
)
from kiosk.flows.screens import IdentifyScreen, ResultScreen, ReviewScreen, StartScreen, StillThereScreen
from kiosk.flows.state import Identifying, Idle, ShownAgain
from parking.facts import (
    CodeOpened,
    CodeShownAgain,
    ConversationEnded,
    EndReason,
    RefusalReason,
    SubjectNamed,
)
from parking.receipt import names_receipt
from parking.wire import RefusedBecause
from tests.kiosk.flows.corner import Corner


@pytest.fixture
def paid() -> Corner:
    """A clamp was paid for and released, and its customer has gone."""
    corner = Corner()
    corner.happens(LineChosen("release"), Entered("7F314"), PayPressed())
    corner.coin(200, 200, 200, 100, 50)
    corner.happens(Printed(corner.ordered(Print)[0].job), DonePressed())
    assert isinstance(corner.stage, Idle)
    return corner


def problem(corner: Corner) -> RefusalReason | None:
    screen = corner.screen
    assert isinstance(screen, IdentifyScreen)
    return screen.problem


def name(corner: Corner) -> Corner:
    corner.happens(LineChosen("release"), Entered("7F31-4"))
    return corner


@pytest.mark.parametrize("number", ["0412-1-00001", "1", " 00001 ", "0412-1-00001\r"])
def test_the_receipts_number_shows_the_code_again(paid: Corner, number: str) -> None:
    name(paid)
    assert problem(paid) is RefusalReason.PAID_HERE
    paid.happens(ReceiptEntered(number))
    screen = paid.screen
    assert isinstance(screen, ResultScreen)
    assert (screen.subject, screen.code, screen.receipt_number) == ("7F314", "482913", "0412-1-00001")
    assert (screen.total_minor, screen.paper, screen.change_minor, screen.claims) == (750, None, 0, ())
    (opened,) = paid.noted(CodeOpened)
    assert paid.noted(CodeShownAgain) == [
        CodeShownAgain("0412-1-00001", "7F314", opened.fitting, opened.code_number, opened.sealed, 750)
    ]
    paid.happens(DonePressed())
    assert isinstance(paid.screen, StartScreen)


@pytest.mark.parametrize("code", ["RECEIPT:0412-1-00001", "0412-1-00001"])
def test_the_code_or_the_bars_of_the_receipt_show_the_code_again(paid: Corner, code: str) -> None:
    name(paid).happens(Scanned("RECEIPT:0412-1-00099"))
    assert problem(paid) is RefusalReason.WRONG_RECEIPT
    paid.happens(Scanned(code))
    screen = paid.screen
    assert isinstance(screen, ResultScreen)
    assert (screen.code, screen.receipt_number) == ("482913", "0412-1-00001")


def test_another_clamp_can_be_scanned_instead_of_the_receipt(paid: Corner) -> None:
    name(paid).happens(Scanned("9K22-8"))
    assert not paid.noted(CodeShownAgain)
    assert paid.noted(SubjectNamed)[-1].subject == "9K228"


def test_a_server_that_knows_of_the_release_leads_to_the_same_question(paid: Corner) -> None:
    paid.happens(DeviceWorks("server"))
    name(paid).happens(ReservationRefused(paid.ordered(Reserve)[-1].reference, RefusedBecause.NOTHING_DUE))
    assert problem(paid) is RefusalReason.PAID_HERE


@pytest.mark.parametrize("reason", [RefusedBecause.TAKEN, RefusedBecause.UNKNOWN])
def test_what_a_server_says_otherwise_stands(paid: Corner, reason: RefusedBecause) -> None:
    paid.happens(DeviceWorks("server"))
    name(paid).happens(ReservationRefused(paid.ordered(Reserve)[-1].reference, reason))
    found = problem(paid)
    assert found is not None
    assert found.value == reason.value


def test_a_wrong_number_shows_nothing_and_may_be_tried_again(paid: Corner) -> None:
    name(paid).happens(ReceiptEntered("0412-1-00002"))
    assert problem(paid) is RefusalReason.WRONG_RECEIPT
    assert not paid.noted(CodeShownAgain)
    paid.happens(ReceiptEntered("1"))
    assert isinstance(paid.screen, ResultScreen)


def test_five_wrong_numbers_in_an_hour_are_enough(paid: Corner) -> None:
    name(paid)
    for number in range(2, 7):
        paid.happens(ReceiptEntered(str(number)))
    assert problem(paid) is RefusalReason.NOTHING_DUE, "the help line helps"
    assert paid.happens(ReceiptEntered("1")).facts == ()
    paid.happens(BackPressed())
    name(paid)
    assert problem(paid) is RefusalReason.NO_CODE
    paid.off(1)
    paid.start()
    name(paid)
    assert problem(paid) is RefusalReason.NO_CODE, "a restart gives no new tries"
    paid.happens(BackPressed())
    paid.utc_ms += 3_600_000
    name(paid).happens(ReceiptEntered("1"))
    assert isinstance(paid.screen, ResultScreen)


def test_after_a_week_a_person_helps(paid: Corner) -> None:
    paid.utc_ms += 7 * 86_400_000 - 5000
    name(paid)
    assert problem(paid) is RefusalReason.PAID_HERE
    paid.wait(10)
    paid.happens(ReceiptEntered("1"))
    assert problem(paid) is RefusalReason.NOTHING_DUE, "the week was over while it was typed"
    paid.happens(BackPressed())
    name(paid)
    assert problem(paid) is RefusalReason.NO_CODE


def test_a_clamp_that_was_fitted_again_is_paid_for_again(paid: Corner) -> None:
    paid.books.fit_again("7F314")
    name(paid)
    assert isinstance(paid.screen, ReviewScreen)


def test_a_clamp_fitted_again_while_the_number_is_typed_shows_no_old_code(paid: Corner) -> None:
    name(paid)
    paid.books.fit_again("7F314")
    paid.happens(ReceiptEntered("1"))
    assert problem(paid) is RefusalReason.NOTHING_DUE


def test_back_from_the_question_asks_for_a_clamp(paid: Corner) -> None:
    name(paid).happens(BackPressed())
    assert problem(paid) is None
    name(paid).happens(CancelPressed())
    assert isinstance(paid.stage, Idle)
    name(paid).happens(Entered("9999"))
    assert problem(paid) is RefusalReason.NO_CODE, "another clamp may be named straight away"


def test_nobody_asked_for_a_receipt(paid: Corner) -> None:
    assert paid.happens(ReceiptEntered("1")).facts == ()
    paid.happens(LineChosen("release"))
    assert paid.happens(ReceiptEntered("1")).facts == ()


def test_the_code_goes_when_nobody_answers(paid: Corner) -> None:
    name(paid).happens(ReceiptEntered("1"))
    paid.wait(120)
    screen = paid.screen
    assert isinstance(screen, StillThereScreen)
    assert screen.seconds_left == 30
    paid.happens(StayPressed())
    assert isinstance(paid.screen, ResultScreen)
    paid.happens(Touched(), Entered("9999"))
    paid.wait(150)
    assert paid.noted(ConversationEnded)[-1].reason is EndReason.TIME_OUT


def test_a_restart_takes_the_code_off_the_screen(paid: Corner) -> None:
    name(paid).happens(ReceiptEntered("1"))
    assert isinstance(paid.stage, ShownAgain)
    paid.off(1)
    paid.start()
    assert paid.noted(ConversationEnded)[-1].reason is EndReason.RESTART


def test_a_late_coin_while_the_code_is_shown_again_is_a_claim(paid: Corner) -> None:
    name(paid).happens(ReceiptEntered("1"))
    paid.coin(100)
    assert isinstance(paid.screen, ResultScreen)
    assert isinstance(name(paid).stage, ShownAgain | Identifying)


@pytest.mark.parametrize("text", ["", "-", "2", "0412-1-00002", "0413-1-00001", "one", "1" * 500, "\u0661"])
def test_what_is_not_the_number_is_not_the_number(text: str) -> None:
    assert not names_receipt(text, "0412-1-00001")
