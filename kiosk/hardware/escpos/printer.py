"""The receipt printer as a device: asks it how it is, prints receipts, and says what became of them.

A dead TCP peer "takes" text, so a job is finished only when the printer itself says so. Its status is asked
before (DLE EOT 1 to 4, nothing is sent to a printer that cannot print); behind the last byte follows GS r 1,
which the printer answers after it has carried out everything before it, the cut included, and once more
when it is asked again; while that answer
is awaited, DLE EOT tells whether paper, cover or knife stop the job. A job is never sent twice: what failed
is told, and whoever ordered it decides. What a failed job left in the printer's buffer is cleared, so that
one customer's code does not come out in front of the next.

Status bytes are read in `messages.py`, bytes to print are made in `layout.py` and `typesetting.py`.
"""

import logging
from collections import deque

import msgspec

from kiosk.flows.commands import Command, Print
from kiosk.flows.events import Printed, PrintFailed
from kiosk.hardware.escpos.layout import COLUMNS_80_MM, receipt_bytes
from kiosk.hardware.escpos.messages import (
    ASK_IN_ORDER,
    CLEAR_ANSWER,
    CLEAR_BUFFERS,
    ErrorBits,
    OfflineBits,
    PaperBits,
    PrinterBits,
    PrinterCode,
    PrinterStatus,
    Question,
    RubbishError,
    ask,
    is_in_order_answer,
    is_status,
    status_bits,
)
from kiosk.hardware.health import Health
from kiosk.hardware.ports import Post, SteadyClock, Transport, TransportError

TRIES = 2
"""How often a question is asked before an answer counts as rubbish."""
LARGEST_READ = 64
WAIT_BETWEEN_LOOKS_S = 0.25
"""While a job prints: how long to listen for its end before looking at paper, cover and knife again."""
REMEMBERED_JOBS = 64
"""How many finished jobs are known by number: ordered once more, they are reported and not printed again."""

log = logging.getLogger(__name__)


class PrinterConfig(msgspec.Struct, frozen=True):
    """How to treat one printer; the defaults fit an 80 mm printer on a network.

    `confirms_in_order` is false for a printer that does not know GS r: then a job counts as printed when the
    printer is online with paper after the last byte, which cannot see an end of the paper a moment later.
    """

    columns: int = COLUMNS_80_MM
    status_interval_s: float = 2.0
    reply_timeout_s: float = 0.5
    finish_timeout_s: float = 10.0
    shortest_pause_s: float = 0.5
    longest_pause_s: float = 8.0
    confirms_in_order: bool = True


USUAL = PrinterConfig()


