"""What pages share that speak of claim slips: the slip shown, which of several, and why one is refused."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF

from kiosk.flows.events import Touched
from kiosk.flows.screens import ClaimShown, PaperState
from kiosk.ui.components.press import Button, Kind
from kiosk.ui.components.slip import SlipCode
from kiosk.ui.components.words import Words, firm
from kiosk.ui.pages.page import Page, ScreenShown, money
from kiosk.ui.theme import BOLD, Style
from parking.claims import ClaimRefusal
from parking.money import Currency

_LARGEST_MM = 62
"""A larger code is not read any better."""


class SlipPage(Page[ScreenShown]):
    """A page that shows what we owe: amount, number and code of one slip, and the way to the next."""

    def build_slip(self, cap_mm: float) -> None:
        """Make the parts of a slip, with words of this height in mm."""
        theme = self.theme
        self.slip = SlipCode(self, theme)
        self.owed = self.words(Style(cap_mm, theme.least_mm, BOLD, leading=1.5))
        self.slip_number = self.words(Style(cap_mm * 0.86, theme.least_mm, leading=1.5))
        self.keep = self.words(Style(cap_mm * 0.86, theme.least_mm, leading=1.5))
        self.next_slip: Button = self.button(Kind.SECOND, self.tr("Next slip"), self.turn)
        self.claims: tuple[ClaimShown, ...] = ()
        self.shown_claim: ClaimShown | None = None
        """The slip that is shown now; None when nothing is owed."""
        self.turns_back = False
        """Whether the next view is the first one again, with the rest of the page."""
        self._turned = 0

    @property
    def slip_words(self) -> tuple[Words, ...]:
        """The words that stand beside the code."""
        return (self.owed, self.slip_number, self.keep)

    def arrive(self) -> None:
        """The next customer begins with the newest slip."""
        self._turned = 0

    def turn(self) -> None:
        """Show the next slip. Who turns pages is still there."""
        self._turned += 1
        self.post(Touched())
        self.relayout()

    def take_claims(self, claims: Sequence[ClaimShown], currency: Currency, paper: PaperState | None) -> None:
        """Take over what is owed, the newest first."""
        self.claims = tuple(reversed(claims))
        self._currency, self._paper_state = currency, paper

    def say_slip(self, *, apart: bool = False) -> None:
        """Say what belongs to the slip that is shown now.

        `apart`: the slips have views of their own, before them comes a view with the rest of the page; there
        `shown_claim` is None and only the amount is said.
        """
        views = len(self.claims) + apart
        place = self._turned % max(1, views) - apart
        self.shown_claim = self.claims[place] if self.claims and place >= 0 else None
        self.turns_back = apart and place == len(self.claims) - 1
        self.next_slip.setVisible(views > 1)
        self.next_slip.say(self.tr("Next slip"))
        self.slip.say("", "")
        for words in self.slip_words:
            words.say("")
        if self.shown_claim is not None:
            self._say_claim(self.shown_claim, place + 1)
        elif self.claims:
            owed_minor = sum(claim.amount_minor for claim in self.claims)
            self._say_owed(owed_minor)

    def _say_claim(self, claim: ClaimShown, place: int) -> None:
        number = firm(claim.number)
        self.slip.say(claim.slip, self.tr("The code of slip {number}").format(number=claim.number))
        self._say_owed(claim.amount_minor)
        words = self.tr("Slip {number}")
        if len(self.claims) > 1:
            words = self.tr("Slip {number}, {place} of {all}")
        self.slip_number.say(words.format(number=number, place=place, all=len(self.claims)), number)
        self.keep.say(
            self.tr("Photograph it. It pays at any terminal, or gives coins.")
            if self._paper_state is PaperState.FAILED
            else self.tr("Keep the slip. It pays at any terminal, or gives coins.")
        )

    def _say_owed(self, amount_minor: int) -> None:
        self.owed.say(self.tr("We owe you {amount}.").format(amount=money(amount_minor, self._currency)))

    def slip_width(self, room: QRectF) -> float:
        """How much of the room's width, in px, the code takes at its right; 0 when there is none."""
        if not self.slip.text:
            return 0.0
        side = min(room.height(), room.width() * 0.4, self.theme.mm(_LARGEST_MM))
        return max(side, self.slip.least_px) + self.theme.mm(3)

    def place_slip_beside(self, room: QRectF) -> float:
        """Place the code at the right of the room, and return how much of the width it takes, in px."""
        wide = self.slip_width(room)
        if wide:
            left = room.right() - wide + self.theme.mm(3)
            self.slip.place(QRectF(left, room.top(), room.right() - left, room.height()))
        return wide


class SlipReasonsPage(Page[ScreenShown]):
    """A page that can say why a slip is not taken."""

    def reason_words(self, reason: ClaimRefusal, phone: str) -> tuple[str, str]:
        """What happened, and what the customer can do."""
        words = {
            ClaimRefusal.UNREADABLE: (
                self.tr("We cannot read this slip."),
                self.tr("Hold its square code flat before the scanner. Or call {phone}."),
            ),
            ClaimRefusal.FORGED: (
                self.tr("We do not know this slip."),
                self.tr("A new slip may take a while. Try later, or call {phone}."),
            ),
            ClaimRefusal.UNKNOWN_ISSUER: (
                self.tr("We are offline and cannot check this slip."),
                self.tr("Try it when we are connected, or call {phone}."),
            ),
            ClaimRefusal.REDEEMED: (
                self.tr("This slip has been used."),
                self.tr("Its money was given once already. Not by you? Call {phone}."),
            ),
            ClaimRefusal.HELD: (
                self.tr("Another terminal has this slip now."),
                self.tr("Your money is safe. Go on there, or try again later."),
            ),
            ClaimRefusal.UNCHECKED: (
                self.tr("We must check this slip first."),
                self.tr("Your money is safe. Try later, or call {phone}."),
            ),
            ClaimRefusal.OTHER_CURRENCY: (
                self.tr("This slip is for another currency."),
                self.tr("It keeps its worth. Use it where you got it."),
            ),
            ClaimRefusal.NO_COINS: (
                self.tr("We have no coins for this slip now."),
                self.tr("It keeps its worth. Pay with it, or use another terminal."),
            ),
            ClaimRefusal.LET_GO: (
                self.tr("This slip was not used."),
                self.tr("It keeps its worth. You can scan it again."),
            ),
        }
        headline, detail = words[reason]
        return headline, detail.format(phone=firm(phone))
