"""Coins go in and the amount counts down; the machine shows where, and which coins it takes now."""

from PySide6.QtCore import QRectF

from kiosk.flows.events import CancelPressed
from kiosk.flows.screens import ChangeNotice, PayScreen
from kiosk.ui.components.coins import Coins
from kiosk.ui.components.flow import stack
from kiosk.ui.components.front import Front, PartKind
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.press import Kind
from kiosk.ui.components.words import firm
from kiosk.ui.pages.page import Page, money
from kiosk.ui.theme import BOLD, Style


class PayPage(Page[PayScreen]):
    """The amount, the meter, the notice, the machine, the coins; Cancel."""

    step = 3

    def build(self) -> None:
        """All parts, once."""
        theme = self.theme
        self._label = self.words(theme.body)
        self._amount = self.words(theme.amount(30 if theme.panel.tall else theme.text_mm * 3))
        self._meter = Meter(self, theme, theme.text_mm)
        self._paid = self.words(Style(theme.text_mm, theme.least_mm, money=True, wrap=False))
        self._notice = self.words(Style(theme.text_mm * 0.9, theme.least_mm, BOLD, leading=1.45))
        self._machine = Front(self, theme, self.front)
        self._coins = Coins(self, theme)
        self._cancel = self.button(Kind.SECOND, self.tr("Cancel, coins back"), self.backward)
        self.left = [self._cancel]

    def render_screen(self, screen: PayScreen) -> None:
        """Show how much is still to pay, or that the payment is being stopped."""
        subject = firm(screen.subject)
        self.strip.title.say(self.tr("Clamp {subject}").format(subject=subject), subject)
        self._meter.fill(screen.kept_minor / screen.total_minor if screen.total_minor else 1.0)
        kept, total = money(screen.kept_minor, screen.currency), money(screen.total_minor, screen.currency)
        self._paid.say(self.tr("{kept} of {total} paid").format(kept=kept, total=total))
        self._cancel.say(self._cancel_words(screen))
        self._cancel.setVisible(not screen.stopping)
        if screen.stopping:
            self._say_stopping(screen)
        else:
            self._say_paying(screen)
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
        if theme.panel.tall:
            rest = stack(content, (*amount, self._notice), theme.mm(5), centred=False)
            coins = self._coins.wanted_height(content.width(), 1.0)
            self._coins.place(QRectF(rest.left(), content.bottom() - coins, rest.width(), coins))
            self._machine.place(rest.adjusted(0, theme.mm(4), 0, -coins - theme.mm(7)))
            return
        notice = min(self._notice.wanted_height(content.width(), 1.0), content.height() * 0.32)
        self._notice.place(QRectF(content.left(), content.bottom() - notice, content.width(), notice))
        room = content.adjusted(0, 0, 0, -notice - gap)
        left = room.adjusted(0, 0, -room.width() * 0.48, 0)
        right = room.adjusted(room.width() * 0.55, theme.mm(1), 0, 0)
        stack(left, amount, gap)
        coins = min(self._coins.wanted_height(right.width(), 1.0), right.height() * 0.42)
        self._coins.place(QRectF(right.left(), right.bottom() - coins, right.width(), coins))
        self._machine.place(right.adjusted(0, 0, 0, -coins - gap))

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
