"""The simulated coin line: one acceptor and any number of hoppers on one ccTalk wire, and all their coins.

Bytes in, bytes out, with the echo of the one data line; the codecs are the terminal's own, in the opposite
role. It knows where every coin lies, so that it can be checked that none appears or vanishes. All methods
may be called from any thread. It has no thread of its own: `CoinLineOnPty` puts it on a real wire.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from kiosk.hardware.cctalk.frames import HOST_ADDRESS, Checksum, Frame, FrameRefusedError, decode, encode
from kiosk.hardware.cctalk.messages import Header
from simulator.devices.coin_acceptor import Answer, SimulatedAcceptor, SimulatedCoin
from simulator.devices.hopper import HopperForm, SimulatedHopper
from simulator.devices.pty_wire import PtyWire
from simulator.faults import Fault

ACCEPTOR = "coins"
CASH_BOX = "cash box"
RETURN_CUP = "return cup"

FRAME_BREAK_S = 0.1
"""Half a frame is forgotten when nothing follows for so long."""

_RUBBISH = bytes.fromhex("FF 13 88 00 42 07")

_Device = SimulatedAcceptor | SimulatedHopper


@dataclass(frozen=True)
class Fallen:
    """Where a dropped coin went: `place` is a hopper's name, `cash box` or `return cup`."""

    accepted: bool
    place: str


@dataclass(frozen=True)
class Whereabouts:
    """Where all coins are, in minor units and by coin: everything that ever was on this line is in one place.

    `at_first` and `added` are what hoppers were filled with, `inserted` what customers dropped, `taken_out`
    what was removed from hoppers by hand, `paid_out` and `returned` what customers got.
    """

    at_first: Counter[int]
    inserted: Counter[int]
    added: Counter[int]
    taken_out: Counter[int]
    cash_box: Counter[int]
    in_hoppers: Counter[int]
    paid_out: Counter[int]
    returned: Counter[int]

    @property
    def is_conserved(self) -> bool:
        """Whether no coin has appeared or vanished."""
        came = self.at_first + self.inserted + self.added
        went = self.taken_out + self.cash_box + self.in_hoppers + self.paid_out + self.returned
        return came == went


def value_minor(coins: Counter[int]) -> int:
    """What these coins are worth together."""
    return sum(coin_minor * number for coin_minor, number in coins.items())


