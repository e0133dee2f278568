"""Health tells the change, not every poll."""

from kiosk.flows.events import DeviceBroke, DeviceWorks, Event
from kiosk.hardware.health import Health


def test_only_changes_are_told() -> None:
    posted: list[Event] = []
    health = Health("printer", posted.append)
    working = [health.is_working]
    for _ in range(3):
        health.works()
        working.append(health.is_working)
    for _ in range(3):
        health.broke("PRN.SILENT", "no answer")
    working.append(health.is_working)
    assert working == [False, True, True, True, False]
    health.broke("PRN.PAPER_OUT", "paper end")
    health.works()
    assert posted == [
        DeviceWorks("printer"),
        DeviceBroke("printer", "PRN.SILENT", "no answer"),
        DeviceBroke("printer", "PRN.PAPER_OUT", "paper end"),
        DeviceWorks("printer"),
    ]


def test_a_device_may_be_broken_from_the_first() -> None:
    posted: list[Event] = []
    Health("scanner", posted.append).broke("SCAN.UNPLUGGED", "no such line")
    assert posted == [DeviceBroke("scanner", "SCAN.UNPLUGGED", "no such line")]
