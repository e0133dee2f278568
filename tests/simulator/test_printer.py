"""The simulated printer: what it answers, what it puts on paper, what its faults do; and over real TCP."""

import queue
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kiosk.clock import steady_s
from kiosk.flows.commands import Print
from kiosk.flows.events import DeviceBroke, DeviceWorks, Event, Printed, PrintFailed
from kiosk.hardware.escpos.printer import PrinterConfig, ReceiptPrinter
from kiosk.hardware.pump import Pump
from kiosk.hardware.transport.tcp import TcpTransport
from parking.money import EURO
from parking.receipt import CodeLine, Receipt, Slip, SubjectLine
from simulator.devices.paper import EDGE_DOTS, HEAD_TO_CUTTER_DOTS, MARGIN_DOTS, Piece
from simulator.devices.printer import PrinterMechanism, SimulatedPrinter, code128_text
from simulator.faults import Fault

PATIENCE_S = 20.0
ASK_ALL = b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"
CUT = b"\x1dV\x01"


def answers(mechanism: PrinterMechanism, data: bytes = ASK_ALL) -> str:
    mechanism.receive(data)
    return mechanism.take_answers().hex(" ")


def printed(data: bytes) -> Piece:
    mechanism = PrinterMechanism()
    mechanism.receive(data + CUT)
    (piece,) = mechanism.receipts
    return piece


# --- status --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        pytest.param(lambda _it: None, "12 12 12 12", id="fine"),
        pytest.param(PrinterMechanism.nearly_out, "12 12 12 1e", id="nearly out"),
        pytest.param(PrinterMechanism.paper_out, "1a 32 12 7e", id="paper out"),
        pytest.param(PrinterMechanism.open_cover, "1a 16 12 12", id="cover"),
        pytest.param(PrinterMechanism.block_cutter, "1a 52 1a 12", id="cutter"),
        pytest.param(lambda it: it.set_offline(True), "1a 12 12 12", id="offline"),
    ],
)
def test_status_bytes_are_the_manuals(happens: Callable[[PrinterMechanism], None], told: str) -> None:
    mechanism = PrinterMechanism()
    happens(mechanism)
    assert answers(mechanism) == told


def test_status_is_told_in_the_middle_of_anything() -> None:
    mechanism = PrinterMechanism()
    assert answers(mechanism, b"7F3\x10\x04\x0114\n\x1d(k\x05\x001P\x10\x04\x0407F\x10\x04") == "12 12"
    assert answers(mechanism, b"\x01" + CUT) == "12"
    assert mechanism.receipts[0].text_lines == ("7F314",)


def test_the_answer_in_order_comes_after_the_cut_and_not_before_paper() -> None:
    mechanism = PrinterMechanism()
    assert answers(mechanism, b"7F314\n" + CUT + b"\x1dr\x01") == "00"
    mechanism.nearly_out()
    assert answers(mechanism, b"\x1dr\x01") == "03"
    mechanism.paper_out()
    assert answers(mechanism, b"7F315\n" + CUT + b"\x1dr\x01") == ""
    assert answers(mechanism, b"\x10\x04\x01") == "1a"
    mechanism.load_paper()
    assert mechanism.take_answers() == b"\x00"
    assert [piece.text for piece in mechanism.receipts] == ["7F314", "7F315"]


def test_buffers_are_cleared_on_request_and_the_clearing_is_told() -> None:
    mechanism = PrinterMechanism()
    mechanism.paper_out()
    mechanism.receive(b"somebody's code\n" + CUT)
    assert answers(mechanism, bytes.fromhex("10 14 08 01 03 14 01 06 02 08")) == "37 25 00"
    mechanism.load_paper()
    assert mechanism.receipts == []


def test_a_stuck_knife_can_be_freed_by_the_host() -> None:
    mechanism = PrinterMechanism()
    mechanism.block_cutter()
    assert answers(mechanism, b"7F314\n" + CUT + b"\x10\x05\x02" + ASK_ALL) == "12 12 12 12"
    assert mechanism.receipts == []


