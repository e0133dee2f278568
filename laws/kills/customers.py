"""Customers at one terminal, one after the other. They survive the kills, as people do.

A customer sees no more than what can be seen without reading: whether the coin slot is open, which coins it
takes, and whether the screen is dark. With a barcode, two places on the screen to touch, and coins, that is
enough to get a clamp off: whatever is asked, the way forward is at the right, the way back at the left.
"""

import time
from collections.abc import Callable
from random import Random

from laws.kills.place import Place
from laws.kills.touch_panel import BACK, FORWARD
from laws.kills.town import Clamp

MOST_COINS_INTO_THE_DARK = 5
"""As many as the acceptor remembers; only some customers go on."""
PATIENCE = 6
"""So many touches without a slot that opens, then the barcode is scanned again."""
_FOREIGN_COIN = 5
_VALUES = (200, 100, 50, 20, 10)
_HABITS = ("exact", "over", "any", "cancels", "throws")

Seen = Callable[[str], None]


class Customers:
    """Everybody who comes to this terminal. `tell` is told what a customer did: fate may follow it."""

    def __init__(self, place: Place, clamps: list[Clamp], chance: Random, tell: Seen) -> None:
        self._place = place
        self._clamps = clamps
        self._chance = chance
        self._tell = tell
        self._clamp = clamps.pop()
        self._habit = "exact"
        self._paid_minor = 0
        self._touches = PATIENCE
        self._was_open = False
        self._has_paid = False
        self.comes_again = True
        self.due_s = 0.0

    def act(self) -> None:
        """Do the next thing, and say when the one after it is due."""
        slot = self._place.slot
        if self._place.is_polled():
            self._place.into_the_dark = 0
        if not self._place.program.is_alive and not slot:
            wait_s = 0.1
        elif slot:
            wait_s = self._pay(slot)
        elif self._was_open:
            wait_s = self._slot_has_closed()
        else:
            wait_s = self._look_for_a_way_on()
        self.due_s = time.monotonic() + wait_s

    # --- the slot is open

    def _pay(self, slot: frozenset[int]) -> float:
        chance = self._chance
        if not self._was_open:
            self._was_open = True
            self._tell("slot open")
        if not self._place.is_polled() and self._place.into_the_dark >= self._most_into_the_dark:
            return 0.1
        if self._habit == "cancels" and self._paid_minor and chance.random() < 0.4:
            self._place.panel.touch(BACK)
            if chance.random() < 0.3:
                self._drop(chance.choice(_VALUES))
            return chance.uniform(0.1, 0.3)
        self._drop(self._next_coin(slot))
        return 0.02 if self._habit == "throws" else chance.uniform(0.04, 0.15)

    @property
    def _most_into_the_dark(self) -> int:
        return 3 * MOST_COINS_INTO_THE_DARK if self._habit == "throws" else MOST_COINS_INTO_THE_DARK

    def _next_coin(self, slot: frozenset[int]) -> int:
        left_minor = self._clamp.price_minor - self._paid_minor
        fitting = [coin for coin in slot if coin <= left_minor]
        match self._habit:
            case "over":
                return max(slot)
            case "any" | "throws":
                return self._chance.choice((*_VALUES, _FOREIGN_COIN))
            case _:
                return max(fitting, default=max(slot))

    def _drop(self, coin_minor: int) -> None:
        if self._place.drop(coin_minor).accepted:
            self._paid_minor += coin_minor
            self._tell("coin")

    def _slot_has_closed(self) -> float:
        self._was_open = False
        self._has_paid = self._paid_minor >= self._clamp.price_minor
        self._touches = 0
        self._tell("slot shut")
        return self._chance.uniform(0.1, 0.5)

    # --- the slot is shut

    def _look_for_a_way_on(self) -> float:
        """Touch what leads on; when nothing comes of it, begin anew with a barcode."""
        chance = self._chance
        if self._touches >= PATIENCE or (self._has_paid and self._touches >= 2):
            self._arrive()
            return chance.uniform(0.05, 0.15)
        self._touches += 1
        self._place.panel.touch(BACK if chance.random() < 0.1 else FORWARD)
        self._tell("touch")
        return chance.uniform(0.12, 0.3)

    def _arrive(self) -> None:
        self._touches = 0
        if self._has_paid or self._chance.random() < 0.3:
            self._next_customer()
        if self.comes_again:
            self._place.scanner.scan(self._clamp.identifier)
            self._tell("scan")

    def _next_customer(self) -> None:
        self._clamps.insert(0, self._clamp)
        self._clamp = self._clamps.pop()
        self._habit = self._chance.choices(_HABITS, (5, 4, 2, 3, 1))[0]
        self._paid_minor, self._has_paid = 0, False
