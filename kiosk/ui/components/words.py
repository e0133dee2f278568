"""Text that always fits: painted words that shrink down to their least size before anything is cut off."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import Style, Theme

_STEP = 0.97
_BLEED = 0.25
"""Accents and tails may reach so far out of the lines, as a part of the capitals."""
_FIRM_SPACE, _JOINER = "\u00a0", "\u2060"


def firm(text: str) -> str:
    """The text without places at which a line may be broken: for amounts, numbers and plates."""
    return text.replace(" ", _FIRM_SPACE).replace("-", f"-{_JOINER}")


class Setting:
    """One text set in lines: where each line stands, how high all of them are, at which size.

    `codes` are parts of the text that get figures with a slashed zero: identifiers, plates, receipt numbers.
    """

    def __init__(
        self, theme: Theme, style: Style, text: str, width: float, cap_mm: float, codes: tuple[str, ...] = ()
    ) -> None:
        self.cap_mm = cap_mm
        font = theme.font(style, cap_mm)
        self.layout = QTextLayout(text.replace("\n", "\u2028"), font)
        self.layout.setCacheEnabled(True)
        option = QTextOption(Qt.AlignmentFlag.AlignHCenter if style.centred else Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WordWrap if style.wrap else QTextOption.WrapMode.ManualWrap)
        self.layout.setTextOption(option)
        self.layout.setFormats(_slashed(text, font, codes))
        cap = theme.mm(cap_mm)
        pitch = cap * style.leading
        self.widest = 0.0
        self.height = 0.0
        self.layout.beginLayout()
        while (line := self.layout.createLine()).isValid():
            line.setLineWidth(width)
            # The capitals stand in the middle of their line, whatever the font says about its own height.
            line.setPosition(QPointF(0, self.height + (pitch + cap) / 2 - line.ascent()))
            self.widest = max(self.widest, line.naturalTextWidth())
            self.height += pitch
        self.layout.endLayout()


def _slashed(text: str, font: QFont, codes: tuple[str, ...]) -> list[QTextLayout.FormatRange]:
    slashed = QFont(font)
    slashed.setFeature(QFont.Tag("zero"), 1)
    ranges = []
    for code in codes:
        place = QTextLayout.FormatRange()
        place.start, place.length = text.find(code), len(code)
        form = QTextCharFormat()
        form.setFont(slashed)
        place.format = form
        if code and place.start >= 0:
            ranges.append(place)
    return ranges


def set_text(
    theme: Theme, style: Style, text: str, size: tuple[float, float], codes: tuple[str, ...] = ()
) -> Setting:
    """Set the text as large as the style wants and as (width, height) px allow, never below the least."""
    cap_mm = style.cap_mm
    while True:
        setting = Setting(theme, style, text, size[0], cap_mm, codes)
        if (setting.widest <= size[0] and setting.height <= size[1] + 1) or cap_mm <= style.least_mm:
            return setting
        cap_mm = max(cap_mm * _STEP, style.least_mm)


class Words(QWidget):
    """A text on the page. `colour` and `ground` are field names of the theme's colours."""

    def __init__(self, parent: QWidget, theme: Theme, style: Style, colour: str = "ink") -> None:
        super().__init__(parent)
        self.theme = theme
        self.style_ = style
        self.colour = colour
        self.codes: tuple[str, ...] = ()
        self.text = ""
        self.struck = False
        self.scale = 1.0
        self.room = QRectF()
        """Where the lines may stand on the page, in px; the widget is a little higher."""
        self._setting: Setting | None = None
        self.hide()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def say(self, text: str, *codes: str, struck: bool = False) -> None:
        """Show this text; an empty text takes no room. `codes` are set with a slashed zero."""
        self.text, self.codes, self.struck = text, codes, struck
        self._setting = None
        self.setAccessibleName(text.replace("\n", " ").replace(_JOINER, ""))
        self.setVisible(bool(text))
        self.update()

    def restyle(self, style: Style) -> None:
        """Set the text in another way from now on."""
        self.style_ = style
        self._setting = None
        self.update()

    def wanted_height(self, width: float, scale: float) -> float:
        """The height in px that the text takes at this width, with its size multiplied by `scale`."""
        if not self.text:
            return 0
        return self._set(width, 1e6, scale).height

    def wanted_width(self, scale: float = 1.0) -> float:
        """The width in px of the text on one line."""
        return self._set(1e6, 1e6, scale).widest

    @property
    def setting(self) -> Setting:
        """The text as it stands on the page."""
        if self._setting is None:
            self._setting = self._set(self.room.width(), self.room.height(), self.scale)
        return self._setting

    def place(self, rect: QRectF, scale: float = 1.0) -> None:
        """Stand in this rectangle, at most at this scale."""
        self.scale = scale
        self.room = QRectF(rect)
        self._setting = None
        bleed = self.theme.mm(self.style_.cap_mm * _BLEED)
        self.setGeometry(rect.adjusted(0, -bleed, 0, bleed).toAlignedRect())

    def sizeHint(self) -> QSize:  # noqa: N802 Qt's name
        """Nothing of its own: pages place the words."""
        return QSize(0, 0)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the lines, in the middle of the height."""
        painter = QPainter(self)
        painter.setPen(self.theme.colour(self.colour))
        setting = self.setting
        top = max(0.0, (self.height() - setting.height) / 2)
        setting.layout.draw(painter, QPointF(0, top))
        if self.struck:
            pen = painter.pen()
            pen.setWidthF(self.theme.mm(setting.cap_mm / 7))
            painter.setPen(pen)
            painter.drawLine(QPointF(0, self.height() / 2), QPointF(setting.widest, self.height() / 2))

    def _set(self, width: float, height: float, scale: float) -> Setting:
        style = self.style_
        scaled = replace(style, cap_mm=max(style.least_mm, style.cap_mm * scale))
        return set_text(self.theme, scaled, self.text, (width, height), self.codes)
