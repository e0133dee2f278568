"""Tells the session when a device fails and when it works again: the change, never every poll."""

from kiosk.flows.events import DeviceBroke, DeviceWorks
from kiosk.hardware.ports import Post


class Health:
    """The last thing that was told about one device. At first nothing is known."""

    def __init__(self, device: str, post: Post) -> None:
        self._device = device
        self._post = post
        self._told: str | None = None

    @property
    def is_working(self) -> bool:
        """Whether the device's last word was that it works."""
        return self._told == ""

    def works(self) -> None:
        """The device did what it should."""
        if self._told != "":
            self._told = ""
            self._post(DeviceWorks(self._device))

    def broke(self, code: str, detail: str) -> None:
        """The device failed with this event code; told again only when the code changes."""
        if self._told != code:
            self._told = code
            self._post(DeviceBroke(self._device, code, detail))
