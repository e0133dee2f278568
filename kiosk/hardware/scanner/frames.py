"""Cuts what a serial barcode scanner sends into lines. Pure: silence is told by whoever reads the wire.

A line ends with CR, LF or CR LF, or with silence where the scanner is set to send no ending. Nothing is
checked here but that it is a line of plain characters; what it means is the session's business.
"""

import msgspec

LONGEST_LINE = 512
"""Bytes. The largest symbols in use on clamps and receipts hold far less."""
CR, LF = 0x0D, 0x0A
FIRST_PRINTABLE, LAST_PRINTABLE = 0x20, 0x7E


class Line(msgspec.Struct, frozen=True):
    """One scan: 1 to 512 printable ASCII characters."""

    text: str


class Rubbish(msgspec.Struct, frozen=True):
    """Something that no barcode is; `reason` says why, without repeating it."""

    reason: str


class LineCutter:
    """Takes bytes in any portions, gives lines and rubbish. `refused` counts the rubbish."""

    def __init__(self) -> None:
        self.refused = 0
        self._line = bytearray()
        self._overflows = False

    @property
    def is_waiting(self) -> bool:
        """Whether the beginning of a line has come and its end has not."""
        return bool(self._line) or self._overflows

    def feed(self, data: bytes) -> list[Line | Rubbish]:
        """The lines that end in `data`; empty ones (the LF of CR LF) do not count."""
        ended: list[Line | Rubbish] = []
        for byte in data:
            if byte in (CR, LF):
                ended.extend(self.silence())
            elif len(self._line) < LONGEST_LINE:
                self._line.append(byte)
            elif not self._overflows:
                # Told at once, not at the end: a scanner that never stops would never be told of.
                self._overflows = True
                ended.append(self._refuse(f"more than {LONGEST_LINE} bytes without an end"))
        return ended

    def silence(self) -> list[Line | Rubbish]:
        """The line that ends because nothing more comes; what is left of an over-long one is thrown away."""
        line, overflows = bytes(self._line), self._overflows
        self._line.clear()
        self._overflows = False
        if overflows or not line:
            return []
        strange = [byte for byte in line if not FIRST_PRINTABLE <= byte <= LAST_PRINTABLE]
        if strange:
            return [
                self._refuse(f"byte 0x{strange[0]:02x} in a line of {len(line)} is no printable character")
            ]
        return [Line(line.decode("ascii"))]

    def _refuse(self, reason: str) -> Rubbish:
        self.refused += 1
        return Rubbish(reason)
