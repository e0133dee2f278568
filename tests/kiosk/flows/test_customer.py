"""The customer's way, decision by decision, on a street corner in memory."""

import msgspec
import pytest

from kiosk.flows.commands import (
    AcceptCoins,
    KeepBooks,
    NoteAcknowledged,
    PayOut,
    Print,
    Reserve,
    SettlePayout,
    StopCoins,
    WatchCoins,
)
from kiosk.flows.events import (
    AcceptorReady,
    AcceptorReset,
    BackPressed,
    BooksArrived,
    CancelPressed,
    CoinAccepted,
    CoinCreditsLost,
    CoinRejected,
    CoinsStopped,
    ContinuePressed,
    DeviceBroke,
    DeviceWorks,
    DonePressed,
    Entered,
    FactsArrived,
    HopperReady,
    LineChosen,
    PayoutDone,
    PayoutUncertain,
    PayPressed,
    PrintAgainPressed,
    Printed,
    PrintFailed,
    ReservationKept,
    ReservationRefused,
    Reserved,
    Scanned,
    ServerSilent,
    Started,
    StayPressed,
    TimePassed,
    Touched,
)
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import (
    ChangeNotice,
    ClosedReason,
    IdentifyScreen,
    OutOfServiceScreen,
    PaperState,
    PayScreen,
    RecoveringScreen,
    ResultScreen,
    ResumeScreen,
    ReviewScreen,
    StartScreen,
    StillThereScreen,
    TakeScreen,
    WaitScreen,
)
from kiosk.flows.state import (
    AcceptorEvent,
    Delivered,
    HopperSetup,
    Idle,
    Paying,
    Resuming,
    Returning,
    Stopping,
    Taking,
)
from kiosk.flows.step import Draft
from parking.claims import ClaimReason
from parking.debts import DebtLine
from parking.facts import (
    ClaimIssued,
    CodeNotSeen,
    CodeOpened,
    CoinEventsLost,
    CoinKept,
    CoinTurnedAway,
    ConversationEnded,
    EndReason,
    HopperCounterFound,
    PaymentCancelled,
    PaymentClosed,
    PaymentSettled,
    PayoutInDoubt,
    PayoutOrdered,
    PayoutReported,
    ReceiptPrinted,
    RefusalReason,
    SubjectRefused,
    Surprised,
)
from parking.receipt import Slip
from parking.wire import BooksPage, ClampDocument, RefusedBecause
from tests.kiosk.flows.corner import CLAMP, Corner


@pytest.fixture
def corner() -> Corner:
    return Corner()


def reach_review(corner: Corner) -> Corner:
    corner.happens(LineChosen("release"), Entered("7f31-4"))
    return corner


def reach_pay(corner: Corner) -> Corner:
    reach_review(corner).happens(PayPressed())
    return corner


def pay_whole(corner: Corner) -> Corner:
    reach_pay(corner).coin(200, 200, 200, 100, 50)
    return corner


# --- start and identify --------------------------------------------------------------------------------


def test_until_all_devices_have_answered_the_terminal_is_recovering() -> None:
    corner = Corner(start=False)
    assert isinstance(corner.screen, RecoveringScreen)
    corner.start()
    assert isinstance(corner.screen, StartScreen)


def test_a_device_that_never_answers_does_not_keep_the_terminal_closed_for_ever() -> None:
    corner = Corner(start=False)
    corner.terminal = msgspec.structs.replace(corner.terminal, devices={"coins": ""})
    corner.wait(8)
    assert isinstance(corner.screen, RecoveringScreen)
    corner.wait(2)
    assert isinstance(corner.screen, StartScreen)


def test_start_identify_review_pay(corner: Corner) -> None:
    corner.happens(LineChosen("release"))
    assert isinstance(corner.screen, IdentifyScreen)
    corner.happens(Entered("7f31-4"))
    screen = corner.screen
    assert isinstance(screen, ReviewScreen)
    assert (screen.subject, screen.plate, screen.total_minor) == ("7F314", "B-AB 1234", 750)
    assert screen.change is ChangeNotice.AVAILABLE
    assert screen.receipt
    corner.happens(PayPressed())
    assert isinstance(corner.screen, PayScreen)
    assert corner.ordered(AcceptCoins)[-1].positions == {1, 2, 3, 4, 5} - {3, 5}, (
        "0.50 and 0.10 cannot be refunded"
    )


def test_scanning_on_the_start_screen_goes_straight_to_the_review(corner: Corner) -> None:
    corner.happens(Scanned("7F31-4"))
    assert isinstance(corner.screen, ReviewScreen)


@pytest.mark.parametrize(
    "text", ["", "\x00\x1b@", "x" * 10_000, "7F31\N{CYRILLIC CAPITAL LETTER A}", "😀", "7F"]
)
def test_what_is_no_identifier_is_refused_and_nothing_is_kept_of_it(corner: Corner, text: str) -> None:
    corner.happens(LineChosen("release"), Entered(text))
    screen = corner.screen
    assert isinstance(screen, IdentifyScreen)
    assert screen.problem is RefusalReason.UNREADABLE
    assert corner.noted(SubjectRefused)[-1].subject == ""


