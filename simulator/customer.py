"""A scripted customer in front of the terminal: looks at the screen, touches, drops coins, waits.

Speaks to the hand inside the terminal program (`hand.py`) and to the simulated devices. Each screen that is
reached is kept as a picture.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from simulator.slips import slips_on
from simulator.street import Street, StreetError

PATIENCE_S = 30.0
"""How long the customer waits for a screen; much longer than any terminal may take."""
GLANCE_S = 0.03

Seen = dict[str, Any]
"""A screen as the hand tells it: its name under `name`, and its values."""


class Customer:
    """One customer after the other, at one terminal. `pictures` is the folder for what is seen."""

    def __init__(self, street: Street, pictures: Path) -> None:
        self._street = street
        self._pictures = pictures
        self._taken = 0
        pictures.mkdir(parents=True, exist_ok=True)

    # --- the hand --------------------------------------------------------------------------------------

    def press(self, name: str) -> None:
        """Touch the button of this name."""
        self._order({"press": name})

    def type(self, text: str) -> None:
        """Touch the keys of the on-screen keypad."""
        self._order({"type": text})

    def key(self, name: str) -> None:
        """Press a key of the physical keypad (`Return`, `Escape`, `7`)."""
        self._order({"key": name})

    def look(self) -> Seen:
        """What the screen shows now."""
        seen: Seen = self._order({"screen": True})
        return seen

    def keep_picture(self, story: str) -> Path:
        """Save what the screen shows."""
        self._taken += 1
        path = self._pictures / f"{self._taken:02d}-{story}.png"
        self._order({"look": str(path.absolute())})
        return path

    def photograph(self) -> tuple[str, ...]:
        """The slips that a camera reads on the screen."""
        with Image.open(self.keep_picture("photograph")) as picture:
            return slips_on(picture.convert("RGB"))

    def expect(self, screen: str, story: str, *, patience_s: float = PATIENCE_S, **values: object) -> Seen:
        """Wait for this screen, with these values, and keep a picture of it.

        Raises:
            StreetError: it did not come; the message says what was there instead.
        """
        seen: Seen = {}

        def is_there() -> bool:
            seen.clear()
            seen.update(self.look())
            return seen["name"] == screen and all(seen.get(name) == value for name, value in values.items())

        wait_until(is_there, lambda: f"{story}: expected {screen} {values}, saw {seen}", patience_s)
        self.keep_picture(story)
        return seen

    # --- coins and paper -------------------------------------------------------------------------------

    def drop(self, *coins_minor: int) -> None:
        """Drop coins one by one, each when the slot takes it and the one before was counted.

        Raises:
            StreetError: the acceptor gave a coin back.
        """
        for coin_minor in coins_minor:
            self._drop_one(coin_minor)

    def _drop_one(self, coin_minor: int) -> None:
        before = self.look().get("kept_minor")
        wait_until(
            lambda: coin_minor in self._street.coins.lets_in,
            lambda: f"the slot does not take {coin_minor}: {self.look()}",
        )
        if not self._street.coins.drop_coin(coin_minor).accepted:
            raise StreetError(f"the coin of {coin_minor} came back")
        wait_until(
            lambda: bool(self.look().get("kept_minor") != before),
            lambda: f"the coin of {coin_minor} was not counted: {self.look()}",
        )

    def _order(self, order: dict[str, object]) -> Any:  # noqa: ANN401 - as the hand answers
        kiosk = self._street.kiosk
        if kiosk is None or kiosk.stdin is None or kiosk.stdout is None:
            raise StreetError("the terminal does not run")
        try:
            kiosk.stdin.write(json.dumps(order).encode() + b"\n")
            kiosk.stdin.flush()
            line = kiosk.stdout.readline()
        except OSError as error:
            raise StreetError(f"the terminal has ended: {error}") from error
        if not line:
            raise StreetError(f"the terminal has ended: {self._street.last_words()}")
        answer = json.loads(line)
        if "error" in answer:
            raise StreetError(f"{order}: {answer['error']}; on the screen: {self.look()['name']}")
        return answer["ok"]


def wait_until(
    is_so: Callable[[], bool], otherwise: Callable[[], str], patience_s: float = PATIENCE_S
) -> None:
    """Look again and again until it is so. Raises StreetError with the words of `otherwise` after a while."""
    until = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > until:
            raise StreetError(otherwise())
        time.sleep(GLANCE_S)
