"""Lives a case and judges it: what fell, what the journal has of it, and what it says is perhaps lost."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from kiosk.hardware.cctalk.messages import CreditBuffer, CreditEvent
from laws.counters.cabinet import COINS, Cabinet, copy_of
from laws.counters.cases import Case, Reset
from laws.tally import Killed
from parking import facts as f
from simulator.devices.coin_acceptor import SimulatedCoin

ALL_POSITIONS = frozenset(coin.position for coin in COINS)
BUFFERED = 5
"""So many coins behind are credited from the acceptor's buffer."""
_KNOWN_COINS = 5
"""So many coins of the base are in the journal, as far as its counter goes."""


@dataclass(frozen=True)
class Base:
    """The store's file and the acceptor, when the journal and the acceptor have the same counter."""

    file: Path
    entries: int
    buffer: CreditBuffer


@dataclass
class Told:
    """What the journal says since the base."""

    coins: list[int] = field(default_factory=list)
    """Positions of the coins that are kept."""
    events_lost: int = 0
    restarts: int = 0

    @property
    def declares(self) -> bool:
        """Whether anything is said to be lost, perhaps."""
        return bool(self.events_lost or self.restarts)


@dataclass
class Outcome:
    """How a case ended: coins that vanished without a word, that were invented, that are declared as lost.

    `indistinguishable`: nobody can tell by the buffer that power was lost, the same coins fell again.
    """

    lost: int = 0
    doubled: int = 0
    declared: int = 0
    indistinguishable: int = 0
    kills: int = 0
    words: str = ""


class Living:
    """Lives cases in a folder. `seed` chooses the coins."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self._base: tuple[int, Base] | None = None

    def live(self, case: Case) -> Outcome:
        """One case from its base to the verdict."""
        base = self._base_of(case.counter)
        cabinet = Cabinet(copy_of(base.file, self._folder / "case"))
        cabinet.set_acceptor(base.buffer, ALL_POSITIONS)
        chance = Random(f"{self._seed} {case.number}")
        coins = [chance.choice(COINS) for _ in range(case.gap)]
        before = [chance.choice(COINS)] if case.reset is Reset.THEN_COINS else []
        looks_continued = self._let_live(cabinet, case, coins, before)
        told = _told(cabinet.file, base.entries)
        outcome = _judged(case, told, [*before, *coins], looks_continued=looks_continued)
        outcome.kills = cabinet.kills
        return outcome

    def _let_live(
        self, cabinet: Cabinet, case: Case, coins: list[SimulatedCoin], before: list[SimulatedCoin]
    ) -> bool:
        """Returns whether the acceptor looks as if it had kept its power."""
        crash = case.crash
        try:
            if not crash.is_away:
                cabinet.start()
                cabinet.go_on_paying()
            known = cabinet.simulated.acceptor._buffer
            self._fall(cabinet, case, coins, before)
            shows = cabinet.simulated.acceptor._buffer
            if crash.is_away:
                cabinet.start(crash.again)
            else:
                cabinet.arm(crash.kill)
            cabinet.settle()
        except Killed:
            cabinet.kill()
        else:
            if crash.kill is None and crash.again is None:
                cabinet.kill()
                return _continues(known, shows)
            cabinet.kill()  # the place was not reached: it dies when everything is done
        cabinet.start()
        cabinet.settle()
        cabinet.kill()
        return _continues(known, shows)

    def _fall(
        self, cabinet: Cabinet, case: Case, coins: list[SimulatedCoin], before: list[SimulatedCoin]
    ) -> None:
        acceptor = cabinet.simulated.acceptor
        for coin in before:
            cabinet.drop(coin)
        if case.reset is Reset.THEN_COINS:
            acceptor.restore_power()
        for coin in coins:
            cabinet.drop(coin)
        if case.reset is Reset.TO_ZERO:
            acceptor.restore_power()

    # --- the base of a counter

    def _base_of(self, counter: int) -> Base:
        if self._base is None or self._base[0] != counter:
            self._base = (counter, self._make_base(counter))
        return self._base[1]

    def _make_base(self, counter: int) -> Base:
        """A machine at this counter, its last coins kept for an open payment by the program itself."""
        folder = self._folder / "base"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        file = folder / "terminal.db"
        cabinet = Cabinet(file)
        known = min(_KNOWN_COINS, counter)
        first = counter - known
        event = CreditEvent(0, 1)
        past = CreditBuffer(
            first, (event,) * min(first, BUFFERED) + (CreditEvent(0, 0),) * (BUFFERED - first)
        )
        cabinet.set_acceptor(past, frozenset())
        cabinet.start()
        cabinet.reach_payment()
        chance = Random(f"{self._seed} base {counter}")
        for _ in range(known):
            cabinet.drop(chance.choice(COINS))
            cabinet.run(1)
        cabinet.kill()
        entries = len(_payloads(file, 0))
        return Base(file, entries, cabinet.simulated.acceptor._buffer)


def _continues(known: CreditBuffer, shows: CreditBuffer) -> bool:
    """Whether up to five new events explain what it shows now: the rest of the buffer is what it was.

    Then no host can tell by the buffer that it was another history. Told apart from the driver's own rule.
    """
    new = (shows.counter - known.counter) % 255 if shows.counter else BUFFERED + 1
    return new <= BUFFERED and shows.events[new:] == known.events[: BUFFERED - new]


def _payloads(file: Path, after: int) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT payload FROM journal WHERE number > ? ORDER BY number", (after,))
        return [payload for (payload,) in rows]


def _told(file: Path, after: int) -> Told:
    told = Told()
    for payload in _payloads(file, after):
        match f.decode_fact(payload):
            case f.CoinKept(position=position):
                told.coins.append(position)
            case f.CoinEventsLost(events=events):
                told.events_lost += events
            case f.AcceptorRestarted():
                told.restarts += 1
    return told


def _judged(case: Case, told: Told, fallen: list[SimulatedCoin], *, looks_continued: bool) -> Outcome:
    positions = [coin.position for coin in fallen]
    if not _is_part_of(told.coins, positions):
        return Outcome(doubled=1, words=f"kept are {told.coins}, fallen are {positions}")
    missing = len(positions) - len(told.coins)
    if case.reset is Reset.NONE:
        right = max(0, case.gap - BUFFERED)
        is_right = (missing, told.events_lost, told.restarts) == (right, right, 0)
        words = f"of {case.gap} coins {missing} are missing; declared: {told}"
        return Outcome(declared=right) if is_right else Outcome(lost=max(1, missing), words=words)
    if told.declares:
        return Outcome(declared=missing)
    if looks_continued:
        return Outcome(indistinguishable=1)
    if missing == 0 and case.gap == 0 and case.reset is Reset.TO_ZERO:
        return Outcome(lost=1, words="the reset was not noticed")
    return Outcome(lost=missing, words=f"{missing} of {positions} are missing without a word")


def _is_part_of(some: list[int], whole: list[int]) -> bool:
    """Whether `some` is what is left of `whole` when a few are taken out."""
    left = iter(whole)
    return all(any(position == other for other in left) for position in some)
