"""The start screen: what the terminal does, what it takes and gives now, the time, and who helps."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QMarginsF, QRectF, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent

from kiosk.flows.events import LineChosen
from kiosk.flows.screens import Offer, StartScreen
from kiosk.ui.components.icons import Icon
from kiosk.ui.components.press import Button, Kind
from kiosk.ui.components.words import Words
from kiosk.ui.pages.page import Page
from kiosk.ui.theme import BOLD, Style

_CLOCK_LOOKS_MS = 1000
_NEAR_MM, _APART_MM = 2.5, 8
_Offer = tuple[Words, Words]
"""What is offered, and why it is not."""


class StartPage(Page[StartScreen]):
    """Tiles, offers, clock."""

    now: Callable[[], datetime] | None = None
    """Civil time; the window sets it."""

    def build(self) -> None:
        """Tiles come with the screens; the clock looks once a second while the page is seen."""
        self._tiles: dict[str, Button] = {}
        self._lines: tuple[str, ...] = ()
        self._offers: list[_Offer] = []
        theme = self.theme
        self._slips = self.words(Style(theme.text_mm * 0.86, theme.least_mm, leading=1.5))
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK_LOOKS_MS)
        self._clock.timeout.connect(self._look_at_clock)

    def render_screen(self, screen: StartScreen) -> None:
        """Show the tiles of these lines and the offers."""
        title = self.tr("Terminal {terminal} · {place}").format(terminal=screen.terminal, place=screen.place)
        self.strip.title.say(title, screen.terminal)
        self._lines = screen.lines
        for line in screen.lines:
            if line not in self._tiles:
                self._tiles[line] = self._tile(line)
        for line, tile in self._tiles.items():
            tile.setVisible(line in screen.lines)
        self._say_offers(screen.offers)
        self._slips.say(self.tr("Have a slip from us? Scan it for your money.") if screen.slips else "")
        self.help_by_phone(screen.phone)
        self._look_at_clock()

    def arrange(self, content: QRectF) -> None:
        """Tiles side by side, or below each other on an upright panel; slips and the offers under them."""
        theme = self.theme
        tiles = [self._tiles[line] for line in self._lines]
        offers_height = self._place_offers(content)
        gap = theme.mm(4)
        offers_height += self._place_slips(content.adjusted(0, 0, 0, -offers_height))
        room = content.adjusted(0, theme.mm(theme.margin_mm * 0.4), 0, -offers_height - gap)
        across = 1 if theme.panel.tall else max(1, len(tiles))
        down = -(-len(tiles) // across) if tiles else 1
        width = (room.width() - (across - 1) * gap) / across
        height = (room.height() - (down - 1) * gap) / down
        edge = theme.mm(theme.margin_mm)
        for number, tile in enumerate(tiles):
            row, column = divmod(number, across)
            drawn = QRectF(
                room.left() + column * (width + gap), room.top() + row * (height + gap), width, height
            )
            reach = QMarginsF(
                edge if column == 0 else gap / 2, 0, edge if column == across - 1 else gap / 2, gap / 2
            )
            tile.place(drawn, reach)

    def forward(self) -> None:
        """OK chooses where there is but one choice."""
        if len(self._lines) == 1:
            self.post(LineChosen(self._lines[0]))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 Qt's name
        """The clock goes while it is seen."""
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 Qt's name
        """Nobody looks at the clock."""
        self._clock.stop()
        super().hideEvent(event)

    def _tile(self, line: str) -> Button:
        theme = self.theme
        names = {"release": self.tr("Remove a wheel clamp")}
        tile = Button(self, theme, Kind.TILE, names.get(line, line), Icon.CLAMP)
        tall = theme.panel.tall
        tile.restyle(Style(theme.text_mm * (2.2 if tall else 1.9), theme.text_mm, BOLD, leading=1.6))
        tile.clicked.connect(lambda: self.post(LineChosen(line)))
        return tile

    def _say_offers(self, offers: tuple[Offer, ...]) -> None:
        names = {
            "coins": self.tr("Coins"),
            "change": self.tr("Change"),
            "receipt": self.tr("Receipt"),
        }
        reasons = {
            "coins": self.tr("no coins now"),
            "change": self.tr("exact coins only"),
            "receipt": self.tr("no paper"),
        }
        plain = Style(self.theme.text_mm, self.theme.least_mm, wrap=False)
        while len(self._offers) < len(offers):
            self._offers.append((self.words(self.theme.money), self.words(plain)))
        for name, reason in self._offers[len(offers) :]:
            name.say("")
            reason.say("")
        for offer, (name, reason) in zip(offers, self._offers, strict=False):
            name.say(names.get(offer.name, offer.name), struck=not offer.available)
            reason.say("" if offer.available else reasons.get(offer.name, ""))

    def _place_slips(self, above: QRectF) -> float:
        """Place the words about slips at the bottom, on one line if it can be; return their height in px."""
        if not self._slips.text:
            return 0.0
        width = above.width()
        scale = min(1.0, width / (self._slips.wanted_width() + 2))
        height = self._slips.wanted_height(width, scale)
        self._slips.place(QRectF(above.left(), above.bottom() - height, width, height), scale)
        return height

    def _place_offers(self, content: QRectF) -> float:
        """Place the offers at the bottom, in few rows, smaller if they must be; return the height in px."""
        theme = self.theme
        offers = [pair for pair in self._offers if pair[0].text]
        most = len(offers) if theme.panel.tall else 2
        scale = 1.0
        rows = self._rows(offers, content.width(), scale)
        while (len(rows) > most or self._widest(rows, scale) > content.width()) and scale > 0.5:  # noqa: PLR2004 smaller than the least
            scale -= 0.03
            rows = self._rows(offers, content.width(), scale)
        height = max((name.wanted_height(content.width(), scale) for name, _reason in offers), default=0.0)
        top = content.bottom() - height * len(rows)
        for row in rows:
            x = content.left()
            for pair in row:
                for words in (word for word in pair if word.text):
                    width = words.wanted_width(scale) + 2
                    words.place(QRectF(x, top, width, height), scale)
                    x += width + theme.mm(_NEAR_MM)
                x += theme.mm(_APART_MM - _NEAR_MM)
            top += height
        return height * len(rows)

    def _rows(self, offers: list[_Offer], width: float, scale: float) -> list[list[_Offer]]:
        """The offers in rows of at most this width, in px."""
        rows: list[list[_Offer]] = []
        for offer in offers:
            if rows and self._widest([[*rows[-1], offer]], scale) <= width:
                rows[-1].append(offer)
            else:
                rows.append([offer])
        return rows

    def _widest(self, rows: list[list[_Offer]], scale: float) -> float:
        near, apart = self.theme.mm(_NEAR_MM), self.theme.mm(_APART_MM)
        return max(
            (
                sum(word.wanted_width(scale) + 2 + near for pair in row for word in pair if word.text)
                + (apart - near) * (len(row) - 1)
                - near
                for row in rows
            ),
            default=0.0,
        )

    def _look_at_clock(self) -> None:
        if self.now is None:
            return
        moment = self.now()
        text = f"{moment:%H:%M}"
        if text != self.strip.clock.text:
            self.strip.clock.say(text)
            self.strip.arrange()
