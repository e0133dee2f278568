"""Rows of a receipt to the printer's bytes, built by python-escpos.

What stands in the rows is decided in `layout.py`. Here is the only place where text meets control bytes, and
therefore the only door for text: `printable`. Control bytes never pass from data to paper.

python-escpos is imported at the first receipt: it takes a third of a second that the start must not wait for.
Its traps, and how they are passed by: a fresh printer object for each receipt after ESC @ (it remembers a
code page that the printer forgot); its barcode function prints to the program's standard output (our own
bytes instead); a profile object without features prints without cutting (they are given); Chinese text goes
out as raw GB18030 (only what our code pages hold is let through); the import leaves a temporary folder and
configures logging (`_import_quietly`).
"""

import contextlib
import functools
import logging
import pickle
import platform
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

_SIMPLER = str.maketrans(
    {
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{HORIZONTAL ELLIPSIS}": "...",
    }
)
"""Signs that people paste from text programs and that no code page has."""

CODE_PAGES = {"17": "CP866", "18": "CP852", "19": "CP858"}
"""ESC t numbers of the code pages used: Cyrillic, Central European, and Western with the euro sign."""
FIRST_CODE_PAGE = "CP858"
LONGEST_BARCODE = 60
"""Characters; far more than fit on the paper, far fewer than the length byte of GS k can say."""
LONGEST_QR = 200
"""Characters; a signed slip has up to 170, which is a symbol of 45 squares."""
_QUALITY_M = 1
"""python-escpos' number for QR error correction M: 15 % of the symbol may be lost."""


class Align(StrEnum):
    """Where a row stands on the paper."""

    LEFT = "left"
    CENTER = "center"


class Style(msgspec.Struct, frozen=True):
    """How characters look: their size in multiples of the normal one, and their weight."""

    align: Align = Align.LEFT
    width: int = 1
    height: int = 1
    bold: bool = False
    reverse: bool = False
    """White on black."""


class TextRow(msgspec.Struct, frozen=True):
    """One line of text, never longer than the paper is wide."""

    text: str
    style: Style = Style()


class QrRow(msgspec.Struct, frozen=True):
    """A QR code, centred; `module_dots` is the size of its smallest square, 1 to 16."""

    text: str
    module_dots: int = 6


class BarcodeRow(msgspec.Struct, frozen=True):
    """A CODE128 barcode, centred; `module_dots` is the width of its thinnest bar, 2 to 6."""

    text: str
    module_dots: int
    height_dots: int = 64


class GapRow(msgspec.Struct, frozen=True):
    """White paper, in the printer's smallest steps (an eighth of a millimetre on most), at most 255."""

    dots: int


Row = TextRow | QrRow | BarcodeRow | GapRow


def printable(text: str, longest: int) -> str:
    """The part of any text that may go to paper: characters of our code pages, at most `longest` of them.

    Line ends and odd spaces become spaces; control and invisible characters vanish; a letter that the printer
    does not have loses its accent (`ǎ`, `a`), and what still cannot be printed becomes `?`.
    """
    kept = "".join(_printable_character(character) for character in text[: 4 * longest].translate(_SIMPLER))
    joined = " ".join(kept.split())
    return joined if len(joined) <= longest else joined[: longest - 3] + "..."


def _printable_character(character: str) -> str:
    if character.isspace():
        return " "
    if not character.isprintable():
        return ""
    if character in _paper_characters():
        return character
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base in _paper_characters() and base.isprintable() else "?"


@functools.cache
def _paper_characters() -> frozenset[str]:
    ascii_characters = map(chr, range(0x20, 0x7F))
    others = (
        character for page in CODE_PAGES.values() for character in bytes(range(0x80, 0x100)).decode(page)
    )
    return frozenset(ascii_characters) | {character for character in others if character.isprintable()}