class SimulatedCoinLine:
    """The devices on the wire, their faults and their coins. `clock` gives seconds that never jump.

    `listeners` are called, in the thread that caused it, after anything changed that a person could see.
    """

    def __init__(
        self,
        coins: Iterable[SimulatedCoin],
        hoppers: Iterable[HopperForm],
        clock: Callable[[], float],
        *,
        checksum: Checksum = Checksum.SIMPLE,
        address: int = 2,
        self_inhibits: bool = False,
    ) -> None:
        self.listeners: list[Callable[[], None]] = []
        self._lock = threading.RLock()
        self._clock = clock
        self.acceptor = SimulatedAcceptor(
            tuple(coins), clock, address=address, checksum=checksum, self_inhibits=self_inhibits
        )
        self.hoppers = {form.name: SimulatedHopper(form, clock, self._pay_out) for form in hoppers}
        self._at_first = self._hopper_coins()
        self._inserted: Counter[int] = Counter()
        self._added: Counter[int] = Counter()
        self._taken_out: Counter[int] = Counter()
        self._cash_box: Counter[int] = Counter()
        self._paid_out: Counter[int] = Counter()
        self._returned: Counter[int] = Counter()
        self._heard = bytearray()
        self._heard_s = clock()
        self.echo_lost = False

    # --- the customer's side

    def drop_coin(self, coin_minor: int) -> Fallen:
        """Drop a coin of this value into the slot; one that the acceptor does not know comes back."""
        with self._lock:
            self._inserted[coin_minor] += 1
            known = (coin for coin in self.acceptor.coins if coin.coin_minor == coin_minor)
            fallen = self._sort(next(known, None), coin_minor)
        self._changed()
        return fallen

    def _sort(self, coin: SimulatedCoin | None, coin_minor: int) -> Fallen:
        if not self.acceptor.judge(coin) or coin is None:
            self._returned[coin_minor] += 1
            return Fallen(accepted=False, place=RETURN_CUP)
        if coin.hopper is None:
            self._cash_box[coin_minor] += 1
            return Fallen(accepted=True, place=CASH_BOX)
        self.hoppers[coin.hopper].coins += 1
        return Fallen(accepted=True, place=coin.hopper)

    def _pay_out(self, coin_minor: int) -> None:
        self._paid_out[coin_minor] += 1

    # --- the technician's side

    def fill(self, hopper: str, coins: int) -> None:
        """Pour coins into a hopper."""
        with self._lock:
            filled = self.hoppers[hopper]
            filled.coins += coins
            self._added[filled.form.coin_minor] += coins
        self._changed()

    def take_out(self, hopper: str, *, leave: int = 0) -> None:
        """Take coins out of a hopper by hand, all but `leave`."""
        with self._lock:
            emptied = self.hoppers[hopper]
            emptied.advance()
            taken = max(0, emptied.coins - leave)
            emptied.coins -= taken
            self._taken_out[emptied.form.coin_minor] += taken
        self._changed()

    def switch(self, fault: Fault, *, on: bool = True, device: str = ACCEPTOR) -> None:
        """Switch a fault of one device (`coins` or a hopper's name) on or off.

        Raises:
            KeyError: there is no such device on this line.
            ValueError: the fault belongs to another kind of device, or to the wire.
        """
        with self._lock:
            faulty = self._device(device)
            if fault is Fault.ECHO_LOST:
                self.echo_lost = on
            elif fault is Fault.POWER_CUT:
                self._switch_power(faulty, on=not on)
            elif fault not in _faults_of(faulty):
                raise ValueError(f"{fault} is no fault of {device!r} on the coin line")
            else:
                self._switch_fault(faulty, fault, on=on)
        self._changed()

    def _switch_fault(self, faulty: _Device, fault: Fault, *, on: bool) -> None:
        if isinstance(faulty, SimulatedHopper):
            faulty.advance()
        if not on:
            faulty.faults.discard(fault)
        elif fault is Fault.COIN_JAM and isinstance(faulty, SimulatedAcceptor):
            faulty.jam()
        elif fault is Fault.HOPPER_SHORT:
            self.take_out(self._name(faulty), leave=1)
        else:
            faulty.faults.add(fault)

    def clear(self) -> None:
        """Switch all faults off and give everybody power."""
        with self._lock:
            self.echo_lost = False
            for device in self._devices():
                device.faults.clear()
                self._switch_power(device, on=True)
        self._changed()

    def power_cut(self) -> None:
        """Everything on the line loses power."""
        with self._lock:
            for device in self._devices():
                self._switch_power(device, on=False)
        self._changed()

    def restart(self) -> None:
        """Everything on the line has power again, and has forgotten what it forgets."""
        with self._lock:
            for device in self._devices():
                self._switch_power(device, on=True)
        self._changed()

    def _switch_power(self, device: _Device, *, on: bool) -> None:
        if on and not device.has_power:
            device.restore_power()
        elif not on and device.has_power:
            device.cut_power()

    # --- what a person sees

    def advance(self) -> None:
        """Let the hoppers pay what they should have paid by now."""
        with self._lock:
            changes = [hopper.advance() for hopper in self.hoppers.values()]
        if any(changes):
            self._changed()

    @property
    def lets_in(self) -> frozenset[int]:
        """The values, in minor units, of the coins that the acceptor takes at this moment."""
        with self._lock:
            positions = self.acceptor.lets_in
            return frozenset(coin.coin_minor for coin in self.acceptor.coins if coin.position in positions)

    def is_paying(self) -> bool:
        """Whether a hopper still has coins to pay."""
        self.advance()
        with self._lock:
            return any(hopper.remaining for hopper in self.hoppers.values())

    def where(self) -> Whereabouts:
        """Where all coins are at this moment."""
        with self._lock:
            return Whereabouts(
                at_first=Counter(self._at_first),
                inserted=Counter(self._inserted),
                added=Counter(self._added),
                taken_out=Counter(self._taken_out),
                cash_box=Counter(self._cash_box),
                in_hoppers=self._hopper_coins(),
                paid_out=Counter(self._paid_out),
                returned=Counter(self._returned),
            )

    # --- the wire

    def receive(self, data: bytes) -> bytes:
        """The host has sent these bytes: what it hears back, its own bytes first."""
        self.advance()
        with self._lock:
            if self._clock() - self._heard_s > FRAME_BREAK_S:
                self._heard.clear()
            self._heard_s = self._clock()
            self._heard += data
            answers = self._answers()
            return answers if self.echo_lost else data + answers

    def _answers(self) -> bytes:
        answers = b""
        while self._heard:
            peer = next((one for one in self._devices() if one.address == self._heard[0]), None)
            try:
                used, frame = decode(bytes(self._heard), peer.checksum if peer else Checksum.SIMPLE)
            except FrameRefusedError:  # a bad frame gets no answer
                self._heard.clear()
                break
            if frame is None:
                break
            del self._heard[:used]
            if peer is not None:
                answers += self._answer(peer, frame)
        return answers

    def _answer(self, peer: _Device, frame: Frame) -> bytes:
        faults = peer.faults
        if not peer.has_power or Fault.SILENT in faults or Fault.RUBBISH in faults:
            return _RUBBISH if Fault.RUBBISH in faults and peer.has_power else b""
        is_dispense = frame.header == Header.DISPENSE_HOPPER_COINS
        if is_dispense and _happens_once(faults, Fault.DISPENSE_ORDER_LOST):
            return b""
        answer = self._judged(peer, frame)
        if answer is None or (is_dispense and _happens_once(faults, Fault.DISPENSE_REPLY_LOST)):
            return b""
        written = self._written(peer, answer)
        return written[:-1] + bytes([written[-1] ^ 0x55]) if Fault.LINE_NOISE in faults else written

    def _judged(self, peer: _Device, frame: Frame) -> Answer:
        if _happens_once(peer.faults, Fault.NAK_ONCE):
            return Header.NAK
        if _happens_once(peer.faults, Fault.BUSY_ONCE):
            return Header.BUSY
        return peer.answer(frame.header, frame.data)

    def _written(self, peer: _Device, answer: bytes | Header) -> bytes:
        source = peer.address if peer.checksum is Checksum.SIMPLE else None
        if isinstance(answer, Header):
            return encode(Frame(HOST_ADDRESS, source, answer))
        return encode(Frame(HOST_ADDRESS, source, Header.REPLY, answer))

    # --- small things

    def _devices(self) -> list[_Device]:
        return [self.acceptor, *self.hoppers.values()]

    def _device(self, name: str) -> _Device:
        return self.acceptor if name == ACCEPTOR else self.hoppers[name]

    def _name(self, device: _Device) -> str:
        return device.name if isinstance(device, SimulatedHopper) else ACCEPTOR

    def _hopper_coins(self) -> Counter[int]:
        coins: Counter[int] = Counter()
        for hopper in self.hoppers.values():
            coins[hopper.form.coin_minor] += hopper.coins
        return coins

    def _changed(self) -> None:
        for listener in self.listeners:
            listener()


