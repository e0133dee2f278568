"""Coins go in, or slips, and the amount counts down; the machine shows where, and which coins it takes."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent

from kiosk.flows.events import CancelPressed
from kiosk.flows.screens import ChangeNotice, PayScreen
from kiosk.ui.components.coins import Coins
from kiosk.ui.components.flow import least_height, stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import money
from kiosk.ui.pages.slips import SlipReasonsPage
from kiosk.ui.theme import BOLD, Style

_NOTICES = 0.32
"""The part of the height that the notices take on a wide panel, unless their smallest size needs more."""


class PayPage(SlipReasonsPage[PayScreen]):
    """The amount, the meter, the notices about change and slips, the machine, the coins; Cancel."""

    step = 3

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        self._label = self.words(theme.body)
        self._amount = self.words(theme.amount(30 if theme.panel.tall else theme.text_mm * 3))
        self._meter = Meter(self, theme, theme.text_mm)
        self._paid = self.words(Style(theme.text_mm, theme.least_mm, money=True, wrap=False))
        self._notice = self.words(Style(theme.text_mm * 0.9, theme.least_mm, BOLD, leading=1.45))
        self._slip = self.words(Style(theme.text_mm * 0.9, theme.least_mm, leading=1.45))
        self._slip_news = self.words(
            Style(theme.text_mm * 0.9, theme.least_mm, BOLD, leading=1.45), "on_attention"
        )
        self._machine = Front(self, theme, self.front)
        self._coins = Coins(self, theme)
        self._cancel = self.button(Kind.SECOND, self.tr("Cancel, coins back"), self.backward)
        self.left = [self._cancel]

    def render_screen(self, screen: PayScreen) -> None:
        """Show how much is still to pay, or that the payment is being stopped."""
        subject, receipt = firm(screen.subject), firm(screen.receipt_number)
        title = self.tr("Clamp {subject} · Receipt {receipt}") if receipt else self.tr("Clamp {subject}")
        self.strip.title.say(title.format(subject=subject, receipt=receipt), subject, receipt)
        self._meter.fill(screen.kept_minor / screen.total_minor if screen.total_minor else 1.0)
        kept, total = money(screen.kept_minor, screen.currency), money(screen.total_minor, screen.currency)
        self._paid.say(self.tr("{kept} of {total} paid").format(kept=kept, total=total))
        self._cancel.say(self._cancel_words(screen))
        self._cancel.setVisible(not screen.stopping)
        if screen.stopping:
            self._say_stopping(screen)
        else:
            self._say_paying(screen)
        self._say_slip(screen)
        taken = [coin for coin in screen.coins if coin.accepted]
        spoken = self.tr("Coins taken now: {coins}").format(
            coins=", ".join(money(coin.coin_minor, screen.currency) for coin in taken)
        )
        self._coins.show_coins(screen.coins, screen.currency, spoken)

    def arrange(self, content: QRectF) -> None:
        """Amount and machine beside each other, the notice across; below each other on an upright panel."""
        theme = self.theme
        gap = theme.mm(3)
        amount = (self._label, self._amount, self._meter, self._paid)
        notices = (self._notice, self._slip, self._slip_news)
        if theme.panel.tall:
            rest = stack(content, (*amount, *notices), theme.mm(5), centred=False)
            coins = self._coins.wanted_height(content.width(), 1.0)
            self._coins.place(QRectF(rest.left(), content.bottom() - coins, rest.width(), coins))
            self._machine.place(rest.adjusted(0, theme.mm(4), 0, -coins - theme.mm(7)))
            return
        wanted = sum(words.wanted_height(content.width(), 1.0) for words in notices)
        height = max(min(wanted, content.height() * _NOTICES), least_height(notices, content.width(), 0.0))
        stack(content.adjusted(0, content.height() - height, 0, 0), notices, 0.0)
        room = content.adjusted(0, 0, 0, -height - gap)
        left = room.adjusted(0, 0, -room.width() * 0.48, 0)
        right = room.adjusted(room.width() * 0.55, theme.mm(1), 0, 0)
        stack(left, amount, gap)
        coins = min(
            self._coins.wanted_height(right.width(), 1.0),
            right.height() * (0.55 if theme.panel.small else 0.42),
        )
        self._coins.place(QRectF(right.left(), right.bottom() - coins, right.width(), coins))
        self._machine.place(right.adjusted(0, 0, 0, -coins - gap))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        """Draw the yellow ground of the news about a slip."""
        super().paintEvent(event)
        if not self._slip_news.text:
            return
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("attention"))
        corner = theme.mm(theme.corner_mm)
        painter.drawRoundedRect(self._slip_news.room.adjusted(-corner, 0, corner, 0), corner, corner)

    def backward(self) -> None:
        """The customer pays no further."""
        if not self._cancel.isHidden():
            self.post(CancelPressed())

    def _cancel_words(self, screen: PayScreen) -> str:
        """What pressing it brings: coins where they can be given, else a slip; nothing for nothing."""
        if screen.change is not ChangeNotice.EXACT_ONLY:
            return self.tr("Cancel, coins back")
        return self.tr("Cancel, get a slip") if screen.kept_minor else self.tr("Cancel")

    def _say_paying(self, screen: PayScreen) -> None:
        left_minor = max(0, screen.total_minor - screen.kept_minor)
        self._label.say(self.tr("Still to pay"))
        self._amount.say(money(left_minor, screen.currency))
        self._machine.point_at(
            PartKind.COIN_SLOT,
            here=self.tr("this screen"),
            spoken=self.tr("The coin slot is part 1 of the front."),
        )
        if screen.change is ChangeNotice.EXACT_ONLY:
            self._notice.say(self.tr("No change: exact coins only. If you cancel, you get a slip."))
        elif all(coin.accepted for coin in screen.coins):
            self._notice.say(self.tr("Change is available."))
        else:
            self._notice.say(self.tr("Change is available. Crossed-out coins are not taken now."))
        self.help.say("")

    def _say_slip(self, screen: PayScreen) -> None:
        """What can be done with a slip, what happens to the one that was shown, or why it is not taken."""
        self._slip.say("")
        self._slip_news.say("")
        if screen.stopping:
            return
        small = self.theme.panel.small
        if screen.claim_asked:
            self._slip.say(self.tr("We check your slip. You can go on with coins."))
        elif screen.claim_problem is not None:
            headline, what_now = self.reason_words(screen.claim_problem, screen.phone)
            self._slip_news.say(f"{headline} {what_now}")
        elif screen.slips and not small:
            self._slip.say(self.tr("You can also scan a slip from us."))
        if small and (self._slip.text or self._slip_news.text):
            self._notice.say("")  # there is room for one; the crossed-out coins say the other

    def _say_stopping(self, screen: PayScreen) -> None:
        self._label.say(self.tr("You get back"))
        self._amount.say(money(screen.kept_minor, screen.currency))
        self._machine.point_at(
            PartKind.TRAY,
            closed=(PartKind.COIN_SLOT,),
            here=self.tr("this screen"),
            spoken=self.tr("The tray is part 4 of the front."),
        )
        self._notice.say(self.tr("We stop taking coins. Please put no more in."))
        self.help_by_phone(screen.phone)
