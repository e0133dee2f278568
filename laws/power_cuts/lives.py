"""Lives of a store, one after the other: a scenario from an empty disk, its end, and on from what it left.

A life ends with a power cut, or is killed (then the next one finds what the kernel has, of which not all is
on the disk yet). Here is what the terminal's and the server's store have in common; a seed decides all.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from laws.disk import Disk, Order, Recording
from laws.power_cuts import desk, scenarios, server_desk, terminal_store
from laws.power_cuts.chronicle import Chronicle, State
from laws.power_cuts.states import Figures, Judge, Reader
from laws.power_cuts.terminal_reader import TerminalReader

Play = Callable[[Path, Chronicle, Random], None]

MOST_LIVES = 3
FROM_NOTHING = 0.25
"""So many of the stories after the first begin with an empty disk."""
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is made by tempfile


@dataclass(frozen=True)
class Subject:
    """A store: its scenarios, the one after an end, and how its states are read.

    The first of `plays` begins with an empty disk; `set_up` leaves a store to which nothing has happened.
    `reader` is told the folder that the scenario was played in.
    """

    plays: Mapping[str, Play]
    set_up: Play
    again: Play
    reader: Callable[[Path], Reader]


def terminal() -> Subject:
    """The terminal's store."""

    def playing(script: scenarios.Script) -> Play:
        def play(folder: Path, chronicle: Chronicle, chance: Random) -> None:
            at = desk.Desk(folder / "kept", chronicle)
            try:
                script(at, chance)
            finally:
                at.let_go()

        return play

    def reader(lived_in: Path) -> Reader:
        return TerminalReader((lived_in / "kept" / terminal_store.KEY_FILE).read_bytes())

    plays = {name: playing(script) for name, script in scenarios.SCRIPTS.items()}
    return Subject(plays, playing(scenarios.set_up), playing(scenarios.going_on), reader)


def server() -> Subject:
    """The server's store."""

    def playing(script: server_desk.ServerScript) -> Play:
        def play(folder: Path, chronicle: Chronicle, chance: Random) -> None:
            at = server_desk.ServerDesk(folder, chronicle)
            try:
                script(at, chance)
            finally:
                at.let_go()

        return play

    plays = {name: playing(script) for name, script in server_desk.SCRIPTS.items()}
    set_up, again = playing(server_desk.set_up), playing(server_desk.going_on)
    return Subject(plays, set_up, again, lambda _lived_in: server_desk.ServerReader())


@dataclass(frozen=True)
class Found:
    """What a life begins with: the disk, and the states it may be in (the last as the program reads it)."""

    folder: Path
    disk: Disk
    states: Sequence[State]


def live(subject: Subject, name: str, seed: str, order: Order, each: int) -> Figures:
    """A scenario and the lives after it, each examined at every boundary: `each` states at most.

    `seed` makes it the same again.
    """
    chance = Random(seed)
    figures = Figures()
    with temporary_folder() as folder, scenarios.short_journals():
        found: Found | None = _beginning(subject, name, made(folder / "life 0"), order, chance)
        for life in range(chance.randint(1, MOST_LIVES)):
            if found is None or figures.findings:
                break
            chronicle = _lived(subject.again if life else subject.plays[name], found, chance)
            where = f"{name}, {order.value}, seed {seed}, life {life}"
            judge = Judge(chronicle, subject.reader(found.folder), made(folder / "examined"), where)
            found = _examined(judge, found.disk, each, chance, made(folder / f"life {life + 1}"))
            figures.add(judge.figures)
            figures.lives += 1
    return figures


def _beginning(subject: Subject, name: str, folder: Path, order: Order, chance: Random) -> Found:
    """An empty disk, or a store that was set up long ago: the same first start says little in every story."""
    states: Sequence[State] = ()
    if name != next(iter(subject.plays)) and chance.random() >= FROM_NOTHING:
        states = _lived(subject.set_up, Found(folder, Disk(folder, order), ()), chance).states[-1:]
    return Found(folder, Disk(folder, order), states)


def _lived(play: Play, found: Found, chance: Random) -> Chronicle:
    with Recording(found.folder) as recording:
        chronicle = Chronicle(recording, found.states)
        play(found.folder, chronicle, chance)
    return chronicle


def _examined(judge: Judge, disk: Disk, each: int, chance: Random, next_folder: Path) -> Found | None:
    """Look at every boundary; at one of them the life ends, and the next begins with what it leaves."""
    end = chance.randrange(judge.boundaries)
    found = None
    for number, boundary in enumerate(judge.examine(disk, each, chance)):
        if number == end and chance.random() < 0.5:
            states = judge.states_of(boundary, disk.as_read())
            found = Found(next_folder, disk.carried_to(next_folder), states) if states else None
        elif number == end:
            image = disk.power_cut(chance)
            states = judge.states_of(boundary, image)[-1:]
            image.put_into(next_folder)
            found = Found(next_folder, Disk(next_folder, disk.order), states) if states else None
    return found


def made(folder: Path) -> Path:
    """A folder, which may be there already."""
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder in memory, if there is such a thing: the disk is modelled, a real one would only be slow."""
    where = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="laws-disk-", dir=where) as name:
        yield Path(name)
