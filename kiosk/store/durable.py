"""Folders that outlive a power cut.

The standard promises a name only after a sync of the folder that it stands in. SQLite does that for its own
files; what is here is for what stands around them.
"""

import os
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as far as they are missing. Raises OSError.

    One that is there is synced too: whoever made it may have died before that.
    """
    if folder.is_dir():
        with suppress(PermissionError):  # then it was made by somebody else, long ago
            sync_folder(folder.parent)
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
