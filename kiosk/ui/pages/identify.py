"""The customer types the number on the clamp, or holds its barcode to the scanner.

For a clamp that was paid here already the number of the receipt is asked for, on a page of digits; then its
code is shown again.

The typed text lives here until it is sent. The keys are those of a clamp: no I, O and Q; typed on a keyboard
they are read as 1, 0 and 0, as they stand on the clamp.
"""

from string import ascii_uppercase

from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen

from kiosk.flows.events import BackPressed, Entered, ReceiptEntered, Touched
from kiosk.flows.screens import IdentifyScreen
from kiosk.ui.components.flow import stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.keypad import DIGIT_ROWS, HYPHEN, LETTER_ROWS, ROWS, Keypad
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page
from kiosk.ui.theme import Style
from parking.facts import RefusalReason
from parking.identifiers import DIGITS, LETTERS

LONGEST_TYPED = 16
LONGEST_RECEIPT = 20
_ON_NO_CLAMP = "IOQ"
_TELL_EVERY_MS = 1000
"""So often the session is told that somebody is typing, at most."""
_AS_ON_THE_CLAMP = str.maketrans({"I": "1", "O": "0", "Q": "0"})
_ASKS_FOR_RECEIPT = {RefusalReason.PAID_HERE, RefusalReason.WRONG_RECEIPT}
_HEADLINE, _DETAIL = 0, 1


