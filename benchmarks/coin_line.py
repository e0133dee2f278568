"""The coin line in real time: reads of buffered credit a second, and how soon a coin is durable.

The real driver in its pump, the real session and store on the disk; a simulated acceptor in another process
over a pseudo terminal, whose far end lets bytes take the time that they take at 9600 baud. The floor is that
time alone: question and answer of a reading are 21 bytes, 21.9 ms.
"""

import argparse
import json
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from benchmarks.counter import TWO_EURO, Counter, open_store
from benchmarks.figures import PROJECT, as_installed, fresh_folder, spread_text
from kiosk import clock
from kiosk.flows.events import PayPressed, Scanned
from kiosk.flows.screens import PayScreen, ReviewScreen, Screen, StartScreen
from kiosk.hardware.cctalk.coin_acceptor import AcceptorConfiguration
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.messages import Header
from kiosk.hardware.pump import Pump
from kiosk.hardware.transport.serial_line import SerialLine
from kiosk.inbox import Inbox
from kiosk.session import Store
from kiosk.store.journal import Journal
from parking.civil_time import Moment
from parking.facts import CoinKept, Fact
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.paced_wire import ANSWERS_AFTER_S, seconds_on_the_line
from simulator.devices.pty_wire import PtyWire

READING_S = seconds_on_the_line(5 + 16)
INTERVALS_S = (0.02, 0.05, 0.2)
PRICE_MINOR = 10_000_000
PATIENCE_S = 60.0


class NotingJournal(Journal):
    """A journal that notes when a coin is durable."""

    durable_s: list[float]

    def append(self, facts: Sequence[Fact], at: Moment, books_version: int) -> None:
        """Write as ever, and note the moment."""
        super().append(facts, at, books_version)
        self.durable_s += [time.monotonic() for fact in facts if isinstance(fact, CoinKept)]


def main() -> None:
    """Print reads a second and how soon a coin is durable, for each interval, beside the line's own floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="for each interval")
    parser.add_argument("--acceptor", type=Path, metavar="LINK", help="be the acceptor on this line")
    chosen = parser.parse_args()
    if chosen.acceptor:
        _be_the_acceptor(chosen.acceptor)
        return
    folder = fresh_folder("coin_line")
    print(f"floor: a reading takes {READING_S * 1e3:.1f} ms on the line, {1 / READING_S:.1f} a second")
    print(f"the simulated acceptor answers after {ANSWERS_AFTER_S * 1e3:.0f} ms more")
    for interval_s in INTERVALS_S:
        asked, waits_ms = Line(folder / f"{interval_s}", interval_s).run(chosen.seconds)
        floor_ms = max(interval_s, READING_S) / 2 * 1e3 + 2 * READING_S * 1e3
        rate = asked / chosen.seconds
        print(f"polled every {interval_s * 1e3:3.0f} ms: {rate:5.1f} readings a second,", end="")
        print(f" {rate * READING_S:.2f} of what the line can carry")
        print(f"  sensor to durable, ms, {len(waits_ms)} coins: {spread_text(waits_ms)}")
        median = sorted(waits_ms)[len(waits_ms) // 2]
        print(f"  floor (half an interval, two readings): {floor_ms:.1f}; ratio {median / floor_ms:.2f}")


class Line:
    """A terminal without a screen, with its acceptor in a process of its own. Use `run` once."""

    def __init__(self, folder: Path, interval_s: float) -> None:
        folder.mkdir()
        self._folder = folder
        self._inbox = Inbox(clock.now)
        self._screens: list[Screen] = []
        self._counter = Counter(self._inbox.put)
        configuration = CoinLineConfiguration(acceptor=AcceptorConfiguration(poll_interval_s=interval_s))
        line = CoinLine(SerialLine(str(folder / "cctalk")), self._inbox.put, clock.steady_s, configuration)
        self._pump = Pump(line, self._inbox.put)
        self._durable_s: list[float] = []

    def run(self, seconds: float) -> tuple[int, list[float]]:
        """How often credits were asked for, and for each coin the milliseconds from its fall to the disk."""
        command = [sys.executable, "-m", "benchmarks.coin_line", "--acceptor", str(self._folder / "cctalk")]
        with subprocess.Popen(
            command, cwd=PROJECT, env=as_installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as acceptor:
            assert acceptor.stdout is not None
            acceptor.stdout.readline()  # it is there
            session = self._counter.session(self._open_store, self._screens.append, self._pump.order)
            worker = threading.Thread(target=self._inbox.work, args=(session,), name="session")
            worker.start()
            self._pump.start()
            self._begin_payment()
            begun_s = time.monotonic()
            time.sleep(seconds)
            ended_s = time.monotonic()
            answer, _ = acceptor.communicate(b"\n")
            self._inbox.stop()
            worker.join()
            self._pump.stop()
        told = json.loads(answer)
        asked = sum(begun_s <= moment <= ended_s for moment in told["asked_s"])
        pairs = zip(told["fell_s"], self._durable_s, strict=False)
        return asked, [(durable_s - fell_s) * 1e3 for fell_s, durable_s in pairs]

    def _open_store(self) -> Store:
        store = open_store(self._folder, 1, PRICE_MINOR, NotingJournal)
        assert isinstance(store.journal, NotingJournal)
        store.journal.durable_s = self._durable_s
        return store

    def _begin_payment(self) -> None:
        self._counter.all_but_coins_work()
        self._wait_for(StartScreen)
        self._inbox.put(Scanned("00001"))
        self._wait_for(ReviewScreen)
        self._inbox.put(PayPressed())
        self._wait_for(PayScreen)

    def _wait_for(self, screen: type[Screen]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not (self._screens and isinstance(self._screens[-1], screen)):
            assert time.monotonic() < end_s, f"{screen.__name__} did not come"
            time.sleep(0.02)


# --- the acceptor's process ----------------------------------------------------------------------------


def paced(line: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """The line's answers, each after the time that its bytes and the question's take at 9600 baud."""

    def answer(question: bytes) -> bytes:
        heard_s = time.monotonic() + seconds_on_the_line(len(question))
        time.sleep(max(0.0, heard_s - time.monotonic()))
        said = line(question)
        more = len(said) - len(question)
        ends_s = heard_s + (ANSWERS_AFTER_S + seconds_on_the_line(more) if more > 0 else 0.0)
        time.sleep(max(0.0, ends_s - time.monotonic()))
        return said

    return answer


def _be_the_acceptor(link: Path) -> None:
    """Take a coin now and then when one may come in, until standard input speaks; then tell the moments."""
    asked_s: list[float] = []
    fell_s: list[float] = []
    line = SimulatedCoinLine((SimulatedCoin(TWO_EURO, 200),), (), time.monotonic)

    def hear(question: bytes) -> bytes:
        if question[3:4] == bytes([Header.READ_BUFFERED_CREDIT]):
            asked_s.append(time.monotonic())
        return line.receive(question)

    wire = PtyWire(link, paced(hear))
    wire.start()
    print("ready", flush=True)
    chance = Random(1)  # noqa: S311 - the same coins in every run
    while not select.select([sys.stdin], [], [], chance.uniform(0.3, 0.6))[0]:
        if line.lets_in and line.drop_coin(200).accepted:
            fell_s.append(time.monotonic())
    wire.stop()
    print(json.dumps({"asked_s": asked_s, "fell_s": fell_s}))


if __name__ == "__main__":
    main()
