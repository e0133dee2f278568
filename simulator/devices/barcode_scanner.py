"""The simulated barcode scanner: reads like a serial scanner; scans by hand, and a plug to pull.

What is scanned goes onto the wire at once, and is lost where nobody listens, as in life.
"""

from pathlib import Path

from simulator.devices.pty_wire import PtyWire
from simulator.faults import Fault


class SimulatedScanner:
    """A scanner whose serial line is found at `link`, a symbolic link that is gone while it is unplugged.

    All methods may be called from any thread. `ending` is what the scanner is set to send behind each scan.
    """

    def __init__(self, link: Path, ending: bytes = b"\r") -> None:
        self.link = link
        self._ending = ending
        self._wire = PtyWire(link)

    def start(self) -> None:
        """Plug it in. Raises OSError where the link cannot be made."""
        self._wire.start()

    def stop(self) -> None:
        """Unplug it for good; a second call does nothing."""
        self._wire.stop()

    def scan(self, text: str) -> None:
        """Read a barcode: its text and the ending. Does nothing while unplugged."""
        self.scan_bytes(text.encode("utf-8") + self._ending)

    def scan_bytes(self, raw: bytes) -> None:
        """Send any bytes; what the host does not fetch in time is lost, for a scanner does not wait."""
        self._wire.send(raw)

    def switch(self, fault: Fault, *, on: bool = True) -> None:
        """Switch a fault on or off by its name. Raises ValueError where it is no fault of a scanner."""
        if fault not in (Fault.UNPLUGGED, Fault.POWER_CUT):
            raise ValueError(f"{fault} is no fault of the scanner; it can be {Fault.UNPLUGGED}")
        if on:
            self.unplug()
        else:
            self.plug()

    def unplug(self) -> None:
        """Pull the plug: the host's line breaks and cannot be opened again."""
        self._wire.unplug()

    def plug(self) -> None:
        """Put the plug back in, at the same place; does nothing while plugged in."""
        self._wire.plug()