def test_without_books_and_server_the_terminal_says_so_before_money(corner: Corner) -> None:
    corner.happens(LineChosen("release"), Entered("9999"))
    screen = corner.screen
    assert isinstance(screen, IdentifyScreen)
    assert screen.problem is RefusalReason.NO_CODE
    assert not corner.ordered(AcceptCoins)


def test_a_debt_in_another_currency_is_not_sold_here(corner: Corner) -> None:
    corner.books.clamps["7F314"] = msgspec.structs.replace(CLAMP, currency="PLN")
    reach_review(corner)
    assert isinstance(corner.screen, IdentifyScreen)


def test_with_a_server_its_reservation_comes_first(corner: Corner) -> None:
    corner.happens(DeviceWorks("server"), LineChosen("release"), Entered("7F31-4"))
    screen = corner.screen
    assert isinstance(screen, WaitScreen)
    (reserve,) = corner.ordered(Reserve)
    document = ClampDocument("7F314", 1, CLAMP.debt, "EUR", 1, "482913")
    corner.happens(Reserved(reserve.reference, document))
    assert isinstance(corner.screen, WaitScreen), "not before it is in the store"
    corner.happens(ReservationKept(reserve.reference))
    assert isinstance(corner.screen, ReviewScreen)


@pytest.mark.parametrize("reason", RefusedBecause)
def test_a_server_that_refuses_is_right(corner: Corner, reason: RefusedBecause) -> None:
    corner.happens(DeviceWorks("server"), LineChosen("release"), Entered("7F31-4"))
    corner.happens(ReservationRefused(corner.reference, reason))
    screen = corner.screen
    assert isinstance(screen, IdentifyScreen)
    assert screen.problem is not None
    assert screen.problem.value == reason.value


def test_a_silent_server_leaves_it_to_the_books(corner: Corner) -> None:
    corner.happens(DeviceWorks("server"), LineChosen("release"), Entered("7F31-4"))
    corner.happens(ServerSilent(corner.reference))
    assert isinstance(corner.screen, ReviewScreen)


def test_a_server_that_takes_too_long_too_and_its_late_answer_changes_nothing(corner: Corner) -> None:
    corner.happens(DeviceWorks("server"), LineChosen("release"), Entered("7F31-4"))
    corner.wait(4)
    assert isinstance(corner.screen, ReviewScreen)
    assert corner.happens(ReservationRefused(corner.reference, RefusedBecause.TAKEN)).facts == ()


@pytest.mark.parametrize("way_out", [BackPressed(), CancelPressed()])
def test_ways_out_before_money(way_out: BackPressed | CancelPressed) -> None:
    corner = Corner()
    corner.happens(LineChosen("release"), way_out)
    assert isinstance(corner.stage, Idle)
    corner.happens(DeviceWorks("server"), LineChosen("release"), Entered("7F31-4"), way_out)
    assert isinstance(corner.stage, Idle)
    corner.happens(DeviceBroke("server", "SYNC.UNREACHABLE", ""))
    reach_review(corner).happens(way_out)
    assert isinstance(corner.screen, IdentifyScreen if way_out == BackPressed() else StartScreen)


def test_nobody_there_is_asked_and_then_sent_home(corner: Corner) -> None:
    reach_review(corner).wait(60)
    screen = corner.screen
    assert isinstance(screen, StillThereScreen)
    assert screen.seconds_left == 30
    corner.happens(StayPressed())
    assert isinstance(corner.screen, ReviewScreen)
    corner.wait(89)
    assert isinstance(corner.screen, StillThereScreen)
    corner.wait(1)
    assert corner.noted(ConversationEnded)[-1].reason is EndReason.TIME_OUT


def test_somebody_who_types_is_not_interrupted_and_costs_few_facts(corner: Corner) -> None:
    corner.happens(LineChosen("release"))
    before = len(corner.facts)
    for _ in range(100):
        corner.wait(1)
        corner.happens(Touched())
    assert isinstance(corner.screen, IdentifyScreen)
    assert len(corner.facts) - before <= 10


# --- pay -----------------------------------------------------------------------------------------------


def test_exact_money_delivers_in_one_step(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200, 100)
    step = corner.coin(50)
    assert [type(fact).__name__ for fact in step.facts] == [
        "CoinKept",
        "PaymentSettled",
        "CodeOpened",
        "ReceiptOrdered",
    ]
    assert [type(command).__name__ for command in step.commands] == ["StopCoins", "Print"]
    screen = corner.screen
    assert isinstance(screen, ResultScreen)
    assert (screen.code, screen.change_minor, screen.claims) == ("482913", 0, ())


def test_what_the_hoppers_cannot_make_of_the_change_is_a_claim_in_the_same_step(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200)
    step = corner.coin(200)
    orders = [command for command in step.commands if isinstance(command, PayOut)]
    assert [(order.hopper, order.coins) for order in orders] == [("hopper 2", 2)]
    assert corner.payment.claimed_minor == 10, "two 0.20 of the 0.50; the coin came although it was closed"


def test_the_accepted_coins_change_as_money_goes_in(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200)
    assert corner.ordered(AcceptCoins)[-1].positions == {2, 4}, "2.00 would ask for 0.50 of change"
    corner.coin(100)
    assert corner.ordered(AcceptCoins)[-1].positions == {3, 4}, "1.00 too; 0.50 is exact"


