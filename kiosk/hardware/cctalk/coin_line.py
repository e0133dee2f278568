"""The coin line: one serial line with one coin acceptor and any number of hoppers, as one `Device`.

It gives each device its steps, the acceptor first, so that coins are read while a hopper pays, and connects
the line again when it was unplugged. What the devices say is the business of their own files.
"""

from dataclasses import dataclass, field

from kiosk.flows.commands import AcceptCoins, Command, PayOut, SettlePayout, StopCoins, WatchCoins
from kiosk.flows.events import PayoutDone, PayoutUncertain
from kiosk.hardware.cctalk.bus import Bus, Echo
from kiosk.hardware.cctalk.coin_acceptor import DEVICE, AcceptorConfiguration, CoinAcceptor
from kiosk.hardware.cctalk.hopper import Hopper, HopperConfiguration
from kiosk.hardware.cctalk.messages import Cipher
from kiosk.hardware.ports import Post, SteadyClock, Transport, TransportError


@dataclass(frozen=True)
class CoinLineConfiguration:
    """What hangs on the line and how long an answer may take.

    Devices answer within 50 ms, a USB adapter adds about 20 ms; the default leaves room for a busy machine.
    `cipher` is the maker's rule for encrypted hoppers, where the site has it.
    """

    acceptor: AcceptorConfiguration = field(default_factory=AcceptorConfiguration)
    hoppers: tuple[HopperConfiguration, ...] = ()
    echo: Echo = Echo.AUTO
    reply_timeout_s: float = 0.25
    reconnect_s: float = 1.0
    cipher: Cipher | None = None


class CoinLine:
    """A `Device` for the acceptor and the hoppers on one line.

    Takes `WatchCoins`, `AcceptCoins`, `StopCoins`, and `PayOut` and `SettlePayout` for its hoppers.
    """

    name = DEVICE

    def __init__(
        self, transport: Transport, post: Post, clock: SteadyClock, configuration: CoinLineConfiguration
    ) -> None:
        self._bus = Bus(
            transport, clock, echo=configuration.echo, reply_timeout_s=configuration.reply_timeout_s
        )
        self._post = post
        self._clock = clock
        self._reconnect_s = configuration.reconnect_s
        self._is_connected = False
        self._acceptor = CoinAcceptor(self._bus, configuration.acceptor, post, clock)
        self._hoppers = {
            hopper.name: Hopper(self._bus, hopper, post, clock, configuration.cipher)
            for hopper in configuration.hoppers
        }

    def turn(self) -> float:
        """Give a step to whoever is due; returns the seconds until the next one is."""
        try:
            self._connect()
            self._give_steps()
        except TransportError as gone:
            self._disconnect(gone)
            return self._reconnect_s
        return max(0.0, self._next_due_s() - self._clock())

    def perform(self, command: Command) -> None:
        """Note an order; the next turn begins to carry it out."""
        if isinstance(command, WatchCoins | AcceptCoins | StopCoins):
            self._acceptor.perform(command)
        elif isinstance(command, PayOut | SettlePayout):
            hopper = self._hoppers.get(command.hopper)
            if hopper is None:
                self._refuse(command)
            else:
                hopper.perform(command)

    def close(self) -> None:
        """Let no coin in any more, as far as the acceptor answers, and let go of the line."""
        try:
            if self._is_connected:
                self._acceptor.leave_safe()
        except TransportError:  # the line is gone, and coins with it
            pass
        finally:
            self._is_connected = False
            self._bus.close()

    def _refuse(self, command: PayOut | SettlePayout) -> None:
        """An order for a hopper that is not on this line: nothing can have been paid by us now."""
        if isinstance(command, PayOut):
            self._post(PayoutDone(command.order, 0, command.coins, command.counter_before or 0))
        else:
            self._post(PayoutUncertain(command.order, f"there is no {command.hopper!r} on the coin line"))

    def _connect(self) -> None:
        if not self._is_connected:
            self._bus.open()
            self._is_connected = True

    def _disconnect(self, gone: TransportError) -> None:
        self._is_connected = False
        self._bus.close()
        self._acceptor.unplugged(gone)
        for hopper in self._hoppers.values():
            hopper.unplugged(gone)

    def _give_steps(self) -> None:
        """The acceptor when it is due, then the one hopper that has waited longest."""
        if self._acceptor.due_s <= self._clock():
            self._acceptor.step()
        waiting = min(self._hoppers.values(), key=lambda hopper: hopper.due_s, default=None)
        if waiting is not None and waiting.due_s <= self._clock():
            waiting.step()

    def _next_due_s(self) -> float:
        return min([self._acceptor.due_s, *(hopper.due_s for hopper in self._hoppers.values())])
