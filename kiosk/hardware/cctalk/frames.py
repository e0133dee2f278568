"""ccTalk frames: bytes to frames and back, whole or as they come. No input or output, no meaning.

Source: ccTalk Serial Communication Protocol, Generic Specification, part 1, "Message structure", "Checksum"
and "Commands, simple and CRC". A frame with the simple checksum, sum of all bytes 0 modulo 256:

    +-------------+--------+--------+--------+---------------+----------+
    | destination | length | source | header | data (length) | checksum |
    +-------------+--------+--------+--------+---------------+----------+
      1 byte        0..252   1 byte   1 byte

With CRC-16 (polynomial x^16 + x^12 + x^5 + 1, start value 0, as XMODEM) over destination, length, header and
data; its low byte stands where the source would be, its high byte at the end:

    +-------------+--------+---------+--------+---------------+----------+
    | destination | length | CRC low | header | data (length) | CRC high |
    +-------------+--------+---------+--------+---------------+----------+
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

LONGEST_DATA = 252
"""So many data bytes fit into a frame."""
SHORTEST_FRAME = 5
"""A frame without data."""

HOST_ADDRESS = 1


class Checksum(StrEnum):
    """How a frame is protected."""

    SIMPLE = "simple"
    CRC16 = "crc16"


class Frame(NamedTuple):
    """One message on the line. `source` is None with CRC-16, where the frame does not carry it."""

    destination: int
    source: int | None
    header: int
    data: bytes = b""

    @property
    def checksum(self) -> Checksum:
        """How this frame is protected on the line."""
        return Checksum.CRC16 if self.source is None else Checksum.SIMPLE


class FrameRefusedError(ValueError):
    """Bytes that are no ccTalk frame; the message says why."""


class TooShortError(FrameRefusedError):
    """Fewer bytes than the shortest frame has."""


class LengthRefusedError(FrameRefusedError):
    """The length byte is above 252, or does not agree with the bytes that are there."""


class ChecksumWrongError(FrameRefusedError):
    """The bytes do not add up."""


def encode(frame: Frame) -> bytes:
    """Write a frame as bytes.

    Raises:
        LengthRefusedError: more than 252 bytes of data.
    """
    if len(frame.data) > LONGEST_DATA:
        raise LengthRefusedError(f"{len(frame.data)} data bytes do not fit a frame; {LONGEST_DATA} do")
    if frame.source is None:
        check = crc16(bytes([frame.destination, len(frame.data), frame.header]) + frame.data)
        low, high = check & 0xFF, check >> 8
        return bytes([frame.destination, len(frame.data), low, frame.header]) + frame.data + bytes([high])
    body = bytes([frame.destination, len(frame.data), frame.source, frame.header]) + frame.data
    return body + bytes([-sum(body) & 0xFF])


def decode(buffer: bytes, checksum: Checksum) -> tuple[int, Frame | None]:
    """Read the frame at the start of what has arrived: (bytes used, frame), or (0, None): more is needed.

    What stands behind the frame is left alone.

    Raises:
        LengthRefusedError: the length byte is above 252; no frame will ever come of this.
        ChecksumWrongError: the frame is complete and does not add up.
    """
    if len(buffer) >= 2 and buffer[1] > LONGEST_DATA:  # noqa: PLR2004 - the length is the second byte
        raise LengthRefusedError(f"the length byte says {buffer[1]}; a frame has at most {LONGEST_DATA}")
    if len(buffer) < SHORTEST_FRAME or len(buffer) < SHORTEST_FRAME + buffer[1]:
        return 0, None
    used = SHORTEST_FRAME + buffer[1]
    return used, _checked(buffer[:used], checksum)


def decode_whole(data: bytes) -> Frame:
    """Read bytes that are exactly one frame, with either checksum; the simple one is tried first.

    Raises:
        TooShortError, LengthRefusedError, ChecksumWrongError: they are no frame.
    """
    used, frame = _either(data)
    if used != len(data):
        raise LengthRefusedError(f"the length byte says {data[1]}, but {_what_follows(data)}")
    return frame


def split(data: bytes) -> Iterator[Frame]:
    """Read bytes that are one or more frames back to back, each with either checksum, one after the other.

    Raises:
        TooShortError, LengthRefusedError, ChecksumWrongError: here stands no frame; says at which byte.
    """
    place = 0
    while place < len(data) or place == 0:
        try:
            used, frame = _either(data[place:])
        except FrameRefusedError as refused:
            raise type(refused)(f"at byte {place + 1}: {refused}" if place else str(refused)) from None
        yield frame
        place += used


def crc16(data: bytes) -> int:
    """The check of CRC mode: CRC-16/XMODEM (0x31C3 for the digits 123456789)."""
    check = 0
    for byte in data:
        check ^= byte << 8
        for _ in range(8):
            check = (check << 1) ^ (0x1021 if check & 0x8000 else 0)
        check &= 0xFFFF
    return check


def _either(data: bytes) -> tuple[int, Frame]:
    if len(data) < SHORTEST_FRAME:
        raise TooShortError(f"{len(data)} bytes are too short for a frame; the shortest has {SHORTEST_FRAME}")
    try:
        used, frame = decode(data, Checksum.SIMPLE)
    except ChecksumWrongError as wrong:
        try:
            used, frame = decode(data, Checksum.CRC16)
        except ChecksumWrongError:
            raise ChecksumWrongError(f"{wrong}; read as CRC-16 it does not agree either") from None
    if frame is None:
        raise LengthRefusedError(f"the length byte says {data[1]}, but {_what_follows(data)}")
    return used, frame


def _checked(whole: bytes, checksum: Checksum) -> Frame:
    destination, length, third, header = whole[:4]
    data, last = whole[4:-1], whole[-1]
    if checksum is Checksum.CRC16:
        right = crc16(bytes([destination, length, header]) + data)
        if right != third | last << 8:
            raise ChecksumWrongError(f"the CRC-16 is {third | last << 8:04X}, it should be {right:04X}")
        return Frame(destination, None, header, data)
    right = -sum(whole[:-1]) & 0xFF
    if right != last:
        raise ChecksumWrongError(f"the checksum is {last:02X}, it should be {right:02X}")
    return Frame(destination, third, header, data)


def _what_follows(data: bytes) -> str:
    count = len(data) - SHORTEST_FRAME
    return "1 data byte follows" if count == 1 else f"{count} data bytes follow"
