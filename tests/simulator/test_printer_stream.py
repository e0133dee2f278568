"""Cutting ESC/POS into commands: whole, byte by byte, and with rubbish around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.devices.printer_stream import (
    Control,
    Item,
    Order,
    RealTimeFilter,
    StreamParser,
    Text,
    Unknown,
)

JOB = (
    b"\x1b@\x1bt\x13\x1ba\x01Harbour \xd5\n\x1d!\x55482 913\n\x1d(k\x04\x001A2\x00\x1d(k\x05\x001P07F"
    b"\x1dkI\x05{B7F3\x1dk\x04ABC\x00\x1dv0\x00\x01\x00\x02\x00\x1b@\x1bD\x08\x10\x00\x1b*\x21\x01\x00abc\x1dV\x42\x05"
)
ITEMS: list[Item] = [
    Order("ESC @"),
    Order("ESC t", b"\x13"),
    Order("ESC a", b"\x01"),
    Text(b"Harbour \xd5"),
    Control(0x0A),
    Order("GS !", b"\x55"),
    Text(b"482 913"),
    Control(0x0A),
    Order("GS (", b"k\x04\x001A2\x00"),
    Order("GS (", b"k\x05\x001P07F"),
    Order("GS k", b"I\x05{B7F3"),
    Order("GS k", b"\x04ABC\x00"),
    Order("GS v", b"0\x00\x01\x00\x02\x00\x1b@"),
    Order("ESC D", b"\x08\x10\x00"),
    Order("ESC *", b"\x21\x01\x00abc"),
    Order("GS V", b"\x42\x05"),
]


def joined(items: list[Item]) -> list[Item]:
    """Texts side by side as one: how they were portioned does not matter."""
    result: list[Item] = []
    for item in items:
        if isinstance(item, Text) and result and isinstance(result[-1], Text):
            result[-1] = Text(result[-1].data + item.data)
        else:
            result.append(item)
    return result


def fed_by_byte(data: bytes) -> list[Item]:
    parser = StreamParser()
    return joined([item for byte in data for item in parser.feed(bytes((byte,)))])


def test_a_job_whole() -> None:
    assert list(StreamParser().feed(JOB)) == ITEMS


def test_a_job_byte_by_byte() -> None:
    assert fed_by_byte(JOB) == ITEMS


def test_a_job_with_rubbish_in_front_and_behind() -> None:
    items = list(StreamParser().feed(b"\x00\x1b\x01\x1d\xfe" + JOB + b"\x1b"))
    assert items[:3] == [Control(0), Unknown(b"\x1b\x01"), Unknown(b"\x1d\xfe")]
    assert items[3:] == ITEMS


@given(st.binary(max_size=300))
def test_any_bytes_are_the_same_whole_and_byte_by_byte(data: bytes) -> None:
    assert joined(list(StreamParser().feed(data))) == fed_by_byte(data)


@pytest.mark.parametrize(
    "endless",
    [b"\x1dk\x04" + b"A" * 300, b"\x1dv0\x00\xff\xff\xff\xff", b"\x1bD" + b"\x01" * 300],
    ids=["bars without an end", "a picture of four gigabytes", "tabulators without an end"],
)
def test_nothing_makes_it_wait_for_ever(endless: bytes) -> None:
    parser = StreamParser()
    assert isinstance(next(parser.feed(endless)), Unknown)


def test_an_unfinished_command_can_be_forgotten() -> None:
    parser = StreamParser()
    assert list(parser.feed(b"\x1d(k\xff\xff")) == []
    parser.forget()
    assert list(parser.feed(b"7F314")) == [Text(b"7F314")]


REAL_TIME = [
    b"\x10\x04\x01",
    b"\x10\x04\x04",
    b"\x10\x05\x02",
    b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08",
    b"\x10\x14\x01\x00\x01",
]


def filtered(portions: list[bytes]) -> tuple[bytes, list[bytes]]:
    real_time = RealTimeFilter()
    pairs = [pair for portion in portions for pair in real_time.feed(portion)]
    return b"".join(ordinary for ordinary, _ in pairs), [command for _, command in pairs if command]


@pytest.mark.parametrize("command", REAL_TIME, ids=[command.hex() for command in REAL_TIME])
def test_real_time_commands_are_taken_out_wherever_they_stand(command: bytes) -> None:
    data = b"Harb" + command + b"our\x1d(k\x04\x001A" + command + b"2\x00"
    expected = (b"Harbour\x1d(k\x04\x001A2\x00", [command, command])
    assert filtered([data]) == expected
    assert filtered([bytes((byte,)) for byte in data]) == expected


def test_a_dle_that_begins_nothing_stays_in_the_stream() -> None:
    assert filtered([b"a\x10b\x10\x10\x04\x01c"]) == (b"a\x10b\x10c", [b"\x10\x04\x01"])


@given(st.lists(st.binary(max_size=20), max_size=10))
def test_the_filter_loses_nothing_however_it_is_fed(portions: list[bytes]) -> None:
    data = b"".join(portions)
    assert filtered(portions) == filtered([data])
    ordinary, commands = filtered([*portions, b"end of it.."])
    assert len(ordinary) + sum(map(len, commands)) <= len(data) + 11
    assert len(ordinary) + sum(map(len, commands)) > len(data)
