"""A serial line at its own speed, in simulated time: each byte takes ten bits, and devices take their time.

One end of a wire, a `Transport`, with a device at the other end; no thread. What the device says is a
function from bytes to bytes, asked at the moment when the last byte has reached it. Wires without time are in
`kiosk/hardware/transport/memory.py`, wires in real time in `pty_wire.py`.

Source: ccTalk Generic Specification, part 1, "Timing": 9600 baud, 8 data bits, no parity, one stop bit; at
most 10 ms between two bytes of a frame.
"""

import heapq
from collections.abc import Callable
from itertools import count

from kiosk.hardware.ports import TransportError

BAUD = 9600
BITS_A_BYTE = 10
"""A start bit, eight data bits, a stop bit."""
ANSWERS_AFTER_S = 0.002
"""What a device takes between the end of the question and its answer: most take 1 to 3 ms."""


def seconds_on_the_line(data_bytes: int, baud: int = BAUD) -> float:
    """How long so many bytes take, one behind the other."""
    return data_bytes * BITS_A_BYTE / baud


class PacedWire:
    """A line at `baud`. `line` hears bytes and gives what the host hears back, its own bytes first (or not).

    `clock` is simulated time, `wait` passes it. `gap_s` is what a device leaves between two of its bytes.
    """

    def __init__(
        self,
        line: Callable[[bytes], bytes],
        clock: Callable[[], float],
        wait: Callable[[float], None],
        *,
        baud: int = BAUD,
        answers_after_s: float = ANSWERS_AFTER_S,
        gap_s: float = 0.0,
    ) -> None:
        self._line = line
        self._clock = clock
        self._wait = wait
        self._byte_s = seconds_on_the_line(1, baud)
        self._answers_after_s = answers_after_s
        self._gap_s = gap_s
        self._coming: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._arrived = bytearray()
        self._is_open = False

    def open(self) -> None:
        """Connect; a second call does nothing."""
        self._is_open = True

    def write(self, data: bytes) -> None:
        """Begin to send: the device has heard it, and the host its echo, when all bytes are on the line."""
        self._demand_open()
        self._at(self._clock() + len(data) * self._byte_s, lambda: self._heard(data))

    def read(self, at_most: int, timeout_s: float) -> bytes:
        """What has arrived, at once; empty after `timeout_s` of silence."""
        self._demand_open()
        deadline_s = self._clock() + timeout_s
        self._let_arrive()
        while not self._arrived and self._coming and self._coming[0][0] <= deadline_s:
            self._wait(max(0.0, self._coming[0][0] - self._clock()))
            self._let_arrive()
        if not self._arrived:
            self._wait(max(0.0, deadline_s - self._clock()))
            self._let_arrive()
        taken = bytes(self._arrived[:at_most])
        del self._arrived[:at_most]
        return taken

    def discard(self) -> None:
        """Throw away what has arrived and not been read; what is still on the line arrives later."""
        self._demand_open()
        self._let_arrive()
        self._arrived.clear()

    def close(self) -> None:
        """Let go of the line."""
        self._is_open = False
        self._coming.clear()
        self._arrived.clear()

    def _heard(self, data: bytes) -> None:
        """The device has the whole question: the echo is there, its answer begins a little later."""
        said = self._line(data)
        echo = data if said.startswith(data) else b""
        self._arrived += echo
        begins_s = self._clock() + self._answers_after_s
        for place, byte in enumerate(said[len(echo) :], 1):
            arrives_s = begins_s + place * self._byte_s + (place - 1) * self._gap_s
            self._at(arrives_s, lambda byte=byte: self._arrived.append(byte))  # type: ignore[misc] # a byte each

    def _at(self, moment_s: float, deed: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (moment_s, next(self._number), deed))

    def _let_arrive(self) -> None:
        while self._coming and self._coming[0][0] <= self._clock() + 1e-9:
            heapq.heappop(self._coming)[2]()

    def _demand_open(self) -> None:
        if not self._is_open:
            raise TransportError("the paced wire is not open")