def test_a_silent_printer_neither_prints_nor_answers_and_a_garbling_one_prints() -> None:
    mechanism = PrinterMechanism()
    mechanism.is_silent = True
    assert answers(mechanism, ASK_ALL + b"7F314\n" + CUT) == ""
    mechanism.is_silent, mechanism.garbles_status = False, True
    assert answers(mechanism, ASK_ALL + b"7F315\n" + CUT) == "ff ff ff ff"
    assert [piece.text for piece in mechanism.receipts] == ["7F315"]


# --- on paper ------------------------------------------------------------------------------------------


def ink(piece: Piece, top: int, bottom: int, left: int = 0, right: int = 576) -> int:
    """How many dots of the head's area are black, counted from the first line on."""
    x, y = EDGE_DOTS + MARGIN_DOTS, EDGE_DOTS + HEAD_TO_CUTTER_DOTS
    area = piece.image.convert("L").crop((x + left, y + top, x + right, y + bottom))
    return sum(area.histogram()[:128])


@pytest.mark.parametrize(
    ("page", "data", "text"),
    [
        (0, b"\x82\x9c", "é£"),
        (19, b"75.00 \xd5", "75.00 €"),
        (18, b"z\x88", "zł"),
        (17, b"\x8f\xab", "Пл"),
        (16, b"\x80 \xe9", "€ é"),
    ],
)
def test_code_pages(page: int, data: bytes, text: str) -> None:
    assert printed(b"\x1bt" + bytes((page,)) + data + b"\n").text == text


def test_a_reset_goes_back_to_the_first_code_page_and_plain_letters() -> None:
    assert printed(b"\x1bt\x13\x1dB\x01\x1b@\xd5\n").text == b"\xd5".decode("cp437")


def test_larger_letters_take_more_paper_and_more_ink() -> None:
    plain, large = printed(b"8\n"), printed(b"\x1d!\x118\n")
    assert 2 * ink(plain, 0, 48) < ink(large, 0, 48)
    assert ink(large, 0, 48, left=24) == 0


def test_bold_has_more_ink_and_reverse_is_black_with_white_letters() -> None:
    plain, bold, reverse = printed(b"8\n"), printed(b"\x1bE\x018\n"), printed(b"\x1dB\x018\n")
    assert ink(plain, 0, 24) < ink(bold, 0, 24)
    assert 12 * 24 - ink(plain, 0, 24) - 40 < ink(reverse, 0, 24) < 12 * 24


def test_one_byte_can_set_size_weight_and_underline() -> None:
    piece = printed(b"\x1b!\xb88\n")
    assert ink(piece, 0, 48) > ink(printed(b"\x1b!\x308\n"), 0, 48) > ink(printed(b"8\n"), 0, 24)
    assert ink(piece, 47, 48) == 24
    assert ink(printed(b"\x1b!\x018\n"), 17, 24) == 0


def test_a_cut_may_feed_up_to_the_knife_first() -> None:
    mechanism = PrinterMechanism()
    mechanism.receive(b"7F314\x1dV\x42\x14")
    (piece,) = mechanism.receipts
    assert piece.text_lines == ("7F314",)
    assert piece.image.height == 2 * EDGE_DOTS + 30 + HEAD_TO_CUTTER_DOTS + 20


def test_underline_runs_below_the_letters() -> None:
    assert ink(printed(b"\x1b-\x02 x\n"), 22, 24) >= 2 * 24
    assert ink(printed(b"\x1b-\x00 x\n"), 22, 24) == 0


@pytest.mark.parametrize(("align", "left"), [(0, 0), (1, 282), (2, 564)])
def test_alignment(align: int, left: int) -> None:
    piece = printed(b"\x1ba" + bytes((align,)) + b"8\n")
    assert ink(piece, 0, 24, left, left + 12) == ink(piece, 0, 24) > 0


def test_a_full_line_goes_on_below() -> None:
    assert printed(b"x" * 50 + b"\n").text_lines == ("x" * 48, "xx")
    assert printed(b"\x1bM\x01" + b"x" * 65 + b"\n").text_lines == ("x" * 64, "x")


def test_feeds_move_the_paper() -> None:
    short = printed(b"8\n" + b"\n" * 8)
    assert printed(b"8\n\x1bd\x08").image.size == short.image.size == printed(b"8\n\x1bJ\xf0").image.size
    assert printed(b"8\n\x1bd\x09").image.height == short.image.height + 30
    assert printed(b"8\n\x1b3\x3c" + b"\n" * 8).image.height == short.image.height + 240
    assert printed(b"8\n\x1b3\x3c\x1b2" + b"\n" * 8).image.height == short.image.height


