"""The release code, how to use it, and what else comes out of the machine."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from kiosk.flows.events import DonePressed, PrintAgainPressed
from kiosk.flows.screens import PaperState, ResultScreen
from kiosk.ui.components.flow import stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page, money
from kiosk.ui.theme import BOLD, Style
from parking.release_codes import grouped

CODE_MM = 20
"""Figures of a release code are at least this high where the panel is wide enough."""
_LEAST_MACHINE_MM = 45
_LEAST_SMALL_MM = 10.5
"""A 7 inch panel: twelve characters do not fit larger; up to seven are 20 mm high there too."""


class ResultPage(Page[ResultScreen]):
    """Code, instructions, notices; Done and Print again."""

    step = 4
    air = 0.35

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        panel = theme.panel
        self._label = self.words(theme.body)
        least = _LEAST_SMALL_MM if panel.small else CODE_MM
        self._code = self.words(theme.code(26 if panel.tall else 21 if not panel.small else CODE_MM, least))
        size_mm = theme.text_mm * (0.85 if panel.tall else 1)
        self._first = self.words(Style(size_mm, theme.least_mm, leading=1.5))
        self._second = self.words(Style(size_mm, theme.least_mm, leading=1.5))
        self._notices = [self.words(Style(size_mm, theme.least_mm, BOLD, leading=1.5)) for _ in range(3)]
        self._machine = Front(self, theme, self.front)
        self._again = self.button(Kind.SECOND, self.tr("Print again"), self._print_again)
        self._done = self.button(Kind.FORWARD, self.tr("Done"), self.forward)
        self.left, self.right = [self._again], [self._done]
        self._box = QRectF()

    def render_screen(self, screen: ResultScreen) -> None:
        """Show the code and what becomes of receipt, change and claim."""
        total, receipt = money(screen.total_minor, screen.currency), firm(screen.receipt_number)
        title = self.tr("Paid · {total} · Receipt {receipt}").format(total=total, receipt=receipt)
        self.strip.title.say(title, receipt)
        self._label.say(self.tr("Your release code"))
        self._code.say(grouped(screen.code))
        self._first.say(self.tr("1. Type it on the clamp. Press green."))
        self._second.say(self.tr("2. Put the clamp into the yellow box."))
        self._again.setVisible(screen.paper is not PaperState.PRINTING)
        self._say_notices(screen)

    def arrange(self, content: QRectF) -> None:
        """The code in its box above, everything else below it."""
        theme = self.theme
        steps = (self._first, self._second)
        notices = [words for words in self._notices if words.text]
        pad = theme.mm(5 if theme.panel.tall else 2)
        inner = content.width() - 2 * pad
        code_height = self._code.wanted_height(inner, 1.0)
        if theme.panel.small:
            code_height = min(code_height, content.height() * 0.42)
        many_lines = code_height > theme.mm(40) and not theme.panel.tall
        if many_lines:
            pad = theme.mm(1.5)
            code_height = self._code.wanted_height(inner, 0.0)
        label = (
            0.0
            if many_lines or theme.panel.small
            else self._label.wanted_height(content.width(), 1.0 if theme.panel.tall else 0.8)
        )
        self._label.setVisible(label > 0)
        self._label.place(
            QRectF(content.left(), content.top(), content.width(), label), 1.0 if theme.panel.tall else 0.8
        )
        near = theme.mm(1.2) if label else 0.0
        self._box = QRectF(
            content.left(), content.top() + label + near, content.width(), code_height + 2 * pad * 0.6
        )
        self._code.place(self._box.adjusted(pad, pad * 0.6, -pad, -pad * 0.6))
        rest = content.adjusted(0, self._box.bottom() - content.top() + theme.mm(2), 0, 0)
        self._machine.setVisible(False)
        if theme.panel.tall:
            rest = stack(rest.adjusted(0, theme.mm(8), 0, 0), (*steps, *notices), theme.mm(4), centred=False)
            room = rest.adjusted(0, theme.mm(6), 0, -theme.mm(2))
            self._machine.setVisible(room.height() >= theme.mm(_LEAST_MACHINE_MM))
            self._machine.place(room)
            return
        stack(rest, (*steps, *notices), theme.mm(0.8))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the box around the code."""
        super().paintEvent(event)
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("ink"), theme.mm(theme.line_mm * 1.5)))
        corner = theme.mm(theme.corner_mm)
        painter.drawRoundedRect(theme.inset(self._box, theme.line_mm), corner, corner)

    def forward(self) -> None:
        """The customer has what was to be had."""
        self.post(DonePressed())

    def _print_again(self) -> None:
        self.post(PrintAgainPressed())

    def _say_notices(self, screen: ResultScreen) -> None:
        paper = {
            PaperState.PRINTING: self.tr("Your receipt is being printed."),
            PaperState.PRINTED: self.tr("Please take your receipt."),
            PaperState.FAILED: self.tr("No paper. Photograph this screen."),
        }
        change = self.tr("Your change: {amount}, from the tray.")
        claim = self.tr("We owe you {amount}: slip {number}.")
        number = firm(screen.claim_number)
        said = (
            paper[screen.paper],
            change.format(amount=money(screen.change_minor, screen.currency)) if screen.change_minor else "",
            claim.format(amount=money(screen.claim_minor, screen.currency), number=number)
            if screen.claim_minor
            else "",
        )
        for words, text in zip(self._notices, said, strict=True):
            words.say(text, number)
        self._machine.point_at(
            *((PartKind.RECEIPT,) if screen.paper is not PaperState.FAILED else ()),
            *((PartKind.TRAY,) if screen.change_minor else ()),
            here=self.tr("this screen"),
            spoken=self.tr("Receipts are part 3 of the front, coins part 4."),
        )
