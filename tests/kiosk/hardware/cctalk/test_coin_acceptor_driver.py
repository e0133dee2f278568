"""The driver of the acceptor against the simulated one: each coin once, whatever happens on the line."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows.commands import AcceptCoins, StopCoins, WatchCoins
from kiosk.flows.events import (
    AcceptorReady,
    AcceptorReset,
    CoinAccepted,
    CoinCreditsLost,
    CoinRejected,
    CoinsStopped,
    DeviceBroke,
    DeviceWorks,
    Event,
    WatchingCoins,
)
from kiosk.flows.state import AcceptorEvent
from kiosk.hardware.cctalk.frames import Checksum, Frame, encode
from kiosk.hardware.cctalk.messages import CreditBuffer, CreditEvent, Header, write_credit_buffer
from simulator.faults import Fault
from tests.kiosk.hardware.cctalk.bench import ALL, Bench, overrule, troubles, without_health


def watching(**how: bool) -> Bench:
    """A bench whose acceptor is watched from its first event and lets all coins in."""
    bench = Bench(**how)  # type: ignore[arg-type]  # all of these are switches
    bench.order(WatchCoins(None), AcceptCoins(ALL))
    assert bench.simulated.acceptor.lets_in == ALL
    bench.events.clear()
    return bench


def credits_in(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Position and counter of the coins that were told, in order."""
    return [(event.position, event.counter) for event in events if isinstance(event, CoinAccepted)]


# --- connecting


@pytest.mark.parametrize("checksum", Checksum)
def test_at_first_nothing_is_let_in_and_the_counter_is_told(checksum: Checksum) -> None:
    bench = Bench(checksum=checksum)
    bench.simulated.acceptor.note(CreditEvent(0, 1))
    posted = bench.run(1)
    assert [event for event in posted if "hopper" not in str(event)] == [
        AcceptorReady(1),
        DeviceWorks("coins"),
    ]
    assert bench.simulated.acceptor.lets_in == frozenset()
    assert not bench.simulated.drop_coin(100).accepted


def test_a_coin_is_told_once_with_its_path() -> None:
    bench = watching()
    assert bench.simulated.drop_coin(100).place == "hopper 2"
    assert bench.run(5) == [CoinAccepted(2, 2, 1)]


def test_nothing_is_told_before_somebody_watches() -> None:
    bench = Bench()
    bench.order(AcceptCoins(ALL))
    bench.simulated.drop_coin(50)
    assert without_health(bench.run(1)) == []
    assert bench.order(WatchCoins(0)) == [WatchingCoins(0), CoinAccepted(1, 1, 1)]


def test_watching_again_tells_only_what_the_journal_does_not_have() -> None:
    bench = watching()
    bench.simulated.drop_coin(50)
    bench.run(1)
    assert bench.order(WatchCoins(1)) == [WatchingCoins(1)]
    assert bench.order(WatchCoins(None)) == [WatchingCoins(None)]
    assert bench.order(WatchCoins(0)) == [WatchingCoins(0), CoinAccepted(1, 1, 1)], (
        "told before, but it could not be written"
    )
    assert bench.run(1) == []


def test_a_baseline_credits_nothing_that_was_before() -> None:
    bench = Bench()
    for _ in range(3):
        bench.simulated.acceptor.note(CreditEvent(1, 1))
    assert without_health(bench.order(WatchCoins(None))) == [WatchingCoins(None), AcceptorReady(3)] + [
        event for event in bench.events if "Hopper" in type(event).__name__
    ]
    bench.simulated.acceptor.note(CreditEvent(2, 1))
    assert bench.run(1) == [CoinAccepted(2, 1, 4)]


# --- the counter after a restart of the program


