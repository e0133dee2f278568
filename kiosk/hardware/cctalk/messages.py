"""The meaning of ccTalk frames: headers by name, credits, inhibits, payout status. No input or output.

Source: ccTalk Generic Specification, part 2 (the commands) and part 3 (tables of codes); the manuals of
Alberici AL55/66 and HopperCD, Suzo-Happ Flow 18, Money Controls SCH2 (TSP016), Azkoyen X6. The same
functions serve the driver and, in the opposite direction, the simulated devices.
"""

from collections.abc import Callable
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple, Protocol


class Header(IntEnum):
    """The headers that the terminal uses or the simulated devices answer, by their name in part 2."""

    REPLY = 0
    RESET_DEVICE = 1
    REQUEST_COMMS_REVISION = 4
    NAK = 5
    BUSY = 6
    REQUEST_CIPHER_KEY = 160
    PUMP_RNG = 161
    TEST_HOPPER = 163
    ENABLE_HOPPER = 164
    REQUEST_HOPPER_STATUS = 166
    DISPENSE_HOPPER_COINS = 167
    REQUEST_HOPPER_DISPENSE_COUNT = 168
    EMERGENCY_STOP = 172
    REQUEST_COIN_ID = 184
    REQUEST_SORTER_PATHS = 209
    MODIFY_SORTER_PATHS = 210
    REQUEST_PAYOUT_HIGH_LOW_STATUS = 217
    REQUEST_ACCEPT_COUNTER = 225
    REQUEST_INSERTION_COUNTER = 226
    REQUEST_MASTER_INHIBIT_STATUS = 227
    MODIFY_MASTER_INHIBIT_STATUS = 228
    READ_BUFFERED_CREDIT = 229
    REQUEST_INHIBIT_STATUS = 230
    MODIFY_INHIBIT_STATUS = 231
    PERFORM_SELF_CHECK = 232
    REQUEST_SOFTWARE_REVISION = 241
    REQUEST_SERIAL_NUMBER = 242
    REQUEST_PRODUCT_CODE = 244
    REQUEST_EQUIPMENT_CATEGORY_ID = 245
    REQUEST_MANUFACTURER_ID = 246
    REQUEST_STATUS = 248
    REQUEST_POLLING_PRIORITY = 249
    SIMPLE_POLL = 254


