"""What is posted when a customer touches or types: the right event, once, and never by a ghost."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk.flows.events import (
    BackPressed,
    CancelPressed,
    ContinuePressed,
    DonePressed,
    Entered,
    Event,
    LineChosen,
    PayPressed,
    PrintAgainPressed,
    StayPressed,
    Touched,
)
from kiosk.flows.screens import Screen
from kiosk.ui.components.press import Button
from kiosk.ui.window import Window

LEFT = Qt.MouseButton.LeftButton

BUTTONS: list[tuple[str, str, Event]] = [
    ("start", "Remove a wheel clamp", LineChosen("release")),
    ("identify", "Next", Entered("")),
    ("identify", "Back", BackPressed()),
    ("identify-paid-here", "Another clamp", BackPressed()),
    ("slip-refused-redeemed", "Back", BackPressed()),
    ("review-two", "Pay", PayPressed()),
    ("review-two", "Back", BackPressed()),
    ("pay", "Cancel, coins back", CancelPressed()),
    ("pay-exact", "Cancel, get a slip", CancelPressed()),
    ("pay-exact-nothing-paid", "Cancel", CancelPressed()),
    ("result-printed", "Done", DonePressed()),
    ("result-printed", "Print again", PrintAgainPressed()),
    ("take-cancelled", "Done", DonePressed()),
    ("take-slips", "Print again", PrintAgainPressed()),
    ("resume", "Go on paying", ContinuePressed()),
    ("resume", "Money back", CancelPressed()),
    ("still-there", "I am still here", StayPressed()),
]
KEYS: list[tuple[str, Qt.Key, Event | None]] = [
    ("start", Qt.Key.Key_Return, LineChosen("release")),
    ("start", Qt.Key.Key_Escape, None),
    ("identify", Qt.Key.Key_Enter, Entered("")),
    ("identify", Qt.Key.Key_Escape, BackPressed()),
    ("wait", Qt.Key.Key_Return, None),
    ("slip-refused-redeemed", Qt.Key.Key_Return, BackPressed()),
    ("slip-refused-redeemed", Qt.Key.Key_Escape, BackPressed()),
    ("review-two", Qt.Key.Key_Return, PayPressed()),
    ("review-two", Qt.Key.Key_Escape, BackPressed()),
    ("pay", Qt.Key.Key_Return, None),
    ("pay", Qt.Key.Key_Escape, CancelPressed()),
    ("pay-stopping", Qt.Key.Key_Escape, None),
    ("result-printed", Qt.Key.Key_Return, DonePressed()),
    ("take-coming", Qt.Key.Key_Return, None),
    ("take-cancelled", Qt.Key.Key_Return, DonePressed()),
    ("resume", Qt.Key.Key_Return, ContinuePressed()),
    ("resume", Qt.Key.Key_Escape, CancelPressed()),
    ("resume-settling", Qt.Key.Key_Return, None),
    ("resume-settling", Qt.Key.Key_Escape, None),
    ("still-there", Qt.Key.Key_Return, StayPressed()),
    ("still-there", Qt.Key.Key_Escape, StayPressed()),
    ("still-there", Qt.Key.Key_5, StayPressed()),
    ("out-of-service", Qt.Key.Key_Return, None),
    ("recovering", Qt.Key.Key_Return, None),
]


def button(window: Window, name: str) -> Button:
    """The one visible button of this name, as the scripted customer finds it."""
    found = [
        one for one in window.findChildren(Button) if one.accessibleName() == name and one.isVisibleTo(window)
    ]
    assert len(found) == 1, f"{name}: {len(found)}"
    return found[0]


def typed(window: Window) -> str:
    """What stands in the field."""
    return str(window._pages[type(window.screen_shown)].text)  # type: ignore[index, attr-defined]


@pytest.mark.parametrize(("screen", "name", "event"), BUTTONS)
def test_button_posts_its_event_once(
    window: Window, screens: dict[str, Screen], posted: list[Event], screen: str, name: str, event: Event
) -> None:
    window.show_screen(screens[screen])
    QTest.mouseClick(button(window, name), LEFT)
    assert posted == [event]


def test_button_that_cancels_promises_what_will_come(window: Window, screens: dict[str, Screen]) -> None:
    for screen, words in (
        ("pay", "Cancel, coins back"),
        ("pay-exact-nothing-paid", "Cancel"),
        ("pay-exact", "Cancel, get a slip"),
        ("pay", "Cancel, coins back"),
    ):
        window.show_screen(screens[screen])
        assert button(window, words).text() == words


@pytest.mark.parametrize(("screen", "key", "event"), KEYS)
def test_key_of_a_keyboard(
    window: Window,
    screens: dict[str, Screen],
    posted: list[Event],
    screen: str,
    key: Qt.Key,
    event: Event | None,
) -> None:
    window.show_screen(screens[screen])
    QTest.keyClick(window, key)
    assert posted == ([] if event is None else [event])


def test_press_counts_on_release_and_shows_at_once(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["review-two"])
    pay = button(window, "Pay")
    QTest.mousePress(pay, LEFT)
    assert pay.isDown()
    assert posted == []
    QTest.mouseRelease(pay, LEFT)
    assert posted == [PayPressed()]


def test_finger_that_slides_off_presses_nothing(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["review-two"])
    pay = button(window, "Pay")
    QTest.mousePress(pay, LEFT)
    QTest.mouseRelease(pay, LEFT, pos=QPoint(-200, -200))
    assert posted == []


def test_press_that_began_on_the_page_before_is_no_press(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify"])
    place = button(window, "Next").geometry().center()
    QTest.mousePress(window.windowHandle(), LEFT, pos=place)
    window.show_screen(screens["review-two"])
    assert button(window, "Pay").geometry().contains(place)
    QTest.mouseRelease(window.windowHandle(), LEFT, pos=place)
    assert posted == []


def test_second_tap_of_a_double_tap_does_not_press_the_next_page(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify"])
    window.show_screen(screens["review-two"])
    pay = button(window, "Pay")
    QTest.mouseEvent(QTest.MouseAction.MouseDClick, pay, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))
    QTest.mouseRelease(pay, LEFT)
    assert posted == []
    QTest.mouseClick(pay, LEFT)
    assert posted == [PayPressed()]


def test_two_quick_taps_on_a_key_type_twice(window: Window, screens: dict[str, Screen]) -> None:
    window.show_screen(screens["identify"])
    key = button(window, "8")
    QTest.mouseClick(key, LEFT)
    QTest.mouseEvent(QTest.MouseAction.MouseDClick, key, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))
    QTest.mouseRelease(key, LEFT)
    assert typed(window) == "88"


def test_keypad_types_deletes_clears_and_sends(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify"])
    for key in ("7", "F", "3", "1", "-", "4", "Delete", "5"):
        QTest.mouseClick(button(window, key), LEFT)
    assert typed(window) == "7F31-5"
    QTest.mouseClick(button(window, "Next"), LEFT)
    assert posted[-1] == Entered("7F31-5")
    QTest.mouseClick(button(window, "Clear"), LEFT)
    assert typed(window) == ""


def test_session_learns_that_somebody_types_but_not_of_every_key(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify"])
    QTest.keyClicks(window, "7F31")
    assert posted == [Touched()]


@pytest.mark.parametrize("sign", ["Q", "I", "O"])
def test_signs_that_no_clamp_carries_are_shown_and_dead(
    window: Window, screens: dict[str, Screen], posted: list[Event], sign: str
) -> None:
    window.show_screen(screens["identify"])
    assert not button(window, sign).isEnabled()
    QTest.mouseClick(button(window, sign), LEFT)
    assert (typed(window), posted) == ("", [])


@pytest.mark.parametrize(
    ("keys", "shown"),
    [("7f31-4", "7F31-4"), ("oqi", "001"), ("7!ä_ 3", "73"), ("1" * 40, "1" * 16), ("-", "-")],
)
def test_keyboard_types_what_stands_on_clamps(
    window: Window, screens: dict[str, Screen], keys: str, shown: str
) -> None:
    window.show_screen(screens["identify"])
    for sign in keys:
        press = QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, sign)
        QApplication.sendEvent(window, press)
    assert typed(window) == shown
    QTest.keyClick(window, Qt.Key.Key_Backspace)
    assert typed(window) == shown[:-1]


def test_typed_text_survives_the_time_out_warning_but_not_the_customer(
    window: Window, screens: dict[str, Screen]
) -> None:
    window.show_screen(screens["start"])
    window.show_screen(screens["identify"])
    QTest.keyClicks(window, "7F3")
    window.show_screen(screens["still-there"])
    window.show_screen(screens["identify"])
    window.show_screen(screens["identify"])
    assert typed(window) == "7F3"
    window.show_screen(screens["still-there"])
    window.show_screen(screens["start"])
    window.show_screen(screens["identify"])
    assert typed(window) == ""


def test_refused_text_is_gone_when_the_problem_is_shown(window: Window, screens: dict[str, Screen]) -> None:
    for problem in ("identify-unreadable", "identify-unreadable"):
        window.show_screen(screens["identify"])
        QTest.keyClicks(window, "7F")
        QTest.keyClick(window, Qt.Key.Key_Return)
        window.show_screen(screens[problem])
        assert typed(window) == ""


def test_everything_is_reached_with_tab_and_enter(
    window: Window, screens: dict[str, Screen], posted: list[Event], qtbot: QtBot
) -> None:
    window.show_screen(screens["review-two"])
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Tab)
    assert window.focusWidget() is button(window, "Pay")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert window.focusWidget() is button(window, "Back")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert posted == [BackPressed()]


def test_nothing_has_the_focus_on_a_new_page(window: Window, screens: dict[str, Screen]) -> None:
    window.show_screen(screens["review-two"])
    button(window, "Back").setFocus()
    window.show_screen(screens["pay"])
    window.show_screen(screens["review-two"])
    assert not isinstance(window.focusWidget(), Button)


@pytest.mark.parametrize(
    "screen", ["wait", "wait-slip", "pay-stopping", "take-coming", "resume-settling", "recovering"]
)
def test_where_nothing_can_be_pressed_there_is_no_button(
    window: Window, screens: dict[str, Screen], screen: str
) -> None:
    window.show_screen(screens[screen])
    assert [one for one in window.findChildren(Button) if one.isVisibleTo(window)] == []
