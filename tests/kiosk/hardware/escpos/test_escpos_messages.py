"""Status bytes with their meaning, as Epson's ESC/POS reference gives them for DLE EOT, GS r and DLE DC4."""

import pytest

from kiosk.hardware.escpos.messages import (
    ASK_IN_ORDER,
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

FINE = 0x12


def status(printer: int = FINE, offline: int = FINE, error: int = FINE, paper: int = FINE) -> PrinterStatus:
    return PrinterStatus(
        printer=PrinterBits(status_bits(bytes((printer,)))),
        offline_cause=OfflineBits(status_bits(bytes((offline,)))),
        error_cause=ErrorBits(status_bits(bytes((error,)))),
        paper=PaperBits(status_bits(bytes((paper,)))),
    )


def test_the_questions_are_the_manuals_bytes() -> None:
    assert [ask(question).hex(" ") for question in Question] == [
        "10 04 01",
        "10 04 02",
        "10 04 03",
        "10 04 04",
    ]
    assert ASK_IN_ORDER.hex(" ") == "1d 72 01"
    assert CLEAR_BUFFERS.hex(" ") == "10 14 08 01 03 14 01 06 02 08"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        pytest.param(status(), None, id="all is fine"),
        pytest.param(status(printer=0x1A), PrinterCode.OFFLINE, id="n=1: 08 offline"),
        pytest.param(status(printer=0x1A, offline=0x16), PrinterCode.COVER_OPEN, id="n=2: 04 cover"),
        pytest.param(status(printer=0x1A, offline=0x32), PrinterCode.PAPER_OUT, id="n=2: 20 paper end"),
        pytest.param(status(printer=0x1A, offline=0x52), PrinterCode.ERROR, id="n=2: 40 error"),
        pytest.param(status(printer=0x1A, offline=0x52, error=0x1A), PrinterCode.CUTTER, id="n=3: 08 cutter"),
        pytest.param(status(printer=0x1A, offline=0x52, error=0x32), PrinterCode.ERROR, id="n=3: 20"),
        pytest.param(status(paper=0x1E), None, id="n=4: 1e near end"),
        pytest.param(status(printer=0x1A, paper=0x72), PrinterCode.PAPER_OUT, id="n=4: 72 out"),
        pytest.param(status(printer=0x1A, paper=0x7E), PrinterCode.PAPER_OUT, id="n=4: 7e out"),
        pytest.param(status(printer=0x1A, offline=0x36, paper=0x7E), PrinterCode.COVER_OPEN, id="both"),
        pytest.param(status(printer=0x16), None, id="the drawer's pin is nobody's trouble"),
        pytest.param(status(printer=0x52, offline=0x1A), None, id="nor is the feed button"),
    ],
)
def test_status_bytes_mean_what_the_manual_says(told: PrinterStatus, code: PrinterCode | None) -> None:
    assert told.trouble == code


@pytest.mark.parametrize(("paper", "is_low"), [(0x12, False), (0x1E, True), (0x7E, True), (0x72, False)])
def test_a_low_roll_is_seen(paper: int, *, is_low: bool) -> None:
    assert status(paper=paper).is_paper_low is is_low


def test_of_all_bytes_sixteen_are_a_status() -> None:
    accepted = {byte for byte in range(256) if byte & 0b1001_0011 == 0b0001_0010}
    assert len(accepted) == 16
    for byte in accepted:
        assert status_bits(bytes((byte,))) == byte - 0x12
    for byte in set(range(256)) - accepted:
        with pytest.raises(RubbishError, match=f"{byte:02x} is no status"):
            status_bits(bytes((byte,)))


@pytest.mark.parametrize("answer", [b"", b"\x12\x12", b"HTTP/1.1 400"])
def test_anything_but_one_byte_is_rubbish(answer: bytes) -> None:
    with pytest.raises(RubbishError, match="a status is one byte"):
        status_bits(answer)


def test_no_byte_answers_both_questions() -> None:
    assert not any(is_status(byte) and is_in_order_answer(byte) for byte in range(256))
    assert all(is_in_order_answer(byte) for byte in (0x00, 0x03, 0x0C, 0x0F))
