"""The coins the machine knows: a circle each, dashed and struck through while it is not taken."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.flows.screens import CoinShown
from kiosk.ui.components.words import Setting, set_text
from kiosk.ui.theme import HEAVY, Style, Theme
from parking.money import Currency

_LARGEST_MM, _LARGEST_TALL_MM = 22, 30
_MOST_IN_A_ROW = 6
_GAP = 0.16


def coin_label(coin_minor: int, currency: Currency) -> str:
    """What stands on the coin: `2 €`, `50`."""
    whole, rest = divmod(coin_minor, 10**currency.decimals)
    if currency.decimals and rest:
        return str(coin_minor)
    return f"{whole}\u202f{currency.sign}" if currency.decimals else str(coin_minor)


class Coins(QWidget):
    """A row of coins, in two rows where that makes them larger."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self.coins: tuple[CoinShown, ...] = ()
        self.labels: tuple[str, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_coins(self, coins: tuple[CoinShown, ...], currency: Currency, spoken: str) -> None:
        """Show these coins; `spoken` is what a screen reader says about them."""
        self.coins = tuple(sorted(coins, key=lambda coin: -coin.coin_minor))
        self.labels = tuple(coin_label(coin.coin_minor, currency) for coin in self.coins)
        self.setAccessibleName(spoken)
        self.update()

    def wanted_height(self, width: float, _scale: float) -> float:
        """The height in px of all rows at this width."""
        if not self.coins:
            return 0
        rows, size = self._rows(width, 1e6)
        return rows * size + (rows - 1) * size * _GAP

    def place(self, rect: QRectF, _scale: float = 1.0) -> None:
        """Stand in this rectangle."""
        self.setGeometry(rect.toAlignedRect())

    def settings(self) -> list[tuple[Setting, QRectF]]:
        """Each coin's label as it is set, and the coin's circle."""
        rows, size = self._rows(self.width(), self.height())
        in_row = -(-len(self.coins) // rows) if rows else 1
        style = Style(self.theme.in_mm(size * 0.36), 0, HEAVY, wrap=False, centred=True)
        placed = []
        for number, label in enumerate(self.labels):
            row, column = divmod(number, in_row)
            circle = QRectF(column * size * (1 + _GAP), row * size * (1 + _GAP), size, size)
            placed.append((set_text(self.theme, style, label, (size * 0.82, size)), circle))
        return placed

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the circles, the values, and the strokes through what is not taken."""
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for coin, (setting, circle) in zip(self.coins, self.settings(), strict=True):
            pen = QPen(theme.colour("ink"), theme.mm(theme.line_mm))
            painter.setPen(pen)
            setting.layout.draw(
                painter,
                QPointF(circle.left() + circle.width() * 0.09, circle.center().y() - setting.height / 2),
            )
            if not coin.accepted:
                slope = circle.width() * 0.34
                painter.drawLine(
                    circle.center() + QPointF(-slope, slope), circle.center() + QPointF(slope, -slope)
                )
                pen.setStyle(Qt.PenStyle.DashLine)
                painter.setPen(pen)
            painter.drawEllipse(theme.inset(circle, theme.line_mm / 2))

    def _rows(self, width: float, height: float) -> tuple[int, float]:
        """How many rows there are, and the size of a coin in px."""
        if not self.coins:
            return 1, 0.0
        rows = 1 if len(self.coins) <= _MOST_IN_A_ROW else 2
        in_row = -(-len(self.coins) // rows)
        return rows, min(
            width / (in_row + (in_row - 1) * _GAP),
            height / (rows + (rows - 1) * _GAP),
            self.theme.mm(_LARGEST_TALL_MM if self.theme.panel.tall else _LARGEST_MM),
        )
