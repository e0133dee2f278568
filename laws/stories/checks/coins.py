"""Law 5: each coin event is credited exactly once, and what a device forgot is told with its bound."""

from laws.stories.street import LARGEST_COIN_MINOR, Street
from laws.tally import Tally
from parking import facts as f

LAST_COUNTER = 255


class Coins:
    """The acceptor's events in the journal, held against the coins that fell into the machine."""

    def __init__(self, street: Street, tally: Tally) -> None:
        self.counter: int | None = None
        self.kept_minor = 0
        self._at_risk_minor = 0
        self._at_zero_minor = 0
        self._was_reset_unseen = False
        self._events_lost = 0
        self._restarts = 0
        self._street = street
        self._demand = tally.demand

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """Each coin is the event that follows the one before."""
        del entry
        match fact:
            case f.CoinKept():
                expected = None if self.counter is None else self.counter % LAST_COUNTER + 1
                words = f"a coin is kept as the acceptor's event {fact.counter} after {self.counter}"
                self._demand("5", fact.counter == expected, words)
                self.counter = fact.counter
                self.kept_minor += fact.amount_minor
            case f.CoinTurnedAway() | f.CoinCounterFound():
                self.counter = fact.counter
            case f.CoinEventsLost():
                self.counter = fact.counter
                self._events_lost += fact.events
            case f.AcceptorRestarted():
                self.counter = 0
                self._restarts += 1
                self._was_reset_unseen = False

    def at_any_time(self) -> None:
        """Coins do not appear in the journal, nor in the simulation."""
        where = self._street.line.where()
        self._demand("5", where.is_conserved, "the simulated coins do not add up")
        accepted = self._street.accepted_minor()
        words = f"{self.kept_minor} are credited, {accepted} fell into the machine"
        self._demand("5", self.kept_minor <= accepted, words)

    def at_rest(self) -> None:
        """What is missing is no more than what a power cut or a full buffer can have taken, and was told."""
        missing = self._street.accepted_minor() - self.kept_minor
        bound = min(self._events_lost, self._street.overwritten_events) * LARGEST_COIN_MINOR
        bound += self._at_risk_minor if self._restarts else 0
        bound += self._at_zero_minor
        words = f"{missing} of the coins are not credited, at most {bound} can be lost and were told"
        self._demand("5", 0 <= missing <= bound, words)

    @property
    def read_up_to(self) -> int | None:
        """Up to which event of the acceptor's present life the journal has read; None: nobody knows."""
        return 0 if self._was_reset_unseen else self.counter

    def power_goes(self) -> None:
        """The acceptor loses power now: what it holds of coins that the journal does not have may be lost.

        A known limit: where the journal's counter is 0, as the acceptor's is afterwards, nothing tells that.
        """
        unread = self._street.unread_events()
        unread_minor = min(self._street.accepted_minor() - self.kept_minor, unread * LARGEST_COIN_MINOR)
        if self.counter == 0:
            self._at_zero_minor += unread_minor
        else:
            self._at_risk_minor += unread_minor
        self._was_reset_unseen = self.counter is not None
