"""The poll loop waits for neither screen nor disk: how often the acceptor is asked while they are slow.

The real driver in its pump polls a simulated acceptor in another process over a pseudo terminal; the real
session writes coins to its store and shows them in the real window. The acceptor notes when it is asked for
credits (header 229).
A coin falls again and again, in every case alike; then the disk, or the screen's thread, stands still for
half a second at a time. Cases take turns, so that all see the same neighbours on the machine.
"""

import argparse
import itertools
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.counter import TWO_EURO, Counter, open_store, open_window
from benchmarks.figures import PROJECT, as_installed, fresh_folder, percentile
from kiosk import clock
from kiosk.flows.events import PayPressed, Scanned
from kiosk.flows.screens import PayScreen, ReviewScreen, Screen, StartScreen
from kiosk.flows.state import payment_of
from kiosk.hardware.cctalk.coin_acceptor import AcceptorConfiguration
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.messages import Header
from kiosk.hardware.pump import Pump
from kiosk.hardware.transport.serial_line import SerialLine
from kiosk.inbox import Inbox
from kiosk.session import Store
from kiosk.store.journal import Journal
from kiosk.ui.bridge import Bridge
from kiosk.ui.window import Window
from parking.civil_time import Moment
from parking.facts import Fact
from simulator.devices.coin_acceptor import Answer, SimulatedAcceptor, SimulatedCoin
from simulator.devices.coin_line import CoinLineOnPty, SimulatedCoinLine

POLL_INTERVAL_S = 0.05
COIN_EVERY_S = 0.7
STILL_S = 0.5
PRICE_MINOR = 10_000_000
"""Never paid in full while this runs."""


