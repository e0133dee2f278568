"""From the last coin to the code: durable in the journal and painted, beside a bare sync and a bare repaint.

The floor is one append of a page and one fdatasync to a file beside the store, and one repaint of the window.
Terminal and floor take turns, so that both see the same disk and the same neighbours on the machine. First in
one thread, where it can be seen where the time goes; then as the terminal does it, over the inbox, the
session's thread and the bridge to the screen.
"""

import argparse
import os
import statistics
import threading
import time
from collections import defaultdict
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from benchmarks.counter import Counter, make_site, open_store, open_window
from benchmarks.figures import as_installed, fresh_folder, ratio_text, spread_text
from kiosk import clock
from kiosk.flows.customer import decide
from kiosk.flows.events import Event
from kiosk.flows.folding import fold_all
from kiosk.flows.screens import PayScreen, ResultScreen, Screen, StartScreen
from kiosk.flows.showing import screen_of
from kiosk.flows.state import Terminal
from kiosk.inbox import Inbox
from kiosk.session import Session, Store
from kiosk.ui.bridge import Bridge
from kiosk.ui.window import Window
from parking.civil_time import Moment

PAGE = os.urandom(4096)
WARM_UP = 10


def main() -> None:
    """Measure in one thread and over threads, and print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, metavar="N")
    rounds = parser.parse_args().rounds
    os.environ.update(as_installed())
    folder = fresh_folder("last_coin")
    window = open_window()
    in_one_thread = OneThread(folder, window, rounds)
    in_one_thread.run()
    in_one_thread.print()
    over_threads = Threads(folder, window, rounds)
    over_threads.run()
    over_threads.print()


class Floor:
    """One append with its sync, one repaint of the window."""

    def __init__(self, folder: Path, window: Window) -> None:
        self._file = os.open(folder / "floor.bin", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._window = window
        self.sync_ms: list[float] = []
        self.paint_ms: list[float] = []
        self.both_ms: list[float] = []

    def measure(self) -> None:
        """Append, sync, repaint."""
        begun = time.perf_counter()
        os.write(self._file, PAGE)
        os.fdatasync(self._file)
        synced = time.perf_counter()
        self._window.repaint()
        painted = time.perf_counter()
        self.sync_ms.append((synced - begun) * 1e3)
        self.paint_ms.append((painted - synced) * 1e3)
        self.both_ms.append((painted - begun) * 1e3)


class Run:
    """Payments one after the other; the last coin of each is measured, then the floor."""

    name: str

    def __init__(self, folder: Path, window: Window, rounds: int) -> None:
        self.folder = folder / type(self).__name__
        self.folder.mkdir()
        self.window = window
        self.rounds = rounds
        self.floor = Floor(self.folder, window)
        self.took_ms: list[float] = []
        self.store: Store

    def open_store(self) -> Store:
        """The store, with a clamp for each round."""
        self.store = open_store(self.folder, self.rounds + WARM_UP)
        return self.store

    def wait_for(self, screen: type[Screen]) -> None:
        """Let Qt work until this screen is shown and painted."""
        while not isinstance(self.window.screen_shown, screen):
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        QApplication.processEvents()

    def print(self) -> None:
        """What came out, without the rounds that warmed up."""
        ours, floor = self.took_ms[WARM_UP:], self.floor
        print(f"{self.name}, in ms, {self.rounds} rounds")
        print(f"  last coin -> painted  {spread_text(ours)}")
        print(f"  append + fdatasync    {spread_text(floor.sync_ms[WARM_UP:])}")
        print(f"  one repaint           {spread_text(floor.paint_ms[WARM_UP:])}")
        print(f"  floor, both           {spread_text(floor.both_ms[WARM_UP:])}")
        print(f"  ratio: {ratio_text(ours, floor.both_ms[WARM_UP:])}")


class OneThread(Run):
    """Everything in this thread, so that each part of the step can be timed."""

    name = "in one thread"

    def __init__(self, folder: Path, window: Window, rounds: int) -> None:
        super().__init__(folder, window, rounds)
        self._posted: list[Event] = []
        self._counter = Counter(self._posted.append)
        self._session = self._counter.session(self.open_store, self._show)
        self._parts: defaultdict[str, list[float]] = defaultdict(list)

    def run(self) -> None:
        """All rounds."""
        self._session.start(clock.now())
        self._counter.devices_work()
        self._handle_all()
        for _ in range(self.rounds + WARM_UP):
            self._counter.all_but_last_coin()
            self._handle_all()
            self.wait_for(PayScreen)
            self._last_coin()
            self.wait_for(ResultScreen)
            self.floor.measure()
            self._counter.to_the_end()
            self._handle_all()
            self.wait_for(StartScreen)
        self._session.stop()

    def print(self) -> None:
        """The figures, and where the time goes."""
        super().print()
        print("  where it goes, medians in ms:")
        for name, times in self._parts.items():
            print(f"    {name:24} {statistics.median(times[WARM_UP:]):7.3f}")

    def _last_coin(self) -> None:
        before, coin, at = self._session.terminal, self._counter.coin(), clock.now()
        self._showing_ms = 0.0
        begun = time.perf_counter()
        self._session.handle(coin, at)
        handled = time.perf_counter()
        self.window.repaint()
        painted = time.perf_counter()
        self.took_ms.append((painted - begun) * 1e3)
        pure_ms = self._pure_parts_ms(before, coin, at)
        rest_ms = (handled - begun) * 1e3 - self._showing_ms - sum(pure_ms.values())
        for name, part_ms in pure_ms.items():
            self._parts[name].append(part_ms)
        self._parts["journal and the rest"].append(rest_ms)
        self._parts["page laid out"].append(self._showing_ms)
        self._parts["repaint"].append((painted - handled) * 1e3)

    def _pure_parts_ms(self, before: Terminal, coin: Event, at: Moment) -> dict[str, float]:
        """Do once more, for the watch, what has no effect: decide, fold, make the screen's value."""
        site = make_site(self.store.books)
        begun = time.perf_counter()
        step = decide(before, coin, at, site)
        decided = time.perf_counter()
        after = fold_all(before, step.facts, at)
        folded = time.perf_counter()
        screen_of(after, at, site, self.store.reveal, self.store.sign)
        seen = time.perf_counter()
        return {
            "decide": (decided - begun) * 1e3,
            "fold": (folded - decided) * 1e3,
            "screen_of, code opened": (seen - folded) * 1e3,
        }

    def _show(self, screen: Screen) -> None:
        begun = time.perf_counter()
        self.window.show_screen(screen)
        self._showing_ms = (time.perf_counter() - begun) * 1e3

    def _handle_all(self) -> None:
        while self._posted:
            self._session.handle(self._posted.pop(0), clock.now())


class Threads(Run):
    """As the terminal does it: inbox -> session's thread -> bridge -> the screen's thread."""

    name = "over threads"

    def run(self) -> None:
        """All rounds."""
        inbox = Inbox(clock.now)
        bridge = Bridge(self.window.show_screen)
        counter = Counter(inbox.put)
        session: Session = counter.session(self.open_store, bridge.show.emit)
        worker = threading.Thread(target=inbox.work, args=(session,), name="session")
        worker.start()
        counter.devices_work()
        for _ in range(self.rounds + WARM_UP):
            counter.all_but_last_coin()
            self.wait_for(PayScreen)
            begun = time.perf_counter()
            inbox.put(counter.coin())
            while not isinstance(self.window.screen_shown, ResultScreen):
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            self.window.repaint()
            self.took_ms.append((time.perf_counter() - begun) * 1e3)
            self.wait_for(ResultScreen)
            self.floor.measure()
            counter.to_the_end()
            self.wait_for(StartScreen)
        inbox.stop()
        worker.join()


if __name__ == "__main__":
    main()
