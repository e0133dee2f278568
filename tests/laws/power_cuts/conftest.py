"""Files are watched by a shim that gcc compiles: where there is none, these tests say so and are left out."""

import os

import pytest

from laws.disk import can_watch


@pytest.fixture(autouse=True)
def _files_can_be_watched() -> None:
    reason = can_watch()
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
