"""The panel's groups on real simulated devices, without a server and without a terminal."""

import os
import select
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from kiosk.hardware.cctalk.frames import Frame, encode
from kiosk.hardware.cctalk.messages import Header, write_inhibits
from parking.claims import ClaimReason, ClaimSlip, SignedClaim
from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.hopper import HopperForm
from simulator.devices.printer import SimulatedPrinter
from simulator.faults import Fault
from simulator.network import RUBBISH, NetworkSwitch
from simulator.panel.cabinet import COINS_POURED, SLOW_S, Acceptor, Cables, Hopper, Printer
from simulator.panel.errands import Errands
from simulator.panel.front import SCANNED_RUBBISH, CoinSlot, Scanner, Tray
from simulator.panel.look import coin_label, coin_name, load_fonts
from simulator.panel.paper import ReceiptSlot
from simulator.panel.parts import Section, Switch
from simulator.panel.slips import Pocket
from simulator.street_file import ClampTable

CLAMP = ClampTable(identifier="7F31-4", codes=("482913", "750366"), fine=(("Clamp fee", 1000),))
PATIENCE_MS = 20_000
CUT = b"\x1dVA\x00"
"""GS V 65 0: feed to the cutter, cut."""


@pytest.fixture(autouse=True)
def _fonts(qapp: object) -> None:
    del qapp
    load_fonts()


@pytest.fixture
def coins() -> SimulatedCoinLine:
    table = (SimulatedCoin(1, 200), SimulatedCoin(2, 100, hopper="hopper 1"), SimulatedCoin(3, 50))
    return SimulatedCoinLine(table, [HopperForm("hopper 1", 100, coins=5)], lambda: 0.0)


@pytest.fixture
def printer() -> Iterator[SimulatedPrinter]:
    printer = SimulatedPrinter()
    printer.start()
    yield printer
    printer.stop()


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[SimulatedScanner]:
    scanner = SimulatedScanner(tmp_path / "scanner")
    scanner.start()
    yield scanner
    scanner.stop()


@pytest.fixture
def network() -> Iterator[NetworkSwitch]:
    """A cable to somebody who says hello to everybody."""
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                caller.sendall(b"hello")
                caller.recv(1)

    thread = threading.Thread(target=greet)
    thread.start()
    with NetworkSwitch("127.0.0.1", listener.getsockname()[1]) as network:
        yield network
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def let_in(coins: SimulatedCoinLine, *positions: int) -> None:
    """Order the acceptor over its wire to take these coins."""
    coins.receive(encode(Frame(2, 1, Header.MODIFY_INHIBIT_STATUS, write_inhibits(frozenset(positions)))))


def is_lit(section: Section) -> bool:
    """Whether the number on the front is yellow."""
    return section.badge is not None and section.badge.is_lit


# --- coins ---------------------------------------------------------------------------------------------


def test_coins_are_called_as_they_are_on_the_terminal() -> None:
    assert [coin_label(200), coin_label(50), coin_name(100), coin_name(10)] == [
        "2\u202f€",
        "50",
        "1\u202f€",
        "10 cents",
    ]


def test_there_is_a_button_for_every_coin_and_one_that_the_acceptor_does_not_know(
    coins: SimulatedCoinLine,
) -> None:
    slot = CoinSlot(coins)
    assert [button.coin_minor for button in slot.buttons] == [200, 100, 50, 5]
    assert slot.buttons[0].accessibleName() == "Drop 2\u202f€"


def test_a_coin_in_a_closed_slot_comes_back_and_lies_in_the_tray_until_it_is_taken(
    coins: SimulatedCoinLine,
) -> None:
    slot, tray = CoinSlot(coins), Tray(coins)
    assert not any(button.is_let_in for button in slot.buttons)
    assert not tray.take_returned.isEnabled()
    slot.buttons[0].click()
    tray.refresh()
    assert slot.last.text() == "2\u202f€ came back."
    assert tray.returned.coins == {200: 1}
    assert tray.returned.accessibleName() == "Back from the slot: € 2.00"
    assert is_lit(tray)
    tray.take_returned.click()
    assert tray.returned.coins == {}
    assert not is_lit(tray)
    assert coins.where().returned == {200: 1}


def test_an_open_slot_shows_which_coins_it_takes_and_where_one_fell(coins: SimulatedCoinLine) -> None:
    let_in(coins, 1, 2)
    slot = CoinSlot(coins)
    assert [button.is_let_in for button in slot.buttons] == [True, True, False, False]
    slot.buttons[1].click()
    assert slot.last.text() == "1\u202f€ fell into hopper 1."
    assert coins.hoppers["hopper 1"].coins == 6
    slot.buttons[0].click()
    assert slot.last.text() == "2\u202f€ fell into the cash box."
    slot.buttons[3].click()
    assert slot.last.text() == "5 cents came back."


