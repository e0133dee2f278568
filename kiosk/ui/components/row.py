"""A row of a bill: words on the left, an amount on the right, a line below."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from kiosk.ui.components.words import Words
from kiosk.ui.theme import Style, Theme


class Row:
    """Words and an amount that stand beside each other."""

    def __init__(
        self, parent: QWidget, theme: Theme, words: Style, amount: Style, *, lined: bool = True
    ) -> None:
        self.theme = theme
        self.words = Words(parent, theme, words)
        self.amount = Words(parent, theme, amount)
        self.lined = lined
        self._area = QRectF()

    def say(self, words: str, amount: str) -> None:
        """Show this; two empty texts take no room."""
        self.words.say(words)
        self.amount.say(amount)

    def wanted_height(self, width: float, scale: float) -> float:
        """The height in px at this width, with room for the line."""
        if not self.amount.text:
            return 0
        amount = self.amount.wanted_height(width, scale)
        rest = width - self.amount.wanted_width(scale) - self.theme.mm(4)
        return max(amount, self.words.wanted_height(rest, scale)) + self._air(scale)

    def place(self, rect: QRectF, scale: float = 1.0) -> None:
        """Stand in this rectangle."""
        self._area = rect
        amount = self.amount.wanted_width(scale) + 2
        room = rect.adjusted(0, 0, 0, -self._air(scale))
        self.amount.place(QRectF(room.right() - amount, room.top(), amount, room.height()), scale)
        self.words.place(room.adjusted(0, 0, -amount - self.theme.mm(4) + 2, 0), scale)

    def paint_line(self, painter: QPainter) -> None:
        """Draw the line below, where the row is shown and has one."""
        if not self.lined or not self.amount.text:
            return
        painter.setPen(QPen(self.theme.colour("ink"), self.theme.mm(self.theme.line_mm)))
        y = self._area.bottom()
        painter.drawLine(QPointF(self._area.left(), y), QPointF(self._area.right(), y))

    def _air(self, scale: float) -> float:
        return self.theme.mm(1.2) * scale if self.lined else 0.0
