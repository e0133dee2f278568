"""The front of the machine: coin slot, tray and scanner, with the numbers that stand there."""

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit

from parking.money import amount_text
from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.devices.coin_line import CASH_BOX, SimulatedCoinLine, value_minor
from simulator.panel.look import BOLD, SMALL_PX, coin_name, font
from simulator.panel.parts import CoinButton, Heap, Push, Section, row, words
from simulator.street_file import ClampTable

COIN_SLOT, SCANNER, RECEIPT, TRAY = 1, 2, 3, 4
"""The numbers on the terminal's front."""

SCANNED_RUBBISH = b"\x1b@\x00\xff\x13\x88"
"""A barcode that was torn: bytes that are no text, and no end."""

_SMALL_COINS_MINOR = (5, 2, 1, 500)
_NAME_PX = 96


class CoinSlot(Section):
    """The slot: every coin of the acceptor's table, and one that it does not know."""

    def __init__(self, coins: SimulatedCoinLine) -> None:
        super().__init__("Coin slot", COIN_SLOT)
        self._coins = coins
        known = sorted({coin.coin_minor for coin in coins.acceptor.coins}, reverse=True)
        foreign = next(coin_minor for coin_minor in _SMALL_COINS_MINOR if coin_minor not in known)
        self.buttons = tuple(CoinButton(coin_minor, self._drop) for coin_minor in (*known, foreign))
        self.last = words("Nothing dropped yet.")
        self.last.setWordWrap(True)
        line = row(*self.buttons)
        line.addSpacing(6)
        line.addWidget(self.last, 1)
        self.add(line)
        self.refresh()

    def refresh(self) -> None:
        """Show what the slot takes now."""
        let_in = self._coins.lets_in
        for button in self.buttons:
            button.show_state(is_let_in=button.coin_minor in let_in)
        if self.badge is not None:
            self.badge.light(on=bool(let_in))
        self.say("Open" if let_in else "Closed: coins fall through to the tray")

    def _drop(self, coin_minor: int) -> None:
        fallen = self._coins.drop_coin(coin_minor)
        went = f"fell into {_into(fallen.place)}" if fallen.accepted else "came back"
        self.last.setText(f"{coin_name(coin_minor)} {went}.")


def _into(place: str) -> str:
    """Where a coin fell, in a sentence."""
    return f"the {place}" if place == CASH_BOX else place


class Tray(Section):
    """The tray: what the hoppers paid and what the slot gave back, until somebody takes it."""

    def __init__(self, coins: SimulatedCoinLine) -> None:
        super().__init__("Tray", TRAY)
        self._coins = coins
        self._change_taken: Counter[int] = Counter()
        self._returned_taken: Counter[int] = Counter()
        self.change = Heap("Paid out")
        self.returned = Heap("Back from the slot")
        self.change_value, self.returned_value = words(bold=True), words(bold=True)
        self.take_change = Push(
            "Take",
            "Take the coins that the hoppers have paid out.",
            self._take_change,
            name="Take the change",
        )
        self.take_returned = Push(
            "Take", "Take the coins that fell through.", self._take_returned, name="Take the returned coins"
        )
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        for number, things in enumerate(
            (
                (words("Paid out"), self.change_value, self.change, self.take_change),
                (words("Back from the slot"), self.returned_value, self.returned, self.take_returned),
            )
        ):
            for column, thing in enumerate(things):
                grid.addWidget(thing, number, column)
        for value in (self.change_value, self.returned_value):
            value.setMinimumWidth(72)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setContentsMargins(0, 0, 8, 0)
        self.add(grid)
        self.refresh()

    def refresh(self) -> None:
        """Show what lies there now."""
        where = self._coins.where()
        self.change.show_coins(where.paid_out - self._change_taken)
        self.returned.show_coins(where.returned - self._returned_taken)
        for heap, value, take in (
            (self.change, self.change_value, self.take_change),
            (self.returned, self.returned_value, self.take_returned),
        ):
            value.setText(amount_text(value_minor(heap.coins)))
            take.setEnabled(bool(heap.coins))
        if self.badge is not None:
            self.badge.light(on=bool(self.change.coins or self.returned.coins))

    def _take_change(self) -> None:
        self._change_taken += self.change.coins
        self.refresh()

    def _take_returned(self) -> None:
        self._returned_taken += self.returned.coins
        self.refresh()


class Scanner(Section):
    """The scanner, and the clamps that can be held before it, with the codes that take them off.

    `fit` puts a clamp on a car again; it says what became of that by `say`.
    """

    def __init__(
        self, scanner: SimulatedScanner, clamps: tuple[ClampTable, ...], fit: Callable[[ClampTable], object]
    ) -> None:
        super().__init__("Scanner", SCANNER)
        self._scanner = scanner
        self._fit = fit
        self.free = QLineEdit()
        self.free.setFont(font())
        self.free.setPlaceholderText("any other text")
        self.free.setAccessibleName("Text to scan")
        self.free.setToolTip("A barcode with this text; Enter scans it.")
        self.free.returnPressed.connect(self._scan_free)
        self.free_scan = Push("Scan", "Hold a barcode with this text before the scanner.", self._scan_free)
        self.rubbish = Push(
            "Scan a torn one", "The scanner reads bytes that are no text.", self._scan_rubbish
        )
        self.scans = tuple(self._scan_button(clamp) for clamp in clamps)
        self.fits = tuple(self._fit_button(clamp) for clamp in clamps)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(2, 1)
        for column, text in enumerate(("Scan a clamp", "Fine", "Codes, in order of use")):
            grid.addWidget(words(text, SMALL_PX), 0, column)
        for number, clamp in enumerate(clamps):
            grid.addWidget(self.scans[number], number + 1, 0)
            grid.addWidget(words(amount_text(clamp.total_minor)), number + 1, 1)
            codes = words("  ·  ".join(clamp.codes), code=True)
            codes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(codes, number + 1, 2)
            grid.addWidget(self.fits[number], number + 1, 3)
        self.add(grid)
        line = row(self.free, self.free_scan, self.rubbish)
        line.setStretch(0, 1)
        self.add(line)

    def set_power(self, *, on: bool) -> None:
        """Without power nothing is scanned."""
        for thing in (*self.scans, self.free, self.free_scan, self.rubbish):
            thing.setEnabled(on)

    def _scan_button(self, clamp: ClampTable) -> Push:
        fine = ", ".join(text for text, _ in clamp.fine)
        button = Push(
            clamp.identifier,
            f"Hold clamp {clamp.identifier} before the scanner ({clamp.plate or 'no plate'}: {fine}).",
            lambda: self._scan(clamp.identifier),
            name=f"Scan {clamp.identifier}",
        )
        button.setFont(font(weight=BOLD, code=True))
        button.setMinimumWidth(_NAME_PX)
        return button

    def _fit_button(self, clamp: ClampTable) -> Push:
        return Push(
            "Fit again",
            f"Clamp {clamp.identifier} is put on a car again, with the same fine; its next code opens it.",
            lambda: self._fit(clamp),
            name=f"Fit {clamp.identifier} again",
        )

    def _scan(self, text: str) -> None:
        self._scanner.scan(text)
        self.say(f"Scanned {text}")

    def _scan_free(self) -> None:
        if self.free.text():
            self._scan(self.free.text())

    def _scan_rubbish(self) -> None:
        self._scanner.scan_bytes(SCANNED_RUBBISH + b"\r")
        self.say("Scanned a torn barcode")
