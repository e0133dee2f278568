"""A decision in the making: facts are noted and taken into account at once, orders are collected.

`Draft` is how the flows write: `draft.note(CoinKept(...))`, then `draft.terminal` already knows the coin.
What comes out is a `Step`: facts to be made durable first, commands to be performed after.
"""

import msgspec

from kiosk.flows.commands import Command
from kiosk.flows.folding import fold
from kiosk.flows.state import Payment, Site, Terminal, payment_of
from parking.civil_time import Moment
from parking.facts import Fact


class Step(msgspec.Struct, frozen=True):
    """What follows from an event: facts (one transaction), then commands."""

    facts: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()


class Draft:
    """The terminal as it will be, and what has been decided so far."""

    def __init__(self, terminal: Terminal, at: Moment, site: Site) -> None:
        self.terminal = terminal
        self.at = at
        self.site = site
        self._facts: list[Fact] = []
        self._commands: list[Command] = []

    def note(self, *happened: Fact) -> None:
        """State facts: they are written, and count from here on."""
        for fact in happened:
            self.terminal = fold(self.terminal, fact, self.at)
            self._facts.append(fact)

    def order(self, *commands: Command) -> None:
        """Give orders: they are performed after all facts of this step are durable."""
        self._commands.extend(commands)

    @property
    def payment(self) -> Payment:
        """The open payment. Only flows of stages that have one may ask.

        Raises:
            LookupError: no payment is open.
        """
        payment = payment_of(self.terminal.stage)
        if payment is None:
            raise LookupError(f"no payment is open in {type(self.terminal.stage).__name__}")
        return payment

    def waited_s(self) -> float:
        """For how many seconds nobody has done anything."""
        return (self.at.steady_ms - self.terminal.touched_ms) / 1000

    def step(self) -> Step:
        """What has been decided."""
        return Step(tuple(self._facts), tuple(self._commands))
