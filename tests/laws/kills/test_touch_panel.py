"""The finger: its touches are TUIO, and the places it touches are where the buttons are."""

import itertools
import socket
import struct
from datetime import UTC, datetime
from random import Random

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from kiosk.ui.theme import SMALL_7_INCH, load_fonts
from kiosk.ui.window import Window
from laws.kills.touch_panel import BACK, FORWARD, Area, TouchPanel
from tools.draw_screens import screens


@pytest.mark.parametrize(
    ("screen", "area", "button"),
    [
        ("2-identify", FORWARD, "Next"),
        ("2-identify", BACK, "Back"),
        ("3-review", FORWARD, "Pay"),
        ("3-review", BACK, "Back"),
        ("4-pay", BACK, "Cancel, coins back"),
        ("5-code", FORWARD, "Done"),
        ("5-code", BACK, "Print again"),
        ("6-take", FORWARD, "Done"),
        ("7-resume", FORWARD, "Go on paying"),
        ("7-resume", BACK, "Money back"),
        ("7-still-there", FORWARD, "I am still here"),
    ],
)
def test_every_corner_that_is_touched_belongs_to_the_button(
    qtbot: QtBot, screen: str, area: Area, button: str
) -> None:
    load_fonts()
    window = Window(SMALL_7_INCH, lambda _event: None, lambda: datetime(2026, 11, 20, tzinfo=UTC))
    qtbot.addWidget(window)
    window.open(full_screen=False)
    window.show_screen(screens()[screen])
    for across in area[0]:
        for down in area[1]:
            spot = QPoint(round(across * window.width()), round(down * window.height()))
            touched = window.childAt(spot)
            assert isinstance(touched, QAbstractButton), f"nothing at {spot} of {screen}"
            assert touched.accessibleName() == button


def test_a_touch_is_a_finger_that_comes_and_goes() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.bind(("127.0.0.1", 0))
        host.settimeout(60)
        panel = TouchPanel(host.getsockname()[1], Random(1))
        panel.touch(FORWARD)
        down, up = host.recv(4096), host.recv(4096)
        panel.close()
    assert [len(data) % 4 for data in (down, up)] == [0, 0]
    assert down.startswith(b"#bundle\0")
    place = down.index(b",sifffff\0")
    assert down[place + 12 : place + 16] == b"set\0"
    finger, across, y = struct.unpack_from(">iff", down, place + 16)
    assert finger == 1
    assert FORWARD[0][0] <= across <= FORWARD[0][1]
    assert FORWARD[1][0] <= y <= FORWARD[1][1]
    assert b",si\0alive\0" in down
    assert b",s\0\0alive\0" in up
    assert b"set\0" not in up


def test_two_touches_are_too_far_apart_for_a_double_tap() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.bind(("127.0.0.1", 0))
        host.settimeout(60)
        panel = TouchPanel(host.getsockname()[1], Random(1))
        spots = []
        for _ in range(50):
            panel.touch(BACK)
            down, _ = host.recv(4096), host.recv(4096)
            spots.append(struct.unpack_from(">f", down, down.index(b",sifffff\0") + 20)[0])
        panel.close()
    apart = [abs(one - other) for one, other in itertools.pairwise(spots)]
    assert min(apart) * SMALL_7_INCH.width_px > 30
