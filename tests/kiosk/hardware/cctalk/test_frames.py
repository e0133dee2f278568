"""Frames: the manuals' bytes, whole, byte by byte and with rubbish behind."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.cctalk.frames import (
    Checksum,
    ChecksumWrongError,
    Frame,
    FrameRefusedError,
    LengthRefusedError,
    TooShortError,
    crc16,
    decode,
    decode_whole,
    encode,
    split,
)

VECTORS = Path(__file__).parents[3] / "vectors" / "cctalk.txt"


def _sections() -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    """The frames of the vector file: those that are right, and those that must be refused."""
    good: list[tuple[str, bytes]] = []
    bad: list[tuple[str, bytes]] = []
    into = good
    for line in VECTORS.read_text(encoding="ascii").splitlines():
        if line.startswith("# Must be rejected"):
            into = bad
        elif line and not line.startswith("#"):
            name, *frames = (part.strip() for part in line.split("|")[:3])
            into += [(f"{name} {frame[0]}", bytes.fromhex(frame[1:])) for frame in frames if frame]
    return good, bad


GOOD, BAD = _sections()

FRAMES = st.builds(
    Frame,
    st.integers(0, 255),
    st.none() | st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=252),
)


def test_the_vector_file_has_all_its_frames() -> None:
    assert len(GOOD) == 43
    assert len(BAD) == 2


@pytest.mark.parametrize(("name", "data"), GOOD, ids=[name for name, _ in GOOD])
def test_a_frame_of_a_manual_decodes_whole_byte_by_byte_and_with_rubbish_behind(
    name: str, data: bytes
) -> None:
    frame = decode_whole(data)
    assert frame.checksum is (Checksum.CRC16 if name.startswith("J4") else Checksum.SIMPLE)
    assert encode(frame) == data
    for so_far in range(len(data)):
        assert decode(data[:so_far], frame.checksum) == (0, None)
    assert decode(data, frame.checksum) == (len(data), frame)
    assert decode(data + b"\xff\x00\x13", frame.checksum) == (len(data), frame)


@pytest.mark.parametrize(("name", "data"), BAD, ids=[name for name, _ in BAD])
def test_a_misprint_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(FrameRefusedError) as refused:
        decode_whole(data)
    assert type(refused.value) is (LengthRefusedError if "176" in name else ChecksumWrongError)


def test_each_reason_for_refusing_says_what_is_wrong() -> None:
    with pytest.raises(TooShortError, match="4 bytes are too short"):
        decode_whole(bytes.fromhex("02 00 01 FE"))
    with pytest.raises(LengthRefusedError, match="length byte says 3, but 1 data byte follows"):
        decode_whole(bytes.fromhex("01 03 02 00 00 FC"))
    with pytest.raises(LengthRefusedError, match="length byte says 0, but 1 data byte follows"):
        decode_whole(bytes.fromhex("02 00 01 FE FF 00"))
    with pytest.raises(LengthRefusedError, match="length byte says 3, but 2 data bytes follow"):
        decode_whole(bytes.fromhex("01 03 02 00 00 00 FA"))
    with pytest.raises(LengthRefusedError, match="length byte says 253"):
        decode(bytes.fromhex("02 FD"), Checksum.SIMPLE)
    with pytest.raises(ChecksumWrongError, match="the checksum is 7A, it should be F8"):
        decode_whole(bytes.fromhex("01 01 03 00 03 7A"))
    with pytest.raises(ChecksumWrongError, match="the CRC-16 is 3F47, it should be 3F46"):
        decode(bytes.fromhex("28 00 47 01 3F"), Checksum.CRC16)
    with pytest.raises(LengthRefusedError, match="253 data bytes"):
        encode(Frame(2, 1, 254, bytes(253)))


def test_the_crc_is_xmodem() -> None:
    assert crc16(b"123456789") == 0x31C3


@given(FRAMES)
def test_what_is_written_is_read_again(frame: Frame) -> None:
    written = encode(frame)
    assert decode(written, frame.checksum) == (len(written), frame)
    assert decode(written[:-1], frame.checksum) == (0, None)


@given(st.lists(FRAMES.filter(lambda frame: frame.source is not None), min_size=1, max_size=4))
def test_several_frames_back_to_back_are_split(frames: list[Frame]) -> None:
    assert list(split(b"".join(encode(frame) for frame in frames))) == frames


@given(st.binary(max_size=300), st.sampled_from(Checksum))
def test_no_bytes_break_the_decoder(data: bytes, checksum: Checksum) -> None:
    try:
        used, frame = decode(data, checksum)
    except FrameRefusedError:
        return
    if frame is None:
        assert used == 0
    else:
        assert encode(frame) == data[:used]


@given(FRAMES, st.data())
def test_one_changed_bit_is_always_noticed(frame: Frame, data: st.DataObject) -> None:
    written = bytearray(encode(frame))
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        used, read = decode(bytes(written), frame.checksum)
    except FrameRefusedError:
        return
    assert (used, read) == (0, None)
    assert place == 1, "only a longer length may leave the decoder waiting"
