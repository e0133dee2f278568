"""The release code, how to use it, and what else comes out of the machine."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen

from kiosk.flows.events import DonePressed, PrintAgainPressed
from kiosk.flows.screens import PaperState, ResultScreen
from kiosk.ui.components.flow import least_height, stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import Words, firm
from kiosk.ui.pages.page import money
from kiosk.ui.pages.slips import SlipPage
from kiosk.ui.theme import BOLD, Style
from parking.release_codes import grouped

CODE_MM = 20
"""Figures of a release code are at least this high where the panel is wide enough."""
_LEAST_MACHINE_MM = 45
_SLIP_MM = 50
"""The code of a slip on an upright panel, with its white, where there is room."""
_LEAST_SMALL_MM = 10.5
"""A 7 inch panel: twelve characters do not fit larger; up to seven are 20 mm high there too."""


class ResultPage(SlipPage[ResultScreen]):
    """Code, instructions, notices, a slip; Done and Print again.

    Where code and slip do not fit on one panel, the customer turns from the one to the other.
    """

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
        self._paper_news = self.words(Style(size_mm, theme.least_mm, BOLD, leading=1.5))
        self._change = self.words(Style(size_mm, theme.least_mm, BOLD, leading=1.5))
        self.build_slip(size_mm)
        self._machine = Front(self, theme, self.front)
        self._again = self.button(Kind.SECOND, self.tr("Print again"), self._print_again)
        self._done = self.button(Kind.FORWARD, self.tr("Done"), self.forward)
        self.left, self.right = [self._again, self.next_slip], [self._done]
        self._box = QRectF()
        self._screen: ResultScreen | None = None

    def render_screen(self, screen: ResultScreen) -> None:
        """Show the code and what becomes of receipt, change and claims."""
        total, receipt = money(screen.total_minor, screen.currency), firm(screen.receipt_number)
        title = self.tr("Paid · {total} · Receipt {receipt}").format(total=total, receipt=receipt)
        self.strip.title.say(title, receipt)
        self._again.setVisible(screen.paper not in {PaperState.PRINTING, None})
        self._machine.point_at(
            *((PartKind.RECEIPT,) if screen.paper in {PaperState.PRINTING, PaperState.PRINTED} else ()),
            *((PartKind.TRAY,) if screen.change_minor else ()),
            here=self.tr("this screen"),
            spoken=self.tr("Receipts are part 3 of the front, coins part 4."),
        )
        self._screen = screen
        self.take_claims(screen.claims, screen.currency, screen.paper)

    def arrange(self, content: QRectF) -> None:
        """The code in its box above, everything else below it; a slip has a view of its own where it must."""
        if self._screen is None:
            return
        self._say(self._screen, split=False)
        rest = self._place_code(content)
        if self.claims and not self._has_room(rest):
            self._say(self._screen, split=True)
            rest = content if self._code.isHidden() else self._place_code(content)
        self._place_rest(rest)
        self._place_bottom()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the box around the code."""
        super().paintEvent(event)
        if self._code.isHidden():
            return
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

    def _say(self, screen: ResultScreen, *, split: bool) -> None:
        """Say everything; when `split`, what belongs to the view that the customer has turned to."""
        paper = {
            PaperState.PRINTING: self.tr("Your receipt is being printed."),
            PaperState.PRINTED: self.tr("Please take your receipt."),
            PaperState.FAILED: self.tr("No paper. Photograph this screen."),
            None: "",
        }
        change = self.tr("Your change: {amount}, from the tray.")
        self._label.say(self.tr("Your release code"))
        self._code.say(grouped(screen.code))
        self._first.say(self.tr("1. Type it on the clamp. Press green."))
        self._second.say(self.tr("2. Put the clamp into the yellow box."))
        self._paper_news.say(paper[screen.paper])
        self._change.say(
            change.format(amount=money(screen.change_minor, screen.currency)) if screen.change_minor else ""
        )
        self.say_slip(apart=split)
        if not split:
            return
        if self.shown_claim is None:
            self.next_slip.say(self.tr("Your slip"))
            return
        if self.turns_back:
            self.next_slip.say(self.tr("Your code"))
        for words in (self._label, self._code, self._first, self._second, self._change):
            words.say("")

    def _place_code(self, content: QRectF) -> QRectF:
        """Place the code in its box, and return the room below."""
        theme = self.theme
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
            if many_lines or theme.panel.small or (self.claims and not theme.panel.tall)
            else self._label.wanted_height(content.width(), 1.0 if theme.panel.tall else 0.8)
        )
        if not label:
            self._label.say("")
        self._label.place(
            QRectF(content.left(), content.top(), content.width(), label), 1.0 if theme.panel.tall else 0.8
        )
        near = theme.mm(1.2) if label else 0.0
        self._box = QRectF(
            content.left(), content.top() + label + near, content.width(), code_height + 2 * pad * 0.6
        )
        self._code.place(self._box.adjusted(pad, pad * 0.6, -pad, -pad * 0.6))
        return content.adjusted(0, self._box.bottom() - content.top() + theme.mm(2), 0, 0)

    def _place_rest(self, rest: QRectF) -> None:
        """Words, the slip's code beside them; on an upright panel below them, with the machine."""
        theme = self.theme
        self._machine.setVisible(False)
        if not theme.panel.tall:
            room = rest.adjusted(0, 0, -self.place_slip_beside(rest), 0)
            stack(room, self._texts, theme.mm(0.8))
            return
        below = 0.0
        if self.slip.text:
            spare = rest.height() - theme.mm(16) - least_height(self._texts, rest.width(), theme.mm(4))
            below = max(self.slip.least_px, min(spare, theme.mm(_SLIP_MM))) + theme.mm(8)
        words = rest.adjusted(0, theme.mm(8), 0, -below)
        room = stack(words, self._texts, theme.mm(4), centred=False)
        room = room.adjusted(0, theme.mm(6), 0, below - theme.mm(2))
        if self.slip.text:
            self.slip.place(room.adjusted(0, 0, -room.width() * 0.5, 0))
            room = room.adjusted(room.width() * 0.5, 0, 0, 0)
        self._machine.setVisible(room.height() >= theme.mm(_LEAST_MACHINE_MM))
        self._machine.place(room)

    @property
    def _texts(self) -> tuple[Words, ...]:
        return (self._first, self._second, self._paper_news, self._change, *self.slip_words)

    def _has_room(self, rest: QRectF) -> bool:
        """Whether all words and the slip's code fit below the release code."""
        least = self.slip.least_px
        tall = self.theme.panel.tall
        gap = self.theme.mm(4 if tall else 0.8)
        width = rest.width() if tall else rest.width() - self.slip_width(rest)
        height = least_height(self._texts, width, gap)
        if tall:
            return bool(height + self.theme.mm(16) + least <= rest.height())
        return max(height, least) <= rest.height()
