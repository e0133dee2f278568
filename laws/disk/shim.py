"""The shim: compiled when it is needed, loaded into this process, tried out before anybody trusts it."""

import ctypes
import hashlib
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from laws.disk.operations import Kind, Operation, read_operations

_SOURCE = Path(__file__).with_name("shim.c")
_BUILD = Path(__file__).parents[2] / "build"


class ShimError(RuntimeError):
    """The shim cannot be used on this machine; the message says why and what to do."""


def can_watch() -> str:
    """Empty when files can be watched on this machine, else the reason in one sentence."""
    if not sys.platform.startswith("linux") or platform.machine() not in {"x86_64", "aarch64"}:
        return (
            f"files are watched on Linux on x86-64 and aarch64, this is {sys.platform} {platform.machine()}"
        )
    if shutil.which("gcc") is None:
        return "there is no gcc, which compiles the shim below SQLite: install gcc and libc6-dev"
    return ""


@cache
def shim() -> ctypes.CDLL:
    """The shim in this process, tried out.

    Raises:
        ShimError: this machine cannot, or something that is written is not seen.
    """
    reason = can_watch()
    if reason:
        raise ShimError(reason)
    library = ctypes.CDLL(str(_compiled()))
    library.disk_begin.argtypes = [ctypes.c_char_p]
    library.disk_end.restype = None
    library.disk_take.argtypes = [ctypes.POINTER(ctypes.c_void_p)]
    library.disk_take.restype = ctypes.c_size_t
    library.disk_mark.argtypes = [ctypes.c_int64, ctypes.c_char_p]
    library.disk_fault.argtypes = [ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    library.disk_counted.restype = ctypes.c_long
    library.disk_fired.restype = ctypes.c_long
    library.disk_set_free.argtypes = [ctypes.c_longlong]
    if library.disk_join() == 0:
        raise ShimError("no import table of SQLite or of Python names a function that the shim stands before")
    _try_out(library)
    return library


def take(library: ctypes.CDLL) -> list[Operation]:
    """What was written down since the last time."""
    notes = ctypes.c_void_p()
    length = library.disk_take(ctypes.byref(notes))
    return list(read_operations(ctypes.string_at(notes, length) if length else b""))


def _compiled() -> Path:
    digest = hashlib.sha256(_SOURCE.read_bytes() + platform.machine().encode()).hexdigest()[:16]
    compiled = _BUILD / f"disk-shim-{digest}.so"
    if compiled.exists():
        return compiled
    _BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_BUILD) as folder:
        fresh = Path(folder) / "shim.so"
        command = ["gcc", "-O2", "-fPIC", "-shared", "-o", str(fresh), str(_SOURCE)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise ShimError(f"gcc does not compile {_SOURCE.name}: {made.stderr.strip()[:500]}")
        fresh.replace(compiled)
    return compiled


def _try_out(library: ctypes.CDLL) -> None:
    """Write through SQLite and through Python, and demand that each of it was seen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        library.disk_begin(str(folder).encode())
        try:
            with closing(sqlite3.connect(folder / "try.db")) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("CREATE TABLE tried (number INTEGER)")
                connection.commit()
            with (folder / "try.txt").open("wb", buffering=0) as file:
                file.write(b"tried")
                os.fsync(file.fileno())
            (folder / "try.txt").replace(folder / "tried.txt")
            seen = take(library)
        finally:
            library.disk_end()
        files: dict[int, str] = {}
        told = set()
        for operation in seen:
            if operation.kind is Kind.CREATED:
                files[operation.file] = operation.name
            told.add((operation.kind, files.get(operation.file, "")))
        for wanted in ("try.db", "try.db-wal", "try.txt"):
            for kind in (Kind.CREATED, Kind.WRITTEN, Kind.SYNCED):
                if (kind, str(folder / wanted)) not in told:
                    raise ShimError(f"what is {kind.name.lower()} in {wanted} is not seen by the shim")
        if Kind.RENAMED not in {operation.kind for operation in seen}:
            raise ShimError("a file that is renamed is not seen by the shim")
