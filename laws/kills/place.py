"""One terminal's place: its devices on their real wires, which survive, and its program, which does not.

Who pays there is in `customers.py`, what must hold in `judge.py`.
"""

import shutil
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import DispenseVariant
from laws.kills.process import PROJECT, Process, free_port
from laws.kills.touch_panel import TouchPanel
from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import CoinLineOnPty, Fallen, SimulatedCoinLine
from simulator.devices.hopper import HopperForm
from simulator.devices.printer import SimulatedPrinter
from simulator.street_file import CoinTable, HopperTable, TerminalTable, terminal_toml

PLACE, ZONE = "Harbour Street", "Europe/Berlin"
HOPPER_COINS_PER_SECOND = 12.0
"""Faster than life, so that many payments fit into the run."""
_SQLITE_FILES = ("terminal.db", "terminal.db-wal")


def terminal_table(number: str, chance: Random) -> TerminalTable:
    """A terminal whose line, hoppers and polling are as in one of the many cabinets that there are."""
    few = chance.random() < 0.3
    return TerminalTable(
        number=number,
        place=PLACE,
        phone="+49 30 901820",
        zone=ZONE,
        panel="7-inch",
        checksum=chance.choice(("simple", "crc16")),
        poll_interval_s=chance.choice((0.03, 0.05, 0.1)),
        coin=(
            CoinTable(position=1, coin_minor=200, coin_id="EU200A"),
            CoinTable(position=2, coin_minor=100, coin_id="EU100A", hopper="hopper 1"),
            CoinTable(position=3, coin_minor=50, coin_id="EU050A"),
            CoinTable(position=4, coin_minor=20, coin_id="EU020A", hopper="hopper 2"),
            CoinTable(position=5, coin_minor=10, coin_id="EU010A"),
        ),
        hopper=(
            HopperTable(
                name="hopper 1",
                address=3,
                coin_minor=100,
                coins=10 if few else 4000,
                variant="serial",
                coins_per_second=HOPPER_COINS_PER_SECOND,
            ),
            HopperTable(
                name="hopper 2",
                address=4,
                coin_minor=20,
                coins=12 if few else 4000,
                variant="no-encrypt",
                checksum="crc16",
                coins_per_second=HOPPER_COINS_PER_SECOND,
            ),
        ),
    )


class Place:
    """A terminal with everything around it. `folder` holds all its files; use `open` and `close`."""

    def __init__(self, number: str, folder: Path, chance: Random) -> None:
        folder.mkdir(parents=True)
        self.number = number
        self.folder = folder
        self.table = terminal_table(number, chance)
        self.line = _coin_line(self.table, self_inhibits=chance.random() < 0.5)
        self._coin_wire = CoinLineOnPty(self.line, folder / "cctalk")
        self.printer = SimulatedPrinter()
        self.scanner = SimulatedScanner(folder / "scanner")
        self.panel = TouchPanel(free_port(socket.SOCK_DGRAM, chance), chance)
        command = (sys.executable, str(PROJECT / "run_kiosk.py"), "--config", str(folder / "terminal.toml"))
        self.program = Process(command, folder / "kiosk.log", self.panel.environment)
        self.dropped: list[int] = []
        """What each event of the acceptor was, in order: the coin that it kept, 0 for one that came back."""
        self.into_the_dark = 0
        """How many coins were dropped since a program asked for them last."""
        self.kept_in_the_dark = 0

    def open(self, server_url: str, key: str) -> None:
        """Everything runs when this returns, but for the program."""
        self._coin_wire.start()
        self.printer.start()
        self.scanner.start()
        text = terminal_toml(
            self.table, server_url=server_url, printer_port=self.printer.port, full_screen=False
        )
        (self.folder / "terminal.toml").write_text(text, encoding="utf-8")
        key_file = self.folder / "server.key"
        key_file.touch(mode=0o600)
        key_file.write_text(key, encoding="ascii")

    def close(self) -> None:
        """The program is killed if it still lives, the devices stop."""
        if self.program.is_alive:
            self.program.kill()
        self._coin_wire.stop()
        self.printer.stop()
        self.scanner.stop()
        self.panel.close()

    # --- what a customer does and sees

    def drop(self, coin_minor: int) -> Fallen:
        """A coin is dropped into the slot."""
        fallen = self.line.drop_coin(coin_minor)
        self.dropped.append(coin_minor if fallen.accepted else 0)
        if self.is_polled():
            self.into_the_dark = 0
        else:
            self.into_the_dark += 1
            self.kept_in_the_dark += fallen.accepted
        return fallen

    def is_polled(self) -> bool:
        """Whether the present life of the program has asked the acceptor for coins yet."""
        return self.program.is_alive and self.line.acceptor._asked_s > self.program.started_s

    @property
    def slot(self) -> frozenset[int]:
        """The coins that the slot takes at this moment; nothing while it is shut."""
        return self.line.lets_in

    def acts(self) -> tuple[object, ...]:
        """Changes when a hopper takes an order, and when the printer begins or ends a piece."""
        orders = tuple(hopper.counter for hopper in self.line.hoppers.values())
        return (*orders, self.printer._mechanism._paper.is_blank)

    # --- what the judge sees

    @property
    def accepted(self) -> Counter[int]:
        """The coins that fell into the machine through the slot."""
        where = self.line.where()
        return where.inserted - where.returned

    @property
    def journal(self) -> Path:
        """The file in which the program keeps its journal."""
        return self.folder / "terminal.db"

    def copy_journal(self, to: Path) -> None:
        """Copy the files of a dead program, so that nobody but its next life opens them.

        Another reader could do the recovery that the next life must do. SQLite's shared memory is not
        copied: it means nothing without its file.
        """
        for name in _SQLITE_FILES:
            copy = to / name
            copy.unlink(missing_ok=True)
            if (self.folder / name).exists():
                shutil.copyfile(self.folder / name, copy)
        (to / "terminal.db-shm").unlink(missing_ok=True)


def _coin_line(table: TerminalTable, *, self_inhibits: bool) -> SimulatedCoinLine:
    coins = [
        SimulatedCoin(coin.position, coin.coin_minor, 1, coin.hopper, coin.coin_id) for coin in table.coin
    ]
    hoppers = [
        HopperForm(
            name=hopper.name,
            coin_minor=hopper.coin_minor,
            coins=hopper.coins,
            address=hopper.address,
            checksum=Checksum(hopper.checksum),
            variant=DispenseVariant(hopper.variant),
            coins_per_second=hopper.coins_per_second,
        )
        for hopper in table.hopper
    ]
    return SimulatedCoinLine(
        coins, hoppers, time.monotonic, checksum=Checksum(table.checksum), self_inhibits=self_inhibits
    )