def test_change_is_ordered_with_the_hoppers_counters(corner: Corner) -> None:
    debt = msgspec.structs.replace(CLAMP.debt, lines=CLAMP.debt.lines[1:])
    corner.books.clamps["7F314"] = msgspec.structs.replace(CLAMP, debt=debt)
    reach_pay(corner).coin(200, 20, 20)
    step = corner.coin(200)
    assert [
        (order.hopper, order.coins, order.counter_before)
        for order in step.commands
        if isinstance(order, PayOut)
    ] == [
        ("hopper 1", 1, 10),
        ("hopper 2", 2, 20),
    ]
    screen = corner.screen
    assert isinstance(screen, ResultScreen)
    assert screen.change_minor == 140
    first, second = corner.ordered(PayOut)
    corner.happens(PayoutDone(first.order, 1, 0, 11), PayoutDone(second.order, 2, 0, 21))
    assert corner.terminal.hoppers["hopper 1"].counter == 11
    assert corner.terminal.hoppers["hopper 2"].coins == 50 + 2 - 2


def test_empty_hoppers_mean_exact_money_and_the_review_says_so() -> None:
    corner = Corner(ones=0, twenties=0)
    reach_review(corner)
    screen = corner.screen
    assert isinstance(screen, ReviewScreen)
    assert screen.change is ChangeNotice.EXACT_ONLY
    corner.happens(PayPressed())
    corner.coin(200, 200, 200, 100)
    assert corner.ordered(AcceptCoins)[-1].positions == {3, 4, 5}
    corner.coin(50)
    assert isinstance(corner.screen, ResultScreen)


def test_cancelling_in_exact_mode_gives_back_what_fell_into_hoppers_and_a_slip_for_the_rest() -> None:
    corner = Corner(ones=0, twenties=0)
    reach_pay(corner).coin(200, 100)
    corner.happens(CancelPressed(), CoinsStopped())
    assert [order.coins for order in corner.ordered(PayOut)] == [1]
    assert corner.noted(ClaimIssued)[0].amount_minor == 200
    assert corner.noted(ClaimIssued)[0].reason is ClaimReason.CHANGE_SHORT


def test_a_short_hopper_becomes_a_claim_with_a_slip(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200)
    corner.happens(CancelPressed())
    assert isinstance(corner.stage, Stopping)
    corner.happens(CoinsStopped())
    (order,) = corner.ordered(PayOut)
    assert (order.hopper, order.coins) == ("hopper 1", 4)
    corner.happens(PayoutDone(order.order, 1, 3, 11))
    second = corner.ordered(PayOut)[-1]
    assert (second.hopper, second.coins) == ("hopper 2", 15), "the other hopper steps in"
    corner.happens(PayoutDone(second.order, 5, 10, 21))
    assert [claim.amount_minor for claim in corner.noted(ClaimIssued)] == [200]
    assert corner.ordered(Print)[-1].receipt.slip is Slip.CLAIM
    screen = corner.screen
    assert isinstance(screen, TakeScreen)
    assert (screen.returned_minor, screen.returning) == (200, False)
    assert [claim.amount_minor for claim in screen.claims] == [200]


@pytest.mark.parametrize(("printed", "stays_s"), [(True, 30), (False, 120)])
def test_a_slip_that_is_on_no_paper_stays_on_the_screen_as_long_as_a_code(
    corner: Corner, stays_s: int, *, printed: bool
) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    while isinstance(corner.stage, Returning) and corner.payment.open_orders:
        told = corner.payment.open_orders[0]
        corner.happens(PayoutDone(told.order, 0, told.coins, 0))
    for order in corner.ordered(Print):
        is_out = printed or order.receipt.slip is not Slip.CLAIM
        corner.happens(Printed(order.job) if is_out else PrintFailed(order.job, "PRN.PAPER_OUT"))
    corner.wait(stays_s - 1)
    assert isinstance(corner.screen, TakeScreen)
    corner.wait(2)
    assert isinstance(corner.stage, Idle)


