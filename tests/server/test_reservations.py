"""Reservations: one at a time, the same answer when asked again, over by themselves."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from parking.facts import ConversationEnded, EndReason, SubjectNamed
from parking.wire import Refused, Reservation, ReservationRequest
from server.office import release
from tests.server.world import NOON_MS, World, cancelled_with_claim, document_of, released


def test_a_reservation_brings_the_document_and_its_end(world: World) -> None:
    answer = world.terminal("0412").reserve("7f31-4", "r-1")

    assert answer.status_code == 200
    assert answer.json()["reference"] == "r-1"
    assert answer.json()["expires_at_ms"] == NOON_MS + release.HOLD_MS
    assert answer.json()["document"]["code"] == "482913"
    assert answer.json()["document"]["debt"]["plate"] == "HH-AB 123"


def test_the_same_reference_gets_the_same_answer(world: World) -> None:
    terminal = world.terminal("0412")
    first = terminal.reserve("7F314", "r-1")
    world.clock.forward(60_000)

    assert terminal.reserve("7F314", "r-1").json() == first.json()


def test_another_terminal_is_refused_until_the_time_is_over(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.reserve("7F314", "r-1")

    refused = second.reserve("7F314", "r-1")
    assert (refused.status_code, refused.json()["reason"]) == (409, "taken")
    assert "7F314" in refused.json()["detail"]
    world.clock.forward(release.HOLD_MS)
    assert second.reserve("7F314", "r-2").status_code == 200
    assert first.reserve("7F314", "r-3").json()["reason"] == "taken"


def test_a_terminal_s_next_customer_takes_the_place_of_its_last_one(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.reserve("7F314", "r-1")
    world.clock.forward(60_000)

    again = terminal.reserve("7F314", "r-2")
    assert (again.status_code, again.json()["expires_at_ms"]) == (200, NOON_MS + 60_000 + release.HOLD_MS)


@pytest.mark.parametrize(
    ("identifier", "status", "reason"),
    [
        ("9Z999", 404, "unknown"),
        ("5R790", 409, "nothing-due"),
        ("", 404, "unknown"),
        ("7\u0424314", 404, "unknown"),
        ("7F314\n", 404, "unknown"),
        ("A" * 10_000, 404, "unknown"),
    ],
)
def test_what_cannot_be_reserved_is_refused_with_a_reason(
    world: World, identifier: str, status: int, reason: str
) -> None:
    answer = world.terminal("0412").reserve(identifier, "r-1")

    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert 10 < len(answer.json()["detail"]) < 200


@pytest.mark.parametrize("reference", ["", "x" * 65, "a\0b", "a\nb"])
def test_a_reference_that_is_none_is_refused(door: World, reference: str) -> None:
    answer = door.terminal("0412").reserve("7F314", reference)

    assert answer.status_code == 422
    assert "`reference` needs 1 to 64" in answer.json()["detail"]


def test_a_released_clamp_is_not_due_any_more(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.reserve("7F314", "r-1")
    first.send(first.write(*released(document_of(first.books(), "7F314"), "0412-1")))

    assert second.reserve("7F314", "r-2").json()["reason"] == "nothing-due"
    world.fit("7F314")
    assert second.reserve("7F314", "r-3").status_code == 200


def test_a_code_that_was_shown_elsewhere_is_not_given_again(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    wrong_clamp = document_of(first.books(), "7F314")
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE codes SET shown_at_ms = 1 WHERE clamp = '7F314' AND number = 1")
    assert wrong_clamp.code_number == 1

    assert second.reserve("7F314", "r-1").json()["reason"] == "no-code"


def test_a_code_that_does_not_open_cannot_be_promised(world: World) -> None:
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE codes SET box = 'c3BvaWxlZA==' WHERE clamp = '7F314'")

    assert world.terminal("0412").reserve("7F314", "r-1").json()["reason"] == "no-code"


def test_who_walks_away_lets_the_next_terminal_in(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.send(first.write(SubjectNamed("7F314", "r-1")))
    first.reserve("7F314", "r-1")
    assert second.reserve("7F314", "r-1").status_code == 409

    first.send(first.write(ConversationEnded(EndReason.CUSTOMER)))
    assert second.reserve("7F314", "r-2").status_code == 200


def test_a_cancelled_payment_lets_the_next_terminal_in(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.send(first.write(SubjectNamed("7F314", "r-1")))
    first.reserve("7F314", "r-1")
    first.send(first.write(*cancelled_with_claim("0412-1", "7F314")))

    assert second.reserve("7F314", "r-1").status_code == 200


# --- a request that comes again, however late, has no second effect ------------------------------------


def test_a_late_copy_of_a_request_does_not_reserve_for_a_customer_who_has_gone(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.reserve("7F314", "r-1")
    first.send(first.write(SubjectNamed("7F314", "r-1"), ConversationEnded(EndReason.CUSTOMER)))

    late = first.reserve("7F314", "r-1")
    assert (late.status_code, late.json()["reason"]) == (409, "taken")
    assert "is over" in late.json()["detail"]
    assert second.reserve("7F314", "r-2").status_code == 200


def test_a_request_that_comes_only_after_its_customer_has_gone_reserves_nothing(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.send(first.write(SubjectNamed("7F314", "r-1"), ConversationEnded(EndReason.CUSTOMER)))

    assert first.reserve("7F314", "r-1").status_code == 409
    assert second.reserve("7F314", "r-2").status_code == 200


def test_a_late_request_of_the_last_customer_does_not_end_the_hold_of_the_present_one(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.reserve("7F314", "r-2")
    first.reserve("7F314", "r-1")
    first.send(
        first.write(
            SubjectNamed("7F314", "r-1"),
            ConversationEnded(EndReason.CUSTOMER),
            SubjectNamed("7F314", "r-2"),
        )
    )

    assert second.reserve("7F314", "r-3").json()["reason"] == "taken"
    assert first.reserve("7F314", "r-2").status_code == 200


def test_a_customer_who_names_another_clamp_lets_the_first_one_go(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.reserve("7F314", "r-1")
    first.reserve("8K022", "r-2")
    first.send(first.write(SubjectNamed("7F314", "r-1"), SubjectNamed("8K022", "r-2")))

    assert second.reserve("7F314", "r-3").status_code == 200
    assert second.reserve("8K022", "r-4").json()["reason"] == "taken"


def test_a_late_copy_of_a_refused_request_is_refused_again(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    first.send(first.write(SubjectNamed("7F314", "r-1")))
    first.reserve("7F314", "r-1")
    assert second.reserve("7F314", "r-2").json()["reason"] == "taken"
    first.send(first.write(ConversationEnded(EndReason.CUSTOMER)))

    assert second.reserve("7F314", "r-2").json()["reason"] == "taken"
    assert first.reserve("7F314", "r-3").status_code == 200


def test_a_late_copy_does_not_hold_longer_nor_the_next_fitting(world: World) -> None:
    terminal = world.terminal("0412")
    first = terminal.reserve("7F314", "r-1")
    world.clock.forward(2 * release.HOLD_MS)
    assert terminal.reserve("7F314", "r-1").json() == first.json()
    assert world.terminal("0413").reserve("7F314", "r-2").status_code == 200

    terminal.send(terminal.write(*released(document_of(terminal.books(), "7F314"), "0412-1")))
    world.fit("7F314")
    assert terminal.reserve("7F314", "r-1").status_code == 409


def test_a_reference_belongs_to_one_clamp(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.reserve("7F314", "r-1")

    answer = terminal.reserve("8K022", "r-1")
    assert answer.status_code == 422
    assert "another clamp" in answer.json()["detail"]


def test_staff_cannot_take_off_a_clamp_that_is_being_paid(world: World) -> None:
    world.terminal("0412").reserve("7F314", "r-1")

    refused = pytest.raises(release.FittingRefusedError, match="paying for clamp 7F314 at terminal 0412")
    with refused, world.database.writing() as connection:
        release.unfit(connection, "7F314", world.clock())


def test_of_many_terminals_that_ask_at_once_one_gets_it(world: World) -> None:
    numbers = [world.terminal(f"0{number}").number for number in range(500, 508)]
    together = threading.Barrier(len(numbers))

    def ask(number: str) -> Reservation | Refused:
        together.wait(30)
        with world.database.writing() as connection:
            return release.reserve(
                connection,
                world.sealer,
                ReservationRequest("7F314", f"r-{number}"),
                terminal=number,
                now_ms=world.clock(),
            )

    with ThreadPoolExecutor(len(numbers)) as pool:
        answers = list(pool.map(ask, numbers))

    assert sum(isinstance(answer, Reservation) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Refused)} == {"taken"}
