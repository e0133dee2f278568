"""How the panel looks: colours, font and the style of its buttons, in the visual language of the terminal.

Sizes are pixels of a desktop here, for the panel is no touchscreen.
"""

from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase

from parking.money import EURO

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
FAMILY = "Inter"

PAPER, INK = "#ffffff", "#101418"
SIGN, FORWARD, ATTENTION = "#0a3a8c", "#0a5c2a", "#ffd400"

TEXT_PX, SMALL_PX, HEADING_PX, TITLE_PX = 14, 13, 17, 21

MEDIUM, BOLD, HEAVY = QFont.Weight.Medium, QFont.Weight.Bold, QFont.Weight.ExtraBold

STYLE = f"""
QWidget {{ background: {PAPER}; color: {INK}; }}
QToolTip {{ background: {INK}; color: {PAPER}; border: none; padding: 6px; }}
QPushButton {{ border: 2px solid {INK}; border-radius: 8px; padding: 4px 7px; }}
QPushButton:hover, QPushButton:focus {{ border-color: {SIGN}; color: {SIGN}; }}
QPushButton:checked {{ background: {ATTENTION}; color: {INK}; }}
QPushButton:disabled {{ border: 1px dashed {INK}; color: {INK}; }}
QPushButton[forward="true"] {{ background: {FORWARD}; color: {PAPER}; border-color: {FORWARD}; }}
QPushButton[forward="true"]:focus {{ border-color: {SIGN}; }}
QPushButton[forward="true"]:disabled {{ background: {PAPER}; color: {INK}; border-color: {INK}; }}
QPushButton:pressed {{ background: {INK}; color: {PAPER}; }}
QLineEdit {{ border: 2px solid {INK}; border-radius: 8px; padding: 4px 9px; }}
QLineEdit {{ selection-background-color: {SIGN}; placeholder-text-color: {INK}; }}
QLineEdit:focus {{ border-color: {SIGN}; }}
QScrollArea {{ border: none; }}
QScrollBar:vertical {{ background: {PAPER}; width: 12px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {INK}; border-radius: 3px; margin: 3px; min-height: 32px; }}
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; }}
QFrame#line {{ background: {INK}; }}
"""
"""No grey text, no shadows: white and ink, green for what to do next, yellow for what is at fault."""


class FontMissingError(RuntimeError):
    """A file of the bundled font cannot be loaded; the message says which and what to do."""


def load_fonts() -> None:
    """Load the bundled font into the running application.

    Raises:
        FontMissingError: a file is missing or unreadable.
    """
    for weight in ("Medium", "Bold", "ExtraBold"):
        file = FONTS / f"Inter-{weight}.otf"
        if QFontDatabase.addApplicationFont(str(file)) < 0:
            raise FontMissingError(
                f"the font {file} cannot be loaded; restore assets/fonts from the repository"
            )


def font(pixels: int = TEXT_PX, weight: QFont.Weight = MEDIUM, *, code: bool = False) -> QFont:
    """The panel's font; `code` sets a slashed zero, as identifiers and release codes need it."""
    chosen = QFont(FAMILY)
    chosen.setPixelSize(pixels)
    chosen.setWeight(weight)
    chosen.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    chosen.setFeature(QFont.Tag("tnum"), 1)
    if code:
        chosen.setFeature(QFont.Tag("zero"), 1)
    return chosen


def coin_label(coin_minor: int) -> str:
    """What stands on a coin: `2 €` or `50`."""
    whole, rest = divmod(coin_minor, 10**EURO.decimals)
    return str(coin_minor) if rest else f"{whole}\u202f{EURO.sign}"


def coin_name(coin_minor: int) -> str:
    """A coin in a sentence: `2 €` or `50 cents`."""
    return coin_label(coin_minor) if coin_minor % 100 == 0 else f"{coin_minor} cents"