class SlowJournal(Journal):
    """A journal on a disk that takes longer for each sync, once it is told to."""

    pause_s = 0.0

    def append(self, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        """Write as ever, and wait as for a slow disk."""
        super().append(facts, at, books_version)
        time.sleep(self.pause_s)


Disturb = Callable[[SlowJournal], AbstractContextManager[None]]


def main() -> None:
    """Run all cases in turn and print how often the acceptor was asked in each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--seconds", type=float, default=8.0, metavar="S", help="of each case in each round")
    parser.add_argument("--acceptor", type=Path, metavar="LINK", help="be the acceptor on this line")
    chosen = parser.parse_args()
    if chosen.acceptor:
        _be_the_acceptor(chosen.acceptor)
        return
    os.environ.update(as_installed())
    folder = fresh_folder("poll_loop")
    window = open_window()
    cases: dict[str, Disturb] = {
        "quiet": _quiet,
        "disk stands still": _slow_disk,
        "screen stands still": _still_screen,
        "screen computes": _busy_screen,
    }
    intervals: dict[str, list[float]] = {name: [] for name in cases}
    coins = dict.fromkeys(cases, 0)
    for number in range(chosen.rounds):
        for name, disturb in cases.items():
            terminal = CoinTerminal(folder / f"{number} {name}", window)
            intervals[name] += terminal.run(chosen.seconds, disturb)
            coins[name] += terminal.coins_booked
    _print(intervals, coins)


def _print(intervals: dict[str, list[float]], coins: dict[str, int]) -> None:
    print(f"ms between two questions for credits; polled every {POLL_INTERVAL_S * 1e3:.0f} ms")
    print(f"  {'':20} coins  questions   5 %  median    95 %    99 %  largest")
    for name, values in intervals.items():
        figures = "  ".join(f"{percentile(values, percent):6.1f}" for percent in (5, 50, 95, 99, 100))
        print(f"  {name:20} {coins[name]:5}   {len(values):8} {figures}")


# --- the terminal --------------------------------------------------------------------------------------


class CoinTerminal:
    """A terminal from the wire to the window, with the acceptor in a process of its own. Use `run` once."""

    def __init__(self, folder: Path, window: Window) -> None:
        folder.mkdir()
        self._folder = folder
        self._window = window
        self._inbox = Inbox(clock.now)
        self._bridge = Bridge(window.show_screen)
        self._counter = Counter(self._inbox.put)
        coin_line = CoinLine(
            SerialLine(str(folder / "cctalk")),
            self._inbox.put,
            clock.steady_s,
            CoinLineConfiguration(acceptor=AcceptorConfiguration(poll_interval_s=POLL_INTERVAL_S)),
        )
        self._pump = Pump(coin_line, self._inbox.put)
        self._journal: SlowJournal
        self.coins_booked = 0

    def run(self, seconds: float, disturb: Disturb) -> list[float]:
        """Milliseconds between two questions for credits, while coins fall and something disturbs."""
        command = [sys.executable, "-m", "benchmarks.poll_loop", "--acceptor", str(self._folder / "cctalk")]
        with subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as acceptor:
            assert acceptor.stdout is not None
            acceptor.stdout.readline()  # it is there
            begun_s, ended_s = self._run_beside(seconds, disturb)
            answer, _ = acceptor.communicate()
        asked_s = [moment for moment in json.loads(answer) if begun_s <= moment <= ended_s]
        return [(later - earlier) * 1e3 for earlier, later in itertools.pairwise(asked_s)]

    def _run_beside(self, seconds: float, disturb: Disturb) -> tuple[float, float]:
        session = self._counter.session(self._open_store, self._bridge.show.emit, self._pump.order)
        worker = threading.Thread(target=self._inbox.work, args=(session,), name="session")
        worker.start()
        self._pump.start()
        self._begin_payment()
        with disturb(self._journal):
            begun_s = time.monotonic()
            _let_qt_work(seconds)
            ended_s = time.monotonic()
        self._inbox.stop()
        worker.join()
        self._pump.stop()
        payment = payment_of(session.terminal.stage)
        self.coins_booked = payment.kept_minor // 200 if payment else 0
        return begun_s, ended_s

    def _open_store(self) -> Store:
        store = open_store(self._folder, 1, PRICE_MINOR, SlowJournal)
        assert isinstance(store.journal, SlowJournal)
        self._journal = store.journal
        return store

    def _begin_payment(self) -> None:
        self._counter.all_but_coins_work()
        self._wait_for(StartScreen)
        self._inbox.put(Scanned("00001"))
        self._wait_for(ReviewScreen)
        self._inbox.put(PayPressed())
        self._wait_for(PayScreen)

    def _wait_for(self, screen: type[Screen]) -> None:
        while not isinstance(self._window.screen_shown, screen):
            _let_qt_work(0.02)


def _let_qt_work(seconds: float) -> None:
    """Run Qt's loop for a while."""
    application = QApplication.instance()
    assert application is not None
    QTimer.singleShot(round(seconds * 1000), application.quit)
    application.exec()


# --- what disturbs -------------------------------------------------------------------------------------


@contextmanager
def _quiet(_journal: SlowJournal) -> Iterator[None]:
    """Disk and screen are as quick as they are."""
    yield


@contextmanager
def _slow_disk(journal: SlowJournal) -> Iterator[None]:
    """Each sync takes half a second longer."""
    journal.pause_s = STILL_S
    yield
    journal.pause_s = 0.0


@contextmanager
def _still_screen(_journal: SlowJournal) -> Iterator[None]:
    """The screen's thread waits for half a second, again and again, as for a graphics driver."""
    timer = _again_and_again(lambda: time.sleep(STILL_S))
    yield
    timer.stop()


@contextmanager
def _busy_screen(_journal: SlowJournal) -> Iterator[None]:
    """The screen's thread runs Python for half a second, and gives the interpreter away only when told to."""

    def compute() -> None:
        until = time.monotonic() + STILL_S
        while time.monotonic() < until:
            pass

    timer = _again_and_again(compute)
    yield
    timer.stop()


def _again_and_again(deed: Callable[[], None]) -> QTimer:
    timer = QTimer()
    timer.timeout.connect(deed)
    timer.start(round(COIN_EVERY_S * 1000))
    return timer


# --- the acceptor's process ----------------------------------------------------------------------------


class WatchedAcceptor(SimulatedAcceptor):
    """Notes when it is asked for credits."""

    asked_s: list[float]

    def answer(self, header: int, data: bytes) -> Answer:
        """Note the moment, then answer as ever."""
        if header == Header.READ_BUFFERED_CREDIT:
            self.asked_s.append(time.monotonic())
        return super().answer(header, data)


def _be_the_acceptor(link: Path) -> None:
    """Take a coin whenever one may come in, until standard input ends; then tell when it was asked."""
    coins = (SimulatedCoin(TWO_EURO, 200),)
    line = SimulatedCoinLine(coins, (), time.monotonic)
    acceptor = WatchedAcceptor(coins, time.monotonic)
    acceptor.asked_s = []
    line.acceptor = acceptor
    wire = CoinLineOnPty(line, link)
    wire.start()
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], COIN_EVERY_S)[0]:
        if line.lets_in:
            line.drop_coin(200)
    wire.stop()
    print(json.dumps(acceptor.asked_s))


if __name__ == "__main__":
    main()
