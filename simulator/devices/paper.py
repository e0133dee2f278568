"""Thermal paper: what a print head has put on it, as a picture, as lines of text, and as codes to be scanned.

Knows nothing of ESC/POS. One dot of the head (203 dots an inch, 8 a millimetre) is one pixel of the picture.
"""

import functools
import io
import math
from dataclasses import dataclass, field
from pathlib import Path

import segno
from barcode import Code128  # type: ignore[import-untyped]  # it has no types
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
HEAD_DOTS = 576
"""What an 80 mm printer can blacken of its 640 dots of paper."""
MARGIN_DOTS = 32
HEAD_TO_CUTTER_DOTS = 96
"""The knife stands 12 mm behind the head: so much white is above the first line of each piece."""
EDGE_DOTS = 24
"""What the picture shows of the world around the paper."""

PAPER = (252, 251, 247)
INK = (26, 26, 30)
AROUND = (214, 217, 220)
SHADOW = (190, 194, 198)

CELL_WIDTH = {"A": 12, "B": 9}
CELL_HEIGHT = {"A": 24, "B": 17}
FONT_SIZE_PER_DOT = 1.661
"""DejaVu Sans Mono's characters are 0.602 of their size wide."""
BASELINE = 0.79
LINES_ACROSS = {"─": (0.5,), "═": (0.42, 0.58)}
"""Where rules run through their cell; drawn, not written, so that they do not break between the cells."""


