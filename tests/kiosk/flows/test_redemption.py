"""Slips that customers show, decision by decision; conservation and the end of every slip watch the corner."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows.commands import AcceptCoins, HoldClaim, PayOut, Print, StopCoins
from kiosk.flows.events import (
    BackPressed,
    CancelPressed,
    ClaimHeld,
    ClaimNotHeld,
    CoinsStopped,
    ContinuePressed,
    DeviceBroke,
    DeviceWorks,
    DonePressed,
    Entered,
    LineChosen,
    PayoutDone,
    PayPressed,
    PrintAgainPressed,
    Printed,
    Scanned,
    ServerSilent,
    StayPressed,
)
from kiosk.flows.screens import (
    PayScreen,
    ResultScreen,
    ResumeScreen,
    SlipRefusedScreen,
    StartScreen,
    StillThereScreen,
    TakeScreen,
    WaitScreen,
)
from kiosk.flows.state import Idle, Paying, Presenting, Returning, SlipRefused, Stopping, Taking
from parking.claims import ClaimReason, ClaimRefusal, read_slip
from parking.debts import DebtLine
from parking.facts import (
    ClaimIssued,
    ClaimPresented,
    ClaimRedeemed,
    ClaimTurnedAway,
    CodeOpened,
    MoneyReturning,
    PaymentClosed,
    PaymentOpened,
    PayoutPurpose,
    SecuredBy,
)
from parking.receipt import Paid, Slip, qr_text
from tests.kiosk.flows.corner import CLAMP, SIGNER, Corner, slip

NUMBER = "0413-1-C00007"


@pytest.fixture
def corner() -> Corner:
    return Corner()


@pytest.fixture
def online() -> Corner:
    corner = Corner()
    corner.happens(DeviceWorks("server"))
    return corner


def reach_pay(corner: Corner) -> Corner:
    corner.happens(LineChosen("release"), Entered("7F314"))
    if not isinstance(corner.screen, WaitScreen):
        corner.happens(PayPressed())
        return corner
    corner.wait(4)
    corner.happens(PayPressed())
    return corner


def last_turned_away(corner: Corner) -> ClaimTurnedAway:
    return corner.noted(ClaimTurnedAway)[-1]


# --- slip to coins -------------------------------------------------------------------------------------


def test_offline_a_slip_becomes_coins_in_one_step(corner: Corner) -> None:
    step = corner.happens(Scanned(slip(300)))
    assert [type(fact).__name__ for fact in step.facts] == [
        "ClaimPresented",
        "PaymentOpened",
        "ClaimRedeemed",
        "MoneyReturning",
        "PayoutOrdered",
    ]
    (order,) = [command for command in step.commands if isinstance(command, PayOut)]
    assert (order.hopper, order.coins) == ("hopper 1", 3)
    assert not corner.ordered(AcceptCoins), "no coin is let in"
    opened = corner.noted(PaymentOpened)[0]
    assert (opened.line, opened.subject, opened.price_minor) == ("claim", NUMBER, 0)
    assert corner.noted(ClaimRedeemed)[0].by is SecuredBy.BOOKS
    screen = corner.screen
    assert isinstance(screen, TakeScreen)
    assert (screen.redeemed, screen.cancelled, screen.returning) == (True, False, True)
    assert (screen.subject, screen.to_return_minor, screen.claims) == (NUMBER, 300, ())
    corner.happens(PayoutDone(order.order, 3, 0, 11))
    corner.wait(30)
    closed = corner.noted(PaymentClosed)[0]
    assert (closed.kept_minor, closed.delivered_minor, closed.paid_out_minor) == (300, 0, 300)
    assert isinstance(corner.screen, StartScreen)


def test_what_coins_cannot_make_of_a_slip_is_a_new_slip(corner: Corner) -> None:
    corner.happens(Scanned(slip(350)))
    (order,) = corner.ordered(PayOut)[:1]
    assert corner.payment.claimed_minor == 10, "3.00 and two 0.20"
    (printed,) = corner.ordered(Print)
    assert printed.receipt.slip is Slip.CLAIM
    assert not any(type(line).__name__ == "SubjectLine" for line in printed.receipt.lines)
    screen = corner.screen
    assert isinstance(screen, TakeScreen)
    (shown,) = screen.claims
    assert (shown.number, shown.amount_minor) == ("0412-1-C00001", 10)
    assert corner.books.claim(read_slip(shown.slip)) is None, "as good as any"
    corner.happens(PayoutDone(order.order, 3, 0, 11), Printed(printed.job), PrintAgainPressed())
    assert corner.ordered(Print)[-1].receipt.copy


def test_a_hopper_that_pays_less_leads_to_the_next_and_to_a_new_slip() -> None:
    corner = Corner(ones=3, twenties=2)
    corner.happens(Scanned(slip(300)))
    order = corner.ordered(PayOut)[0]
    corner.happens(PayoutDone(order.order, 2, 1, 11))
    second = corner.ordered(PayOut)[-1]
    assert (second.hopper, second.coins) == ("hopper 2", 2)
    assert corner.noted(ClaimIssued)[-1].amount_minor == 60


def test_a_slip_is_redeemed_once(corner: Corner) -> None:
    corner.happens(Scanned(slip(300)))
    corner.happens(PayoutDone(corner.ordered(PayOut)[0].order, 3, 0, 11), DonePressed())
    assert isinstance(corner.stage, Idle)
    corner.happens(Scanned(slip(300)))
    screen = corner.screen
    assert isinstance(screen, SlipRefusedScreen)
    assert (screen.number, screen.reason) == (NUMBER, ClaimRefusal.REDEEMED)
    assert len(corner.ordered(PayOut)) == 1


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("CLAIM:", "", ClaimRefusal.UNREADABLE),
        ("claim:0413-1-C00007", "", ClaimRefusal.UNREADABLE),
        (slip(300)[:-4], "", ClaimRefusal.UNREADABLE),
        (slip(300, currency="PLN"), NUMBER, ClaimRefusal.OTHER_CURRENCY),
        (slip(300).replace(":300:", ":900:"), NUMBER, ClaimRefusal.FORGED),
        (slip(300, number="0499-1-C00007"), "0499-1-C00007", ClaimRefusal.UNKNOWN_ISSUER),
    ],
)
def test_a_slip_that_is_none_is_refused_with_the_reason(
    corner: Corner, text: str, number: str, reason: ClaimRefusal
) -> None:
    corner.happens(Scanned(text))
    screen = corner.screen
    assert isinstance(screen, SlipRefusedScreen)
    assert (screen.number, screen.reason) == (number, reason)
    assert not corner.noted(ClaimPresented)
    corner.happens(BackPressed())
    assert isinstance(corner.stage, Idle)


def test_after_a_refusal_the_next_slip_may_be_shown_straight_away(corner: Corner) -> None:
    corner.happens(Scanned("CLAIM:"), Scanned("7F314"))
    assert isinstance(corner.stage, SlipRefused), "a clamp is for the start screen"
    corner.happens(Scanned(slip(300)))
    assert isinstance(corner.stage, Returning)


def test_nobody_at_a_refusal_is_asked_and_then_sent_home(corner: Corner) -> None:
    corner.happens(Scanned("CLAIM:"))
    corner.wait(60)
    assert isinstance(corner.screen, StillThereScreen)
    corner.happens(StayPressed())
    assert isinstance(corner.screen, SlipRefusedScreen)
    corner.wait(90)
    assert isinstance(corner.stage, Idle)


def test_where_a_clamp_is_asked_for_a_slip_is_taken_too(corner: Corner) -> None:
    corner.happens(LineChosen("release"), Scanned(slip(300)))
    assert isinstance(corner.stage, Returning)


def test_hoppers_without_coins_turn_a_slip_away_before_it_is_redeemed() -> None:
    corner = Corner(ones=0, twenties=0)
    corner.happens(Scanned(slip(300)))
    assert last_turned_away(corner) == ClaimTurnedAway(NUMBER, ClaimRefusal.NO_COINS)
    assert not corner.noted(ClaimPresented)
    corner.happens(BackPressed())
    reach_pay(corner).happens(Scanned(slip(300)))
    assert corner.payment.kept_minor == 300, "to pay with it is good"


def test_a_closed_terminal_takes_no_slip(corner: Corner) -> None:
    corner.happens(DeviceBroke("coins", "COIN.JAM", ""), Scanned(slip(300)))
    assert isinstance(corner.stage, Idle)
    assert not corner.noted(ClaimTurnedAway)


# --- the server is asked -------------------------------------------------------------------------------


def test_with_a_server_its_hold_comes_first(online: Corner) -> None:
    step = online.happens(Scanned(slip(300)))
    (hold,) = [command for command in step.commands if isinstance(command, HoldClaim)]
    assert hold.claim.text == slip(300)
    assert online.noted(ClaimPresented) == [
        ClaimPresented(NUMBER, 300, ClaimReason.CHANGE_SHORT, hold.reference)
    ]
    screen = online.screen
    assert isinstance(screen, WaitScreen)
    assert (screen.subject, screen.for_claim) == (NUMBER, True)
    online.happens(ClaimHeld("another"), ClaimHeld(hold.reference))
    assert online.noted(ClaimRedeemed)[0].by is SecuredBy.SERVER
    assert isinstance(online.stage, Returning)


@pytest.mark.parametrize("reason", ClaimRefusal)
def test_a_server_that_refuses_is_right(online: Corner, reason: ClaimRefusal) -> None:
    online.happens(Scanned(slip(300)))
    online.happens(ClaimNotHeld(online.ordered(HoldClaim)[0].reference, reason))
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, reason)
    assert not online.ordered(PayOut)
    assert isinstance(online.stage, Idle if reason is ClaimRefusal.LET_GO else SlipRefused)


def test_a_silent_server_leaves_it_to_the_books(online: Corner) -> None:
    online.happens(Scanned(slip(300)))
    online.happens(ServerSilent(online.ordered(HoldClaim)[0].reference))
    assert online.noted(ClaimRedeemed)[0].by is SecuredBy.BOOKS


def test_a_server_that_takes_too_long_too_and_its_late_answer_changes_nothing(online: Corner) -> None:
    online.happens(Scanned(slip(300)))
    online.wait(3)
    assert isinstance(online.stage, Presenting)
    online.wait(1)
    assert online.noted(ClaimRedeemed)[0].by is SecuredBy.BOOKS
    reference = online.ordered(HoldClaim)[0].reference
    assert online.happens(ClaimNotHeld(reference, ClaimRefusal.REDEEMED), ClaimHeld(reference)).facts == ()


def test_a_slip_that_a_hopper_may_have_paid_is_taken_with_the_servers_hold_only(online: Corner) -> None:
    text = slip(300, reason=ClaimReason.PAYOUT_IN_DOUBT)
    online.happens(Scanned(text))
    online.happens(ServerSilent(online.ordered(HoldClaim)[-1].reference))
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.UNCHECKED)
    online.happens(Scanned(text))
    online.happens(ClaimHeld(online.ordered(HoldClaim)[-1].reference))
    assert online.noted(ClaimRedeemed)


def test_a_slip_of_a_terminal_that_the_books_do_not_know_is_taken_with_the_servers_hold_only(
    online: Corner,
) -> None:
    number = "0499-1-C00007"
    text = slip(300, number=number)
    online.happens(Scanned(text))
    assert not online.noted(ClaimPresented)[-1].proven
    online.books.claim_keys["0499", 1] = SIGNER.public_key  # it comes too late: nobody has compared it
    online.happens(ServerSilent(online.ordered(HoldClaim)[-1].reference))
    assert last_turned_away(online) == ClaimTurnedAway(number, ClaimRefusal.UNKNOWN_ISSUER)
    del online.books.claim_keys["0499", 1]
    online.happens(Scanned(text))
    online.happens(ClaimHeld(online.ordered(HoldClaim)[-1].reference))
    assert online.noted(ClaimRedeemed)[-1].by is SecuredBy.SERVER


def test_what_the_books_learn_while_the_server_is_asked_counts(online: Corner) -> None:
    online.happens(Scanned(slip(300)))
    online.books.redeemed.add(NUMBER)
    online.wait(4)
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.REDEEMED)


def test_hoppers_that_fail_while_the_server_is_asked_turn_the_slip_away(online: Corner) -> None:
    online.happens(Scanned(slip(300)))
    online.happens(DeviceBroke("hopper 1", "HOP.SILENT", ""), DeviceBroke("hopper 2", "HOP.SILENT", ""))
    online.happens(ClaimHeld(online.ordered(HoldClaim)[-1].reference))
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.NO_COINS)


@pytest.mark.parametrize("way_out", [BackPressed(), CancelPressed()])
def test_a_customer_who_leaves_takes_the_slip_along(online: Corner, way_out: BackPressed) -> None:
    online.happens(Scanned(slip(300)), way_out)
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.LET_GO)
    assert isinstance(online.stage, Idle)


def test_a_disk_that_is_low_lets_the_slip_go(online: Corner) -> None:
    online.happens(Scanned(slip(300)), DeviceBroke("printer", "PRN.PAPER_OUT", ""))
    assert isinstance(online.stage, Presenting)
    online.happens(DeviceBroke("disk", "JOURNAL.DISK_LOW", ""))
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.LET_GO)


def test_only_a_way_out_an_answer_or_time_ends_the_question(online: Corner) -> None:
    online.happens(Scanned(slip(300)))
    assert online.happens(PayPressed(), Scanned(slip(300))).facts == ()
    assert isinstance(online.stage, Presenting)


# --- slip as money -------------------------------------------------------------------------------------


def test_a_slip_pays_like_a_coin(corner: Corner) -> None:
    reach_pay(corner).coin(200)
    corner.happens(Scanned(slip(500)))
    screen = corner.screen
    assert isinstance(screen, PayScreen)
    assert (screen.kept_minor, screen.claim_asked, screen.claim_problem) == (700, False, None)
    assert screen.receipt_number == "0412-1-00001"
    corner.coin(50)
    assert isinstance(corner.screen, ResultScreen)
    (receipt,) = [printed.receipt for printed in corner.ordered(Print)]
    assert [line for line in receipt.lines if isinstance(line, Paid)] == [
        Paid("coins", 250),
        Paid("claims", 500),
    ]


def test_a_slip_alone_can_pay_the_whole_price_and_change_comes_back(corner: Corner) -> None:
    reach_pay(corner)
    step = corner.happens(Scanned(slip(1000)))
    assert [type(fact).__name__ for fact in step.facts][:4] == [
        "ClaimPresented",
        "ClaimRedeemed",
        "PaymentSettled",
        "CodeOpened",
    ]
    assert StopCoins() in step.commands
    assert [order.coins for order in corner.ordered(PayOut)] == [2, 2]
    assert corner.payment.claimed_minor == 10, "2.50 from 1.00 and 0.20"
    release = next(p.receipt for p in corner.ordered(Print) if p.receipt.slip is Slip.RELEASE)
    assert [line for line in release.lines if isinstance(line, Paid)] == [Paid("claims", 1000)]


def test_without_change_the_rest_of_a_slip_is_a_new_slip() -> None:
    corner = Corner(ones=0, twenties=0)
    reach_pay(corner).happens(Scanned(slip(1000)))
    screen = corner.screen
    assert isinstance(screen, ResultScreen)
    (shown,) = screen.claims
    assert shown.amount_minor == 250
    slips = [print_.receipt for print_ in corner.ordered(Print) if print_.receipt.slip is Slip.CLAIM]
    assert len(slips) == 1
    again = SIGNER.sign(read_slip(shown.slip).slip).text
    assert again == shown.slip
    with pytest.raises(TypeError):
        qr_text(slips[0])


def test_coins_go_on_being_credited_while_the_server_is_asked(online: Corner) -> None:
    reach_pay(online).happens(Scanned(slip(300)))
    screen = online.screen
    assert isinstance(screen, PayScreen)
    assert screen.claim_asked
    online.coin(200)
    assert isinstance(online.stage, Paying)
    online.happens(ClaimHeld(online.ordered(HoldClaim)[-1].reference))
    assert online.payment.kept_minor == 500
    assert online.payment.redeemed_minor == 300


def test_coins_do_not_put_off_the_end_of_the_question(online: Corner) -> None:
    reach_pay(online).happens(Scanned(slip(300)))
    for _ in range(4):
        online.wait(1)
        online.coin(20)
    assert online.payment.redeemed_minor == 300


def test_a_slip_is_let_go_when_coins_pay_meanwhile(online: Corner) -> None:
    reach_pay(online).happens(Scanned(slip(300)))
    online.coin(200, 200, 200, 100, 50)
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.LET_GO)
    reference = online.ordered(HoldClaim)[-1].reference
    assert online.happens(ClaimHeld(reference)).facts == ()
    assert len(online.noted(CodeOpened)) == 1


def test_one_slip_at_a_time(online: Corner) -> None:
    reach_pay(online).happens(Scanned(slip(300)))
    other = slip(200, number="0413-1-C00008")
    assert online.happens(Scanned(other)).facts == ()
    online.happens(ClaimHeld(online.ordered(HoldClaim)[-1].reference))
    online.happens(Scanned(other))
    online.happens(ClaimHeld(online.ordered(HoldClaim)[-1].reference))
    assert online.payment.redeemed_minor == 500


def test_the_same_slip_does_not_pay_twice_and_the_notice_stays_until_the_next_coin(corner: Corner) -> None:
    reach_pay(corner).happens(Scanned(slip(300)), Scanned(slip(300)))
    screen = corner.screen
    assert isinstance(screen, PayScreen)
    assert (screen.kept_minor, screen.claim_problem) == (300, ClaimRefusal.REDEEMED)
    corner.wait(5)
    assert corner.screen == screen
    corner.coin(20)
    screen = corner.screen
    assert isinstance(screen, PayScreen)
    assert screen.claim_problem is None
    corner.happens(Scanned("CLAIM:"))
    screen = corner.screen
    assert isinstance(screen, PayScreen)
    assert screen.claim_problem is ClaimRefusal.UNREADABLE


def test_a_clamp_scanned_while_paying_changes_nothing(corner: Corner) -> None:
    assert reach_pay(corner).happens(Scanned("7F314")).facts == ()


def test_a_cancelled_payment_gives_the_slips_money_back_too(corner: Corner) -> None:
    reach_pay(corner).happens(Scanned(slip(300)))
    corner.coin(200)
    corner.happens(CancelPressed(), CoinsStopped())
    assert [order.coins for order in corner.ordered(PayOut)] == [5]
    cancelled = corner.ordered(Print)[-1].receipt
    assert [line for line in cancelled.lines if isinstance(line, Paid)] == [
        Paid("coins", 200),
        Paid("claims", 300),
    ]


def test_cancelling_lets_go_of_the_slip_that_is_asked_about(online: Corner) -> None:
    reach_pay(online).happens(Scanned(slip(300)), CancelPressed())
    assert isinstance(online.stage, Stopping)
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.LET_GO)
    online.happens(CoinsStopped())
    assert isinstance(online.stage, Idle)


def test_an_odd_rest_that_no_coin_makes_can_be_overpaid(corner: Corner) -> None:
    reach_pay(corner).coin(200, 200, 200, 100)
    corner.happens(Scanned(slip(45)))
    assert corner.ordered(AcceptCoins)[-1].positions == {5}, "0.05 are missing, 0.10 is the smallest coin"
    corner.coin(10)
    assert isinstance(corner.screen, ResultScreen)
    assert corner.payment.claimed_minor == 5


def test_the_same_with_a_payment_for_exact_money() -> None:
    corner = Corner(ones=0, twenties=0)
    reach_pay(corner).happens(Scanned(slip(745)))
    assert corner.ordered(AcceptCoins)[-1].positions == {5}
    corner.coin(10)
    assert isinstance(corner.screen, ResultScreen)


def test_in_other_stages_a_slip_is_ignored(corner: Corner) -> None:
    corner.happens(LineChosen("release"), Entered("7F314"))
    assert corner.happens(Scanned(slip(300))).facts == ()
    corner.happens(PayPressed())
    corner.coin(200, 200, 200, 100, 50)
    assert corner.happens(Scanned(slip(300))).facts == ()


# --- after a restart -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pays", [False, True])
def test_a_restart_lets_go_of_the_slip_that_was_asked_about(online: Corner, *, pays: bool) -> None:
    if pays:
        reach_pay(online)
    online.happens(Scanned(slip(300)))
    online.off(2)
    online.start()
    assert last_turned_away(online) == ClaimTurnedAway(NUMBER, ClaimRefusal.LET_GO)
    online.happens(CoinsStopped())
    assert isinstance(online.stage, Idle)


def test_a_payment_of_slips_only_goes_on_after_a_restart(corner: Corner) -> None:
    reach_pay(corner).happens(Scanned(slip(300)))
    corner.off(20)
    corner.start()
    corner.happens(CoinsStopped())
    screen = corner.screen
    assert isinstance(screen, ResumeScreen)
    assert (screen.kept_minor, screen.settling, screen.receipt_number) == (300, False, "0412-1-00001")
    corner.happens(ContinuePressed(), Scanned(slip(450, number="0413-1-C00008")))
    assert isinstance(corner.screen, ResultScreen)


def test_coins_for_a_slip_go_on_after_a_restart(corner: Corner) -> None:
    corner.happens(Scanned(slip(300)))
    order = corner.ordered(PayOut)[0]
    corner.off(20)
    corner.start()
    corner.happens(CoinsStopped(), PayoutDone(order.order, 1, 2, 10))
    corner.wait(1)
    assert isinstance(corner.stage, Returning)
    assert [ordered.coins for ordered in corner.ordered(PayOut)] == [3, 2]
    assert not corner.noted(CodeOpened)


def test_after_days_the_rest_of_a_slip_is_a_new_slip(corner: Corner) -> None:
    corner.happens(Scanned(slip(300)))
    order = corner.ordered(PayOut)[0]
    corner.off(86_400)
    corner.start()
    corner.happens(CoinsStopped(), PayoutDone(order.order, 1, 2, 10))
    corner.wait(1)
    assert corner.noted(ClaimIssued)[-1].reason is ClaimReason.NOBODY_THERE
    assert corner.noted(ClaimIssued)[-1].amount_minor == 200
    assert len(corner.ordered(PayOut)) == 1


# --- laws ----------------------------------------------------------------------------------------------


@given(amounts=st.lists(st.integers(1, 900), min_size=1, max_size=6), ones=st.integers(0, 9))
def test_a_price_is_paid_by_slips_whatever_they_are_worth(amounts: list[int], ones: int) -> None:
    corner = Corner(ones=ones, twenties=3)
    reach_pay(corner)
    paid = 0
    for number, amount in enumerate(amounts):
        if isinstance(corner.stage, Paying):
            corner.happens(Scanned(slip(amount, number=f"0413-1-C{number:05d}")))
            paid += amount
    assert isinstance(corner.screen, ResultScreen if paid >= 750 else PayScreen)
    assert corner.payment.kept_minor == paid


@given(amount=st.integers(1, 2000), ones=st.integers(0, 9), twenties=st.integers(0, 9))
def test_a_slip_turned_into_coins_and_slips_is_soon_used_up(amount: int, ones: int, twenties: int) -> None:
    """Each turn pays at least one coin: nobody is sent round in circles with slip after slip."""
    corner = Corner(ones=ones, twenties=twenties)
    text, turns = slip(amount), 0
    while True:
        corner.happens(Scanned(text))
        if not isinstance(corner.stage, Returning | Taking):
            break
        turns += 1
        orders = [order for order in corner.ordered(PayOut) if order.order in _open_orders(corner)]
        assert orders
        for order in orders:
            corner.happens(PayoutDone(order.order, order.coins, 0, 99))
        rest = corner.payment.claims
        for job in corner.payment.jobs:
            corner.happens(Printed(job.job))
        screen = corner.screen
        assert isinstance(screen, TakeScreen)
        corner.happens(DonePressed())
        assert isinstance(corner.stage, Idle)
        if not rest:
            break
        text = screen.claims[-1].slip
    assert turns <= ones + twenties + 1


def _open_orders(corner: Corner) -> set[str]:
    return {order.order for order in corner.payment.open_orders}


def test_a_redemption_pays_out_as_money_that_goes_back(corner: Corner) -> None:
    corner.happens(Scanned(slip(300)))
    assert corner.payment.payouts[0].purpose is PayoutPurpose.REFUND
    assert len(corner.noted(MoneyReturning)) == 1


def test_an_unpayable_debt_is_still_refused_before_any_slip(corner: Corner) -> None:
    debt = msgspec.structs.replace(CLAMP.debt, lines=(DebtLine("Odd", 755),))
    corner.books.clamps["7F314"] = msgspec.structs.replace(CLAMP, debt=debt)
    corner.happens(LineChosen("release"), Entered("7F314"))
    assert not corner.noted(PaymentOpened)
