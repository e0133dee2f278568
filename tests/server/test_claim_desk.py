"""Holding a slip for one terminal, and what staff do with claims."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from parking.claims import ClaimReason, ClaimRefusal
from parking.facts import ClaimPresented, ClaimTurnedAway
from parking.wire import ClaimHold, ClaimNotTaken, ClaimRequest
from server.office import claim_desk
from server.store import tables
from tests.server.slips import Signer, issued, taken
from tests.server.world import Terminal, World


class Street:
    """Terminal 0412 issued a claim over 7.50; 0413 and 0414 stand elsewhere."""

    def __init__(self, world: World, reason: ClaimReason = ClaimReason.CHANGE_SHORT) -> None:
        self.world = world
        self.signer = Signer("0412")
        self.issuer, self.left, self.right = (world.terminal(number) for number in ("0412", "0413", "0414"))
        self.number = self.signer.number(12)
        self.slip = self.signer.slip(12, reason=reason)
        self.issuer.send(self.issuer.write(self.signer.made, *issued("0412-1", self.number, reason=reason)))

    def shows(self, terminal: Terminal, reference: str) -> None:
        terminal.send(terminal.write(ClaimPresented(self.number, 750, ClaimReason.CHANGE_SHORT, reference)))

    def lets_go(self, terminal: Terminal) -> None:
        terminal.send(terminal.write(ClaimTurnedAway(self.number, ClaimRefusal.LET_GO)))

    def confirm(self) -> None:
        with self.world.database.writing() as connection:
            claim_desk.confirm(connection, self.number, self.world.clock())

    def pay(self) -> claim_desk.Settled:
        with self.world.database.writing() as connection:
            return claim_desk.pay(connection, self.number, self.world.clock())

    def free(self) -> claim_desk.Settled:
        with self.world.database.writing() as connection:
            return claim_desk.free(connection, self.number)

    def void(self) -> claim_desk.Settled:
        with self.world.database.writing() as connection:
            return claim_desk.void(connection, self.number, self.world.clock())

    def asked(self, terminal: Terminal, reference: str) -> str:
        answer = terminal.hold(self.slip, reference)
        if answer.status_code == 200:
            assert answer.json() == {"reference": reference}
            return "held for it"
        assert 10 < len(answer.json()["detail"]) < 200
        return str(answer.json()["reason"])


@pytest.fixture
def street(world: World) -> Street:
    return Street(world)


def alarm_kinds(world: World) -> list[str]:
    return [row["kind"] for row in world.rows(tables.alarms)]


# --- holding -------------------------------------------------------------------------------------------


def test_a_slip_is_held_for_one_terminal_which_may_ask_again(street: Street) -> None:
    assert street.asked(street.left, "r-1") == "held for it"
    assert street.asked(street.left, "r-1") == "held for it"
    assert street.asked(street.left, "r-2") == "held for it"
    assert street.asked(street.right, "r-1") == "held"
    street.world.clock.forward(10 * 24 * 60 * 60 * 1000)
    assert street.asked(street.right, "r-1") == "held"


def test_the_issuer_takes_its_own_slip_like_any_other_terminal(street: Street) -> None:
    assert street.asked(street.issuer, "r-1") == "held for it"
    assert street.asked(street.left, "r-1") == "held"


def test_a_slip_that_was_taken_is_never_held_again(street: Street) -> None:
    street.left.send(street.left.write(*taken("0413-1", street.number)))

    assert [street.asked(terminal, "r-9") for terminal in (street.left, street.right)] == ["redeemed"] * 2


def test_who_lets_go_lets_the_next_terminal_in(street: Street) -> None:
    street.asked(street.left, "r-1")
    street.shows(street.left, "r-1")
    assert street.asked(street.right, "r-1") == "held"
    street.lets_go(street.left)

    assert street.asked(street.right, "r-1") == "held for it"


def test_a_copy_of_the_request_that_comes_after_the_end_holds_nothing(street: Street) -> None:
    street.asked(street.left, "r-1")
    street.shows(street.left, "r-1")
    street.lets_go(street.left)

    assert street.asked(street.left, "r-1") == "let-go"
    assert street.asked(street.right, "r-1") == "held for it"


def test_the_only_copy_of_the_request_that_comes_after_the_end_holds_nothing(street: Street) -> None:
    street.shows(street.left, "r-1")
    street.lets_go(street.left)

    assert street.asked(street.left, "r-1") == "let-go"
    assert street.asked(street.right, "r-1") == "held for it"


def test_an_old_end_that_is_heard_late_does_not_end_the_new_hold(street: Street) -> None:
    """The facts of the first try come up when the second try holds the slip already."""
    street.asked(street.left, "r-1")
    street.asked(street.left, "r-2")
    street.asked(street.left, "r-1")  # late
    street.shows(street.left, "r-1")
    street.lets_go(street.left)
    assert street.asked(street.right, "r-1") == "held"

    street.shows(street.left, "r-2")
    street.lets_go(street.left)
    assert street.asked(street.right, "r-1") == "held for it"


def test_who_shows_it_again_has_let_go_of_the_first_try(street: Street) -> None:
    """A terminal that was switched off in between has no more than its newest try."""
    street.asked(street.left, "r-1")
    street.shows(street.left, "r-1")
    street.shows(street.left, "r-2")

    assert street.asked(street.left, "r-1") == "let-go"
    assert street.asked(street.left, "r-2") == "held for it"


def test_of_many_terminals_that_ask_at_once_one_gets_it(street: Street) -> None:
    numbers = [street.world.terminal(f"0{number}").number for number in range(500, 508)]
    together = threading.Barrier(len(numbers))

    def ask(number: str) -> ClaimHold | ClaimNotTaken:
        together.wait(30)
        with street.world.database.writing() as connection:
            request = ClaimRequest(street.slip, f"r-{number}")
            return claim_desk.hold(connection, request, terminal=number, now_ms=street.world.clock())

    with ThreadPoolExecutor(len(numbers)) as pool:
        answers = list(pool.map(ask, numbers))

    assert sum(isinstance(answer, ClaimHold) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, ClaimNotTaken)} == {ClaimRefusal.HELD}


# --- slips that are not taken --------------------------------------------------------------------------


def test_a_slip_whose_issue_is_not_heard_of_yet_is_held_by_its_signature(street: Street) -> None:
    new = street.signer.slip(99, 300)

    assert street.left.hold(new, "r-1").status_code == 200
    assert street.right.hold(new, "r-1").json()["reason"] == "held"


def test_a_slip_of_another_key_is_forged(street: Street) -> None:
    answers = [
        street.left.hold(Signer("0412").slip(12), "r-1"),
        street.left.hold(Signer("0415").slip(12), "r-1"),
        street.left.hold(Signer("0412", epoch=2, private=street.signer.private).slip(12), "r-1"),
        street.left.hold(street.slip.replace(":750:", ":7500:"), "r-1"),
        street.left.hold(street.slip.replace("C00012", "C00013"), "r-1"),
    ]

    assert [(answer.status_code, answer.json()["reason"]) for answer in answers] == [(404, "forged")] * 5
    assert street.asked(street.left, "r-1") == "held for it"


def test_two_keys_of_one_epoch_are_both_good(street: Street) -> None:
    second = Signer("0412")
    street.issuer.send(street.issuer.write(second.made))

    assert street.left.hold(second.slip(20), "r-1").status_code == 200
    assert street.left.hold(street.signer.slip(21), "r-2").status_code == 200


def test_a_signed_slip_that_says_something_else_than_its_issue_is_refused_and_an_alarm(
    street: Street,
) -> None:
    more = street.signer.slip(12, 7500)

    assert [street.left.hold(more, "r-1").json()["reason"] for _ in range(2)] == ["forged"] * 2
    assert alarm_kinds(street.world) == ["claim-differs"]
    assert "75.00 EUR" in street.world.rows(tables.alarms)[0]["detail"]
    assert street.asked(street.right, "r-1") == "held for it"


@pytest.mark.parametrize(
    "text", ["", "CLAIM:", "482913", "x" * 10_000, "CLAIM:0412-1-C00012:750:EUR:LUCK:AAAA", "\0"]
)
def test_what_is_no_slip_is_unreadable(street: Street, text: str) -> None:
    answer = street.left.hold(text, "r-1")

    assert (answer.status_code, answer.json()["reason"]) == (422, "unreadable")


def test_a_slip_in_no_currency_of_ours_is_refused(street: Street) -> None:
    answer = street.left.hold(street.signer.slip(13, currency="XTS"), "r-1")

    assert (answer.status_code, answer.json()["reason"]) == (409, "other-currency")


@pytest.mark.parametrize("reference", ["", "x" * 65, "a\0b", "a\nb"])
def test_a_reference_that_is_none_is_refused(street: Street, reference: str) -> None:
    answer = street.left.hold(street.slip, reference)

    assert answer.status_code == 422
    assert "`reference` needs 1 to 64" in answer.json()["detail"]


# --- staff ---------------------------------------------------------------------------------------------


def test_a_claim_whose_payout_is_in_doubt_is_taken_when_staff_have_confirmed_it(world: World) -> None:
    street = Street(world, ClaimReason.PAYOUT_IN_DOUBT)
    assert street.asked(street.left, "r-1") == "unchecked"
    with pytest.raises(claim_desk.ClaimActRefusedError, match="count it, then `claim confirm"):
        street.pay()

    street.confirm()
    assert street.asked(street.left, "r-1") == "held for it"
    with pytest.raises(claim_desk.ClaimActRefusedError, match="is owed"):
        street.void()


def test_a_claim_that_the_hopper_had_paid_is_void_for_all(world: World) -> None:
    street = Street(world, ClaimReason.PAYOUT_IN_DOUBT)

    assert street.void().money == "7.50 EUR"
    assert street.asked(street.left, "r-1") == "redeemed"
    for act in (street.confirm, street.pay, street.void):
        with pytest.raises(claim_desk.ClaimActRefusedError, match="was made void before"):
            act()


def test_what_the_office_has_paid_no_terminal_takes(street: Street) -> None:
    assert street.pay().money == "7.50 EUR"

    assert street.asked(street.left, "r-1") == "redeemed"
    assert street.left.books(after=2).json()["rows"][-1]["claim"] == street.number
    with pytest.raises(claim_desk.ClaimActRefusedError, match="was paid by the office before"):
        street.pay()


def test_what_the_office_has_paid_and_a_terminal_took_offline_is_an_alarm(street: Street) -> None:
    street.pay()
    street.left.send(street.left.write(*taken("0413-1", street.number)))

    assert alarm_kinds(street.world) == ["claim-redeemed-twice"]
    assert "and again by the office" in street.world.rows(tables.alarms)[0]["detail"]


def test_the_office_does_not_pay_what_a_terminal_took_or_has_in_hand(street: Street) -> None:
    street.asked(street.left, "r-1")
    with pytest.raises(
        claim_desk.ClaimActRefusedError, match="terminal 0413 has claim 0412-1-C00012 in hand"
    ):
        street.pay()

    street.left.send(street.left.write(*taken("0413-1", street.number)))
    with pytest.raises(claim_desk.ClaimActRefusedError, match="was taken by payment 0413-1 at terminal 0413"):
        street.pay()


def test_a_claim_of_a_terminal_that_is_gone_can_be_freed(street: Street) -> None:
    street.asked(street.left, "r-1")

    assert street.free().holders == ("0413",)
    assert street.asked(street.left, "r-1") == "let-go"
    street.shows(street.left, "r-1")
    assert street.asked(street.left, "r-1") == "let-go"
    assert street.asked(street.right, "r-1") == "held for it"
    street.lets_go(street.right)
    street.left.send(street.left.write(*taken("0413-1", street.number)))
    street.right.send(street.right.write(*taken("0414-1", street.number)))
    assert alarm_kinds(street.world) == ["claim-redeemed-twice"]


@pytest.mark.parametrize("number", ["0412-1-C00099", "0412-1-C12", "<b>", ""])
def test_staff_are_told_what_is_no_claim(street: Street, number: str) -> None:
    with street.world.database.writing() as connection:
        for act in (claim_desk.confirm, claim_desk.pay, claim_desk.void):
            with pytest.raises(
                claim_desk.ClaimActRefusedError, match=r"not heard of claim|no number of a claim"
            ):
                act(connection, number, 0)
        with pytest.raises(claim_desk.ClaimActRefusedError, match="in hand; `claim list`"):
            claim_desk.free(connection, number)


def test_a_claim_that_is_not_in_doubt_needs_no_confirmation(street: Street) -> None:
    with pytest.raises(claim_desk.ClaimActRefusedError, match="is not in doubt"):
        street.confirm()
