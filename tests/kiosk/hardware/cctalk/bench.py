"""A test bench: the real driver and the simulated devices on a wire in memory, with a clock of its own.

No thread, no waiting: the bench gives the driver its turns, and the clock moves by what the driver asks for.
"""

from kiosk.flows.commands import Command
from kiosk.flows.events import DeviceBroke, DeviceWorks, Event
from kiosk.hardware.cctalk.coin_acceptor import AcceptorConfiguration
from kiosk.hardware.cctalk.coin_line import CoinLine, CoinLineConfiguration
from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.hopper import HopperConfiguration
from kiosk.hardware.cctalk.messages import Cipher, DispenseVariant
from kiosk.hardware.transport.memory import MemoryWire
from simulator.devices.coin_acceptor import Answer, SimulatedAcceptor, SimulatedCoin
from simulator.devices.coin_line import SimulatedCoinLine
from simulator.devices.hopper import HopperForm, SimulatedHopper

FIFTY_CENTS = SimulatedCoin(1, 50, path=1, hopper="hopper 1", coin_id="EU050A")
ONE_EURO = SimulatedCoin(2, 100, path=2, hopper="hopper 2", coin_id="EU100A")
TWO_EUROS = SimulatedCoin(12, 200, path=3, hopper=None, coin_id="EU200A")
COINS = (FIFTY_CENTS, ONE_EURO, TWO_EUROS)

ALL = frozenset({1, 2, 12})


class Bench:
    """One coin line with its driver: `hopper 1` pays 0.50 by serial number, `hopper 2` pays 1.00 no-encrypt."""

    def __init__(
        self,
        *,
        checksum: Checksum = Checksum.SIMPLE,
        self_inhibits: bool = False,
        first_variant: DispenseVariant = DispenseVariant.SERIAL,
        cipher: Cipher | None = None,
    ) -> None:
        self.now_s = 1000.0
        self.events: list[Event] = []
        self.simulated = SimulatedCoinLine(
            COINS,
            (
                HopperForm("hopper 1", 50, 20, address=3, checksum=checksum, variant=first_variant),
                HopperForm(
                    "hopper 2", 100, 20, address=4, checksum=checksum, variant=DispenseVariant.NO_ENCRYPT
                ),
            ),
            self.clock,
            checksum=checksum,
            self_inhibits=self_inhibits,
        )
        self.wire = MemoryWire(heard_by=self._hear, wait=self.pass_time)
        self.sent: list[bytes] = []
        self.checksum = checksum
        self.cipher = cipher
        self.driver = self.new_driver()

    def new_driver(self) -> CoinLine:
        """A driver as after a restart of the program."""
        self.driver = CoinLine(
            self.wire,
            self.events.append,
            self.clock,
            CoinLineConfiguration(
                acceptor=AcceptorConfiguration(checksum=self.checksum),
                hoppers=(
                    HopperConfiguration("hopper 1", 3, checksum=self.checksum),
                    HopperConfiguration("hopper 2", 4, checksum=self.checksum),
                ),
                cipher=self.cipher,
            ),
        )
        return self.driver

    def clock(self) -> float:
        """The bench's steady clock."""
        return self.now_s

    def pass_time(self, seconds: float) -> None:
        """Nothing happens on the wire for so long."""
        self.now_s += seconds

    def run(self, seconds: float) -> list[Event]:
        """Give turns for so long; returns what was posted meanwhile."""
        before = len(self.events)
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += min(self.driver.turn(), end_s - self.now_s)
        return self.events[before:]

    def order(self, *commands: Command, seconds: float = 1.0) -> list[Event]:
        """Hand over orders and run; returns what was posted meanwhile."""
        before = len(self.events)
        for command in commands:
            self.driver.perform(command)
        self.run(seconds)
        return self.events[before:]

    def sent_headers(self, address: int) -> list[int]:
        """The headers of everything that was sent to this address."""
        return [frame[3] for frame in self.sent if frame[0] == address]

    def _hear(self, data: bytes) -> None:
        self.sent.append(data)
        self.wire.deliver(self.simulated.receive(data))


def troubles(events: list[Event]) -> list[tuple[str, str]]:
    """Device and event code of what broke (code empty: it works again), in order."""
    told = []
    for event in events:
        if isinstance(event, DeviceBroke):
            told.append((event.device, event.code))
        elif isinstance(event, DeviceWorks):
            told.append((event.device, ""))
    return told


def without_health(events: list[Event]) -> list[Event]:
    """What was posted, without what broke or works."""
    return [event for event in events if not isinstance(event, DeviceBroke | DeviceWorks)]


def overrule(device: SimulatedAcceptor | SimulatedHopper, answers: dict[int, Answer]) -> None:
    """Let a simulated device give these answers to these headers, whatever it would have said."""
    honest = device.answer

    def answer(header: int, data: bytes) -> Answer:
        told = honest(header, data)
        return answers.get(header, told)

    device.answer = answer  # type: ignore[method-assign]  # a device that lies, for this test only
