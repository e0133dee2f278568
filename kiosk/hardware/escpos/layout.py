"""How receipts and slips look on paper: lines of meaning to rows, for paper of any number of columns.

Read `receipt_rows` from top to bottom and see the paper. The words are in `words.py`, the bytes are made in
`typesetting.py`.
"""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

from kiosk.hardware.escpos.typesetting import (
    LONGEST_QR,
    Align,
    BarcodeRow,
    GapRow,
    QrRow,
    Row,
    Style,
    TextRow,
    printable,
    typeset,
)
from kiosk.hardware.escpos.words import ENGLISH, Words
from parking.civil_time import local_time
from parking.debts import DebtLine
from parking.money import Currency, amount_text, plain_amount
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
    qr_text,
)
from parking.release_codes import grouped

COLUMNS_80_MM = 48
"""Characters of 12 dots on 576 dots, the usual width of 80 mm paper; some printers have 42."""
DOTS_PER_COLUMN = 12

# The longest texts, in characters, so that no field can use up a roll of paper.
LONGEST_NAME = 60
LONGEST_NUMBER = 40
LONGEST_WORDS = 160
LONGEST_CODE = 24

LARGEST_CODE_SIZE = 6
LARGEST_CLAIM_SIZE = 4
ORDER_ON_PAPER = (SubjectLine, Owed, Paid, ChangeDue, ClaimLine, CodeLine)

BOLD = Style(bold=True)
CENTERED_BOLD = Style(align=Align.CENTER, bold=True)
CENTERED_LARGE = Style(align=Align.CENTER, width=2, height=2, bold=True)
LARGE = Style(width=2, height=2, bold=True)
BAR = Style(width=2, height=2, bold=True, reverse=True)
SMALL_GAP, GAP = GapRow(12), GapRow(30)


class SealedCodeError(TypeError):
    """A receipt came with its release code still sealed: whoever ordered the print did not open it."""


def receipt_bytes(receipt: Receipt, columns: int = COLUMNS_80_MM, words: Words = ENGLISH) -> bytes:
    """The bytes that print this receipt on paper of so many columns, from ESC @ to the cut.

    Raises:
        SealedCodeError, UnsignedClaimError: its code has not been opened, its claim not signed.
    """
    return typeset(receipt_rows(receipt, columns, words))


def receipt_rows(receipt: Receipt, columns: int = COLUMNS_80_MM, words: Words = ENGLISH) -> tuple[Row, ...]:
    """The rows of this receipt, from the place to the telephone number.

    Raises:
        SealedCodeError, UnsignedClaimError: the receipt is not ready to leave the machine.
    """
    paper = _Paper(receipt, columns, words)
    rows = [*paper.header(), *paper.title()]
    for line in sorted(receipt.lines, key=lambda line: ORDER_ON_PAPER.index(type(line))):
        rows.extend(paper.line(line))
    return (*rows, *paper.note(), *paper.footer())