class CoinLineOnPty:
    """Puts a simulated coin line on a pseudo terminal; the host opens the symlink `link`."""

    def __init__(self, line: SimulatedCoinLine, link: Path) -> None:
        self.line = line
        self._wire = PtyWire(link, line.receive, line.advance)

    def start(self) -> None:
        """Make the pty and begin to answer."""
        self._wire.start()

    def stop(self) -> None:
        """Stop answering, remove the symlink; returns when the thread has ended."""
        self._wire.stop()

    def unplug(self) -> None:
        """Pull the cable out: the host's port breaks and the symlink is gone."""
        self._wire.unplug()

    def plug(self) -> None:
        """Put the cable back."""
        self._wire.plug()


def _happens_once(faults: set[Fault], fault: Fault) -> bool:
    if fault not in faults:
        return False
    faults.discard(fault)
    return True


_WIRE_FAULTS = frozenset({Fault.SILENT, Fault.LINE_NOISE, Fault.RUBBISH, Fault.NAK_ONCE, Fault.BUSY_ONCE})
_ACCEPTOR_FAULTS = _WIRE_FAULTS | {
    Fault.COIN_JAM,
    Fault.LATE_CREDIT,
    Fault.NO_MASTER_INHIBIT,
    Fault.FORGED_CREDIT,
}
_HOPPER_FAULTS = _WIRE_FAULTS | {
    Fault.HOPPER_JAM,
    Fault.HOPPER_SHORT,
    Fault.DISPENSE_REPLY_LOST,
    Fault.DISPENSE_ORDER_LOST,
    Fault.BARE_ACK,
}


def _faults_of(device: _Device) -> frozenset[Fault]:
    return _ACCEPTOR_FAULTS if isinstance(device, SimulatedAcceptor) else _HOPPER_FAULTS
