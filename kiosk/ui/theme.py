"""How large and in which colours: everything on the touchscreen is measured in millimetres, here.

A panel says how many pixels it has and how large it is; `Theme.mm` converts. The colours are a value, so that
a night or a high-contrast theme is a second value. No page and no component has a size in pixels.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF
from PySide6.QtGui import QColor, QFont, QFontDatabase

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
FAMILY = "Inter"
CAPITAL_TO_EM = 0.727
"""The height of Inter's capital letters, as a part of the font size."""
READABLE_DEGREES = 0.7
"""A capital letter is readable for most people from this angle on (EN 301 549, 5.1.4)."""
NEAR = 2 / 3
"""Who leans in reads from two thirds of the distance: no text is smaller than this part of the usual one."""


_TALL_MM = 300


class FontMissingError(RuntimeError):
    """A file of the bundled font cannot be loaded; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A touch panel: its pixels and its size in millimetres."""

    width_px: int
    height_px: int
    width_mm: float
    height_mm: float

    @property
    def reading_mm(self) -> float:
        """How far away eyes are: one stands back from a tall screen, and close to a small one."""
        return 400 if self.small else 700 if self.height_mm > _TALL_MM else 600

    @property
    def px_per_mm(self) -> float:
        """Pixels in a millimetre, along the width."""
        return self.width_px / self.width_mm

    @property
    def tall(self) -> bool:
        """Whether the panel stands upright."""
        return self.height_mm > self.width_mm

    @property
    def small(self) -> bool:
        """Whether a whole keyboard of 18 mm keys does not fit."""
        return self.width_mm < 180 or self.height_mm < 110  # noqa: PLR2004 ten keys and their strips, in mm


LANDSCAPE_10_INCH = Panel(1280, 800, 218, 136)
PORTRAIT_15_INCH = Panel(1080, 1920, 194, 345)
SMALL_7_INCH = Panel(800, 480, 152, 91)


@dataclass(frozen=True, slots=True)
class Colours:
    """Paper, ink and three signals, as `#rrggbb`; `on_...` is what is written on that signal."""

    paper: str
    ink: str
    sign: str
    on_sign: str
    forward: str
    on_forward: str
    attention: str
    on_attention: str

    def pairs(self) -> dict[str, tuple[str, str]]:
        """Every (text, ground) that is drawn anywhere."""
        return {
            "text": (self.ink, self.paper),
            "pressed text": (self.paper, self.ink),
            "parking sign": (self.on_sign, self.sign),
            "chosen things": (self.sign, self.paper),
            "action": (self.on_forward, self.forward),
            "meter": (self.forward, self.paper),
            "attention": (self.on_attention, self.attention),
        }


