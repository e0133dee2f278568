"""What the platter holds: from the calls of a program, what a power cut may leave of its files.

Until a file is synced, any part of what was written to it may be on the platter, in any order, torn at 512
bytes; so may its size. What is synced stays. Names (of new, renamed, removed files) are kept in one of two
orders: as ext4 keeps them, or as the standard allows at its worst.

A sync that fails leaves on the platter what chance will have of it, for ever: the kernel counts these pages
as clean, and a later sync says nothing of them (unless they were written again: a page is written whole).

Not here: a platter that lies about what it holds, and a sector that is half old and half new.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from itertools import count
from pathlib import Path
from random import Random

from laws.disk.content import EMPTY, PAGE_SECTORS, Content, Draft, pieces
from laws.disk.damage import Kept, some_damage
from laws.disk.operations import Kind, Operation


class Order(Enum):
    """In which order names become durable.

    EXT4: in their own order, and by the sync of a new or grown file too (its journal is committed whole).
    STANDARD: each by itself, and only by a sync of its folder (POSIX, fsync).
    """

    EXT4 = "ext4"
    STANDARD = "standard"


@dataclass(frozen=True)
class Image:
    """The files below the folder as they are after a cut. Equal keys are equal images."""

    folders: frozenset[str]
    files: dict[str, Content]

    @property
    def key(self) -> tuple[object, ...]:
        """What two images are compared by."""
        return self.key_without("")

    def key_without(self, left_out: str) -> tuple[object, ...]:
        """The same, whatever is in this file."""
        files = sorted(self.files.items())
        return (self.folders, *((name, at.size, at.key) for name, at in files if name != left_out))

    def put_into(self, folder: Path) -> None:
        """Make the folder hold these files and no others. Only their owner may read them."""
        base = str(folder)
        for place, folders, files in os.walk(base, topdown=False):
            at = f"{place}/"[len(base) + 1 :]
            for name in files:
                if at + name not in self.files:
                    os.unlink(f"{place}/{name}")  # noqa: PTH108 - as below
            for name in folders:
                if at + name not in self.folders:
                    os.rmdir(f"{place}/{name}")  # noqa: PTH106 - as below
        for name in sorted(self.folders):
            with suppress(FileExistsError):
                os.mkdir(f"{base}/{name}")  # noqa: PTH102 - a million images are put, each in some 100 us
        for name, content in self.files.items():
            handle = os.open(f"{base}/{name}", os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(handle, content.to_bytes())
                os.truncate(handle, content.size)
            finally:
                os.close(handle)


@dataclass(eq=False)
class _File:
    """A file whatever its name: as the program reads it, and as the platter holds it."""

    now: Content = EMPTY
    durable: Content = EMPTY
    left: dict[tuple[tuple[int, int], ...], Content] = field(default_factory=dict)
    """What it becomes with parts of its changes (number and mask of each): many cuts leave the same of it."""

    def keep(self, content: Content) -> None:
        """This is durable from now on."""
        self.durable = content
        self.left.clear()


@dataclass(eq=False)
class _Change:
    """Something that is not durable yet. A write has its pieces, anything else is one piece."""

    number: int
    file: _File | None
    write: list[tuple[int, int, bytes]] = field(default_factory=list)
    size: int = -1
    name: Operation | None = None
    is_in_doubt: bool = False

    @property
    def parts(self) -> int:
        return len(self.write) or 1


class Disk:
    """The files below a folder, as they were when it was made (all durable), and what happens to them.

    `keyed`: images are going to be told apart by their keys, so these are kept up to date from the start.
    """

    def __init__(self, folder: Path, order: Order = Order.EXT4, *, keyed: bool = True) -> None:
        self._root = str(folder.resolve())
        self.order = order
        self._files: dict[int, _File] = {}
        self._names: dict[str, _File | None] = {}
        self._changes: list[_Change] = []
        self._numbers = count()
        for place, folders, files in os.walk(self._root):
            for name in folders:
                self._names[self._relative(str(Path(place) / name))] = None
            for name in files:
                path = Path(place) / name
                if not name.endswith("-shm"):
                    content = Content.of(path.read_bytes())
                    if keyed:
                        content.know_key()
                    file = self._files[path.stat().st_ino] = _File(content, content)
                    self._names[self._relative(str(path))] = file

    # --- what happens

    def apply(self, operations: Iterable[Operation]) -> None:
        """These calls were made."""
        for operation in operations:
            self._apply(operation)

    def _apply(self, operation: Operation) -> None:
        match operation.kind:
            case Kind.WRITTEN:
                self._written(operation)
            case Kind.RESIZED:
                self._resized(operation)
            case Kind.SYNCED:
                self._synced(self._files[operation.file])
            case Kind.SYNC_FAILED:
                self._sync_failed(operation)
            case Kind.FOLDER_SYNCED:
                self._folder_synced(self._relative(operation.name))
            case Kind.MARKED | Kind.NOT_SEEN:
                pass
            case _:
                self._named(operation)

    def _written(self, operation: Operation) -> None:
        file = self._files[operation.file]
        change = _Change(next(self._numbers), file, write=list(pieces(operation.offset, operation.data)))
        draft = Draft(file.now)
        for index, start, part in change.write:
            draft.put(index, start, part)
        file.now = draft.content()
        self._changes.append(change)

    def _resized(self, operation: Operation) -> None:
        file = self._files[operation.file]
        draft = Draft(file.now)
        draft.resize(operation.offset)
        file.now = draft.content()
        self._changes.append(_Change(next(self._numbers), file, size=operation.offset))

    def _named(self, operation: Operation) -> None:
        file: _File | None = None
        if operation.kind is Kind.CREATED:
            file = self._files[operation.file] = _File()
        elif operation.kind not in {Kind.FOLDER_MADE, Kind.FOLDER_REMOVED}:
            file = self._files.get(operation.file)
        names = operation._replace(name=self._relative(operation.name), to=self._relative(operation.to))
        self._changes.append(_Change(next(self._numbers), file, name=names))

    def _synced(self, file: _File) -> None:
        ours = [change for change in self._changes if change.file is file and change.name is None]
        fresh = [change for change in ours if not change.is_in_doubt]
        doubts = [change for change in ours if change.is_in_doubt]
        grows = file.now.size != file.durable.size
        if doubts:
            self._sync_beside_doubts(file, fresh, doubts)
        else:
            file.keep(file.now)
        gone = {id(change) for change in fresh}
        self._changes = [change for change in self._changes if id(change) not in gone]
        if self.order is Order.EXT4:
            has_name = any(change.file is file and change.name for change in self._changes)
            if grows or has_name:
                self._keep_names(len(self._changes))

    def _sync_beside_doubts(self, file: _File, fresh: list[_Change], doubts: list[_Change]) -> None:
        """Pages that were written since the failure are written whole; the others stay in doubt."""
        pages = {index // PAGE_SECTORS for change in fresh for index, _, _ in change.write}
        if any(change.size >= 0 for change in fresh):
            pages |= set(range(len(file.now.sectors) // PAGE_SECTORS + 1))
        draft = Draft(file.durable)
        draft.resize(file.now.size)
        for index, sector in enumerate(file.now.sectors):
            if index // PAGE_SECTORS in pages:
                draft.put(index, 0, sector)
        draft.resize(file.now.size)
        file.keep(draft.content())
        for change in doubts:
            change.write = [part for part in change.write if part[0] // PAGE_SECTORS not in pages]
        self._changes = [change for change in self._changes if change not in doubts or change.write]

    def _sync_failed(self, operation: Operation) -> None:
        file = self._files.get(operation.file)
        for change in self._changes:
            if file is not None and change.file is file and change.name is None:
                change.is_in_doubt = True

    def _folder_synced(self, folder: str) -> None:
        last = 0
        for place, change in enumerate(self._changes, start=1):
            if change.name is not None and self._concerns(change.name, folder):
                last = place
        if self.order is Order.EXT4:
            self._keep_names(last)
        else:
            kept = [c for c in self._changes if c.name is not None and self._concerns(c.name, folder)]
            for change in kept:
                _rename(self._names, change)
            self._changes = [change for change in self._changes if change not in kept]

    @staticmethod
    def _concerns(name: Operation, folder: str) -> bool:
        return folder in {_folder_of(name.name), _folder_of(name.to) if name.to else _folder_of(name.name)}

    def _keep_names(self, end: int) -> None:
        """The names among the first changes are durable from now on."""
        for change in self._changes[:end]:
            if change.name is not None:
                _rename(self._names, change)
        self._changes = [c for place, c in enumerate(self._changes) if c.name is None or place >= end]

    def _relative(self, path: str) -> str:
        return path[len(self._root) + 1 :]

    # --- what a cut leaves

    @property
    def parts(self) -> list[int]:
        """Of how many parts each change is that is not durable, in order: what `Kept` has bits for."""
        return [change.parts for change in self._changes]

    def carried_to(self, folder: Path) -> "Disk":
        """The same disk under another folder, into which the files are put as they are read now.

        What a process that was killed leaves to the next: the kernel still has what is not durable, and a cut
        may take it from the next one too.
        """
        self.as_read().put_into(folder)
        moved = Disk(folder, self.order)
        now = dict(self._names)
        for change in self._changes:
            if change.name is not None:
                _rename(now, change)
        twins = {file: moved._names[name] for name, file in now.items() if file is not None}
        for file, twin in twins.items():
            if twin is not None:
                twin.keep(file.durable)
        moved._names = {
            name: None if file is None else twins.get(file, file) for name, file in self._names.items()
        }
        moved._numbers = self._numbers
        moved._changes = [
            replace(change, file=None if change.file is None else twins.get(change.file, change.file))
            for change in self._changes
        ]
        return moved

    def power_cut(self, chance: Random) -> Image:
        """The files as chance leaves them when the power goes now."""
        return self.image(some_damage(self.parts, chance))

    def image(self, kept: Kept) -> Image:
        """The files when these parts of each change have reached the platter (bits, the first lowest)."""
        written: dict[_File, list[tuple[_Change, int]]] = {}
        names = dict(self._names)
        are_names_in_order = True
        for change, mask in zip(self._changes, kept, strict=True):
            if change.name is not None:
                if not mask:
                    are_names_in_order = False
                elif are_names_in_order or self.order is Order.STANDARD:
                    _rename(names, change)
            elif mask and change.file is not None:
                written.setdefault(change.file, []).append((change, mask))
        return self._seen_under(names, {file: _left(file, parts) for file, parts in written.items()})

    def as_read(self) -> Image:
        """The files as programs read them now: what is kept when only a process dies."""
        names = dict(self._names)
        for change in self._changes:
            if change.name is not None:
                _rename(names, change)
        files = {name: file.now for name, file in names.items() if file is not None}
        return Image(frozenset(name for name, file in names.items() if file is None), files)

    def _seen_under(self, names: dict[str, _File | None], contents: dict[_File, Content]) -> Image:
        """What has a name, and a folder to stand in."""
        folders = {name for name, file in names.items() if file is None}
        there = {name: file for name, file in names.items() if folders.issuperset(_parents_of(name))}
        files = {name: contents.get(file, file.durable) for name, file in there.items() if file is not None}
        return Image(frozenset(name for name, file in there.items() if file is None), files)


def _left(file: _File, parts: Sequence[tuple[_Change, int]]) -> Content:
    """A file when these parts of its changes have reached the platter."""
    key = tuple((change.number, mask) for change, mask in parts)
    content = file.left.get(key)
    if content is None:
        draft = Draft(file.durable)
        for change, mask in parts:
            _put(draft, change, mask)
        content = file.left[key] = draft.content()
    return content


def _put(draft: Draft, change: _Change, mask: int) -> None:
    if change.size >= 0:
        draft.resize(change.size)
        return
    for place, (index, start, part) in enumerate(change.write):
        if mask >> place & 1:
            draft.put(index, start, part)


def _rename(names: dict[str, _File | None], change: _Change) -> None:
    """Let a change of names happen; one whose file is not there (its own making was lost) changes nothing."""
    name = change.name
    if name is None:
        return
    match name.kind:
        case Kind.CREATED:
            names[name.name] = change.file
        case Kind.FOLDER_MADE:
            names[name.name] = None
        case Kind.UNLINKED | Kind.FOLDER_REMOVED:
            names.pop(name.name, None)
        case Kind.LINKED:
            names[name.to] = change.file
        case Kind.RENAMED if name.name in names:
            moved = [found for found in names if found == name.name or found.startswith(f"{name.name}/")]
            for found in moved:
                names[name.to + found[len(name.name) :]] = names.pop(found)
        case _:
            pass


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]


@cache
def _parents_of(name: str) -> Sequence[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]