HEADER_NAMES = {
    0: "Reply",
    1: "Reset device",
    2: "Request comms status variables",
    3: "Clear comms status variables",
    4: "Request comms revision",
    5: "NAK",
    6: "BUSY",
    100: "Expansion header 1",
    101: "Expansion header 2",
    102: "Expansion header 3",
    103: "Expansion header 4",
    104: "Request service status",
    105: "Data stream",
    106: "Request escrow status",
    107: "Operate escrow",
    108: "Request encrypted monetary id",
    109: "Request encrypted hopper status",
    110: "Switch encryption key",
    111: "Request encryption support",
    112: "Read encrypted events",
    113: "Switch baud rate",
    114: "Request USB id",
    115: "Request real time clock",
    116: "Modify real time clock",
    117: "Request cashbox value",
    118: "Modify cashbox value",
    119: "Request hopper balance",
    120: "Modify hopper balance",
    121: "Purge hopper",
    122: "Request error status",
    123: "Request activity register",
    124: "Verify money out",
    125: "Pay money out",
    126: "Clear money counters",
    127: "Request money out",
    128: "Request money in",
    129: "Read barcode data",
    130: "Request indexed hopper dispense count",
    131: "Request hopper coin value",
    132: "Emergency stop value",
    133: "Request hopper polling value",
    134: "Dispense hopper value",
    135: "Set accept limit",
    136: "Store encryption code",
    137: "Switch encryption code",
    138: "Finish firmware upgrade",
    139: "Begin firmware upgrade",
    140: "Upload firmware",
    141: "Request firmware upgrade capability",
    142: "Finish bill table upgrade",
    143: "Begin bill table upgrade",
    144: "Upload bill tables",
    145: "Request currency revision",
    146: "Operate bi-directional motors",
    147: "Perform stacker cycle",
    148: "Read opto voltages",
    149: "Request individual error counter",
    150: "Request individual accept counter",
    151: "Test lamps",
    152: "Request bill operating mode",
    153: "Modify bill operating mode",
    154: "Route bill",
    155: "Request bill position",
    156: "Request country scaling factor",
    157: "Request bill id",
    158: "Modify bill id",
    159: "Read buffered bill events",
    160: "Request cipher key",
    161: "Pump RNG",
    162: "Modify inhibit and override registers",
    163: "Test hopper",
    164: "Enable hopper",
    165: "Modify variable set",
    166: "Request hopper status",
    167: "Dispense hopper coins",
    168: "Request hopper dispense count",
    169: "Request address mode",
    170: "Request base year",
    171: "Request hopper coin",
    172: "Emergency stop",
    173: "Request thermistor reading",
    174: "Request payout float",
    175: "Modify payout float",
    176: "Request alarm counter",
    177: "Handheld function",
    178: "Request bank select",
    179: "Modify bank select",
    180: "Request security setting",
    181: "Modify security setting",
    182: "Download calibration info",
    183: "Upload window data",
    184: "Request coin id",
    185: "Modify coin id",
    186: "Request payout capacity",
    187: "Modify payout capacity",
    188: "Request default sorter path",
    189: "Modify default sorter path",
    190: "Request payout status",
    191: "Keypad control",
    192: "Request build code",
    193: "Request fraud counter",
    194: "Request reject counter",
    195: "Request last modification date",
    196: "Request creation date",
    197: "Calculate ROM checksum",
    198: "Counters to EEPROM",
    199: "Configuration to EEPROM",
    200: "Upload coin data",
    201: "Request teach status",
    202: "Teach mode control",
    203: "Display control",
    204: "Meter control",
    205: "Request audit information block",
    206: "Empty payout",
    207: "Request payout absolute count",
    208: "Modify payout absolute count",
    209: "Request sorter paths",
    210: "Modify sorter paths",
    211: "Power management control",
    212: "Request coin position",
    213: "Request option flags",
    214: "Write data block",
    215: "Read data block",
    216: "Request data storage availability",
    217: "Request payout high / low status",
    218: "Enter PIN number",
    219: "Enter new PIN number",
    220: "One-shot credit",
    221: "Request sorter override status",
    222: "Modify sorter override status",
    223: "Dispense change",
    224: "Dispense coins",
    225: "Request accept counter",
    226: "Request insertion counter",
    227: "Request master inhibit status",
    228: "Modify master inhibit status",
    229: "Read buffered credit or error codes",
    230: "Request inhibit status",
    231: "Modify inhibit status",
    232: "Perform self-check",
    233: "Latch output lines",
    234: "Issue guard code",
    235: "Read last credit or error code",
    236: "Read opto states",
    237: "Read input lines",
    238: "Test output lines",
    239: "Operate motors",
    240: "Test solenoids",
    241: "Request software revision",
    242: "Request serial number",
    243: "Request database version",
    244: "Request product code",
    245: "Request equipment category id",
    246: "Request manufacturer id",
    247: "Request variable set",
    248: "Request status",
    249: "Request polling priority",
    250: "Address random",
    251: "Address change",
    252: "Address clash",
    253: "Address poll",
    254: "Simple poll",
    255: "Factory set-up and test",
}
"""Every header of the public specification, for people. What is not here belongs to a maker."""


def header_name(header: int) -> str:
    """What a header means, in words."""
    return HEADER_NAMES.get(header, "Application specific" if 20 <= header <= 99 else "Reserved")  # noqa: PLR2004 - part 2 gives 20 to 99 to makers


class MessageRefusedError(ValueError):
    """A right frame with data that cannot mean what it should; the message says what was expected."""


# --- the coin acceptor -----------------------------------------------------------------------------------

EVENTS_IN_BUFFER = 5
POSITIONS = 16
"""So many coin positions the two bytes of 231 can switch."""

_HIGHEST_COUNTER = 255


class CreditEvent(NamedTuple):
    """One line of the acceptor's buffer: `first` a position (0: an error), `second` a path or error code."""

    first: int
    second: int

    @property
    def is_credit(self) -> bool:
        """Whether this is a coin, not an error."""
        return self.first > 0

    def shows(self, kept: "RememberedEvent") -> bool:
        """Whether this can be the event that was kept. The path of a coin is not kept."""
        return self.first == kept.position and (self.is_credit or self.second == kept.code)


NULL_EVENT = CreditEvent(0, 0)
"""What stands in the buffer where nothing has happened yet."""


class RememberedEvent(Protocol):
    """An event as a journal keeps it: a coin's position, or position 0 and an error code."""

    @property
    def position(self) -> int:
        """The coin's position; 0 for an error."""

    @property
    def code(self) -> int:
        """The error code; 0 for a coin."""


class CreditBuffer(NamedTuple):
    """The answer to 229: the event counter and the five newest events, newest first.

    [counter] [1A] [1B] [2A] [2B] [3A] [3B] [4A] [4B] [5A] [5B]
    """

    counter: int
    events: tuple[CreditEvent, ...]