def test_a_raster_picture_is_printed_dot_by_dot() -> None:
    piece = printed(b"\x1dv0\x00\x02\x00\x03\x00" + b"\xff\x00" * 3)
    assert ink(piece, 0, 3, 0, 8) == ink(piece, 0, 8) == 24


@pytest.mark.parametrize("level", [48, 49, 50, 51])
def test_a_qr_code_decodes_from_the_picture(level: int) -> None:
    piece = printed(
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E"
        + bytes((level,))
        + b"\x1d(k\x14\x001P0CLAIM:C-0412-0017\x1d(k\x03\x001Q0\n"
    )
    assert piece.qr_texts == ("CLAIM:C-0412-0017",)
    (code,) = zxingcpp.read_barcodes(piece.image)
    assert (code.text, code.format) == ("CLAIM:C-0412-0017", zxingcpp.BarcodeFormat.QRCode)
    assert code.ec_level == "LMQH"[level - 48]


def test_bars_decode_from_the_picture() -> None:
    piece = printed(b"\x1ba\x01\x1dh\x40\x1dw\x02\x1dkI\x0d{B0412-000123\n")
    assert piece.barcodes == ("0412-000123",)
    (code,) = zxingcpp.read_barcodes(piece.image)
    assert (code.text, code.format) == ("0412-000123", zxingcpp.BarcodeFormat.Code128)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{B7F314", "7F314"),
        (b"{A7F314", "7F314"),
        (b"{C\x04\x0c\x00", "041200"),
        (b"{B7F{C\x1f{B-4", "7F31-4"),
        (b"{B{{", "{"),
        (b"7F314", None),
        (b"{B", None),
        (b"{C\x64", None),
        (b"{B\x80", None),
        (b"{B{S", None),
    ],
)
def test_the_code_sets_of_code128(data: bytes, text: str | None) -> None:
    assert code128_text(data) == text


@pytest.mark.parametrize(
    ("data", "noted"),
    [
        (b"\x1dkI\x32{B" + b"7" * 48, "wider than the paper"),
        (b"\x1dkI\x057F314", "no code set"),
        (b"\x1d(k\x03\x001C\x10\x1d(k\xcb\x001P0" + b"\x80" * 200 + b"\x1d(k\x03\x001Q0", "QR '"),
        (b"\x1dkC\x0d4006381333931", "only CODE128"),
        (b"\x1bt\xfe", "no such code page"),
        (b"\x1b\x01", "unknown command 1b 01"),
        (b"\x1bp\x00\x32\x32", "ESC p 00 32 32"),
        (b"\x10\x05\x01", "real-time command 10 05 01"),
        (b"\x1d(L\x02\x00\x30\x32", "GS ( 4c"),
        (b"\x1d(k\x03\x001Z0", "GS ( k 31 5a 30"),
        (b"\x1d(k\xb8\x0b1P0" + b"\x80" * 2997 + b"\x1d(k\x03\x001Q0", "QR of 2997 characters"),
    ],
)
def test_what_is_not_understood_is_named_and_the_rest_is_printed(data: bytes, noted: str) -> None:
    mechanism = PrinterMechanism()
    mechanism.receive(data + b"7F314\n" + CUT)
    assert len(mechanism.notes) == mechanism.unknown_commands == 1
    assert noted in mechanism.notes[0]
    assert mechanism.receipts[0].text_lines[-1] == "7F314"


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b"\x1b", b"\x1d", b"\x1d(k", CUT, ASK_ALL, b"\x10"]))
)
def test_no_bytes_bring_it_down(portions: list[bytes]) -> None:
    mechanism = PrinterMechanism()
    for portion in portions:
        mechanism.receive(portion)
    mechanism.switch_off()
    mechanism.receive(b"\x1b@7F314\n" + CUT)
    assert mechanism.receipts[-1].text_lines[-1] == "7F314"


def test_the_last_line_is_cut_only_after_it_has_passed_the_knife() -> None:
    piece = printed(b"8\n")
    assert piece.image.height >= 2 * EDGE_DOTS + HEAD_TO_CUTTER_DOTS + 24


# --- paper's end ---------------------------------------------------------------------------------------


