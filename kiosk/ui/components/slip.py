"""The code of a claim slip as a QR on the glass, for a scanner or for the camera of a telephone.

What the code says comes with the screen; here it is only drawn. Always black on white, whatever the colours
of the theme: scanners want it so.
"""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import Theme

LEAST_MM = 25
"""A smaller code is not read well by a camera at arm's length."""
QUIET_MODULES = 4
"""White around the code, in squares (ISO/IEC 18004, 5.3.8)."""
_WHITE = 255


class SlipCode(QWidget):
    """The code, as large as its room allows; every square of it has the same whole number of pixels."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme
        self.text = ""
        self._modules = QImage()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, text: str, spoken: str) -> None:
        """Show this text as a code; an empty one takes no room. `spoken` is for a screen reader."""
        if text != self.text:
            self.text = text
            self._modules = _modules_of(text) if text else QImage()
        self.setAccessibleName(spoken)
        self.setVisible(bool(text))
        self.update()

    @property
    def least_px(self) -> float:
        """The side of the smallest room in which the code, with its white, is large enough to be read."""
        modules = self._modules.width()
        if not modules:
            return 0.0
        module_px = -(-self.theme.mm(LEAST_MM) // modules)
        return float((modules + 2 * QUIET_MODULES) * module_px)

    @property
    def code_mm(self) -> float:
        """How large the black part of the code stands there now."""
        return self.theme.in_mm(self._modules.width() * self._module_px)

    def place(self, rect: QRectF) -> None:
        """Stand in the middle of this rectangle."""
        side = min(rect.width(), rect.height())
        modules = self._modules.width() + 2 * QUIET_MODULES
        whole = modules * max(1, int(side // modules))
        left, top = rect.center().x() - whole / 2, rect.center().y() - whole / 2
        self.setGeometry(round(left), round(top), whole, whole)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the white ground, and the squares without any smoothing."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        if not self.text:
            return
        side = self._modules.width() * self._module_px
        corner = QPointF((self.width() - side) / 2, (self.height() - side) / 2).toPoint()
        painter.drawImage(QRect(corner.x(), corner.y(), side, side), self._modules)

    @property
    def _module_px(self) -> int:
        return self.width() // max(1, self._modules.width() + 2 * QUIET_MODULES)


def _modules_of(text: str) -> QImage:
    """The squares of the code, each one pixel."""
    import segno  # noqa: PLC0415 - most customers see no slip, and the first picture waits for no library

    code = segno.make_qr(text, error="m", boost_error=False)
    side = len(code.matrix)
    picture = QImage(side, side, QImage.Format.Format_Grayscale8)
    picture.fill(_WHITE)
    for y, row in enumerate(code.matrix):
        for x, module in enumerate(row):
            if module:
                picture.setPixel(x, y, 0xFF000000)
    return picture
