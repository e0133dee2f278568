"""Cyclic garbage is collected in the screen's thread only, a little each second.

Python collects cycles in whichever thread happens to allocate. Were there a Qt object among them, it would be
destroyed in the session's or a pump's thread, which Qt answers with a crash. So the collector is switched off
while the window is open, and run by a timer here.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

SWEEP_EVERY_MS = 1000
MIDDLE_EVERY, WHOLE_EVERY = 10, 120
"""Every so many sweeps the older generations are looked at too. A whole collection takes about 20 ms."""


class _Sweeper(QObject):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._sweeps = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._sweep)
        self._timer.start(SWEEP_EVERY_MS)

    def _sweep(self) -> None:
        self._sweeps += 1
        if self._sweeps % WHOLE_EVERY == 0:
            gc.collect()
        else:
            gc.collect(1 if self._sweeps % MIDDLE_EVERY == 0 else 0)


@contextmanager
def garbage_collected_here(parent: QObject) -> Iterator[None]:
    """While this lasts, garbage is collected by a timer in this thread; as before afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    sweeper = _Sweeper(parent)
    try:
        yield
    finally:
        sweeper.deleteLater()
        if was_enabled:
            gc.enable()
