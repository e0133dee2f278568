"""A disk that is watched: what SQLite and Python really write, and what a power cut leaves of it.

`Recording` sees every write, sync and name below a folder, and makes any of them fail. `Disk` is what the
platter holds of it. `WatchedDisk` is both, for a world that goes on living after the cut. Which laws must
hold afterwards is not told here. Why it is made like this: `docs/decisions/0008-power-cuts.md`.
"""

from laws.disk.damage import Kept, every_damage, some_damage
from laws.disk.model import Disk, Image, Order
from laws.disk.operations import Kind, Operation
from laws.disk.recording import Calls, Fault, Manner, Recording
from laws.disk.shim import ShimError, can_watch
from laws.disk.watched import WatchedDisk

__all__ = [
    "Calls",
    "Disk",
    "Fault",
    "Image",
    "Kept",
    "Kind",
    "Manner",
    "Operation",
    "Order",
    "Recording",
    "ShimError",
    "WatchedDisk",
    "can_watch",
    "every_damage",
    "some_damage",
]
