"""Claim slips on the screen: each can be read by a telephone's camera, each is reached, and each refusal is told."""

from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image, ImageFilter
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from kiosk.flows.events import BackPressed, Entered, Event, ReceiptEntered, Touched
from kiosk.flows.screens import ResultScreen, Screen, TakeScreen
from kiosk.ui.components.press import Button
from kiosk.ui.components.words import Words
from kiosk.ui.theme import Panel
from kiosk.ui.window import Window
from parking.claims import ClaimRefusal, read_slip

OpenWindow = Callable[[Panel], Window]
TURNS = {"Next slip", "Your slip", "Your code"}


def photograph(window: Window, *, held_badly: bool = False) -> list[str]:
    """What a camera reads of the window: all QR codes on it."""
    grabbed = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    picture = Image.frombytes(
        "RGB",
        (grabbed.width(), grabbed.height()),
        bytes(grabbed.constBits()),
        "raw",
        "RGB",
        grabbed.bytesPerLine(),
    )
    if held_badly:
        picture = picture.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
        picture = picture.filter(ImageFilter.GaussianBlur(1.0))
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def said(window: Window) -> str:
    return "\n".join(words.text for words in window.findChildren(Words) if words.isVisibleTo(window))


def turn(window: Window) -> bool:
    """Press the button that turns to the next slip; False where there is none."""
    for button in window.findChildren(Button):
        if button.accessibleName() in TURNS and button.isVisibleTo(window):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            return True
    return False


@pytest.mark.parametrize(
    "name",
    ["result-slip", "result-slip-no-paper", "result-slips", "take-slip", "take-slips", "take-redeemed"],
)
@pytest.mark.parametrize("held_badly", [False, True])
def test_every_slip_is_reached_and_read_from_a_photograph(
    panel: Panel, open_window: OpenWindow, screens: dict[str, Screen], name: str, *, held_badly: bool
) -> None:
    window = open_window(panel)
    screen = screens[name]
    assert isinstance(screen, ResultScreen | TakeScreen)
    window.show_screen(screen)
    read = photograph(window, held_badly=held_badly)
    for _ in screen.claims:
        if turn(window):
            read += photograph(window, held_badly=held_badly)
    assert set(read) == {claim.slip for claim in screen.claims}
    assert {read_slip(text).slip.number for text in read} == {claim.number for claim in screen.claims}


def test_the_newest_slip_comes_first_and_the_others_are_counted(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["take-slips"])
    seen = []
    for _ in range(4):
        (slip,) = (line for line in said(window).splitlines() if line.startswith("Slip "))
        seen.append(slip.replace("\u2060", ""))
        assert turn(window)
    assert seen == [
        "Slip 88888888-1-C00019, 1 of 3",
        "Slip 88888888-1-C00018, 2 of 3",
        "Slip 88888888-1-C00017, 3 of 3",
        "Slip 88888888-1-C00019, 1 of 3",
    ]
    assert posted == [Touched()] * 4


def test_next_customer_begins_with_the_newest_slip(window: Window, screens: dict[str, Screen]) -> None:
    window.show_screen(screens["take-slips"])
    turn(window)
    window.show_screen(screens["take-slips"])
    assert "2 of 3" in said(window)
    window.show_screen(screens["start"])
    window.show_screen(screens["take-slips"])
    assert "1 of 3" in said(window)


def test_code_stays_large_where_its_slip_has_a_view_of_its_own(
    window: Window, screens: dict[str, Screen]
) -> None:
    window.show_screen(screens["result-slip-no-paper"])
    assert "8888 8888 8888" in said(window)
    assert photograph(window) == []
    assert turn(window)
    assert "8888 8888 8888" not in said(window)
    assert turn(window)
    assert "8888 8888 8888" in said(window)


@pytest.mark.parametrize("refusal", ClaimRefusal)
def test_every_refusal_is_said_on_both_pages(
    window: Window, screens: dict[str, Screen], refusal: ClaimRefusal
) -> None:
    window.show_screen(screens[f"slip-refused-{refusal}"])
    headline = said(window).splitlines()
    window.show_screen(screens[f"pay-slip-{refusal}"])
    shown = (words for words in window.findChildren(Words) if words.isVisibleTo(window))
    (news,) = (words.text for words in shown if words.colour == "on_attention")
    first, _, what_now = news.partition(". ")
    assert f"{first}." in headline
    assert what_now in headline


def test_receipt_number_is_typed_with_digits_alone(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify-paid-here"])
    keys = [one for one in window.findChildren(Button) if one.isVisibleTo(window)]
    names = {key.accessibleName() for key in keys}
    assert names == {*"1234567890-", "Delete", "Clear", "Another clamp", "Next"}
    for name in ("4", "2", "Next"):
        (key,) = (key for key in keys if key.accessibleName() == name)
        QTest.mouseClick(key, Qt.MouseButton.LeftButton)
    assert posted == [Touched(), ReceiptEntered("42")]


def test_full_receipt_number_is_typed_on_a_keyboard_as_it_stands(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify-paid-here"])
    QTest.keyClicks(window, "qio8-1-00042")
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert posted[-1] == ReceiptEntered("QIO8-1-00042")


def test_another_clamp_is_one_step_back(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify-wrong-receipt"])
    QTest.keyClick(window, Qt.Key.Key_Escape)
    window.show_screen(screens["identify"])
    QTest.keyClicks(window, "7f31")
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert posted == [BackPressed(), Touched(), Entered("7F31")]


def test_what_was_typed_for_the_clamp_is_not_taken_for_the_receipt(
    window: Window, screens: dict[str, Screen], posted: list[Event]
) -> None:
    window.show_screen(screens["identify"])
    QTest.keyClicks(window, "7F31")
    window.show_screen(screens["identify-paid-here"])
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert posted[-1] == ReceiptEntered("")
