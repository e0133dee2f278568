"""The receipt as it comes out of its slot, and who takes it.

Pieces come from the printer's thread and cross to the window's by a queued signal.
"""

from PySide6.QtCore import QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from simulator.devices.paper import AROUND, EDGE_DOTS, Piece
from simulator.devices.printer import SimulatedPrinter
from simulator.panel.front import RECEIPT
from simulator.panel.look import INK, SMALL_PX, font
from simulator.panel.parts import Push, Section
from simulator.slips import slips_on

PRINTING_MS = 1200
"""How long a receipt takes to come out; real printers are about as fast."""
LEAST_HEIGHT_PX = 300

_SLOT_PX = 12
_AIR_PX = 4
_BAR_PX = 12
_BLANK_PX = 28
_LOOK_AGAIN_MS = 500


class Sheets(QWidget):
    """Pieces of paper above the slot, the newest lowest. Of that `part_out` is out: 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.unfinished: Piece | None = None
        self.part_out = 1.0
        self._room_px = 0
        self._pictures: list[QPixmap] = []
        self._hanging: QPixmap | None = None

    def add(self, piece: Piece) -> None:
        """A piece begins to come out. What hung in the slot was its beginning."""
        self.pieces.append(piece)
        self._pictures.append(self._picture(piece))
        self.hang(None)

    def hang(self, piece: Piece | None) -> None:
        """This hangs in the slot, not cut yet."""
        self.unfinished = piece
        self._hanging = None if piece is None else self._picture(piece)
        self._grow()

    def rise(self, part_out: float) -> None:
        """So much of the newest piece is out."""
        self.part_out = part_out
        self._grow()

    def clear(self) -> None:
        """Somebody has taken everything."""
        self.pieces.clear()
        self._pictures.clear()
        self.part_out = 1.0
        self._grow()

    def top_of_newest(self) -> int:
        """Where the printing on the newest piece begins, in px from above."""
        newest = self._places()[-1:]
        return round(newest[0][1].top()) + _BLANK_PX if newest else 0

    def fit(self, room_px: int) -> None:
        """The paper has so much room across."""
        if room_px != self._room_px:
            self._room_px = room_px
            self._pictures = [self._picture(piece) for piece in self.pieces]
            self.hang(self.unfinished)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the table and the paper on it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(*AROUND))
        places = self._places()
        for picture, room in places:
            share = room.height() / picture.deviceIndependentSize().height()
            shown = QRectF(0, 0, picture.width(), picture.height() * share)
            painter.drawPixmap(room, picture, shown)
        if not places:
            painter.setPen(QColor(INK))
            painter.setFont(font(SMALL_PX))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Nothing has come out.")

    def _picture(self, piece: Piece) -> QPixmap:
        """The paper without the table around it, as wide as there is room."""
        whole = QImage.fromData(piece.png)
        paper = whole.copy(whole.rect().adjusted(EDGE_DOTS, EDGE_DOTS, -EDGE_DOTS, -EDGE_DOTS))
        ratio = self.devicePixelRatioF()
        width = max(1, round((self._room_px - 2 * _AIR_PX) * ratio))
        picture = QPixmap.fromImage(paper.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation))
        picture.setDevicePixelRatio(ratio)
        return picture

    def _places(self) -> list[tuple[QPixmap, QRectF]]:
        """Each picture with its place, from above; the lowest touches the slot."""
        pictures = self._pictures + ([self._hanging] if self._hanging else [])
        bottom = float(self.height())
        placed: list[tuple[QPixmap, QRectF]] = []
        for picture in reversed(pictures):
            size = picture.deviceIndependentSize()
            is_rising = self._hanging is None and not placed
            height = size.height() * (self.part_out if is_rising else 1)
            placed.append(
                (picture, QRectF((self.width() - size.width()) / 2, bottom - height, size.width(), height))
            )
            bottom -= height + _AIR_PX
        return placed[::-1]

    def _grow(self) -> None:
        used = sum(room.height() + _AIR_PX for _, room in self._places())
        self.setMinimumHeight(round(used))
        self.update()


class PaperPane(QScrollArea):
    """The paper in its slot; scrolls where it is longer than the pane."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets = Sheets()
        self.setWidget(self.sheets)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(LEAST_HEIGHT_PX)
        self.setAccessibleName("Receipts that have come out")
        self._rising = QVariantAnimation(self)
        self._rising.setStartValue(0.0)
        self._rising.setEndValue(1.0)
        self._rising.setDuration(PRINTING_MS)
        self._rising.valueChanged.connect(self._rise)
        self._rising.finished.connect(self._show_beginning)

    def add(self, piece: Piece) -> None:
        """A piece comes out, at the speed of a printer."""
        self.sheets.rise(0.0)
        self.sheets.add(piece)
        self._rising.stop()
        self._rising.start()
        self._describe()

    def hang(self, piece: Piece | None) -> None:
        """Show what hangs in the slot and is not cut yet."""
        before = self.sheets.unfinished
        if (piece.text_lines if piece else None) != (before.text_lines if before else None):
            self.sheets.hang(piece)
            self._to_slot()

    def take(self) -> None:
        """Somebody takes what is there."""
        self._rising.stop()
        self.sheets.clear()
        self._describe()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The paper is as wide as the pane with its scroll bar."""
        super().resizeEvent(event)
        self.sheets.fit(self.width() - _BAR_PX)

    def _rise(self, part_out: float) -> None:
        self.sheets.rise(part_out)
        self._to_slot()

    def _to_slot(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _show_beginning(self) -> None:
        """When it is out, it is read from its first line on."""
        self.verticalScrollBar().setValue(self.sheets.top_of_newest())

    def _describe(self) -> None:
        texts = [piece.text for piece in self.sheets.pieces]
        self.setAccessibleDescription("\n\n".join(texts) or "Nothing has come out.")


class ReceiptSlot(Section):
    """The receipt slot: paper comes out, and somebody takes it. `close` it before the printer goes.

    `torn` tells that a piece did not end with a cut: the roll has ended. `slips` tells the claim slips
    that can be read on a new piece.
    """

    torn = Signal()
    slips = Signal(tuple)
    _came = Signal(object)

    def __init__(self, printer: SimulatedPrinter) -> None:
        super().__init__("Receipt", RECEIPT)
        self._printer = printer
        self._shown = 0
        self.pane = PaperPane()
        slot = QFrame()
        slot.setObjectName("slot")
        slot.setFixedHeight(_SLOT_PX)
        slot.setStyleSheet(f"background: {INK}; border-radius: 5px;")
        self.take = Push("Take the receipt", "Take the paper that has come out.", self._take, forward=True)
        self.add(self.pane, 1)
        self.add(slot)
        self.top.addWidget(self.take)
        self._came.connect(self._look, Qt.ConnectionType.QueuedConnection)
        printer.on_paper = self._came.emit
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_LOOK_AGAIN_MS)
        self._look()

    def refresh(self) -> None:
        """Show what hangs in the slot now."""
        self.pane.hang(self._printer.unfinished())

    def close(self) -> bool:
        """Listen to the printer no more."""
        self._timer.stop()
        self._printer.on_paper = None
        return super().close()

    def _look(self, _piece: object = None) -> None:
        """Show the pieces that were not shown yet."""
        pieces = self._printer.receipts
        for piece in pieces[self._shown :]:
            self.pane.add(piece)
            self.slips.emit(slips_on(piece.image))
            if piece.is_torn:
                self.torn.emit()
        self._shown = len(pieces)
        self._count()

    def _take(self) -> None:
        self.pane.take()
        self._count()

    def _count(self) -> None:
        lying = len(self.pane.sheets.pieces)
        self.take.setEnabled(bool(lying))
        self.take.setText("Take the receipt" if lying < 2 else f"Take {lying} receipts")  # noqa: PLR2004 - plural
        self.take.setAccessibleName(self.take.text())
        if self.badge is not None:
            self.badge.light(on=bool(lying))
