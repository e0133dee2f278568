"""The register of claims: each counts once, in whatever order its story is heard."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parking.claims import ClaimReason, ClaimRefusal
from parking.facts import (
    ClaimIssued,
    ClaimKeyMade,
    ClaimPresented,
    ClaimTurnedAway,
    CoinKept,
    PaymentOpened,
)
from parking.wire import BooksPage, ClaimKeyRow, ClaimRedeemedRow
from server.office import claims_view, overview
from server.store import tables
from tests.server.slips import Signer, issued, taken
from tests.server.world import Terminal, World


@pytest.fixture
def signer() -> Signer:
    return Signer("0412")


def alarms(world: World) -> list[tuple[str, str]]:
    return [(row["kind"], row["detail"]) for row in world.rows(tables.alarms)]


def rows_of_claims(terminal: Terminal, after: int = 2) -> list[object]:
    page = msgspec.json.decode(terminal.books(after).content, type=BooksPage)
    return list(page.rows)


# --- one claim -----------------------------------------------------------------------------------------


def test_every_terminal_learns_the_key_and_that_a_claim_was_taken(world: World, signer: Signer) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    number = signer.number(12)
    first.send(first.write(signer.made, *issued("0412-1", number)))
    assert rows_of_claims(second) == [ClaimKeyRow(3, "0412", 1, signer.key)]

    second.send(second.write(*taken("0413-1", number)))
    assert rows_of_claims(first) == [ClaimKeyRow(3, "0412", 1, signer.key), ClaimRedeemedRow(4, number)]
    assert alarms(world) == []


def test_a_page_of_the_books_ends_at_its_limit_whatever_its_rows_are_about(world: World) -> None:
    terminal = world.terminal("0412")
    keys = [Signer("0412") for _ in range(3)]
    terminal.send(terminal.write(*(key.made for key in keys), *taken("0412-1", "0413-1-C00001")))

    cursor, seen = 0, []
    for _ in range(10):
        page = msgspec.json.decode(terminal.books(cursor, limit=2).content, type=BooksPage)
        seen += [row.sequence for row in page.rows]
        cursor = page.version
        if not page.more:
            break
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_claim_that_was_taken_is_money_of_its_payment_but_no_coin(world: World, signer: Signer) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(*issued("0412-1", signer.number(1))))
    terminal.send(terminal.write(*taken("0412-2", signer.number(1)), CoinKept("0412-2", 200, 8, None, 2)))

    payment = world.rows(tables.payments)[1]
    assert (payment["kept_minor"], payment["redeemed_minor"]) == (950, 750)
    with world.database.reading() as connection:
        totals = overview.totals(connection)
    assert (totals["claims_open"], totals["claims_redeemed"]) == (0, 1)
    money = totals["money"]["EUR"]
    assert (money["kept_minor"], money["kept_as_coins_minor"], money["kept_as_claims_minor"]) == (
        1700,
        950,
        750,
    )
    assert money["coins_gained_minor"] == 950


def test_a_key_that_is_none_is_an_alarm_and_is_told_to_nobody(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(ClaimKeyMade("AAAA"), ClaimKeyMade("no base64")))

    assert [kind for kind, _ in alarms(world)] == ["unreadable", "unreadable"]
    assert rows_of_claims(terminal) == []


def test_a_claim_under_the_number_of_another_terminal_is_an_alarm(world: World, signer: Signer) -> None:
    world.terminal("0412")
    second = world.terminal("0413")
    second.send(second.write(*issued("0413-1", signer.number(1))))

    assert [kind for kind, _ in alarms(world)] == ["claim-differs"]
    assert "which is not its own" in alarms(world)[0][1]


# --- two terminals that do not know of each other ------------------------------------------------------


@pytest.mark.parametrize("first_heard", ["0413", "0414"])
def test_a_claim_taken_at_two_terminals_that_were_offline_is_found_in_both_orders(
    world: World, signer: Signer, first_heard: str
) -> None:
    issuer = world.terminal("0412")
    issuer.send(issuer.write(*issued("0412-1", signer.number(1))))
    takers = {number: world.terminal(number) for number in ("0413", "0414")}
    for number in sorted(takers, key=lambda number: number != first_heard):
        terminal = takers[number]
        assert terminal.send(terminal.write(*taken(f"{number}-1", signer.number(1)))).status_code == 200

    words = (
        "claim 0412-1-C00001 over 7.50 EUR was taken by payment 0413-1 at terminal 0413, "
        "and again by payment 0414-1 at terminal 0414"
    )
    assert alarms(world) == [("claim-redeemed-twice", words)]
    assert [row["kept_minor"] for row in world.rows(tables.payments)] == [750, 750, 750]
    assert len([row for row in rows_of_claims(issuer) if isinstance(row, ClaimRedeemedRow)]) == 1


@pytest.mark.parametrize("issue_first", [True, False])
@pytest.mark.parametrize(
    ("amount_minor", "currency", "said"),
    [(800, "EUR", "took it for 8.00 EUR"), (750, "GBP", "took it for 7.50 GBP")],
)
def test_a_claim_that_was_taken_for_something_else_is_found_in_both_orders(
    world: World, signer: Signer, amount_minor: int, currency: str, said: str, *, issue_first: bool
) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    issue = first.write(*issued("0412-1", signer.number(1)))
    taking = second.write(*taken("0413-1", signer.number(1), amount_minor, currency=currency))
    if issue_first:
        first.send(issue)
    second.send(taking)
    first.send(issue)

    ((kind, detail),) = alarms(world)
    assert kind == "claim-differs"
    assert "was issued over 7.50 EUR" in detail
    assert said in detail


def test_a_claim_that_was_taken_waits_for_its_issue(world: World, signer: Signer) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    second.send(second.write(*taken("0413-1", signer.number(1))))
    with world.database.reading() as connection:
        assert [row["claim"] for row in claims_view.taken_but_not_heard_of(connection)] == [signer.number(1)]

    first.send(first.write(*issued("0412-1", signer.number(1))))
    with world.database.reading() as connection:
        assert claims_view.taken_but_not_heard_of(connection) == []
        assert claims_view.page(connection, only_open=True) == []
        (claim,) = claims_view.page(connection, only_open=False)
    assert (claim["state"], claim["taken"][0]["payment"]) == ("taken", "0413-1")
    assert alarms(world) == []


# --- any order, any repetition -------------------------------------------------------------------------

PLACES = 12


def _journals(world: World, numbers: tuple[str, str, str], signer: Signer) -> list[Terminal]:
    """Three terminals: one issues two claims, two take one of them each, and one more of both."""
    issuer, left, right = (world.terminal(number) for number in numbers)
    one, two = signer.number(1), signer.number(2)
    issuer.write(signer.made, *issued("p-1", one), *issued("p-2", two, 500))
    left.write(
        ClaimPresented(one, 750, ClaimReason.CHANGE_SHORT, "l-1"),
        ClaimTurnedAway(one, ClaimRefusal.LET_GO),
        *taken("l", one),
        *taken("l2", two, 400),
        ClaimTurnedAway("", ClaimRefusal.UNREADABLE),
    )
    right.write(
        PaymentOpened("r", "release", "8K022", 4500, "EUR", exact_only=False),
        *taken("r", one)[::2],
        ClaimIssued(f"{right.number}-1-C00001", "r", 100, ClaimReason.LATE_COIN),
    )
    return [issuer, left, right]


def _state(world: World) -> dict[str, Any]:
    """What the server knows, without when, how often, and in which order it was told."""
    told = {}
    forgotten = {"hash", "previous", "raised_at_ms", "seen_at_ms", "times", "sequence", "key", "key_hash"}
    of_claims = (
        tables.claims,
        tables.claim_keys,
        tables.claim_redemptions,
        tables.claim_references,
        tables.claims_log,
        tables.payments,
        tables.alarms,
    )
    for table in of_claims:
        told[table.name] = [
            {name: value for name, value in row.items() if name not in forgotten} for row in world.rows(table)
        ]
    return told


@given(
    order=st.lists(st.tuples(st.integers(0, 2), st.integers(0, PLACES), st.integers(1, PLACES)), max_size=14)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_of_two_terminals_facts_gives_the_same_claims(
    world: World, order: list[tuple[int, int, int]]
) -> None:
    from tests.server.world import emptied  # noqa: PLC0415 - each example has two servers, one after the other

    signer, numbers = Signer("0412"), ("0412", "0413", "0414")
    states = []
    for is_shuffled in (False, True):
        emptied(world.database)
        terminals = _journals(world, numbers, signer)
        shuffled = [(terminals[who], start, length) for who, start, length in order] if is_shuffled else []
        for terminal, start, length in shuffled:
            with world.database.writing() as connection:
                terminal.take_in(connection, terminal.entries[start : start + length])
        last_first = terminals[::-1] if is_shuffled else terminals
        for terminal in last_first:
            with world.database.writing() as connection:
                terminal.take_in(connection, terminal.entries)
        with world.database.writing() as connection:  # gaps are alarms of their own
            connection.execute(tables.alarms.delete().where(tables.alarms.c.kind == "gap"))
        states.append(_state(world))
    assert states[0] == states[1]
    assert {row["kind"] for row in states[0]["alarms"]} == {"claim-redeemed-twice", "claim-differs"}
