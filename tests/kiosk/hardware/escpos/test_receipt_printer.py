"""The printer's driver against the simulated mechanism, on a wire in memory and a clock of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest
import zxingcpp
from PIL import ImageDraw, ImageFilter

from kiosk.flows.commands import Print, StopCoins
from kiosk.flows.events import DeviceBroke, DeviceWorks, Event, Printed, PrintFailed
from kiosk.hardware.escpos.layout import SealedCodeError
from kiosk.hardware.escpos.messages import CLEAR_BUFFERS, PrinterCode
from kiosk.hardware.escpos.printer import PrinterConfig, ReceiptPrinter
from kiosk.hardware.transport.memory import MemoryWire
from parking.claims import ClaimReason, ClaimSlip, SignedClaim, read_slip
from parking.debts import DebtLine
from parking.money import EURO
from parking.receipt import ChangeDue, ClaimLine, CodeLine, Owed, Paid, Receipt, Slip, SubjectLine
from parking.release_codes import SealedCode
from simulator.devices.printer import PrinterMechanism

INITIALISE = b"\x1b@"


def receipt(code: SealedCode | str = "482913", number: str = "0412-000123") -> Receipt:
    return Receipt(
        slip=Slip.RELEASE,
        number=number,
        terminal="0412",
        place="Harbour Street",
        phone="+49 40 555 0123",
        at_utc_ms=1_763_651_100_000,
        zone="Europe/Berlin",
        currency=EURO,
        lines=(
            SubjectLine("7F314", "HH AB 1234"),
            Owed((DebtLine("No valid ticket", 7500),), 7500),
            Paid("coins", 8000),
            ChangeDue(500),
            CodeLine(code),
        ),
    )


@dataclass
class Bench:
    """Driver and mechanism on one desk. `on_bytes` may do something to the printer when bytes arrive."""

    config: PrinterConfig = field(default_factory=PrinterConfig)
    now_s: float = 100.0
    events: list[Event] = field(default_factory=list)
    sent: bytearray = field(default_factory=bytearray)
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    on_bytes: Callable[[bytes], None] = field(default=lambda _data: None)

    def __post_init__(self) -> None:
        self.mechanism = PrinterMechanism()
        self.wire = MemoryWire(self.printer_hears, self.wait)
        self.printer = ReceiptPrinter(self.wire, self.events.append, lambda: self.now_s, self.config)

    def printer_hears(self, data: bytes) -> None:
        self.sent += data
        self.on_bytes(data)
        self.mechanism.receive(data)
        self.wire.deliver(self.mechanism.take_answers())

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        due = [act for at_s, act in self.later if at_s <= self.now_s]
        self.later = [(at_s, act) for at_s, act in self.later if at_s > self.now_s]
        for act in due:
            act()
        self.wire.deliver(self.mechanism.take_answers())

    def turns(self, count: int) -> list[float]:
        pauses = []
        for _ in range(count):
            pauses.append(self.printer.turn())
            self.now_s += pauses[-1]
        return pauses

    def order(self, job: str = "J1", told: Receipt | None = None) -> list[Event]:
        """Print, and give the events that came of it."""
        before = len(self.events)
        self.printer.perform(Print(job, told or receipt()))
        return self.events[before:]

    @property
    def broke(self) -> list[str]:
        return [event.code for event in self.events if isinstance(event, DeviceBroke)]

    @property
    def papers(self) -> list[str]:
        return ["torn" if piece.is_torn else "whole" for piece in self.mechanism.receipts]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.turns(1)
    assert bench.events == [DeviceWorks("printer")]
    bench.events.clear()
    return bench


# --- all is well ---------------------------------------------------------------------------------------


def test_a_printer_that_is_well_is_asked_every_two_seconds_and_told_of_once(bench: Bench) -> None:
    assert bench.turns(100) == [2.0] * 100
    assert bench.events == []


def test_a_receipt_comes_out_whole_and_can_be_scanned(bench: Bench) -> None:
    assert bench.order() == [Printed("J1")]
    (piece,) = bench.mechanism.receipts
    assert "482 913" in piece.text_lines
    assert bench.mechanism.notes == []
    codes = {code.format.name: code.text for code in zxingcpp.read_barcodes(piece.image)}
    assert codes == {"QRCode": "RECEIPT:0412-000123", "Code128": "0412-000123"}


def test_a_claim_slip_can_be_scanned_although_it_is_bent_or_a_corner_is_gone(bench: Bench) -> None:
    slip = SignedClaim(
        ClaimSlip("88888888-999999999-C99999", 9_999_999, "EUR", ClaimReason.PAYOUT_IN_DOUBT),
        bytes(range(64)),
    )
    told = msgspec.structs.replace(
        receipt(), slip=Slip.CLAIM, lines=(ClaimLine(slip.slip.number, slip.slip.amount_minor, slip.text),)
    )
    assert bench.order("J1", told) == [Printed("J1")]
    (piece,) = bench.mechanism.receipts
    assert bench.mechanism.notes == []
    (code,) = zxingcpp.read_barcodes(piece.image)
    assert (code.text, read_slip(code.text)) == (slip.text, slip)
    bent = piece.image.rotate(11, expand=True, fillcolor="white").filter(ImageFilter.GaussianBlur(2))
    torn = piece.image.copy()
    middle = code.position.bottom_right
    ImageDraw.Draw(torn).rectangle((middle.x - 40, middle.y - 60, middle.x + 20, middle.y + 20), fill="white")
    for picture in (bent, torn):
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [slip.text]


def test_a_job_ordered_again_is_reported_and_not_printed_again(bench: Bench) -> None:
    assert bench.order("J1") + bench.order("J1") + bench.order("J2") == [
        Printed("J1"),
        Printed("J1"),
        Printed("J2"),
    ]
    assert bench.papers == ["whole", "whole"]


def test_the_first_order_needs_no_turn_before() -> None:
    bench = Bench()
    assert bench.order() == [DeviceWorks("printer"), Printed("J1")]


def test_a_low_roll_prints_on(bench: Bench) -> None:
    bench.mechanism.nearly_out()
    bench.turns(2)
    assert bench.printer.is_paper_low
    assert bench.order() == [Printed("J1")]
    assert bench.broke == []
    bench.mechanism.load_paper()
    bench.turns(1)
    assert not bench.printer.is_paper_low


def test_orders_for_others_do_nothing(bench: Bench) -> None:
    bench.printer.perform(StopCoins())
    assert bench.events == []


# --- it cannot print -----------------------------------------------------------------------------------

STOPS: list[tuple[str, Callable[[PrinterMechanism], None], Callable[[PrinterMechanism], None]]] = [
    ("PRN.PAPER_OUT", PrinterMechanism.paper_out, PrinterMechanism.load_paper),
    ("PRN.COVER_OPEN", PrinterMechanism.open_cover, PrinterMechanism.close_cover),
    ("PRN.CUTTER", PrinterMechanism.block_cutter, lambda it: it.block_cutter(False)),
    ("PRN.OFFLINE", lambda it: it.set_offline(True), lambda it: it.set_offline(False)),
]


@pytest.mark.parametrize(("code", "stop", "mend"), STOPS, ids=[stop[0] for stop in STOPS])
def test_what_stops_a_printer_fails_the_job_before_a_byte_is_sent(
    bench: Bench,
    code: str,
    stop: Callable[[PrinterMechanism], None],
    mend: Callable[[PrinterMechanism], None],
) -> None:
    stop(bench.mechanism)
    assert bench.turns(10) == [2.0] * 10
    bench.sent.clear()
    assert bench.order() == [PrintFailed("J1", code)]
    assert INITIALISE not in bench.sent
    assert bench.broke == [code]
    mend(bench.mechanism)
    bench.turns(10)
    assert bench.events[-1] == DeviceWorks("printer")
    assert bench.papers == []
    assert bench.order("J2") == [Printed("J2")]


@pytest.mark.parametrize(("code", "stop", "mend"), STOPS[:3], ids=[stop[0] for stop in STOPS[:3]])
def test_what_stops_a_printer_in_mid_receipt_fails_the_job_and_the_rest_never_comes_out(
    bench: Bench,
    code: str,
    stop: Callable[[PrinterMechanism], None],
    mend: Callable[[PrinterMechanism], None],
) -> None:
    bench.on_bytes = lambda data: stop(bench.mechanism) if INITIALISE in data else None
    assert bench.order()[-1] == PrintFailed("J1", code)
    assert CLEAR_BUFFERS in bench.sent
    bench.on_bytes = lambda _data: None
    mend(bench.mechanism)
    bench.turns(5)
    assert bench.papers == []
    assert bench.order("J2") == [Printed("J2")]
    assert bench.papers == ["whole"]


def test_paper_that_ends_in_mid_receipt_leaves_a_torn_piece_and_nothing_follows(bench: Bench) -> None:
    bench.mechanism.paper_ends_after(300)
    assert bench.order()[-1] == PrintFailed("J1", PrinterCode.PAPER_OUT)
    assert bench.papers == ["torn"]
    assert "482 913" not in bench.mechanism.receipts[0].text
    bench.mechanism.load_paper()
    bench.turns(5)
    assert bench.papers == ["torn"]
    assert bench.order("J2") == [Printed("J2")]
    assert bench.papers == ["torn", "whole"]


def test_paper_that_ends_at_any_byte_never_says_printed_without_a_cut(bench: Bench) -> None:
    bench.order("before")
    length = len(bench.sent)
    for ends_after in range(1, length, 53):
        bench.mechanism.receipts.clear()
        bench.mechanism.paper_ends_after(ends_after)
        result = bench.order(f"J{ends_after}")[-1]
        assert isinstance(result, Printed) == ("whole" in bench.papers), ends_after
        bench.mechanism.load_paper()
        bench.turns(2)


def test_a_short_pause_in_mid_receipt_is_waited_for(bench: Bench) -> None:
    bench.on_bytes = lambda data: bench.mechanism.set_offline(True) if INITIALISE in data else None
    bench.later.append((bench.now_s + 3, lambda: bench.mechanism.set_offline(False)))
    assert bench.order() == [Printed("J1")]
    assert bench.papers == ["whole"]


def test_an_end_that_is_told_together_with_the_status_is_seen(bench: Bench) -> None:
    hold = [True]

    def stop_then_go_on_at_the_second_question(data: bytes) -> None:
        if INITIALISE in data:
            bench.mechanism.set_offline(hold.pop())
        elif data == b"\x10\x04\x02" and not hold:
            bench.mechanism.set_offline(False)

    bench.on_bytes = stop_then_go_on_at_the_second_question
    assert bench.order() == [Printed("J1")]
    assert bench.papers == ["whole"]


def test_a_long_pause_in_mid_receipt_fails_after_ten_seconds(bench: Bench) -> None:
    bench.on_bytes = lambda data: bench.mechanism.set_offline(True) if INITIALISE in data else None
    before_s = bench.now_s
    assert bench.order()[-1] == PrintFailed("J1", PrinterCode.OFFLINE)
    assert 10 <= bench.now_s - before_s <= 13
    bench.on_bytes = lambda _data: None
    bench.mechanism.set_offline(False)
    bench.turns(3)
    assert bench.papers == []


def test_a_printer_that_loses_power_in_mid_receipt_has_an_unknown_result(bench: Bench) -> None:
    """Its buffer is gone, and with it the question behind the last byte: it says that all is well, and no more."""
    bench.on_bytes = lambda data: bench.mechanism.set_offline(True) if INITIALISE in data else None

    def power_comes_back() -> None:
        bench.mechanism.switch_off()
        bench.mechanism.set_offline(False)

    bench.later.append((bench.now_s + 3, power_comes_back))
    assert bench.order() == [PrintFailed("J1", PrinterCode.UNKNOWN_RESULT)]
    assert bench.papers == []
    bench.on_bytes = lambda _data: None
    assert bench.order("J2") == [Printed("J2")]
    assert bench.papers == ["whole"]


def test_a_cover_that_closes_between_two_questions_is_no_printer_offline(bench: Bench) -> None:
    bench.mechanism.open_cover()
    bench.on_bytes = lambda data: bench.mechanism.close_cover() if data == b"\x10\x04\x02" else None
    assert bench.turns(1) == [2.0]
    assert bench.events == []


# --- it cannot be reached ------------------------------------------------------------------------------


def test_a_silent_printer_is_told_of_once_and_tried_later_and_later(bench: Bench) -> None:
    bench.mechanism.is_silent = True
    assert bench.turns(7) == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert bench.order() == [PrintFailed("J1", PrinterCode.SILENT)]
    assert bench.broke == ["PRN.SILENT"]
    bench.mechanism.is_silent = False
    assert bench.turns(1) == [2.0]
    assert bench.events[-1] == DeviceWorks("printer")


def test_an_unplugged_printer_is_told_of_once_and_found_again(bench: Bench) -> None:
    bench.wire.unplug()
    assert bench.turns(3) == [0.5, 1.0, 2.0]
    assert bench.order() == [PrintFailed("J1", PrinterCode.UNPLUGGED)]
    assert bench.broke == ["PRN.UNPLUGGED"]
    bench.wire.plug()
    bench.turns(1)
    assert bench.order("J2") == [Printed("J2")]


def test_rubbish_is_told_of_and_forgiven(bench: Bench) -> None:
    bench.mechanism.garbles_status = True
    bench.turns(3)
    assert bench.order() == [PrintFailed("J1", PrinterCode.RUBBISH)]
    assert bench.broke == ["PRN.RUBBISH"]
    bench.mechanism.garbles_status = False
    bench.turns(1)
    assert bench.events[-1] == DeviceWorks("printer")
    assert bench.papers == []


def test_one_stray_byte_is_asked_about_again(bench: Bench) -> None:
    strays = [b"\xff"]
    bench.on_bytes = lambda _data: bench.wire.deliver(strays.pop()) if strays else None
    assert bench.turns(1) == [2.0]
    assert bench.events == []


def silenced(bench: Bench) -> None:
    bench.mechanism.is_silent = True


def garbled(bench: Bench) -> None:
    bench.mechanism.garbles_status = True


def pulled(bench: Bench) -> None:
    bench.mechanism.switch_off()
    bench.wire.unplug()


def back(bench: Bench) -> None:
    bench.on_bytes = lambda _data: None
    bench.mechanism.is_silent = bench.mechanism.garbles_status = False
    bench.wire.plug()


@pytest.mark.parametrize(
    ("fate", "code"), [(silenced, "PRN.SILENT"), (garbled, "PRN.RUBBISH"), (pulled, "PRN.UNPLUGGED")]
)
def test_when_it_is_lost_in_mid_receipt_nobody_knows_the_result(
    bench: Bench, fate: Callable[[Bench], None], code: str
) -> None:
    bench.on_bytes = lambda data: fate(bench) if INITIALISE in data else None
    assert bench.order()[-1] == PrintFailed("J1", PrinterCode.UNKNOWN_RESULT)
    assert bench.broke == [code]
    back(bench)
    bench.sent.clear()
    bench.turns(2)
    assert bench.events[-1] == DeviceWorks("printer")
    assert INITIALISE not in bench.sent  # nothing is printed a second time
    assert bench.order("J2") == [Printed("J2")]


def test_after_a_lost_receipt_the_buffers_are_cleared_before_anything_else(bench: Bench) -> None:
    bench.on_bytes = lambda data: pulled(bench) if INITIALISE in data else None
    bench.order()
    back(bench)
    bench.sent.clear()
    bench.turns(1)
    assert bench.sent.startswith(CLEAR_BUFFERS)


def test_a_printer_that_never_confirms_is_an_unknown_result_and_not_a_broken_printer(bench: Bench) -> None:
    bench.mechanism._orders["GS r"] = lambda _given: None
    assert bench.order() == [PrintFailed("J1", PrinterCode.UNKNOWN_RESULT)]
    assert bench.papers == ["whole"]


@pytest.mark.parametrize("noise", [b"\x00", b"\x0f", b"\x00\x4c\x03"])
def test_noise_that_looks_like_the_end_of_a_job_is_not_believed(bench: Bench, noise: bytes) -> None:
    """On a serial line one byte in four looks like the answer to GS r; the paper had ended."""
    bench.mechanism.paper_ends_after(300)
    bench.on_bytes = lambda data: bench.wire.deliver(noise) if len(data) > 300 else None
    assert bench.order()[-1] == PrintFailed("J1", PrinterCode.PAPER_OUT)
    assert bench.papers == ["torn"]


# --- a printer without GS r ----------------------------------------------------------------------------


def test_such_a_printer_counts_as_done_when_it_is_ready_after_the_last_byte() -> None:
    bench = Bench(PrinterConfig(confirms_in_order=False))
    assert bench.order()[-1] == Printed("J1")
    assert b"\x1d\x72" not in bench.sent
    bench.mechanism.paper_ends_after(300)
    assert bench.order("J2")[-1] == PrintFailed("J2", PrinterCode.PAPER_OUT)
    bench.mechanism.load_paper()
    bench.on_bytes = lambda data: bench.mechanism.set_offline(True) if INITIALISE in data else None
    bench.later.append((bench.now_s + 3, lambda: bench.mechanism.set_offline(False)))
    assert bench.order("J3")[-1] == Printed("J3")
    assert bench.order("J4")[-1] == PrintFailed("J4", PrinterCode.OFFLINE)


# --- mistakes of the program ---------------------------------------------------------------------------


def test_a_sealed_code_is_a_mistake_that_the_session_and_the_pump_hear_of(bench: Bench) -> None:
    with pytest.raises(SealedCodeError):
        bench.order("J1", receipt(SealedCode(box="AAAA", bound_to="7F314")))
    assert bench.events == [PrintFailed("J1", PrinterCode.UNPRINTABLE)]
    assert bench.papers == []
