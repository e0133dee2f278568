"""Law 16: a terminal that cannot record does not accept: coins are inhibited within one poll."""

from collections.abc import Callable

from kiosk.session import LOOK_AT_DISK_EVERY_S
from laws.stories.street import Street
from laws.tally import Tally
from parking import facts as f

WITHIN_S = 1.0
"""One poll of the acceptor (0.2 s), with its questions asked three times and a busy machine."""
AFTER_SILENCE_S = 4.0
"""An acceptor that could not be heard is left in peace for a second before it is asked again."""

DISK_SEEN_WITHIN_S = LOOK_AT_DISK_EVERY_S + 5.0


class Recording:
    """When the store refused, and what the acceptor lets in since then."""

    def __init__(self, street: Street, clock: Callable[[], float], tally: Tally) -> None:
        self._street = street
        self._clock = clock
        self._demand = tally.demand
        self._refused_s: float | None = None
        self._full_s: float | None = None

    def refused(self) -> None:
        """The disk refused to record something."""
        if self._refused_s is None:
            self._refused_s = self._clock()

    def opened(self) -> None:
        """The store was opened anew and verified; or the program is dead: nobody polls any more."""
        self._refused_s = None

    def full(self, *, is_full: bool) -> None:
        """The disk is below its reserve, or has room again."""
        self._full_s = self._clock() if is_full else None

    def take(self, entry: f.Entry, fact: f.Fact) -> None:
        """No payment begins on a disk below its reserve, which is looked at every ten seconds."""
        del entry
        if isinstance(fact, f.PaymentOpened) and self._full_s is not None:
            since_s = self._clock() - self._full_s
            words = f"{fact.payment} begins {since_s:.0f} s after the disk was below its reserve"
            self._demand("16", since_s < DISK_SEEN_WITHIN_S, words)

    def look(self) -> None:
        """Called often: does the acceptor take coins that nobody can record?

        While somebody disturbs the line the order to stop may be late: the time begins anew behind it.
        """
        if self._refused_s is None:
            return
        if not self._street.is_undisturbed or not self._street.coin_wire.is_open:
            self._refused_s = self._clock() + AFTER_SILENCE_S - WITHIN_S
            return
        if self._clock() - self._refused_s > WITHIN_S:
            lets_in = self._street.line.lets_in
            self._demand("16", not lets_in, f"the journal cannot be written, and {set(lets_in)} are let in")