def test_what_came_before_the_papers_end_is_a_torn_piece() -> None:
    mechanism = PrinterMechanism()
    mechanism.paper_ends_after(8)
    mechanism.receive(b"7F314\n482 913\n" + CUT)
    (torn,) = mechanism.receipts
    assert (torn.is_torn, torn.text_lines) == (True, ("7F314", "48"))
    mechanism.load_paper()
    rest = mechanism.receipts[1]
    assert (rest.is_torn, rest.text_lines) == (False, ("2 913",))


def test_what_is_printed_and_not_cut_can_be_watched() -> None:
    mechanism = PrinterMechanism()
    assert mechanism.unfinished() is None
    mechanism.receive(b"7F314\n")
    watched = mechanism.unfinished()
    assert watched is not None
    assert watched.text == "7F314"
    mechanism.receive(CUT)
    assert mechanism.unfinished() is None


# --- over TCP ------------------------------------------------------------------------------------------


def receipt() -> Receipt:
    return Receipt(
        slip=Slip.RELEASE,
        number="0412-000123",
        terminal="0412",
        place="Harbour Street",
        phone="",
        at_utc_ms=1_763_651_100_000,
        zone="Europe/Berlin",
        currency=EURO,
        lines=(SubjectLine("7F314", ""), CodeLine("482913")),
    )


@pytest.fixture
def papers() -> queue.SimpleQueue[Piece]:
    return queue.SimpleQueue()


@pytest.fixture
def simulated(papers: queue.SimpleQueue[Piece]) -> Iterator[SimulatedPrinter]:
    printer = SimulatedPrinter(on_paper=papers.put)
    printer.start()
    yield printer
    printer.stop()


class Terminal:
    """A pump with the driver, and what it posts."""

    def __init__(self, port: int, reply_timeout_s: float = 2.0) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        config = PrinterConfig(
            status_interval_s=0.05,
            reply_timeout_s=reply_timeout_s,
            finish_timeout_s=PATIENCE_S,
            shortest_pause_s=0.05,
            longest_pause_s=0.1,
        )
        driver = ReceiptPrinter(TcpTransport("127.0.0.1", port), self.events.put, steady_s, config)
        self.pump = Pump(driver, self.events.put)
        self.pump.start()

    def next(self) -> Event:
        return self.events.get(timeout=PATIENCE_S)

    def next_broke(self) -> str:
        event = self.next()
        assert isinstance(event, DeviceBroke), event
        return event.code


@pytest.fixture
def terminal(simulated: SimulatedPrinter) -> Iterator[Terminal]:
    terminal = Terminal(simulated.port)
    assert terminal.next() == DeviceWorks("printer")
    yield terminal
    terminal.pump.stop()


def test_a_receipt_travels_over_tcp(
    terminal: Terminal, simulated: SimulatedPrinter, papers: queue.SimpleQueue[Piece], tmp_path: Path
) -> None:
    for job in ("J1", "J2"):
        terminal.pump.order(Print(job, receipt()))
        assert terminal.next() == Printed(job)
        assert "482 913" in papers.get(timeout=PATIENCE_S).text_lines
    assert simulated.notes == ()
    first, second = simulated.save(tmp_path / "receipts")
    assert (first.name, second.name) == ("receipt-001.png", "receipt-002.png")
    with Image.open(first) as saved:
        assert {code.text for code in zxingcpp.read_barcodes(saved)} == {"RECEIPT:0412-000123", "0412-000123"}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.PAPER_OUT, "PRN.PAPER_OUT"),
        (Fault.COVER_OPEN, "PRN.COVER_OPEN"),
        (Fault.CUTTER_STUCK, "PRN.CUTTER"),
        (Fault.PRINTER_OFFLINE, "PRN.OFFLINE"),
        (Fault.RUBBISH, "PRN.RUBBISH"),
        (Fault.UNPLUGGED, "PRN.UNPLUGGED"),
        (Fault.POWER_CUT, "PRN.UNPLUGGED"),
    ],
)
def test_faults_switched_by_name_are_told_fail_the_job_and_are_mended(
    terminal: Terminal, simulated: SimulatedPrinter, fault: Fault, code: str
) -> None:
    simulated.switch(fault)
    assert terminal.next_broke() == code
    terminal.pump.order(Print("J1", receipt()))
    assert terminal.next() == PrintFailed("J1", code)
    simulated.switch(fault, on=False)
    assert terminal.next() == DeviceWorks("printer")
    assert simulated.receipts == ()


