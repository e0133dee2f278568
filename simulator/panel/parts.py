"""The small parts of which the panel is made: headings, buttons, switches, coins.

They know no device: what a button does is given to it.
"""

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from parking.money import amount_text
from simulator.devices.coin_line import value_minor
from simulator.panel.look import (
    ATTENTION,
    BOLD,
    FORWARD,
    HEADING_PX,
    HEAVY,
    INK,
    PAPER,
    SIGN,
    SMALL_PX,
    TEXT_PX,
    coin_label,
    font,
)

GAP_PX = 10
_COIN_PX, _SMALL_COIN_PX = 60, 30
_BADGE_PX = 28
_LINE_PX = 2.5


def words(text: str = "", pixels: int = TEXT_PX, *, bold: bool = False, code: bool = False) -> QLabel:
    """A text."""
    label = QLabel(text)
    label.setFont(font(pixels, BOLD if bold else font().weight(), code=code))
    return label


def line() -> QFrame:
    """A line across, between two groups."""
    drawn = QFrame()
    drawn.setObjectName("line")
    drawn.setFixedHeight(2)
    return drawn


def row(*things: QWidget, gap: int = GAP_PX) -> QHBoxLayout:
    """Side by side, at the left."""
    layout = QHBoxLayout()
    layout.setSpacing(gap)
    for thing in things:
        layout.addWidget(thing)
    return layout


def equal_row(*things: QWidget, gap: int = 6) -> QGridLayout:
    """Side by side, all of one width."""
    layout = QGridLayout()
    layout.setHorizontalSpacing(gap)
    for column, thing in enumerate(things):
        layout.addWidget(thing, 0, column)
        layout.setColumnStretch(column, 1)
    return layout


class Badge(QWidget):
    """The number that this part has on the terminal's front; yellow while there is something to do."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.is_lit = False
        self.setFixedSize(_BADGE_PX, _BADGE_PX)

    def light(self, *, on: bool) -> None:
        """Turn yellow, or white again."""
        if on != self.is_lit:
            self.is_lit = on
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the number in its frame."""
        painter = _painter(self)
        painter.setPen(QPen(QColor(INK), 2))
        painter.setBrush(QColor(ATTENTION if self.is_lit else PAPER))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.setFont(font(HEADING_PX, HEAVY))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self.number))


class Section(QWidget):
    """A group of the panel: number (if the front has one), heading, what it says now, and what is in it."""

    def __init__(self, heading: str, number: int | None = None) -> None:
        super().__init__()
        self.setAccessibleName(heading)
        self.badge = Badge(number) if number is not None else None
        self.says = words()
        self.says.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.says.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        title = words(heading, HEADING_PX if self.badge else TEXT_PX, bold=True)
        self.top = row(*([self.badge] if self.badge else []), title)
        self.top.addWidget(self.says, 1)
        self._layout.addLayout(self.top)

    def add(self, thing: QWidget | QLayout, stretch: int = 0) -> None:
        """Put this below what is there."""
        if isinstance(thing, QWidget):
            self._layout.addWidget(thing, stretch)
        else:
            self._layout.addLayout(thing, stretch)

    def say(self, text: str) -> None:
        """Say this beside the heading."""
        if text != self.says.text():
            self.says.setText(text)
            self.says.setToolTip(text)


class Push(QPushButton):
    """A button that does one thing. `tip` says what happens; `forward` makes it the green one."""

    def __init__(
        self, label: str, tip: str, act: Callable[[], object], *, name: str = "", forward: bool = False
    ) -> None:
        super().__init__(label)
        self._act = act
        self.setFont(font(SMALL_PX, BOLD))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name or label)
        self.setToolTip(tip)
        self.setProperty("forward", forward)
        self.clicked.connect(self._press)

    def _press(self) -> None:
        self._act()


