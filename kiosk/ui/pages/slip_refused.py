"""A slip that was shown on the start screen is not taken: why, what about the money, what now, who helps."""

from PySide6.QtCore import QRectF

from kiosk.flows.events import BackPressed
from kiosk.flows.screens import SlipRefusedScreen
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.slips import SlipReasonsPage
from kiosk.ui.theme import BOLD, Style


class SlipRefusedPage(SlipReasonsPage[SlipRefusedScreen]):
    """The reason, the slip's number, what to do; Back."""

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        large = theme.text_mm * (1.6 if theme.panel.tall else 1.35)
        self._headline = self.words(Style(large, theme.least_mm, BOLD, leading=1.45))
        self._number = self.words(theme.body)
        self._what_now = self.words(theme.body)
        self._machine = Front(self, theme, self.front)
        self.left = [self.button(Kind.SECOND, self.tr("Back"), self.backward)]

    def render_screen(self, screen: SlipRefusedScreen) -> None:
        """Show the reason."""
        number = firm(screen.number)
        headline, what_now = self.reason_words(screen.reason, screen.phone)
        self.strip.title.say(self.tr("Your slip"))
        self._headline.say(headline)
        self._number.say(self.tr("Slip {number}").format(number=number) if number else "", number)
        self._what_now.say(what_now)
        self._machine.point_at(
            PartKind.SCANNER,
            here=self.tr("this screen"),
            spoken=self.tr("The scanner is part 2 of the front."),
        )
        self.help_by_phone(screen.phone)

    def arrange(self, content: QRectF) -> None:
        """Words and machine."""
        self.beside_machine(content, (self._headline, self._number, self._what_now), self._machine, 5)

    def forward(self) -> None:
        """OK is as good as Back here."""
        self.backward()

    def backward(self) -> None:
        """The customer has read it."""
        self.post(BackPressed())
