"""What all pages have in common: the top strip, the room below, the buttons at the bottom, the keys."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QMarginsF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from kiosk.flows.events import Event
from kiosk.flows.screens import Screen
from kiosk.ui.components.flow import Block, stack
from kiosk.ui.components.front import Front, MachineFront
from kiosk.ui.components.press import Button, Kind
from kiosk.ui.components.strip import Strip
from kiosk.ui.components.words import Words, firm
from kiosk.ui.theme import Style, Theme
from parking.money import Currency, amount_text

ScreenShown = TypeVar("ScreenShown", bound=Screen)
_GAP_MM = 3.0


def money(amount_minor: int, currency: Currency) -> str:
    """An amount as on the receipt, kept on one line: `€ 75.00`."""
    return firm(amount_text(amount_minor, currency))


class Page(QWidget, Generic[ScreenShown]):
    """A page of the window. A subclass says in `render` what is shown and in `arrange` where it stands."""

    step = 0
    """How many of the step dots are filled; 0 draws none."""

    def __init__(
        self, parent: QWidget, theme: Theme, post: Callable[[Event], None], front: MachineFront
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.post = post
        self.front = front
        self.strip = Strip(self, theme)
        self.strip.step = self.step
        self.help = self.words(theme.body)
        self.left: list[Button] = []
        self.right: list[Button] = []
        self.build()

    def build(self) -> None:
        """Make the parts of this page, once."""

    def render_screen(self, screen: ScreenShown) -> None:
        """Take over what this screen says."""
        raise NotImplementedError

    def arrange(self, content: QRectF) -> None:
        """Place the parts in the room between the strips, in px."""
        raise NotImplementedError

    def arrive(self) -> None:
        """Another page was shown before: forget what the last customer left here."""

    def forward(self) -> None:
        """Enter or OK was pressed on a keyboard."""

    def backward(self) -> None:
        """Escape was pressed on a keyboard."""

    def typed(self, text: str) -> None:
        """A character was typed on a keyboard."""

    def erase(self) -> None:
        """Backspace was pressed on a keyboard."""

    def show_value(self, screen: ScreenShown) -> None:
        """Show this screen."""
        self.render_screen(screen)
        self.relayout()

    def relayout(self) -> None:
        """Place everything anew."""
        theme = self.theme
        strip_height = theme.mm(self.strip_mm)
        self.strip.setGeometry(0, 0, self.width(), round(strip_height))
        self.strip.arrange()
        bottom = self._place_bottom()
        margin = theme.mm(theme.margin_mm)
        content = QRectF(margin, strip_height, self.width() - 2 * margin, bottom - strip_height)
        air = theme.mm(theme.margin_mm * self.air)
        self.arrange(content.adjusted(0, air, 0, -air))
        self.update()

    @property
    def strip_mm(self) -> float:
        """The height of the top strip."""
        return self.theme.strip_mm

    air = 0.6
    """Room above and below the content, in margins."""

    @property
    def has_bottom(self) -> bool:
        """Whether this page has a bottom strip now."""
        return bool(self.help.text) or any(not button.isHidden() for button in (*self.left, *self.right))

    def beside_machine(self, content: QRectF, parts: Sequence[Block], machine: Front, gap_mm: float) -> None:
        """Words beside the drawing of the machine; above it on an upright panel."""
        theme = self.theme
        if theme.panel.tall:
            top = content.adjusted(0, theme.mm(4), 0, 0)
            rest = stack(top, parts, theme.mm(gap_mm * 1.6), centred=False)
            machine.place(rest.adjusted(0, theme.mm(8), 0, -theme.mm(2)))
            return
        share = content.width() * 0.6
        stack(content.adjusted(0, 0, share - content.width(), 0), parts, theme.mm(gap_mm))
        air = theme.mm(2)
        machine.place(content.adjusted(share + theme.mm(5), air, 0, -air))

    def words(self, style: Style, colour: str = "ink") -> Words:
        """A new text on this page."""
        return Words(self, self.theme, style, colour)

    def button(self, kind: Kind, label: str, press: Callable[[], None]) -> Button:
        """A new button on this page, that does this when it is pressed."""
        made = Button(self, self.theme, kind, label)
        made.clicked.connect(press)
        return made

    def help_by_phone(self, phone: str) -> None:
        """Say in the bottom strip who helps."""
        self.help.say(self.tr("Help: call {phone}").format(phone=firm(phone)))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 Qt's name
        """The room changed: place everything anew."""
        super().resizeEvent(event)
        self.relayout()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the line above the bottom strip."""
        if not self.has_bottom:
            return
        theme = self.theme
        painter = QPainter(self)
        painter.setPen(QPen(theme.colour("ink"), theme.mm(theme.line_mm)))
        y = self.height() - theme.mm(theme.bottom_mm)
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))

    def _place_bottom(self) -> float:
        """Place the buttons of the bottom strip, and return where the strip begins in px."""
        theme = self.theme
        if not self.has_bottom:
            return self.height()
        top = self.height() - theme.mm(theme.bottom_mm)
        margin, gap, border = (theme.mm(mm) for mm in (theme.margin_mm, _GAP_MM, 2.5))
        room = QRectF(margin, top + border, self.width() - 2 * margin, theme.mm(theme.bottom_mm) - 2 * border)
        left = [button for button in self.left if not button.isHidden()]
        right = [button for button in self.right if not button.isHidden()]
        wide = self._widths((*left, *right), room.width() - gap * max(0, len(left) + len(right) - 1))
        x = room.left()
        for button in left:
            reach = margin if x == room.left() else gap / 2
            button.place(
                QRectF(x, room.top(), wide[button], room.height()), QMarginsF(reach, border, gap / 2, border)
            )
            x += wide[button] + gap
        end = room.right()
        for button in reversed(right):
            reach = margin if end == room.right() else gap / 2
            drawn = QRectF(end - wide[button], room.top(), wide[button], room.height())
            button.place(drawn, QMarginsF(gap / 2, border, reach, border))
            end -= wide[button] + gap
        if self.help.text:
            self.help.place(QRectF(x, room.top(), end - x, room.height()))
        return top

    def _widths(self, buttons: Sequence[Button], room: float) -> dict[Button, float]:
        """What each button wants, or less of it where they want more than there is."""
        theme = self.theme
        least = theme.mm(27)
        wants = {
            button: max(
                button.wanted_width(),
                theme.mm(theme.action_mm) if button.kind is Kind.FORWARD else least,
            )
            for button in buttons
        }
        total = sum(wants.values())
        if total <= room:
            return wants
        spare = max(0.0, room - least * len(wants))
        over = total - least * len(wants)
        return {button: least + (want - least) * spare / over for button, want in wants.items()}
