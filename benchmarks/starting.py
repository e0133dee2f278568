"""A program that starts, tells when its first frame was up, and ends: what `first_frame.py` measures.

python -m benchmarks.starting widget       a QApplication with one empty widget
python -m benchmarks.starting label        a QApplication with one widget that shows a word
python -m benchmarks.starting kiosk FILE   the terminal, by its own `main`, with this configuration
"""

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def main() -> None:
    """Start what the first argument names."""
    {"widget": _widget, "label": _label, "kiosk": _kiosk}[sys.argv[1]]()


def _widget() -> None:
    from PySide6.QtWidgets import QApplication, QWidget  # noqa: PLC0415 - importing it is what is measured

    _application = QApplication([])
    window = QWidget()
    window.setFixedSize(1280, 800)
    window.show()
    _tell_first_frame(window)


def _label() -> None:
    from PySide6.QtWidgets import QApplication, QLabel  # noqa: PLC0415 - as above

    _application = QApplication([])
    window = QLabel("Parking")
    window.setFixedSize(1280, 800)
    window.show()
    _tell_first_frame(window)


def _kiosk() -> None:
    """The whole program; only the scripted customer's hand is replaced, by an eye on the window."""
    import run_kiosk  # noqa: PLC0415 - as above

    vars(run_kiosk)["_hand"] = lambda: _tell_first_frame
    sys.argv = ["run_kiosk.py", "--config", sys.argv[2], "--hand"]
    run_kiosk.main()


def _tell_first_frame(window: "QWidget") -> None:
    """Print the steady clock when the window has been exposed, which paints it, and end at once."""
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 - loaded long before

    while not window.windowHandle().isExposed():
        QApplication.processEvents()
    print(time.monotonic_ns(), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
