"""Everything that can be pressed: keys, actions and tiles, painted. The widget is the area that is hit.

A press shows at once and counts on release. The second tap of a double tap that began on another page is no
press here: who taps "Next" twice does not pay.
"""

from dataclasses import replace
from enum import Enum, auto

from PySide6.QtCore import QMarginsF, QRectF, QSize, Qt
from PySide6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from kiosk.ui.components.icons import Icon, paint_icon
from kiosk.ui.components.words import Setting, set_text
from kiosk.ui.theme import MEDIUM, Style, Theme

_FOCUS_MM = 1.4


class Kind(Enum):
    """What a button is for, and so how it looks."""

    KEY = auto()
    SECOND = auto()
    """Back, cancel, print again: ink on paper."""
    FORWARD = auto()
    """The one way forward of a page: green."""
    TILE = auto()
    """A choice of the start screen: yellow, with an icon."""


_COLOURS = {
    Kind.KEY: ("paper", "ink"),
    Kind.SECOND: ("paper", "ink"),
    Kind.FORWARD: ("forward", "on_forward"),
    Kind.TILE: ("attention", "on_attention"),
}


class Button(QAbstractButton):
    """A painted button. `place` takes the drawing's rectangle and how far the hit area reaches beyond it."""

    def __init__(
        self, parent: QWidget, theme: Theme, kind: Kind, label: str, icon: Icon | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.kind = kind
        self.icon_ = icon
        self.style_ = theme.key if kind is Kind.KEY and len(label) == 1 else theme.action
        self._reach = QMarginsF()
        self._taken_press = False
        self.say(label)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def say(self, label: str) -> None:
        """Carry these words from now on; they are also what is read aloud."""
        self.setText(label)
        self.setAccessibleName(label)

    def place(self, drawn: QRectF, reach: QMarginsF) -> None:
        """Draw in `drawn` (of the page) and be hit `reach` px beyond it."""
        area = drawn.marginsAdded(reach).toAlignedRect()
        self.setGeometry(area)
        self._reach = QMarginsF(
            drawn.left() - area.left(),
            drawn.top() - area.top(),
            area.left() + area.width() - drawn.right(),
            area.top() + area.height() - drawn.bottom(),
        )
        self.update()

    @property
    def drawn(self) -> QRectF:
        """Where the button is drawn, in its own coordinates."""
        return QRectF(self.rect()).marginsRemoved(self._reach)

    @property
    def label_room(self) -> QRectF:
        """Where the label may stand, in the button's own coordinates."""
        inner = self.theme.inset(self.drawn, 1 if self.kind is Kind.KEY and len(self.text()) == 1 else 3)
        if self.kind is not Kind.TILE:
            return inner
        inner = self.theme.inset(self.drawn, 6)
        share = 0.5 if self.drawn.width() < self.drawn.height() * 1.6 else 0.0
        left = 0.0 if share else inner.height() + self.theme.mm(6)
        return inner.adjusted(left, inner.height() * share, 0, 0)

    @property
    def setting(self) -> Setting:
        """The label as it is set."""
        room = self.label_room
        style = self.style_ if self.isEnabled() else replace(self.style_, weight=MEDIUM)
        return set_text(self.theme, style, self.text(), (room.width(), room.height()))

    def wanted_width(self) -> float:
        """The width in px of the drawing with its label on one line."""
        setting = set_text(self.theme, self.style_, self.text(), (1e6, 1e6))
        return setting.widest + self.theme.mm(12)

    def sizeHint(self) -> QSize:  # noqa: N802 Qt's name
        """Nothing of its own: pages place the buttons."""
        return QSize(0, 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 Qt's name
        """Remember that a press began here."""
        self._taken_press = True
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 Qt's name
        """The second of two quick taps counts where the first one was on this button too."""
        if self._taken_press:
            self.mousePressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 Qt's name
        """A press ends with its page."""
        self._taken_press = False
        self.setDown(False)
        super().hideEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw ground, frame, icon and label; inverted while it is pressed."""
        theme = self.theme
        ground, ink = _COLOURS[self.kind]
        if self.isDown():
            ground, ink = "ink", "paper"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, ground)
        painter.setPen(theme.colour(ink))
        if self.icon_ is not None:
            paint_icon(painter, theme, self.icon_, self._icon_room(), ink, ground)
        if self.icon_ is None or self.kind is Kind.TILE:
            room = self.label_room
            setting = self.setting
            top = room.top() + max(0.0, (room.height() - setting.height) / 2)
            setting.layout.draw(painter, QRectF(room.left(), top, 0, 0).topLeft())

    def _paint_ground(self, painter: QPainter, ground: str) -> None:
        theme = self.theme
        framed = self.kind in {Kind.KEY, Kind.SECOND} or self.isDown()
        line_mm = theme.line_mm if framed else 0.0
        if not self.isEnabled():
            line_mm = theme.line_mm * 0.7
        pen = QPen(theme.colour("ink"), theme.mm(line_mm))
        if not self.isEnabled():
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen if framed else Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(ground))
        corner = theme.mm(theme.corner_mm if self.kind is not Kind.KEY else theme.corner_mm / 2)
        painter.drawRoundedRect(theme.inset(self.drawn, line_mm / 2), corner, corner)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("sign"), theme.mm(_FOCUS_MM)))
            painter.drawRoundedRect(theme.inset(self.drawn, _FOCUS_MM / 2), corner, corner)

    def _icon_room(self) -> QRectF:
        drawn = self.drawn
        if self.kind is not Kind.TILE:
            side = min(drawn.width(), drawn.height()) * 0.52
            return QRectF(drawn.center().x() - side / 2, drawn.center().y() - side / 2, side, side)
        room = self.theme.inset(drawn, 6)
        label = self.label_room
        if label.left() > room.left():
            return QRectF(room.left(), room.top(), room.height(), room.height())
        side = min(room.width(), label.top() - room.top())
        return QRectF(room.left(), room.top(), side, side)

    def restyle(self, style: Style) -> None:
        """Set the label in another way from now on."""
        self.style_ = style
        self.update()
