"""The panel's window beside the terminal's, and the program that runs both on a simulated street."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QEventLoop, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from simulator.customer import Customer
from simulator.panel.cabinet import Acceptor, Cables, Hopper, Printer
from simulator.panel.errands import Errands
from simulator.panel.front import CoinSlot, Scanner, Tray
from simulator.panel.look import HEADING_PX, STYLE, TITLE_PX, font, load_fonts
from simulator.panel.paper import ReceiptSlot
from simulator.panel.parts import Lamp, ParkingSign, Push, Section, Switch, line, words
from simulator.panel.slips import Pocket
from simulator.street import Street, StreetError
from simulator.street_file import ClampTable, load_street

WIDTH_PX = 640
"""A terminal of 1280 px and the panel stand side by side on a screen of 1920 px."""

_MARGIN_PX = 16
_SPACE_PX = 12
_CABINET_PX = 272
_TITLE_BAR_PX = 40
_LOOK_MS = 150
_SIGNALS_MS = 200
_LOG_LINES = 12


class ServerLine(Section):
    """The address of the server's pages."""

    def __init__(self, url: str) -> None:
        super().__init__("Server")
        self.url = url
        self.copy = Push(
            "Copy", f"Copy {url} to the clipboard.", self._copy, name="Copy the server's address"
        )
        self.open = Push("Open", f"Open {url} in the browser.", self._open, name="Open the server's pages")
        self.says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.say(url)
        self.top.addWidget(self.copy)
        self.top.addWidget(self.open)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.url)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl(self.url))


class Head(QWidget):
    """Which terminal this is, whether it has power, and the mains."""

    def __init__(self, street: Street, mend: Callable[[], object], cut: Callable[[bool], object]) -> None:
        super().__init__()
        table = street.table
        title = words(f"Terminal {table.number}", TITLE_PX, bold=True)
        self.lamp = Lamp()
        self.state = words()
        self.mend = Push("Mend everything", "End every fault, and put every cable back.", mend)
        self.power = Switch(
            "Power",
            ("Cut the power", "Restore the power"),
            ("The whole cabinet loses power at once.", "The devices and the terminal start again."),
            cut,
        )
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.lamp)
        below.addWidget(self.state, 1)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(title)
        names.addLayout(below)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARGIN_PX, 10, _MARGIN_PX, 10)
        layout.setSpacing(12)
        layout.addWidget(ParkingSign())
        layout.addLayout(names, 1)
        layout.addWidget(self.mend)
        layout.addWidget(self.power)

    def show_state(self, faults: list[Switch]) -> None:
        """Say whether everything is as it should be."""
        dark = self.power.isChecked()
        number = "1 thing" if len(faults) == 1 else f"{len(faults)} things"
        self.state.setText("No power" if dark else f"{number} wrong" if faults else "Everything in order")
        self.state.setToolTip("\n".join(switch.accessibleName() for switch in faults))
        self.lamp.show_state(green=not dark and not faults)
        self.mend.setEnabled(bool(faults) or dark)


