"""What a scanner sends, cut into lines: whole, byte by byte, and with rubbish around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.scanner.frames import LONGEST_LINE, Line, LineCutter, Rubbish

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=LONGEST_LINE)


def lines_of(cutter: LineCutter, data: bytes) -> list[str]:
    return [ended.text for ended in cutter.feed(data) if isinstance(ended, Line)]


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n", b"\n\r"])
def test_every_usual_ending_gives_the_line_once(ending: bytes) -> None:
    assert LineCutter().feed(b"7F314" + ending + b"7F315" + ending) == [Line("7F314"), Line("7F315")]


@given(st.lists(PRINTABLE, max_size=5), st.sampled_from([b"\r", b"\n", b"\r\n"]))
def test_lines_are_the_same_whole_and_byte_by_byte(texts: list[str], ending: bytes) -> None:
    data = b"".join(text.encode() + ending for text in texts)
    whole, single = LineCutter(), LineCutter()
    by_byte = [text for byte in data for text in lines_of(single, bytes((byte,)))]
    assert lines_of(whole, data) == by_byte == texts


@given(st.binary(max_size=2000))
def test_no_bytes_do_more_than_lines_of_plain_characters_and_counted_rubbish(data: bytes) -> None:
    cutter = LineCutter()
    ended = [*cutter.feed(data), *cutter.silence()]
    for line in ended:
        assert isinstance(line, Rubbish) or (line.text.isascii() and line.text.isprintable())
        assert isinstance(line, Rubbish) or 1 <= len(line.text) <= LONGEST_LINE
    assert cutter.refused == sum(isinstance(line, Rubbish) for line in ended)
    assert not cutter.is_waiting


@given(st.binary(max_size=600))
def test_after_any_rubbish_and_an_end_the_next_line_is_read(rubbish: bytes) -> None:
    cutter = LineCutter()
    cutter.feed(rubbish + b"\r")
    assert cutter.feed(b"7F314\r") == [Line("7F314")]


def test_silence_ends_a_line_without_an_ending() -> None:
    cutter = LineCutter()
    assert cutter.feed(b"7F3") == []
    assert cutter.is_waiting
    assert cutter.feed(b"14") == []
    assert cutter.silence() == [Line("7F314")]
    assert cutter.silence() == []


def test_a_line_may_be_512_bytes_and_not_one_more() -> None:
    assert LineCutter().feed(b"7" * 512 + b"\r") == [Line("7" * 512)]
    cutter = LineCutter()
    assert cutter.feed(b"7" * 513) == [Rubbish("more than 512 bytes without an end")]
    assert cutter.feed(b"7" * 10_000) == []
    assert cutter.feed(b"\r7F314\r") == [Line("7F314")]
    assert cutter.refused == 1


@pytest.mark.parametrize("strange", [b"7F\x1b314", b"7F\x00", b"\xc3\xa9", b"7F\x7f", b"\t7F"])
def test_control_characters_and_other_alphabets_are_refused(strange: bytes) -> None:
    cutter = LineCutter()
    (refused,) = cutter.feed(strange + b"\r")
    assert isinstance(refused, Rubbish)
    assert "no printable character" in refused.reason
