"""Many lives, until so many states were made and checked; and the same as a question of a patched store."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

from laws.disk import Order
from laws.power_cuts.lives import Subject, live, server, terminal
from laws.power_cuts.states import Figures, Finding

FEWEST_AT_A_BOUNDARY, MOST_AT_A_BOUNDARY = 6, 40
STATES_OF_A_SCENARIO = 5_000
"""The longer the run, the more states at each boundary; a short one sees every scenario all the same."""
SERVER_EVERY = 12
"""Every so many lives one is the server's, whose store takes ten times as long to open."""
SERVER_STATES_AT_A_BOUNDARY = 2


class Story(NamedTuple):
    """A scenario of a store, on a disk of this kind. Everything in it follows from its own seed."""

    subject: Subject
    name: str
    seed: str
    order: Order
    is_server: bool

    def live(self, each: int) -> Figures:
        """Examine it, with at most so many states at a boundary."""
        most = min(each, SERVER_STATES_AT_A_BOUNDARY) if self.is_server else each
        return live(self.subject, self.name, self.seed, self.order, most)


def power_cuts(states: int, seed: int, told: Callable[[str], None] = lambda _words: None) -> Figures:
    """Examine at least so many states. `told` hears of each story in a line."""
    whole = Figures()
    each = max(FEWEST_AT_A_BOUNDARY, min(states // STATES_OF_A_SCENARIO, MOST_AT_A_BOUNDARY))
    for story in stories(seed):
        if whole.states >= states:
            break
        figures = story.live(each)
        whole.add(figures)
        made = f"{figures.states} states ({figures.distinct} distinct) at {figures.boundaries} boundaries"
        words = f"{story.name}, {story.order.value}, seed {story.seed}"
        told(f"{words}: {made}, {len(figures.findings)} violations")
    return whole


def find(states: int = 20_000, seed: int = 1, only: str = "") -> list[Finding]:
    """Look for a broken law in about so many states, with the store as it is patched now.

    The first story that has any ends the search. `only`: stories with this word in their name. The store is
    reached through its modules' own names: `kiosk.store.database.open_for_writing`, methods of `Journal`,
    `SealedBooks` and `Session`, `server.store.engine`.
    """
    made = 0
    for story in stories(seed):
        if made >= states:
            break
        if only in story.name:
            figures = story.live(FEWEST_AT_A_BOUNDARY)
            made += figures.states
            if figures.findings:
                return figures.findings
    return []


def stories(seed: int) -> Iterator[Story]:
    """Which story comes next, for ever."""
    terminals, servers = terminal(), server()
    orders = tuple(Order)
    for number in count():
        turn, place = divmod(number, len(terminals.plays))
        words, order = f"{seed}/{number}", orders[(turn + place) % 2]
        name = tuple(terminals.plays)[place]
        yield Story(terminals, name, words, order, is_server=False)
        if number % SERVER_EVERY == SERVER_EVERY // 2:
            turn = seed + number // SERVER_EVERY
            name = tuple(servers.plays)[turn % len(servers.plays)]
            yield Story(servers, name, words, orders[turn % 2], is_server=True)
