"""Cuts an ESC/POS byte stream into text and commands, as a printer does: incrementally, and never at a loss.

Knows how long each command is, nothing of what it does; that is `printer.py`. Source: Epson's ESC/POS command
reference. A command that is not in the tables is reported as unknown, and its two first bytes are skipped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

ESC, FS, GS, DLE, NUL = 0x1B, 0x1C, 0x1D, 0x10, 0x00
PREFIXES = {ESC: "ESC", FS: "FS", GS: "GS"}
FIRST_PRINTABLE = 0x20

PARAMETERS = {
    # Commands with a fixed number of parameter bytes.
    "ESC": dict.fromkeys("@2LS<imv", 0)
    | dict.fromkeys(" !-3ADEGJKMRTUVadert{=%+?u", 1)
    | dict.fromkeys("$\\cB", 2)
    | {"p": 3, "W": 8},
    "FS": dict.fromkeys("&.", 0) | dict.fromkeys("!-CW", 1) | dict.fromkeys("Sp", 2),
    "GS": dict.fromkeys(":", 0) | dict.fromkeys("!/BEHTabfhrwIR|", 1) | dict.fromkeys("$\\LPW", 2) | {"^": 3},
}
LONGEST_TERMINATED = 255
WIDEST_RASTER_BYTES, HIGHEST_RASTER_DOTS = 128, 4095
CUTS_WITH_FEED = (65, 66, 97, 98, 103, 104)
FIRST_FUNCTION_B = 65

REAL_TIME_LENGTHS = {0x04: 3, 0x05: 3, 0x14: 10}
"""DLE EOT n, DLE ENQ n, and DLE DC4 fn 8 with its seven fixed bytes."""
SHORT_DC4_LENGTH = 5
"""DLE DC4 fn m t, for fn other than 8."""
CLEAR_FUNCTION = 8


@dataclass(frozen=True)
class Text:
    """Bytes to be printed in the code page in force."""

    data: bytes


@dataclass(frozen=True)
class Control:
    """A single control byte, such as LF (0x0a)."""

    byte: int


@dataclass(frozen=True)
class Order:
    """A command, such as `ESC a` with its parameter bytes."""

    name: str
    parameters: bytes = b""


@dataclass(frozen=True)
class Unknown:
    """The first bytes of something that is no known command; they have been skipped."""

    data: bytes


Item = Text | Control | Order | Unknown


class StreamParser:
    """Takes bytes in any portions, gives items as soon as they are whole."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[Item]:
        """Give the items that are complete with `data`."""
        stream = self._waiting + data
        at = 0
        try:
            while at < len(stream):
                used, item = _first_item(stream, at)
                if used == 0:
                    break
                at += used
                yield item
        finally:
            self._waiting = stream[at:]

    def forget(self) -> None:
        """Throw away the beginning of an unfinished command."""
        self._waiting = b""


MORE: tuple[int, Item] = (0, Unknown(b""))
"""What `_first_item` says when the command is not whole yet."""


def _first_item(stream: bytes, at: int) -> tuple[int, Item]:
    """The item at this place and how many bytes it has; 0 bytes: more are needed."""
    first = stream[at]
    if first >= FIRST_PRINTABLE:
        end = at
        while end < len(stream) and stream[end] >= FIRST_PRINTABLE:
            end += 1
        return end - at, Text(stream[at:end])
    if first not in PREFIXES:
        return 1, Control(first)
    if at + 1 >= len(stream):
        return MORE
    prefix, letter = PREFIXES[first], chr(stream[at + 1])
    length = _length_of_parameters(prefix, letter, stream[at + 2 :])
    if length is None:
        return 2, Unknown(stream[at : at + 2])
    if length < 0 or at + 2 + length > len(stream):
        return MORE
    return 2 + length, Order(f"{prefix} {letter}", stream[at + 2 : at + 2 + length])


NOT_YET = -1


