"""Nobody touched anything for a while: one touch anywhere, or any key, and the customer is still there."""

from dataclasses import replace

from PySide6.QtCore import QMarginsF, QRectF

from kiosk.flows.events import StayPressed
from kiosk.flows.screens import StillThereScreen
from kiosk.ui.components.flow import stack
from kiosk.ui.components.press import Kind
from kiosk.ui.pages.page import Page, money


class StillTherePage(Page[StillThereScreen]):
    """The seconds left; the whole glass is one button."""

    def build(self) -> None:
        """The button lies under the words: they let touches through."""
        theme = self.theme
        self._stay = self.button(Kind.FORWARD, self.tr("I am still here"), self.forward)
        large = theme.text_mm * (1.8 if theme.panel.tall else 1.4)
        self._stay.restyle(replace(theme.action, cap_mm=large))
        self._stay.lower()
        self.strip.lower()
        self._headline = self.words(theme.heading)
        self._seconds = self.words(theme.amount(64 if theme.panel.tall else theme.text_mm * 3.4))
        self._what = self.words(theme.body)

    def render_screen(self, screen: StillThereScreen) -> None:
        """Show the seconds, and what happens to money when nobody touches."""
        title = self.tr("Terminal {terminal} · {place}").format(terminal=screen.terminal, place=screen.place)
        self.strip.title.say(title, screen.terminal)
        self._headline.say(self.tr("Are you still there?"))
        self._seconds.say(str(screen.seconds_left))
        if screen.kept_minor:
            amount = money(screen.kept_minor, screen.currency)
            self._what.say(self.tr("seconds left. Then your {amount} come back.").format(amount=amount))
        else:
            self._what.say(self.tr("seconds left. Then we start again."))

    def arrange(self, content: QRectF) -> None:
        """Words above, the button below; it is hit everywhere."""
        theme = self.theme
        height = theme.mm(22 if theme.panel.small else 110 if theme.panel.tall else 32)
        drawn = QRectF(content.left(), content.bottom() - height, content.width(), height)
        above = QMarginsF(
            drawn.left(), drawn.top(), self.width() - drawn.right(), self.height() - drawn.bottom()
        )
        self._stay.place(drawn, above)
        room = content.adjusted(0, 0, 0, -height - theme.mm(3))
        stack(room, (self._headline, self._seconds, self._what), theme.mm(3))

    def forward(self) -> None:
        """Somebody is there."""
        self.post(StayPressed())

    def backward(self) -> None:
        """Any key says the same."""
        self.forward()

    def typed(self, _text: str) -> None:
        """Any key says the same."""
        self.forward()

    def erase(self) -> None:
        """Any key says the same."""
        self.forward()