def test_a_hopper_in_doubt_is_never_told_again(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    (order,) = corner.ordered(PayOut)
    corner.happens(PayoutUncertain(order.order, "silent for 30 s"))
    assert len(corner.ordered(PayOut)) == 1
    (claim,) = corner.noted(ClaimIssued)
    assert (claim.amount_minor, claim.reason) == (200, ClaimReason.PAYOUT_IN_DOUBT)


def test_cancel_without_money_ends_at_once(corner: Corner) -> None:
    reach_pay(corner).happens(CancelPressed(), CoinsStopped())
    assert isinstance(corner.stage, Idle)
    assert corner.noted(PaymentClosed)[-1].kept_minor == 0


def test_coins_in_and_nobody_there_come_back(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.wait(120)
    screen = corner.screen
    assert isinstance(screen, StillThereScreen)
    assert screen.kept_minor == 100
    corner.coin(100)
    assert isinstance(corner.stage, Paying)
    assert not corner.terminal.warned
    corner.wait(150)
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Returning)
    assert corner.payment.cancelled is EndReason.TIME_OUT


def test_an_acceptor_that_never_confirms_does_not_hold_the_refund_for_ever(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.happens(DeviceBroke("coins", "COIN.SILENT", ""), CancelPressed())
    corner.wait(5)
    assert isinstance(corner.stage, Returning)
    late = corner.coin(200)
    assert isinstance(corner.stage, Returning)
    assert [type(fact) for fact in late.facts] == [CoinKept], "the hopper is still paying"
    corner.happens(PayoutDone(corner.ordered(PayOut)[0].order, 1, 0, 11))
    assert corner.ordered(PayOut)[-1].coins == 2, "the late coin goes back too"


def test_a_late_coin_after_the_code_is_change(corner: Corner) -> None:
    pay_whole(corner)
    corner.coin(100)
    assert corner.ordered(PayOut)[-1].coins == 1


def test_a_coin_with_nobody_there_becomes_a_claim_of_the_last_payment(corner: Corner) -> None:
    pay_whole(corner)
    corner.happens(Printed(corner.ordered(Print)[-1].job), DonePressed())
    assert isinstance(corner.stage, Idle)
    corner.coin(50)
    (claim,) = corner.noted(ClaimIssued)
    assert (claim.payment, claim.amount_minor, claim.reason) == ("0412-1-00001", 50, ClaimReason.LATE_COIN)


def test_the_same_coin_told_twice_counts_once_and_a_gap_is_recorded(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    assert corner.happens(CoinAccepted(2, 1, corner.counter)).facts == ()
    corner.happens(CoinAccepted(2, 1, corner.counter + 3))
    assert corner.noted(CoinEventsLost) == [CoinEventsLost(2, corner.counter + 2)]
    assert corner.payment.kept_minor == 200


def test_a_coin_of_an_unknown_position_is_worth_nothing_and_hurts_nobody(corner: Corner) -> None:
    reach_pay(corner).happens(CoinAccepted(16, 1, 1))
    assert corner.payment.kept_minor == 0


def test_a_hopper_that_fails_while_paying_changes_the_accepted_coins(corner: Corner) -> None:
    reach_pay(corner).happens(
        DeviceBroke("hopper 1", "HOP.SILENT", ""), DeviceBroke("hopper 2", "HOP.SILENT", "")
    )
    assert corner.ordered(AcceptCoins)[-1].positions == {1, 2, 3, 4, 5}, "no change: exact money only"
    screen = corner.screen
    assert isinstance(screen, PayScreen)
    assert screen.change is ChangeNotice.EXACT_ONLY


# --- code and take -------------------------------------------------------------------------------------


def test_the_code_hides_when_nobody_answers_and_the_payment_closes(corner: Corner) -> None:
    pay_whole(corner)
    corner.wait(149)
    assert isinstance(corner.stage, Delivered)
    corner.wait(1)
    assert isinstance(corner.stage, Taking), "the printer still owes an answer"
    corner.happens(PrintFailed(corner.ordered(Print)[0].job, "PRN.PAPER_OUT"))
    corner.wait(30)
    assert isinstance(corner.stage, Idle)


def test_a_printer_without_paper_is_told_on_the_screen(corner: Corner) -> None:
    corner.happens(DeviceBroke("printer", "PRN.PAPER_OUT", ""))
    reach_review(corner)
    screen = corner.screen
    assert isinstance(screen, ReviewScreen)
    assert not screen.receipt
    corner.happens(PayPressed())
    corner.coin(200, 200, 200, 100, 50)
    corner.happens(PrintFailed(corner.ordered(Print)[0].job, "PRN.PAPER_OUT"))
    result = corner.screen
    assert isinstance(result, ResultScreen)
    assert result.paper is PaperState.FAILED


def test_print_again_is_a_copy_only_when_the_first_came_out_and_not_for_ever(corner: Corner) -> None:
    pay_whole(corner)
    corner.happens(PrintAgainPressed())
    assert len(corner.ordered(Print)) == 1, "the first is still printing"
    corner.happens(PrintFailed(corner.ordered(Print)[0].job, "PRN.COVER_OPEN"), PrintAgainPressed())
    assert not corner.ordered(Print)[1].receipt.copy
    for _ in range(20):
        corner.happens(Printed(corner.ordered(Print)[-1].job), PrintAgainPressed())
    assert corner.ordered(Print)[2].receipt.copy
    assert len(corner.ordered(Print)) == 8


def test_done_waits_for_change_and_then_closes(corner: Corner) -> None:
    pay_whole(corner)
    corner.coin(100)
    corner.happens(Printed(corner.ordered(Print)[0].job), DonePressed(), DonePressed())
    assert isinstance(corner.stage, Taking), "a hopper still pays"
    corner.happens(PayoutDone(corner.ordered(PayOut)[0].order, 1, 0, 11), DonePressed())
    assert isinstance(corner.stage, Idle)
    closed = corner.noted(PaymentClosed)[-1]
    assert (closed.kept_minor, closed.delivered_minor, closed.paid_out_minor) == (850, 750, 100)


# --- closed --------------------------------------------------------------------------------------------


def test_without_the_acceptor_the_terminal_is_closed(corner: Corner) -> None:
    reach_review(corner).happens(DeviceBroke("coins", "COIN.JAM", ""), PayPressed())
    assert corner.noted(ConversationEnded)[-1].reason is EndReason.NOTHING_WORKS
    assert isinstance(corner.screen, OutOfServiceScreen)
    corner.happens(LineChosen("release"), Scanned("7F314"))
    assert isinstance(corner.stage, Idle)
    corner.happens(DeviceWorks("coins"))
    assert isinstance(corner.screen, StartScreen)


# --- after a restart -----------------------------------------------------------------------------------


def test_a_power_cut_with_coins_in_goes_on_where_it_was(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200)
    corner.off(20)
    corner.start()
    screen = corner.screen
    assert isinstance(screen, ResumeScreen)
    assert screen.settling
    corner.happens(CoinsStopped())
    screen = corner.screen
    assert isinstance(screen, ResumeScreen)
    assert (screen.settling, screen.kept_minor) == (False, 400)
    corner.happens(ContinuePressed())
    corner.coin(200, 100, 50)
    assert isinstance(corner.screen, ResultScreen)


def test_a_power_cut_with_coins_in_and_the_customer_wants_them_back(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200)
    corner.off(20)
    corner.start()
    corner.happens(CoinsStopped(), CancelPressed())
    (order,) = corner.ordered(PayOut)
    assert order.coins == 4


def test_a_power_cut_with_coins_in_and_the_customer_gone_is_a_claim(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200)
    corner.off(7200)
    corner.start()
    corner.happens(CoinsStopped())
    corner.wait(90)
    (claim,) = corner.noted(ClaimIssued)
    assert (claim.amount_minor, claim.reason) == (400, ClaimReason.NOBODY_THERE)
    assert corner.ordered(PayOut) == []
    corner.happens(Printed(corner.ordered(Print)[-1].job))
    corner.wait(30)
    assert isinstance(corner.stage, Idle)


def test_a_coin_found_after_the_restart_can_complete_the_payment(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200, 100)
    corner.off(1)
    corner.start()
    corner.coin(50)
    assert isinstance(corner.stage, Resuming)
    corner.happens(CoinsStopped())
    assert isinstance(corner.screen, ResultScreen)
    assert len(corner.noted(PaymentSettled)) == 1


def test_a_power_cut_before_the_first_coin_ends_the_payment(corner: Corner) -> None:
    reach_pay(corner).off(5)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Idle)


def test_a_power_cut_before_paying_ends_the_conversation(corner: Corner) -> None:
    reach_review(corner).off(5)
    corner.start()
    assert corner.noted(ConversationEnded)[-1].reason is EndReason.RESTART


def test_an_open_payout_is_settled_by_the_hopper_not_repeated(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    (order,) = corner.ordered(PayOut)
    corner.off(5)
    corner.start()
    (settle,) = corner.ordered(SettlePayout)
    assert (settle.order, settle.counter_before) == (order.order, 10)
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Resuming), "the hopper has not told yet"
    corner.happens(PayoutDone(order.order, 2, 0, 11))
    corner.wait(1)
    assert isinstance(corner.stage, Returning)
    assert len(corner.ordered(PayOut)) == 1


def test_a_code_that_was_perhaps_not_seen_is_shown_and_printed_again(corner: Corner) -> None:
    pay_whole(corner)
    corner.off(60)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.screen, ResultScreen)
    assert len(corner.ordered(Print)) == 2
    assert len(corner.noted(CodeOpened)) == 1


def test_a_code_is_not_shown_to_the_street_after_a_long_time(corner: Corner) -> None:
    pay_whole(corner)
    corner.happens(Printed(corner.ordered(Print)[0].job))
    corner.off(86_400)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Taking)
    corner.wait(30)
    assert isinstance(corner.stage, Idle)


