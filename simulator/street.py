"""A simulated street: one terminal's devices on their real wires, a server and the terminal as processes.

`Street` starts and stops them and gives access to everything a person in the street could touch: devices,
the network cable, the mains. Who acts there is another story: the panel (a person) or the script.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import DispenseVariant
from simulator.devices.barcode_scanner import SimulatedScanner
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import CoinLineOnPty, SimulatedCoinLine
from simulator.devices.hopper import HopperForm
from simulator.devices.printer import SimulatedPrinter
from simulator.network import NetworkSwitch
from simulator.street_file import ClampTable, StreetFile, TerminalTable, terminal_toml

PROJECT = Path(__file__).resolve().parent.parent
SLOWEST_END_S = 10.0
OURS = ".simulated-street"
"""Marks a folder that a run has made and the next one may empty."""

_SERVER = (sys.executable, "-m", "server")


class StreetError(RuntimeError):
    """The street could not be set up; the message says what failed and what it printed."""


class Street:
    """The first terminal of a street file with everything around it. Use it in a `with`.

    `folder` is made anew and holds all files of the run. `hand` gives the terminal program a customer's hand
    (see `hand.py`); `headless` runs it without a display.
    """

    def __init__(self, file: StreetFile, folder: Path, *, headless: bool, hand: bool) -> None:
        self.file = file
        self.table = file.terminal[0]
        self.folder = folder
        self._headless = headless
        self._hand = hand
        _make_anew(folder)
        self.coins = _coin_line(self.table)
        self._coin_wire = CoinLineOnPty(self.coins, folder / "cctalk")
        self.printer = SimulatedPrinter()
        self.scanner = SimulatedScanner(folder / "scanner")
        self._network: NetworkSwitch | None = None
        self.server_url = ""
        self._server: subprocess.Popen[bytes] | None = None
        self.kiosk: subprocess.Popen[bytes] | None = None

    # --- opening and closing ---------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Everything runs when this returns, but for the terminal program: see `start_kiosk`."""
        try:
            self._start_server()
            self._coin_wire.start()
            self.printer.start()
            self.scanner.start()
            self._write_config()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Stop the terminal, the devices, the network and the server."""
        self.stop_kiosk()
        self._coin_wire.stop()
        self.printer.stop()
        self.scanner.stop()
        if self._network is not None:
            self._network.close()
        if self._server is not None:
            _end(self._server)

    @property
    def network(self) -> NetworkSwitch:
        """The cable between terminal and server."""
        if self._network is None:
            raise StreetError("the street is not open")
        return self._network

    # --- the server ------------------------------------------------------------------------------------

    @property
    def _database(self) -> str:
        return f"sqlite:///{self.folder / 'server.db'}"

    def server_command(self, *arguments: str) -> str:
        """Run `python -m server ARGUMENTS` on the street's database and return what it prints."""
        done = subprocess.run(
            [*_SERVER, "--database", self._database, *arguments],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StreetError(f"python -m server {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def server_totals(self) -> dict[str, Any]:
        """What the server's tables add up to."""
        totals: dict[str, Any] = json.loads(self.server_command("count"))
        return totals

    def _start_server(self) -> None:
        clamps = self.folder / "clamps.csv"
        write_clamps(self.file.clamp, clamps)
        self.server_command("import", str(clamps))
        key = self.server_command("terminal", "add", self.table.number, "--place", self.table.place)
        key_file = self.folder / "server.key"
        key_file.touch(mode=0o600)
        key_file.write_text(key)
        with (self.folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [*_SERVER, "--database", self._database, "serve", "--port", "0", "--zone", self.table.zone],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._server.stdout is not None  # noqa: S101 - a pipe was asked for
        self.server_url = self._server.stdout.readline().decode().strip()
        if not self.server_url:
            raise StreetError(f"the server did not start:\n{(self.folder / 'server.log').read_text()}")
        host, _, port = self.server_url.removeprefix("http://").rpartition(":")
        self._network = NetworkSwitch(host, int(port))

    # --- the terminal ----------------------------------------------------------------------------------

    def _write_config(self) -> None:
        text = terminal_toml(
            self.table, server_url=self.network.url, printer_port=self.printer.port, full_screen=False
        )
        (self.folder / "terminal.toml").write_text(text)

    def start_kiosk(self) -> None:
        """Start the terminal program; its log goes to `kiosk.log`."""
        environment = dict(os.environ)
        if self._headless:
            environment["QT_QPA_PLATFORM"] = "offscreen"
        command = [
            sys.executable,
            str(PROJECT / "run_kiosk.py"),
            "--config",
            str(self.folder / "terminal.toml"),
        ]
        pipe = subprocess.PIPE if self._hand else subprocess.DEVNULL
        with (self.folder / "kiosk.log").open("ab") as log:
            self.kiosk = subprocess.Popen(
                command + (["--hand"] if self._hand else []),
                cwd=PROJECT,
                env=environment,
                stdin=pipe,
                stdout=pipe,
                stderr=log,
            )

    def last_words(self) -> str:
        """The last line of the terminal program's log, and where the rest is."""
        log = self.folder / "kiosk.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return f"{lines[-1] if lines else 'it said nothing'} (all of it: {log})"

    def stop_kiosk(self) -> None:
        """Tell the terminal program to end, and wait until it has."""
        if self.kiosk is not None:
            _end(self.kiosk)
            for pipe in (self.kiosk.stdin, self.kiosk.stdout):
                if pipe is not None:
                    pipe.close()
            self.kiosk = None

    # --- the mains -------------------------------------------------------------------------------------

    def cut_power(self) -> None:
        """The cabinet has no power: the program is gone at once, the devices too."""
        if self.kiosk is not None:
            self.kiosk.send_signal(signal.SIGKILL)
            self.stop_kiosk()
        self.coins.power_cut()
        self.printer.unplug()
        self.scanner.unplug()

    def restore_power(self) -> None:
        """Power is back: the devices start, the program starts."""
        self.coins.restart()
        self.printer.plug()
        self.scanner.plug()
        self.start_kiosk()

    # --- the coin line's cable -------------------------------------------------------------------------

    def unplug_coins(self) -> None:
        """Pull the cable of the coin line."""
        self._coin_wire.unplug()

    def plug_coins(self) -> None:
        """Put the cable of the coin line back."""
        self._coin_wire.plug()


def _make_anew(folder: Path) -> None:
    """An empty folder. One that holds anything but an earlier run is left alone.

    Raises:
        StreetError: it cannot be made, or is not ours to empty.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / OURS).exists():
            raise StreetError(f"{folder} holds files that no run of the street has made; name another --out")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / OURS).touch()
    except OSError as error:
        raise StreetError(f"{folder} cannot be made: {error.strerror}") from error


def write_clamps(clamps: tuple[ClampTable, ...], path: Path) -> None:
    """The clamps as the server's import wants them."""
    most_lines = max((len(clamp.fine) for clamp in clamps), default=0)
    names = ["identifier", "codes", "plate"]
    for number in range(1, most_lines + 1):
        names += [f"words_{number}", f"amount_{number}"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for clamp in clamps:
            fine = [text for words, amount in clamp.fine for text in (words, f"{amount / 100:.2f}")]
            blank = [""] * (len(names) - 3 - len(fine))
            writer.writerow([clamp.identifier, " ".join(clamp.codes), clamp.plate, *fine, *blank])


def _coin_line(table: TerminalTable) -> SimulatedCoinLine:
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
    return SimulatedCoinLine(coins, hoppers, time.monotonic, checksum=Checksum(table.checksum))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SLOWEST_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None and not process.stdout.closed:
        process.stdout.close()