class _Paper:
    """One receipt with what its rows have in common: width, words, currency."""

    def __init__(self, receipt: Receipt, columns: int, words: Words) -> None:
        self._receipt = receipt
        self._columns = columns
        self._words = words
        self._number = printable(receipt.number, LONGEST_NUMBER)
        self._phone = printable(receipt.phone, LONGEST_NUMBER)

    def header(self) -> Iterator[Row]:
        """Where and when."""
        yield from self._wrapped(printable(self._receipt.place, LONGEST_NAME), CENTERED_LARGE)
        yield SMALL_GAP
        terminal = self._words.terminal.format(number=printable(self._receipt.terminal, LONGEST_NUMBER))
        yield from self._sides(terminal, self._date_and_time())

    def title(self) -> Iterator[Row]:
        """What kind of paper this is, and whether it is a copy: white on black, from edge to edge."""
        columns = self._columns // BAR.width
        yield SMALL_GAP
        for part in _wrap(self._words.titles[self._receipt.slip], columns):
            yield TextRow(part.center(columns), BAR)
        if self._receipt.copy:
            yield SMALL_GAP
            yield from self._wrapped(self._words.copy, CENTERED_LARGE)
        yield SMALL_GAP

    def line(self, line: ReceiptLine) -> Iterator[Row]:
        """The rows of one line of meaning."""
        match line:
            case SubjectLine():
                yield from self._subject(line)
            case Owed():
                yield from self._owed(line)
            case Paid():
                tender = self._words.paid.get(line.tender) or self._words.paid_otherwise.format(
                    tender=printable(line.tender, LONGEST_NUMBER)
                )
                yield from self._sides(tender, self._amount(line.amount_minor))
            case ChangeDue():
                is_cancelled = self._receipt.slip is Slip.CANCELLED
                label = self._words.given_back if is_cancelled else self._words.change
                yield from self._sides(label, self._amount(line.amount_minor))
            case CodeLine():
                yield from self._code(line)
            case ClaimLine() if self._is_claim:
                yield from self._claim(line)
            case ClaimLine():
                elsewhere = self._words.claim_elsewhere.format(number=printable(line.number, LONGEST_NUMBER))
                yield from self._sides(elsewhere, self._amount(line.amount_minor), BOLD)

    def note(self) -> Iterator[Row]:
        """What a cancelled payment means for the car."""
        if self._receipt.slip is Slip.CANCELLED:
            yield self._rule("─")
            yield SMALL_GAP
            yield from self._wrapped(self._words.cancelled_note, CENTERED_BOLD)
            yield SMALL_GAP

    def footer(self) -> Iterator[Row]:
        """The number of this paper for eyes and for machines, and who helps.

        A claim slip carries one code only, that of the claim: no scanner can read the wrong one.
        """
        yield self._rule("─")
        yield from () if self._is_claim else self._square_code()
        yield from self._wrapped(self._words.receipt_number.format(number=self._number), CENTERED_BOLD)
        yield from () if self._is_claim else self._barcode()
        if self._phone:
            yield GAP
            yield from self._wrapped(self._words.help.format(phone=self._phone), CENTERED_BOLD)

    def _subject(self, line: SubjectLine) -> Iterator[Row]:
        identifier = printable(line.identifier, LONGEST_NUMBER)
        yield from self._sides(self._words.clamp, identifier, BOLD)
        plate = printable(line.plate, LONGEST_NUMBER)
        if plate:
            yield from self._sides(self._words.plate, plate, BOLD)
        # Above money only: code, claim, note and footer begin with a rule of their own.
        if any(isinstance(other, Owed | Paid | ChangeDue) for other in self._receipt.lines):
            yield self._rule("─")

    def _owed(self, line: Owed) -> Iterator[Row]:
        for debt in line.lines:
            yield from self._debt(debt)
        total = self._amount(line.total_minor)
        yield SMALL_GAP
        yield from self._sides(self._words.total, total, LARGE)
        yield SMALL_GAP

    def _debt(self, debt: DebtLine) -> Iterator[Row]:
        amount = plain_amount(debt.amount_minor, self._currency)
        yield from self._sides(printable(debt.words, LONGEST_WORDS), amount)

    def _code(self, line: CodeLine) -> Iterator[Row]:
        if not isinstance(line.code, str):
            raise SealedCodeError(
                f"the release code of receipt {self._number!r} is still sealed; "
                "open it before the order to print is given to the printer"
            )
        code = grouped(printable(line.code, LONGEST_CODE) or "?")
        yield self._rule("═")
        yield from self._poster(self._words.code, code, LARGEST_CODE_SIZE)
        yield self._rule("═")
        yield from self._steps(self._words.code_steps)

    def _claim(self, line: ClaimLine) -> Iterator[Row]:
        number = self._words.claim_number.format(number=printable(line.number, LONGEST_NUMBER))
        yield self._rule("═")
        yield from self._poster(self._words.claim, self._amount(line.amount_minor), LARGEST_CLAIM_SIZE)
        yield SMALL_GAP
        yield from self._wrapped(number, CENTERED_LARGE)
        yield self._rule("═")
        yield from self._square_code()
        steps = self._words.claim_steps if self._phone else self._words.claim_steps_without_phone
        yield from self._steps(step.format(phone=self._phone) for step in steps)

    def _square_code(self) -> Iterator[Row]:
        # White above and below: without it scanners do not find the QR code.
        yield GAP
        yield QrRow(printable(qr_text(self._receipt), LONGEST_QR))
        yield GAP

    def _poster(self, heading: str, text: str, largest: int) -> Iterator[Row]:
        """A heading, and one thing as large as the paper's width allows."""
        size = max(1, min(largest, self._columns // len(text)))
        yield from self._wrapped(heading, CENTERED_BOLD)
        yield from self._wrapped(text, Style(align=Align.CENTER, width=size, height=size, bold=True))

    def _steps(self, steps: Iterable[str]) -> Iterator[Row]:
        yield SMALL_GAP
        for number, step in enumerate(steps, start=1):
            marked = textwrap.wrap(
                step,
                self._columns,
                initial_indent=f"{number}. ",
                subsequent_indent="   ",
                break_on_hyphens=False,
            )
            yield from (TextRow(part, BOLD) for part in marked)
        yield SMALL_GAP

    def _barcode(self) -> Iterator[Row]:
        # CODE128 B: start, a symbol a character, check (11 modules each), stop 13, and 10 white each side.
        modules = 11 * (len(self._number) + 2) + 13 + 20
        module_dots = min(3, self._columns * DOTS_PER_COLUMN // modules)
        # Without space for bars of two dots no scanner reads it; the QR says the same.
        if self._number.isascii() and self._number and module_dots >= 2:  # noqa: PLR2004 - said above
            yield SMALL_GAP
            yield BarcodeRow(self._number, module_dots)

    def _sides(self, left: str, right: str, style: Style = Style()) -> Iterator[Row]:  # noqa: B008 - a frozen value
        """Text at the left, wrapped where it is long; an amount or a number at the right of its last row."""
        columns = self._columns // style.width
        if len(left) + len(right) + 2 > columns and len(right) + 2 > columns // 2:
            yield from self._wrapped(left, style)
            yield from (TextRow(part.rjust(columns), style) for part in _wrap(right, columns))
            return
        *above, last = _wrap(left, columns - len(right) - 2)
        yield from (TextRow(part, style) for part in above)
        yield TextRow(last.ljust(columns - len(right)) + right, style)

    def _wrapped(self, text: str, style: Style) -> Iterator[Row]:
        yield from (TextRow(part, style) for part in _wrap(text, self._columns // style.width))

    def _rule(self, character: str) -> Row:
        return TextRow(character * self._columns)

    def _amount(self, amount_minor: int) -> str:
        return printable(amount_text(amount_minor, self._currency), LONGEST_NUMBER)

    @property
    def _is_claim(self) -> bool:
        """Whether this paper is a claim's own, with the code that pays."""
        lines = self._receipt.lines
        return self._receipt.slip is Slip.CLAIM and any(isinstance(line, ClaimLine) for line in lines)

    @property
    def _currency(self) -> Currency:
        return self._receipt.currency

    def _date_and_time(self) -> str:
        at = _civil(self._receipt.at_utc_ms, self._receipt.zone)
        return self._words.date_and_time.format(
            day=at.day,
            month=self._words.months[at.month - 1],
            year=at.year,
            hour=at.hour,
            minute=at.minute,
            zone=printable(at.tzname() or "", LONGEST_NUMBER),
        )


def _wrap(text: str, columns: int) -> list[str]:
    return textwrap.wrap(text, columns, break_on_hyphens=False) or [""]


def _civil(utc_ms: int, zone: str) -> datetime:
    """The civil time; in UTC, and saying so, where the zone is unknown: a receipt must not fail for that."""
    try:
        return local_time(utc_ms, zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.fromtimestamp(utc_ms / 1000, UTC)
