"""A simulated hopper: pays coins one after the other in time, and remembers through a power cut what it must.

It answers questions and tells the coin line of every coin that leaves it. Bytes on the wire are not here.
Source: Generic Specification, part 2; Suzo-Happ Flow 18, 7.3; Money Controls SCH2; Alberici HopperCD.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.hardware.cctalk.frames import Checksum
from kiosk.hardware.cctalk.messages import (
    ENABLE_KEY,
    DispenseVariant,
    Header,
    HopperFlag,
    next_counter,
    write_hopper_flags,
)
from simulator.devices.coin_acceptor import Answer
from simulator.faults import Fault

LOW_LEVEL_COINS = 3
"""The low-level sensor is covered by more coins than these."""

_CIPHER_KEY = bytes.fromhex("61 A2 39 42 70 E6 4C 0B")
_LOW_SENSOR_FITTED, _LEVEL_LOW = 0x10, 0x01


@dataclass(frozen=True)
class HopperForm:
    """What a simulated hopper is: its name and address, its coins, how it is ordered and how fast it pays."""

    name: str
    coin_minor: int
    coins: int
    address: int = 3
    checksum: Checksum = Checksum.SIMPLE
    variant: DispenseVariant = DispenseVariant.SERIAL
    serial: bytes = b"\xdf\xd7\x0a"
    coins_per_second: float = 4.0
    time_out_s: float = 2.0
    """It gives up when no coin has come for so long."""


class SimulatedHopper:
    """One hopper. `coin_fell` is called for each coin paid. Not safe for threads by itself."""

    def __init__(
        self, form: HopperForm, clock: Callable[[], float], coin_fell: Callable[[int], None]
    ) -> None:
        self.form = form
        self.name = form.name
        self.address = form.address
        self.checksum = form.checksum
        self.coins = form.coins
        self.faults: set[Fault] = set()
        self.has_power = True
        self.counter = 0
        self.remaining = 0
        self.paid = 0
        self.unpaid = 0
        self._clock = clock
        self._coin_fell = coin_fell
        self._flags = {HopperFlag.POWER_UP, HopperFlag.DISABLED}
        self._key_was_asked = False
        self._moved_s = clock()
        self._dispensed = 0

    # --- time and coins

    def advance(self) -> bool:
        """Pay what should have been paid by now; whether anything changed."""
        before = (self.remaining, self.paid, self.unpaid)
        while self.has_power and self.remaining > 0 and self._next_thing_happens():
            pass
        return before != (self.remaining, self.paid, self.unpaid)

    def _next_thing_happens(self) -> bool:
        now_s = self._clock()
        if self.coins > 0 and Fault.HOPPER_JAM not in self.faults:
            coin_s = self._moved_s + 1 / self.form.coins_per_second
            if coin_s > now_s:
                return False
            self._moved_s = coin_s
            self._pay_one()
            return True
        if self._moved_s + self.form.time_out_s > now_s:
            return False
        self._give_up()
        return True

    def _pay_one(self) -> None:
        self.coins -= 1
        self.remaining -= 1
        self.paid += 1
        self._dispensed += 1
        self._coin_fell(self.form.coin_minor)

    def _give_up(self) -> None:
        """A payout that ends short: the unpaid coins are forgotten, as on the Flow 18."""
        self.remaining = 0
        self._flags.add(HopperFlag.PAYOUT_TIME_OUT)

    def cut_power(self) -> None:
        """Switch it off; a payout in hand is over, and what is unpaid of it is kept."""
        self.advance()
        if self.remaining:
            self.unpaid = self.remaining
        self.remaining = 0
        self.has_power = False

    def restore_power(self) -> None:
        """Switch it on: the event counter is 0, it is disabled, paid and unpaid are what they were."""
        self.has_power = True
        self._restart({HopperFlag.POWER_UP, HopperFlag.DISABLED})

    def _restart(self, flags: set[HopperFlag]) -> None:
        self.counter = self.remaining = 0
        self._flags = flags
        self._key_was_asked = False

    # --- questions

    def answer(self, header: int, data: bytes) -> Answer:
        """What it says to a question; None for headers that it does not know."""
        told = self._identity(header)
        return told if told is not None else self._service(header, data)

    def _identity(self, header: int) -> bytes | None:
        no_encrypt = self.form.variant is DispenseVariant.NO_ENCRYPT
        encrypted = self.form.variant is DispenseVariant.ENCRYPTED
        answers: dict[int, bytes] = {
            Header.SIMPLE_POLL: b"",
            Header.REQUEST_MANUFACTURER_ID: b"Street",
            Header.REQUEST_EQUIPMENT_CATEGORY_ID: b"Payout",
            Header.REQUEST_PRODUCT_CODE: b"SCH2-NOENCRYPT" if no_encrypt else b"SIM-HOP",
            Header.REQUEST_SERIAL_NUMBER: self.form.serial,
            Header.REQUEST_SOFTWARE_REVISION: b"1.0",
            Header.REQUEST_COMMS_REVISION: b"132-MC" if encrypted else b"132-IT",
            Header.REQUEST_HOPPER_STATUS: bytes([self.counter, self.remaining, self.paid, self.unpaid]),
            Header.REQUEST_HOPPER_DISPENSE_COUNT: (self._dispensed & 0xFFFFFF).to_bytes(3, "little"),
            Header.REQUEST_PAYOUT_HIGH_LOW_STATUS: bytes([self._levels()]),
            Header.TEST_HOPPER: write_hopper_flags(frozenset(self._shown_flags())),
        }
        return answers.get(header)

    def _service(self, header: int, data: bytes) -> Answer:  # noqa: PLR0911 - one line for each header
        match header:
            case Header.ENABLE_HOPPER if len(data) == 1:
                self._flags.discard(HopperFlag.DISABLED)
                if data[0] != ENABLE_KEY:
                    self._flags.add(HopperFlag.DISABLED)
                return b""
            case Header.REQUEST_CIPHER_KEY:
                self._key_was_asked = True
                return _CIPHER_KEY
            case Header.PUMP_RNG:
                return b""
            case Header.DISPENSE_HOPPER_COINS:
                return self._dispense(data)
            case Header.EMERGENCY_STOP:
                left, self.remaining = self.remaining, 0
                return bytes([left])
            case Header.RESET_DEVICE:
                self._restart({HopperFlag.DISABLED})
                return b""
            case _:
                return None

    def _dispense(self, data: bytes) -> Answer:
        asked, self._key_was_asked = self._key_was_asked, False
        if (
            HopperFlag.DISABLED in self._flags
            or self.remaining > 0
            or not self._is_order(data, key_was_asked=asked)
        ):
            return Header.NAK
        self.counter = next_counter(self.counter)
        self.remaining, self.paid, self.unpaid = data[-1], 0, 0
        self._flags -= {HopperFlag.PAYOUT_TIME_OUT, HopperFlag.POWER_UP}
        self._moved_s = self._clock()
        return b"" if Fault.BARE_ACK in self.faults else bytes([self.counter])

    def _is_order(self, data: bytes, *, key_was_asked: bool) -> bool:
        if self.form.variant is DispenseVariant.SERIAL:
            return len(data) == 4 and data[:3] == self.form.serial and data[3] > 0  # noqa: PLR2004 - the order's form
        return len(data) == 9 and key_was_asked and data[8] > 0  # noqa: PLR2004 - the order's form

    def _levels(self) -> int:
        return _LOW_SENSOR_FITTED | (_LEVEL_LOW if self.coins <= LOW_LEVEL_COINS else 0)

    def _shown_flags(self) -> set[HopperFlag]:
        return self._flags | ({HopperFlag.BLOCKED_IN_PAYOUT} if Fault.HOPPER_JAM in self.faults else set())