@pytest.mark.parametrize("gap", range(7))
@pytest.mark.parametrize("before", [0, 1, 4, 5, 100, 250, 252, 255, 256, 300])
def test_after_a_restart_each_missed_event_is_told_once(before: int, gap: int) -> None:
    bench = Bench()
    acceptor = bench.simulated.acceptor
    for _ in range(before):
        acceptor.note(CreditEvent(2, 1))
    last = acceptor.counter
    counters = []
    for number in range(gap):
        acceptor.note(CreditEvent(number % 3 + 1, 1))
        counters.append(acceptor.counter)
    told = [
        event for event in bench.order(WatchCoins(last)) if isinstance(event, CoinAccepted | CoinCreditsLost)
    ]
    lost = [CoinCreditsLost(1, counters[0])] if gap == 6 else []
    kept = range(len(lost), gap)
    assert told == lost + [CoinAccepted(number % 3 + 1, 1, counters[number]) for number in kept]
    assert bench.run(2) == []


def test_a_reset_while_the_program_was_away_is_told_before_its_events() -> None:
    bench = Bench()
    for code in (2, 1):
        bench.simulated.acceptor.note(CreditEvent(0, code))
    posted = bench.order(WatchCoins(200))
    assert [event for event in posted if isinstance(event, AcceptorReset | CoinRejected)] == [
        AcceptorReset(),
        CoinRejected(2, 1),
        CoinRejected(1, 2),
    ]


def test_a_reset_to_zero_while_the_program_was_away() -> None:
    bench = Bench()
    assert AcceptorReset() in bench.order(WatchCoins(17))
    assert bench.run(3) == []


def test_a_reset_whose_late_coins_bring_the_counter_back_to_the_journals_is_told() -> None:
    """The acceptor lost power behind a pulled cable, the program was killed, one coin fell late."""
    bench = Bench()
    bench.simulated.acceptor.note(CreditEvent(12, 3))
    posted = bench.order(WatchCoins(1, (AcceptorEvent(2),)))
    assert [event for event in posted if isinstance(event, AcceptorReset | CoinAccepted)] == [
        AcceptorReset(),
        CoinAccepted(12, 3, 1),
    ]
    assert bench.run(3) == []


@pytest.mark.parametrize("last", range(1, 9))
@pytest.mark.parametrize("since", range(1, 12))
def test_other_events_than_the_journals_are_a_reset(last: int, since: int) -> None:
    """As long as the buffer still shows a number that the journal has."""
    bench = Bench()
    for _ in range(since):
        bench.simulated.acceptor.note(CreditEvent(1, 1))
    posted = bench.order(WatchCoins(last, (AcceptorEvent(0, 1),) * min(last, 5)))
    told = [event for event in posted if isinstance(event, AcceptorReset | CoinCreditsLost | CoinAccepted)]
    credited = [(1, counter) for counter in range(max(since - 4, 1), since + 1)]
    assert credits_in(told) == credited
    shows_the_past, is_young = 0 <= since - last < 5, last > since and since < 5
    assert (AcceptorReset() in told) == (shows_the_past or is_young)
    assert (AcceptorReset() in told) or (CoinCreditsLost in map(type, told)) or since - last == 5


def test_the_same_events_as_the_journals_are_no_reset() -> None:
    bench = Bench()
    for event in (CreditEvent(1, 1), CreditEvent(0, 8), CreditEvent(2, 2)):
        bench.simulated.acceptor.note(event)
    posted = bench.order(WatchCoins(2, (AcceptorEvent(0, 8), AcceptorEvent(1))))
    assert [event for event in posted if isinstance(event, AcceptorReset | CoinAccepted)] == [
        CoinAccepted(2, 2, 3)
    ]


# --- inhibits


def test_only_the_wished_coins_come_in() -> None:
    bench = watching()
    bench.order(AcceptCoins(frozenset({2})))
    assert not bench.simulated.drop_coin(50).accepted
    assert bench.simulated.drop_coin(100).accepted
    assert bench.run(1) == [CoinRejected(2, 1), CoinAccepted(2, 2, 2)]


def test_the_same_wish_again_sends_nothing() -> None:
    bench = watching()
    bench.sent.clear()
    bench.order(AcceptCoins(ALL), seconds=0.5)
    assert Header.MODIFY_INHIBIT_STATUS not in bench.sent_headers(2)


