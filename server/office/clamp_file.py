"""Taking in a file of clamps (CSV): the whole file is good and is stored, or every bad line is told.

    identifier,codes,plate,currency,words_1,amount_1,words_2,amount_2
    7F314,482913 105577 660241,HH-AB 123,EUR,No valid ticket,45.00,Clamping,30.00
    8K022,774120|339018

`identifier` and `codes` (in order, separated by spaces or `|`) are needed. A clamp with `words_1` and
`amount_1` is on a car; up to nine such pairs are the lines of its fine. `currency` is EUR where it is empty.
Text is UTF-8, the separator a comma or a semicolon; the order of the columns does not matter.
"""

import csv
import io
import re
from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection

from parking.debts import Debt, DebtLine
from parking.identifiers import IdentifierRefusedError, clamp_identifier
from parking.money import (
    CURRENCIES,
    EURO,
    LARGEST_AMOUNT_MINOR,
    AmountRefusedError,
    parse_amount_minor,
)
from parking.release_codes import release_code
from server.office.release import Fine, NewClamp, add_clamps, known_clamps
from server.store.sealing import CodeSealer
from server.store.tables import LONGEST_PLATE, LONGEST_WORDS

MOST_FINE_LINES = 9
MOST_CODES = 1_000
LARGEST_FILE_BYTES = 256 * 1024 * 1024
MISTAKES_TOLD = 20
"""So many bad lines are told one by one; the rest is counted."""

_NEEDED = ("identifier", "codes")
_PAIRS = tuple(name for line in range(1, MOST_FINE_LINES + 1) for name in (f"words_{line}", f"amount_{line}"))
COLUMNS = (*_NEEDED, "plate", "currency", *_PAIRS)


class Mistake(msgspec.Struct, frozen=True, order=True):
    """What is wrong in one place: the line (from 1), the column's name, what was found and expected."""

    line: int
    column: str
    words: str


