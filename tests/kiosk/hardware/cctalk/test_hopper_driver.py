"""The driver of the hoppers against simulated ones: each order is paid at most once, and doubt is told."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows.commands import AcceptCoins, PayOut, SettlePayout, WatchCoins
from kiosk.flows.events import (
    CoinAccepted,
    DeviceBroke,
    Event,
    HopperReady,
    PayoutDone,
    PayoutUncertain,
)
from kiosk.hardware.cctalk.frames import Checksum, Frame, encode
from kiosk.hardware.cctalk.messages import DispenseVariant, Header, HopperStatus
from kiosk.hardware.cctalk.troubles import WORDS_AND_REMEDY, Trouble
from simulator.faults import Fault
from tests.kiosk.hardware.cctalk.bench import ALL, Bench, overrule, troubles, without_health

ONE, TWO = "hopper 1", "hopper 2"


def ready() -> Bench:
    """A bench whose devices have all been greeted."""
    bench = Bench()
    bench.run(1)
    bench.events.clear()
    return bench


def dispenses(bench: Bench, address: int = 3) -> int:
    """How often an order to dispense was sent."""
    return bench.sent_headers(address).count(Header.DISPENSE_HOPPER_COINS)


def paid_out(bench: Bench, coin_minor: int = 50) -> int:
    """How many coins really came out."""
    bench.simulated.advance()
    return bench.simulated.where().paid_out[coin_minor]


# --- in order


@pytest.mark.parametrize("checksum", Checksum)
def test_hoppers_are_greeted_and_tell_their_counters(checksum: Checksum) -> None:
    bench = Bench(checksum=checksum)
    posted = bench.run(5)
    assert [event for event in posted if isinstance(event, HopperReady)] == [
        HopperReady(ONE, 0),
        HopperReady(TWO, 0),
    ]
    assert set(troubles(posted)) == {("coins", ""), (ONE, ""), (TWO, "")}


@pytest.mark.parametrize("checksum", Checksum)
@pytest.mark.parametrize(("hopper", "coin_minor"), [(ONE, 50), (TWO, 100)])
def test_an_order_is_paid_and_told(checksum: Checksum, hopper: str, coin_minor: int) -> None:
    bench = Bench(checksum=checksum)
    bench.run(1)
    bench.events.clear()
    assert bench.order(PayOut("41", hopper, 3, 0), seconds=5) == [PayoutDone("41", 3, 0, 1)]
    assert paid_out(bench, coin_minor) == 3
    assert bench.simulated.where().is_conserved


def test_a_status_that_is_told_only_once_gives_no_result() -> None:
    """Noise whose checksum is right by chance, in the middle of a payout: nothing remains, all are paid."""
    bench = ready()
    honest, lies = bench.wire.heard_by, [bytes([1, 0, 3, 0]), bytes([0, 0, 0, 0]), bytes([9, 0, 1, 2])]
    assert honest is not None

    def lie_now_and_then(heard: bytes) -> None:
        asked_often = bench.sent_headers(3).count(Header.REQUEST_HOPPER_STATUS)
        if heard[0] == 3 and heard[3] == Header.REQUEST_HOPPER_STATUS and lies and asked_often % 3 == 0:
            bench.sent.append(heard)
            bench.wire.deliver(heard + encode(Frame(1, 3, 0, lies.pop())))
            return
        honest(heard)

    bench.wire.heard_by = lie_now_and_then
    posted = bench.order(PayOut("41", ONE, 10, 0), seconds=8)
    assert not lies
    assert without_health(posted) == [PayoutDone("41", 10, 0, 1)]
    assert paid_out(bench) == 10


@pytest.mark.parametrize("lie", [bytes(8), b"\1\2\3", b""])
@pytest.mark.parametrize(
    "header", [Header.REQUEST_SERIAL_NUMBER, Header.REQUEST_PRODUCT_CODE, Header.REQUEST_COMMS_REVISION]
)
def test_what_a_hopper_says_of_itself_only_once_is_not_kept(header: Header, lie: bytes) -> None:
    """A wrong serial number, or the way another hopper is ordered, would refuse every order until a restart."""
    bench = Bench()
    honest, lies = bench.wire.heard_by, [b"NOENCRYPT" if header is Header.REQUEST_PRODUCT_CODE else lie]
    assert honest is not None

    def lie_once(heard: bytes) -> None:
        if heard[0] == 3 and heard[3] == header and lies:
            bench.wire.deliver(heard + encode(Frame(1, 3, 0, lies.pop())))
            return
        honest(heard)

    bench.wire.heard_by = lie_once
    bench.run(5)
    assert not lies
    assert bench.order(PayOut("41", ONE, 3, 0), seconds=5)[-1] == PayoutDone("41", 3, 0, 1)


def test_an_encrypted_hopper_is_paid_with_the_makers_cipher_only() -> None:
    without = Bench(first_variant=DispenseVariant.ENCRYPTED)
    posted = without.order(PayOut("1", ONE, 2, 0), seconds=5)
    assert PayoutDone("1", 0, 2, 0) in posted
    assert (ONE, "HOP.CIPHER") in troubles(posted)
    assert dispenses(without) == 0
    given_keys: list[bytes] = []

    def cipher(key: bytes, serial: bytes) -> bytes:
        given_keys.append(key + serial)
        return key[::-1]

    having = Bench(first_variant=DispenseVariant.ENCRYPTED, cipher=cipher)
    assert PayoutDone("1", 2, 0, 1) in having.order(PayOut("1", ONE, 2, 0), seconds=5)
    assert given_keys == [bytes.fromhex("61 A2 39 42 70 E6 4C 0B DF D7 0A")]


def test_orders_wait_for_each_other_and_each_is_paid_once() -> None:
    bench = ready()
    orders = (PayOut("1", ONE, 2, 0), PayOut("2", TWO, 1, 0), PayOut("3", ONE, 1, 1), PayOut("1", ONE, 2, 0))
    posted = bench.order(*orders, seconds=10)
    assert {event.order: event.paid for event in posted if isinstance(event, PayoutDone)} == {
        "1": 2,
        "2": 1,
        "3": 1,
    }
    assert (paid_out(bench), paid_out(bench, 100)) == (3, 1)
    assert dispenses(bench) == 2


def test_coins_are_read_while_a_hopper_pays() -> None:
    bench = ready()
    bench.order(WatchCoins(None), AcceptCoins(ALL))
    bench.driver.perform(PayOut("1", ONE, 10, 0))
    bench.run(1)
    assert bench.simulated.is_paying()
    bench.simulated.drop_coin(200)
    assert bench.run(0.5) == [CoinAccepted(12, 3, 1)]


def test_a_bare_ack_is_a_yes() -> None:
    bench = ready()
    bench.simulated.switch(Fault.BARE_ACK, device=ONE)
    assert bench.order(PayOut("1", ONE, 2, 0), seconds=5) == [PayoutDone("1", 2, 0, 1)]


@pytest.mark.parametrize("coins", [0, -1, 256])
def test_an_impossible_number_of_coins_is_not_paid(coins: int) -> None:
    bench = ready()
    assert bench.order(PayOut("1", ONE, coins, 7))[0] == PayoutDone("1", 0, coins, 7)
    assert dispenses(bench) == 0


def test_a_hopper_that_is_not_there() -> None:
    bench = ready()
    posted = bench.order(PayOut("1", "hopper 9", 2, None), SettlePayout("2", "hopper 9", 2, 0))
    assert posted == [
        PayoutDone("1", 0, 2, 0),
        PayoutUncertain("2", "there is no 'hopper 9' on the coin line"),
    ]


# --- the order is sent once, whatever happens


def test_a_lost_answer_is_not_a_second_payout() -> None:
    bench = ready()
    bench.simulated.switch(Fault.DISPENSE_REPLY_LOST, device=ONE)
    assert bench.order(PayOut("1", ONE, 3, 0), seconds=5) == [PayoutDone("1", 3, 0, 1)]
    assert (dispenses(bench), paid_out(bench)) == (1, 3)


def test_a_lost_order_is_unpaid_and_not_sent_again() -> None:
    bench = ready()
    bench.simulated.switch(Fault.DISPENSE_ORDER_LOST, device=ONE)
    assert bench.order(PayOut("1", ONE, 3, 0), seconds=5) == [PayoutDone("1", 0, 3, 0)]
    assert (dispenses(bench), paid_out(bench)) == (1, 0)
    assert bench.order(PayOut("2", ONE, 3, 0), seconds=5) == [PayoutDone("2", 3, 0, 1)]


def test_a_refused_order_is_unpaid() -> None:
    bench = ready()
    overrule(bench.simulated.hoppers[ONE], {Header.REQUEST_SERIAL_NUMBER: b"\1\2\3"})
    bench.new_driver()
    bench.wire.close()
    posted = without_health(bench.order(PayOut("1", ONE, 3, 0), seconds=5))
    assert PayoutDone("1", 0, 3, 0) in posted
    assert (dispenses(bench), paid_out(bench)) == (1, 0)


@pytest.mark.parametrize(
    ("status", "doubt"),
    [
        (b"\0\0\0\0", "took the order, but its counter stayed at 0"),
        (b"\1\0\4\0", "3 coins were ordered, the hopper says it paid 4"),
        (b"\7\0\3\0", "counter was 0 before the order and is 7 now"),
    ],
)
def test_a_status_that_cannot_be_is_doubt(status: bytes, doubt: str) -> None:
    bench = ready()
    honest = bench.wire.heard_by
    assert honest is not None

    def lie_behind_the_order(heard: bytes) -> None:
        honest(heard)
        if heard[:1] == b"\x03" and heard[3] == Header.DISPENSE_HOPPER_COINS:
            overrule(bench.simulated.hoppers[ONE], {Header.REQUEST_HOPPER_STATUS: status})

    bench.wire.heard_by = lie_behind_the_order
    told = bench.order(PayOut("1", ONE, 3, 0), seconds=5)[0]
    assert isinstance(told, PayoutUncertain)
    assert doubt in told.detail


def test_an_answer_of_the_wrong_length_is_rubbish() -> None:
    bench = ready()
    overrule(bench.simulated.hoppers[ONE], {Header.REQUEST_HOPPER_STATUS: b"\0\0"})
    (broke,) = bench.run(5)
    assert broke == DeviceBroke(ONE, "HOP.RUBBISH", "a hopper status has 4 bytes, not 2: 00 00")


def test_an_order_waits_for_coins_that_still_come_from_before() -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 6, 0))
    bench.run(0.5)
    bench.new_driver()
    bench.wire.close()
    posted = bench.order(PayOut("2", ONE, 2, 1), seconds=5)
    assert PayoutDone("2", 2, 0, 2) in posted
    assert paid_out(bench) == 8


def test_force_at_the_exit_is_told() -> None:
    bench = ready()
    overrule(bench.simulated.hoppers[ONE], {Header.TEST_HOPPER: b"\x10\0"})
    assert troubles(bench.run(3)) == [(ONE, "HOP.FRAUD")]


def test_a_hopper_without_level_sensor_is_empty_until_it_was_switched_off_and_on() -> None:
    bench = ready()
    overrule(bench.simulated.hoppers[ONE], {Header.REQUEST_PAYOUT_HIGH_LOW_STATUS: None})
    bench.simulated.switch(Fault.HOPPER_SHORT, device=ONE)
    bench.order(PayOut("1", ONE, 3, 0), seconds=10)
    bench.simulated.fill(ONE, 30)
    assert troubles(bench.run(5)) == []
    bench.simulated.switch(Fault.POWER_CUT, device=ONE)
    bench.simulated.switch(Fault.POWER_CUT, on=False, device=ONE)
    posted = bench.run(5)
    assert troubles(posted) == [(ONE, "")]
    assert HopperReady(ONE, 0) in posted


def test_a_garbled_answer_is_judged_by_the_counter() -> None:
    bench = ready()
    honest = bench.wire.heard_by
    assert honest is not None

    def garble(heard: bytes) -> None:
        if heard[3] == Header.DISPENSE_HOPPER_COINS:
            bench.wire.deliver(bench.simulated.receive(heard)[:-1] + b"\0")
        else:
            honest(heard)

    bench.wire.heard_by = garble
    assert bench.order(PayOut("1", ONE, 2, 0), seconds=5) == [PayoutDone("1", 2, 0, 1)]
    assert paid_out(bench) == 2


def test_a_counter_that_is_not_the_journals_pays_nothing() -> None:
    bench = ready()
    (doubt,) = bench.order(PayOut("1", ONE, 3, 200), seconds=1)[:1]
    assert isinstance(doubt, PayoutUncertain)
    assert "counter is 0, the journal has 200" in doubt.detail
    assert dispenses(bench) == 0
    assert HopperReady(ONE, 0) in bench.run(3) + bench.events


def test_without_a_counter_in_the_journal_the_hoppers_own_is_taken() -> None:
    bench = ready()
    assert bench.order(PayOut("1", ONE, 1, None), seconds=3) == [PayoutDone("1", 1, 0, 1)]


@pytest.mark.parametrize("turns", [254, 255, 256])
def test_the_hoppers_counter_wraps_to_1(turns: int) -> None:
    bench = ready()
    bench.simulated.hoppers[ONE].counter = (turns - 1) % 255 + 1
    before = bench.simulated.hoppers[ONE].counter
    posted = bench.order(PayOut("1", ONE, 1, before), seconds=3)
    assert PayoutDone("1", 1, 0, before % 255 + 1) in posted


def test_the_same_order_said_twice_is_paid_once() -> None:
    bench = ready()
    posted = bench.order(PayOut("1", ONE, 2, None), PayOut("1", ONE, 2, None), seconds=5)
    assert posted == [PayoutDone("1", 2, 0, 1)]
    assert bench.order(PayOut("1", ONE, 2, None), seconds=5) == []
    assert (dispenses(bench), paid_out(bench)) == (1, 2)


# --- hoppers that cannot pay whole


def test_a_short_hopper_pays_what_it_has() -> None:
    bench = ready()
    bench.simulated.switch(Fault.HOPPER_SHORT, device=ONE)
    posted = bench.order(PayOut("1", ONE, 3, 0), seconds=10)
    assert posted == [
        PayoutDone("1", 1, 2, 1),
        DeviceBroke(ONE, "HOP.EMPTY", "the hopper says so itself"),
    ]
    assert bench.simulated.where().is_conserved
    bench.simulated.fill(ONE, 30)
    assert troubles(bench.run(3)) == [(ONE, "")]


def test_a_jam_is_told_and_over_when_it_is_cleared() -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 5, 0))
    bench.run(0.6)
    bench.simulated.switch(Fault.HOPPER_JAM, device=ONE)
    posted = bench.run(10)
    assert posted[0] == PayoutDone("1", 2, 3, 1)
    assert troubles(posted) == [(ONE, "HOP.JAM")]
    bench.simulated.switch(Fault.HOPPER_JAM, on=False, device=ONE)
    assert troubles(bench.run(3)) == [(ONE, "")]


def test_a_hopper_that_neither_pays_nor_stops_is_stopped() -> None:
    bench = ready()
    bench.simulated.switch(Fault.HOPPER_JAM, device=ONE)
    object.__setattr__(bench.simulated.hoppers[ONE].form, "time_out_s", 1e9)
    posted = bench.order(PayOut("1", ONE, 2, 0), seconds=40)
    assert PayoutDone("1", 0, 2, 1) in posted
    assert Header.EMERGENCY_STOP in bench.sent_headers(3)


# --- silence


def test_silence_while_paying_ends_in_doubt_after_the_limit() -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 10, 0))
    bench.run(0.5)
    bench.simulated.switch(Fault.SILENT, device=ONE)
    posted = bench.run(25)
    assert troubles(posted) == [(ONE, "HOP.SILENT")]
    assert without_health(posted) == []
    (doubt,) = without_health(bench.run(10))
    assert isinstance(doubt, PayoutUncertain)
    assert "said nothing for" in doubt.detail
    bench.simulated.switch(Fault.SILENT, on=False, device=ONE)
    assert without_health(bench.run(3)) == [HopperReady(ONE, 1)]
    assert dispenses(bench) == 1


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.LINE_NOISE, Fault.RUBBISH])
def test_a_hopper_that_comes_back_in_time_tells_what_it_paid(fault: Fault) -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 4, 0))
    bench.run(0.5)
    bench.simulated.switch(fault, device=ONE)
    bench.run(5)
    bench.simulated.switch(fault, on=False, device=ONE)
    assert without_health(bench.run(5)) == [PayoutDone("1", 4, 0, 1)]
    assert dispenses(bench) == 1


def test_a_cable_pulled_while_paying() -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 4, 0))
    bench.run(0.5)
    bench.wire.unplug()
    bench.run(5)
    bench.wire.plug()
    assert PayoutDone("1", 4, 0, 1) in bench.run(5)
    bench.wire.unplug()
    bench.driver.perform(PayOut("2", ONE, 4, 1))
    assert PayoutDone("2", 0, 4, 1) in bench.run(10), "an order that could not be sent is unpaid"
    assert dispenses(bench) == 1


def test_a_silent_hopper_does_not_keep_coins_from_being_read() -> None:
    bench = ready()
    bench.order(WatchCoins(None), AcceptCoins(ALL))
    bench.simulated.switch(Fault.SILENT, device=ONE)
    bench.simulated.switch(Fault.SILENT, device=TWO)
    polls: list[float] = []
    honest = bench.wire.heard_by
    assert honest is not None

    def note(heard: bytes) -> None:
        if heard[0] == 2:
            polls.append(bench.now_s)
        honest(heard)

    bench.wire.heard_by = note
    bench.run(20)
    assert max(later - sooner for sooner, later in itertools.pairwise(polls)) < 1.0


# --- power cuts of the hopper while the program runs


def test_a_power_cut_while_paying_is_settled_by_the_hoppers_memory() -> None:
    bench = ready()
    bench.simulated.hoppers[ONE].counter = 9
    bench.driver.perform(PayOut("1", ONE, 8, 9))
    bench.run(0.9)
    bench.simulated.switch(Fault.POWER_CUT, device=ONE)
    paid = paid_out(bench)
    assert 0 < paid < 8
    bench.run(3)
    bench.simulated.switch(Fault.POWER_CUT, on=False, device=ONE)
    assert PayoutDone("1", paid, 8 - paid, 0) in bench.run(5)
    assert paid_out(bench) == paid


def test_a_power_cut_after_a_lost_order_is_doubt_when_the_memory_may_be_older() -> None:
    bench = ready()
    bench.order(PayOut("1", ONE, 2, 0), seconds=5)
    bench.simulated.switch(Fault.DISPENSE_ORDER_LOST, device=ONE)
    bench.driver.perform(PayOut("2", ONE, 2, 1))
    honest = bench.wire.heard_by
    assert honest is not None

    def cut_behind_the_order(heard: bytes) -> None:
        honest(heard)
        if heard[:1] == b"\x03" and heard[3] == Header.DISPENSE_HOPPER_COINS:
            bench.simulated.switch(Fault.POWER_CUT, device=ONE)

    bench.wire.heard_by = cut_behind_the_order
    bench.run(2)
    bench.simulated.switch(Fault.POWER_CUT, on=False, device=ONE)
    (doubt,) = [event for event in bench.run(5) if isinstance(event, PayoutUncertain)]
    assert "2 paid and 0 unpaid, which may be older" in doubt.detail


def test_a_lost_answer_and_a_power_cut_at_counter_0_are_not_called_unpaid() -> None:
    """The counter is 0 before and after: only that the hopper is disabled tells that it was off."""
    bench = ready()
    bench.simulated.switch(Fault.DISPENSE_REPLY_LOST, device=ONE)
    honest = bench.wire.heard_by
    assert honest is not None

    def cut_a_second_behind_the_order(heard: bytes) -> None:
        honest(heard)
        if heard[:1] == b"\x03" and heard[3] == Header.DISPENSE_HOPPER_COINS:
            bench.pass_time(1)
            bench.simulated.switch(Fault.POWER_CUT, device=ONE)
            bench.simulated.switch(Fault.POWER_CUT, on=False, device=ONE)

    bench.wire.heard_by = cut_a_second_behind_the_order
    posted = bench.order(PayOut("1", ONE, 6, 0), seconds=5)
    assert paid_out(bench) == 4
    assert PayoutDone("1", 4, 2, 0) in posted


# --- after a restart of the program


@pytest.mark.parametrize("before", [1, 9, 254, 255])
@pytest.mark.parametrize("is_heard_before", [False, True])
def test_a_payout_cut_in_the_middle_is_settled_by_the_next_program(
    before: int,
    is_heard_before: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """Hopper and program both lose power while it pays; what it had paid is in its own memory."""
    bench = ready()
    bench.simulated.hoppers[ONE].counter = before
    bench.driver.perform(PayOut("1", ONE, 8, before))
    bench.run(0.9)
    bench.simulated.switch(Fault.POWER_CUT, device=ONE)
    paid = paid_out(bench)
    assert 0 < paid < 8
    bench.driver.close()
    bench.simulated.switch(Fault.POWER_CUT, on=False, device=ONE)
    bench.new_driver()
    if is_heard_before:
        bench.run(1)
    posted = bench.order(SettlePayout("1", ONE, 8, before), seconds=3)
    assert [event for event in posted if isinstance(event, PayoutDone | PayoutUncertain)] == [
        PayoutDone("1", paid, 8 - paid, 0)
    ]
    assert paid_out(bench) == paid
    assert dispenses(bench) == 1


def settled(before: int | None, status: HopperStatus, coins: int, *, kept_power: bool) -> Event:
    """What a new driver tells about an order when it finds the hopper like this."""
    bench = Bench()
    device = bench.simulated.hoppers[ONE]
    if kept_power:
        bench.run(1)  # the run before enabled the hopper
        bench.driver.close()
        bench.new_driver()
    device.counter, device.remaining, device.paid, device.unpaid = status
    bench.sent.clear()
    posted = bench.order(SettlePayout("7", ONE, coins, before), seconds=5)
    assert dispenses(bench) == 0, "settling never pays"
    (told,) = [event for event in posted if isinstance(event, PayoutDone | PayoutUncertain)]
    return told


@pytest.mark.parametrize(
    ("before", "status", "coins", "kept_power", "paid"),
    [
        # the counter has not moved: it was not taken
        (5, HopperStatus(5, 0, 3, 0), 3, True, 0),
        (5, HopperStatus(5, 0, 3, 0), 3, False, 0),
        # it has moved by one: it was taken, and paid tells how far it came
        (5, HopperStatus(6, 0, 3, 0), 3, True, 3),
        (5, HopperStatus(6, 0, 1, 0), 3, True, 1),
        (255, HopperStatus(1, 0, 3, 0), 3, True, 3),
        (0, HopperStatus(1, 0, 2, 1), 3, True, 2),
        # power was cut while it paid this order
        (5, HopperStatus(0, 0, 7, 3), 10, False, 7),
        (5, HopperStatus(0, 0, 0, 3), 3, False, 0),
        # doubt: nobody knows
        (None, HopperStatus(6, 0, 3, 0), 3, True, None),
        (5, HopperStatus(7, 0, 3, 0), 3, True, None),
        (5, HopperStatus(4, 0, 3, 0), 3, True, None),
        (5, HopperStatus(6, 0, 4, 0), 3, True, None),
        (5, HopperStatus(0, 0, 0, 0), 3, False, None),
        (5, HopperStatus(0, 0, 2, 2), 3, False, None),
        # doubt: a whole payout of three may be this order or the one before it
        (5, HopperStatus(0, 0, 3, 0), 3, False, None),
        # doubt: the counter was 0 before and is 0 after a power cut
        (0, HopperStatus(0, 0, 0, 0), 3, False, None),
        (0, HopperStatus(0, 0, 0, 0), 3, True, None),
        (0, HopperStatus(0, 0, 1, 2), 3, False, None),
        (0, HopperStatus(0, 0, 3, 0), 3, False, None),
    ],
)
def test_settling_tells_what_is_certain_and_nothing_else(
    before: int | None,
    status: HopperStatus,
    coins: int,
    kept_power: bool,  # noqa: FBT001 - a column of the table above
    paid: int | None,
) -> None:
    told = settled(before, status, coins, kept_power=kept_power)
    if paid is None:
        assert isinstance(told, PayoutUncertain)
    else:
        assert told == PayoutDone("7", paid, coins - paid, status.counter)


def test_a_payout_from_counter_0_is_in_doubt_when_a_program_has_died_that_knew_of_the_power_cut() -> None:
    """It paid, its result could not be recorded, it lost power, and a program enabled it and died."""
    bench = ready()
    bench.order(PayOut("7", ONE, 3, 0), seconds=5)
    bench.simulated.switch(Fault.POWER_CUT, device=ONE)
    bench.simulated.switch(Fault.POWER_CUT, on=False, device=ONE)
    bench.run(2)
    bench.wire.close()
    bench.new_driver()
    posted = bench.order(SettlePayout("7", ONE, 3, 0), seconds=5)
    assert any(isinstance(event, PayoutUncertain) for event in posted)
    assert not any(isinstance(event, PayoutDone) for event in posted)


def test_settling_waits_until_the_hopper_has_finished() -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 6, 0))
    bench.run(0.6)
    bench.new_driver()
    bench.wire.close()
    posted = bench.order(SettlePayout("1", ONE, 6, 0), seconds=5)
    assert PayoutDone("1", 6, 0, 1) in posted
    assert [event for event in posted if isinstance(event, HopperReady) and event.hopper == ONE] == []
    assert dispenses(bench) == 1


def test_a_hopper_that_still_pays_is_not_called_ready() -> None:
    bench = ready()
    bench.driver.perform(PayOut("1", ONE, 12, 0))
    bench.run(0.6)
    bench.new_driver()
    bench.wire.close()
    posted = bench.run(6)
    assert HopperReady(ONE, 1) in posted
    assert paid_out(bench) == 12


def test_settling_a_silent_hopper_ends_in_doubt() -> None:
    bench = Bench()
    bench.simulated.switch(Fault.SILENT, device=ONE)
    posted = bench.order(SettlePayout("1", ONE, 2, 5), seconds=40)
    assert [type(event) for event in posted if "ayout" in type(event).__name__] == [PayoutUncertain]


# --- laws

FAULTS = st.sampled_from(
    [
        None,
        Fault.DISPENSE_REPLY_LOST,
        Fault.DISPENSE_ORDER_LOST,
        Fault.BARE_ACK,
        Fault.HOPPER_JAM,
        Fault.HOPPER_SHORT,
        Fault.SILENT,
        Fault.LINE_NOISE,
        Fault.NAK_ONCE,
        Fault.BUSY_ONCE,
        Fault.POWER_CUT,
        Fault.UNPLUGGED,
    ]
)


@given(
    st.lists(
        st.tuples(st.integers(1, 6), FAULTS, st.floats(0, 2), st.floats(0, 2), st.booleans()),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_told_as_paid_is_what_came_out(
    story: list[tuple[int, Fault | None, float, float, bool]],
) -> None:
    """Any orders under any faults, with the program killed in the middle of some: 167 at most once each."""
    bench = ready()
    counter = 0
    for number, (coins, fault, sooner_s, later_s, killed) in enumerate(story):
        order, before = f"o{number}", paid_out(bench)
        sent_before = dispenses(bench)
        bench.events.clear()
        bench.driver.perform(PayOut(order, ONE, coins, counter))
        bench.run(sooner_s)
        _break(bench, fault)
        bench.run(later_s)
        if killed and not _ends(bench, order):
            bench.new_driver()
            bench.driver.perform(SettlePayout(order, ONE, coins, counter))
        _heal(bench)
        bench.run(20)
        (told,) = _ends(bench, order)
        assert dispenses(bench) - sent_before <= 1
        if isinstance(told, PayoutDone):
            assert told.paid == paid_out(bench) - before
            assert told.paid + told.unpaid == coins
        counter = bench.simulated.hoppers[ONE].counter
    assert bench.simulated.where().is_conserved


def _ends(bench: Bench, order: str) -> list[PayoutDone | PayoutUncertain]:
    return [
        event
        for event in bench.events
        if isinstance(event, PayoutDone | PayoutUncertain) and event.order == order
    ]


def _break(bench: Bench, fault: Fault | None) -> None:
    if fault is Fault.UNPLUGGED:
        bench.wire.unplug()
    elif fault is not None:
        bench.simulated.switch(fault, device=ONE)


def _heal(bench: Bench) -> None:
    bench.simulated.clear()
    bench.wire.plug()


def test_every_event_code_has_words_and_a_remedy() -> None:
    assert set(WORDS_AND_REMEDY) == set(Trouble)
    assert all(words.endswith(".") and remedy.endswith(".") for words, remedy in WORDS_AND_REMEDY.values())