def _length_of_parameters(prefix: str, letter: str, rest: bytes) -> int | None:
    """How many parameter bytes follow, NOT_YET when bytes to come will tell, None for an unknown command."""
    variable = VARIABLE.get(f"{prefix} {letter}")
    return variable(rest) if variable else PARAMETERS[prefix].get(letter)


def _length_of_extended(rest: bytes) -> int:
    """GS ( letter pL pH d1...dk: the length stands behind the letter."""
    header = 3
    return header + int.from_bytes(rest[1:3], "little") if len(rest) >= header else NOT_YET


def _length_of_cut(rest: bytes) -> int:
    if not rest:
        return NOT_YET
    return 2 if rest[0] in CUTS_WITH_FEED else 1


def _length_of_barcode(rest: bytes) -> int | None:
    """GS k m d1...dk NUL (function A, m up to 6), or GS k m n d1...dn (function B, m from 65)."""
    if not rest:
        return NOT_YET
    if rest[0] < FIRST_FUNCTION_B:
        return _terminated(rest)
    return 2 + rest[1] if len(rest) > 1 else NOT_YET


def _terminated(rest: bytes) -> int | None:
    end = rest.find(NUL, 0 if not rest or rest[0] else 1)
    if end >= 0:
        return end + 1
    return NOT_YET if len(rest) < LONGEST_TERMINATED else None


def _length_of_raster(rest: bytes) -> int | None:
    """GS v 0 m xL xH yL yH d1...dk: x bytes a row, y rows."""
    header = 6
    if len(rest) < header:
        return NOT_YET
    row_bytes, rows = int.from_bytes(rest[2:4], "little"), int.from_bytes(rest[4:6], "little")
    if rest[:1] != b"0" or row_bytes > WIDEST_RASTER_BYTES or rows > HIGHEST_RASTER_DOTS:
        return None
    return header + row_bytes * rows


def _length_of_bit_image(rest: bytes) -> int:
    """ESC * m nL nH d1...dk: n columns of 1 or 3 bytes."""
    header = 3
    if len(rest) < header:
        return NOT_YET
    column_bytes = 3 if rest[0] in (32, 33) else 1
    return header + column_bytes * int.from_bytes(rest[1:3], "little")


VARIABLE: dict[str, Callable[[bytes], int | None]] = {
    "GS (": _length_of_extended,
    "ESC (": _length_of_extended,
    "FS (": _length_of_extended,
    "GS V": _length_of_cut,
    "GS k": _length_of_barcode,
    "GS v": _length_of_raster,
    "ESC *": _length_of_bit_image,
    "ESC D": _terminated,
}
"""Commands whose length stands in the command itself."""


class RealTimeFilter:
    """Takes the real-time commands (DLE EOT, DLE ENQ, DLE DC4) out of the stream, wherever they stand.

    A printer obeys them when they arrive, before what waits in its buffer, and does not look whether they are
    part of another command's data; neither does this.
    """

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give pairs: ordinary bytes, and the real-time command that follows them (empty at the end)."""
        stream = self._waiting + data
        at = begin = 0
        while (at := stream.find(DLE, at)) >= 0:
            length = self._length(stream[at:])
            if at + length > len(stream):
                break
            if length > 1:
                yield stream[begin:at], stream[at : at + length]
                begin = at + length
            at += length
        end = at if at >= 0 else len(stream)
        self._waiting = stream[end:]
        yield stream[begin:end], b""

    @staticmethod
    def _length(stream: bytes) -> int:
        """How long the real-time command at the beginning is; 1 when it is only a DLE."""
        if len(stream) < 2:  # noqa: PLR2004 - DLE and the letter
            return 2
        length = REAL_TIME_LENGTHS.get(stream[1], 1)
        if stream[1] == 0x14 and len(stream) > 2 and stream[2] != CLEAR_FUNCTION:  # noqa: PLR2004 - DLE DC4 fn
            return SHORT_DC4_LENGTH
        return length
