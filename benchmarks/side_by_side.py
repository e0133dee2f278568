"""Coins that fall while the host restarts, and in a burst: a public ccTalk library and this terminal.

Both talk to the same simulated acceptor on a pseudo terminal at the speed of 9600 baud, each in a process of
its own that polls as it does by default and is ended by kill -9. `--peer` is a folder with a copy of
pycctalk (github.com/securitym0nkey/pycctalk); nothing of it is in this repository. The acceptor does not
inhibit itself, and understands inhibits of one byte too, as that library sends them.
"""

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.coin_line import paced
from benchmarks.counter import TWO_EURO, Counter, open_store
from benchmarks.figures import PROJECT, as_installed, fresh_folder
from kiosk import clock
from kiosk.flows.events import ContinuePressed, PayPressed, Scanned
from kiosk.flows.screens import PayScreen, ReviewScreen, Screen, StartScreen
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.messages import Header
from kiosk.hardware.pump import Pump
from kiosk.hardware.transport.serial_line import SerialLine
from kiosk.inbox import Inbox
from simulator.devices.coin_acceptor import Answer, SimulatedAcceptor, SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.pty_wire import PtyWire

PATIENCE_S = 60.0
QUIET_POLLS = 8
"""A host has read everything when it has asked so often since the last coin."""
PRICE_MINOR = 10_000_000
BURSTS_S = {"10 coins in 1 s": 0.1, "10 coins in 0.5 s": 0.05}

_PEERS_HOST = """
import sys
sys.path.insert(0, sys.argv[1])
import cctalk
from cctalk.coinacceptor import CoinAcceptor

class Telling(CoinAcceptor):
    def onCoinAccept(self, coin):
        with open(sys.argv[3], "a") as told:
            told.write("coin\\n")

interface = cctalk.SerialInterface(sys.argv[2])
Telling(interface)
interface.start()
"""

Start = Callable[[], "subprocess.Popen[bytes]"]
CountTold = Callable[[], int]


def main() -> None:
    """Print for each case how many coins fell, and how many each host knows of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, metavar="PATH", help="a folder with a copy of pycctalk")
    parser.add_argument("--host", type=Path, metavar="FOLDER", help="be this terminal, with its files there")
    chosen = parser.parse_args()
    if chosen.host:
        _be_the_terminal(chosen.host)
        return
    if chosen.peer is None or not (chosen.peer / "cctalk" / "coinacceptor.py").is_file():
        parser.error("--peer: a folder with pycctalk is wanted, in it cctalk/coinacceptor.py")
    folder = fresh_folder("side_by_side")
    cases: dict[str, Callable[[Host], None]] = {
        f"{coins} while it restarts": lambda host, coins=coins: _restart(host, coins)  # type: ignore[misc]
        for coins in range(1, 7)
    }
    cases |= {
        name: lambda host, pause_s=pause_s: _burst(host, pause_s)  # type: ignore[misc]
        for name, pause_s in BURSTS_S.items()
    }
    print("| coins | pycctalk: told | lost | doubled | this terminal: in the journal | lost | declared |")
    print("|---|---|---|---|---|---|---|")
    for number, (name, play) in enumerate(cases.items()):
        theirs = _peers_host(chosen.peer, folder / f"{number}-theirs")
        ours = _our_host(folder / f"{number}-ours")
        for host in (theirs, ours):
            with host.on_the_line():
                play(host)
        print(f"| {name} | {_row(theirs)} | {max(0, theirs.told() - theirs.fallen)} |", end="")
        print(f" {_row(ours)} | {_declared(ours.folder)} |", flush=True)


def _row(host: "Host") -> str:
    return f"{host.told()} of {host.fallen} | {max(0, host.fallen - host.told())}"


def _restart(host: "Host", coins: int) -> None:
    host.start()
    host.drop(1, 0)
    host.wait_until_quiet()
    host.kill()
    host.drop(coins, 0.05)
    host.start()
    host.wait_until_quiet()
    host.kill()


def _burst(host: "Host", pause_s: float) -> None:
    host.start()
    host.drop(10, pause_s)
    host.wait_until_quiet()
    host.kill()


class Acceptor(SimulatedAcceptor):
    """Notes how often it is asked for credits, and takes inhibits of one byte for positions 1 to 8."""

    asked = 0

    def answer(self, header: int, data: bytes) -> Answer:
        """As ever."""
        if header == Header.READ_BUFFERED_CREDIT:
            self.asked += 1
        if header == Header.MODIFY_INHIBIT_STATUS and len(data) == 1:
            data += b"\0"
        return super().answer(header, data)


class Host:
    """A host process on an acceptor of its own. `start_process` starts it, `told` counts what it knows."""

    def __init__(self, folder: Path, start_process: Start, told: CountTold) -> None:
        folder.mkdir()
        self.folder = folder
        self.told = told
        self.fallen = 0
        self._start_process = start_process
        self._process: subprocess.Popen[bytes] | None = None
        coins = (SimulatedCoin(TWO_EURO, 200, coin_id="EU200A"),)
        self._line = SimulatedCoinLine(coins, (), time.monotonic)
        self._acceptor = Acceptor(coins, time.monotonic)
        self._line.acceptor = self._acceptor
        self._wire = PtyWire(folder / "cctalk", paced(self._line.receive))

    @contextmanager
    def on_the_line(self) -> Iterator[None]:
        """The acceptor is there."""
        self._wire.start()
        try:
            yield
        finally:
            self.kill()
            self._wire.stop()

    def start(self) -> None:
        """Start the host, and wait until it polls and lets coins in."""
        self._process = self._start_process()
        self.wait_until_quiet()
        self._wait_for(lambda: bool(self._line.lets_in), "the host lets no coin in")

    def kill(self) -> None:
        """End it by kill -9."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()

    def drop(self, coins: int, pause_s: float) -> None:
        """Coins fall, one behind the other."""
        for _ in range(coins):
            assert self._line.drop_coin(200).accepted, "a coin came back"
            self.fallen += 1
            time.sleep(pause_s)

    def wait_until_quiet(self) -> None:
        """Wait until it has polled often enough to know everything."""
        enough = self._acceptor.asked + QUIET_POLLS
        self._wait_for(lambda: self._acceptor.asked >= enough, "the host does not poll")

    @staticmethod
    def _wait_for(what: Callable[[], bool], words: str) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < end_s, words
            time.sleep(0.02)