def read_credit_buffer(data: bytes) -> CreditBuffer:
    """Read the data of the answer to 229.

    Raises:
        MessageRefusedError: not 11 bytes.
    """
    _demand(data, 1 + 2 * EVENTS_IN_BUFFER, "a buffered credit")
    return CreditBuffer(data[0], tuple(CreditEvent(data[at], data[at + 1]) for at in range(1, len(data), 2)))


def write_credit_buffer(buffer: CreditBuffer) -> bytes:
    """The data of the answer to 229."""
    return bytes([buffer.counter]) + bytes(byte for event in buffer.events for byte in event)


def next_counter(counter: int) -> int:
    """The event counter after one more event: 1 after 0, and 1 again after 255."""
    return counter % _HIGHEST_COUNTER + 1


def events_between(last: int, counter: int) -> int:
    """How many events lie between two readings of an event counter that was not reset (0 to 254)."""
    between = counter - last
    return between if between >= 0 else between + _HIGHEST_COUNTER


def counter_before(counter: int, events: int) -> int:
    """The counter that stood so many events before; only asked about events that there were."""
    return (counter - 1 - events) % _HIGHEST_COUNTER + 1


class News(NamedTuple):
    """What the acceptor has to tell since the last event that is known."""

    was_reset: bool
    """It lost power or was reset, its inhibits are gone; coins between may be lost."""
    lost: int
    """So many events are no longer in the buffer."""
    lost_until: int
    """The counter of the last lost event; 0 when none is lost."""
    events: tuple[tuple[int, CreditEvent], ...]
    """The new events, oldest first, each with its counter."""


def news_since(
    last: int,
    buffer: CreditBuffer,
    previous: CreditBuffer | None = None,
    remembered: tuple[RememberedEvent, ...] = (),
) -> News:
    """What is new since event `last` (0: nothing yet). `previous` is an earlier reading, where there is one.

    `remembered` are the events that ended with `last`, newest first, as somebody else has kept them.

    Part 2, "Read buffered credit or error codes": the counter is 0 only after a reset, then 1 to 255 and 1
    again. More than five events behind, the older ones are lost, and nobody can tell what they were.
    """
    was_reset = _was_reset(last, buffer, previous) or _denies(last, buffer, remembered)
    new = events_between(0 if was_reset else last, buffer.counter)
    seen = min(new, EVENTS_IN_BUFFER)
    lost = new - seen
    return News(
        was_reset=was_reset,
        lost=lost,
        lost_until=counter_before(buffer.counter, seen) if lost else 0,
        events=tuple(
            (counter_before(buffer.counter, age), buffer.events[age]) for age in range(seen - 1, -1, -1)
        ),
    )


def contradicts(previous: CreditBuffer, buffer: CreditBuffer) -> bool:
    """Whether two readings, `previous` the earlier, cannot come from one acceptor that tells the truth.

    Events that both show must be the same. After a reset, and more than five events on, nothing is shared.
    """
    if _was_reset(previous.counter, buffer, previous):
        return False
    new = events_between(previous.counter, buffer.counter)
    return new <= EVENTS_IN_BUFFER and not _overlap_agrees(previous, buffer, new)


def _was_reset(last: int, buffer: CreditBuffer, previous: CreditBuffer | None) -> bool:
    """Whether it lost power since: a counter of 0, or a young buffer that does not go on from before.

    A young buffer with credits that goes up and yet denies what was seen may as well be noise: no reset.
    """
    if buffer.counter == 0:
        return last != 0
    if not _is_young(buffer):
        return False  # it may be, but nothing shows it
    if last > buffer.counter:
        return True  # a counter that had wrapped would have a full buffer
    if previous is None:
        return False
    if previous.counter > buffer.counter:
        return True
    goes_on = _overlap_agrees(previous, buffer, buffer.counter - previous.counter)
    return not goes_on and not any(event.is_credit for event in buffer.events)


def _denies(last: int, buffer: CreditBuffer, remembered: tuple[RememberedEvent, ...]) -> bool:
    """Whether the buffer has other events at the numbers up to `last` than happened: it counts anew."""
    shown = buffer.events[events_between(last, buffer.counter) :]
    return any(not event.shows(kept) for event, kept in zip(shown, remembered, strict=False))


def _is_young(buffer: CreditBuffer) -> bool:
    """Whether there have been no more events since power-up than the counter says."""
    return buffer.counter < EVENTS_IN_BUFFER and all(
        event == NULL_EVENT for event in buffer.events[buffer.counter :]
    )


