"""What the customer takes: coins, a receipt, a slip. The end of a payment, also of a cancelled one."""

from PySide6.QtCore import QRectF

from kiosk.flows.events import DonePressed
from kiosk.flows.screens import PaperState, TakeScreen
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page, money


class TakePage(Page[TakeScreen]):
    """Headline, amount, what is on paper; the machine with its tray in yellow."""

    step = 4

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        self._headline = self.words(theme.heading)
        self._amount = self.words(theme.amount(28 if theme.panel.tall else theme.text_mm * 2.4))
        self._meter = Meter(self, theme, theme.text_mm)
        self._so_far = self.words(theme.body)
        self._claim = self.words(theme.strong)
        self._paper = self.words(theme.body)
        self._machine = Front(self, theme, self.front)
        self._done = self.button(Kind.FORWARD, self.tr("Done"), self.forward)
        self.right = [self._done]

    def render_screen(self, screen: TakeScreen) -> None:
        """Show what comes, or what lies there."""
        subject, receipt = firm(screen.subject), firm(screen.receipt_number)
        title = self.tr("Cancelled · Clamp {subject}") if screen.cancelled else self.tr("Clamp {subject}")
        self.strip.title.say(title.format(subject=subject), subject)
        self._headline.say(self._headline_for(screen))
        shown_minor = screen.to_return_minor if screen.returning else screen.returned_minor
        self._amount.say(money(shown_minor, screen.currency) if shown_minor else "")
        self._meter.setVisible(screen.returning)
        self._meter.fill(screen.returned_minor / screen.to_return_minor if screen.to_return_minor else 1.0)
        so_far = self.tr("{amount} are in the tray.")
        self._so_far.say(
            so_far.format(amount=money(screen.returned_minor, screen.currency)) if screen.returning else ""
        )
        number = firm(screen.claim_number)
        claim = self.tr("We owe you {amount} more. Keep slip {number}.")
        self._claim.say(
            claim.format(amount=money(screen.claim_minor, screen.currency), number=number)
            if screen.claim_minor
            else "",
            number,
        )
        self._paper.say(self._paper_words(screen, receipt), receipt)
        self._done.setVisible(not screen.returning)
        self.help.say("")
        if screen.claim_minor or screen.returning:
            self.help_by_phone(screen.phone)
        self._point(screen)

    def arrange(self, content: QRectF) -> None:
        """Words beside the machine, or above it on an upright panel."""
        parts = (self._headline, self._amount, self._meter, self._so_far, self._claim, self._paper)
        self.beside_machine(content, parts, self._machine, 3.5)

    def forward(self) -> None:
        """Everything has been taken."""
        if not self._done.isHidden():
            self.post(DonePressed())

    def _headline_for(self, screen: TakeScreen) -> str:
        if screen.returning:
            return self.tr("Your coins are coming.")
        if screen.returned_minor:
            return self.tr("Please take your coins.")
        if screen.claim_minor:
            return self.tr("Please take your slip.")
        return self.tr("No money is in the machine.") if screen.cancelled else self.tr("Thank you.")

    def _paper_words(self, screen: TakeScreen, receipt: str) -> str:
        match screen.paper:
            case None:
                return ""
            case PaperState.PRINTING:
                return self.tr("Your paper is being printed.")
            case PaperState.PRINTED:
                return self.tr("Please take your paper. Number {receipt}.").format(receipt=receipt)
            case PaperState.FAILED:
                return self.tr("No paper. Photograph this screen. Number {receipt}.").format(receipt=receipt)

    def _point(self, screen: TakeScreen) -> None:
        parts = []
        if screen.returning or screen.returned_minor:
            parts.append(PartKind.TRAY)
        if screen.paper in {PaperState.PRINTING, PaperState.PRINTED}:
            parts.append(PartKind.RECEIPT)
        self._machine.point_at(
            *parts,
            here=self.tr("this screen"),
            spoken=self.tr("Receipts are part 3 of the front, coins part 4."),
        )
