"""The window over a long day: no growth, a light start, screens from another thread, another language."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from kiosk.flows.screens import RecoveringScreen, Screen, StillThereScreen
from kiosk.ui.bridge import Bridge
from kiosk.ui.components.words import Words
from kiosk.ui.theme import Panel
from kiosk.ui.window import PAGES, Window

ROOT = Path(__file__).resolve().parents[3]


def said(window: Window) -> str:
    """Everything that can be read on the window now."""
    return "\n".join(words.text for words in window.findChildren(Words) if words.isVisibleTo(window))


def test_each_kind_of_screen_has_one_page(screens: dict[str, Screen]) -> None:
    assert {type(screen) for screen in screens.values()} == set(PAGES)


def test_objects_do_not_grow_over_500_screens(window: Window, screens: dict[str, Screen]) -> None:
    for screen in screens.values():
        window.show_screen(screen)
    before = len(window.findChildren(QObject))
    names = list(screens)
    for number in range(500):
        window.show_screen(screens[names[number % len(names)]])
    assert len(window.findChildren(QObject)) == before


def test_pages_are_made_when_they_are_first_shown(window: Window, screens: dict[str, Screen]) -> None:
    assert window._stack.count() == 0
    window.show_screen(screens["start"])
    window.show_screen(screens["start"])
    assert window._stack.count() == 1


def test_clock_stands_in_the_strip_and_goes_only_while_it_is_seen(
    window: Window, screens: dict[str, Screen]
) -> None:
    window.show_screen(screens["start"])
    assert "14:32" in said(window)
    page = window._pages[type(screens["start"])]
    assert page._clock.isActive()  # type: ignore[attr-defined]
    window.show_screen(screens["identify"])
    assert not page._clock.isActive()  # type: ignore[attr-defined]


def test_window_has_the_size_of_the_panel(panel: Panel, open_window: Callable[[Panel], Window]) -> None:
    window = open_window(panel)
    assert (window.width(), window.height()) == (panel.width_px, panel.height_px)


@pytest.mark.parametrize(
    ("screen", "sentence"),
    [
        ("pay-exact", "No change: exact coins only. If you cancel, you get a slip."),
        ("review-two", "No change: exact coins only. If you cancel, you get a slip."),
        ("review-two", "No paper. You can photograph the code."),
        ("result-longest", "No paper. Photograph this screen."),
        ("resume", "We finish the previous payment first."),
        ("wait", "At most 15 seconds."),
        ("start", "exact coins only"),
        ("identify-unknown", "We do not know WMWMWM888888."),
        ("take-cancelled", "Please take your coins."),
        ("start", "Have a slip from us? Scan it for your money."),
        ("pay", "You can also scan a slip from us."),
        ("pay-slip-asked", "We check your slip. You can go on with coins."),
        ("pay", "Receipt 88888888-\u20601-\u206000077"),
        ("wait-slip", "Your slip"),
        ("take-redeemed", "Your money · Slip 88888888-\u20601-\u2060C00017"),
        ("take-slip", "Keep the slip. It pays at any terminal, or gives coins."),
        ("take-slips", "Photograph it. It pays at any terminal, or gives coins."),
        ("identify-paid-here", "is paid here already."),
    ],
)
def test_what_must_be_said_is_said(
    window: Window, screens: dict[str, Screen], screen: str, sentence: str
) -> None:
    window.show_screen(screens[screen])
    assert sentence in said(window)


def test_code_stands_in_groups_of_at_least_20_mm(window: Window, screens: dict[str, Screen]) -> None:
    for name, code in (("result-printing", "482 913"), ("result-longest", "8888 8888 8888")):
        window.show_screen(screens[name])
        (shown,) = [words for words in window.findChildren(Words) if words.text == code]
        assert shown.setting.cap_mm >= 20


@pytest.mark.usefixtures("longer_language")
def test_another_language_makes_the_pages_anew(window: Window, screens: dict[str, Screen]) -> None:
    window.show_screen(screens["still-there"])
    assert "Areee youuu" in said(window)


def test_screens_from_another_thread_arrive_and_only_the_newest_is_painted(
    qtbot: QtBot, screens: dict[str, Screen]
) -> None:
    shown: list[Screen] = []
    bridge = Bridge(shown.append)
    first = screens["still-there"]
    assert isinstance(first, StillThereScreen)
    many = [
        StillThereScreen(
            terminal=first.terminal,
            place=first.place,
            phone=first.phone,
            currency=first.currency,
            zone=first.zone,
            seconds_left=number,
            kept_minor=0,
        )
        for number in range(200)
    ]

    def emit_all() -> None:
        for screen in many:
            bridge.show.emit(screen)

    thread = threading.Thread(target=emit_all)
    thread.start()
    thread.join()
    assert shown == []
    qtbot.waitUntil(lambda: bool(shown))
    assert shown == [many[-1]]


def test_screen_shown_over_the_bridge_stays_alive(
    qtbot: QtBot, window: Window, screens: dict[str, Screen]
) -> None:
    bridge = Bridge(window.show_screen)
    bridge.show.emit(screens["recovering"])
    qtbot.waitUntil(lambda: isinstance(window.screen_shown, RecoveringScreen))


def test_import_is_light() -> None:
    heavy = "{'babel', 'segno', 'sqlite3', 'httpx', 'cryptography', 'serial', 'escpos'}"
    parts = "{'PySide6.QtCore', 'PySide6.QtGui', 'PySide6.QtWidgets'}"
    code = (
        "import sys, kiosk.ui.window\n"
        f"print(sorted({heavy} & set(sys.modules)))\n"
        f"print(sorted(name for name in sys.modules if name.startswith('PySide6.Qt') and name not in {parts}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]
