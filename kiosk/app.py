"""The terminal as a program: the window first, then, in the session's thread, the machine behind it.

Qt thread        window, bridge
session thread   imports the machine, owns state and journal, takes from the inbox
(more threads)   one pump per device, one for the sync: see `machine.py`
"""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from kiosk import clock
from kiosk.config import TerminalConfig, load
from kiosk.flows.screens import ClosedReason, OutOfServiceScreen, RecoveringScreen, Screen, Strip
from kiosk.inbox import Inbox
from kiosk.sync.address import ServerAddress
from kiosk.ui.bridge import Bridge
from kiosk.ui.garbage import garbage_collected_here
from kiosk.ui.theme import Panel, load_fonts
from kiosk.ui.window import Window
from parking.civil_time import local_time
from parking.documents import DocumentError
from parking.money import CURRENCIES

SOFTWARE = "0.1.0"
LOOK_EVERY_MS, MOST_LOOKS = 5, 200
"""How often, and at most how many times, it is looked whether the first frame is up."""

log = logging.getLogger(__name__)


def run(config_file: Path, attend: Callable[[Window], None] | None = None) -> int:
    """Run the terminal until its window is closed or the program is told to end; returns the exit code.

    `attend` is given the window once it is open: the simulated street puts a customer's hand there.

    Raises:
        DocumentError: the configuration cannot be used.
    """
    config = load(config_file)
    address = server_address(config, config_file)
    application = QApplication.instance() or QApplication(["kiosk"])
    assert isinstance(application, QApplication)  # noqa: S101 - nobody made another kind before
    load_fonts()
    inbox = Inbox(clock.now)
    window = _window(config, inbox)
    bridge = Bridge(window.show_screen)
    worker = threading.Thread(
        target=_work,
        args=(config, config_file.parent, address, inbox, bridge.show.emit),
        name="session",
        daemon=True,
    )
    _after_first_frame(window, worker.start)
    if attend is not None:
        attend(window)
    with _ended_by_signals(application), garbage_collected_here(application):
        code = application.exec()
    inbox.stop()
    if worker.ident is not None:
        worker.join()
    return code


def _window(config: TerminalConfig, inbox: Inbox) -> Window:
    table = config.panel
    panel = Panel(table.width_px, table.height_px, table.width_mm, table.height_mm)
    zone = config.terminal.zone

    def civil_time() -> datetime:
        return local_time(clock.now().utc_ms, zone)

    window = Window(panel, inbox.put, civil_time)
    window.show_screen(RecoveringScreen(**_strip(config)))
    window.open(full_screen=table.full_screen)
    return window


def _after_first_frame(window: Window, begin: Callable[[], None], looks_left: int = MOST_LOOKS) -> None:
    """Begin when the window was exposed, and so painted; on a screen that shows nothing, a while later."""
    if looks_left == 0 or window.windowHandle().isExposed():
        begin()
    else:
        QTimer.singleShot(LOOK_EVERY_MS, lambda: _after_first_frame(window, begin, looks_left - 1))


def server_address(config: TerminalConfig, config_file: Path) -> ServerAddress | None:
    """Where the server is and the key for it; None for a terminal that has none.

    Raises:
        DocumentError: the key cannot be read, or the address is none.
    """
    server = config.server
    if server is None:
        return None
    key_file = config_file.parent / server.key_file
    try:
        key = key_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise DocumentError(
            f"{config_file}: server.key_file: {key_file} cannot be read ({why}); put there what "
            "`python -m server terminal add` printed"
        ) from error
    try:
        return ServerAddress(url=server.url, key=key, authorities=server.authorities)
    except ValueError as error:
        raise DocumentError(f"{config_file}: server: {error}") from error


def _work(
    config: TerminalConfig,
    folder: Path,
    address: ServerAddress | None,
    inbox: Inbox,
    show: Callable[[Screen], None],
) -> None:
    """The session's thread, from its first line to its last."""
    try:
        from kiosk.machine import Machine  # noqa: PLC0415 - takes its time; the first frame is up by now

        machine = Machine(config, folder, address, show=show, post=inbox.put, software=SOFTWARE)
        inbox.work(machine)
    except Exception:
        log.exception("the session ended; the terminal takes no money until it is started again")
        show(OutOfServiceScreen(**_strip(config), reasons=(ClosedReason.JOURNAL,)))


def _strip(config: TerminalConfig) -> Strip:
    identity = config.terminal
    return Strip(
        terminal=identity.number,
        place=identity.place,
        phone=identity.phone,
        currency=CURRENCIES[identity.currency],
        zone=identity.zone,
    )


@contextmanager
def _ended_by_signals(application: QApplication) -> Iterator[None]:
    """SIGTERM and SIGINT end the program in an orderly way; Qt alone would not let Python see them."""
    ours, kernels = socket.socketpair()
    kernels.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    wakeup = signal.set_wakeup_fd(kernels.fileno())
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(application.quit)
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        kernels.close()
