"""The top strip: the parking sign, what this page is about, and step dots or the clock."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.ui.components.words import Words
from kiosk.ui.theme import HEAVY, Style, Theme

STEPS = 4
"""Identify, review, pay, code."""


class Strip(QWidget):
    """One strip of one page. `step` 0 draws no dots; `clock` stands in their place."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self.step = 0
        self.title = Words(self, theme, theme.strip)
        self.clock = Words(self, theme, Style(theme.strip.cap_mm, theme.least_mm, money=True, wrap=False))
        self.clock.hide()
        self.sign = Words(
            self,
            theme,
            Style(theme.strip_mm * 0.42, theme.least_mm, HEAVY, centred=True, wrap=False),
            "on_sign",
        )
        self.sign.say("P")

    def arrange(self) -> None:
        """Share the width: sign, title, dots or clock."""
        theme = self.theme
        height, margin = self.height(), theme.mm(theme.margin_mm)
        side = height - theme.mm(3)
        self.sign.place(QRectF(margin, (height - side) / 2, side, side))
        left = margin + side + theme.mm(4)
        right = self.width() - margin
        if self.clock.text:
            wide = self.clock.wanted_width() + 2
            self.clock.place(QRectF(right - wide, 0, wide, height))
            right -= wide + theme.mm(4)
        elif self.step:
            right -= self._dots_width() + theme.mm(4)
        self.title.place(QRectF(left, 0, right - left, height))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the sign's ground, the dots and the line below."""
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("sign"))
        painter.drawRoundedRect(self.sign.room, theme.mm(2), theme.mm(2))
        if self.step:
            self._paint_dots(painter)
        line = theme.mm(theme.line_mm)
        painter.setPen(QPen(theme.colour("ink"), line))
        y = self.height() - line / 2
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))

    def _dots_width(self) -> float:
        return self.theme.mm(self.theme.least_mm * (STEPS + (STEPS - 1) * 0.45))

    def _paint_dots(self, painter: QPainter) -> None:
        theme = self.theme
        size = theme.mm(theme.least_mm)
        x = self.width() - theme.mm(theme.margin_mm) - self._dots_width()
        for number in range(1, STEPS + 1):
            painter.setPen(QPen(theme.colour("sign"), theme.mm(theme.line_mm)))
            painter.setBrush(theme.colour("sign" if number <= self.step else "paper"))
            dot = QRectF(x, (self.height() - size) / 2, size, size)
            painter.drawEllipse(theme.inset(dot, theme.line_mm / 2))
            x += size * 1.45
