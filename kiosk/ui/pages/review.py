"""What is owed and why, and what the terminal can and cannot do today, before any money goes in."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent

from kiosk.flows.events import BackPressed, PayPressed
from kiosk.flows.screens import ChangeNotice, ReviewScreen
from kiosk.ui.components.flow import Block, stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.press import Kind
from kiosk.ui.components.row import Row
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page, money
from kiosk.ui.theme import BOLD, HEAVY, Style
from parking.debts import DebtLine
from parking.money import Currency

_MOST_LINES, _MOST_LINES_SMALL = 5, 3


class ReviewPage(Page[ReviewScreen]):
    """The bill, the total, the notices; Pay and Back."""

    step = 2

    def build(self) -> None:
        """Rows are made once and used again."""
        theme = self.theme
        self._heading = self.words(theme.heading)
        self._rows = [
            Row(self, theme, Style(theme.text_mm * 0.86, theme.least_mm, leading=1.5), theme.money)
            for _ in range(_MOST_LINES_SMALL if theme.panel.small else _MOST_LINES)
        ]
        large = theme.text_mm * (1.6 if theme.panel.tall else 1.5)
        self._total = Row(
            self,
            theme,
            Style(large, theme.text_mm * 0.9, HEAVY),
            Style(large, theme.text_mm * 0.9, HEAVY, money=True, wrap=False),
            lined=False,
        )
        self._change = self.words(Style(theme.text_mm * 0.9, theme.least_mm, BOLD, leading=1.5))
        self._receipt = self.words(Style(theme.text_mm * 0.9, theme.least_mm, BOLD, leading=1.5))
        self._machine = Front(self, theme, self.front)
        self._machine.setVisible(theme.panel.tall)
        pay = self.button(Kind.FORWARD, self.tr("Pay"), self.forward)
        back = self.button(Kind.SECOND, self.tr("Back"), self.backward)
        self.left, self.right = [back], [pay]

    def render_screen(self, screen: ReviewScreen) -> None:
        """Show the bill."""
        subject, plate = firm(screen.subject), firm(screen.plate)
        if plate:
            title = self.tr("Clamp {subject} · {plate}").format(subject=subject, plate=plate)
        else:
            title = self.tr("Clamp {subject}").format(subject=subject)
        self.strip.title.say(title, subject, plate)
        self._heading.say(self.tr("What you owe"))
        self._say_lines(screen.lines, screen.currency)
        self._total.say(self.tr("Total"), money(screen.total_minor, screen.currency))
        self._change.say(
            self.tr("Pay with coins. Change is available.")
            if screen.change is ChangeNotice.AVAILABLE
            else self.tr("No change: exact coins only. If you cancel, you get a slip.")
        )
        self._machine.point_at(
            PartKind.COIN_SLOT,
            here=self.tr("this screen"),
            spoken=self.tr("The coin slot is part 1 of the front."),
        )
        self._receipt.say("" if screen.receipt else self.tr("No paper. You can photograph the code."))

    def arrange(self, content: QRectF) -> None:
        """The bill above, the notices at the bottom."""
        gap = self.theme.mm(2.5)
        parts: tuple[Block, ...] = (self._heading, *self._rows, self._total, self._change, self._receipt)
        if self.theme.panel.tall:
            rest = stack(content.adjusted(0, gap, 0, 0), parts, gap * 2.5, centred=False)
            self._machine.place(rest.adjusted(0, gap * 3, 0, -gap))
            return
        stack(content, parts, gap)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the lines between the rows."""
        super().paintEvent(event)
        painter = QPainter(self)
        for row in self._rows:
            row.paint_line(painter)

    def forward(self) -> None:
        """The customer agrees."""
        self.post(PayPressed())

    def backward(self) -> None:
        """One question back."""
        self.post(BackPressed())

    def _say_lines(self, lines: tuple[DebtLine, ...], currency: Currency) -> None:
        """Show all lines; where they are many, the last row sums up the rest."""
        most = len(self._rows)
        if len(lines) > most:
            rest = lines[most - 1 :]
            words = self.tr("and {number} more").format(number=len(rest))
            summed = DebtLine(words=words, amount_minor=sum(line.amount_minor for line in rest))
            lines = (*lines[: most - 1], summed)
        for row, line in zip(self._rows, lines, strict=False):
            row.say(line.words, money(line.amount_minor, currency))
        for row in self._rows[len(lines) :]:
            row.say("", "")
