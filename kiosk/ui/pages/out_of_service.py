"""The terminal takes no payments now: why, what about money, where else, and who helps."""

from PySide6.QtCore import QRectF

from kiosk.flows.screens import ClosedReason, OutOfServiceScreen
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page
from kiosk.ui.theme import BOLD, Style


class OutOfServicePage(Page[OutOfServiceScreen]):
    """Words only; there is nothing to press."""

    def build(self) -> None:
        """One text for each reason that exists."""
        theme = self.theme
        large = theme.text_mm * (1.9 if theme.panel.tall else 1.5)
        self._headline = self.words(Style(large, theme.text_mm, BOLD, leading=1.45))
        self._reasons = [self.words(theme.body) for _ in ClosedReason]
        self._no_money = self.words(theme.body)
        self._elsewhere = self.words(theme.strong)
        self._machine = Front(self, theme, self.front)

    def render_screen(self, screen: OutOfServiceScreen) -> None:
        """Show the reasons."""
        title = self.tr("Terminal {terminal} · {place}").format(terminal=screen.terminal, place=screen.place)
        self.strip.title.say(title, screen.terminal)
        self._headline.say(self.tr("You cannot pay here now."))
        reasons = {
            ClosedReason.COINS: self.tr("Coins cannot be taken now."),
            ClosedReason.JOURNAL: self.tr("We cannot keep records now. A technician is needed."),
        }
        for words, reason in zip(self._reasons, ClosedReason, strict=True):
            words.say(reasons[reason] if reason in screen.reasons else "")
        self._machine.point_at(
            closed=(PartKind.COIN_SLOT,),
            here=self.tr("this screen"),
            spoken=self.tr("The coin slot is closed."),
        )
        self._no_money.say(self.tr("No money is taken."))
        self._elsewhere.say(
            self.tr("Use another terminal, or call {phone}.").format(phone=firm(screen.phone))
        )

    def arrange(self, content: QRectF) -> None:
        """Words and machine."""
        parts = (self._headline, *self._reasons, self._no_money, self._elsewhere)
        self.beside_machine(content, parts, self._machine, 4)