DAY = Colours(
    paper="#ffffff",
    ink="#101418",
    sign="#0a3a8c",
    on_sign="#ffffff",
    forward="#0a5c2a",
    on_forward="#ffffff",
    attention="#ffd400",
    on_attention="#101418",
)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as in WCAG 2.2: 1 (none) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(QColor(one)), _luminance(QColor(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = [_linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF())]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 sRGB


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: the height of its capitals in mm, the least it may shrink to, and its weight.

    `money` sets figures of equal width, `code` a slashed zero as well, `wrap` allows several lines, `leading`
    is the distance of lines as a multiple of the capitals' height.
    """

    cap_mm: float
    least_mm: float
    weight: QFont.Weight = QFont.Weight.Medium
    money: bool = False
    code: bool = False
    wrap: bool = True
    leading: float = 1.62
    centred: bool = False
    spread: float = 0.0
    """Extra space between characters, as a part of the font size."""


MEDIUM, BOLD, HEAVY = QFont.Weight.Medium, QFont.Weight.Bold, QFont.Weight.ExtraBold


class Theme:
    """The sizes and colours for one panel."""

    def __init__(self, panel: Panel, colours: Colours = DAY) -> None:
        self.panel = panel
        self.colours = colours
        small, tall = panel.small, panel.tall
        self.text_mm = round(math.tan(math.radians(READABLE_DEGREES)) * panel.reading_mm, 1)
        """Capitals of running text: 7.3 mm at 600 mm."""
        self.least_mm = round(self.text_mm * NEAR, 1)
        self.margin_mm = 3.5 if small else 6 if tall else 5
        self.strip_mm = 12 if small else 18 if tall else 14.5
        self.bottom_mm = 20.5 if small else 36 if tall else 27
        self.line_mm = 0.5 if small else 0.6
        self.corner_mm = 3
        self.action_mm = 36 if small else 56
        """The least width of the green action."""

    def mm(self, millimetres: float) -> float:
        """Millimetres on the glass as pixels."""
        return millimetres * self.panel.px_per_mm

    def in_mm(self, pixels: float) -> float:
        """Pixels as millimetres on the glass."""
        return pixels / self.panel.px_per_mm

    def inset(self, rect: QRectF, millimetres: float) -> QRectF:
        """The rectangle, smaller by so much on every side."""
        by = self.mm(millimetres)
        return rect.marginsRemoved(QMarginsF(by, by, by, by))

    def colour(self, name: str) -> QColor:
        """A colour of the theme by its field name."""
        return QColor(getattr(self.colours, name))

    def font(self, style: Style, cap_mm: float | None = None) -> QFont:
        """The font of a style, with capitals of `cap_mm` (or the style's own height)."""
        font = QFont(FAMILY)
        font.setPixelSize(max(1, round(self.mm(cap_mm or style.cap_mm) / CAPITAL_TO_EM)))
        font.setWeight(style.weight)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        if style.money or style.code:
            font.setFeature(QFont.Tag("tnum"), 1)
        if style.code:
            font.setFeature(QFont.Tag("zero"), 1)
        if style.spread:
            spacing = font.pixelSize() * style.spread
            font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, spacing)
        return font

    # The few ways a text is set. Everything may shrink to `least_mm` when words are long or many.

    @property
    def body(self) -> Style:
        """Running text."""
        return Style(self.text_mm, self.least_mm)

    @property
    def strong(self) -> Style:
        """What must not be missed."""
        return Style(self.text_mm, self.least_mm, BOLD)

    @property
    def heading(self) -> Style:
        """The question or the news of a page."""
        return Style(self.text_mm * (1.25 if self.panel.tall else 1.15), self.least_mm, BOLD, leading=1.55)

    @property
    def strip(self) -> Style:
        """The top strip: where one is, and on the keypad page of a wide panel the question."""
        return Style(min(self.text_mm * 0.72, 5.4), self.least_mm * 0.75, BOLD, leading=1.45)

    @property
    def action(self) -> Style:
        """The words on a button."""
        return Style(self.text_mm, self.least_mm, BOLD, leading=1.4, centred=True)

    @property
    def key(self) -> Style:
        """The character on a key."""
        return Style(self.text_mm * 1.1, self.text_mm, BOLD, code=True, wrap=False, centred=True)

    @property
    def money(self) -> Style:
        """An amount in a row of amounts."""
        return Style(self.text_mm, self.least_mm, BOLD, money=True, wrap=False)

    def amount(self, cap_mm: float) -> Style:
        """The one amount that a page is about, as large as there is room."""
        return Style(cap_mm, self.text_mm, HEAVY, money=True, wrap=False, leading=1.25)

    def code(self, cap_mm: float, least_mm: float) -> Style:
        """A release code: figures of at least 20 mm where the panel is wide enough."""
        return Style(cap_mm, least_mm, HEAVY, code=True, leading=1.2, centred=True, spread=0.01)

    def typed(self, cap_mm: float) -> Style:
        """What the customer types, large, to be compared with the clamp."""
        return Style(cap_mm, self.text_mm, BOLD, code=True, wrap=False, spread=0.06)


def load_fonts() -> None:
    """Load the bundled font into the running application, once; fonts of the system are not needed.

    Raises:
        FontMissingError: a file is missing or unreadable.
    """
    for weight in ("Medium", "Bold", "ExtraBold"):
        file = FONTS / f"Inter-{weight}.otf"
        if QFontDatabase.addApplicationFont(str(file)) < 0:
            raise FontMissingError(
                f"the font {file} cannot be loaded; restore assets/fonts from the repository"
            )
