"""What the customer takes: coins, a receipt, a slip. The end of a payment, also of a cancelled one."""

from PySide6.QtCore import QRectF

from kiosk.flows.events import DonePressed, PrintAgainPressed
from kiosk.flows.screens import PaperState, TakeScreen
from kiosk.ui.components.flow import Block, stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import money
from kiosk.ui.pages.slips import SlipPage


class TakePage(SlipPage[TakeScreen]):
    """Headline, amount, what is on paper; the machine with its tray in yellow, or the code of a slip."""

    step = 4

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        self._headline = self.words(theme.heading)
        self._amount = self.words(theme.amount(28 if theme.panel.tall else theme.text_mm * 2.4))
        self._meter = Meter(self, theme, theme.text_mm)
        self._so_far = self.words(theme.body)
        self.build_slip(theme.text_mm)
        self._paper = self.words(theme.body)
        self._machine = Front(self, theme, self.front)
        self._done = self.button(Kind.FORWARD, self.tr("Done"), self.forward)
        self._again = self.button(Kind.SECOND, self.tr("Print again"), self._print_again)
        self.left, self.right = [self._again, self.next_slip], [self._done]

    def render_screen(self, screen: TakeScreen) -> None:
        """Show what comes, or what lies there."""
        subject, receipt = firm(screen.subject), firm(screen.receipt_number)
        self.strip.title.say(self._title_for(screen).format(subject=subject), subject)
        self._headline.say(self._headline_for(screen))
        shown_minor = screen.to_return_minor if screen.returning else screen.returned_minor
        self._amount.say(money(shown_minor, screen.currency) if shown_minor else "")
        self._meter.setVisible(screen.returning)
        self._meter.fill(screen.returned_minor / screen.to_return_minor if screen.to_return_minor else 1.0)
        so_far = self.tr("{amount} are in the tray.")
        self._so_far.say(
            so_far.format(amount=money(screen.returned_minor, screen.currency)) if screen.returning else ""
        )
        self.take_claims(() if screen.returning else screen.claims, screen.currency, screen.paper)
        self.say_slip()
        self._paper.say(self._paper_words(screen, receipt), receipt)
        self._done.setVisible(not screen.returning)
        is_missing = screen.paper is PaperState.FAILED and bool(self.claims)
        self._again.setVisible(is_missing)
        self.help.say("")
        if screen.returning or (len(self.claims) == 1 and not is_missing):
            self.help_by_phone(screen.phone)
        self._point(screen)

    def arrange(self, content: QRectF) -> None:
        """Words beside the machine, or beside a slip's code; above both on an upright panel."""
        theme = self.theme
        self.say_slip()
        parts: tuple[Block, ...] = (self._headline, self._amount, self._meter, self._so_far)
        parts = (*parts, *self.slip_words, self._paper)
        self._machine.setVisible(theme.panel.tall or not self.slip.text)
        if not self.slip.text:
            self.beside_machine(content, parts, self._machine, 3.5)
        elif theme.panel.tall:
            below = self.slip.least_px + theme.mm(10)
            rest = stack(content.adjusted(0, theme.mm(4), 0, -below), parts, theme.mm(5.6), centred=False)
            room = rest.adjusted(0, theme.mm(8), 0, below - theme.mm(2))
            self.slip.place(room.adjusted(0, 0, -room.width() * 0.5, 0))
            self._machine.place(room.adjusted(room.width() * 0.52, 0, 0, 0))
        else:
            stack(content.adjusted(0, 0, -self.place_slip_beside(content), 0), parts, theme.mm(2))

    def forward(self) -> None:
        """Everything has been taken."""
        if not self._done.isHidden():
            self.post(DonePressed())

    def _print_again(self) -> None:
        self.post(PrintAgainPressed())

    def _title_for(self, screen: TakeScreen) -> str:
        if screen.redeemed:
            return self.tr("Your money · Slip {subject}")
        return self.tr("Cancelled · Clamp {subject}") if screen.cancelled else self.tr("Clamp {subject}")

    def _headline_for(self, screen: TakeScreen) -> str:
        if screen.returning:
            return self.tr("Your coins are coming.")
        if screen.returned_minor:
            return self.tr("Please take your coins.")
        if screen.claims:
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