def test_a_second_power_cut_while_recovering_changes_nothing(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    order = corner.ordered(PayOut)[0]
    for _ in range(3):
        corner.off(5)
        corner.start()
    corner.happens(PayoutDone(order.order, 0, 2, 10), CoinsStopped())
    again = corner.noted(PayoutOrdered)[-1]
    assert (again.order != order.order, again.hopper, again.coins) == (True, "hopper 1", 2), (
        "it never got the first"
    )


def test_a_surprise_is_recorded_and_changes_nothing(corner: Corner) -> None:
    before = corner.stage
    corner.happens(PayoutDone("nobody's order", 5, 0, 3), Printed("nobody's job"))
    assert corner.noted(Surprised) == [Surprised("Idle", "PayoutDone"), Surprised("Idle", "Printed")]
    assert corner.stage == before


def test_time_passing_where_nothing_waits_writes_nothing(corner: Corner) -> None:
    assert corner.happens(TimePassed()).facts == ()
    assert corner.ordered(StopCoins)


# --- corners of the way --------------------------------------------------------------------------------


def test_an_acceptor_that_works_is_waited_for_longer(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.happens(CancelPressed())
    corner.wait(29)
    assert isinstance(corner.stage, Stopping)
    corner.wait(1)
    assert isinstance(corner.stage, Returning)


def test_nobody_before_the_first_coin_ends_the_payment(corner: Corner) -> None:
    reach_pay(corner).wait(90)
    assert isinstance(corner.stage, Stopping)
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Idle)


def test_the_second_look_at_a_claim_prints_the_claim_again() -> None:
    corner = Corner(ones=0, twenties=0)
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    for job in corner.ordered(Print):
        corner.happens(Printed(job.job))
    corner.happens(PrintAgainPressed())
    last = corner.ordered(Print)[-1].receipt
    assert (last.slip, last.copy) == (Slip.CLAIM, True)


def test_a_cancelled_payment_goes_on_giving_back_after_a_power_cut(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed())
    corner.off(3)
    corner.start()
    corner.happens(CoinsStopped(), ContinuePressed())
    assert isinstance(corner.stage, Returning), "a cancelled payment is not resumed"
    assert corner.ordered(PayOut)[-1].coins == 2


def test_in_doubt_and_gone_acceptor_do_not_keep_a_restart_waiting(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.off(3)
    corner.happens(Started("test"), DeviceBroke("coins", "COIN.UNPLUGGED", ""))
    screen = corner.screen
    assert isinstance(screen, ResumeScreen)
    assert not screen.settling
    corner.happens(CancelPressed())
    assert corner.noted(ClaimIssued)[-1].amount_minor == 200, "no hopper has been heard of yet"


def test_asking_for_the_payment_where_there_is_none_is_a_mistake(corner: Corner) -> None:
    draft = Draft(corner.terminal, corner.now, corner.site)
    with pytest.raises(LookupError, match="Idle"):
        _ = draft.payment


def test_the_question_in_each_stage_counts_down_to_its_own_end(corner: Corner) -> None:
    pay_whole(corner).wait(121)
    screen = corner.screen
    assert isinstance(screen, StillThereScreen)
    assert (screen.seconds_left, screen.kept_minor) == (29, 0)


def test_facts_of_an_order_nobody_knows_change_nothing(corner: Corner) -> None:
    before = corner.terminal
    for fact in (
        PayoutReported("nobody's", 1, 0, 1),
        PayoutInDoubt("nobody's", ""),
        ReceiptPrinted("nobody's"),
        CoinKept("", 0, 9, "hopper 9", 1),
    ):
        corner.terminal = fold_all(corner.terminal, [fact], corner.now)
    assert corner.terminal.hoppers == before.hoppers
    assert corner.terminal.stage == before.stage


def test_a_hopper_that_is_not_configured_is_known_by_its_counter_only(corner: Corner) -> None:
    corner.happens(HopperReady("hopper 9", 4), HopperReady("hopper 9", 4))
    assert corner.terminal.hoppers["hopper 9"].counter == 4
    corner.happens(DeviceWorks("hopper 9"))
    assert isinstance(corner.screen, StartScreen)


def test_an_acceptor_that_was_set_up_anew_is_told_what_this_moment_wants(corner: Corner) -> None:
    reach_pay(corner)
    corner.commands.clear()
    corner.happens(AcceptorReady(0))
    assert isinstance(corner.commands[0], AcceptCoins)
    corner.happens(CancelPressed(), CoinsStopped(), AcceptorReady(0))
    assert isinstance(corner.commands[-1], StopCoins)


def test_what_the_acceptor_lost_rejected_or_forgot_is_recorded(corner: Corner) -> None:
    corner.happens(CoinCreditsLost(3, 9), CoinRejected(8, 10), AcceptorReset())
    assert corner.terminal.acceptor_counter == 0
    assert [type(fact).__name__ for fact in corner.facts[-3:]] == [
        "CoinEventsLost",
        "CoinTurnedAway",
        "AcceptorRestarted",
    ]


def test_the_last_five_events_of_the_acceptor_are_handed_to_its_driver_at_the_start(corner: Corner) -> None:
    corner.happens(AcceptorReady(250), *(CoinAccepted(2, 1, counter) for counter in (251, 252, 253, 254)))
    corner.happens(CoinRejected(8, 255), CoinAccepted(3, 1, 1))
    corner.happens(Started("test"))
    assert corner.ordered(WatchCoins)[-1] == WatchCoins(
        1, (AcceptorEvent(3), AcceptorEvent(0, 8), *(AcceptorEvent(2),) * 3)
    )
    corner.happens(CoinCreditsLost(3, 4), CoinAccepted(1, 1, 5), Started("test"))
    assert corner.ordered(WatchCoins)[-1] == WatchCoins(5, (AcceptorEvent(1),)), (
        "nothing is known beyond a gap"
    )
    corner.happens(AcceptorReset(), Started("test"))
    assert corner.ordered(WatchCoins)[-1] == WatchCoins(0)


def test_a_worthless_coin_with_nobody_there_is_no_claim(corner: Corner) -> None:
    corner.happens(CoinAccepted(16, 1, 1))
    assert corner.noted(CoinKept)
    assert not corner.noted(ClaimIssued)


def test_money_of_another_payment_is_not_counted_here(corner: Corner) -> None:
    reach_pay(corner)
    corner.terminal = fold_all(corner.terminal, [CoinKept("0412-1-99999", 100, 2, None, 1)], corner.now)
    assert corner.payment.kept_minor == 0


def test_touches_that_fit_nowhere_change_nothing_in_any_stage(corner: Corner) -> None:
    pay_whole(corner).happens(PayPressed(), Entered("7F31"))
    assert isinstance(corner.stage, Delivered)
    corner.off(1)
    corner.start()
    corner.happens(DonePressed(), PayPressed())
    assert isinstance(corner.stage, Resuming)


def test_a_restart_waits_for_the_devices_that_have_not_been_heard_of(corner: Corner) -> None:
    reach_pay(corner)
    corner.off(5)
    corner.happens(Started("test"), DeviceWorks("coins"), CoinsStopped())
    assert isinstance(corner.stage, Resuming)
    corner.wait(9)
    assert isinstance(corner.stage, Resuming)
    corner.wait(1)
    assert isinstance(corner.stage, Idle)


def test_a_settled_payment_leaves_nothing_to_choose(corner: Corner) -> None:
    pay_whole(corner).off(5)
    corner.happens(Started("test"))
    screen = corner.screen
    assert isinstance(screen, ResumeScreen)
    assert screen.settling


def test_without_any_paper_the_take_screen_says_nothing_of_it(corner: Corner) -> None:
    payment = msgspec.structs.replace(pay_whole(corner).payment, jobs=())
    corner.terminal = msgspec.structs.replace(corner.terminal, stage=Taking(payment))
    screen = corner.screen
    assert isinstance(screen, TakeScreen)
    assert screen.paper is None


# --- what must not happen again ------------------------------------------------------------------------


def test_a_cancelled_payment_is_never_delivered_however_much_came_late(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200, 100)
    corner.happens(CancelPressed())
    corner.coin(100)
    corner.happens(CoinsStopped())
    corner.happens(PayoutDone(corner.ordered(PayOut)[0].order, 8, 0, 11))
    corner.off(5)
    corner.start()
    corner.happens(CoinsStopped())
    assert not corner.noted(CodeOpened)
    assert isinstance(corner.stage, Returning)


def test_money_that_is_on_a_slip_does_not_pay_a_second_time(corner: Corner) -> None:
    reach_pay(corner).coin(200, 100)
    corner.off(5)
    corner.start()
    corner.happens(CoinsStopped())
    corner.wait(90)
    assert corner.noted(ClaimIssued)
    corner.off(5)
    corner.start()
    corner.happens(CoinsStopped(), ContinuePressed())
    assert isinstance(corner.stage, Returning)


def test_after_days_nothing_falls_and_nothing_is_printed_into_an_empty_street(corner: Corner) -> None:
    reach_pay(corner).coin(200, 100)
    corner.happens(CancelPressed())
    corner.off(3 * 86_400)
    corner.start()
    corner.happens(CoinsStopped())
    assert not corner.ordered(PayOut)
    assert corner.noted(ClaimIssued)[-1].reason is ClaimReason.NOBODY_THERE


def test_after_days_coins_that_are_enough_are_a_claim_not_a_code(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200)
    corner.off(3 * 86_400)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Returning)
    assert corner.noted(ClaimIssued)[-1].amount_minor == 400


def test_a_paid_code_that_nobody_saw_for_days_is_an_alarm_and_stays_off_paper(corner: Corner) -> None:
    pay_whole(corner).off(3 * 86_400)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Taking)
    assert corner.noted(CodeNotSeen)
    assert len(corner.ordered(Print)) == 1, "only the one before the power cut"


