"""Coin by coin: the events that the acceptor had against those that the journal tells, each exactly once."""

from dataclasses import dataclass

from kiosk.hardware.cctalk.messages import EVENTS_IN_BUFFER
from laws.stories.checks.coins import LAST_COUNTER
from laws.tally import Tally
from parking import facts as f


@dataclass
class CoinByCoin:
    """Reads a journal's facts about coins beside the acceptor's true story.

    `dropped` is what each event of the acceptor was, in order: the coin that fell into the machine, in minor
    units, or 0. The acceptor of this harness never loses power, so its counter tells the place in the story.
    """

    dropped: list[int]
    tally: Tally
    told: int = 0
    kept: int = 0
    lost_events: int = 0
    lost_minor: int = 0

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """One fact of the journal. Raises BrokenLawError."""
        del entry
        match fact:
            case f.CoinCounterFound(counter=counter):
                self.told = counter
            case f.CoinKept(amount_minor=amount_minor, counter=counter):
                self._next(counter, f"a coin of {amount_minor} is kept", amount_minor)
                self.kept += 1
            case f.CoinTurnedAway(counter=counter):
                self._next(counter, "a coin is turned away", 0)
            case f.CoinEventsLost(events=events, counter=counter):
                self._lost(events, counter)
            case f.AcceptorRestarted():
                self.tally.demand("5", holds=False, words="the acceptor never restarted, the journal says so")

    def _next(self, counter: int, words: str, amount_minor: int) -> None:
        self.told += 1
        self.tally.demand("5", self.told <= len(self.dropped), f"{words}, which nobody dropped")
        self._demand_counter(counter, words)
        was = self.dropped[self.told - 1]
        self.tally.demand("5", was == amount_minor, f"{words} as event {self.told}, which was {was}")

    def _lost(self, events: int, counter: int) -> None:
        lost = self.dropped[self.told : self.told + events]
        self.told += events
        self._demand_counter(counter, f"{events} events are lost")
        self.tally.demand(
            "5",
            self.told <= len(self.dropped) - EVENTS_IN_BUFFER,
            f"{events} events are called lost before event {self.told + 1} of {len(self.dropped)}: "
            "the acceptor still had some of them",
        )
        self.lost_events += events
        self.lost_minor += sum(lost)

    def _demand_counter(self, counter: int, words: str) -> None:
        expected = (self.told - 1) % LAST_COUNTER + 1
        self.tally.demand("5", counter == expected, f"{words} at counter {counter}, not {expected}")

    def untold_minor(self) -> int:
        """What fell into the machine and is not in the journal yet."""
        return sum(self.dropped[self.told :])