def test_a_position_that_no_acceptor_has_is_a_mistake_of_the_program() -> None:
    bench = watching()
    with pytest.raises(ValueError, match="1 to 16"):
        bench.order(AcceptCoins(frozenset({17})))
    bench.run(1)
    assert bench.simulated.acceptor.lets_in == ALL


def test_stopping_is_confirmed_after_the_last_credit() -> None:
    bench = watching()
    bench.simulated.drop_coin(200)
    assert bench.order(StopCoins()) == [CoinAccepted(12, 3, 1), CoinsStopped()]
    assert bench.simulated.acceptor.lets_in == frozenset()
    assert not bench.simulated.drop_coin(200).accepted


def test_a_coin_that_falls_while_the_gate_is_being_closed_is_told_before_the_stop() -> None:
    bench = watching()
    honest = bench.wire.heard_by
    assert honest is not None

    def drop_one_at_the_last_moment(heard: bytes) -> None:
        if heard[3] == Header.MODIFY_MASTER_INHIBIT_STATUS:
            assert bench.simulated.drop_coin(200).accepted
        honest(heard)

    bench.wire.heard_by = drop_one_at_the_last_moment
    assert bench.order(StopCoins()) == [CoinAccepted(12, 3, 1), CoinsStopped()]


def test_a_coin_behind_the_gate_is_told_after_the_stop() -> None:
    bench = watching()
    bench.simulated.switch(Fault.LATE_CREDIT)
    bench.order(StopCoins())
    assert bench.simulated.drop_coin(50).accepted
    assert bench.run(1) == [CoinAccepted(1, 1, 1)]


def test_stop_and_start_again_confirms_the_stop_first() -> None:
    bench = watching()
    assert bench.order(StopCoins(), AcceptCoins(frozenset({1}))) == [CoinsStopped()]
    assert bench.simulated.acceptor.lets_in == {1}


def test_an_acceptor_without_master_inhibit_is_stopped_by_its_mask() -> None:
    bench = Bench()
    bench.simulated.switch(Fault.NO_MASTER_INHIBIT)
    bench.order(WatchCoins(None), AcceptCoins(ALL), seconds=3)
    assert bench.simulated.acceptor.lets_in == ALL
    assert CoinsStopped() in bench.order(StopCoins())
    assert bench.simulated.acceptor.lets_in == frozenset()


def test_a_silent_acceptor_confirms_the_stop_when_it_is_back() -> None:
    bench = watching()
    bench.simulated.switch(Fault.SILENT)
    assert troubles(bench.order(StopCoins(), seconds=5)) == [("coins", "COIN.SILENT")]
    bench.simulated.drop_coin(50)  # it lets coins in as long as nobody tells it otherwise
    bench.simulated.switch(Fault.SILENT, on=False)
    assert without_health(bench.run(3)) == [AcceptorReady(1), CoinAccepted(1, 1, 1), CoinsStopped()]
    assert bench.simulated.acceptor.lets_in == frozenset()


def test_an_acceptor_that_inhibits_itself_is_kept_awake() -> None:
    bench = watching(self_inhibits=True)
    bench.run(10)
    assert bench.simulated.drop_coin(50).accepted
    bench.pass_time(2)
    assert not bench.simulated.drop_coin(50).accepted


def test_inhibits_that_were_forgotten_unseen_are_set_again() -> None:
    bench = watching()
    bench.simulated.switch(Fault.POWER_CUT)
    bench.simulated.switch(Fault.POWER_CUT, on=False)
    bench.run(3)
    assert bench.simulated.acceptor.lets_in == ALL


def test_after_a_short_power_cut_coins_come_in_again_at_the_next_poll() -> None:
    bench = watching()
    bench.simulated.drop_coin(50)
    bench.run(1.3)  # the inhibits have just been compared, and will not be for a while
    bench.simulated.switch(Fault.POWER_CUT)
    bench.simulated.switch(Fault.POWER_CUT, on=False)
    assert bench.simulated.acceptor.lets_in == frozenset()
    assert bench.run(0.3)[-1] == AcceptorReset()
    assert bench.simulated.acceptor.lets_in == ALL