def _overlap_agrees(previous: CreditBuffer, buffer: CreditBuffer, new: int) -> bool:
    return buffer.events[new:] == previous.events[: max(0, EVENTS_IN_BUFFER - new)]


def write_inhibits(positions: frozenset[int]) -> bytes:
    """The data of 231: bit 0 of the first byte is position 1; 1 lets the coin in.

    Raises:
        ValueError: a position outside 1 to 16.
    """
    strange = [position for position in positions if not 1 <= position <= POSITIONS]
    if strange:
        raise ValueError(f"coin positions are 1 to {POSITIONS}, not {sorted(strange)}")
    return sum(1 << (position - 1) for position in positions).to_bytes(2, "little")


def read_inhibits(data: bytes) -> frozenset[int]:
    """The positions that are let in, from the data of 231 or of the answer to 230.

    Raises:
        MessageRefusedError: not 2 bytes.
    """
    _demand(data, 2, "an inhibit status")
    mask = int.from_bytes(data, "little")
    return frozenset(position for position in range(1, POSITIONS + 1) if mask >> (position - 1) & 1)


UNPROGRAMMED_COIN = "......"


def read_coin_id(data: bytes) -> str | None:
    """The coin of a position from the answer to 184, such as `EU200A`; None when it is not programmed.

    Raises:
        MessageRefusedError: not 6 printable characters.
    """
    _demand(data, 6, "a coin id")
    coin_id = data.decode("ascii", "replace")
    if not (coin_id.isascii() and coin_id.isprintable()):
        raise MessageRefusedError(f"a coin id has 6 printable characters, not {data.hex(' ')}")
    return None if coin_id == UNPROGRAMMED_COIN else coin_id


class ErrorKind(StrEnum):
    """What an error of the acceptor is about."""

    REJECT = "reject"
    """The coin came back."""
    FRAUD = "fraud"
    """Somebody may have tried to cheat."""
    JAM = "jam"
    """The acceptor is out of service until it is cleared."""


ERROR_WORDS = {
    0: "null event",
    1: "coin rejected",
    2: "coin inhibited",
    3: "coin fits several windows",
    4: "wake-up time-out",
    5: "validation time-out",
    6: "credit sensor time-out",
    7: "sorter sensor time-out",
    8: "second coin too close",
    9: "accept gate not ready",
    10: "credit sensor not ready",
    11: "sorter not ready",
    12: "rejected coin not cleared",
    13: "validation sensor not ready",
    14: "credit sensor blocked",
    15: "sorter sensor blocked",
    16: "credit sequence error",
    17: "coin going backwards",
    18: "coin too fast",
    19: "coin too slow",
    20: "coin on a string",
    21: "double entry sensor time-out",
    22: "double entry sensor not seen",
    23: "credit sensor reached too early",
    24: "coin rejected after repeated sequence",
    25: "slug rejected",
    26: "reject sensor blocked",
    27: "games overload",
    28: "too many meter pulses",
    29: "accept gate open, not closed",
    30: "accept gate closed, not open",
    31: "manifold sensor time-out",
    32: "manifold sensor blocked",
    33: "manifold not ready",
    34: "security status changed",
    35: "motor exception",
    36: "swallowed coin",
    37: "coin too fast over the validation sensor",
    38: "coin too slow over the validation sensor",
    39: "coin sorted wrongly",
    40: "attack with light",
    253: "data block request",
    254: "return lever pressed",
    255: "unspecified alarm",
}
"""Error codes of the acceptor, part 3, "Coin acceptor error code table"."""

_FRAUD_CODES = frozenset({16, 17, 18, 20, 23, 40})
_JAM_CODES = frozenset({14, 15, 29, 30})


def error_words(code: int) -> str:
    """What an acceptor's error code means."""
    return ERROR_WORDS.get(code, f"error {code} of this maker")


def error_kind(code: int) -> ErrorKind:
    """Whether an error is a coin that came back, a suspicion of fraud, or a jam."""
    if code in _JAM_CODES:
        return ErrorKind.JAM
    return ErrorKind.FRAUD if code in _FRAUD_CODES else ErrorKind.REJECT


# --- the hoppers -----------------------------------------------------------------------------------------

ENABLE_KEY = 0xA5
"""The data of 164 that lets the hopper pay."""

MOST_COINS = 255
"""So many coins one order to dispense can ask for."""


class HopperStatus(NamedTuple):
    """The answer to 166: [event counter] [coins remaining] [last payout: paid] [last payout: unpaid].

    Makers differ in when they keep `unpaid`: the Flow 18 only when power was lost during the payout.
    """

    counter: int
    remaining: int
    paid: int
    unpaid: int


