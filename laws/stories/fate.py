"""Fate: which fault comes when, and when it is over again."""

import heapq
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from random import Random

from laws.stories.checks.coins import Coins
from laws.stories.life import Life
from laws.stories.network import Network
from laws.stories.stage import NEVER, Stage
from laws.stories.street import HOPPERS, Street
from simulator.devices.coin_line import ACCEPTOR
from simulator.faults import Fault

OtherFault = Callable[[], Callable[[], None] | None]
"""Begins a fault that is told elsewhere; returns what ends it, if anything must."""
OTHERS_LAST_S = 20.0

HOUR_MS = 3_600_000
CLOCK_JUMPS_MS = (-HOUR_MS, HOUR_MS, -100, 90_000, 24 * HOUR_MS, -400 * 24 * HOUR_MS, 9000 * 24 * HOUR_MS)


class Fate:
    """Injects faults at one terminal until it is told to rest.

    `coins` tells what the journal has of them; `others` are faults of its disk and of people, each as likely
    as one of those here.
    """

    def __init__(
        self,
        stage: Stage,
        life: Life,
        street: Street,
        network: Network,
        coins: Coins,
        others: Sequence[OtherFault] = (),
    ) -> None:
        self._stage = stage
        self._life = life
        self._street = street
        self._network = network
        self._coins = coins
        self._mean_s = stage.chance.choice((30.0, 70.0, 120.0, 200.0))
        self._due_s = stage.now_s + 30
        self._ends: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._others = others
        self.utc_offset_ms = 0
        self.is_resting = False
        network.trouble = stage.chance.choice((0.0, 0.05, 0.1, 0.3))

    def due(self) -> float:
        """When something begins or ends."""
        begins_s = NEVER if self.is_resting else self._due_s
        return min(begins_s, self._ends[0][0] if self._ends else NEVER)

    def act(self) -> None:
        """End what is over, and let the next fault come."""
        self._street.touched()
        while self._ends and self._ends[0][0] <= self._stage.now_s:
            heapq.heappop(self._ends)[2]()
        if not self.is_resting and self._stage.now_s >= self._due_s:
            hurry = 0.2 if self._life.is_recovering else 1.0
            self._due_s = self._stage.now_s + self._stage.chance.expovariate(1 / (self._mean_s * hurry))
            fault = self._stage.chance.choice(self._faults())
            if self._stage.fault_comes():
                fault()

    def rest(self) -> None:
        """No more faults; what is broken is mended."""
        self.is_resting = True
        self._street.touched()
        while self._ends:
            heapq.heappop(self._ends)[2]()
        self._life.kill_in = None
        self._street.line.clear()
        self._street.question_disturbances.clear()
        self._street.answer_disturbances.clear()
        self._network.trouble, self._network.is_away = 0.0, False
        self._load_printer()

    def _faults(self) -> tuple[Callable[[], None], ...]:
        return (
            self._kill,
            self._kill,
            self._kill,
            self._jump,
            self._go_away,
            self._noise,
            self._noise,
            self._noise,
            self._silence,
            self._unplug,
            self._cut_power,
            self._lose_echo,
            self._late_coin,
            self._coin_jam,
            self._hopper,
            self._hopper,
            self._paper,
            self._paper,
            self._unplug_printer,
            *(partial(self._other, begin) for begin in self._others),
        )

    def _other(self, begin: OtherFault) -> None:
        end = begin()
        if end is not None:
            self._until(OTHERS_LAST_S, end)

    def _until(self, longest_s: float, end: Callable[[], None]) -> None:
        ends_s = self._stage.now_s + self._stage.chance.uniform(0.2, longest_s)
        heapq.heappush(self._ends, (ends_s, next(self._number), end))

    # --- the faults

    def _kill(self) -> None:
        self._life.kill_in = self._stage.chance.choice((1, 2, 3, 5, 8, 13, 21, 34))

    def _jump(self) -> None:
        self.utc_offset_ms = self._stage.chance.choice(CLOCK_JUMPS_MS)
        self._life.fault("F5 clock jumped", f"{self.utc_offset_ms} ms from the truth")

    def _go_away(self) -> None:
        self._life.tell("FAULT F6 away")
        self._network.is_away = True
        self._until(self._stage.chance.choice((5.0, 60.0, 600.0)), self._come_back)

    def _come_back(self) -> None:
        self._network.is_away = False

    def _noise(self) -> None:
        kind = self._stage.chance.choice(("noise", "answer lost", "question lost", "truncated", "doubled"))
        many = self._stage.chance.choice((1, 1, 2, 4, 12))
        for _ in range(many):
            self._life.fault(f"F7 {kind}")
            wires = self._street.answer_disturbances
            if kind == "question lost":
                wires = self._street.question_disturbances
            wires.append(lambda data: _disturbed(kind, data, self._stage.chance))

    def _silence(self) -> None:
        device = self._stage.chance.choice((ACCEPTOR, *(form.name for form in HOPPERS)))
        self._life.fault("F7 silent", device)
        self._street.line.switch(Fault.SILENT, device=device)
        self._until(25.0, lambda: self._street.line.switch(Fault.SILENT, on=False, device=device))

    def _unplug(self) -> None:
        self._life.fault("F7 unplugged")
        self._street.coin_wire.unplug()
        self._until(20.0, self._street.coin_wire.plug)

    def _cut_power(self) -> None:
        """The line loses power; what the acceptor has told nobody durably may be lost with it."""
        self._life.fault("F7 power cut of the line")
        self._coins.power_goes()
        self._street.line.power_cut()
        self._until(15.0, self._street.line.restart)

    def _lose_echo(self) -> None:
        self._life.fault("F7 echo lost")
        self._street.line.switch(Fault.ECHO_LOST)
        self._until(10.0, lambda: self._street.line.switch(Fault.ECHO_LOST, on=False))

    def _late_coin(self) -> None:
        self._life.fault("F8 coin after inhibit")
        self._street.line.switch(Fault.LATE_CREDIT)

    def _coin_jam(self) -> None:
        self._life.fault("F8 coin jam")
        self._street.line.switch(Fault.COIN_JAM)
        self._street.note_overwritten()
        self._until(30.0, lambda: self._street.line.switch(Fault.COIN_JAM, on=False))

    def _hopper(self) -> None:
        form = self._stage.chance.choice(HOPPERS)
        fault = self._stage.chance.choice(
            (Fault.HOPPER_SHORT, Fault.HOPPER_JAM, Fault.DISPENSE_REPLY_LOST, Fault.DISPENSE_ORDER_LOST)
        )
        self._life.fault(f"F8 {fault.value}", form.name)
        self._street.line.switch(fault, device=form.name)
        if fault is Fault.HOPPER_JAM:
            self._until(40.0, lambda: self._street.line.switch(fault, on=False, device=form.name))
        if fault is Fault.HOPPER_SHORT:
            self._until(90.0, lambda: self._street.line.fill(form.name, 40))

    def _paper(self) -> None:
        printer = self._street.mechanism
        kind = self._stage.chance.choice(("paper out", "mid-receipt", "cover open", "offline"))
        self._life.fault(f"F8 printer {kind}")
        match kind:
            case "paper out":
                printer.paper_out()
            case "mid-receipt":
                printer.paper_ends_after(self._stage.chance.randrange(1, 900))
            case "cover open":
                printer.open_cover()
            case "offline":
                printer.set_offline(True)
        self._until(60.0, self._load_printer)

    def _load_printer(self) -> None:
        self._street.mechanism.paper_ends_after(None)
        self._street.mechanism.load_paper()
        self._street.mechanism.close_cover()
        self._street.mechanism.set_offline(False)
        self._street.printer_wire.plug()

    def _unplug_printer(self) -> None:
        self._life.fault("F8 printer unplugged")
        self._street.printer_wire.unplug()
        self._until(30.0, self._street.printer_wire.plug)


def _disturbed(kind: str, data: bytes, chance: Random) -> bytes:
    """What is left of bytes on a bad line."""
    match kind:
        case "noise":
            place = chance.randrange(len(data))
            return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]
        case "truncated":
            return data[: chance.randrange(len(data))]
        case "doubled":
            return data + data
    return b""