# --- faults


def test_silence_and_recovery_are_told_once_and_no_coin_is_lost() -> None:
    bench = watching()
    bench.simulated.drop_coin(50)
    bench.run(1)
    bench.simulated.switch(Fault.SILENT)
    for _ in range(3):
        bench.simulated.drop_coin(100)
    assert troubles(bench.run(30)) == [("coins", "COIN.SILENT")]
    bench.simulated.switch(Fault.SILENT, on=False)
    posted = bench.run(5)
    assert troubles(posted) == [("coins", "")]
    assert credits_in(posted) == [(2, 2), (2, 3), (2, 4)]
    assert bench.simulated.acceptor.lets_in == ALL


def test_more_coins_than_the_buffer_holds_are_told_as_lost() -> None:
    bench = watching()
    bench.simulated.drop_coin(50)
    bench.run(1)
    bench.simulated.switch(Fault.SILENT)
    for _ in range(8):
        bench.simulated.drop_coin(50)
    bench.simulated.switch(Fault.SILENT, on=False)
    posted = bench.run(5)
    assert CoinCreditsLost(3, 4) in posted
    assert credits_in(posted) == [(1, counter) for counter in (5, 6, 7, 8, 9)]


@pytest.mark.parametrize("fault", [Fault.LINE_NOISE, Fault.RUBBISH])
def test_rubbish_takes_the_acceptor_away_and_credits_nothing(fault: Fault) -> None:
    bench = watching()
    bench.simulated.switch(fault)
    bench.simulated.drop_coin(50)
    assert bench.run(10)[1:] == []
    assert troubles(bench.events) == [("coins", "COIN.RUBBISH")]
    bench.simulated.switch(fault, on=False)
    assert credits_in(bench.run(5)) == [(1, 1)]


@pytest.mark.parametrize("fault", [Fault.NAK_ONCE, Fault.BUSY_ONCE, Fault.FORGED_CREDIT])
def test_what_happens_once_is_not_even_noticed(fault: Fault) -> None:
    bench = watching()
    bench.simulated.drop_coin(50)
    bench.run(1)
    bench.events.clear()
    bench.simulated.switch(fault)
    assert bench.run(5) == []
    bench.simulated.drop_coin(100)
    assert bench.run(1) == [CoinAccepted(2, 2, 2)]


def test_a_power_cut_is_a_reset_and_the_inhibits_are_set_again() -> None:
    bench = watching()
    bench.simulated.drop_coin(50)
    bench.run(1)
    bench.simulated.switch(Fault.POWER_CUT)
    assert troubles(bench.run(5)) == [("coins", "COIN.SILENT")]
    assert not bench.simulated.drop_coin(50).accepted
    bench.simulated.switch(Fault.POWER_CUT, on=False)
    posted = bench.run(3)
    assert without_health(posted) == [AcceptorReady(0), AcceptorReset()]
    assert bench.simulated.acceptor.lets_in == ALL
    bench.simulated.drop_coin(100)
    assert bench.run(1) == [CoinAccepted(2, 2, 1)]


def test_a_jam_is_told_and_healed() -> None:
    bench = watching()
    bench.simulated.switch(Fault.COIN_JAM)
    posted = bench.run(10)
    assert without_health(posted) == [CoinRejected(14, 1)]
    assert troubles(posted) == [("coins", "COIN.JAM")]
    assert not bench.simulated.drop_coin(50).accepted
    bench.simulated.switch(Fault.COIN_JAM, on=False)
    assert troubles(bench.run(5)) == [("coins", "")]
    assert bench.simulated.drop_coin(50).accepted


