"""A bar that fills: how much of the amount is paid, or how much of the longest wait has passed."""

from PySide6.QtCore import QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QHideEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import Theme


class Meter(QWidget):
    """A bar, filled from the left by `part` (0 to 1)."""

    def __init__(self, parent: QWidget, theme: Theme, height_mm: float) -> None:
        super().__init__(parent)
        self.theme = theme
        self.height_mm = height_mm
        self.part = 0.0
        self._filling = QVariantAnimation(self)
        self._filling.valueChanged.connect(self._show_part)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def fill(self, part: float) -> None:
        """Fill to this part at once."""
        self._filling.stop()
        self._show_part(part)

    def fill_within(self, seconds: int) -> None:
        """Fill evenly within so many seconds, starting empty."""
        self._filling.stop()
        self._filling.setStartValue(0.0)
        self._filling.setEndValue(1.0)
        self._filling.setDuration(seconds * 1000)
        self._filling.start()

    def wanted_height(self, _width: float, scale: float) -> float:
        """The height in px; 0 while hidden."""
        return 0 if self.isHidden() else self.theme.mm(self.height_mm) * max(scale, 0.6)

    def place(self, rect: QRectF, _scale: float = 1.0) -> None:
        """Stand in this rectangle."""
        self.setGeometry(rect.toAlignedRect())

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 Qt's name
        """Nothing moves on a page that nobody sees."""
        self._filling.stop()
        super().hideEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the filled part, then the frame."""
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = theme.inset(QRectF(self.rect()), theme.line_mm / 2)
        round_end = frame.height() / 2
        shape = QPainterPath()
        shape.addRoundedRect(frame, round_end, round_end)
        painter.fillPath(shape, theme.colour("paper"))
        painter.setClipPath(shape)
        painter.fillRect(
            QRectF(frame.left(), frame.top(), frame.width() * self.part, frame.height()),
            theme.colour("forward"),
        )
        painter.setClipping(False)
        painter.strokePath(shape, QPen(theme.colour("ink"), theme.mm(theme.line_mm)))

    def _show_part(self, part: float) -> None:
        self.part = min(1.0, max(0.0, part))
        self.update()
