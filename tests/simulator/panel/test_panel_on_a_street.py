"""The whole panel on a real street: server, devices on their wires, and the terminal as a process."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QLineEdit
from pytestqt.qtbot import QtBot

from simulator.customer import Customer, wait_until
from simulator.panel.look import load_fonts
from simulator.panel.window import Panel, run_panel
from simulator.report import read_journal
from simulator.street import PROJECT, Street, StreetError
from simulator.street_file import load_street

STREET = PROJECT / "config" / "street.toml"
PATIENCE_MS = 30_000

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform has no title bars


def test_a_person_at_the_panel(qtbot: QtBot, tmp_path: Path) -> None:
    """Scans a clamp, drops a coin, cuts the power and restores it; the panel goes with the terminal."""
    load_fonts()
    with Street(load_street(STREET), tmp_path / "run", headless=True, hand=True) as street:
        panel = Panel(street)
        qtbot.addWidget(panel)
        panel.appear()
        _everything_is_named(panel)
        _stands_at_the_right_edge(qtbot, panel)
        street.start_kiosk()
        customer = Customer(street, tmp_path / "screens")
        customer.expect("StartScreen", "start")
        qtbot.waitUntil(lambda: _clamps_known(street) == len(street.file.clamp), timeout=PATIENCE_MS)
        _pays_a_coin(qtbot, panel, customer, street)
        _photographs_the_screen(qtbot, panel)
        _power_fails(panel, customer, street)
        _fitting_is_refused(qtbot, panel)
        _everything_is_mended(panel)
        street.kiosk.terminate()  # type: ignore[union-attr]  # it runs: the customer has just seen it
        qtbot.waitUntil(lambda: not panel.isVisible(), timeout=PATIENCE_MS)
        assert panel.problem == ""
        assert street.coins.listeners == []
        _a_terminal_that_fails_is_told_about(qtbot, street)


def _everything_is_named(panel: Panel) -> None:
    things = [*panel.findChildren(QAbstractButton), *panel.findChildren(QLineEdit)]
    assert len(things) > 40
    assert [thing for thing in things if not thing.accessibleName() or not thing.toolTip()] == []
    names = [thing.accessibleName() for thing in things]
    assert sorted(names) == sorted(set(names))


def _stands_at_the_right_edge(qtbot: QtBot, panel: Panel) -> None:
    """On a screen that is lower than the panel (800 px here) it can be scrolled to the last button."""
    screen = panel.screen().availableGeometry()
    qtbot.waitUntil(lambda: panel.frameGeometry().right() == screen.right(), timeout=PATIENCE_MS)
    assert screen.height() < panel.whole_height()
    assert panel.height() <= screen.height()
    assert panel.content.height() > panel.height() - panel.head.height()


def _clamps_known(street: Street) -> int:
    """How many clamps the terminal knows: none before it has heard of the server for the first time."""
    path = (street.folder / "terminal.db").absolute()
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT COUNT(*) FROM books").fetchone()[0])


def _pays_a_coin(qtbot: QtBot, panel: Panel, customer: Customer, street: Street) -> None:
    panel.scanner.scans[0].click()
    customer.expect("ReviewScreen", "review")
    customer.press("Pay")
    two_euro = panel.coin_slot.buttons[0]
    qtbot.waitUntil(lambda: two_euro.is_let_in, timeout=PATIENCE_MS)
    two_euro.click()
    customer.expect("PayScreen", "pay", kept_minor=200)
    assert read_journal(street.folder / "terminal.db", "0412", epoch=1).money_in_minor == 200


def _photographs_the_screen(qtbot: QtBot, panel: Panel) -> None:
    """There is no slip on it; the other way is lived in the stories of the street."""
    panel.pocket.photograph.click()
    qtbot.waitUntil(lambda: panel.pocket.says.text() == "No slip is on the screen", timeout=PATIENCE_MS)


def _power_fails(panel: Panel, customer: Customer, street: Street) -> None:
    panel.head.power.click()
    assert street.kiosk is None
    assert panel.head.state.text() == "No power"
    assert not panel.scanner.scans[0].isEnabled()
    panel.coin_slot.buttons[0].click()
    assert panel.tray.returned.coins == {}  # told by the queued signal
    panel.refresh()
    assert panel.tray.returned.coins == {200: 1}
    panel.head.power.click()
    assert panel.scanner.scans[0].isEnabled()
    customer.expect("ResumeScreen", "resume", settling=False, kept_minor=200)
    assert panel.isVisible()


def _fitting_is_refused(qtbot: QtBot, panel: Panel) -> None:
    panel.scanner.fits[1].click()
    assert panel.scanner.says.text() == "Fitting 9K22-8 ..."
    qtbot.waitUntil(
        lambda: panel.scanner.says.text() == "Clamp 9K228 is on a car already", timeout=PATIENCE_MS
    )


def _everything_is_mended(panel: Panel) -> None:
    for switch in (panel.acceptor.jam, panel.cables.coins, panel.cables.slow):
        switch.click()
    panel.refresh()
    assert panel.head.state.text() == "3 things wrong"
    assert not panel.head.lamp.is_green
    panel.head.mend.click()
    assert not any(switch.isChecked() for switch in panel.switches)
    assert panel.head.state.text() == "Everything in order"


def _a_terminal_that_fails_is_told_about(qtbot: QtBot, street: Street) -> None:
    street.stop_kiosk()
    panel = Panel(street)
    qtbot.addWidget(panel)
    panel.show()
    street.kiosk = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    qtbot.waitUntil(lambda: not panel.isVisible(), timeout=PATIENCE_MS)
    assert panel.problem.startswith("the terminal ended with code 3; its log ends with")


def test_the_program_runs_both_windows_until_it_is_told_to_end(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    program = subprocess.Popen(
        [sys.executable, "run_kiosk.py", "--simulate", "--out", str(tmp_path)],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert program.stderr is not None
    with program, program.stderr:
        _wait_for_the_terminal(program, tmp_path / "run")
        program.send_signal(signal.SIGTERM)
        said = program.stderr.read().decode()
    assert (program.returncode, "Traceback" in said) == (0, False), said


def _wait_for_the_terminal(program: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Until the terminal has begun its journal; a program that ended meanwhile has failed."""
    wait_until(
        lambda: program.poll() is not None or (folder / "terminal.db").exists(),
        lambda: "the terminal has not begun its journal",
        PATIENCE_MS / 1000,
    )
    assert program.poll() is None


def test_without_a_display_one_learns_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        StreetError, match="there is no display for the panel; run with --simulate --headless"
    ):
        run_panel(STREET, tmp_path)
    assert list(tmp_path.iterdir()) == []