def test_a_jam_that_is_cleared_by_a_short_power_cut_is_healed() -> None:
    bench = watching()
    bench.simulated.switch(Fault.COIN_JAM)
    assert troubles(bench.run(1)) == [("coins", "COIN.JAM")]
    bench.simulated.switch(Fault.COIN_JAM, on=False)
    bench.simulated.switch(Fault.POWER_CUT)
    bench.simulated.switch(Fault.POWER_CUT, on=False)
    posted = bench.run(5)
    assert AcceptorReset() in posted
    assert troubles(posted) == [("coins", "")]


def test_a_cable_that_is_pulled_and_put_back() -> None:
    bench = watching()
    bench.wire.unplug()
    assert troubles(bench.run(5)) == [
        ("coins", "COIN.UNPLUGGED"),
        ("hopper 1", "HOP.UNPLUGGED"),
        ("hopper 2", "HOP.UNPLUGGED"),
    ]
    bench.simulated.drop_coin(50)
    bench.wire.plug()
    posted = bench.run(3)
    assert set(troubles(posted)) == {("coins", ""), ("hopper 1", ""), ("hopper 2", "")}
    assert credits_in(posted) == [(1, 1)]


def test_a_buffer_that_denies_the_past_is_not_believed() -> None:
    bench = watching()
    for _ in range(6):
        bench.simulated.drop_coin(50)
    bench.run(1)
    bench.events.clear()
    acceptor = bench.simulated.acceptor
    honest = acceptor._buffer
    acceptor._buffer = CreditBuffer(honest.counter + 1, (CreditEvent(12, 3),) * 5)
    posted = bench.run(5)
    assert [event.code for event in posted if isinstance(event, DeviceBroke)] == ["COIN.RUBBISH"]
    assert without_health(posted) == []
    assert acceptor.lets_in == frozenset(), "nothing is let in while nothing is believed"
    acceptor._buffer = honest
    assert troubles(bench.run(1)) == [("coins", "")]
    assert acceptor.lets_in == ALL


def test_an_acceptor_that_goes_on_denying_the_past_has_begun_anew() -> None:
    """It lost power between two polls and letting nothing in was forgotten; it would be out of service for ever."""
    bench = watching()
    for _ in range(3):
        bench.simulated.drop_coin(50)
    bench.run(1)
    bench.events.clear()
    bench.simulated.acceptor.restore_power()
    for _ in range(4):
        bench.simulated.acceptor.note(CreditEvent(2, 2))
    assert without_health(bench.run(8)) == []
    assert without_health(bench.run(5)) == [
        AcceptorReset(),
        *(CoinAccepted(2, 2, counter) for counter in (1, 2, 3, 4)),
    ]
    assert troubles(bench.events) == [("coins", "COIN.RUBBISH"), ("coins", "")]
    assert bench.simulated.acceptor.lets_in == ALL


def test_closing_lets_nothing_in() -> None:
    bench = watching()
    bench.driver.close()
    assert bench.simulated.acceptor.lets_in == frozenset()
    bench.driver.close()


def test_an_answer_of_the_wrong_length_is_rubbish() -> None:
    bench = watching()
    overrule(bench.simulated.acceptor, {Header.READ_BUFFERED_CREDIT: b"\1\1"})
    (broke,) = bench.run(5)
    assert broke == DeviceBroke("coins", "COIN.RUBBISH", "a buffered credit has 11 bytes, not 2: 01 01")


def test_a_simple_acceptor_without_identity_and_checks_serves_all_the_same() -> None:
    bench = Bench()
    unknown = (
        Header.REQUEST_MANUFACTURER_ID,
        Header.REQUEST_PRODUCT_CODE,
        Header.REQUEST_INHIBIT_STATUS,
        Header.PERFORM_SELF_CHECK,
    )
    overrule(bench.simulated.acceptor, dict.fromkeys(unknown))
    bench.order(WatchCoins(None), AcceptCoins(ALL), seconds=5)
    bench.simulated.drop_coin(100)
    assert bench.run(1) == [CoinAccepted(2, 2, 1)]
    bench.simulated.switch(Fault.COIN_JAM)
    assert troubles(bench.run(5)) == [("coins", "COIN.JAM")]
    bench.simulated.switch(Fault.COIN_JAM, on=False)
    assert bench.run(5) == []
    bench.simulated.drop_coin(100)
    assert bench.run(1) == [CoinAccepted(2, 2, 3), DeviceWorks("coins")]