class ClampFileError(ValueError):
    """A file of clamps that is not taken in, with every mistake in it."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = sorted(mistakes)

    def sentences(self, file_name: str) -> list[str]:
        """One sentence per mistake for the first twenty bad lines, and how many more there are."""
        bad_lines = sorted({mistake.line for mistake in self.mistakes})
        told = set(bad_lines[:MISTAKES_TOLD])
        sentences = [
            f"{file_name}:{mistake.line}: {mistake.column}: {mistake.words}"
            for mistake in self.mistakes
            if mistake.line in told
        ]
        more = len(bad_lines) - len(told)
        return [*sentences, f"{file_name}: {more} more bad lines"] if more else sentences


class Line(msgspec.Struct, frozen=True):
    """A clamp of the file, and the line it stands on."""

    number: int
    clamp: NewClamp


def take_in(connection: Connection, sealer: CodeSealer, content: bytes, now_ms: int) -> list[NewClamp]:
    """Take in every clamp of the file, or none.

    Raises:
        ClampFileError: with every mistake, also clamps that are in the database already.
    """
    lines = read_clamps(content)
    known = known_clamps(connection, [line.clamp.identifier for line in lines])
    mistakes = [
        Mistake(line.number, "identifier", f"clamp {line.clamp.identifier} is in the database already")
        for line in lines
        if line.clamp.identifier in known
    ]
    if mistakes:
        raise ClampFileError(mistakes)
    taken = [line.clamp for line in lines]
    add_clamps(connection, sealer, taken, now_ms)
    return taken


def read_clamps(content: bytes) -> list[Line]:
    """Read a whole file.

    Raises:
        ClampFileError: with every mistake; nothing of the file is to be used.
    """
    text = _text(content)
    mistakes: list[Mistake] = []
    lines: list[Line] = []
    header: list[str] | None = None
    for number, fields in _rows(text, mistakes):
        if header is None:
            header = _header(number, fields)
        elif (found := _clamp(number, header, fields, mistakes)) is not None:
            lines.append(Line(number=number, clamp=found))
    if header is None:
        mistakes.append(Mistake(1, "header", f"the file is empty; expected a line with {', '.join(_NEEDED)}"))
    elif not lines and not mistakes:
        mistakes.append(Mistake(2, "file", "there is no clamp under the header"))
    mistakes.extend(_repeated(lines))
    if mistakes:
        raise ClampFileError(mistakes)
    return lines


# --- bytes, lines, header ------------------------------------------------------------------------------


def _text(content: bytes) -> str:
    if len(content) > LARGEST_FILE_BYTES:
        raise ClampFileError([Mistake(1, "file", f"the file is larger than {LARGEST_FILE_BYTES} bytes")])
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ClampFileError([Mistake(1, "file", "the file is UTF-16; save it as CSV UTF-8")])
    nul = content.find(b"\0")
    if nul >= 0:
        raise ClampFileError([Mistake(_line_of(content, nul), "file", f"a NUL byte at position {nul}")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = (
            f"the byte 0x{content[error.start]:02X} at position {error.start} is not UTF-8; "
            "save the file as CSV UTF-8"
        )
        raise ClampFileError([Mistake(_line_of(content, error.start), "file", words)]) from None


def _line_of(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _separator(text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _rows(text: str, mistakes: list[Mistake]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            words = f"this is no CSV: {error}; a quoted text ends with a quote on the same line"
            mistakes.append(Mistake(begins, "file", words))
            return
        if any(field.strip() for field in fields):
            yield begins, [field.strip() for field in fields]


def _header(number: int, fields: list[str]) -> list[str]:
    header = [field.lower() for field in fields]
    mistakes = [
        Mistake(number, name, "this column is missing in the header")
        for name in _NEEDED
        if name not in header
    ]
    for name in sorted(set(header)):
        if name not in COLUMNS:
            known = "identifier, codes, plate, currency, words_1, amount_1 to words_9, amount_9"
            mistakes.append(
                Mistake(number, "header", f"no column is called {name[:40]!r}; known are {known}")
            )
        elif header.count(name) > 1:
            mistakes.append(Mistake(number, name, "this column stands twice in the header"))
    for name in header:
        words, _, line = name.partition("_")
        partner = f"{'amount' if words == 'words' else 'words'}_{line}"
        if name in _PAIRS and partner not in header:
            mistakes.append(Mistake(number, partner, f"this column is missing beside {name}"))
    if mistakes:
        raise ClampFileError(mistakes)
    return header


# --- one clamp -----------------------------------------------------------------------------------------


def _clamp(number: int, header: list[str], fields: list[str], mistakes: list[Mistake]) -> NewClamp | None:
    if len(fields) > len(header) or (len(fields) < len(header) and any(fields[len(header) :])):
        words = f"{len(fields)} fields, expected {len(header)}; a text with the separator needs quotes"
        mistakes.append(Mistake(number, "line", words))
        return None
    row = dict.fromkeys(COLUMNS, "") | dict(zip(header, fields, strict=False))
    before = len(mistakes)
    for column, text in row.items():
        if not text.isprintable():
            mistakes.append(Mistake(number, column, "a control character stands in this field"))
    identifier = _identifier(number, row["identifier"], mistakes)
    codes = _codes(number, row["codes"], mistakes)
    fine = _fine(number, row, mistakes)
    if len(mistakes) > before:
        return None
    return NewClamp(identifier=identifier, codes=codes, fine=fine)


def _identifier(number: int, text: str, mistakes: list[Mistake]) -> str:
    try:
        return clamp_identifier(text)
    except IdentifierRefusedError as error:
        mistakes.append(Mistake(number, "identifier", f"{error}; expected 3 to 12 digits or capital letters"))
        return ""


def _codes(number: int, text: str, mistakes: list[Mistake]) -> tuple[str, ...]:
    """The codes in order. What is wrong is told by its place in the list: a code is never repeated."""
    written = [code for code in re.split(r"[ |]+", text) if code]
    if not written:
        mistakes.append(Mistake(number, "codes", "no code; expected at least one"))
    if len(written) > MOST_CODES:
        mistakes.append(Mistake(number, "codes", f"{len(written)} codes; expected at most {MOST_CODES}"))
    for place, code in enumerate(written, start=1):
        try:
            release_code(code)
        except ValueError as error:
            mistakes.append(Mistake(number, "codes", f"code {place} is not one: {error}"))
        if code in written[: place - 1]:
            mistakes.append(Mistake(number, "codes", f"code {place} stands in this list already"))
    return tuple(written)


def _fine(number: int, row: dict[str, str], mistakes: list[Mistake]) -> Fine | None:
    code = row["currency"] or EURO.code
    currency = CURRENCIES.get(code)
    if currency is None:
        expected = ", ".join(CURRENCIES)
        mistakes.append(
            Mistake(number, "currency", f"{code[:40]!r} is not known; expected one of {expected}")
        )
        return None
    if len(row["plate"]) > LONGEST_PLATE:
        words = f"{len(row['plate'])} characters; expected at most {LONGEST_PLATE}"
        mistakes.append(Mistake(number, "plate", words))
    lines: list[DebtLine] = []
    for place in range(1, MOST_FINE_LINES + 1):
        words, amount = row[f"words_{place}"], row[f"amount_{place}"]
        if not words and not amount:
            continue
        try:
            lines.append(fine_line(words, amount, currency.code))
        except FineLineError as error:
            mistakes.append(Mistake(number, f"{error.part}_{place}", str(error)))
    if sum(line.amount_minor for line in lines) > LARGEST_AMOUNT_MINOR:
        mistakes.append(Mistake(number, "amount_1", "the amounts of this line are too large together"))
    if row["plate"] and not lines:
        mistakes.append(Mistake(number, "words_1", "there is a plate but no fine; expected words and amount"))
    return Fine(debt=Debt(lines=tuple(lines), plate=row["plate"]), currency=currency.code) if lines else None


class FineLineError(ValueError):
    """A line of a fine that is none; `part` tells whether the words or the amount are wrong."""

    def __init__(self, part: str, sentence: str) -> None:
        super().__init__(sentence)
        self.part = part


def fine_line(words: str, amount: str, currency_code: str) -> DebtLine:
    """Read one line of a fine: what for, and how much in the currency's major unit, such as `45.00`.

    Raises:
        FineLineError: empty or too long words, or no amount.
    """
    if not words.strip() or len(words) > LONGEST_WORDS or not words.isprintable():
        raise FineLineError("words", f"expected 1 to {LONGEST_WORDS} printable characters that say what for")
    try:
        amount_minor = parse_amount_minor(amount, CURRENCIES[currency_code])
    except AmountRefusedError as error:
        raise FineLineError("amount", str(error)) from None
    return DebtLine(words=words.strip(), amount_minor=amount_minor)


def _repeated(lines: list[Line]) -> list[Mistake]:
    first: dict[str, int] = {}
    mistakes = []
    for line in lines:
        before = first.setdefault(line.clamp.identifier, line.number)
        if before != line.number:
            words = f"clamp {line.clamp.identifier} stands on line {before} already"
            mistakes.append(Mistake(line.number, "identifier", words))
    return mistakes
