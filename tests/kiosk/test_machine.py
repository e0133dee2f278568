"""The machine behind the screen, put together from the configuration; its devices are not started here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.config import load
from kiosk.flows.screens import ClosedReason, OutOfServiceScreen, Screen
from kiosk.machine import Machine
from parking.civil_time import Moment

EXAMPLE = Path(__file__).parents[2] / "config" / "terminal.toml"
AT, LATER = Moment(1_790_000_000_000, 100_000), Moment(1_790_000_060_000, 160_000)


class Assembly:
    """A machine whose store is in a folder of its own; its session is spoken to directly."""

    def __init__(self, folder: Path) -> None:
        file = folder / "terminal.toml"
        file.write_text(EXAMPLE.read_text().replace("/var/lib/parking-terminal/", "kept/"))
        self.kept = folder / "kept"
        self.screens: list[Screen] = []
        self.events: list[object] = []
        self.machine = Machine(
            load(file), folder, None, show=self.screens.append, post=self.events.append, software="test"
        )
        self.session = self.machine._session

    def takes_no_money(self) -> bool:
        """Whether the store is why it is out of service."""
        screen = self.screens[-1]
        return isinstance(screen, OutOfServiceScreen) and ClosedReason.JOURNAL in screen.reasons


@pytest.fixture
def assembly(tmp_path: Path) -> Iterator[Assembly]:
    made = Assembly(tmp_path)
    yield made
    made.session.stop()


def test_a_terminal_whose_key_is_missing_beside_its_journal_takes_no_money_until_it_is_back(
    assembly: Assembly, caplog: pytest.LogCaptureFixture
) -> None:
    key, safe = assembly.kept / "store.key", assembly.kept / "safe"
    assembly.session.start(AT)
    assert not assembly.takes_no_money()
    assembly.session.stop()
    key.rename(safe)
    assembly.session.start(AT)
    assert assembly.takes_no_money()
    assert "store.key is missing" in caplog.text
    assert "bring the key back" in caplog.text
    assert not key.exists(), "no other one is made"
    safe.rename(key)
    assembly.session.start(LATER)
    assert not assembly.takes_no_money()