# --- the two hosts -------------------------------------------------------------------------------------


def _peers_host(peer: Path, folder: Path) -> Host:
    told = folder / "told.txt"

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", _PEERS_HOST, str(peer.absolute()), str(folder / "cctalk"), str(told)]
        return subprocess.Popen(command)

    return Host(folder, start, lambda: len(told.read_text().splitlines()) if told.exists() else 0)


def _our_host(folder: Path) -> Host:
    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "benchmarks.side_by_side", "--host", str(folder)]
        return subprocess.Popen(command, cwd=PROJECT, env=as_installed())

    return Host(folder, start, lambda: len(_facts(folder, "CoinKept")))


def _declared(folder: Path) -> int:
    return sum(fact["events"] for fact in _facts(folder, "CoinEventsLost"))


def _facts(folder: Path, kind: str) -> list[dict[str, int]]:
    with contextlib.closing(sqlite3.connect(folder / "terminal.db")) as connection:
        payloads = [json.loads(text) for (text,) in connection.execute("SELECT payload FROM journal")]
    return [payload for payload in payloads if payload["fact"] == kind]


def _be_the_terminal(folder: Path) -> None:
    """Driver, session and store as in a terminal; the customer is there and pays. Ends by kill -9."""
    inbox = Inbox(clock.now)
    screens: list[Screen] = []
    counter = Counter(inbox.put)
    pump = Pump(
        CoinLine(SerialLine(str(folder / "cctalk")), inbox.put, clock.steady_s, CoinLineConfiguration()),
        inbox.put,
    )
    is_new = not (folder / "terminal.db").exists()
    session = counter.session(lambda: open_store(folder, 1, PRICE_MINOR), screens.append, pump.order)
    threading.Thread(target=inbox.work, args=(session,), name="session").start()
    pump.start()
    counter.all_but_coins_work()
    if is_new:
        for screen, touch in ((StartScreen, Scanned("00001")), (ReviewScreen, PayPressed())):
            _wait_for(screens, screen)
            inbox.put(touch)
        _wait_for(screens, PayScreen)
    else:
        while True:
            time.sleep(0.1)
            inbox.put(ContinuePressed())


def _wait_for(screens: list[Screen], kind: type[Screen]) -> None:
    while not (screens and isinstance(screens[-1], kind)):
        time.sleep(0.02)


if __name__ == "__main__":
    main()
