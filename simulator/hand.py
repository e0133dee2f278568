"""A customer's hand at the terminal's screen, for the scripted street: it touches, types and looks.

Runs inside the terminal program when that was started with `--hand`, and does there what Qt does for a real
finger: mouse and key events on the window. It reads orders as JSON lines from standard input and answers each
with one JSON line on standard output. It knows no page: buttons are found by their accessible names.

    {"press": "Next"}            touch the button of this name
    {"type": "7F31-4"}           touch the keys of the on-screen keypad
    {"key": "Return"}            press a key of the physical keypad
    {"look": "FILE.png"}         save what the screen shows
    {"screen": true}             answer with the name and the values of the screen
"""

import json
import os
import sys
from typing import Protocol

import msgspec
from PySide6.QtCore import QObject, QPoint, QSocketNotifier, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget


class Shown(Protocol):
    """What the hand needs of the terminal's window."""

    @property
    def screen_shown(self) -> object:
        """The screen's value, or None."""


class HandError(ValueError):
    """The order cannot be carried out; the message says why."""


class Hand(QObject):
    """Reads orders while the terminal runs; ends with standard input."""

    def __init__(self, window: QWidget, shown: Shown) -> None:
        super().__init__(window)
        self._window = window
        self._shown = shown
        self._unread = b""
        self._notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        data = os.read(sys.stdin.fileno(), 65536)
        if not data:
            self._notifier.setEnabled(False)
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            sys.stdout.write(json.dumps(self._answer(line)) + "\n")
            sys.stdout.flush()

    def _answer(self, line: bytes) -> dict[str, object]:
        try:
            return {"ok": self._do(json.loads(line))}
        except HandError as error:
            return {"error": str(error)}

    def _do(self, order: dict[str, str]) -> object:
        ((what, how),) = order.items()
        match what:
            case "press":
                self._press(how)
            case "type":
                for character in how:
                    self._press(character)
            case "key":
                QTest.keyClick(self._window, getattr(Qt.Key, f"Key_{how}"))
            case "look":
                self._window.grab().save(how)
            case "screen":
                value = self._shown.screen_shown
                return {"name": type(value).__name__, **msgspec.to_builtins(value)}
            case _:
                raise HandError(f"what is {what!r}?")
        return None

    def _press(self, name: str) -> None:
        for widget in self._window.findChildren(QAbstractButton):
            if widget.accessibleName() == name and widget.isVisible():
                if not widget.isEnabled():
                    raise HandError(f"{name!r} cannot be pressed now")
                centre = QPoint(widget.width() // 2, widget.height() // 2)
                QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=centre)
                return
        raise HandError(f"there is no {name!r} on the screen")