class IdentifyPage(Page[IdentifyScreen]):
    """The field, the keys; on an upright panel the scanner too."""

    step = 1
    air = 0.35

    def build(self) -> None:
        """Make all keys, once."""
        theme = self.theme
        self.text = ""
        self._sent = False
        self._told = QTimer(self)
        self._told.setSingleShot(True)
        self._problem: tuple[str, str] | None = None
        self._for_receipt = False
        self._subject = ""
        small, tall = theme.panel.small, theme.panel.tall
        self._letters = not small
        self._field = QRectF()
        self._question = self.words(theme.heading)
        self._typed = self.words(theme.typed(theme.text_mm * (1.7 if tall else 1.35)))
        # The field of a small panel stands in its top strip: three lines must fit there.
        least_mm, leading = (theme.least_mm * 0.8, 1.25) if small else (theme.least_mm, 1.5)
        self._hint = self.words(Style(theme.text_mm * 0.86, least_mm, leading=leading))
        self._news = self.words(Style(theme.text_mm, least_mm, leading=leading), "on_attention")
        self._scan = Front(self, theme, self.front)
        self._scan.setVisible(tall)
        self._keys = Keypad(self, theme, DIGIT_ROWS + LETTER_ROWS if small else ROWS, dead=_ON_NO_CLAMP)
        self._keys.name(self.tr("Delete"), self.tr("Clear"))
        self._keys.connect(self.typed, self.erase, self.clear)
        self._other = self.button(Kind.SECOND, self.tr("ABC"), self._switch)
        self._other.setVisible(small)
        self._next = self.button(Kind.FORWARD, self.tr("Next"), self.forward)
        self._back = self.button(Kind.SECOND, self.tr("Back"), self.backward)
        self.left, self.right = [self._back, self._other], [self._next]

    @property
    def strip_mm(self) -> float:
        """On a small panel the field stands in the top strip."""
        return 16.5 if self.theme.panel.small else self.theme.strip_mm

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 Qt's name
        """The next touch of this page is told at once."""
        self._told.stop()
        super().hideEvent(event)

    def arrive(self) -> None:
        """A new customer begins with an empty field."""
        self.text = ""
        self._sent = False
        if self.theme.panel.small:
            self._letters = False

    def render_screen(self, screen: IdentifyScreen) -> None:
        """Show the question, or why the last answer led nowhere."""
        for_receipt = screen.problem in _ASKS_FOR_RECEIPT
        if self._sent or for_receipt != self._for_receipt:
            self.text = ""
            self._sent = False
        self._for_receipt = for_receipt
        self._back.say(self.tr("Another clamp") if for_receipt else self.tr("Back"))
        self._other.setVisible(self.theme.panel.small and not for_receipt)
        self._subject = firm(screen.subject)
        self._problem = None if screen.problem is None else self._words_for(screen.problem, screen)
        self._scan.point_at(
            PartKind.SCANNER,
            here=self.tr("this screen"),
            spoken=self.tr("The scanner is part 2 of the front."),
        )
        self._say()

    def arrange(self, content: QRectF) -> None:
        """Field above, keys below; between them the scanner where there is room."""
        theme = self.theme
        panel = theme.panel
        if panel.small:
            left = theme.mm(theme.margin_mm + self.strip_mm)
            self._field = QRectF(
                left, theme.mm(1.5), self.width() - left - theme.mm(2), theme.mm(self.strip_mm - 3)
            )
            self._place_keys(
                QRectF(
                    0,
                    theme.mm(self.strip_mm),
                    self.width(),
                    self.height() - theme.mm(self.strip_mm + theme.bottom_mm),
                )
            )
        elif panel.tall:
            keys_height = theme.mm(4 * 25)
            keys = QRectF(content.left(), content.bottom() - keys_height, content.width(), keys_height)
            self._place_keys(keys)
            field_height = theme.mm(30)
            above = content.adjusted(0, theme.mm(4), 0, -keys_height - field_height - theme.mm(6))
            self._field = QRectF(
                content.left(), keys.top() - field_height - theme.mm(5), content.width(), field_height
            )
            rest = stack(above, (self._question, self._news, self._hint), theme.mm(5), centred=False)
            self._scan.place(rest.adjusted(0, theme.mm(3), 0, -theme.mm(6)))
        else:
            keys_height = theme.mm(3 * 19 if self._for_receipt else 4 * 18.2)
            keys = QRectF(content.left(), content.bottom() - keys_height, content.width(), keys_height)
            self._place_keys(keys)
            self._field = QRectF(
                content.left(), content.top(), content.width(), keys.top() - content.top() - theme.mm(1.2)
            )
        self._place_in_field()

    def forward(self) -> None:
        """Send what was typed; the session says what is wrong with it."""
        self._sent = True
        self.post(ReceiptEntered(self.text) if self._for_receipt else Entered(self.text))

    def backward(self) -> None:
        """One question back."""
        self.post(BackPressed())

    def typed(self, text: str) -> None:
        """Add a character that a clamp (or a receipt's number) carries, while there is room."""
        character, known = text.upper(), ascii_uppercase + DIGITS + HYPHEN
        if not self._for_receipt:
            character, known = character.translate(_AS_ON_THE_CLAMP), LETTERS + DIGITS + HYPHEN
        if len(character) == 1 and character in known and len(self.text) < self._longest:
            self._write(self.text + character)

    def erase(self) -> None:
        """Take the last character away."""
        self._write(self.text[:-1])

    def clear(self) -> None:
        """Empty the field."""
        self._write("")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the field's frame and the mark where the next character goes."""
        super().paintEvent(event)
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = theme.line_mm * 1.4
        in_field = self._news.isVisibleTo(self) and not theme.panel.tall
        painter.setPen(QPen(theme.colour("ink"), theme.mm(line)))
        painter.setBrush(theme.colour("attention" if in_field else "paper"))
        corner = theme.mm(theme.corner_mm)
        painter.drawRoundedRect(theme.inset(self._field, line / 2), corner, corner)
        if self._news.isVisibleTo(self) and theme.panel.tall:
            painter.setPen(QPen(theme.colour("attention"), 0))
            painter.setBrush(theme.colour("attention"))
            painter.drawRoundedRect(
                self._news.room.adjusted(-theme.mm(3), -theme.mm(1), theme.mm(3), theme.mm(1)),
                corner,
                corner,
            )
        if not in_field and len(self.text) < self._longest:
            tall = self._field.height() * 0.6
            x = self._field.left() + theme.mm(5)
            if self.text:
                x += self._typed.setting.widest + theme.mm(1)
            painter.fillRect(
                QRectF(x, self._field.center().y() - tall / 2, theme.mm(1.1), tall), theme.colour("sign")
            )

    def _write(self, text: str) -> None:
        if not self._told.isActive():
            self.post(Touched())
            self._told.start(_TELL_EVERY_MS)
        self.text = text
        self._say()
        self.relayout()

    def _say(self) -> None:
        """Say question, typed text, hint and news, each where it belongs now."""
        panel = self.theme.panel
        question = self.tr("Number on the yellow clamp?")
        typing = self.tr("or hold its barcode to the scanner")
        asking = self.tr("Type it, or hold its barcode to the scanner.")
        if self._for_receipt:
            question = self.tr("Number of your receipt?")
            typing = asking = self.tr("The last digits are enough.")
        news = self._problem if not self.text else None
        self._typed.say(self.text, self.text)
        self._news.say("")
        self._hint.say(typing if self.text else asking)
        title = news[_HEADLINE] if news else question
        if news:
            self._hint.say("")
            self._news.say(news[_DETAIL], self._subject)
        if panel.small:
            self.strip.title.say("")
            self.strip.step = 0
            if news:
                self._news.say(f"{news[_HEADLINE]} {news[_DETAIL]}", self._subject)
            elif not self.text:
                self._hint.say(f"{question}\n{self._hint.text}")
        elif panel.tall:
            self.strip.title.say(self.tr("Remove a wheel clamp"))
            self._question.say(title, self._subject)
            self._hint.say("" if news and self._for_receipt else asking)
        else:
            self.strip.title.say(title, self._subject)
        if self.text and panel.small:
            self._hint.say("")

    def _place_in_field(self) -> None:
        theme = self.theme
        air = theme.mm(0.4 if theme.panel.small else 1.2)
        inner = self._field.adjusted(theme.mm(5), air, -theme.mm(4), -air)
        if theme.panel.tall:
            self._typed.place(inner)
            return
        if not self.text:
            indent = 0.0 if self._news.text else theme.mm(4)
            inner = inner.adjusted(indent, 0, 0, 0)
            self._news.place(inner)
            self._hint.place(inner)
            return
        self._typed.place(inner)
        used = self._typed.setting.widest + theme.mm(8)
        rest = inner.adjusted(used, 0, 0, 0)
        one_line = min(1.0, rest.width() / max(1.0, self._hint.wanted_width()))
        if not self._hint.text:
            return
        if self._hint.style_.cap_mm * one_line < theme.least_mm:
            self._hint.say("")
            return
        width = self._hint.wanted_width(one_line) + 2
        self._hint.place(QRectF(inner.right() - width, inner.top(), width, inner.height()), one_line)

    def _switch(self) -> None:
        """On a small panel: from digits to letters and back."""
        self._letters = not self._letters
        self.relayout()

    @property
    def _longest(self) -> int:
        return LONGEST_RECEIPT if self._for_receipt else LONGEST_TYPED

    def _rows(self) -> tuple[str, ...]:
        if self._for_receipt:
            return DIGIT_ROWS
        if not self.theme.panel.small:
            return ROWS
        return LETTER_ROWS if self._letters else DIGIT_ROWS

    def _place_keys(self, room: QRectF) -> None:
        if self.theme.panel.small:
            self._other.say(self.tr("123") if self._letters else self.tr("ABC"))
        self._keys.place(room, self._rows())

    def _words_for(self, problem: RefusalReason, screen: IdentifyScreen) -> tuple[str, str]:
        """The news and what it means: what happened, what about the money, what now, who helps."""
        subject, phone = screen.subject, screen.phone
        words = {
            RefusalReason.UNREADABLE: (
                self.tr("Please look at the clamp again."),
                self.tr("Its number has 3 to 12 letters and digits. Or call {phone}."),
            ),
            RefusalReason.UNKNOWN: (
                self.tr("We do not know {subject}."),
                self.tr("No money was taken. Type it again, or call {phone}."),
            ),
            RefusalReason.NOTHING_DUE: (
                self.tr("Nothing to pay for {subject}."),
                self.tr("No money was taken. Is it still locked? Call {phone}."),
            ),
            RefusalReason.TAKEN: (
                self.tr("{subject} is being paid elsewhere."),
                self.tr("No money was taken here. Try again later, or call {phone}."),
            ),
            RefusalReason.NO_CODE: (
                self.tr("We cannot release {subject} now."),
                self.tr("So we take no money. Please call {phone}."),
            ),
            RefusalReason.NO_COINS: (
                self.tr("Coins cannot be taken now."),
                self.tr("No money was taken. Use another terminal, or call {phone}."),
            ),
            RefusalReason.PAID_HERE: (
                self.tr("{subject} is paid here already."),
                self.tr("Scan the receipt, or type its number, to see the code. The last digits are enough."),
            ),
            RefusalReason.WRONG_RECEIPT: (
                self.tr("This is not the receipt of {subject}."),
                self.tr("Scan it again, or type its number again. Or call {phone}."),
            ),
        }
        headline, detail = words[problem]
        return headline.format(subject=firm(subject)), detail.format(phone=firm(phone))
