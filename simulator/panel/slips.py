"""The slips in the customer's pocket: those that were printed, and those photographed on the screen.

A slip stays in the pocket when its paper is taken, and when it has been used: trying it twice is what pockets
are for.
"""

from collections.abc import Callable

from parking.claims import SignedClaim
from parking.money import amount_text
from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.panel.parts import Push, Section, equal_row
from simulator.slips import what_it_says

MOST = 4
"""So many slips can be seen; an older one is thrown away."""


class Pocket(Section):
    """A button for each slip that holds it before the scanner, and one that photographs the screen.

    `photograph` is told that somebody wants a picture; what is on it comes by `put`.
    """

    def __init__(self, scanner: SimulatedScanner, photograph: Callable[[], object]) -> None:
        super().__init__("Slips in the pocket")
        self._scanner = scanner
        self.texts: list[str] = []
        self.photograph = Push(
            "Photograph the screen",
            "Read the slips that the terminal shows, as a telephone's camera does.",
            photograph,
        )
        self.top.addWidget(self.photograph)
        self.scans = tuple(self._button(place) for place in range(MOST))
        self.add(equal_row(*self.scans))
        self._describe()

    def put(self, texts: tuple[str, ...]) -> None:
        """These slips come into the pocket, to the front; the newest last."""
        for text in texts:
            self.texts = [text, *(other for other in self.texts if other != text)][:MOST]
        self._describe()

    def set_power(self, *, on: bool) -> None:
        """Without power nothing is scanned, and nothing is on the screen."""
        for thing in (*self.scans, self.photograph):
            thing.setEnabled(on)

    def _button(self, place: int) -> Push:
        return Push("-", "-", lambda: self._scan(place), name=f"Scan slip {place + 1} of the pocket")

    def _scan(self, place: int) -> None:
        text = self.texts[place]
        self._scanner.scan(text)
        said = what_it_says(text)
        self.say(f"Scanned {said.slip.number}" if said else "Scanned a slip")

    def _describe(self) -> None:
        for place, button in enumerate(self.scans):
            there = place < len(self.texts)
            button.setVisible(there)
            if there:
                _label(button, what_it_says(self.texts[place]))
        number = len(self.texts)
        self.say("Empty" if not number else "1 slip" if number == 1 else f"{number} slips")


def _label(button: Push, said: SignedClaim | None) -> None:
    """The amount, and as much of the number as distinguishes it at one terminal."""
    if said is None:
        button.setText("?")
        button.setToolTip("A slip that cannot be read.")
        return
    slip = said.slip
    button.setText(f"{amount_text(slip.amount_minor)} · {slip.number.rpartition('-')[2]}")
    button.setToolTip(f"Hold slip {slip.number} before the scanner.")
