"""What an ESC/POS printer answers about itself: status bytes to meaning, and meaning to event codes.

Pure: no wire, no clock. Printing is in `typesetting.py`, the conversation in `printer.py`. Sources: Epson's
ESC/POS command reference, DLE EOT (real-time status), GS r (status in the order of the data), DLE DC4 fn 8
(clear the buffers).

The receipt printer's event codes, with severity, meaning and remedy:

`PRN.PAPER_OUT` (partial): the paper has ended. Put in a new roll and close the cover.
`PRN.PAPER_LOW` (info): the roll is nearly at its end. Bring a new roll.
`PRN.COVER_OPEN` (partial): the cover is open. Close it until it clicks.
`PRN.CUTTER` (partial): the knife is blocked. Open the cover and take the paper out.
`PRN.ERROR` (partial): the printer reports a fault of its own. Switch it off and on, then replace it.
`PRN.OFFLINE` (partial): it answers and does not print. Press its online key, look inside.
`PRN.SILENT` (partial): connected, but it does not answer. Switch it off and on.
`PRN.UNPLUGGED` (partial): no connection. Look at cable, power and network address.
`PRN.RUBBISH` (partial): it answers what no printer answers. Cable, or another machine's address?
`PRN.UNKNOWN_RESULT` (a job's): text was sent, its end never confirmed. Look whether the paper came out.
`PRN.UNPRINTABLE` (a job's): the receipt could not be laid out. A mistake of the program: report it.
"""

from enum import IntEnum, IntFlag, StrEnum

import msgspec


class PrinterCode(StrEnum):
    """The stable event codes of the receipt printer; meaning and remedy stand above."""

    PAPER_OUT = "PRN.PAPER_OUT"
    PAPER_LOW = "PRN.PAPER_LOW"
    COVER_OPEN = "PRN.COVER_OPEN"
    CUTTER = "PRN.CUTTER"
    ERROR = "PRN.ERROR"
    OFFLINE = "PRN.OFFLINE"
    SILENT = "PRN.SILENT"
    UNPLUGGED = "PRN.UNPLUGGED"
    RUBBISH = "PRN.RUBBISH"
    UNKNOWN_RESULT = "PRN.UNKNOWN_RESULT"
    UNPRINTABLE = "PRN.UNPRINTABLE"


class Question(IntEnum):
    """The `n` of DLE EOT n: what the host asks at any moment, answered before anything in the buffer."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


#      7   6   5   4   3   2   1   0
#    | 0 | . | . | 1 | . | . | 1 | 0 |   every answer to DLE EOT: these four bits never change
FIXED_BITS = 0b0001_0010
FIXED_MASK = 0b1001_0011


class PrinterBits(IntFlag):
    """The answer to DLE EOT 1."""

    DRAWER_PIN_HIGH = 0x04
    OFFLINE = 0x08
    WAITING_TO_RECOVER = 0x20
    FEED_BUTTON = 0x40


class OfflineBits(IntFlag):
    """The answer to DLE EOT 2: why the printer is offline."""

    COVER_OPEN = 0x04
    FEED_BUTTON = 0x08
    PAPER_END = 0x20
    ERROR = 0x40


class ErrorBits(IntFlag):
    """The answer to DLE EOT 3: which error."""

    RECOVERABLE = 0x04
    CUTTER = 0x08
    UNRECOVERABLE = 0x20
    RECOVERS_ITSELF = 0x40


class PaperBits(IntFlag):
    """The answer to DLE EOT 4: the paper's sensors; each sensor sets two bits."""

    NEAR_END = 0x0C
    END = 0x60


#      7   6   5   4   3   2   1   0
#    | 0 | . | . | 0 | END   | NEAR  |      the answer to GS r 1
IN_ORDER_FIXED_MASK = 0b1001_0000
IN_ORDER_NEAR_END = 0x03
IN_ORDER_END = 0x0C

ASK_IN_ORDER = b"\x1d\x72\x01"
"""GS r 1: answered only after everything sent before it has been carried out, the cut included."""

CLEAR_BUFFERS = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
"""DLE DC4 fn 8: forget at once what was received and not printed."""

CLEAR_ANSWER = bytes.fromhex("37 25 00")


class RubbishError(ValueError):
    """An answer that no ESC/POS printer gives."""


class PrinterStatus(msgspec.Struct, frozen=True):
    """The four answers to DLE EOT, read together."""

    printer: PrinterBits
    offline_cause: OfflineBits
    error_cause: ErrorBits
    paper: PaperBits

    @property
    def is_paper_low(self) -> bool:
        """Whether the roll is nearly at its end; printing goes on."""
        return bool(self.paper & PaperBits.NEAR_END)

    @property
    def trouble(self) -> PrinterCode | None:
        """Why the printer cannot print now; None when it can. The cause a person mends first comes first."""
        if self.offline_cause & OfflineBits.COVER_OPEN:
            return PrinterCode.COVER_OPEN
        if self.paper & PaperBits.END or self.offline_cause & OfflineBits.PAPER_END:
            return PrinterCode.PAPER_OUT
        if self.error_cause & ErrorBits.CUTTER:
            return PrinterCode.CUTTER
        if self.offline_cause & OfflineBits.ERROR or self.error_cause:
            return PrinterCode.ERROR
        if self.printer & PrinterBits.OFFLINE:
            return PrinterCode.OFFLINE
        return None


def ask(question: Question) -> bytes:
    """The bytes that ask this question: DLE EOT n."""
    return bytes((0x10, 0x04, question))


def status_bits(answer: bytes) -> int:
    """Check an answer to DLE EOT and return it without its fixed bits.

    Raises:
        RubbishError: not one byte, or a byte whose fixed bits are wrong.
    """
    if len(answer) != 1:
        raise RubbishError(f"a status is one byte, not {len(answer)}: {answer[:16].hex(' ')}")
    if not is_status(answer[0]):
        raise RubbishError(f"{answer[0]:02x} is no status: bits 0, 1, 4 and 7 must be 0, 1, 1 and 0")
    return answer[0] & ~FIXED_MASK


def is_status(byte: int) -> bool:
    """Whether a byte can be an answer to DLE EOT."""
    return byte & FIXED_MASK == FIXED_BITS


def is_in_order_answer(byte: int) -> bool:
    """Whether a byte can be the answer to GS r 1: bits 4 and 7 are 0, as in no answer to DLE EOT."""
    return byte & IN_ORDER_FIXED_MASK == 0
