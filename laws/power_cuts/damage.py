"""Pages that went bad: bytes flipped, pages emptied, swapped or cut off, in the store's file and in its log.

The store must notice it, or hold the same as before. Nothing may be silently different. SQLite drops a
damaged end of its log without a word: then what the server said may be as it was a while ago (it is asked for
again), but no fact may be missing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from laws.disk import Disk, Recording
from laws.disk.content import Content
from laws.disk.model import Image
from laws.power_cuts import scenarios, terminal_store
from laws.power_cuts.chronicle import Chronicle, State
from laws.power_cuts.desk import Desk
from laws.power_cuts.lives import made, temporary_folder
from laws.power_cuts.states import Finding
from laws.power_cuts.terminal_reader import read_terminal

PAGE = 4096
_FRAME = 24 + PAGE
_LOG_HEAD = 32
_DAMAGED = (f"kept/{terminal_store.STORE_FILE}", f"kept/{terminal_store.STORE_FILE}-wal")
_SAID_BY_THE_SERVER = frozenset({"books", "claim_keys", "redeemed_elsewhere", "progress"})
_STORIES = ("paying", "books in pages", "many customers")


@dataclass
class DamageFigures:
    """How many damages there were: noticed, without effect, or with older news of the server."""

    damages: int = 0
    noticed: int = 0
    harmless: int = 0
    older: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


class _Spoiled(NamedTuple):
    """A store to be damaged: its files, the states it has been in, the key that it was made with."""

    image: Image
    states: Sequence[State]
    key: bytes
    where: str


def damaged_pages(damages: int, seed: int) -> DamageFigures:
    """Damage the files of a store so many times, each time another one, and open it."""
    figures = DamageFigures()
    with temporary_folder() as folder, scenarios.short_journals():
        for name in _STORIES:
            chance = Random(f"{seed}/{name}")
            stores = _stores(made(folder / name), name, seed, chance)
            wanted = figures.damages + damages // len(_STORIES)
            while figures.damages < wanted:
                _damage(figures, chance.choice(stores), made(folder / "examined"), chance)
    return figures


def _stores(folder: Path, name: str, seed: int, chance: Random) -> list[_Spoiled]:
    """The files after a story, while the program runs (with its log), and after it ended (without)."""
    disk = Disk(folder)
    with Recording(folder) as recording:
        chronicle = Chronicle(recording)
        desk = Desk(folder / "kept", chronicle)
        scenarios.SCRIPTS[name](desk, chance)
        disk.apply(recording.take())
        running = disk.as_read()
        desk.let_go()
    key = (folder / "kept" / terminal_store.KEY_FILE).read_bytes()
    images = {"running": running, "ended": Disk(folder).as_read()}
    return [
        _Spoiled(image, chronicle.states, key, f"{name}, {when}, seed {seed}")
        for when, image in images.items()
    ]


def _damage(figures: DamageFigures, store: _Spoiled, folder: Path, chance: Random) -> None:
    files = store.image.files
    name = chance.choice([each for each in files if each in _DAMAGED and files[each].size])
    before = files[name].to_bytes()
    kind, after = _spoilt(before, chance, is_log=name.endswith("-wal"))
    if after == before:
        return
    figures.damages += 1
    figures.kinds[kind] += 1
    Image(store.image.folders, {**files, name: Content.of(after)}).put_into(folder)
    reading = read_terminal(folder / "kept", store.key)
    if reading.state is None:
        figures.noticed += 1
    elif not (wrong := _differences(store.states[-1], reading.state)):
        figures.harmless += 1
    elif wrong <= _SAID_BY_THE_SERVER and any(
        not _differences(state, reading.state) for state in store.states
    ):
        figures.older += 1
    else:
        words = f"{kind} in {name}: silently different in {sorted(wrong)}"
        figures.findings.append(Finding("8", words, store.where))


def _differences(before: State, after: State) -> frozenset[str]:
    """Which tables hold something else; a snapshot counts only by what is folded from it.

    Small and capital letters of a table's name are the same to SQLite.
    """
    tables, now = ({name.lower(): rows for name, rows in state.rows} for state in (before, after))
    wrong = {name for name in tables.keys() | now.keys() if tables.get(name) != now.get(name)} - {"snapshot"}
    return frozenset(wrong | ({"state"} if before.folded != after.folded else set()))


def _spoilt(content: bytes, chance: Random, *, is_log: bool) -> tuple[str, bytes]:
    head, size = (_LOG_HEAD, _FRAME) if is_log else (0, PAGE)
    pages = max(1, (len(content) - head) // size)
    spoilt = bytearray(content)
    at = head + chance.randrange(pages) * size
    match chance.randrange(6):
        case 0:
            place = chance.randrange(len(content))
            spoilt[place] ^= 1 << chance.randrange(8)
            return "a bit", bytes(spoilt)
        case 1:
            place = chance.randrange(len(content))
            for step in range(chance.randint(1, 16)):
                if place + step < len(spoilt):
                    spoilt[place + step] = chance.randrange(256)
            return "some bytes", bytes(spoilt)
        case 2:
            spoilt[at : at + size] = bytes(len(spoilt[at : at + size]))
            return "an empty page", bytes(spoilt)
        case 3:
            sector = chance.randrange(max(1, len(content) // 512)) * 512
            spoilt[sector : sector + 512] = bytes(len(spoilt[sector : sector + 512]))
            return "an empty sector", bytes(spoilt)
        case 4:
            other = head + chance.randrange(pages) * size
            one, two = bytes(spoilt[at : at + size]), bytes(spoilt[other : other + size])
            spoilt[at : at + size], spoilt[other : other + size] = two, one
            return "two pages swapped", bytes(spoilt)
        case _:
            return "a file cut off", bytes(spoilt[:at])
