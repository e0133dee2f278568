"""The meaning of the manuals' frames, and the law of the event counter for every counter and gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.cctalk.frames import decode_whole
from kiosk.hardware.cctalk.messages import (
    HEADER_NAMES,
    CreditBuffer,
    CreditEvent,
    DispenseVariant,
    ErrorKind,
    Header,
    HopperFlag,
    HopperStatus,
    MessageRefusedError,
    contradicts,
    dispense_variant,
    error_kind,
    error_words,
    events_between,
    header_name,
    news_since,
    next_counter,
    read_coin_id,
    read_credit_buffer,
    read_hopper_flags,
    read_hopper_status,
    read_inhibits,
    read_serial_number,
    read_text,
    write_credit_buffer,
    write_dispense,
    write_hopper_flags,
    write_inhibits,
)

NULL = CreditEvent(0, 0)


def data_of(text: str) -> bytes:
    """The data of a frame that stands in a manual."""
    return decode_whole(bytes.fromhex(text)).data


def buffer_after(events: list[CreditEvent], wraps: int = 0) -> CreditBuffer:
    """What an acceptor shows after these events since power-up (and `wraps` whole turns before them)."""
    counter = 0
    for _ in range(len(events) + 255 * wraps):
        counter = next_counter(counter)
    newest = [*reversed(events), *([CreditEvent(1, 1)] * 5 if wraps else [NULL] * 5)]
    return CreditBuffer(counter, tuple(newest[:5]))


def numbered(events: int) -> list[CreditEvent]:
    """So many events that differ from their neighbours."""
    return [CreditEvent(number % 12 + 1, number % 7 + 1) for number in range(events)]


# --- the manuals' frames


def test_credits_of_the_manuals() -> None:
    one = read_credit_buffer(data_of("01 0B 02 00 01 01 02 00 00 00 00 00 00 00 00 EE"))
    assert one == CreditBuffer(1, (CreditEvent(1, 2), NULL, NULL, NULL, NULL))
    three = read_credit_buffer(data_of("01 0B 02 00 03 00 02 02 01 01 02 00 00 00 00 E7"))
    assert three == CreditBuffer(3, (CreditEvent(0, 2), CreditEvent(2, 1), CreditEvent(1, 2), NULL, NULL))
    assert [event.is_credit for event in three.events[:3]] == [False, True, True]
    assert news_since(1, three, one).events == ((2, CreditEvent(2, 1)), (3, CreditEvent(0, 2)))
    assert error_words(2) == "coin inhibited"
    with pytest.raises(MessageRefusedError, match="a buffered credit has 11 bytes, not 1"):
        read_credit_buffer(b"\0")


def test_inhibits_of_the_manuals() -> None:
    assert read_inhibits(data_of("01 02 02 00 3F 00 BC")) == frozenset(range(1, 7))
    assert write_inhibits(frozenset(range(1, 17))) == data_of("02 02 01 E7 FF FF 16")
    assert write_inhibits(frozenset({1, 12})) == bytes.fromhex("01 08")
    with pytest.raises(ValueError, match=r"1 to 16, not \[0, 17\]"):
        write_inhibits(frozenset({0, 3, 17}))


@given(st.frozensets(st.integers(1, 16)))
def test_inhibits_are_read_as_they_were_written(positions: frozenset[int]) -> None:
    assert read_inhibits(write_inhibits(positions)) == positions


def test_coin_ids_and_texts() -> None:
    assert read_coin_id(data_of("01 06 02 00 2E 2E 2E 2E 2E 2E E3")) is None
    assert read_coin_id(b"EU200A") == "EU200A"
    with pytest.raises(MessageRefusedError, match="6 printable"):
        read_coin_id(b"EU\xff00A")
    with pytest.raises(MessageRefusedError, match="6 bytes, not 3"):
        read_coin_id(b"EU2")
    assert read_text(data_of("01 09 03 00 53 75 7A 6F 2D 48 61 70 70 8C")) == "Suzo-Happ"
    assert read_text(b"A\x00\xffB") == "A??B"


def test_hoppers_of_the_manuals() -> None:
    assert read_hopper_flags(data_of("01 02 03 00 80 80 FA")) == {HopperFlag.DISABLED, HopperFlag.PIN_IN_USE}
    assert read_hopper_status(data_of("01 04 03 00 00 00 07 03 EE")) == HopperStatus(0, 0, 7, 3)
    assert read_serial_number(data_of("01 03 03 00 4E 46 05 60")) == 345678
    serial = bytes.fromhex("DF D7 0A")
    assert write_dispense(DispenseVariant.SERIAL, serial, 1) == data_of("03 04 01 A7 DF D7 0A 01 90")
    no_encrypt = data_of("03 09 01 A7 00 00 00 00 00 00 00 00 05 47")
    assert write_dispense(DispenseVariant.NO_ENCRYPT, bytes(8), 5) == no_encrypt
    for coins in (0, 256):
        with pytest.raises(ValueError, match="1 to 255 coins"):
            write_dispense(DispenseVariant.SERIAL, serial, coins)
    with pytest.raises(ValueError, match="starts with 8 bytes, not 3"):
        write_dispense(DispenseVariant.ENCRYPTED, serial, 1)
    with pytest.raises(MessageRefusedError, match="at least one register"):
        read_hopper_flags(b"")
    assert read_hopper_flags(b"\x80") == {HopperFlag.DISABLED}
    assert write_hopper_flags(frozenset({HopperFlag.DISABLED, HopperFlag.PIN_IN_USE})) == b"\x80\x80"


def test_the_variant_is_told_by_the_hoppers_own_words() -> None:
    assert dispense_variant("SCH2-NOENCRYPT", b"") is DispenseVariant.NO_ENCRYPT
    assert dispense_variant("Flow", b"132-MC") is DispenseVariant.ENCRYPTED
    assert dispense_variant("Flow", b"132-IT") is DispenseVariant.SERIAL
    assert dispense_variant("", b"") is DispenseVariant.SERIAL


def test_error_kinds_and_names() -> None:
    assert {code for code in range(256) if error_kind(code) is ErrorKind.JAM} == {14, 15, 29, 30}
    assert {code for code in range(256) if error_kind(code) is ErrorKind.FRAUD} == {16, 17, 18, 20, 23, 40}
    assert error_words(77) == "error 77 of this maker"
    assert header_name(254) == "Simple poll"
    assert (header_name(50), header_name(12)) == ("Application specific", "Reserved")
    assert {header.value for header in Header} <= set(HEADER_NAMES)


# --- the law of the counter


def test_the_counter_goes_from_255_to_1() -> None:
    assert [next_counter(counter) for counter in (0, 1, 254, 255)] == [1, 2, 255, 1]
    assert events_between(254, 3) == 4
    assert events_between(0, 5) == 5


@pytest.mark.parametrize("gap", range(9))
def test_every_counter_and_gap_gives_each_event_once(gap: int) -> None:
    history = numbered(3 * 255)
    for before in range(2 * 255):
        last = buffer_after(history[:before])
        now = buffer_after(history[: before + gap])
        if now.counter == 0:
            continue
        for known in (last, None):
            news = news_since(last.counter, now, known)
            assert not news.was_reset
            assert news.lost == max(0, gap - 5)
            seen = history[before + news.lost : before + gap]
            assert [event for _, event in news.events] == seen
            counters = [last.counter]
            for _ in range(gap):
                counters.append(next_counter(counters[-1]))
            assert [counter for counter, _ in news.events] == counters[1 + news.lost :]
            if news.lost:
                assert news.lost_until == counters[news.lost]
        assert not contradicts(last, now)


@pytest.mark.parametrize("since", range(5))
def test_every_counter_knows_a_reset(since: int) -> None:
    """Up to four events after a reset, the buffer itself shows that there were no more."""
    history = numbered(2 * 255)
    after = buffer_after([CreditEvent(0, 2)] * since)
    for before in range(1, 2 * 255):
        last = buffer_after(history[:before])
        for known in (last, None):
            if known is None and last.counter <= after.counter:
                continue  # nothing was seen before: the counter alone cannot tell
            news = news_since(last.counter, after, known)
            assert news.was_reset
            assert news.lost == 0
            assert [counter for counter, _ in news.events] == list(range(1, since + 1))
        assert not contradicts(last, after)


def test_five_events_after_a_reset_look_like_many_lost_ones() -> None:
    after = buffer_after(numbered(5))
    news = news_since(100, after, buffer_after(numbered(100)))
    assert (news.was_reset, news.lost, news.lost_until) == (False, 155, 255)
    assert [counter for counter, _ in news.events] == [1, 2, 3, 4, 5]


def test_readings_that_deny_what_was_seen_are_a_contradiction() -> None:
    seen = buffer_after(numbered(9))
    assert not contradicts(seen, seen)
    assert contradicts(seen, seen._replace(events=(CreditEvent(9, 9), *seen.events[1:])))
    grown = buffer_after(numbered(10))
    assert contradicts(seen, grown._replace(events=(*grown.events[:4], CreditEvent(9, 9))))
    young = buffer_after(numbered(2))
    assert contradicts(young, CreditBuffer(3, (CreditEvent(1, 1), CreditEvent(9, 9), NULL, NULL, NULL)))
    assert not contradicts(young, CreditBuffer(2, (CreditEvent(0, 2), CreditEvent(0, 2), NULL, NULL, NULL)))


@given(
    st.integers(0, 255), st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=5, max_size=5)
)
def test_buffers_are_read_as_they_were_written(counter: int, events: list[tuple[int, int]]) -> None:
    buffer = CreditBuffer(counter, tuple(CreditEvent(*event) for event in events))
    assert read_credit_buffer(write_credit_buffer(buffer)) == buffer


@given(
    st.integers(0, 255),
    st.integers(0, 255),
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=5, max_size=5),
)
def test_news_of_any_buffer_make_sense(last: int, counter: int, events: list[tuple[int, int]]) -> None:
    buffer = CreditBuffer(counter, tuple(CreditEvent(*event) for event in events))
    news = news_since(last, buffer)
    assert len(news.events) <= 5
    assert news.lost >= 0
    if news.events:
        assert news.events[-1] == (counter, buffer.events[0])
    if counter == last:
        assert news.events == ()