@dataclass(frozen=True)
class Look:
    """How characters look: font A or B, size in multiples, weight."""

    font: str = "A"
    width: int = 1
    height: int = 1
    bold: bool = False
    reverse: bool = False
    underline_dots: int = 0

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of one character, in dots."""
        return CELL_WIDTH[self.font] * self.width, CELL_HEIGHT[self.font] * self.height


@dataclass(frozen=True)
class Run:
    """Characters of one look, side by side."""

    text: str
    look: Look

    @property
    def width_dots(self) -> int:
        """How much of the line it fills."""
        return len(self.text) * self.look.cell[0]


@dataclass(frozen=True)
class Piece:
    """One piece of paper that came out: its picture, and what can be read on it.

    The picture is kept as the bytes of a PNG file: a street prints thousands. `is_torn` is true where it did
    not end with a cut: the paper ended, or somebody tore it off.
    """

    png: bytes
    text_lines: tuple[str, ...]
    qr_texts: tuple[str, ...]
    barcodes: tuple[str, ...]
    is_torn: bool

    @property
    def image(self) -> Image.Image:
        """The picture, one pixel a dot, with a margin of the table that it lies on."""
        return Image.open(io.BytesIO(self.png)).convert("RGB")

    @property
    def text(self) -> str:
        """All lines, one below the other."""
        return "\n".join(self.text_lines)


@dataclass(frozen=True)
class _Mark:
    """A picture on the paper, `top` dots below the first line."""

    image: Image.Image
    left: int
    top: int


@dataclass
class Paper:
    """The paper between two cuts, growing line by line."""

    marks: list[_Mark] = field(default_factory=list)
    text_lines: list[str] = field(default_factory=list)
    qr_texts: list[str] = field(default_factory=list)
    barcodes: list[str] = field(default_factory=list)
    fed_dots: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been printed since the last cut."""
        return not self.marks and not self.text_lines

    def print_line(self, runs: list[Run], align: int, spacing_dots: int) -> None:
        """Print one line of text and feed: the line spacing, or the height of taller characters."""
        height = max((run.look.cell[1] for run in runs), default=0)
        width = sum(run.width_dots for run in runs)
        if width:
            line = Image.new("L", (width, height), 255)
            left = 0
            for run in runs:
                line.paste(_run_picture(run), (left, height - run.look.cell[1]))
                left += run.width_dots
            self._put(line, align)
        self.text_lines.append("".join(run.text for run in runs).rstrip())
        self.fed_dots += max(spacing_dots, height)

    def print_picture(self, picture: Image.Image, align: int) -> None:
        """Print a picture as wide as the head at most, and feed its height."""
        self._put(picture, align)
        self.fed_dots += picture.height

    def print_qr(self, text: str, level: str, module_dots: int, align: int) -> bool:
        """Print a QR code without any white around it, as printers do. False: it is wider than the head."""
        code = segno.make_qr(text, error=level, boost_error=False)
        picture = _modules_picture([bytes(row) for row in code.matrix], module_dots)
        if picture.width > HEAD_DOTS:
            return False
        self.print_picture(picture, align)
        self.qr_texts.append(text)
        return True

    def print_code128(self, text: str, module_dots: int, height_dots: int, align: int) -> bool:
        """Print the bars of a CODE128. False: they are wider than the head, and nothing was printed."""
        modules = Code128(text).build()[0]
        row = bytes(module == "1" for module in modules)
        picture = _modules_picture([row], module_dots).resize((len(row) * module_dots, height_dots))
        if picture.width > HEAD_DOTS:
            return False
        self.print_picture(picture, align)
        self.barcodes.append(text)
        return True

    def feed(self, dots: int) -> None:
        """Move the paper on."""
        self.fed_dots += dots

    def piece(self, *, is_torn: bool) -> Piece:
        """The paper up to here as a piece of its own."""
        png = io.BytesIO()
        self._picture(is_torn=is_torn).save(png, "PNG")
        return Piece(
            png=png.getvalue(),
            text_lines=tuple(self.text_lines),
            qr_texts=tuple(self.qr_texts),
            barcodes=tuple(self.barcodes),
            is_torn=is_torn,
        )

    def _put(self, picture: Image.Image, align: int) -> None:
        free = HEAD_DOTS - picture.width
        left = (0, free // 2, free)[align]
        self.marks.append(
            _Mark(
                picture.crop((0, 0, min(picture.width, HEAD_DOTS), picture.height)),
                max(left, 0),
                self.fed_dots,
            )
        )

    def _picture(self, *, is_torn: bool) -> Image.Image:
        lowest = max((mark.top + mark.image.height for mark in self.marks), default=0)
        # The knife cuts what has passed it: what was printed less than its distance ago is still inside.
        length = max(self.fed_dots, HEAD_TO_CUTTER_DOTS + lowest + 8)
        width = HEAD_DOTS + 2 * MARGIN_DOTS
        paper = Image.new("RGB", (width, length), PAPER)
        ink = Image.new("RGB", (1, 1), INK)
        for mark in self.marks:
            place = (MARGIN_DOTS + mark.left, HEAD_TO_CUTTER_DOTS + mark.top)
            blackness = mark.image.point(_inverted)
            paper.paste(ink.resize(mark.image.size), place, blackness)
        return _on_the_table(paper, is_torn=is_torn)


def _inverted(value: int) -> int:
    return 255 - value


def _on_the_table(paper: Image.Image, *, is_torn: bool) -> Image.Image:
    """The paper with its edges: cut at the top and the bottom, or torn off at the bottom."""
    size = (paper.width + 2 * EDGE_DOTS, paper.height + 2 * EDGE_DOTS)
    shape = Image.new("L", paper.size, 0)
    ImageDraw.Draw(shape).polygon(_outline(*paper.size, is_torn=is_torn), fill=255)
    table = Image.new("RGB", size, AROUND)
    table.paste(Image.new("RGB", paper.size, SHADOW), (EDGE_DOTS + 4, EDGE_DOTS + 5), shape)
    table.paste(paper, (EDGE_DOTS, EDGE_DOTS), shape)
    return table


def _outline(width: int, height: int, *, is_torn: bool) -> list[tuple[float, float]]:
    """A polygon: fine teeth of the knife above, and below as well, or the wave of a hand that tore."""
    above = [(float(x), 3.0 * (x // 8 % 2)) for x in range(0, width + 8, 8)]
    if is_torn:
        below = [
            (float(x), height - 12 - 9 * math.sin(x / 61) - 3 * math.sin(x / 7)) for x in range(width, -1, -4)
        ]
    else:
        below = [(float(x), height - 1 - 3.0 * (x // 8 % 2)) for x in range(width, -8, -8)]
    return above + below


def _modules_picture(rows: list[bytes], module_dots: int) -> Image.Image:
    """Black where a row has 1; each module a square of so many dots."""
    picture = Image.new("L", (len(rows[0]), len(rows)))
    picture.putdata([0 if module & 1 else 255 for row in rows for module in row])
    return picture.resize(
        (picture.width * module_dots, picture.height * module_dots), Image.Resampling.NEAREST
    )


def _run_picture(run: Run) -> Image.Image:
    width, height = run.look.cell
    picture = Image.new("L", (width * len(run.text), height), 255)
    for place, character in enumerate(run.text):
        picture.paste(_glyph(character, run.look), (place * width, 0))
    if run.look.underline_dots:
        line = (0, height - run.look.underline_dots, picture.width, height)
        picture.paste(0, line)
    return picture.point(_inverted) if run.look.reverse else picture


@functools.lru_cache(maxsize=2048)
def _glyph(character: str, look: Look) -> Image.Image:
    width, height = look.cell
    if character in LINES_ACROSS:
        return _rule_glyph(character, look)
    times = max(look.width, look.height)
    cell = (CELL_WIDTH[look.font] * times, CELL_HEIGHT[look.font] * times)
    glyph = Image.new("L", cell, 255)
    font = _font(bold=look.bold, size=cell[0] * FONT_SIZE_PER_DOT)
    ImageDraw.Draw(glyph).text((0, round(cell[1] * BASELINE)), character, fill=0, font=font, anchor="ls")
    return glyph if cell == (width, height) else glyph.resize((width, height), Image.Resampling.LANCZOS)


def _rule_glyph(character: str, look: Look) -> Image.Image:
    width, height = look.cell
    glyph = Image.new("L", (width, height), 255)
    for across in LINES_ACROSS[character]:
        top = round(height * across) - 1
        glyph.paste(0, (0, top, width, top + 2))
    return glyph


@functools.lru_cache(maxsize=32)
def _font(*, bold: bool, size: float) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf"
    return ImageFont.truetype(FONTS / name, size)
