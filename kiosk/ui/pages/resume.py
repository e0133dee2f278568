"""After a restart: the previous payment comes first. Go on paying, or money back."""

from PySide6.QtCore import QRectF

from kiosk.flows.events import CancelPressed, ContinuePressed
from kiosk.flows.screens import ResumeScreen
from kiosk.ui.components.flow import stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page, money
from kiosk.ui.theme import Style


class ResumePage(Page[ResumeScreen]):
    """What is in the machine, and the two ways on."""

    step = 3

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        self._headline = self.words(theme.heading)
        self._why = self.words(theme.body)
        self._meter = Meter(self, theme, theme.text_mm)
        self._paid = self.words(Style(theme.text_mm * 1.3, theme.least_mm, theme.strong.weight, money=True))
        self._safe = self.words(theme.body)
        self._machine = Front(self, theme, self.front)
        self._machine.setVisible(theme.panel.tall)
        self._go_on = self.button(Kind.FORWARD, self.tr("Go on paying"), self.forward)
        self._back = self.button(Kind.SECOND, self.tr("Money back"), self.backward)
        self.left, self.right = [self._back], [self._go_on]

    def render_screen(self, screen: ResumeScreen) -> None:
        """Show what was paid before the restart."""
        subject, receipt = firm(screen.subject), firm(screen.receipt_number)
        title = self.tr("Clamp {subject} · Receipt {receipt}") if receipt else self.tr("Clamp {subject}")
        self.strip.title.say(title.format(subject=subject, receipt=receipt), subject, receipt)
        self._headline.say(self.tr("We finish the previous payment first."))
        self._why.say(self.tr("The power was off for a moment."))
        self._meter.fill(screen.kept_minor / screen.total_minor if screen.total_minor else 1.0)
        kept, total = money(screen.kept_minor, screen.currency), money(screen.total_minor, screen.currency)
        self._paid.say(self.tr("{kept} of {total} paid").format(kept=kept, total=total))
        self._safe.say(
            self.tr("We ask the machine what happened. Please wait.")
            if screen.settling
            else self.tr("Your money is safe. What would you like?")
        )
        self._machine.point_at(
            closed=(PartKind.COIN_SLOT,) if screen.settling else (),
            here=self.tr("this screen"),
            spoken=self.tr("This is the front of the machine."),
        )
        self._go_on.setVisible(not screen.settling)
        self._back.setVisible(not screen.settling)
        self.help.say("")
        if screen.settling:
            self.help_by_phone(screen.phone)

    def arrange(self, content: QRectF) -> None:
        """All in the middle; on an upright panel above the machine."""
        parts = (self._headline, self._why, self._paid, self._meter, self._safe)
        if self.theme.panel.tall:
            self.beside_machine(content, parts, self._machine, 5)
        else:
            stack(content, parts, self.theme.mm(5))

    def forward(self) -> None:
        """The customer goes on paying."""
        if not self._go_on.isHidden():
            self.post(ContinuePressed())

    def backward(self) -> None:
        """The customer wants the money back."""
        if not self._back.isHidden():
            self.post(CancelPressed())