def typeset(rows: Sequence[Row]) -> bytes:
    """Turn rows into the bytes of one piece of paper, from ESC @ to the cut.

    Every text passes `printable` here once more, whatever was done to it before.
    """
    printer = _fresh_printer()
    style = Style()
    for row in rows:
        if isinstance(row, GapRow):
            printer._raw(b"\x1bJ" + bytes((row.dots,)))  # noqa: SLF001 - it has no function for ESC J
            continue
        wanted = row.style if isinstance(row, TextRow) else Style(align=Align.CENTER)
        _change_style(printer, style, wanted)
        style = wanted
        match row:
            case TextRow():
                printer.text(_cells(row.text) + "\n")
            case QrRow():
                printer.qr(printable(row.text, LONGEST_QR), ec=_QUALITY_M, size=row.module_dots, native=True)
            case BarcodeRow():
                printer._raw(_code128(row))  # noqa: SLF001 - its own barcode function prints to our output
    printer.cut(mode="PART")
    return bytes(printer.output)


def _cells(text: str) -> str:
    """The text of a row, its blanks kept: they were put there to fill the line."""
    return "".join(_printable_character(character) for character in text)


def _change_style(printer: Any, now: Style, wanted: Style) -> None:  # noqa: ANN401 - the library has no types
    if wanted.align != now.align:
        printer.set(align=wanted.align.value)
    if wanted.bold != now.bold:
        printer.set(bold=wanted.bold)
    if wanted.reverse != now.reverse:
        printer.set(invert=wanted.reverse)
    if (wanted.width, wanted.height) != (now.width, now.height):
        printer.set(custom_size=True, width=wanted.width, height=wanted.height)


def _code128(row: BarcodeRow) -> bytes:
    """GS h height, GS w module, GS H 0 (no text of its own), GS k 73 length `{B` data: function B of GS k."""
    data = b"{B" + printable(row.text, LONGEST_BARCODE).encode("ascii").replace(b"{", b"{{")
    return b"".join(
        (
            b"\x1d\x68" + bytes((row.height_dots,)),
            b"\x1d\x77" + bytes((row.module_dots,)),
            b"\x1d\x48\x00",
            b"\x1d\x6b\x49" + bytes((len(data),)) + data,
        )
    )


def _fresh_printer() -> Any:  # noqa: ANN401 - python-escpos has no types
    dummy, profile_class = _library()
    # Without these features `cut` would silently leave the paper uncut.
    profile = profile_class(features={"paperPartCut": True, "paperFullCut": True})
    profile.profile_data = {**profile.profile_data, "codePages": CODE_PAGES}
    printer = dummy(profile=profile)
    printer.hw("INIT")
    printer.charcode(FIRST_CODE_PAGE)
    printer.charcode("AUTO")
    return printer


@functools.cache
def _library() -> tuple[Any, Any]:
    with _import_quietly():
        # Imported here, at the first receipt, because it is slow.
        from escpos.capabilities import Profile  # noqa: PLC0415 - as said above
        from escpos.printer import Dummy  # noqa: PLC0415 - as said above
    return Dummy, Profile


@contextlib.contextmanager
def _import_quietly() -> Iterator[None]:
    """Keep the traces of python-escpos' import to a folder that is removed, and logging as it was.

    The library makes a temporary folder at each import, even where its environment variable names another,
    never removes it, and reads a pickle from it: it gets a folder that is new and ours. Its table of
    printers lies there already: it would read it for a third of a second, while a customer is at the screen.
    """
    ordinary_folder, importing_thread = tempfile.mkdtemp, threading.get_ident()
    root, silencer = logging.getLogger(), logging.NullHandler()
    with tempfile.TemporaryDirectory(prefix="escpos-") as folder:
        _lay_out_printers(Path(folder))

        def folder_for_import(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - for mkdtemp
            if threading.get_ident() == importing_thread:
                return folder
            return ordinary_folder(*arguments, **options)

        root.addHandler(silencer)
        tempfile.mkdtemp = folder_for_import
        try:
            yield
        finally:
            tempfile.mkdtemp = ordinary_folder
            root.removeHandler(silencer)


def _lay_out_printers(folder: Path) -> None:
    """Put the library's table of printers, which is JSON, where it looks for its own pickle before it parses.

    A release that has neither file under these names reads its table in its own way.
    """
    table = resources.files("escpos") / "capabilities.json"
    if table.is_file():
        pickled = pickle.dumps(msgspec.json.decode(table.read_bytes()))
        (folder / f"{platform.python_version()}.capabilities.pickle").write_bytes(pickled)