class Switch(QPushButton):
    """A fault that is there or not: yellow while it is, and then its label says how it ends.

    `of` is the part that it belongs to, for who cannot see where the button stands. `labels` and `tips` are
    those of doing it and of undoing it.
    """

    def __init__(
        self, of: str, labels: tuple[str, str], tips: tuple[str, str], switch: Callable[[bool], object]
    ) -> None:
        super().__init__()
        self._of, self._labels, self._tips, self._switch = of, labels, tips, switch
        self.setFont(font(SMALL_PX, BOLD))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCheckable(True)
        self._describe()
        self.clicked.connect(self._press)

    def show_state(self, *, on: bool) -> None:
        """Show what is so already, without doing anything."""
        if on != self.isChecked():
            self.setChecked(on)
            self._describe()

    def mend(self) -> None:
        """Undo it, if it is done."""
        if self.isChecked():
            self.setChecked(False)
            self._press()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the longer label, so that nothing moves when it is pressed."""
        hint = super().sizeHint()
        shown = self.fontMetrics().horizontalAdvance(self.text())
        widest = max(self.fontMetrics().horizontalAdvance(label) for label in self._labels)
        return QSize(hint.width() - shown + widest, hint.height())

    def _press(self) -> None:
        self._describe()
        self._switch(self.isChecked())

    def _describe(self) -> None:
        self.setText(self._labels[self.isChecked()])
        self.setAccessibleName(f"{self._of}: {self.text()}")
        self.setToolTip(self._tips[self.isChecked()])


class CoinButton(QAbstractButton):
    """A coin in the hand of the customer; dashed and struck through while the slot would give it back."""

    def __init__(self, coin_minor: int, drop: Callable[[int], object]) -> None:
        super().__init__()
        self.coin_minor = coin_minor
        self._drop = drop
        self._is_let_in: bool | None = None
        self.setText(coin_label(coin_minor))
        self.setFixedSize(_COIN_PX, _COIN_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"Drop {self.text()}")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_state(is_let_in=False)
        self.clicked.connect(self._press)

    @property
    def is_let_in(self) -> bool:
        """Whether the slot takes this coin now, as far as is shown."""
        return bool(self._is_let_in)

    def show_state(self, *, is_let_in: bool) -> None:
        """Show whether the slot takes this coin now."""
        if is_let_in == self._is_let_in:
            return
        self._is_let_in = is_let_in
        now = "the slot takes it" if is_let_in else "the slot gives it back now"
        self.setToolTip(f"Drop this coin into the slot; {now}.")
        self.setAccessibleDescription(now)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the coin."""
        pointed = self.underMouse() or self.hasFocus()
        ground, ink = (INK, PAPER) if self.isDown() else (PAPER, SIGN if pointed else INK)
        painter = _painter(self)
        draw_coin(painter, QRectF(self.rect()), self.text(), ink, ground, taken=self.is_let_in)

    def _press(self) -> None:
        self._drop(self.coin_minor)


class Heap(QWidget):
    """Coins that lie somewhere: one circle for each kind, and how many there are of it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.coins: Counter[int] = Counter()
        self.setFixedHeight(_SMALL_COIN_PX + 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    def show_coins(self, coins: Counter[int]) -> None:
        """Show these."""
        if coins != self.coins:
            self.coins = coins
            self._describe()
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the coins, or say that there are none."""
        painter = _painter(self)
        painter.setPen(QColor(INK))
        painter.setFont(font())
        middle = Qt.AlignmentFlag.AlignVCenter
        if not self.coins:
            painter.drawText(self.rect(), middle, "Nothing")
            return
        left = 0.0
        for coin_minor, number in sorted(self.coins.items(), reverse=True):
            draw_coin(painter, QRectF(left, 1, _SMALL_COIN_PX, _SMALL_COIN_PX), coin_label(coin_minor))
            left += _SMALL_COIN_PX + 4
            painter.setFont(font())
            count = f"\N{MULTIPLICATION SIGN} {number}"
            painter.drawText(QRectF(left, 0, 80, self.height()), middle, count)
            left += painter.fontMetrics().horizontalAdvance(count) + 14

    def _describe(self) -> None:
        self.setAccessibleName(f"{self._name}: {amount_text(value_minor(self.coins))}")


class Lamp(QWidget):
    """A round lamp with words beside it: green when all is in order, yellow when not."""

    def __init__(self) -> None:
        super().__init__()
        self.is_green = True
        self.setFixedSize(16, 16)

    def show_state(self, *, green: bool) -> None:
        """Turn green, or yellow."""
        if green != self.is_green:
            self.is_green = green
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the lamp."""
        painter = _painter(self)
        painter.setPen(QPen(QColor(INK), 2))
        painter.setBrush(QColor(FORWARD if self.is_green else ATTENTION))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))


class ParkingSign(QWidget):
    """The blue sign, as in the terminal's top strip."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(48, 48)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the sign."""
        painter = _painter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(SIGN))
        painter.drawRoundedRect(self.rect(), 7, 7)
        painter.setPen(QColor(PAPER))
        painter.setFont(font(34, HEAVY))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "P")


def draw_coin(
    painter: QPainter, room: QRectF, label: str, ink: str = INK, ground: str = PAPER, *, taken: bool = True
) -> None:
    """A coin of this label; dashed and struck through when it is not taken."""
    line_px = _LINE_PX if room.width() >= _COIN_PX else 2.0
    circle = room.adjusted(line_px / 2, line_px / 2, -line_px / 2, -line_px / 2)
    pen = QPen(QColor(ink), line_px)
    if not taken:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(QColor(ground))
    painter.drawEllipse(circle)
    if not taken:
        slope = room.width() * 0.33
        painter.setPen(QPen(QColor(ink), line_px))
        painter.drawLine(room.center() + QPointF(-slope, slope), room.center() + QPointF(slope, -slope))
    lettering = QPainterPath()
    lettering.addText(0, 0, font(round(room.width() * 0.33), HEAVY), label)
    lettering.translate(room.center() - lettering.boundingRect().center())
    around = lettering.boundingRect().adjusted(-2, -2, 2, 2)
    painter.fillRect(around, QColor(ground))  # no stroke runs through the value
    painter.fillPath(lettering, QColor(ink))


def _painter(widget: QWidget) -> QPainter:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter
