"""The keys on the screen: which ones, where they stand, and what they do when they are pressed.

What is typed belongs to the page; it gives the keypad its functions.
"""

from collections.abc import Callable

from PySide6.QtCore import QMarginsF, QRectF
from PySide6.QtWidgets import QWidget

from kiosk.ui.components.icons import Icon
from kiosk.ui.components.press import Button, Kind
from kiosk.ui.theme import Theme

HYPHEN = "-"
DELETE, CLEAR = "<", "#"
"""How the rows call the two keys that carry words."""
ROWS = ("1234567890", "QWERTYUIOP", "ASDFGHJKL<", "ZXCVBNM-#")
DIGIT_ROWS = ("12345", "67890", "-<#")
LETTER_ROWS = ("ABCDEFGH", "JKLMNPRS", "TUVWXYZ<")
"""Two steps where the panel is small: I, O and Q stand on no clamp."""
_WIDE_KEYS = {HYPHEN: 1, DELETE: 2, CLEAR: 2}


class Keypad:
    """All keys that any of these rows has, on one page. `dead` signs are drawn and cannot be pressed."""

    def __init__(self, page: QWidget, theme: Theme, rows: tuple[str, ...], *, dead: str) -> None:
        self._page = page
        self._theme = theme
        self.keys = {sign: self._make(sign, dead) for sign in dict.fromkeys("".join(rows))}

    def connect(
        self, typed: Callable[[str], None], erase: Callable[[], None], clear: Callable[[], None]
    ) -> None:
        """Do this from now on when keys are pressed."""
        for sign, key in self.keys.items():
            key.clicked.connect({DELETE: erase, CLEAR: clear}.get(sign) or _typing(typed, sign))

    def name(self, delete: str, clear: str) -> None:
        """Call the two keys that carry words."""
        for sign, words in ((DELETE, delete), (CLEAR, clear)):
            self.keys[sign].say(words)

    def place(self, room: QRectF, rows: tuple[str, ...]) -> None:
        """Show these rows. Every key is hit in its whole cell: there are no dead gaps between keys."""
        for sign, key in self.keys.items():
            key.setVisible(any(sign in row for row in rows))
        half = self._theme.mm(1.0 if self._theme.panel.tall else 0.5)
        height = room.height() / len(rows)
        cells = max(map(len, rows))
        width = room.width() / cells
        for number, row in enumerate(rows):
            x = room.left()
            for sign in row:
                wide = width * self._cells(sign, row, cells)
                cell = QRectF(x, room.top() + number * height, wide, height)
                self.keys[sign].place(
                    cell.adjusted(half, half, -half, -half), QMarginsF(half, half, half, half)
                )
                x += wide

    def _make(self, sign: str, dead: str) -> Button:
        icon = Icon.DELETE if sign == DELETE else None
        key = Button(self._page, self._theme, Kind.KEY, sign, icon)
        if sign == CLEAR:
            key.restyle(self._theme.action)
        key.setEnabled(sign not in dead)
        return key

    @staticmethod
    def _cells(sign: str, row: str, cells: int) -> int:
        """How many cells a key takes."""
        if row == DIGIT_ROWS[-1]:
            return _WIDE_KEYS[sign]
        return 1 + cells - len(row) if sign == CLEAR else 1


def _typing(typed: Callable[[str], None], sign: str) -> Callable[[], None]:
    return lambda: typed(sign)