class Panel(QWidget):
    """Everything that a person in the street could touch, for an open street.

    Closes by itself when the terminal program has ended without a power cut; `problem` then says what was
    wrong, empty where it was closed in an orderly way.
    """

    _coins_changed = Signal()

    def __init__(self, street: Street) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setWindowTitle(f"{street.table.place}: the street of terminal {street.table.number}")
        self.setStyleSheet(STYLE)
        self.setFont(font())
        self.problem = ""
        self._street = street
        self._errands = Errands(self)
        self.coin_slot = CoinSlot(street.coins)
        self.tray = Tray(street.coins)
        self.scanner = Scanner(street.scanner, street.file.clamp, self._fit)
        self.pocket = Pocket(street.scanner, self._photograph)
        self._camera = Customer(street, street.folder / "photographs")
        self.receipt = ReceiptSlot(street.printer)
        self.acceptor = Acceptor(street.coins)
        self.hoppers = tuple(Hopper(street.coins, name) for name in street.coins.hoppers)
        self.printer = Printer(street.printer)
        self.cables = Cables(street.network, self._plug_coins, street.scanner, street.printer)
        self.server = ServerLine(street.server_url)
        self.head = Head(street, self._mend, self._switch_power)
        self._lay_out()
        self.receipt.torn.connect(self.printer.paper_has_ended)
        self.receipt.slips.connect(self.pocket.put)
        self._coins_changed.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        self._tell = self._coins_changed.emit
        street.coins.listeners.append(self._tell)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK_MS)
        self.refresh()
        self.setFocus()  # not on the first button: a space bar cuts no power

    @property
    def switches(self) -> tuple[Switch, ...]:
        """Every fault that is switched here; the mains are none of them."""
        return tuple(switch for part in self._behind() for switch in part.switches)

    def refresh(self) -> None:
        """Show how everything is now."""
        self.coin_slot.refresh()
        self.tray.refresh()
        self.acceptor.refresh()
        for hopper in self.hoppers:
            hopper.refresh()
        self.head.show_state([switch for switch in self.switches if switch.isChecked()])

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go of the devices and wait for what is under way."""
        self._timer.stop()
        if self._tell in self._street.coins.listeners:
            self._street.coins.listeners.remove(self._tell)
        self.receipt.close()
        self._errands.wait()
        super().closeEvent(event)

    # --- what buttons do -------------------------------------------------------------------------------

    def _switch_power(self, cut: bool) -> None:  # noqa: FBT001 - a switch
        if cut:
            self._street.cut_power()
        else:
            self._street.restore_power()
            self.cables.printer.show_state(on=False)  # the street plugs it in when power comes back
        self.scanner.set_power(on=not cut)
        self.pocket.set_power(on=not cut)
        self.refresh()

    def _plug_coins(self, unplugged: bool) -> None:  # noqa: FBT001 - a switch
        if unplugged:
            self._street.unplug_coins()
        else:
            self._street.plug_coins()

    def _mend(self) -> None:
        for switch in self.switches:
            switch.mend()
        self.head.power.mend()
        self.refresh()

    def _fit(self, clamp: ClampTable) -> None:
        order = ["fit", clamp.identifier, "--plate", clamp.plate]
        for text, amount_minor in clamp.fine:
            order += ["--line", f"{text}={amount_minor / 100:.2f}"]
        self.scanner.say(f"Fitting {clamp.identifier} ...")
        self._errands.run(
            lambda: self._street.server_command(*order),
            lambda _: self.scanner.say(f"{clamp.identifier} is on a car again"),
            lambda error: self.scanner.say(_short(error)),
        )

    def _photograph(self) -> None:
        self._errands.run(
            self._camera.photograph, self._put_photographed, lambda error: self.pocket.say(str(error))
        )

    def _put_photographed(self, slips: tuple[str, ...]) -> None:
        self.pocket.put(slips)
        if not slips:
            self.pocket.say("No slip is on the screen")

    # --- the window ------------------------------------------------------------------------------------

    def _look(self) -> None:
        self.refresh()
        kiosk = self._street.kiosk
        if kiosk is None or kiosk.poll() is None:
            return
        if kiosk.returncode:
            log = (self._street.folder / "kiosk.log").read_text(errors="replace").splitlines()
            self.problem = "\n".join(
                [f"the terminal ended with code {kiosk.returncode}; its log ends with", *log[-_LOG_LINES:]]
            )
        self.close()

    def _behind(self) -> tuple[Acceptor | Hopper | Printer | Cables, ...]:
        """The parts with faults to switch, from above."""
        return (self.acceptor, *self.hoppers, self.printer, self.cables)

    def _lay_out(self) -> None:
        inside = QVBoxLayout()
        inside.setSpacing(_SPACE_PX)
        for part in self._behind():
            part.setFixedWidth(_CABINET_PX)
            inside.addWidget(part)
        inside.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(_MARGIN_PX)
        below.addWidget(self.receipt, 1)
        below.addLayout(inside)
        self.content = QWidget()
        column = QVBoxLayout(self.content)
        column.setContentsMargins(_MARGIN_PX, _SPACE_PX, _MARGIN_PX, _SPACE_PX)
        column.setSpacing(_SPACE_PX)
        for thing in (self.coin_slot, line(), self.tray, line(), self.scanner, self.pocket, line()):
            column.addWidget(thing)
        column.addLayout(below, 1)
        column.addWidget(line())
        column.addWidget(self.server)
        scroll = QScrollArea()
        scroll.setWidget(self.content)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addWidget(line())
        whole.addWidget(scroll, 1)

    def whole_height(self) -> int:
        """The height in px at which nothing needs to be scrolled."""
        layout = self.content.layout()
        assert layout is not None  # noqa: S101 - made in `_lay_out`
        content = max(layout.sizeHint().height(), layout.totalHeightForWidth(WIDTH_PX))
        return self.head.sizeHint().height() + content + 2

    def appear(self) -> None:
        """Appear at the right edge of the screen, so that the terminal's window has the left."""
        free = self.screen().availableGeometry()
        self.move(free.right() + 1 - WIDTH_PX, free.top())
        self.resize(WIDTH_PX, free.height() - _TITLE_BAR_PX)
        self.show()
        QTimer.singleShot(0, self._settle)  # only then its parts know their sizes, and the window its frame

    def _settle(self) -> None:
        free = self.screen().availableGeometry()
        self.resize(WIDTH_PX, min(self.whole_height(), self.height()))
        self.move(free.right() + 1 - self.frameGeometry().width(), free.top())


