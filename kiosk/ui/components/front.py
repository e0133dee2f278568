"""The machine that points at itself: a drawing of its front, with the part of the moment in yellow.

What is where on the front is configuration (`MachineFront`, in mm); the numbers stand on the real front too.
"""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.ui.components.words import Words
from kiosk.ui.theme import BOLD, HEAVY, Style, Theme

_LEAST_MM = 15
"""A smaller drawing shows nothing."""


class PartKind(StrEnum):
    """What can be on a front."""

    SCREEN = "screen"
    COIN_SLOT = "coin-slot"
    SCANNER = "scanner"
    RECEIPT = "receipt"
    TRAY = "tray"


@dataclass(frozen=True, slots=True)
class FrontPart:
    """One part: its place on the front in mm, and the number that stands beside it (0: none)."""

    kind: PartKind
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    number: int = 0


@dataclass(frozen=True, slots=True)
class MachineFront:
    """The front of a terminal: its size in mm and its parts."""

    width_mm: float
    height_mm: float
    parts: tuple[FrontPart, ...]


WIDE_FRONT = MachineFront(
    420,
    290,
    (
        FrontPart(PartKind.SCREEN, 22, 22, 222, 140),
        FrontPart(PartKind.COIN_SLOT, 268, 22, 130, 82, 1),
        FrontPart(PartKind.SCANNER, 268, 118, 130, 66, 2),
        FrontPart(PartKind.RECEIPT, 268, 198, 130, 70, 3),
        FrontPart(PartKind.TRAY, 22, 186, 222, 82, 4),
    ),
)
TALL_FRONT = MachineFront(
    420,
    380,
    (
        FrontPart(PartKind.SCREEN, 24, 24, 190, 332),
        FrontPart(PartKind.COIN_SLOT, 240, 24, 156, 84, 1),
        FrontPart(PartKind.SCANNER, 240, 122, 156, 66, 2),
        FrontPart(PartKind.RECEIPT, 240, 202, 156, 60, 3),
        FrontPart(PartKind.TRAY, 240, 276, 156, 80, 4),
    ),
)