def test_what_a_hopper_pays_lies_in_the_tray(coins: SimulatedCoinLine) -> None:
    tray = Tray(coins)
    coins._pay_out(100)
    tray.refresh()
    assert tray.change.coins == {100: 1}
    assert tray.change_value.text() == "€ 1.00"
    tray.take_change.click()
    assert tray.change.coins == Counter()


# --- inside the cabinet --------------------------------------------------------------------------------


def test_a_jammed_acceptor_closes_the_slot_until_it_is_cleared(coins: SimulatedCoinLine) -> None:
    let_in(coins, 1)
    slot, acceptor = CoinSlot(coins), Acceptor(coins)
    acceptor.jam.click()
    slot.refresh()
    assert Fault.COIN_JAM in coins.acceptor.faults
    assert not slot.buttons[0].is_let_in
    assert acceptor.jam.text() == "Clear"
    acceptor.jam.click()
    slot.refresh()
    assert slot.buttons[0].is_let_in


def test_a_silent_acceptor_does_not_answer(coins: SimulatedCoinLine) -> None:
    question = encode(Frame(2, 1, Header.SIMPLE_POLL))
    acceptor = Acceptor(coins)
    acceptor.silence.click()
    assert coins.receive(question) == question
    acceptor.silence.click()
    assert len(coins.receive(question)) > len(question)


def test_a_hopper_is_emptied_filled_jammed_and_silenced(coins: SimulatedCoinLine) -> None:
    hopper = Hopper(coins, "hopper 1")
    assert (hopper.says.text(), hopper.lamp.is_green) == ("5 coins", True)
    hopper.empty.click()
    hopper.refresh()
    assert (hopper.says.text(), hopper.lamp.is_green) == ("0 coins", False)
    assert coins.hoppers["hopper 1"].coins == 0
    assert not hopper.empty.isEnabled()
    hopper.fill.click()
    hopper.jam.click()
    hopper.silence.click()
    hopper.refresh()
    assert coins.hoppers["hopper 1"].coins == COINS_POURED
    assert coins.hoppers["hopper 1"].faults == {Fault.HOPPER_JAM, Fault.SILENT}
    assert coins.where().is_conserved


def test_a_fault_that_came_otherwise_is_shown_too(coins: SimulatedCoinLine) -> None:
    hopper = Hopper(coins, "hopper 1")
    coins.switch(Fault.HOPPER_JAM, device="hopper 1")
    hopper.refresh()
    assert hopper.jam.isChecked()
    hopper.jam.mend()
    assert Fault.HOPPER_JAM not in coins.hoppers["hopper 1"].faults


def test_a_switch_says_what_pressing_it_does() -> None:
    done: list[bool] = []
    switch = Switch("Printer", ("Open", "Close"), ("It opens.", "It closes."), done.append)
    assert (switch.text(), switch.accessibleName(), switch.toolTip()) == (
        "Open",
        "Printer: Open",
        "It opens.",
    )
    switch.click()
    assert (switch.text(), switch.accessibleName(), switch.toolTip()) == (
        "Close",
        "Printer: Close",
        "It closes.",
    )
    switch.mend()
    switch.mend()
    switch.show_state(on=True)
    assert done == [True, False]


# --- paper ---------------------------------------------------------------------------------------------


