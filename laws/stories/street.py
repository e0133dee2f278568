"""The street: simulated coin line and printer at the other end of wires in memory, and what disturbs them.

Bytes pass through here, so here they are lost, cut and changed. Where the coins are is known by the line.
"""

from collections.abc import Callable

from kiosk.flows.settlement import LAST_COUNTER
from kiosk.hardware.cctalk.messages import EVENTS_IN_BUFFER
from kiosk.hardware.transport.memory import MemoryWire
from laws.paper import TextPaper
from laws.stories.life import Life
from laws.stories.stage import Stage
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.hopper import HopperForm
from simulator.devices.printer import PrinterMechanism

COINS = (
    SimulatedCoin(1, 200, path=1, hopper=None, coin_id="EU200A"),
    SimulatedCoin(2, 100, path=2, hopper="hopper 1", coin_id="EU100A"),
    SimulatedCoin(3, 50, path=1, hopper=None, coin_id="EU050A"),
    SimulatedCoin(4, 20, path=3, hopper="hopper 2", coin_id="EU020A"),
    SimulatedCoin(5, 10, path=1, hopper=None, coin_id="EU010A"),
)
HOPPERS = (HopperForm("hopper 1", 100, 80, address=3), HopperForm("hopper 2", 20, 80, address=4))

LARGEST_COIN_MINOR = max(coin.coin_minor for coin in COINS)

Disturb = Callable[[bytes], bytes]


class Street:
    """Devices and wires of one terminal.

    `question_disturbances` and `answer_disturbances` change what passes on the coin line, one exchange each.
    `overwritten_events` counts what the acceptor's buffer of five lost before it was in the journal, as
    `journal_counter` tells it. `touched` is called before anything happens to a device that its driver has
    not done itself: a driver that naps wakes up.
    """

    def __init__(self, stage: Stage, life: Life, *, self_inhibits: bool) -> None:
        self._stage = stage
        self._life = life
        self.line = SimulatedCoinLine(COINS, HOPPERS, stage.clock, self_inhibits=self_inhibits)
        self.coin_wire = MemoryWire(self._line_hears, stage.live)
        self.mechanism = PrinterMechanism(TextPaper)
        self.printer_wire = MemoryWire(self._printer_hears, self._wait_for_printer)
        self.scanner_wire = MemoryWire(wait=stage.live)
        self.journal_counter: Callable[[], int | None] = lambda: None
        self.touched: Callable[[], None] = lambda: None
        self.overwritten_events = 0
        self.question_disturbances: list[Disturb] = []
        self.answer_disturbances: list[Disturb] = []

    def drop(self, coin_minor: int) -> None:
        """A coin is dropped into the slot."""
        self.touched()
        fallen = self.line.drop_coin(coin_minor)
        self._life.tell(f"a coin of {coin_minor} -> {fallen.place}")
        self.note_overwritten()

    def scan(self, data: bytes) -> None:
        """Something is held in front of the scanner, or somebody has put another device in its place."""
        self.touched()
        self.scanner_wire.deliver(data)

    def accepted_minor(self) -> int:
        """The value of all coins that fell into the machine through the slot."""
        inserted, returned = self.line._inserted, self.line._returned
        return sum(coin * (number - returned[coin]) for coin, number in inserted.items())

    def note_overwritten(self) -> None:
        """After an event of the acceptor: did it overwrite one that the journal does not have?"""
        self.overwritten_events += self.unread_events() > EVENTS_IN_BUFFER

    def unread_events(self) -> int:
        """How far the acceptor's counter is ahead of the journal's."""
        known = self.journal_counter()
        return 0 if known is None else (self.line.acceptor._buffer.counter - known) % LAST_COUNTER

    @property
    def is_undisturbed(self) -> bool:
        """Whether nothing is wrong with the coin line at this moment."""
        acceptor, hoppers = self.line.acceptor, self.line.hoppers.values()
        disturbances = self.question_disturbances or self.answer_disturbances or self.line.echo_lost
        return (
            not disturbances
            and acceptor.has_power
            and not acceptor.faults
            and all(hopper.has_power and not hopper.faults and not hopper.remaining for hopper in hoppers)
        )

    def polled_as_always(self) -> None:
        """The driver napped: in the street it would have read the credits until now."""
        self.line.acceptor._asked_s = self._stage.now_s

    def _line_hears(self, data: bytes) -> None:
        self._life.may_die("before a question is on the coin line")
        if self.question_disturbances:
            data = self.question_disturbances.pop()(data)
        answer = self.line.receive(data)
        if self.answer_disturbances and len(answer) > len(data):
            answer = data + self.answer_disturbances.pop()(answer[len(data) :])
        self.coin_wire.deliver(answer)
        self._life.may_die("when an answer of the coin line has come")

    def _printer_hears(self, data: bytes) -> None:
        self._life.may_die("before bytes are sent to the printer")
        self.mechanism.receive(data)
        self.printer_wire.deliver(self.mechanism.take_answers())

    def _wait_for_printer(self, seconds: float) -> None:
        self._stage.live(seconds)
        self.printer_wire.deliver(self.mechanism.take_answers())
