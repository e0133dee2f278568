"""The bridge over which other threads show screens: one signal, nothing else.

A screen that is overtaken by a newer one before it could be painted is not painted.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from kiosk.flows.screens import Screen


class Bridge(QObject):
    """Made in the screen's thread. `show.emit(screen)` may be called from any thread, and returns at once."""

    show = Signal(object)

    def __init__(self, show_screen: Callable[[Screen], None]) -> None:
        super().__init__()
        self._show_screen = show_screen
        self._newest: Screen | None = None
        self._painting = QTimer(self)
        self._painting.setSingleShot(True)
        self._painting.timeout.connect(self._paint)
        self.show.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def _take(self, screen: Screen) -> None:
        """Keep the newest screen; it is painted when all that are queued have been taken."""
        self._newest = screen
        self._painting.start(0)

    def _paint(self) -> None:
        if self._newest is not None:
            newest, self._newest = self._newest, None
            self._show_screen(newest)