def test_a_clock_that_went_back_does_not_hide_a_paid_code(corner: Corner) -> None:
    pay_whole(corner).off(-10 * 86_400)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.screen, ResultScreen)


def test_a_code_that_was_read_is_not_shown_to_the_next_one(corner: Corner) -> None:
    pay_whole(corner).happens(DonePressed())
    corner.off(5)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.stage, Taking)


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    corner.wait(180)
    assert [claim.reason for claim in corner.noted(ClaimIssued)] == [ClaimReason.PAYOUT_IN_DOUBT]
    corner.happens(Printed(corner.ordered(Print)[-1].job))
    corner.wait(30)
    assert isinstance(corner.stage, Idle)


def test_nor_after_a_restart(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    corner.off(5)
    corner.start()
    corner.happens(CoinsStopped())
    corner.wait(180)
    assert corner.noted(PayoutInDoubt)
    assert isinstance(corner.stage, Returning)


def test_a_hopper_that_moved_while_the_terminal_was_off_is_recorded_with_both_numbers(corner: Corner) -> None:
    corner.happens(HopperReady("hopper 1", 41))
    corner.off(600)
    corner.happens(HopperReady("hopper 1", 44))
    before, after = corner.noted(HopperCounterFound)[-2:]
    assert before.counter == after.counter_before == 41
    assert after.counter == 44


def test_a_hopper_that_moved_by_an_open_or_doubted_order_accuses_nobody(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    order = corner.ordered(PayOut)[-1]
    counter = order.counter_before or 0
    corner.happens(HopperReady(order.hopper, counter + 1))
    assert corner.noted(HopperCounterFound)[-1] == HopperCounterFound(order.hopper, counter + 1, None)
    corner.happens(PayoutUncertain(order.order, "nobody knows"), HopperReady(order.hopper, counter + 2))
    assert corner.noted(HopperCounterFound)[-1] == HopperCounterFound(order.hopper, counter + 2, None)


def test_a_hopper_that_fails_twice_is_not_asked_a_third_time(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    for _ in range(2):
        order = corner.ordered(PayOut)[-1]
        assert order.hopper == "hopper 1"
        corner.happens(PayoutDone(order.order, 0, order.coins, 10))
    assert corner.ordered(PayOut)[-1].hopper == "hopper 2"


def test_a_hopper_set_up_for_another_coin_is_not_thought_to_hold_the_old_ones(corner: Corner) -> None:
    hoppers = (HopperSetup("hopper 1", 50, 30), corner.site.hoppers[1])
    corner.site = msgspec.structs.replace(corner.site, hoppers=hoppers)
    corner.off(5)
    corner.start()
    assert corner.terminal.hoppers["hopper 1"].coin_minor == 50
    assert corner.terminal.hoppers["hopper 1"].coins == 30


def test_a_price_that_coins_cannot_make_is_refused_before_money(corner: Corner) -> None:
    debt = msgspec.structs.replace(CLAMP.debt, lines=(DebtLine("Odd", 755),))
    corner.books.clamps["7F314"] = msgspec.structs.replace(CLAMP, debt=debt)
    reach_review(corner)
    screen = corner.screen
    assert isinstance(screen, IdentifyScreen)
    assert screen.problem is RefusalReason.NO_COINS


OLD_COPY = DeviceBroke("server", "SYNC.FORK", "")


def test_a_journal_that_the_server_disowns_takes_no_money_until_it_is_taken_again(corner: Corner) -> None:
    corner.happens(OLD_COPY)
    assert isinstance(corner.screen, OutOfServiceScreen)
    assert corner.screen.reasons == (ClosedReason.JOURNAL,)
    corner.start()  # the server is silent now: that takes nothing back
    corner.happens(LineChosen("release"))
    assert isinstance(corner.screen, OutOfServiceScreen)
    corner.happens(DeviceWorks("printer"), DeviceWorks("server"))
    assert isinstance(corner.screen, StartScreen)


def test_a_payment_under_a_disowned_journal_is_given_back_and_opens_no_code(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.happens(OLD_COPY, CoinsStopped())
    assert corner.ordered(PayOut)[-1].coins == 1
    assert not [fact for fact in corner.facts if isinstance(fact, CodeOpened)]


def test_a_payment_of_an_old_copy_cannot_be_continued(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.start()
    corner.happens(OLD_COPY, CoinsStopped(), ContinuePressed())
    assert corner.ordered(PayOut)[-1].coins == 1
    assert any(isinstance(fact, PaymentCancelled) for fact in corner.facts)


def test_a_disk_that_is_low_ends_the_open_payment_with_the_money_back(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.happens(DeviceBroke("disk", "JOURNAL.DISK_LOW", ""), CoinsStopped())
    assert corner.ordered(PayOut)[-1].coins == 1
    corner.happens(PayoutDone(corner.ordered(PayOut)[-1].order, 1, 0, 11))
    corner.happens(Printed(corner.ordered(Print)[-1].job), DonePressed())
    screen = corner.screen
    assert isinstance(screen, OutOfServiceScreen)
    assert screen.reasons == (ClosedReason.JOURNAL,)
    corner.happens(DeviceWorks("disk"))
    assert isinstance(corner.screen, StartScreen)


def test_a_mistake_in_a_driver_takes_its_device_away(corner: Corner) -> None:
    corner.happens(DeviceBroke("coins driver", "DRIVER.MISTAKE", ""))
    assert isinstance(corner.screen, OutOfServiceScreen)
    corner.happens(DeviceWorks("coins driver"))
    assert isinstance(corner.screen, StartScreen)


def test_an_acceptor_that_confirms_again_and_again_does_not_hold_the_customer(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.off(5)
    corner.start()
    for _ in range(9):
        corner.happens(CoinsStopped())
        corner.wait(10)
    assert isinstance(corner.stage, Returning)


def test_a_rejected_coin_told_twice_is_recorded_once(corner: Corner) -> None:
    corner.happens(CoinRejected(8, 1), CoinRejected(8, 1))
    assert len(corner.noted(CoinTurnedAway)) == 1


def test_a_receipt_that_came_out_is_not_printed_again_after_a_restart(corner: Corner) -> None:
    pay_whole(corner).happens(Printed(corner.ordered(Print)[0].job))
    corner.off(5)
    corner.start()
    corner.happens(CoinsStopped())
    assert isinstance(corner.screen, ResultScreen)
    assert len(corner.ordered(Print)) == 1


def test_late_coins_behind_an_answer_that_never_comes_go_back_too(corner: Corner) -> None:
    reach_pay(corner).coin(100)
    corner.happens(CancelPressed(), CoinsStopped())
    corner.coin(20)
    corner.wait(180)
    assert corner.ordered(PayOut)[-1].hopper == "hopper 2"
    corner.happens(PayoutDone(corner.ordered(PayOut)[-1].order, 1, 0, 21))
    corner.happens(Printed(corner.ordered(Print)[-1].job))
    corner.wait(30)
    assert isinstance(corner.stage, Idle)


def test_an_old_copy_with_the_whole_price_in_it_opens_no_code_after_a_restart(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200, 100)
    corner.start()
    corner.coin(50)
    corner.happens(OLD_COPY, CoinsStopped())
    assert not corner.noted(PaymentSettled)
    assert corner.noted(PaymentCancelled)[0].reason is EndReason.NOTHING_WORKS
    assert corner.ordered(PayOut)


def test_what_the_server_holds_and_what_it_sends_goes_to_the_store(corner: Corner) -> None:
    page = BooksPage((), 2, 2, more=False)
    corner.happens(FactsArrived(1, 7), BooksArrived(page, complete=True))
    assert corner.ordered(NoteAcknowledged) == [NoteAcknowledged(1, 7)]
    assert corner.ordered(KeepBooks) == [KeepBooks(page, complete=True)]
