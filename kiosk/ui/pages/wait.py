"""The server is being asked, about a clamp or a slip: what happens, and how long it takes at most."""

from PySide6.QtCore import QRectF

from kiosk.flows.screens import WaitScreen
from kiosk.ui.components.flow import stack
from kiosk.ui.components.icons import Icon, Picture
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page


class WaitPage(Page[WaitScreen]):
    """Nothing can be pressed here; the meter fills within the longest time."""

    step = 1

    def build(self) -> None:
        """One headline, one meter."""
        self._headline = self.words(self.theme.heading)
        self._what = self.words(self.theme.body)
        self._meter = Meter(self, self.theme, 9)
        self._longest = self.words(self.theme.strong)
        self._wheel = Picture(self, self.theme, Icon.CLAMP)
        self._wheel.setVisible(self.theme.panel.tall)
        self._at_most_s = 0

    def arrive(self) -> None:
        """A new question is being asked: the meter starts again."""
        self._at_most_s = 0

    def render_screen(self, screen: WaitScreen) -> None:
        """Show what is asked."""
        subject = firm(screen.subject)
        title = self.tr("Your slip") if screen.for_claim else self.tr("Clamp {subject}")
        self.strip.title.say(title.format(subject=subject), subject)
        self._headline.say(self.tr("One moment, please."))
        what = (
            self.tr("We check slip {subject}.")
            if screen.for_claim
            else self.tr("We look up what is owed for {subject}.")
        )
        self._what.say(what.format(subject=subject), subject)
        self._wheel.setVisible(self.theme.panel.tall and not screen.for_claim)
        self.strip.step = 0 if screen.for_claim else self.step
        self._longest.say(self.tr("At most {seconds} seconds.").format(seconds=screen.at_most_s))
        self.help_by_phone(screen.phone)
        if screen.at_most_s != self._at_most_s:
            self._at_most_s = screen.at_most_s
            self._meter.fill_within(screen.at_most_s)

    def arrange(self, content: QRectF) -> None:
        """All in the middle; on an upright panel above a picture of what it is about."""
        tall = self.theme.panel.tall
        parts = (self._headline, self._what, self._meter, self._longest)
        gap = self.theme.mm(9 if tall else 5)
        if not tall:
            stack(content, parts, gap)
            return
        rest = stack(content.adjusted(0, gap, 0, 0), parts, gap, centred=False)
        self._wheel.place(rest.adjusted(0, gap * 2, 0, -gap * 2))
