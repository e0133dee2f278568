"""The finger: touches that reach the terminal as those of a touch panel do, through Qt's own input.

A panel that speaks TUIO 1.1 (multi-touch over OSC and UDP) is one of the inputs that Qt brings along, as it
brings evdev: the program under test is given no door that a kiosk would not have, and the panel, which stands
outside, does not notice when the program dies. Source: TUIO 1.1 specification, profile `/tuio/2Dcur`.
"""

import socket
import struct
from random import Random

ADDRESS = "/tuio/2Dcur"
FORWARD = ((0.76, 0.97), (0.81, 0.97))
"""Where "Pay", "Done", "Go on paying" and "Next" are on the 7-inch panel: across and down, in parts of it."""
BACK = ((0.03, 0.18), (0.81, 0.97))
"""Where "Back", "Cancel, coins back", "Money back" and "Print again" are."""

Area = tuple[tuple[float, float], tuple[float, float]]


class TouchPanel:
    """One panel, plugged in all the time. Nobody may listen; a touch is then lost, as in life."""

    def __init__(self, port: int, chance: Random) -> None:
        self._to = ("127.0.0.1", port)
        self._chance = chance
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._touches = 0
        self._frames = 0
        self._is_left = False

    @property
    def environment(self) -> dict[str, str]:
        """What an operator sets for a kiosk with such a panel."""
        return {
            "QT_QPA_PLATFORM": "offscreen",
            "QT_QPA_GENERIC_PLUGINS": f"tuiotouch:udp={self._to[1]}",
            "QT_TUIOTOUCH_DELIVER_WITHOUT_FOCUS": "1",
        }

    def touch(self, area: Area) -> None:
        """Put a finger on this area and take it away again.

        Two touches are never near enough to each other to be taken for a double tap, which counts once.
        """
        self._is_left = not self._is_left
        (left, right), (top, bottom) = area
        third = (right - left) / 3
        across = self._chance.uniform(left, left + third)
        across = across if self._is_left else across + 2 * third
        down = self._chance.uniform(top, bottom)
        self._touches += 1
        cursor = _message(ADDRESS, "set", self._touches, across, down, 0.0, 0.0, 0.0)
        self._send(_message(ADDRESS, "alive", self._touches), cursor)
        self._send(_message(ADDRESS, "alive"))

    def close(self) -> None:
        """Unplug it for good."""
        self._socket.close()

    def _send(self, *messages: bytes) -> None:
        self._frames += 1
        whole = (*messages, _message(ADDRESS, "fseq", self._frames))
        bundle = b"#bundle\0" + struct.pack(">Q", 1)
        bundle += b"".join(struct.pack(">i", len(message)) + message for message in whole)
        self._socket.sendto(bundle, self._to)


def _message(address: str, *values: str | float) -> bytes:
    """One OSC message: address, types, values; all in steps of four bytes."""
    types = "," + "".join({str: "s", int: "i", float: "f"}[type(value)] for value in values)
    return b"".join([_text(address), _text(types), *(_written(value) for value in values)])


def _written(value: str | float) -> bytes:
    match value:
        case str():
            return _text(value)
        case int():
            return struct.pack(">i", value)
        case float():
            return struct.pack(">f", value)


def _text(text: str) -> bytes:
    return text.encode("ascii").ljust((len(text) // 4 + 1) * 4, b"\0")