def _short(error: Exception) -> str:
    """What the server's command refused, without how to call it."""
    said = str(error).strip().rpartition("server: ")[2].partition(";")[0]
    return said[:1].upper() + said[1:]


# --- the program ---------------------------------------------------------------------------------------


def run_panel(street_file: Path, out: Path) -> int:
    """Run a street with the terminal's window and the panel, until one of the two is closed; returns 0.

    Raises:
        DocumentError: the street file cannot be used.
        StreetError: there is no display, a program did not start, or the terminal ended by a failure.
    """
    file = load_street(street_file)
    _require_display()
    application = QApplication.instance() or QApplication(["panel"])
    assert isinstance(application, QApplication)  # noqa: S101 - nobody made another kind before
    load_fonts()
    street = Street(file, out / "run", headless=False, hand=True)  # the hand is the camera, too
    with ExitStack() as stack:
        stack.enter_context(_ended_by_signals(application))
        stack.push(street)
        if not _open(street):
            return 0
        panel = Panel(street)
        stack.callback(panel.close)
        street.start_kiosk()
        panel.appear()
        application.exec()
        if panel.problem:
            raise StreetError(panel.problem)
    return 0


def _require_display() -> None:
    """Qt would abort the program without one, with no word about what to do."""
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in wanted):
        raise StreetError("there is no display for the panel; run with --simulate --headless --out DIR")


def _open(street: Street) -> bool:
    """Set the street up, with a word on the screen meanwhile; False when somebody closed that."""
    notice = words("Setting up the street: server, devices, wires ...", HEADING_PX, bold=True)
    notice.setWindowTitle("The street")
    notice.setStyleSheet(STYLE)
    notice.setContentsMargins(40, 40, 40, 40)
    notice.show()
    waiting = QEventLoop()
    failures: list[Exception] = []
    done: list[Street] = []

    def came(opened: Street) -> None:
        done.append(opened)
        waiting.quit()

    def failed(error: Exception) -> None:
        failures.append(error)
        waiting.quit()

    errands = Errands()
    errands.run(street.__enter__, came, failed)
    waiting.exec()
    errands.wait()
    is_wanted = notice.isVisible()
    if failures:
        raise failures[0]
    notice.close()
    return is_wanted and bool(done)


@contextmanager
def _ended_by_signals(application: QApplication) -> Iterator[None]:
    """SIGTERM and SIGINT end the program in an orderly way; the timer lets Python see them."""

    def end(_number: int, _frame: FrameType | None) -> None:
        application.quit()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNALS_MS)
    try:
        yield
    finally:
        timer.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
