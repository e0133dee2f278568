"""The list of missing packages: names as Debian gives them, libraries as the loader reports them."""

from pathlib import Path

import pytest

from tools.missing_packages import QT_PARTS, missing_libraries, package_of, screen_packages

LOADER = """\
\tlinux-vdso.so.1 (0x00007ffd)
\tlibQt6Gui.so.6 => /opt/qt/libQt6Gui.so.6 (0x00007f)
\tlibxcb-icccm.so.4 => not found
\tlibEGL.so.1 => not found
\tlibxcb-icccm.so.4 => not found
"""


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libEGL.so.1", "libegl1"),
        ("libGL.so.1", "libgl1"),
        ("libX11.so.6", "libx11-6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libxkbcommon.so.0", "libxkbcommon0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libfontconfig.so.1", "libfontconfig1"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libgssapi_krb5.so.2", "libgssapi-krb5-2"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
    ],
)
def test_a_library_is_found_in_the_package_debian_has_it_in(library: str, package: str) -> None:
    assert package_of(library) == package


def test_what_the_loader_did_not_find_is_missing() -> None:
    assert missing_libraries(LOADER) == {"libxcb-icccm.so.4", "libEGL.so.1"}


def test_every_part_of_qt_that_is_there_is_asked_about(tmp_path: Path) -> None:
    for part in QT_PARTS[:2]:
        (tmp_path / part).touch()
    asked: list[Path] = []

    def ask_loader(part: Path) -> str:
        asked.append(part)
        return LOADER

    assert screen_packages(tmp_path, ask_loader) == {"libxcb-icccm4", "libegl1"}
    assert asked == [tmp_path / part for part in QT_PARTS[:2]]
