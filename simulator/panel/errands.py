"""Work that takes longer than a window may stand still: each errand has a thread, its result comes back.

The way back is a queued signal, so that what follows runs in the thread of the window.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

Result = TypeVar("Result")


class Errands(QObject):
    """Runs errands. To be made in the thread of the window; `wait` before it goes."""

    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []
        self._done.connect(self._come_back, Qt.ConnectionType.QueuedConnection)

    def run(
        self, work: Callable[[], Result], then: Callable[[Result], None], failed: Callable[[Exception], None]
    ) -> None:
        """Do `work` in a thread; afterwards, in the window's thread, `then` with its result, or `failed`."""

        def errand() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the window has to say it
                problem = error
                self._done.emit(lambda: failed(problem))
            else:
                self._done.emit(lambda: then(result))

        thread = threading.Thread(target=errand, name="panel errand", daemon=True)
        self._threads = [running for running in self._threads if running.is_alive()] + [thread]
        thread.start()

    def wait(self) -> None:
        """Wait until no errand is under way; what they have to tell still comes through the event loop."""
        for thread in self._threads:
            thread.join()

    @staticmethod
    def _come_back(tell: Callable[[], None]) -> None:
        tell()
