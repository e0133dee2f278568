"""A barcode scanner on a serial line as a device: every line that it reads becomes an event.

A scanner is not asked anything, so its silence says nothing: it is healthy while the wire is open. The event
codes, with severity, meaning and remedy:

`SCAN.UNPLUGGED` (partial): the wire is gone. Look at the cable; typing still works.
`SCAN.RUBBISH` (partial): it sends what no barcode holds. Look at the cable and the speed of the line.
"""

from enum import StrEnum

import msgspec

from kiosk.flows.commands import Command
from kiosk.flows.events import Scanned
from kiosk.hardware.health import Health
from kiosk.hardware.ports import Post, SteadyClock, Transport, TransportError
from kiosk.hardware.scanner.frames import Line, LineCutter, Rubbish

LARGEST_READ = 512


class ScannerCode(StrEnum):
    """The stable event codes of the scanner; meaning and remedy stand above."""

    UNPLUGGED = "SCAN.UNPLUGGED"
    RUBBISH = "SCAN.RUBBISH"


class ScannerConfig(msgspec.Struct, frozen=True):
    """How to treat one scanner.

    `line_silence_s` of nothing ends a line that has no ending; `patience_s` is how long a turn listens;
    after `rubbish_forgiven_s` without new rubbish the scanner counts as working again.
    """

    line_silence_s: float = 0.1
    patience_s: float = 0.5
    rubbish_forgiven_s: float = 5.0
    shortest_pause_s: float = 0.5
    longest_pause_s: float = 8.0


USUAL = ScannerConfig()


class BarcodeScanner:
    """The `Device` named `scanner`: posts Scanned, DeviceBroke and DeviceWorks."""

    name = "scanner"

    def __init__(
        self, transport: Transport, post: Post, steady: SteadyClock, config: ScannerConfig = USUAL
    ) -> None:
        self._transport = transport
        self._post = post
        self._steady = steady
        self._config = config
        self._health = Health(self.name, post)
        self._lines = LineCutter()
        self._pause_s = config.shortest_pause_s
        self._rubbish_at_s: float | None = None

    @property
    def refused(self) -> int:
        """How many lines were thrown away as rubbish since the start."""
        return self._lines.refused

    def turn(self) -> float:
        """Listen for a moment. Due again at once; later and later while the wire is gone."""
        try:
            self._transport.open()
            silence_s = self._config.line_silence_s if self._lines.is_waiting else self._config.patience_s
            data = self._transport.read(LARGEST_READ, silence_s)
        except TransportError as gone:
            return self._unplugged(gone)
        self._pause_s = self._config.shortest_pause_s
        for ended in self._lines.feed(data) if data else self._lines.silence():
            self._take(ended)
        if self._is_forgiven():
            self._health.works()
        return 0.0

    def perform(self, command: Command) -> None:
        """A scanner takes no orders."""

    def close(self) -> None:
        """Let go of the wire."""
        self._transport.close()

    def _take(self, ended: Line | Rubbish) -> None:
        match ended:
            case Line():
                self._rubbish_at_s = None
                self._post(Scanned(ended.text))
            case Rubbish():
                self._rubbish_at_s = self._steady()
                self._health.broke(ScannerCode.RUBBISH, ended.reason)

    def _is_forgiven(self) -> bool:
        forgiven_s = self._config.rubbish_forgiven_s
        return self._rubbish_at_s is None or self._steady() - self._rubbish_at_s >= forgiven_s

    def _unplugged(self, gone: TransportError) -> float:
        self._transport.close()
        self._lines.silence()  # half a line is no scan
        self._health.broke(ScannerCode.UNPLUGGED, str(gone))
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, self._config.longest_pause_s)
        return pause_s
