"""A printer behind a wire that lies: "printed" is held against the paper that came out whole."""

from random import Random

from kiosk.flows.commands import Print
from kiosk.flows.events import Event, Printed
from kiosk.hardware.escpos.messages import FIXED_BITS, is_in_order_answer
from kiosk.hardware.escpos.printer import ReceiptPrinter
from kiosk.hardware.transport.memory import MemoryWire
from laws.frames.tally import FrameTally
from laws.paper import TextPaper
from parking.money import EURO
from parking.receipt import CodeLine, Receipt, Slip, SubjectLine
from simulator.devices.printer import PrinterMechanism

RATES = (0.05, 0.2, 0.5, 0.8)
_JOBS = 6
_QUESTION = b"\x10\x04"
_IN_ORDER = b"\x1d\x72"
_RECEIPT = Receipt(
    slip=Slip.RELEASE,
    number="0412-000123",
    terminal="0412",
    place="Harbour Street",
    phone="+49 40 555 0123",
    at_utc_ms=1_763_651_100_000,
    zone="Europe/Berlin",
    currency=EURO,
    lines=(SubjectLine("7F314", ""), CodeLine("482913")),
)


class PrinterUnderLies:
    """One printer with its driver, for as many episodes as it takes."""

    def __init__(self, chance: Random, tally: FrameTally) -> None:
        self._chance = chance
        self._tally = tally
        self._now_s = 1000.0
        self._rate = 0.0
        self._looks_printed = False
        self._job = 0
        self._whole_before = 0
        self._pauses_until_s = 0.0
        self._mechanism = PrinterMechanism(TextPaper)
        self._wire = MemoryWire(self._hear, self._pass_time)
        self._driver = ReceiptPrinter(self._wire, self._post, self._clock)

    def episode(self) -> None:
        """Lies of one rate over a few receipts; the printer stops in some of them."""
        self._rate = self._chance.choice(RATES)
        for _ in range(_JOBS):
            for _ in range(self._chance.randint(1, 8)):
                self._now_s += self._driver.turn()
            self._order()
            if self._tally.is_enough:
                return

    def _order(self) -> None:
        self._job += 1
        self._mechanism.receipts.clear()
        trouble = self._chance.choice(("", "pause", "pause", "pause", "paper", "cutter"))
        if trouble == "pause":
            self._pauses_until_s = self._now_s + self._chance.uniform(1, 20)
        elif trouble == "paper":
            self._mechanism.paper_ends_after(self._chance.randrange(1, 500))
        elif trouble == "cutter":
            self._mechanism.block_cutter()
        self._driver.perform(Print(f"J{self._job}", _RECEIPT))
        self._mechanism.paper_ends_after(None)
        self._mechanism.load_paper()
        self._mechanism.block_cutter(False)
        self._mechanism.set_offline(False)
        self._pauses_until_s = 0.0

    def _post(self, event: Event) -> None:
        if isinstance(event, Printed):
            whole = sum(not piece.is_torn for piece in self._mechanism.receipts)
            self._tally.demand("what is printed came out", f"{event}: {whole} came out", holds=whole >= 1)

    # --- the wire

    def _hear(self, data: bytes) -> None:
        if len(data) > len(_IN_ORDER) + 1 and self._pauses_until_s > self._now_s:
            self._mechanism.set_offline(True)
        self._mechanism.receive(data)
        answer = self._mechanism.take_answers()
        is_question = data[:2] in {_QUESTION, _IN_ORDER} and len(data) == 3
        if is_question and not self._looks_printed and self._chance.random() < self._rate:
            answer = self._lie(answer)
        else:
            self._looks_printed = False
        self._wire.deliver(answer)

    def _lie(self, answer: bytes) -> bytes:
        kind, told = self._chance.choice(
            (
                ("printer: random bytes", self._chance.randbytes(self._chance.randint(1, 8))),
                ("printer: looks like the end", bytes([self._chance.randrange(256) & 0b0110_1111])),
                ("printer: looks like a status", bytes([FIXED_BITS | self._chance.randrange(256) & 0x6C])),
                ("printer: twice", answer * 2),
                ("printer: nothing", b""),
                ("printer: all is well", bytes([FIXED_BITS])),
                ("printer: noise behind", answer + self._chance.randbytes(2)),
            )
        )
        self._tally.lies[kind] += 1
        self._looks_printed = told != answer and any(is_in_order_answer(byte) for byte in told)
        return told

    def _pass_time(self, seconds: float) -> None:
        self._now_s += seconds
        if self._pauses_until_s and self._now_s >= self._pauses_until_s:
            self._pauses_until_s = 0.0
            self._mechanism.set_offline(False)
        self._wire.deliver(self._mechanism.take_answers())

    def _clock(self) -> float:
        return self._now_s
