"""Prints the Debian packages that this machine still needs, in one line; nothing when it has them all.

    missing_packages.py run      what the kiosk's screen needs
    missing_packages.py tests    what the tests need too

The Qt wheels bring Qt, not the system's libraries below it. Which of those are missing is asked of the
loader, for the modules and platform plugins that are used here. Installing is the work of setup.sh.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

QT_PARTS = (
    "QtCore.abi3.so",
    "QtGui.abi3.so",
    "QtWidgets.abi3.so",
    "QtTest.abi3.so",
    "Qt/plugins/platforms/libqoffscreen.so",
    "Qt/plugins/platforms/libqxcb.so",
)
"""The parts of PySide6 that the kiosk and its tests load."""

NAMED_OTHERWISE = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
}
"""Libraries whose package is not called as the Debian policy says."""

PROGRAMS = {"chromium": ("chromium",), "postgresql": ("initdb", "/usr/lib/postgresql/*/bin/initdb")}
"""For the tests: each package and where its program is found, in the path or at a place of its own."""

_MISSING = re.compile(r"^\s*(\S+) => not found$", re.MULTILINE)


def package_of(library: str) -> str:
    """The Debian package of a shared library, by its soname: `libEGL.so.1` is in `libegl1`.

    Debian Policy Manual, clause 8.1: name and version, with a hyphen between two digits.
    """
    if library in NAMED_OTHERWISE:
        return NAMED_OTHERWISE[library]
    name, _, version = library.partition(".so.")
    hyphen = "-" if name[-1:].isdigit() else ""
    return f"{name}{hyphen}{version}".lower().replace("_", "-")


def missing_libraries(loader_says: str) -> frozenset[str]:
    """The sonames that `ldd` did not find."""
    return frozenset(_MISSING.findall(loader_says))


def _ask_loader(part: Path) -> str:
    return subprocess.run(["/usr/bin/ldd", part], capture_output=True, text=True, check=False).stdout


def screen_packages(qt: Path, ask_loader: Callable[[Path], str] = _ask_loader) -> frozenset[str]:
    """The packages whose libraries Qt misses; `qt` is the folder of PySide6."""
    return frozenset(
        package_of(library)
        for part in QT_PARTS
        if (qt / part).exists()
        for library in missing_libraries(ask_loader(qt / part))
    )


def _is_there(places: Iterable[str]) -> bool:
    return any(
        any(Path("/").glob(place[1:])) if place.startswith("/") else shutil.which(place) for place in places
    )


def test_packages() -> frozenset[str]:
    """The packages that only tests need and whose programs are not on this machine."""
    return frozenset(package for package, places in PROGRAMS.items() if not _is_there(places))


def main(purpose: str) -> None:
    """Print the missing packages for `run` or `tests`."""
    spec = find_spec("PySide6")
    packages = screen_packages(Path(spec.origin).parent) if spec and spec.origin else frozenset()
    if purpose == "tests":
        packages |= test_packages()
    print(*sorted(packages))


if __name__ == "__main__":
    main(*sys.argv[1:])