def read_hopper_status(data: bytes) -> HopperStatus:
    """Read the data of the answer to 166.

    Raises:
        MessageRefusedError: not 4 bytes.
    """
    _demand(data, 4, "a hopper status")
    return HopperStatus(*data)


class HopperFlag(Enum):
    """The flags of 163 as (register, bit), part 2, "Test hopper"."""

    OVER_CURRENT = (0, 0)
    PAYOUT_TIME_OUT = (0, 1)
    MOTOR_REVERSED = (0, 2)
    PATH_BLOCKED_IDLE = (0, 3)
    SHORT_CIRCUIT_IDLE = (0, 4)
    BLOCKED_IN_PAYOUT = (0, 5)
    POWER_UP = (0, 6)
    DISABLED = (0, 7)
    SHORT_CIRCUIT_IN_PAYOUT = (1, 0)
    SINGLE_COIN_MODE = (1, 1)
    CHECKSUM_A = (1, 2)
    CHECKSUM_B = (1, 3)
    CHECKSUM_C = (1, 4)
    CHECKSUM_D = (1, 5)
    POWER_FAIL_IN_WRITE = (1, 6)
    PIN_IN_USE = (1, 7)


def read_hopper_flags(data: bytes) -> frozenset[HopperFlag]:
    """The flags that are set in the answer to 163 (one register on older hoppers, two or three on others).

    Raises:
        MessageRefusedError: no register at all.
    """
    if not data:
        raise MessageRefusedError("a hopper test has at least one register, here is none")
    return frozenset(
        flag for flag in HopperFlag if flag.value[0] < len(data) and data[flag.value[0]] >> flag.value[1] & 1
    )


def write_hopper_flags(flags: frozenset[HopperFlag]) -> bytes:
    """The two registers of the answer to 163."""
    registers = bytearray(2)
    for flag in flags:
        registers[flag.value[0]] |= 1 << flag.value[1]
    return bytes(registers)


class DispenseVariant(StrEnum):
    """What a hopper wants to see with an order to dispense."""

    SERIAL = "serial"
    """[serial number, 3 bytes, low first] [coins]."""
    NO_ENCRYPT = "no-encrypt"
    """[8 bytes of no meaning] [coins], after a cipher key was asked for with 160."""
    ENCRYPTED = "encrypted"
    """[8 bytes made from the cipher key by the maker's secret rule] [coins]: see `Cipher`."""


Cipher = Callable[[bytes, bytes], bytes]
"""The maker's rule for an encrypted hopper: (cipher key, serial number) to the 8 bytes that let it pay.

The rules are under the makers' seal and not part of this program; a site that has one hands it in.
"""


NO_KEY = bytes(8)
"""What stands before the coins in the order to a no-encrypt hopper."""


def write_dispense(variant: DispenseVariant, key: bytes, coins: int) -> bytes:
    """The data of 167 for 1 to 255 coins; `key` is the serial number as 242 gave it, or the 8 bytes.

    Raises:
        ValueError: a number of coins or a key that does not fit.
    """
    if not 1 <= coins <= MOST_COINS:
        raise ValueError(f"an order to dispense is for 1 to {MOST_COINS} coins, not {coins}")
    expected = 3 if variant is DispenseVariant.SERIAL else 8
    if len(key) != expected:
        raise ValueError(f"an order to dispense ({variant}) starts with {expected} bytes, not {len(key)}")
    return key + bytes([coins])


def dispense_variant(product_code: str, comms_revision: bytes) -> DispenseVariant:
    """Tell the variant from the answers to 244 and 4.

    A product code with `NOENCRYPT` in it (Money Controls, TSP016) says so itself; revision bytes that end in
    `MC` are a Flow 18 switched to Money Controls' cipher. Everything else wants its serial number.
    """
    if "NOENCRYPT" in product_code.upper().replace("-", "").replace("_", ""):
        return DispenseVariant.NO_ENCRYPT
    return DispenseVariant.ENCRYPTED if comms_revision.endswith(b"MC") else DispenseVariant.SERIAL


def read_serial_number(data: bytes) -> int:
    """The number from the answer to 242: 3 bytes, low first.

    Raises:
        MessageRefusedError: not 3 bytes.
    """
    _demand(data, 3, "a serial number")
    return int.from_bytes(data, "little")


def read_text(data: bytes) -> str:
    """The answer to a question about maker, category, product or software; strange bytes become `?`."""
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in data)  # noqa: PLR2004 - printable ASCII


def _demand(data: bytes, length: int, what: str) -> None:
    if len(data) != length:
        raise MessageRefusedError(f"{what} has {length} bytes, not {len(data)}: {data.hex(' ') or 'none'}")
