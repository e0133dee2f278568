"""The few icons, as strokes in a square of 100 units: a clamped wheel, and the sign of deleting."""

from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import Theme

_MIDDLE = QPointF(50, 50)


class Icon(Enum):
    """What can be drawn."""

    CLAMP = auto()
    DELETE = auto()


class Picture(QWidget):
    """An icon that stands on a page by itself, as large as there is room."""

    def __init__(self, parent: QWidget, theme: Theme, icon: Icon) -> None:
        super().__init__(parent)
        self.theme = theme
        self.icon = icon
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def place(self, rect: QRectF) -> None:
        """Stand in the middle of this rectangle."""
        side = max(0.0, min(rect.width(), rect.height()))
        square = QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side)
        self.setGeometry(square.toAlignedRect())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the icon in ink."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_icon(painter, self.theme, self.icon, QRectF(self.rect()), "ink", "paper")


def paint_icon(painter: QPainter, theme: Theme, icon: Icon, room: QRectF, ink: str, ground: str) -> None:
    """Draw an icon into a square room, in two colours of the theme."""
    side = min(room.width(), room.height())
    painter.save()
    painter.translate(room.left(), room.top())
    painter.scale(side / 100, side / 100)
    pen = QPen(theme.colour(ink), 8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _PAINTERS[icon](painter, theme, ink, ground)
    painter.restore()


def _clamp(painter: QPainter, theme: Theme, ink: str, ground: str) -> None:
    """A tyre with two jaws around it, and a padlock in the middle."""
    _pen(painter, theme, ink, 13)
    painter.drawEllipse(_MIDDLE, 38, 38)
    for degrees in (35, 145):
        jaw = QTransform().translate(_MIDDLE.x(), _MIDDLE.y()).rotate(degrees)
        for colour, wide in ((ground, 24), (ink, 16)):
            _pen(painter, theme, colour, wide)
            painter.drawLine(jaw.map(QPointF(30, 0)), jaw.map(QPointF(46, 0)))
    _pen(painter, theme, ink, 6)
    painter.drawArc(QRectF(41, 30, 18, 24), 0, 180 * 16)
    painter.drawLine(QPointF(41, 42), QPointF(41, 48))
    painter.drawLine(QPointF(59, 42), QPointF(59, 48))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(ink))
    painter.drawRoundedRect(QRectF(34, 46, 32, 24), 3, 3)
    painter.setBrush(theme.colour(ground))
    painter.drawEllipse(QPointF(50, 56), 3.6, 3.6)
    painter.drawRoundedRect(QRectF(48.2, 56, 3.6, 8), 1.5, 1.5)


def _pen(painter: QPainter, theme: Theme, colour: str, wide: float) -> None:
    pen = painter.pen()
    pen.setColor(theme.colour(colour))
    pen.setWidthF(wide)
    painter.setPen(pen)


def _delete(painter: QPainter, _theme: Theme, _ink: str, _ground: str) -> None:
    """An arrow to the left with a cross in it."""
    outline = QPainterPath(QPointF(0, 50))
    for point in ((34, 14), (100, 14), (100, 86), (34, 86)):
        outline.lineTo(*point)
    outline.closeSubpath()
    painter.drawPath(outline)
    painter.drawLine(QPointF(50, 36), QPointF(78, 64))
    painter.drawLine(QPointF(78, 36), QPointF(50, 64))


_PAINTERS = {Icon.CLAMP: _clamp, Icon.DELETE: _delete}
