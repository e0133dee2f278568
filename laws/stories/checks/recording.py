"""Law 16: a terminal that cannot record does not accept: coins are inhibited within one poll."""

from collections.abc import Callable

from laws.stories.street import Street
from laws.tally import Tally

WITHIN_S = 1.0
"""One poll of the acceptor (0.2 s), with its questions asked three times and a busy machine."""


class Recording:
    """When the store refused, and what the acceptor lets in since then."""

    def __init__(self, street: Street, clock: Callable[[], float], tally: Tally) -> None:
        self._street = street
        self._clock = clock
        self._demand = tally.demand
        self._refused_s: float | None = None

    def refused(self) -> None:
        """The disk refused to record something."""
        if self._refused_s is None:
            self._refused_s = self._clock()

    def opened(self) -> None:
        """The store was opened anew and verified; or the program is dead, which is another law's business."""
        self._refused_s = None

    def look(self) -> None:
        """Called often: does the acceptor take coins that nobody can record?

        While somebody disturbs the line the order to stop may be late: the time begins anew behind it.
        """
        if self._refused_s is None:
            return
        if not self._street.is_undisturbed or not self._street.coin_wire.is_open:
            self._refused_s = self._clock()
            return
        if self._clock() - self._refused_s > WITHIN_S:
            lets_in = self._street.line.lets_in
            self._demand("16", not lets_in, f"the journal cannot be written, and {set(lets_in)} are let in")
