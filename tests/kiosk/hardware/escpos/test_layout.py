"""How receipts look: what stands on the paper, and that no data ever becomes a command."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.hardware.escpos.layout import (
    LONGEST_CODE,
    LONGEST_NAME,
    LONGEST_NUMBER,
    LONGEST_WORDS,
    SealedCodeError,
    receipt_bytes,
    receipt_rows,
)
from kiosk.hardware.escpos.typesetting import LONGEST_QR, BarcodeRow, QrRow, TextRow, printable, typeset
from parking.debts import DebtLine
from parking.money import EURO, YEN, ZLOTY, Currency
from parking.receipt import (
    ChangeDue,
    ClaimLine,
    CodeLine,
    Owed,
    Paid,
    Receipt,
    ReceiptLine,
    Slip,
    SubjectLine,
)
from parking.release_codes import SealedCode
from simulator.devices.printer_stream import Control, Order, StreamParser, Text, Unknown

ROOT = Path(__file__).parents[4]
LF = 0x0A

SLIP = f"CLAIM:0412-1-C00017:300:EUR:CHANGE-SHORT:{'A' * 103}"
SUBJECT = SubjectLine("7F314", "HH AB 1234")
OWED = Owed((DebtLine("No valid ticket, Harbour Street", 4500), DebtLine("Fitting of the clamp", 3000)), 7500)


def receipt(
    *lines: ReceiptLine,
    slip: Slip = Slip.RELEASE,
    phone: str = "+49 40 555 0123",
    number: str = "0412-000123",
    place: str = "Harbour Street",
    zone: str = "Europe/Berlin",
    currency: Currency = EURO,
    is_copy: bool = False,
) -> Receipt:
    return Receipt(
        slip=slip,
        number=number,
        terminal="0412",
        place=place,
        phone=phone,
        at_utc_ms=1_763_651_100_000,
        zone=zone,
        currency=currency,
        lines=lines,
        copy=is_copy,
    )


def text_of(told: Receipt, columns: int = 48) -> str:
    return "\n".join(row.text.rstrip() for row in receipt_rows(told, columns) if isinstance(row, TextRow))


RELEASE = receipt(SUBJECT, OWED, Paid("coins", 8000), ChangeDue(500), CodeLine("482913"))

# --- what stands on the paper --------------------------------------------------------------------------


def test_a_release_receipt() -> None:
    assert text_of(RELEASE) == "\n".join(
        (
            "Harbour Street",
            "Terminal 0412             20 Nov 2025, 16:05 CET",
            "   CLAMP FINE RECEIPT",
            "Clamp                                      7F314",
            "Plate                                 HH AB 1234",
            "─" * 48,
            "No valid ticket, Harbour Street            45.00",
            "Fitting of the clamp                       30.00",
            "TOTAL            € 75.00",
            "Paid in coins                            € 80.00",
            "Change due                                € 5.00",
            "═" * 48,
            "YOUR RELEASE CODE",
            "482 913",
            "═" * 48,
            "1. Type it on the clamp. Press green.",
            "2. Put the clamp into the yellow box.",
            "─" * 48,
            "Receipt 0412-000123",
            "Help: +49 40 555 0123",
        )
    )


def test_a_claim_slip_says_how_much_under_which_number_and_who_helps() -> None:
    claim = receipt(
        SUBJECT, Paid("coins", 8000), ChangeDue(200), ClaimLine("C-0412-000017", 300, SLIP), slip=Slip.CLAIM
    )
    text = text_of(claim)
    assert "WE OWE YOU MONEY" in text
    assert "STILL OWED TO YOU\n€ 3.00\nSlip C-0412-000017\n" in text
    assert "1. Keep this slip. It is worth its money once.\n" in text
    assert "2. Any terminal takes it: to pay, or for coins.\n" in text
    assert "3. No terminal reads it? Call +49 40 555 0123.\n   Say its number.\n" in text
    assert "Receipt 0412-000123" in text


def test_a_claim_slip_carries_no_code_but_the_one_that_pays() -> None:
    rows = receipt_rows(receipt(ClaimLine("C-0412-000017", 300, SLIP), slip=Slip.CLAIM))
    assert [row for row in rows if isinstance(row, QrRow | BarcodeRow)] == [QrRow(SLIP)]


def test_a_receipt_names_the_slip_that_comes_beside_it_and_does_not_replace_it() -> None:
    told = receipt(
        SUBJECT,
        Paid("coins", 8000),
        ChangeDue(200),
        CodeLine("482913"),
        ClaimLine("0412-1-C00017", 300, SLIP),
    )
    assert (
        "Change due                                € 2.00\nOwed to you on slip 0412-1-C00017         € 3.00\n"
        in text_of(told)
    )
    assert "terminal takes it" not in text_of(told)
    assert QrRow("RECEIPT:0412-000123") in receipt_rows(told)


def test_what_a_slip_paid_stands_beside_the_coins() -> None:
    text = text_of(receipt(SUBJECT, OWED, Paid("claims", 300), Paid("coins", 7200), CodeLine("482913")))
    assert (
        "Paid with slip                            € 3.00\nPaid in coins                            € 72.00\n"
        in text
    )


@pytest.mark.parametrize(
    ("slip", "lines"),
    [
        (Slip.CLAIM, (SUBJECT, ClaimLine("C-0412-000017", 300, SLIP))),
        (Slip.RELEASE, (SUBJECT, CodeLine("482913"))),
        (Slip.CANCELLED, (SUBJECT,)),
        (Slip.CANCELLED, (SUBJECT, Paid("coins", 200), ChangeDue(200))),
    ],
)
def test_no_two_rules_stand_with_nothing_between_them(slip: Slip, lines: tuple[ReceiptLine, ...]) -> None:
    rows = text_of(receipt(*lines, slip=slip)).splitlines()
    ruled = [set(row) in ({"─"}, {"═"}) for row in rows]
    assert sum(ruled) >= 1
    assert (True, True) not in pairwise(ruled)


def test_a_claim_slip_without_a_telephone_still_says_what_to_do() -> None:
    text = text_of(receipt(ClaimLine("C-0412-000017", 300, SLIP), slip=Slip.CLAIM, phone=""))
    assert "3. No terminal reads it? Show it to our staff.\n" in text
    assert "Help" not in text


def test_a_cancelled_slip_says_that_the_clamp_is_still_locked() -> None:
    text = text_of(receipt(SUBJECT, Paid("coins", 2500), ChangeDue(2500), slip=Slip.CANCELLED))
    assert "PAYMENT CANCELLED" in text
    assert "Given back                               € 25.00" in text
    assert "You paid nothing. The clamp is still locked." in text


def test_a_copy_says_so() -> None:
    assert "\n        COPY\n" not in text_of(RELEASE)
    assert "\nCOPY\n" in text_of(receipt(SUBJECT, CodeLine("482913"), is_copy=True))
    assert "COPY" not in text_of(RELEASE)


def test_lines_stand_in_the_papers_order_whatever_the_receipts_order_is() -> None:
    lines = (CodeLine("482913"), ChangeDue(500), Paid("coins", 8000), OWED, SUBJECT)
    assert receipt_bytes(receipt(*lines)) == receipt_bytes(RELEASE)


@pytest.mark.parametrize(
    ("code", "written", "size"),
    [("482913", "482 913", 6), ("7F31", "7F31", 6), ("A" * 12, "AAAA AAAA AAAA", 3)],
)
def test_the_code_is_as_large_as_the_paper_allows(code: str, written: str, size: int) -> None:
    (row,) = (row for row in receipt_rows(receipt(CodeLine(code))) if getattr(row, "text", "") == written)
    assert isinstance(row, TextRow)
    assert (row.style.width, row.style.height) == (size, size)


def test_a_tender_without_words_is_named() -> None:
    assert "Paid (stored value)                      € 80.00" in text_of(receipt(Paid("stored value", 8000)))


@pytest.mark.parametrize(
    ("currency", "amount"), [(YEN, "¥ 8000"), (ZLOTY, "zł 80.00"), (EURO, "€ 80.00")], ids=str
)
def test_currencies_have_their_sign(currency: Currency, amount: str) -> None:
    assert amount in text_of(receipt(Paid("coins", 8000), currency=currency))


@pytest.mark.parametrize("zone", ["", "Atlantis/Poseidonis", "../../etc/passwd", "a\0b", "Europe", "\udcff"])
def test_an_unknown_zone_prints_utc_and_says_so(zone: str) -> None:
    assert "20 Nov 2025, 15:05 UTC" in text_of(receipt(zone=zone))


def test_a_sealed_code_is_refused_with_the_receipts_number() -> None:
    sealed = receipt(CodeLine(SealedCode(box="AAAA", bound_to="7F314")))
    with pytest.raises(SealedCodeError, match="receipt '0412-000123' is still sealed"):
        receipt_bytes(sealed)


def test_a_number_that_bars_cannot_hold_is_left_to_eyes_and_qr() -> None:
    for number in ("0412-" + "0" * 35, "número-1", ""):
        assert not any(isinstance(row, BarcodeRow) for row in receipt_rows(receipt(number=number)))
    assert BarcodeRow("0412-000123", 3) in receipt_rows(RELEASE)
    assert BarcodeRow("0412-1-00000123", 2) in receipt_rows(receipt(number="0412-1-00000123"))


# --- bytes ---------------------------------------------------------------------------------------------


def test_the_bytes_begin_with_a_reset_and_a_code_page_with_a_euro_and_end_with_a_cut() -> None:
    data = receipt_bytes(RELEASE)
    assert data.startswith(b"\x1b@\x1bt\x13")
    assert data.endswith(b"\x1bd\x06\x1dV\x01")
    assert b"\xd5 75.00\n" in data  # 0xd5 is the euro sign of CP858
    assert b"\x1d!\x55482 913\n" in data  # GS ! 0x55: six times as wide and high
    assert b"\x1d(k\x16\x001P0RECEIPT:0412-000123" in data  # GS ( k function 80
    assert b"\x1dkI\x0d{B0412-000123" in data  # GS k 73, function B


def test_two_receipts_are_the_same_bytes_whatever_was_printed_between() -> None:
    first = receipt_bytes(RELEASE)
    receipt_bytes(receipt(place="Łódź, Площадь"))
    assert receipt_bytes(RELEASE) == first


def test_a_brace_in_a_barcode_is_doubled() -> None:
    assert b"\x1dkI\x06{BA{{B" in typeset([BarcodeRow("A{B", 2)])


def test_the_library_leaves_nothing_behind(tmp_path: Path) -> None:
    program = (
        "import logging, tempfile\n"
        "from kiosk.hardware.escpos.typesetting import BarcodeRow, QrRow, typeset\n"
        "before = tempfile.mkdtemp\n"
        "typeset([QrRow('7F314'), BarcodeRow('7F314', 2)])\n"
        "assert logging.getLogger().handlers == []\n"
        "assert tempfile.mkdtemp is before\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_the_library_is_not_imported_before_the_first_receipt() -> None:
    program = "import kiosk.hardware.escpos.printer, sys; sys.exit('escpos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


# --- laws ----------------------------------------------------------------------------------------------

ANY_TEXT = st.text(
    st.characters() | st.sampled_from("\x00\x04\x07\n\r\x10\x1b\x1c\x1d@{}Vk€ł\x7f\x9b"), max_size=200
)
ANY_LINES = st.tuples(
    st.builds(SubjectLine, ANY_TEXT, ANY_TEXT),
    st.builds(Owed, st.tuples(st.builds(DebtLine, ANY_TEXT, st.integers(0, 99_999_999))), st.just(7500)),
    st.builds(Paid, ANY_TEXT.filter(lambda tender: tender != "coins"), st.just(8000)),
    st.builds(CodeLine, ANY_TEXT),
    st.builds(ClaimLine, ANY_TEXT, st.just(300), ANY_TEXT),
)
ANY_RECEIPT = st.builds(
    Receipt,
    slip=st.sampled_from(Slip),
    number=ANY_TEXT,
    terminal=ANY_TEXT,
    place=ANY_TEXT,
    phone=ANY_TEXT,
    at_utc_ms=st.integers(0, 4_000_000_000_000),
    zone=st.just("Europe/Berlin"),
    currency=st.builds(Currency, code=st.just("EUR"), decimals=st.just(2), sign=ANY_TEXT),
    lines=ANY_LINES,
    copy=st.booleans(),
)


def harmless(text: str, longest: int) -> str:
    """Text of the same shape: blanks where it has blanks, a letter for each sign, an accent where it has one."""
    return re.sub(r"[!-~]", "x", re.sub(r"[^ -~]", "é", printable(text, longest)))


def harmless_line(line: ReceiptLine) -> ReceiptLine:
    match line:
        case SubjectLine():
            return SubjectLine(
                harmless(line.identifier, LONGEST_NUMBER), harmless(line.plate, LONGEST_NUMBER)
            )
        case Owed():
            debts = (DebtLine(harmless(debt.words, LONGEST_WORDS), debt.amount_minor) for debt in line.lines)
            return Owed(tuple(debts), line.total_minor)
        case Paid():
            return Paid(harmless(line.tender, LONGEST_NUMBER), line.amount_minor)
        case CodeLine(code=str() as code):
            return CodeLine(harmless(code, LONGEST_CODE))
        case ClaimLine():
            slip = harmless(str(line.slip), LONGEST_QR)
            return ClaimLine(harmless(line.number, LONGEST_NUMBER), line.amount_minor, slip)
    return line


def orders(data: bytes) -> list[str]:
    """The control sequences of a print job, without the choice of code pages and without what codes say."""
    found = []
    for item in StreamParser().feed(data):
        match item:
            case Order("ESC t"):
                continue
            case Order("GS (" | "GS k"):
                found.append(f"{item.name} {item.parameters[:4].hex()}")
            case Order():
                found.append(f"{item.name} {item.parameters.hex()}")
            case Control():
                assert item.byte == LF
                found.append("LF")
            case Unknown():
                pytest.fail(f"control bytes from nowhere: {item.data.hex(' ')}")
            case Text():
                continue
    return found


@given(ANY_RECEIPT, st.sampled_from([32, 42, 48]))
@example(receipt(CodeLine("\x1b@\x1dV\x00482913"), place="\x10\x04\x01停车\x1d(k"), 48)
def test_no_text_in_any_field_becomes_a_command(told: Receipt, columns: int) -> None:
    plain = Receipt(
        slip=told.slip,
        number=harmless(told.number, LONGEST_NUMBER),
        terminal=harmless(told.terminal, LONGEST_NUMBER),
        place=harmless(told.place, LONGEST_NAME),
        phone=harmless(told.phone, LONGEST_NUMBER),
        at_utc_ms=told.at_utc_ms,
        zone=told.zone,
        currency=Currency("EUR", 2, harmless(told.currency.sign, LONGEST_NUMBER)),
        lines=tuple(harmless_line(line) for line in told.lines),
        copy=told.copy,
    )
    data = receipt_bytes(told, columns)
    assert orders(data).count("GS V 01") == orders(data).count("ESC @ ") == 1
    assert _without_lengths(orders(data)) == _without_lengths(orders(receipt_bytes(plain, columns)))
    assert len(data) < 6000


def _without_lengths(found: list[str]) -> list[str]:
    """QR and bars have the length of their data in their first bytes; accents and braces make it differ."""
    return [re.sub(r"^GS (\(|k) .*", r"GS \1", order) for order in found]


@given(ANY_RECEIPT, st.sampled_from([32, 42, 48]))
@example(receipt(ClaimLine("C", 300, SLIP), slip=Slip.CLAIM, currency=Currency("EUR", 2, "0" * 28)), 32)
def test_no_row_is_wider_than_the_paper(told: Receipt, columns: int) -> None:
    for row in receipt_rows(told, columns):
        if isinstance(row, TextRow):
            assert len(row.text) * row.style.width <= columns, row


@given(ANY_TEXT, st.integers(4, 60))
def test_printable_text_is_printable_short_and_stays_as_it_is(text: str, longest: int) -> None:
    kept = printable(text, longest)
    assert kept.isprintable()
    assert len(kept) <= longest
    assert printable(kept, longest) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Harbour Street", "Harbour Street"),
        ("  two\tlines\r\nof\u00a0text ", "two lines of text"),
        ("Łódź, Straße, Ñuñoa, Площадь", "Łódź, Straße, Ñuñoa, Площадь"),
        ("ǎ ﬁ ①", "a f 1"),
        ("停车", "??"),
        ("\u202e7F314\u200b\x1b", "7F314"),
        ("5\u20136 \u201cquoted\u201d\u2026", '5-6 "quoted"...'),
        ("€ £ zł ¥", "€ £ zł ¥"),
        ("", ""),
    ],
)
def test_what_may_go_to_paper(text: str, kept: str) -> None:
    assert printable(text, 60) == kept


def test_a_long_text_ends_with_dots() -> None:
    assert printable("x" * 100, 10) == "xxxxxxx..."
    assert printable("x" * 10, 10) == "x" * 10
