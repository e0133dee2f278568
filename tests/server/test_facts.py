"""Facts come in: each once, in the order of the chain, and what they change."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parking.claims import ClaimReason
from parking.facts import (
    AcceptorRestarted,
    ClaimIssued,
    CodeNotSeen,
    CodeOpened,
    CoinEventsLost,
    CoinKept,
    CustomerArrived,
    DeviceFailed,
    DeviceRecovered,
    Entry,
    Fact,
    HopperCounterFound,
    PaymentClosed,
    PaymentOpened,
    PaymentSettled,
    PayoutInDoubt,
    PayoutOrdered,
    PayoutPurpose,
    TerminalStarted,
    chain_hash,
)
from parking.wire import FactsAcknowledged
from server.office import overview
from server.office.alarms import AlarmKind
from server.pages import words
from server.store import tables
from tests.server.world import (
    NOON_MS,
    SEALED,
    Terminal,
    World,
    cancelled_with_claim,
    document_of,
    released,
)


def with_payload(entry: Entry, payload: str, **changes: Any) -> Entry:  # noqa: ANN401 - any field of an entry
    """The same entry with another payload or other fields, genuinely hashed."""
    changed = msgspec.structs.replace(entry, payload=payload, **changes)
    fields = {name: value for name, value in msgspec.structs.asdict(changed).items() if name != "hash"}
    return msgspec.structs.replace(changed, hash=chain_hash(**fields))


def totals(world: World) -> dict[str, Any]:
    with world.database.reading() as connection:
        return overview.totals(connection)


def alarm_kinds(world: World) -> list[str]:
    return [row["kind"] for row in world.rows(tables.alarms)]


# --- a payment -----------------------------------------------------------------------------------------


def test_a_release_with_change_ends_the_fitting_and_counts_the_money(world: World) -> None:
    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    entries = terminal.write(*released(document, "0412-1", kept_minor=8000), at_ms=NOON_MS - 500)

    answer = terminal.send(entries)

    assert (answer.status_code, answer.json()) == (200, {"epoch": 1, "number": len(entries)})
    (payment,) = world.rows(tables.payments)
    assert payment["state"] == "released"
    assert payment["subject"] == "7F314"
    assert (payment["price_minor"], payment["kept_minor"], payment["delivered_minor"]) == (7500, 8000, 7500)
    assert (payment["change_minor"], payment["refund_minor"], payment["claimed_minor"]) == (500, 0, 0)
    assert payment["closed_at_ms"] == NOON_MS - 500
    fitting = world.rows(tables.fittings)[0]
    assert (fitting["clamp"], fitting["release_payment"], fitting["release_terminal"]) == (
        "7F314",
        "0412-1",
        "0412",
    )
    assert (fitting["released_at_ms"], fitting["release_received_at_ms"]) == (NOON_MS - 500, NOON_MS)
    assert [row["result"] for row in world.rows(tables.print_jobs)] == ["printed"]
    assert alarm_kinds(world) == []


def test_every_fact_of_a_payment_is_found_under_it(world: World) -> None:
    terminal = world.terminal("0412")
    entries = terminal.write(CustomerArrived("release"), *cancelled_with_claim("0412-1", "7F314"))
    terminal.send(entries)

    assert [row["payment"] for row in world.rows(tables.facts)] == [None] + ["0412-1"] * (len(entries) - 1)
    (claim,) = world.rows(tables.claims)
    assert (claim["number"], claim["amount_minor"], claim["reason"]) == ("C-0412-1", 50, "change-short")
    (payment,) = world.rows(tables.payments)
    assert (payment["state"], payment["refund_minor"], payment["claimed_minor"]) == ("cancelled", 150, 50)


def test_the_totals_are_sums_of_the_tables(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    document = document_of(first.books(), "7F314")
    first.send(first.write(*released(document, "0412-1", kept_minor=8000)))
    second.send(second.write(*cancelled_with_claim("0413-1", "8K022")))
    second.send(second.write(PaymentOpened("0413-2", "release", "8K022", 4500, "EUR", exact_only=False)))
    second.send(second.write(CoinKept("0413-2", 200, 8, None, 2)))

    counted = totals(world)

    assert counted["facts_by_terminal"] == {"0412": 9, "0413": 9}
    assert counted["facts"] == 18
    assert (counted["payments"], counted["payments_open"], counted["payments_released"]) == (3, 1, 1)
    assert (counted["codes_released"], counted["claims_open"], counted["alarms"]) == (1, 1, 0)
    assert counted["money"] == {
        "EUR": {
            "kept_minor": 8400,
            "kept_as_coins_minor": 8400,
            "kept_as_claims_minor": 0,
            "delivered_minor": 7500,
            "change_minor": 500,
            "refund_minor": 150,
            "paid_out_minor": 650,
            "coins_gained_minor": 7750,
            "claims_minor": 50,
            "held_by_open_payments_minor": 200,
            "unexplained_minor": 0,
        }
    }


def test_a_coin_after_the_end_is_owed_by_its_payment(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(*cancelled_with_claim("0412-1", "7F314")))
    terminal.send(
        terminal.write(
            CoinKept("0412-1", 100, 7, "hopper 2", 9),
            ClaimIssued("C-2", "0412-1", 100, ClaimReason.LATE_COIN),
        )
    )

    (payment,) = world.rows(tables.payments)
    assert (payment["kept_minor"], payment["claimed_minor"]) == (300, 150)


def test_money_for_a_payment_that_was_never_opened_is_not_lost(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(CoinKept("0412-9", 200, 8, None, 1)))

    assert totals(world)["money"]["?"]["kept_minor"] == 200


def test_a_payout_in_doubt_marks_the_payment(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(
        terminal.write(
            CoinKept("0412-1", 200, 8, None, 1),
            PayoutOrdered("0412-1", "o-1", "hopper 1", 4, 50, PayoutPurpose.REFUND, None),
            PayoutInDoubt("o-1", "no answer"),
        )
    )

    assert [row["in_doubt"] for row in world.rows(tables.payments)] == [True]
    assert totals(world)["payouts_in_doubt"] == 1


def test_a_closing_that_does_not_add_up_raises_an_alarm(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(CoinKept("0412-1", 200, 8, None, 1), PaymentClosed("0412-1", 200, 0, 0, 0)))

    assert alarm_kinds(world) == ["sums-differ"]
    assert "(200, 0, 0, 0)" in world.rows(tables.alarms)[0]["detail"]
    assert totals(world)["money"]["?"]["unexplained_minor"] == 200


def test_a_device_that_fails_is_a_fault_until_it_recovers(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(
        terminal.write(TerminalStarted("0.1.0"), DeviceFailed("printer", "PRN.PAPER_OUT", "no paper"))
    )
    assert [(row["device"], row["code"]) for row in world.rows(tables.faults)] == [
        ("printer", "PRN.PAPER_OUT")
    ]
    assert world.rows(tables.terminals)[0]["software"] == "0.1.0"

    terminal.send(terminal.write(DeviceFailed("printer", "PRN.COVER", "open"), DeviceRecovered("printer")))
    assert world.rows(tables.faults) == []


# --- releases that do not fit --------------------------------------------------------------------------


def test_the_second_release_of_a_fitting_is_paid_twice(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    document = document_of(first.books(), "7F314")
    first.send(first.write(*released(document, "0412-1")))
    answer = second.send(second.write(*released(document, "0413-1")))

    assert answer.status_code == 200
    assert {row["number"]: row["paid_twice"] for row in world.rows(tables.payments)} == {
        "0412-1": False,
        "0413-1": True,
    }
    (alarm,) = world.rows(tables.alarms)
    assert (alarm["kind"], alarm["terminal"]) == ("paid-twice", "0413")
    assert "0412-1" in alarm["detail"]
    assert world.rows(tables.fittings)[0]["release_payment"] == "0412-1"


def test_the_same_payment_may_tell_its_code_again(world: World) -> None:
    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    terminal.send(terminal.write(*released(document, "0412-1")))
    terminal.send(terminal.write(CodeOpened("0412-1", "7F314", 1, 1, SEALED)))

    assert alarm_kinds(world) == []
    assert [row["paid_twice"] for row in world.rows(tables.payments)] == [False]


def test_an_unexpected_code_ends_the_fitting_and_is_never_used_again(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(
        terminal.write(
            PaymentOpened("0412-1", "release", "7F314", 7500, "EUR", exact_only=False),
            CoinKept("0412-1", 7500, 8, None, 1),
            PaymentSettled("0412-1", 7500),
            CodeOpened("0412-1", "7F314", 1, 2, SEALED),
        )
    )

    assert alarm_kinds(world) == ["unexpected-code"]
    assert world.rows(tables.fittings)[0]["released_at_ms"] is not None
    world.fit("7F314")
    assert document_of(terminal.books(), "7F314").code_number == 3


@pytest.mark.parametrize(("identifier", "fitting"), [("9Z999", 1), ("7F314", 2)])
def test_a_release_of_something_unknown_is_kept_and_raises_an_alarm(
    world: World, identifier: str, fitting: int
) -> None:
    terminal = world.terminal("0412")
    answer = terminal.send(terminal.write(CodeOpened("0412-1", identifier, fitting, 1, SEALED)))

    assert answer.status_code == 200
    assert alarm_kinds(world) == ["unknown-fitting"]


def test_a_late_release_does_not_take_the_next_fitting_out_of_the_books(world: World) -> None:
    from server.office import release  # noqa: PLC0415 - only here staff takes a clamp off

    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    with world.database.writing() as connection:
        release.unfit(connection, "7F314", world.clock())
    world.fit("7F314")
    terminal.send(terminal.write(*released(document, "0412-1")))

    again = document_of(terminal.books(), "7F314")
    assert (again.fitting, again.code_number) == (2, 2)
    assert alarm_kinds(world) == []


# --- batches that do not fit ---------------------------------------------------------------------------


def test_a_gap_is_refused_and_says_from_where_to_go_on(world: World) -> None:
    terminal = world.terminal("0412")
    entries = terminal.write(*cancelled_with_claim("0412-1", "7F314"))
    terminal.send(entries[:2])

    answer = terminal.send(entries[3:])

    assert answer.status_code == 409
    assert (answer.json()["reason"], answer.json()["epoch"], answer.json()["expected"]) == ("gap", 1, 3)
    assert "send from 3" in answer.json()["detail"]
    assert len(world.rows(tables.facts)) == 2
    assert terminal.send(entries[2:]).json() == {"epoch": 1, "number": len(entries)}
    assert alarm_kinds(world) == ["gap"]


def test_a_fork_is_refused_raises_an_alarm_and_changes_nothing(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(*cancelled_with_claim("0412-1", "7F314")))
    before = world.rows(tables.facts)
    clone = Terminal(world, "0412", terminal.key)
    clone.write(*cancelled_with_claim("0412-7", "8K022"))

    for _ in range(3):
        answer = clone.send(clone.entries)

    assert (answer.status_code, answer.json()["reason"]) == (409, "fork")
    assert world.rows(tables.facts) == before
    (alarm,) = world.rows(tables.alarms)
    assert (alarm["kind"], alarm["number"], alarm["times"]) == ("fork", 1, 3)


def test_the_good_entries_before_a_bad_one_are_kept(world: World) -> None:
    terminal = world.terminal("0412")
    entries = terminal.write(*cancelled_with_claim("0412-1", "7F314"))
    forged = msgspec.structs.replace(entries[3], payload=entries[3].payload.replace("50", "90"))

    answer = terminal.send([*entries[:3], forged, *entries[4:]])

    assert (answer.status_code, answer.json()["reason"], answer.json()["expected"]) == (422, "not-genuine", 4)
    assert answer.json()["detail"].startswith("entry 3 of the batch: fact 4 of epoch 1")
    assert len(world.rows(tables.facts)) == 3
    assert alarm_kinds(world) == ["broken-chain"]


def test_an_entry_that_does_not_follow_the_stored_one_breaks_the_chain(world: World) -> None:
    terminal = world.terminal("0412")
    entries = terminal.write(CustomerArrived("release"), CustomerArrived("release"))
    terminal.send(entries[:1])

    answer = terminal.send([with_payload(entries[1], entries[1].payload, previous="f" * 64)])

    assert (answer.status_code, answer.json()["reason"], answer.json()["expected"]) == (
        409,
        "broken-chain",
        2,
    )
    assert alarm_kinds(world) == ["broken-chain"]


def test_an_epoch_begins_with_its_first_entry_and_the_genesis_hash(world: World) -> None:
    terminal = world.terminal("0412")
    (entry,) = terminal.write(CustomerArrived("release"))

    assert terminal.send([with_payload(entry, entry.payload, number=2)]).json()["reason"] == "gap"
    wrong_start = with_payload(entry, entry.payload, previous="f" * 64)
    assert terminal.send([wrong_start]).json()["reason"] == "broken-chain"
    assert terminal.send([entry]).status_code == 200


def test_a_new_epoch_of_the_same_terminal_has_payments_of_its_own(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(*cancelled_with_claim("0412-1", "7F314")))
    renewed = Terminal(world, "0412", terminal.key, epoch=2)
    answer = renewed.send(renewed.write(*cancelled_with_claim("0412-1", "7F314")))

    assert answer.json() == {"epoch": 2, "number": 7}
    assert [(row["epoch"], row["kept_minor"]) for row in world.rows(tables.payments)] == [(1, 200), (2, 200)]


def test_an_entry_of_another_terminal_is_refused(world: World) -> None:
    first, second = world.terminal("0412"), world.terminal("0413")
    entries = first.write(CustomerArrived("release"))
    stolen = Terminal(world, "0412", second.key)

    answer = stolen.send(entries)

    assert (answer.status_code, answer.json()["reason"]) == (422, "foreign")
    assert "'0412'" in answer.json()["detail"]
    assert world.rows(tables.facts) == []
    assert [(row["kind"], row["terminal"]) for row in world.rows(tables.alarms)] == [("foreign", "0413")]


def test_two_entries_under_one_number_in_one_batch_are_a_fork(world: World) -> None:
    terminal = world.terminal("0412")
    (entry,) = terminal.write(CustomerArrived("release"))
    other = with_payload(entry, '{"fact":"CustomerArrived","line":"other"}')

    assert terminal.send([entry, other]).json()["reason"] == "fork"
    assert len(world.rows(tables.facts)) == 1


# --- facts that cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "alarms"),
    [
        ('{"fact":"DroneLanded","where":"roof"}', []),
        ('{"fact":"CoinKept","payment":"0412-1"}', ["unreadable"]),
        (
            '{"fact":"CoinKept","payment":"p","amount_minor":-5,"position":1,"hopper":null,"counter":1}',
            ["unreadable"],
        ),
        (
            '{"fact":"CoinKept","payment":"p\\u0000","amount_minor":5,"position":1,"hopper":null,"counter":1}',
            ["unreadable"],
        ),
        (
            '{"fact":"CoinKept","payment":"p","amount_minor":1e400,"position":1,"hopper":null,"counter":1}',
            ["unreadable"],
        ),
        (
            '{"fact":"CoinKept","payment":"p","amount_minor":99999999999999999999,"position":1,"hopper":null,"counter":1}',
            ["unreadable"],
        ),
        (
            '{"fact":"CodeOpened","payment":"p","identifier":"7F314","fitting":99999999999,"code_number":1,"sealed":{"box":"","bound_to":""}}',
            ["unreadable"],
        ),
        ("[]", ["unreadable"]),
        ("no json \u2603", ["unreadable"]),
        ("", ["unreadable"]),
        ("[" * 5000, ["unreadable"]),
    ],
)
def test_what_cannot_be_read_is_kept_acknowledged_and_changes_no_money(
    world: World, payload: str, alarms: list[str]
) -> None:
    terminal = world.terminal("0412")
    (entry,) = terminal.write(CustomerArrived("release"))
    strange = with_payload(entry, payload)

    answer = terminal.send([strange])

    assert (answer.status_code, answer.json()) == (200, {"epoch": 1, "number": 1})
    (stored,) = world.rows(tables.facts)
    assert (stored["payload"], stored["hash"], stored["projected"]) == (payload, strange.hash, False)
    assert alarm_kinds(world) == alarms
    assert world.rows(tables.payments) == []
    assert terminal.send([strange]).status_code == 200
    assert totals(world)["facts_not_understood"] == 1


@pytest.mark.parametrize(
    "changes",
    [{"number": 0}, {"number": -1}, {"epoch": -1}, {"epoch": 2**63}, {"at_ms": 2**64}, {"books_version": -1}],
)
def test_numbers_out_of_range_are_refused(world: World, changes: dict[str, int]) -> None:
    terminal = world.terminal("0412")
    (entry,) = terminal.write(CustomerArrived("release"))

    answer = terminal.send([with_payload(entry, entry.payload, **changes)])

    assert answer.status_code == 422
    assert "entry 0 of the batch" in answer.json()["detail"]
    assert world.rows(tables.facts) == []


def test_a_nul_character_in_a_payload_is_refused(world: World) -> None:
    terminal = world.terminal("0412")
    (entry,) = terminal.write(CustomerArrived("release"))

    answer = terminal.send([with_payload(entry, "a\0b")])
    assert (answer.status_code, "NUL" in answer.json()["detail"]) == (422, True)


def test_batches_have_one_epoch_at_least_one_entry_and_no_more_than_a_page(world: World) -> None:
    terminal = world.terminal("0412")
    (entry,) = terminal.write(CustomerArrived("release"))

    assert terminal.send([]).json()["reason"] == "empty"
    assert terminal.send([entry] * 1001).json()["reason"] == "too-many"
    mixed = [entry, with_payload(entry, entry.payload, epoch=2)]
    assert "another epoch" in terminal.send(mixed).json()["detail"]


# --- each fact once ------------------------------------------------------------------------------------


def _state(world: World, terminal: str) -> dict[str, Any]:
    """What the server knows of a terminal, without its name and without when and how often it was told."""
    told = {}
    for table in (tables.facts, tables.payments, tables.payouts, tables.print_jobs, tables.claims):
        rows = [row for row in world.rows(table) if row["terminal"] == terminal]
        told[table.name] = [
            {name: value for name, value in row.items() if name not in {"terminal", "hash", "previous"}}
            for row in rows
        ]
    return told


@given(order=st.lists(st.tuples(st.integers(0, 22), st.integers(1, 23)), max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_of_batches_gives_the_same_state(
    world: World, order: list[tuple[int, int]]
) -> None:
    count = len(world.rows(tables.terminals))  # each example has terminals of its own
    straight, shuffled = world.terminal(f"{count:05d}"), world.terminal(f"{count + 1:05d}")
    for terminal in (straight, shuffled):
        terminal.write(
            TerminalStarted("0.1.0"),
            *cancelled_with_claim("p-1", "9Z999"),
            *cancelled_with_claim("p-2", "9Z999"),
            *cancelled_with_claim("p-3", "9Z999"),
        )
    with world.database.writing() as connection:
        straight.take_in(connection, straight.entries)
    for start, length in order:
        with world.database.writing() as connection:
            shuffled.take_in(connection, shuffled.entries[start : start + length])
    with world.database.writing() as connection:
        last = shuffled.take_in(connection, shuffled.entries)

    assert last == FactsAcknowledged(epoch=1, number=22)
    assert _state(world, straight.number) == _state(world, shuffled.number)


def test_the_same_batch_from_many_threads_at_once_has_one_effect(world: World) -> None:
    terminal = world.terminal("0412")
    document = document_of(terminal.books(), "7F314")
    entries = terminal.write(*released(document, "0412-1", kept_minor=8000))
    together = threading.Barrier(6)

    def send(_: int) -> object:
        together.wait(30)
        with world.database.writing() as connection:
            return terminal.take_in(connection, entries)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))

    assert answers == [FactsAcknowledged(epoch=1, number=len(entries))] * 6
    assert len(world.rows(tables.facts)) == len(entries)
    assert [row["change_minor"] for row in world.rows(tables.payments)] == [500]
    assert alarm_kinds(world) == []


def test_terminals_that_release_in_opposite_order_at_once_do_not_block_each_other(world: World) -> None:
    world.fit("5R790")
    terminals = [world.terminal("0412"), world.terminal("0413")]
    books = terminals[0].books()
    documents = [document_of(books, name) for name in ("7F314", "8K022", "5R790")]
    batches = [
        terminal.write(
            *(
                fact
                for document in order
                for fact in released(document, f"{terminal.number}-{document.identifier}")
            )
        )
        for terminal, order in zip(terminals, (documents, documents[::-1]), strict=True)
    ]
    together = threading.Barrier(2)

    def send(place: int) -> object:
        together.wait(30)
        with world.database.writing() as connection:
            return terminals[place].take_in(connection, batches[place])

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))

    assert answers == [FactsAcknowledged(epoch=1, number=21)] * 2
    assert alarm_kinds(world) == ["paid-twice"] * 3
    assert totals(world)["codes_released"] == 3


def test_a_code_that_perhaps_nobody_saw_is_an_alarm_for_the_help_line(world: World) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(PaymentSettled("0412-1", 4500), CodeNotSeen("0412-1")))

    assert "code-not-seen" in alarm_kinds(world)
    assert {row["payment"] for row in world.rows(tables.facts)} == {"0412-1"}


@pytest.mark.parametrize("lost", [AcceptorRestarted(17), CoinEventsLost(3, 20)])
def test_coins_that_perhaps_nobody_counted_are_an_alarm_with_their_bound(world: World, lost: Fact) -> None:
    terminal = world.terminal("0412")
    terminal.send(terminal.write(lost))

    (alarm,) = world.rows(tables.alarms)
    assert alarm["kind"] == "coins-unread"
    assert ("after its event 17" in alarm["detail"]) or ("at most 3 coins" in alarm["detail"])


@pytest.mark.parametrize(
    ("found", "raised"),
    [
        (HopperCounterFound("hopper 1", 9, 7), ["hopper-moved"]),
        (HopperCounterFound("hopper 1", 0, 7), []),
        (HopperCounterFound("hopper 1", 9), []),
    ],
)
def test_a_hopper_that_paid_without_an_order_is_an_alarm(
    world: World, found: HopperCounterFound, raised: list[str]
) -> None:
    """0 is a power cut; without a number before, an order was in doubt."""
    terminal = world.terminal("0412")
    terminal.send(terminal.write(found))

    assert alarm_kinds(world) == raised


def test_every_fact_of_a_payment_is_told_in_a_sentence_and_every_alarm_has_a_title() -> None:
    of_payments = [kind for kind in get_args(Fact) if "payment" in kind.__struct_fields__]
    assert [kind.__name__ for kind in of_payments if kind not in words._SENTENCES] == []
    assert set(words.ALARMS) == {kind.value for kind in AlarmKind}


def test_an_old_batch_that_comes_again_does_not_bring_the_old_epoch_back(world: World) -> None:
    terminal = world.terminal("0412")
    old = terminal.write(CustomerArrived("release"), CustomerArrived("release"))
    terminal.send(old)
    terminal.entries, terminal.epoch = [], 2
    terminal.send(terminal.write(CustomerArrived("release")))

    assert terminal.send(old).status_code == 200
    (row,) = world.rows(tables.terminals)
    assert (row["epoch"], row["facts_number"]) == (2, 1)