def send(printer: SimulatedPrinter, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", printer.port)) as host:
        host.sendall(data)
        host.shutdown(socket.SHUT_WR)
        while host.recv(100):
            continue


def test_a_receipt_comes_out_and_is_taken(qtbot: QtBot, printer: SimulatedPrinter) -> None:
    slot = ReceiptSlot(printer)
    qtbot.addWidget(slot)
    slot.resize(300, 500)
    assert not slot.take.isEnabled()
    send(printer, b"Code 482 913\n" + CUT)
    qtbot.waitUntil(slot.take.isEnabled, timeout=PATIENCE_MS)
    assert "Code 482 913" in slot.pane.accessibleDescription()
    send(printer, b"Another\n" + CUT)
    qtbot.waitUntil(lambda: slot.take.text() == "Take 2 receipts", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: slot.pane.sheets.part_out == 1.0, timeout=PATIENCE_MS)
    slot.take.click()
    assert slot.pane.sheets.pieces == []
    assert not slot.take.isEnabled()
    assert len(printer.receipts) == 2


def test_paper_that_is_not_cut_yet_hangs_in_the_slot(qtbot: QtBot, printer: SimulatedPrinter) -> None:
    slot = ReceiptSlot(printer)
    qtbot.addWidget(slot)
    slot.resize(300, 500)
    send(printer, b"Half of it\n")
    qtbot.waitUntil(lambda: printer.unfinished() is not None, timeout=PATIENCE_MS)
    slot.refresh()
    assert slot.pane.sheets.unfinished is not None
    assert not slot.take.isEnabled()
    send(printer, CUT)
    qtbot.waitUntil(slot.take.isEnabled, timeout=PATIENCE_MS)
    assert slot.pane.sheets.unfinished is None


def test_a_roll_that_ends_in_a_receipt_waits_for_new_paper(qtbot: QtBot, printer: SimulatedPrinter) -> None:
    slot, inside = ReceiptSlot(printer), Printer(printer)
    qtbot.addWidget(slot)
    slot.torn.connect(inside.paper_has_ended)
    inside.ends_in_receipt.click()
    send(printer, b"0123456789012345678901234567890\n" * 20 + CUT)
    qtbot.waitUntil(inside.paper.isChecked, timeout=PATIENCE_MS)
    assert inside.paper.text() == "Load paper"
    assert not inside.ends_in_receipt.isChecked()
    assert printer.receipts[0].is_torn
    inside.paper.click()
    qtbot.waitUntil(lambda: len(printer.receipts) == 2, timeout=PATIENCE_MS)
    assert not printer.receipts[1].is_torn


def test_a_closed_slot_hears_nothing_of_the_printer(qtbot: QtBot, printer: SimulatedPrinter) -> None:
    slot = ReceiptSlot(printer)
    qtbot.addWidget(slot)
    slot.close()
    assert printer.on_paper is None


# --- scanner -------------------------------------------------------------------------------------------


def test_a_clamp_a_text_and_a_torn_barcode_are_scanned_on_the_wire(
    qtbot: QtBot, scanner: SimulatedScanner
) -> None:
    fitted: list[ClampTable] = []
    group = Scanner(scanner, (CLAMP,), fitted.append)
    qtbot.addWidget(group)
    wire = os.open(scanner.link, os.O_RDONLY | os.O_NOCTTY)
    try:
        group.scans[0].click()
        assert read(wire) == b"7F31-4\r"
        group.free.setText("9K22-8")
        group.free.returnPressed.emit()
        assert read(wire) == b"9K22-8\r"
        group.rubbish.click()
        assert read(wire) == SCANNED_RUBBISH + b"\r"
    finally:
        os.close(wire)
    group.fits[0].click()
    assert fitted == [CLAMP]


def test_nothing_is_scanned_without_power(qtbot: QtBot, scanner: SimulatedScanner) -> None:
    group = Scanner(scanner, (CLAMP,), lambda _: None)
    qtbot.addWidget(group)
    group.set_power(on=False)
    assert not any(thing.isEnabled() for thing in (*group.scans, group.free_scan, group.rubbish))
    assert group.fits[0].isEnabled()


# --- slips ---------------------------------------------------------------------------------------------


def slip(number: str, amount_minor: int = 750) -> str:
    return SignedClaim(ClaimSlip(number, amount_minor, "EUR", ClaimReason.CHANGE_SHORT), bytes(64)).text


def printed(text: str) -> bytes:
    """GS ( k, functions 67, 80 and 81: a QR code of 6 dots; then cut."""
    data = b"\x31\x50\x30" + text.encode()
    size = b"\x1d(k\x03\x00\x31\x43\x06"
    return size + b"\x1d(k" + len(data).to_bytes(2, "little") + data + b"\x1d(k\x03\x00\x31\x51\x30\n" + CUT


def test_a_slip_that_was_printed_is_scanned_as_often_as_one_likes(
    qtbot: QtBot, printer: SimulatedPrinter, scanner: SimulatedScanner
) -> None:
    slot, pocket = ReceiptSlot(printer), Pocket(scanner, lambda: None)
    for group in (slot, pocket):
        qtbot.addWidget(group)
    slot.slips.connect(pocket.put)
    assert pocket.says.text() == "Empty"
    text = slip("0412-1-C00012")
    send(printer, printed(text))
    qtbot.waitUntil(lambda: pocket.texts == [text], timeout=PATIENCE_MS)
    send(printer, printed("RECEIPT:0412-1-00042"))
    qtbot.waitUntil(lambda: slot.take.text() == "Take 2 receipts", timeout=PATIENCE_MS)
    slot.take.click()
    assert pocket.scans[0].text() == "€ 7.50 · C00012"
    wire = os.open(scanner.link, os.O_RDONLY | os.O_NOCTTY)
    try:
        for _ in range(2):
            pocket.scans[0].click()
            assert read(wire) == text.encode() + b"\r"
    finally:
        os.close(wire)
    assert pocket.says.text() == "Scanned 0412-1-C00012"


def test_a_pocket_holds_the_newest_slips_each_once(qtbot: QtBot, scanner: SimulatedScanner) -> None:
    pocket = Pocket(scanner, lambda: None)
    qtbot.addWidget(pocket)
    texts = [slip(f"0412-1-C{number:05}") for number in range(1, 7)]
    pocket.put(tuple(texts))
    assert pocket.texts == texts[:1:-1]
    pocket.put((texts[3],))
    assert pocket.texts == [texts[3], texts[5], texts[4], texts[2]]
    pocket.put(("CLAIM:torn",))
    assert [button.text() for button in pocket.scans][:2] == ["?", "€ 7.50 · C00004"]


def test_somebody_photographs_the_screen_unless_it_is_dark(qtbot: QtBot, scanner: SimulatedScanner) -> None:
    wanted: list[bool] = []
    pocket = Pocket(scanner, lambda: wanted.append(True))
    qtbot.addWidget(pocket)
    pocket.put((slip("0412-1-C00012"),))
    pocket.photograph.click()
    assert wanted == [True]
    pocket.set_power(on=False)
    assert not any(thing.isEnabled() for thing in (*pocket.scans, pocket.photograph))


def read(wire: int) -> bytes:
    """One scan, to its ending."""
    heard = b""
    while not heard.endswith(b"\r"):
        ready, _, _ = select.select([wire], [], [], PATIENCE_MS / 1000)
        assert ready
        heard += os.read(wire, 1000)
    return heard


# --- cables --------------------------------------------------------------------------------------------


@pytest.fixture
def cables(
    qtbot: QtBot, network: NetworkSwitch, scanner: SimulatedScanner, printer: SimulatedPrinter
) -> Cables:
    cables = Cables(network, lambda _: None, scanner, printer)
    qtbot.addWidget(cables)
    return cables


def heard(network: NetworkSwitch) -> bytes:
    """What a terminal hears on this cable."""
    try:
        with socket.create_connection(network.address, timeout=PATIENCE_MS / 1000) as caller:
            return caller.recv(100)
    except ConnectionError:
        return b""


def test_a_pulled_network_cable_carries_nothing(cables: Cables, network: NetworkSwitch) -> None:
    assert heard(network) == b"hello"
    cables.network.click()
    assert heard(network) == b""
    cables.network.click()
    assert heard(network) == b"hello"


def test_a_network_that_talks_rubbish_does_so_again_after_it_was_pulled(
    cables: Cables, network: NetworkSwitch
) -> None:
    cables.rubbish.click()
    assert heard(network) == RUBBISH[:100]
    cables.network.click()
    cables.network.click()
    assert heard(network) == RUBBISH[:100]
    cables.rubbish.click()
    assert heard(network) == b"hello"


def test_a_slow_network_is_still_slow_when_rubbish_ends(cables: Cables, network: NetworkSwitch) -> None:
    cables.slow.click()
    cables.rubbish.click()
    cables.rubbish.click()
    assert network._delay_s == SLOW_S
    cables.slow.click()
    assert network._delay_s == 0


def test_the_cables_of_scanner_and_printer_are_pulled(
    cables: Cables, scanner: SimulatedScanner, printer: SimulatedPrinter, qtbot: QtBot
) -> None:
    cables.scanner.click()
    assert not scanner.link.exists()
    cables.scanner.click()
    assert scanner.link.exists()
    cables.printer.click()
    qtbot.waitUntil(lambda: printer._listener is None, timeout=PATIENCE_MS)
    cables.printer.click()
    qtbot.waitUntil(lambda: printer._listener is not None, timeout=PATIENCE_MS)


# --- errands -------------------------------------------------------------------------------------------


def test_an_errand_has_its_own_thread_and_tells_in_the_thread_of_the_window(qtbot: QtBot) -> None:
    errands = Errands()
    told: list[object] = []
    here = threading.get_ident()

    def fail() -> None:
        raise ValueError("no such clamp")

    def tell(result: object) -> None:
        told.append((result, threading.get_ident() == here))

    errands.run(lambda: threading.get_ident() == here, tell, tell)
    qtbot.waitUntil(lambda: told == [(False, True)], timeout=PATIENCE_MS)
    errands.run(fail, lambda _: None, lambda error: tell(str(error)))
    errands.wait()
    qtbot.waitUntil(lambda: told[1:] == [("no such clamp", True)], timeout=PATIENCE_MS)