class PrinterTroubleError(Exception):
    """The printer cannot print, cannot be reached, or cannot be understood; `code` says which."""

    def __init__(self, code: PrinterCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


WIRE_TROUBLES = frozenset((PrinterCode.UNPLUGGED, PrinterCode.SILENT, PrinterCode.RUBBISH))
"""After these nobody knows what is still on its way: the connection is made anew."""


class ReceiptPrinter:
    """The `Device` named `printer`: posts Printed, PrintFailed, DeviceBroke and DeviceWorks."""

    name = "printer"

    def __init__(
        self, transport: Transport, post: Post, steady: SteadyClock, config: PrinterConfig = USUAL
    ) -> None:
        self._transport = transport
        self._post = post
        self._steady = steady
        self._config = config
        self._health = Health(self.name, post)
        self._pause_s = config.shortest_pause_s
        self._is_paper_low = False
        self._must_clear = False
        self._printed: deque[str] = deque(maxlen=REMEMBERED_JOBS)

    @property
    def is_paper_low(self) -> bool:
        """Whether the roll is nearly at its end (`PRN.PAPER_LOW`): worth a message, not a failure."""
        return self._is_paper_low

    # --- turns ------------------------------------------------------------------------------------------

    def turn(self) -> float:
        """Ask how the printer is. Due again after the status interval; ever later while it is away."""
        try:
            self._require_ready()
        except PrinterTroubleError as trouble:
            return self._note_trouble(trouble)
        self._note_working()
        return self._config.status_interval_s

    def perform(self, command: Command) -> None:
        """Print a receipt; blocks until the printer confirms it, little more than `finish_timeout_s`."""
        if isinstance(command, Print):
            self._post(Printed(command.job) if command.job in self._printed else self._print(command))

    def close(self) -> None:
        """Let go of the wire; a printer that is left alone does nothing."""
        self._transport.close()

    # --- printing ---------------------------------------------------------------------------------------

    def _print(self, command: Print) -> Printed | PrintFailed:
        try:
            data = receipt_bytes(command.receipt, self._config.columns)
        except Exception:
            # The session waits for this job: it must hear of the mistake, and so must the pump.
            self._post(PrintFailed(command.job, PrinterCode.UNPRINTABLE))
            raise
        try:
            self._require_ready()
        except PrinterTroubleError as trouble:
            self._note_trouble(trouble)
            return PrintFailed(command.job, trouble.code)
        try:
            self._send(data)
            self._await_end()
        except PrinterTroubleError as trouble:
            return self._failed_under_way(command, trouble)
        self._note_working()
        self._printed.append(command.job)
        return Printed(command.job)

    def _failed_under_way(self, command: Print, trouble: PrinterTroubleError) -> PrintFailed:
        self._note_trouble(trouble)
        self._must_clear = True
        try:
            self._connect()
        except PrinterTroubleError:
            log.info("printer: the rest of job %s is cleared when the printer is back", command.job)
        is_known = trouble.code not in WIRE_TROUBLES
        return PrintFailed(command.job, trouble.code if is_known else PrinterCode.UNKNOWN_RESULT)

    def _await_end(self) -> None:
        """Wait until everything has come out. Raises PrinterTroubleError when it does not."""
        deadline_s = self._steady() + self._config.finish_timeout_s
        if not self._config.confirms_in_order:
            self._await_ready(deadline_s)
            return
        self._send(ASK_IN_ORDER)
        while not (_tells_end(self._receive(WAIT_BETWEEN_LOOKS_S)) and self._confirms_end()):
            is_over = self._steady() >= deadline_s
            # The end may arrive together with the status, so every answer is searched for it.
            has_ended, doubt = self._look_under_way()
            if has_ended and self._confirms_end():
                return
            if is_over:
                raise PrinterTroubleError(
                    doubt, f"the end of the job was not confirmed in {self._config.finish_timeout_s:.0f} s"
                )

    def _confirms_end(self) -> bool:
        """Ask a second time: a byte of noise on a serial line may look like the answer, two do not.

        A printer that still prints says nothing to it until it has ended, which is heard later.
        """
        for _ in range(TRIES):
            self._discard()
            self._send(ASK_IN_ORDER)
            answer = self._receive(self._config.reply_timeout_s)
            if not answer:
                return False
            if len(answer) == 1 and is_in_order_answer(answer[0]):
                return True
        return False

    def _look_under_way(self) -> tuple[bool, PrinterCode]:
        """Ask for the status while a job prints. Raises PrinterTroubleError when the job cannot go on.

        Returns whether its end was told, and what would be wrong if it never were.
        """
        bits = {}
        for question in Question:
            self._send(ask(question))
            answer = self._receive(self._config.reply_timeout_s)
            if _tells_end(answer):
                return True, PrinterCode.UNKNOWN_RESULT
            if not answer:
                # Perhaps busy moving paper: silence means something only when the whole time is over.
                return False, PrinterCode.SILENT
            bits[question] = self._status_among(answer)
        status = _status(bits)
        self._require_no_trouble(status, tolerated=PrinterCode.OFFLINE)
        return False, status.trouble or PrinterCode.UNKNOWN_RESULT

    @staticmethod
    def _status_among(answer: bytes) -> int:
        statuses = [byte for byte in answer if is_status(byte)]
        if not statuses:
            raise PrinterTroubleError(PrinterCode.RUBBISH, f"while printing: {answer[:16].hex(' ')}")
        return status_bits(bytes(statuses[-1:]))

    def _await_ready(self, deadline_s: float) -> None:
        while True:
            try:
                self._require_ready()
            except PrinterTroubleError as trouble:
                waiting = trouble.code in (PrinterCode.OFFLINE, PrinterCode.SILENT)
                if not waiting or self._steady() >= deadline_s:
                    raise
                self._receive(WAIT_BETWEEN_LOOKS_S)
            else:
                return

    # --- conversation -----------------------------------------------------------------------------------

    def _require_ready(self) -> None:
        """Connect if need be, and read the status. Raises PrinterTroubleError unless it can print."""
        self._connect()
        status = self._read_status()
        if status.trouble is PrinterCode.OFFLINE:
            # Offline without a cause: perhaps the cover was opened or closed between two of the questions.
            status = self._read_status()
        if status.is_paper_low != self._is_paper_low:
            self._is_paper_low = status.is_paper_low
            log.info("printer: %s %s", PrinterCode.PAPER_LOW, "begins" if status.is_paper_low else "ends")
        self._require_no_trouble(status)

    def _read_status(self) -> PrinterStatus:
        return _status({question: self._ask(question) for question in Question})

    @staticmethod
    def _require_no_trouble(status: PrinterStatus, tolerated: PrinterCode | None = None) -> None:
        trouble = status.trouble
        if trouble is not None and trouble is not tolerated:
            raise PrinterTroubleError(trouble, f"the printer says {status}")

    def _connect(self) -> None:
        try:
            self._transport.open()
        except TransportError as gone:
            raise PrinterTroubleError(PrinterCode.UNPLUGGED, str(gone)) from gone
        if self._must_clear:
            self._send(CLEAR_BUFFERS)
            self._must_clear = False
            self._receive(self._config.reply_timeout_s, len(CLEAR_ANSWER))

    def _ask(self, question: Question) -> int:
        """One question, its answer without the fixed bits. Raises PrinterTroubleError."""
        problem = ""
        for _ in range(TRIES):
            self._discard()
            self._send(ask(question))
            answer = self._receive(self._config.reply_timeout_s)
            if not answer:
                raise PrinterTroubleError(
                    PrinterCode.SILENT, f"no answer to DLE EOT {question} in {self._config.reply_timeout_s} s"
                )
            try:
                return status_bits(answer)
            except RubbishError as rubbish:
                problem = str(rubbish)
        raise PrinterTroubleError(PrinterCode.RUBBISH, problem)

    def _send(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except TransportError as gone:
            raise PrinterTroubleError(PrinterCode.UNPLUGGED, str(gone)) from gone

    def _discard(self) -> None:
        try:
            self._transport.discard()
        except TransportError as gone:
            raise PrinterTroubleError(PrinterCode.UNPLUGGED, str(gone)) from gone

    def _receive(self, timeout_s: float, at_most: int = LARGEST_READ) -> bytes:
        try:
            return self._transport.read(at_most, timeout_s)
        except TransportError as gone:
            raise PrinterTroubleError(PrinterCode.UNPLUGGED, str(gone)) from gone

    # --- health -----------------------------------------------------------------------------------------

    def _note_working(self) -> None:
        self._pause_s = self._config.shortest_pause_s
        self._health.works()

    def _note_trouble(self, trouble: PrinterTroubleError) -> float:
        """Tell it once; return after how long to look again."""
        if trouble.code is PrinterCode.UNKNOWN_RESULT:
            log.warning("printer: %s", trouble.detail)
        else:
            self._health.broke(trouble.code, trouble.detail)
        if trouble.code not in WIRE_TROUBLES:
            self._pause_s = self._config.shortest_pause_s
            return self._config.status_interval_s
        self._transport.close()
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, self._config.longest_pause_s)
        return pause_s


def _tells_end(answer: bytes) -> bool:
    return any(is_in_order_answer(byte) for byte in answer)


def _status(bits: dict[Question, int]) -> PrinterStatus:
    return PrinterStatus(
        printer=PrinterBits(bits[Question.PRINTER]),
        offline_cause=OfflineBits(bits[Question.OFFLINE_CAUSE]),
        error_cause=ErrorBits(bits[Question.ERROR_CAUSE]),
        paper=PaperBits(bits[Question.PAPER]),
    )