def test_an_acceptor_that_does_not_confirm_the_end_is_left_all_the_same() -> None:
    bench = watching()
    bench.simulated.switch(Fault.SILENT)
    bench.driver.close()
    assert not bench.wire.is_open


# --- laws


@given(st.lists(st.binary(min_size=0, max_size=40), min_size=1, max_size=20))
def test_no_noise_makes_a_credit(answers: list[bytes]) -> None:
    """Random bytes in place of every answer."""
    bench = watching()
    left = list(answers)
    bench.wire.heard_by = lambda heard: bench.wire.deliver(heard + (left.pop(0) if left else b""))
    assert without_health(bench.run(5)) == []


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(min_size=10, max_size=10)), min_size=1, max_size=20))
def test_right_frames_with_invented_buffers_make_no_credit(inventions: list[tuple[int, bytes]]) -> None:
    """A checksum can be right by chance; two readings that agree with each other and the past cannot."""
    bench = watching()
    honest, left = bench.wire.heard_by, list(inventions)
    assert honest is not None

    def lie_every_second_time(heard: bytes) -> None:
        if heard[3] == Header.READ_BUFFERED_CREDIT and left and len(left) % 2:
            counter, events = left.pop()
            bench.wire.deliver(heard + encode(Frame(1, 2, 0, bytes([counter]) + events)))
            return
        if left:
            left.pop()
        honest(heard)

    bench.wire.heard_by = lie_every_second_time
    assert without_health(bench.run(10)) == []


COIN_STORY = st.lists(
    st.sampled_from(["50", "100", "200", "foreign", "turn", "silence", "noise", "restart", "nak", "unplug"]),
    max_size=30,
)


@given(COIN_STORY)
def test_each_coin_that_falls_is_told_exactly_once(story: list[str]) -> None:
    """Over any story in which the acceptor keeps its power and no more than five coins are unread."""
    bench = watching()
    fallen: list[tuple[int, int]] = []
    unread = 0
    for step in story:
        if step in {"50", "100", "200", "foreign"} and unread < 5:
            coin_minor = 7 if step == "foreign" else int(step)
            unread += 1
            if bench.simulated.drop_coin(coin_minor).accepted:
                position = {50: 1, 100: 2, 200: 12}[coin_minor]
                fallen.append((position, bench.simulated.acceptor.counter))
        elif step == "silence":
            bench.simulated.switch(Fault.SILENT)
            bench.run(1.5)
        elif step == "noise":
            bench.simulated.switch(Fault.LINE_NOISE)
            bench.run(1.5)
        elif step == "nak":
            bench.simulated.switch(Fault.NAK_ONCE)
        elif step == "unplug":
            bench.wire.unplug()
            bench.run(0.5)
        elif step == "restart":
            told = [event.counter for event in bench.events if isinstance(event, CoinAccepted | CoinRejected)]
            bench.driver.close()
            bench.new_driver()
            bench.driver.perform(WatchCoins(told[-1] if told else 0))
            bench.driver.perform(AcceptCoins(ALL))
        elif step == "turn":
            _heal(bench)
            bench.run(3)
            unread = 0
    _heal(bench)
    bench.run(5)
    assert credits_in(bench.events) == fallen
    assert bench.simulated.where().is_conserved


def _heal(bench: Bench) -> None:
    bench.simulated.clear()
    bench.wire.plug()


def test_a_reading_has_the_manuals_form() -> None:
    buffer = CreditBuffer(1, (CreditEvent(1, 2), *(CreditEvent(0, 0),) * 4))
    assert encode(Frame(1, 2, 0, write_credit_buffer(buffer))) == bytes.fromhex(
        "01 0B 02 00 01 01 02 00 00 00 00 00 00 00 00 EE"
    )
