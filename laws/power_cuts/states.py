"""States of the disk: at every boundary between two writes of a scenario, what a power cut there may leave.

Each state is opened by the real store (or one byte for byte the same was, at another boundary), and held
against what was acknowledged by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol

from laws.disk import Disk, Image, Kept, Kind, Operation, every_damage, some_damage
from laws.power_cuts.chronicle import BEGUN, DONE, LEFT, REFUSED, Chronicle, Reading, State


class Reader(Protocol):
    """How the states of a store are read."""

    def recall(self, image: Image, folder: Path) -> Reading | None:
        """What is known of this state without opening it; None: it must be opened.

        In the folder something may be tried out meanwhile.
        """

    def read(self, image: Image, folder: Path) -> Reading:
        """Open this state, which was put into this folder, with the real store."""


MOST_FINDINGS = 20
"""After so many broken laws of one scenario the rest of it says nothing new."""


class Finding(NamedTuple):
    """A broken law: which, in words, and where it can be seen again."""

    law: str
    words: str
    where: str


@dataclass
class Figures:
    """What was done. `distinct` are states whose bytes no other state of the same scenario had.

    `opened` are those that were opened; what is known of the others, their readers tell (`Reader.recall`).
    """

    states: int = 0
    distinct: int = 0
    opened: int = 0
    boundaries: int = 0
    lives: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        """Take over the figures of another part."""
        self.states += other.states
        self.distinct += other.distinct
        self.opened += other.opened
        self.boundaries += other.boundaries
        self.lives += other.lives
        self.findings += other.findings


@dataclass
class Boundary:
    """An instant between two operations, and what is demanded of whatever a cut leaves then.

    `oldest` and `newest` are numbers of states in the chronicle.
    """

    operation: int
    oldest: int
    newest: int
    left: frozenset[str]
    refusals: int = 0


def boundaries(chronicle: Chronicle, disk: Disk) -> Iterator[Boundary]:
    """Let the recorded operations happen to the disk, one by one, and stop after each."""
    oldest, newest = 0, max(0, chronicle.beginnings - 1)
    left: set[str] = set()
    refusals = 0
    is_first = True
    for number, operation in enumerate([*chronicle.recording.operations, _END]):
        if operation.kind is Kind.MARKED:
            match operation.name:
                case name if name == BEGUN:
                    newest = max(newest, operation.offset)
                case name if name == DONE:
                    oldest, newest = operation.offset, max(newest, operation.offset)
                case name if name == LEFT:
                    left.add(chronicle.left[operation.offset])
                case name if name == REFUSED:
                    refusals = operation.offset
            continue
        if not is_first:
            yield Boundary(number - 1, oldest, newest, frozenset(left), refusals)
        is_first = False
        disk.apply([operation])


_END = Operation(Kind.NOT_SEEN, 0, 0, b"", "end", "")


class Judge:
    """Opens states of one scenario and holds them against its chronicle."""

    def __init__(self, chronicle: Chronicle, reader: Reader, folder: Path, name: str) -> None:
        self.figures = Figures()
        self._reader = reader
        self._chronicle = chronicle
        self._folder = folder
        self._name = name
        self._readings: dict[tuple[object, ...], Reading] = {}

    @property
    def boundaries(self) -> int:
        """How many there are."""
        return sum(each.kind is not Kind.MARKED for each in self._chronicle.recording.operations)

    def examine(self, disk: Disk, each: int, chance: Random) -> Iterator[Boundary]:
        """At every boundary, at most so many states (fewer where no more are possible); then hand it out."""
        for boundary in self.walk(disk):
            self.look(boundary, disk, each, chance)
            yield boundary

    def walk(self, disk: Disk) -> Iterator[Boundary]:
        """Let what was recorded happen to the disk, and stop at every boundary."""
        return boundaries(self._chronicle, disk)

    def look(self, boundary: Boundary, disk: Disk, each: int, chance: Random) -> None:
        """What a cut may leave at this boundary."""
        self.figures.boundaries += 1
        for kept in _damages(disk, each, chance):
            if len(self.figures.findings) < MOST_FINDINGS:
                self.judge(boundary, disk.image(kept), kept)

    def tell(self, law: str, broken: Iterable[str]) -> None:
        """What was seen to be broken while the scenario was played."""
        self.figures.findings += [Finding(law, words, self._name) for words in broken]

    def judge(self, boundary: Boundary, image: Image, kept: Kept = ()) -> Reading:
        """One state."""
        self.figures.states += 1
        key = image.key
        reading = self._readings.get(key)
        if reading is None:
            self.figures.distinct += 1
            reading = self._readings[key] = self._reader.recall(image, self._folder) or self._opened(image)
        finding = self._broken(boundary, reading)
        if finding:
            law, words = finding
            where = f"{self._name}, after operation {boundary.operation}, kept {list(kept)}"
            self.figures.findings.append(Finding(law, words, where))
        return reading

    def _opened(self, image: Image) -> Reading:
        self.figures.opened += 1
        image.put_into(self._folder)
        return self._reader.read(image, self._folder)

    def states_of(self, boundary: Boundary, image: Image) -> Sequence[State]:
        """What may be there after a cut when a program has found this image; the last is what it reads."""
        reading = self.judge(boundary, image)
        if reading.state is None:
            return ()
        places = self._chronicle.places.get(reading.state, [])
        found = [place for place in places if boundary.oldest <= place <= boundary.newest]
        return self._chronicle.states[boundary.oldest : found[0] + 1] if found else ()

    def _broken(self, boundary: Boundary, reading: Reading) -> tuple[str, str] | None:
        if reading.state is None or reading.remark:
            return ("11", reading.remark) if reading.remark else ("19", f"the store {reading.error}")
        missing = boundary.left - reading.state.told
        if missing:
            return "3", f"codes have left whose fact is not durable: {sorted(missing)}"
        places = self._chronicle.places.get(reading.state, ())
        if any(boundary.oldest <= place <= boundary.newest for place in places):
            return None
        return self._misplaced(boundary, places)

    @staticmethod
    def _misplaced(boundary: Boundary, places: Sequence[int]) -> tuple[str, str]:
        if not places:
            return "8", "the store holds what it held after no transaction: a mixture, or what nobody wrote"
        if max(places) < boundary.oldest:
            return "11", f"transaction {boundary.oldest} was acknowledged; the store is at {max(places)}"
        return "8", f"the store is at {min(places)}; only {boundary.newest} transactions were begun"


def _damages(disk: Disk, each: int, chance: Random) -> Iterator[Kept]:
    """Different ones: plain ones first, then by chance; one where nothing is open."""
    parts = disk.parts
    room = 1 << min(sum(parts), 16)
    plain = list(every_damage(parts))
    if len(plain) > each // 2:
        plain = plain[:2] + chance.sample(plain[2:], max(0, each // 2 - 2))
    made = set()
    tries = 0
    for kept in plain:
        if tuple(kept) not in made:
            made.add(tuple(kept))
            yield kept
    while len(made) < min(each, room) and tries < 2 * each:
        tries += 1
        kept = some_damage(parts, chance)
        if tuple(kept) not in made:
            made.add(tuple(kept))
            yield kept
