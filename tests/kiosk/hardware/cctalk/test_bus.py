"""One question on the line: echo, silence, noise, foreign answers, repetition."""

import contextlib
from collections.abc import Callable

import pytest

from kiosk.hardware.cctalk.bus import (
    Bus,
    BusyError,
    Echo,
    ExchangeError,
    NoAnswerError,
    Peer,
    RefusedError,
    RubbishError,
)
from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import Header
from kiosk.hardware.transport.memory import MemoryWire

POLL = bytes.fromhex("02 00 01 FE FF")
ACK = bytes.fromhex("01 00 02 00 FD")
ACCEPTOR = Peer(2)

Answer = Callable[[bytes], bytes]


class Line:
    """A bus on a wire in memory whose far end is a function; the fake clock moves while the bus waits."""

    def __init__(self, *answers: Answer, echo: Echo = Echo.AUTO) -> None:
        self.now_s = 0.0
        self.asked = 0
        self._answers = answers
        self.wire = MemoryWire(heard_by=self._hear, wait=self._pass)
        self.bus = Bus(self.wire, lambda: self.now_s, echo=echo)
        self.bus.open()

    def _pass(self, seconds: float) -> None:
        self.now_s += seconds

    def _hear(self, data: bytes) -> None:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        self.wire.deliver(answer(data))


def says(text: str) -> Answer:
    """Echo and these bytes."""
    return lambda heard: heard + bytes.fromhex(text)


def silence(heard: bytes) -> bytes:
    """Only the echo."""
    return heard


def test_the_echo_is_found_out_by_the_first_exchange() -> None:
    line = Line(says(ACK.hex()))
    assert line.bus.echo.name == "AUTO"
    assert line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL) == b""
    assert line.bus.echo.name == "ON"
    without = Line(lambda _: ACK)
    assert without.bus.ask(ACCEPTOR, Header.SIMPLE_POLL) == b""
    assert without.bus.echo.name == "OFF"
    without.bus.open()
    assert without.bus.echo.name == "AUTO"


def test_an_answer_without_echo_is_no_answer_where_there_must_be_an_echo() -> None:
    with pytest.raises(RubbishError, match="the echo is not what was sent"):
        Line(lambda _: ACK, echo=Echo.ON).bus.ask(ACCEPTOR, Header.SIMPLE_POLL)


@pytest.mark.parametrize(
    ("first", "then", "found"),
    [
        pytest.param(lambda _: ACK, says(ACK.hex()), "ON", id="opened while the adapter lost the echo"),
        pytest.param(says(ACK.hex()), lambda _: ACK, "OFF", id="another adapter was plugged in"),
        pytest.param(
            lambda heard: b"\x55" + heard[1:] + ACK, says(ACK.hex()), "ON", id="noise in the first echo"
        ),
    ],
)
def test_an_echo_that_was_learnt_in_a_bad_moment_is_found_out_anew(
    first: Answer, then: Answer, found: str
) -> None:
    line = Line(first, then)
    with contextlib.suppress(RubbishError):
        line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=1)
    learnt = line.bus.echo
    for _ in range(2):
        with pytest.raises(RubbishError):
            line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=2)
        assert line.bus.echo is learnt  # a little noise is no reason
    with contextlib.suppress(RubbishError):
        line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL)
    assert line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL) == b""
    assert line.bus.echo.name == found


def test_an_echo_that_is_configured_is_never_found_out() -> None:
    line = Line(lambda _: ACK, echo=Echo.ON)
    for _ in range(9):
        with pytest.raises(RubbishError):
            line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=1)
    assert line.bus.echo is Echo.ON


def test_bytes_may_come_one_by_one() -> None:
    line = Line(lambda _: b"")
    arriving = list(POLL + ACK)

    def drip(seconds: float) -> None:
        line.now_s += min(seconds, 0.001)
        if arriving:
            line.wire.deliver(bytes([arriving.pop(0)]))

    line.wire = MemoryWire(wait=drip)
    bus = Bus(line.wire, lambda: line.now_s)
    bus.open()
    assert bus.ask(ACCEPTOR, Header.SIMPLE_POLL) == b""


def test_silence_is_told_after_three_tries() -> None:
    line = Line(silence)
    with pytest.raises(NoAnswerError, match=r"Simple poll \(254\) to address 2: silence"):
        line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL)
    assert line.asked == 3
    assert line.now_s == pytest.approx(0.75)


def test_a_dead_line_is_told_apart_from_a_silent_device() -> None:
    line = Line(silence, lambda _: b"")
    with pytest.raises(NoAnswerError):
        line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=1)
    with pytest.raises(NoAnswerError, match="not even the echo"):
        line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=1)


@pytest.mark.parametrize(
    "noise",
    [
        "01 00 02 00 FC",  # wrong checksum
        "01 00 03 00 FC",  # another device answers
        "05 00 02 00 F9",  # an answer for somebody else
        "01 00 02 07 F6",  # no reply header
        "01 FD 02 00 00",  # an impossible length
        "01 04 02 00 00",  # stops in the middle
        "01 00 02 00 FD 13",  # noise behind
        "13 01 00 02 00 FD",  # noise before
    ],
)
def test_noise_makes_the_answer_worthless_and_it_is_asked_again(noise: str) -> None:
    line = Line(says(noise), says(noise), says(ACK.hex()))
    assert line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL) == b""
    assert line.asked == 3
    with pytest.raises(RubbishError):
        Line(says(noise)).bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=1)


def test_nak_and_busy() -> None:
    line = Line(says("01 00 02 05 F8"))
    with pytest.raises(RefusedError, match="NAK"):
        line.bus.ask(ACCEPTOR, Header.MODIFY_INHIBIT_STATUS, b"\0\0")
    with pytest.raises(BusyError):
        Line(says("01 00 02 06 F7")).bus.ask(ACCEPTOR, Header.SIMPLE_POLL)
    once_busy = Line(says("01 00 02 06 F7"), says(ACK.hex()))
    assert once_busy.bus.ask(ACCEPTOR, Header.SIMPLE_POLL) == b""


def test_what_came_late_is_thrown_away_before_the_next_question() -> None:
    line = Line(silence, says("01 01 02 00 07 F5"))
    with pytest.raises(ExchangeError):
        line.bus.ask(ACCEPTOR, Header.SIMPLE_POLL, tries=1)
    line.wire.deliver(ACK)
    assert line.bus.ask(ACCEPTOR, Header.REQUEST_STATUS, tries=1) == b"\7"


def test_crc_mode_carries_no_source() -> None:
    line = Line(lambda heard: heard + bytes.fromhex("01 00 30 00 37"))
    validator = Peer(0x28, Checksum.CRC16)
    assert line.bus.ask(validator, Header.RESET_DEVICE) == b""
    with pytest.raises(RubbishError):
        Line(says(ACK.hex())).bus.ask(validator, Header.RESET_DEVICE, tries=1)
