"""The terminal has just started and asks its devices; nothing can be pressed."""

from PySide6.QtCore import QRectF

from kiosk.flows.screens import RecoveringScreen
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.pages.page import Page
from kiosk.ui.theme import BOLD, Style


class RecoveringPage(Page[RecoveringScreen]):
    """What is going on, and that nothing is lost."""

    def build(self) -> None:
        """Three texts."""
        theme = self.theme
        large = theme.text_mm * (1.9 if theme.panel.tall else 1.5)
        self._headline = self.words(Style(large, theme.text_mm, BOLD, leading=1.45))
        self._what = self.words(theme.body)
        self._wait = self.words(theme.strong)
        self._machine = Front(self, theme, self.front)

    def render_screen(self, screen: RecoveringScreen) -> None:
        """Show that the terminal is starting."""
        title = self.tr("Terminal {terminal} · {place}").format(terminal=screen.terminal, place=screen.place)
        self.strip.title.say(title, screen.terminal)
        self._headline.say(self.tr("The terminal is starting."))
        self._what.say(self.tr("We check the coin slot, the hoppers and the printer."))
        self._wait.say(self.tr("Please put no coins in yet."))
        self._machine.point_at(
            closed=(PartKind.COIN_SLOT,),
            here=self.tr("this screen"),
            spoken=self.tr("The coin slot is closed."),
        )
        self.help_by_phone(screen.phone)

    def arrange(self, content: QRectF) -> None:
        """Words and machine."""
        parts = (self._headline, self._what, self._wait)
        self.beside_machine(content, parts, self._machine, 4)