class Front(QWidget):
    """The drawing. `point_at` chooses the parts in yellow."""

    def __init__(self, parent: QWidget, theme: Theme, front: MachineFront) -> None:
        super().__init__(parent)
        self.theme = theme
        self.front = front
        self.pointed: frozenset[PartKind] = frozenset()
        self.closed: frozenset[PartKind] = frozenset()
        self._here_text = ""
        self._here = Words(self, theme, Style(theme.least_mm, theme.least_mm * 0.5, BOLD, centred=True))
        self._numbers = {
            part.number: Words(self, theme, Style(theme.text_mm, 1, HEAVY, wrap=False, centred=True))
            for part in front.parts
            if part.number
        }
        for number, words in self._numbers.items():
            words.say(str(number))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def point_at(self, *kinds: PartKind, here: str, spoken: str, closed: tuple[PartKind, ...] = ()) -> None:
        """Draw these parts in yellow, and strike the closed ones through.

        `here` is written on the drawn screen, `spoken` is for a screen reader.
        """
        self.pointed = frozenset(kinds)
        self.closed = frozenset(closed)
        self._here_text = here
        self._here.say(here)
        self.setAccessibleName(spoken)
        self.update()

    def wanted_height(self, width: float, scale: float) -> float:
        """The height in px of the whole drawing at this width."""
        return 0 if self.isHidden() else width * scale * self.front.height_mm / self.front.width_mm

    def place(self, rect: QRectF, _scale: float = 1.0) -> None:
        """Stand in the middle of this rectangle; not at all where it is too small to show anything."""
        large_enough = min(rect.width(), rect.height()) >= self.theme.mm(_LEAST_MM)
        self.setGeometry(rect.toAlignedRect() if large_enough else QRect())
        for words in (self._here, *self._numbers.values()):
            words.setVisible(large_enough)
        if not large_enough:
            return
        for part in self.front.parts:
            room = self._on_glass(part)
            if part.kind is PartKind.SCREEN:
                self._here.say(self._here_text)
                self._here.place(room.adjusted(4, 4, -4, -4))
                if self._here.setting.widest > self._here.room.width():
                    self._here.hide()
            if part.number:
                side = room.height() * 0.62
                self._numbers[part.number].place(
                    QRectF(room.right() - side, room.center().y() - side / 2, side * 0.8, side)
                )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the front, then each part with its sign."""
        theme = self.theme
        scale, origin = self._scale()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = theme.mm(theme.line_mm * 1.6)
        painter.setPen(QPen(theme.colour("ink"), line))
        whole = QRectF(origin.x(), origin.y(), self.front.width_mm * scale, self.front.height_mm * scale)
        painter.drawRoundedRect(whole.adjusted(line, line, -line, -line), scale * 16, scale * 16)
        for part in self.front.parts:
            self._paint_part(painter, part)

    def _paint_part(self, painter: QPainter, part: FrontPart) -> None:
        theme = self.theme
        scale, _origin = self._scale()
        pointed = part.kind in self.pointed
        room = self._on_glass(part)
        painter.setPen(QPen(theme.colour("ink"), theme.mm(theme.line_mm * (2.6 if pointed else 1.2))))
        painter.setBrush(theme.colour("attention" if pointed else "paper"))
        painter.drawRoundedRect(room, scale * 8, scale * 8)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("ink"), max(1.0, scale * 6)))
        sign = QRectF(
            room.left() + room.height() * 0.22,
            room.top() + room.height() * 0.2,
            room.width() - room.height() * 0.9,
            room.height() * 0.6,
        )
        _SIGNS[part.kind](painter, theme, sign)
        if part.kind in self.closed:
            painter.setPen(QPen(theme.colour("ink"), max(2.0, scale * 9)))
            painter.drawLine(sign.bottomLeft(), sign.topRight())
            painter.drawLine(sign.topLeft(), sign.bottomRight())

    def _on_glass(self, part: FrontPart) -> QRectF:
        scale, origin = self._scale()
        return QRectF(
            origin.x() + part.left_mm * scale,
            origin.y() + part.top_mm * scale,
            part.width_mm * scale,
            part.height_mm * scale,
        )

    def _scale(self) -> tuple[float, QPointF]:
        scale = min(self.width() / self.front.width_mm, self.height() / self.front.height_mm)
        return scale, QPointF(
            (self.width() - self.front.width_mm * scale) / 2,
            (self.height() - self.front.height_mm * scale) / 2,
        )


def _no_sign(_painter: QPainter, _theme: Theme, _room: QRectF) -> None:
    """The screen says in words what it is."""


def _coin_slot(painter: QPainter, theme: Theme, room: QRectF) -> None:
    """A coin on its way into an upright slot."""
    side = min(room.height() * 0.86, room.width() * 0.56)
    painter.drawEllipse(QRectF(room.left(), room.center().y() - side / 2, side, side))
    slot = QRectF(
        room.left() + side * 1.3, room.top() - room.height() * 0.12, side * 0.3, room.height() * 1.24
    )
    painter.setBrush(theme.colour("ink"))
    painter.drawRoundedRect(slot, slot.width() / 2, slot.width() / 2)


def _scanner(painter: QPainter, theme: Theme, room: QRectF) -> None:
    """A barcode."""
    x, unit = room.left(), room.width() / 19
    for number, bar in enumerate((2, 1, 3, 1, 1, 2, 1)):
        painter.fillRect(QRectF(x, room.top(), bar * unit, room.height()), theme.colour("ink"))
        x += (bar + (1 if number % 2 else 1.6)) * unit


def _receipt(painter: QPainter, theme: Theme, room: QRectF) -> None:
    """A slot with a piece of paper coming out of it."""
    slot = QRectF(room.left(), room.top(), room.width(), room.height() * 0.22)
    painter.fillRect(slot, theme.colour("ink"))
    paper = QRectF(
        room.left() + room.width() * 0.16, slot.bottom(), room.width() * 0.68, room.height() * 0.82
    )
    painter.setBrush(theme.colour("paper"))
    painter.drawRect(paper)
    for line in (0.34, 0.66):
        y = paper.top() + paper.height() * line
        painter.drawLine(
            QPointF(paper.left() + paper.width() * 0.2, y), QPointF(paper.right() - paper.width() * 0.2, y)
        )


def _tray(painter: QPainter, theme: Theme, room: QRectF) -> None:
    """An open tray."""
    painter.setBrush(theme.colour("paper"))
    tray = QRectF(room.left(), room.top() + room.height() * 0.05, room.width(), room.height() * 0.9)
    painter.drawRoundedRect(tray, tray.height() * 0.16, tray.height() * 0.16)
    side = min(tray.height() * 0.5, tray.width() * 0.2)
    for place in (0.24, 0.5, 0.76):
        painter.drawEllipse(
            QRectF(tray.left() + tray.width() * place - side / 2, tray.center().y() - side / 2, side, side)
        )


_SIGNS = {
    PartKind.SCREEN: _no_sign,
    PartKind.COIN_SLOT: _coin_slot,
    PartKind.SCANNER: _scanner,
    PartKind.RECEIPT: _receipt,
    PartKind.TRAY: _tray,
}
