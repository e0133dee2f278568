"""A disk that fails: at every write, every sync and every read of a scenario, one after the other.

The terminal must close at once (law 16), and whatever was acknowledged must be there: when the program is
started again, when it was killed first, and when the power went too.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from kiosk.store.sealing import KEY_BYTES
from laws.disk import Calls, Disk, Fault, Manner, Order, Recording
from laws.power_cuts import scenarios
from laws.power_cuts.chronicle import Chronicle
from laws.power_cuts.desk import Desk
from laws.power_cuts.lives import Found, made, temporary_folder
from laws.power_cuts.states import Figures, Judge
from laws.power_cuts.terminal_reader import TerminalReader


@dataclass(frozen=True)
class Depth:
    """How closely it is looked after a fault: at how many boundaries, and how many states there.

    After one in `next_life` faults the program is started again, and one in `one_in` boundaries is looked at.
    """

    states: int
    boundaries: int
    next_life: int
    one_in: int


SAMPLE = Depth(states=2, boundaries=2, next_life=3, one_in=20)
DEEP = Depth(states=4, boundaries=6, next_life=1, one_in=40)


@dataclass(frozen=True)
class Failing:
    """A way in which a disk fails at call number k. `counted` are the calls among which k is."""

    name: str
    counted: Calls
    at: Callable[[int], Fault]


WAYS = (
    Failing(
        "no room",
        Calls.WRITES | Calls.NAMES,
        lambda k: Fault(Calls.WRITES | Calls.NAMES, k, errno.ENOSPC, lasts=True),
    ),
    Failing("write error", Calls.WRITES, lambda k: Fault(Calls.WRITES, k)),
    Failing(
        "short write, then no room",
        Calls.WRITES,
        lambda k: Fault(Calls.WRITES, k, errno.ENOSPC, Manner.SHORT, lasts=True),
    ),
    Failing("failed sync", Calls.SYNCS, lambda k: Fault(Calls.SYNCS, k)),
    Failing("syncs fail from then on", Calls.SYNCS, lambda k: Fault(Calls.SYNCS, k, lasts=True)),
    Failing("read error", Calls.READS, lambda k: Fault(Calls.READS, k)),
    Failing("reads fail from then on", Calls.READS, lambda k: Fault(Calls.READS, k, lasts=True)),
)


@dataclass
class FaultFigures:
    """How many faults of each way there were, how many closed the terminal, and what was broken."""

    faults: dict[str, int]
    closed: int
    states: Figures


def every_fault(
    name: str,
    seed: int,
    order: Order,
    depth: Depth,
    told: Callable[[str], None] = lambda _: None,
    *,
    only: str = "",
) -> FaultFigures:
    """Play a scenario of the terminal once for every call that can fail, in every way (or `only` in this)."""
    whole = FaultFigures({}, 0, Figures())
    with scenarios.short_journals():
        for way in (way for way in WAYS if only in {"", way.name}):
            story = _Story(name, f"{seed}/{name}", order, way, depth)
            calls = story.count()
            for number in range(1, calls + 1):
                closed, figures = story.fail(number)
                whole.closed += closed
                whole.states.add(figures)
            whole.faults[way.name] = calls
            told(f"{name}, {order.value}, seed {seed}: {way.name} at each of {calls} calls")
    return whole


class _Story:
    """A scenario, played without a fault first, then with one."""

    def __init__(self, name: str, seed: str, order: Order, way: Failing, depth: Depth) -> None:
        self._name = name
        self._seed = seed
        self._order = order
        self._way = way
        self._depth = depth
        self._twin: Chronicle | None = None
        self._reader = TerminalReader(_key(KEY_BYTES))

    def count(self) -> int:
        """Play it without a fault; how many calls there are that can fail."""
        with temporary_folder() as folder:
            with Recording(folder) as recording:
                recording.count(self._way.counted)
                chronicle = Chronicle(recording)
                self._play(folder, chronicle)
                calls = recording.counted
            self._twin = chronicle
        return calls

    def fail(self, number: int) -> tuple[bool, Figures]:
        """Play it with this call failing; whether the terminal closed, and what was found afterwards."""
        where = f"{self._name}, {self._order.value}, seed {self._seed}, {self._way.name} at call {number}"
        figures = Figures()
        with temporary_folder() as folder:
            lived_in = made(folder / "lived")
            disk = Disk(lived_in, self._order)
            with Recording(lived_in) as recording:
                recording.fail(self._way.at(number))
                chronicle = Chronicle(recording, twin=self._twin)
                desk = self._play(lived_in, chronicle)
            judge = Judge(chronicle, self._reader, made(folder / "examined"), where)
            judge.tell("16", desk.broken)
            killed = _looked_at(judge, disk, made(folder / "after"), self._depth, Random(number))
            figures.add(judge.figures)
            if killed is not None and number % self._depth.next_life == 0:
                again = f"{where}, started again"
                figures.add(_started_again(self._reader, killed, folder, again, self._depth))
        return chronicle.refusals > 0, figures

    def _play(self, folder: Path, chronicle: Chronicle) -> Desk:
        return _served(Desk(folder / "kept", chronicle, _key), scenarios.SCRIPTS[self._name], self._seed)


def _served(desk: Desk, script: scenarios.Script, seed: str) -> Desk:
    try:
        script(desk, Random(seed))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        desk.broken.append(f"the program ended: {error!r}")
    finally:
        desk.let_go()
    return desk


def _looked_at(judge: Judge, disk: Disk, after: Path, depth: Depth, chance: Random) -> Found | None:
    """Cuts soon after the fault, and at the end; and what a program finds that is killed after the fault."""
    killed, seen, last = None, 0, None
    for boundary in judge.walk(disk):
        last = boundary
        if boundary.refusals and seen < depth.boundaries:
            judge.look(boundary, disk, depth.states, chance)
            states = judge.states_of(boundary, disk.as_read())
            if states and not seen:
                killed = Found(after, disk.carried_to(after), states)
            seen += 1
    if last is not None:
        judge.judge(last, disk.as_read())
        judge.look(last, disk, depth.states, chance)
    return killed


def _started_again(reader: TerminalReader, found: Found, folder: Path, where: str, depth: Depth) -> Figures:
    """The disk works again, the program starts, recovers and serves; and then the power goes."""
    with Recording(found.folder) as recording:
        chronicle = Chronicle(recording, found.states)
        desk = _served(Desk(found.folder / "kept", chronicle, _key), scenarios.going_on, where)
    judge = Judge(chronicle, reader, made(folder / "examined"), where)
    judge.tell("2", [*desk.broken, *(["the terminal does not open"] if desk.is_closed else [])])
    chance = Random(where)
    for boundary in judge.walk(found.disk):
        if chance.randrange(depth.one_in) == 0:
            judge.look(boundary, found.disk, depth.states, chance)
    return judge.figures


def _key(size: int) -> bytes:
    """The same in every life, so that a scenario that is played again leaves the same bytes."""
    return bytes(range(size))
