"""Every page on every panel, with the longest values and in a long language: large enough, whole, apart."""

import itertools
from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtWidgets import QWidget

from kiosk.flows.screens import Screen
from kiosk.ui.components.coins import Coins
from kiosk.ui.components.front import Front
from kiosk.ui.components.meter import Meter
from kiosk.ui.components.press import Button, Kind
from kiosk.ui.components.slip import LEAST_MM, SlipCode
from kiosk.ui.components.words import Words
from kiosk.ui.pages.identify import IdentifyPage
from kiosk.ui.theme import Panel
from kiosk.ui.window import PAGES, Window

LEAST_PRESSED_MM = 18
LEAST_ACTION_MM = 25
LEAST_COIN_MM = 2.5
"""The figures in a drawn coin: they stand on the coin in the customer's hand too."""
OpenWindow = Callable[[Panel], Window]


def test_every_screen_has_a_page_and_is_tried(worst: Screen) -> None:
    assert type(worst) in PAGES


def test_page_is_whole(panel: Panel, worst: Screen, open_window: OpenWindow) -> None:
    window = open_window(panel)
    window.show_screen(worst)
    check(window, worst)


@pytest.mark.usefixtures("longer_language")
def test_page_is_whole_in_a_long_language(panel: Panel, worst: Screen, open_window: OpenWindow) -> None:
    window = open_window(panel)
    window.show_screen(worst)
    check(window, worst)


def test_page_is_whole_while_the_longest_number_is_typed(
    panel: Panel, open_window: OpenWindow, screens: dict[str, Screen]
) -> None:
    window = open_window(panel)
    screen = screens["identify"]
    window.show_screen(screen)
    page = window.findChild(IdentifyPage)
    assert page is not None
    for character in "WWWWMMMM-88888888":
        page.typed(character)
        check(window, screen)


def check(window: Window, screen: Screen) -> None:
    """What must hold on every page."""
    buttons = shown(window, Button)
    for button in buttons:
        check_button(window, button, screen)
    for words in shown(window, Words):
        check_words(window, words)
    for coins in shown(window, Coins):
        check_coins(window, coins)
    for code in shown(window, SlipCode):
        assert code.code_mm >= LEAST_MM
        assert window.rect().contains(rect_of(window, code).toRect())
    check_apart(window)


def check_button(window: Window, button: Button, screen: Screen) -> None:
    in_mm = window.theme.in_mm
    name = button.accessibleName()
    assert name
    assert rect_of(window, button).left() >= -1
    assert window.rect().contains(rect_of(window, button).toRect()), f"{name} leaves the glass"
    least = LEAST_PRESSED_MM
    if button.kind is not Kind.KEY and not window.theme.panel.small:
        least = LEAST_ACTION_MM
    assert in_mm(button.width()) >= least - 0.2, f"{name} is {in_mm(button.width()):.1f} mm wide"
    assert in_mm(button.height()) >= least - 0.2, f"{name} is {in_mm(button.height()):.1f} mm high"
    if button.icon_ is None or button.kind is Kind.TILE:
        room, setting = button.label_room, button.setting
        assert setting.widest <= room.width() + 1, f"{name} is cut off on {type(screen).__name__}"
        assert setting.height <= room.height() + 2, f"{name} is cut off on {type(screen).__name__}"


def check_words(window: Window, words: Words) -> None:
    setting = words.setting
    said = f"{words.text!r} at {setting.cap_mm:.1f} mm"
    assert setting.cap_mm >= words.style_.least_mm - 0.01, said
    width, height = words.room.width(), words.room.height()
    assert setting.widest <= width + 1, f"{said} is {setting.widest} px wide in {width}"
    assert setting.height <= height + 2, f"{said} is {setting.height} px high in {height}"
    cap = window.theme.mm(setting.cap_mm)
    below = (words.height() - setting.height) / 2 + cap * (words.style_.leading - 1) / 2
    assert below >= 0.32 * cap, f"the tails of {said} are cut off"
    assert window.rect().contains(ink_of(window, words).toRect()), f"{said} leaves the glass"


def check_coins(window: Window, coins: Coins) -> None:
    for setting, circle in coins.settings():
        assert setting.widest <= circle.width()
        assert setting.cap_mm >= LEAST_COIN_MM
        assert circle.right() <= coins.width() + 1
        assert circle.bottom() <= coins.height() + 1
    assert window.rect().contains(rect_of(window, coins).toRect())


def check_apart(window: Window) -> None:
    """No two things that are drawn touch each other, and no two buttons are hit at one place."""
    drawn = [(words.text, ink_of(window, words)) for words in shown(window, Words) if not in_a_drawing(words)]
    drawn += [(button.accessibleName(), drawing_of(window, button)) for button in shown(window, Button)]
    kinds = (Meter, Coins, Front, SlipCode)
    drawn += [(type(part).__name__, rect_of(window, part)) for kind in kinds for part in shown(window, kind)]
    for (one, here), (other, there) in itertools.combinations(drawn, 2):
        both = here.intersected(there)
        assert both.width() <= 2 or both.height() <= 2, f"{one!r} touches {other!r}"
    hit = [(button.accessibleName(), rect_of(window, button)) for button in shown(window, Button)]
    for (one, here), (other, there) in itertools.combinations(hit, 2):
        both = here.intersected(there)
        assert both.width() <= 1.01 or both.height() <= 1.01, f"{one!r} and {other!r} are hit together"


Part = TypeVar("Part", bound=QWidget)


def shown(window: Window, kind: type[Part]) -> list[Part]:
    return [part for part in window.findChildren(kind) if part.isVisibleTo(window)]


def in_a_drawing(words: Words) -> bool:
    return isinstance(words.parent(), Front)


def rect_of(window: Window, part: QWidget) -> QRectF:
    corner = part.mapTo(window, QPoint(0, 0))
    return QRectF(corner.x(), corner.y(), part.width(), part.height())


def ink_of(window: Window, words: Words) -> QRectF:
    """The rectangle of the letters, without the empty room beside, above and below them."""
    rect, setting = rect_of(window, words), words.setting
    left = rect.left() + ((rect.width() - setting.widest) / 2 if words.style_.centred else 0)
    air = setting.height * 0.12
    top = rect.top() + (rect.height() - setting.height) / 2
    return QRectF(left, top + air, setting.widest, setting.height - 2 * air)


def drawing_of(window: Window, button: Button) -> QRectF:
    corner = rect_of(window, button).topLeft()
    return button.drawn.translated(corner)


def test_the_time_out_is_ended_by_a_touch_anywhere(
    panel: Panel, open_window: OpenWindow, screens: dict[str, Screen]
) -> None:
    window = open_window(panel)
    window.show_screen(screens["still-there"])
    (button,) = shown(window, Button)
    assert rect_of(window, button).toRect().contains(window.rect())
