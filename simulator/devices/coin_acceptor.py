"""A simulated coin acceptor: event counter, buffer, inhibits and sorter as the manuals have them.

It decides about coins and answers questions; where coins lie is known by the coin line. Bytes on the wire
are not here. Source: Generic Specification, part 2; Alberici AL55/66; Azkoyen X6 (self-inhibit).
"""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import (
    EVENTS_IN_BUFFER,
    UNPROGRAMMED_COIN,
    CreditBuffer,
    CreditEvent,
    Header,
    next_counter,
    read_inhibits,
    write_credit_buffer,
    write_inhibits,
)
from simulator.faults import Fault

SELF_INHIBIT_S = 1.0
"""An acceptor with this habit takes nothing when it was not asked for credits for so long."""

REJECTED, INHIBITED, CREDIT_SENSOR_BLOCKED = 1, 2, 14
_FAULT_ON_CREDIT_SENSOR = 3

_EMPTY_BUFFER = CreditBuffer(0, (CreditEvent(0, 0),) * EVENTS_IN_BUFFER)

Answer = bytes | Header | None
"""Data of a reply; NAK or BUSY; or None for silence."""


@dataclass(frozen=True)
class SimulatedCoin:
    """A coin that the acceptor knows: where in its table, what it is worth, and where the sorter sends it.

    `hopper` is the name of the hopper that it falls into, None the cash box.
    """

    position: int
    coin_minor: int
    path: int = 1
    hopper: str | None = None
    coin_id: str = "EU...A"


class SimulatedAcceptor:
    """The device behind the coin slot. Not safe for threads by itself: the coin line sees to that."""

    def __init__(
        self,
        coins: tuple[SimulatedCoin, ...],
        clock: Callable[[], float],
        *,
        address: int = 2,
        checksum: Checksum = Checksum.SIMPLE,
        self_inhibits: bool = False,
    ) -> None:
        self.coins = coins
        self.address = address
        self.checksum = checksum
        self.faults: set[Fault] = set()
        self.has_power = True
        self._clock = clock
        self._self_inhibits = self_inhibits
        self._insertions = 0
        self._accepted = 0
        self._buffer = _EMPTY_BUFFER
        self._mask: frozenset[int] = frozenset()
        self._master = True
        self._asked_s = clock()

    # --- coins

    @property
    def counter(self) -> int:
        """The event counter."""
        return self._buffer.counter

    @property
    def lets_in(self) -> frozenset[int]:
        """The positions that it takes at this moment."""
        asleep = self._self_inhibits and self._clock() - self._asked_s > SELF_INHIBIT_S
        works = self.has_power and self._master and not asleep and Fault.COIN_JAM not in self.faults
        return self._mask if works else frozenset()

    def judge(self, coin: SimulatedCoin | None) -> bool:
        """A coin comes in (None: one it does not know): whether it is kept. Notes the event."""
        if not self.has_power:
            return False
        self._insertions += 1
        if Fault.COIN_JAM in self.faults:
            return False
        if coin is None:
            self.note(CreditEvent(0, REJECTED))
            return False
        if coin.position not in self.lets_in and Fault.LATE_CREDIT not in self.faults:
            self.note(CreditEvent(0, INHIBITED))
            return False
        self.faults.discard(Fault.LATE_CREDIT)
        self._accepted += 1
        self.note(CreditEvent(coin.position, coin.path))
        return True

    def note(self, event: CreditEvent) -> None:
        """An event happens: the counter goes up, the oldest of five is forgotten."""
        kept = self._buffer.events[: EVENTS_IN_BUFFER - 1]
        self._buffer = CreditBuffer(next_counter(self._buffer.counter), (event, *kept))

    def jam(self) -> None:
        """Something sticks at the credit sensor."""
        self.faults.add(Fault.COIN_JAM)
        if self.has_power:
            self.note(CreditEvent(0, CREDIT_SENSOR_BLOCKED))

    def cut_power(self) -> None:
        """Switch it off."""
        self.has_power = False

    def restore_power(self) -> None:
        """Switch it on: the counter is 0, nothing is let in."""
        self.has_power = True
        self._forget()

    def _forget(self) -> None:
        self._buffer, self._mask, self._master = _EMPTY_BUFFER, frozenset(), True
        self._asked_s = self._clock()

    # --- questions

    def answer(self, header: int, data: bytes) -> Answer:
        """What it says to a question; None for headers that it does not know."""
        if header == Header.MODIFY_MASTER_INHIBIT_STATUS and Fault.NO_MASTER_INHIBIT in self.faults:
            return None
        told = self._identity(header)
        return told if told is not None else self._service(header, data)

    def _identity(self, header: int) -> bytes | None:
        answers: dict[int, bytes] = {
            Header.SIMPLE_POLL: b"",
            Header.REQUEST_MANUFACTURER_ID: b"Street",
            Header.REQUEST_EQUIPMENT_CATEGORY_ID: b"Coin Acceptor",
            Header.REQUEST_PRODUCT_CODE: b"SIM-CA",
            Header.REQUEST_SERIAL_NUMBER: bytes([1, 0, 0]),
            Header.REQUEST_SOFTWARE_REVISION: b"1.0",
            Header.REQUEST_COMMS_REVISION: bytes([1, 4, 6]),
            Header.REQUEST_POLLING_PRIORITY: bytes([2, 20]),  # units of 10 ms: every 200 ms
            Header.REQUEST_STATUS: b"\0",
            Header.REQUEST_INSERTION_COUNTER: self._insertions.to_bytes(3, "little"),
            Header.REQUEST_ACCEPT_COUNTER: self._accepted.to_bytes(3, "little"),
        }
        return answers.get(header)

    def _service(self, header: int, data: bytes) -> Answer:  # noqa: PLR0911 - one line for each header
        match header:
            case Header.READ_BUFFERED_CREDIT:
                return self._credits()
            case Header.MODIFY_INHIBIT_STATUS if len(data) == 2:  # noqa: PLR2004 - the mask has two bytes
                self._mask = read_inhibits(data)
                return b""
            case Header.REQUEST_INHIBIT_STATUS:
                return write_inhibits(self._mask)
            case Header.MODIFY_MASTER_INHIBIT_STATUS if len(data) == 1:
                self._master = bool(data[0] & 1)
                return b""
            case Header.REQUEST_MASTER_INHIBIT_STATUS:
                return bytes([self._master])
            case Header.PERFORM_SELF_CHECK:
                return bytes([_FAULT_ON_CREDIT_SENSOR if Fault.COIN_JAM in self.faults else 0])
            case Header.REQUEST_COIN_ID | Header.REQUEST_SORTER_PATHS if len(data) == 1:
                return self._of_position(Header(header), data[0])
            case Header.RESET_DEVICE:
                self._forget()
                return b""
            case _:
                return None

    def _credits(self) -> bytes:
        self._asked_s = self._clock()
        if Fault.FORGED_CREDIT not in self.faults:
            return write_credit_buffer(self._buffer)
        self.faults.discard(Fault.FORGED_CREDIT)
        forged = (CreditEvent(1, 1), *self._buffer.events[: EVENTS_IN_BUFFER - 1])
        return write_credit_buffer(CreditBuffer(next_counter(self._buffer.counter), forged))

    def _of_position(self, header: Header, position: int) -> bytes:
        coin = next((coin for coin in self.coins if coin.position == position), None)
        if header == Header.REQUEST_COIN_ID:
            return (coin.coin_id if coin else UNPROGRAMMED_COIN).encode("ascii")
        return bytes([coin.path if coin else 1])