def test_a_low_roll_is_no_failure_and_a_silent_printer_is_one(simulated: SimulatedPrinter) -> None:
    simulated.switch(Fault.PAPER_LOW)
    simulated.switch(Fault.SILENT)
    terminal = Terminal(simulated.port, reply_timeout_s=0.05)
    try:
        assert terminal.next_broke() == "PRN.SILENT"
        simulated.switch(Fault.SILENT, on=False)
        assert terminal.next() == DeviceWorks("printer")
    finally:
        terminal.pump.stop()


def test_a_roll_that_ends_in_mid_receipt_leaves_a_torn_piece(
    terminal: Terminal, simulated: SimulatedPrinter
) -> None:
    simulated.switch(Fault.PAPER_ENDS_IN_RECEIPT)
    simulated.switch(Fault.PAPER_ENDS_IN_RECEIPT, on=False)
    terminal.pump.order(Print("J1", receipt()))
    assert terminal.next() == Printed("J1")
    simulated.switch(Fault.PAPER_ENDS_IN_RECEIPT)
    terminal.pump.order(Print("J2", receipt()))
    assert terminal.next_broke() == "PRN.PAPER_OUT"
    assert terminal.next() == PrintFailed("J2", "PRN.PAPER_OUT")
    assert [piece.is_torn for piece in simulated.receipts] == [False, True]


def test_a_fault_of_another_device_is_refused() -> None:
    printer = SimulatedPrinter()
    with pytest.raises(ValueError, match="coin-jam is no fault of the receipt printer; it has unplugged"):
        printer.switch(Fault.COIN_JAM)
    printer.stop()


def test_a_plug_can_be_pulled_and_put_back(terminal: Terminal, simulated: SimulatedPrinter) -> None:
    simulated.unplug()
    assert terminal.next_broke() == "PRN.UNPLUGGED"
    terminal.pump.order(Print("J1", receipt()))
    assert terminal.next() == PrintFailed("J1", "PRN.UNPLUGGED")
    simulated.plug()
    assert terminal.next() == DeviceWorks("printer")
    terminal.pump.order(Print("J2", receipt()))
    assert terminal.next() == Printed("J2")


def test_a_plug_pulled_in_mid_receipt_leaves_the_result_unknown(
    terminal: Terminal, simulated: SimulatedPrinter
) -> None:
    # The next status takes 12 bytes at most; the plug goes in the middle of what follows.
    simulated.nearly_out()
    simulated.unplug_after(400)
    terminal.pump.order(Print("J1", receipt()))
    events = [terminal.next(), terminal.next()]
    assert [type(event) for event in events] == [DeviceBroke, PrintFailed]
    simulated.plug()
    assert terminal.next() == DeviceWorks("printer")
    assert simulated.receipts == ()


def test_a_second_host_takes_the_first_ones_place(simulated: SimulatedPrinter) -> None:
    with socket.create_connection(("127.0.0.1", simulated.port), PATIENCE_S) as first:
        first.sendall(ASK_ALL)
        assert first.recv(1)
        with socket.create_connection(("127.0.0.1", simulated.port), PATIENCE_S) as second:
            second.sendall(b"\x10\x04\x01")
            assert second.recv(1) == b"\x12"


def test_who_watches_cannot_bring_it_down(
    simulated: SimulatedPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    def careless(_piece: Piece) -> None:
        raise RuntimeError("the panel fell over")

    simulated.on_paper = careless
    with socket.create_connection(("127.0.0.1", simulated.port), PATIENCE_S) as host:
        host.sendall(b"7F314\n" + CUT + b"\x1dr\x01")
        assert host.recv(1) == b"\x00"
        host.sendall(b"\x10\x04\x01")
        assert host.recv(1) == b"\x12"
    assert "who watches the printer failed" in caplog.text


def test_stopping_twice_is_fine_and_stopping_unstarted_too() -> None:
    started, unstarted = SimulatedPrinter(), SimulatedPrinter()
    started.start()
    assert started.port > 0
    for printer in (started, started, unstarted):
        printer.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", started.port), PATIENCE_S)
