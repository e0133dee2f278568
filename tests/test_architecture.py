"""Who may import whom, as the contracts in pyproject.toml say; and what an import must not drag in."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_import_contracts_are_kept() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _imported_with(modules: str) -> set[str]:
    """The names of everything that a fresh interpreter has loaded after `import <modules>`."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


@pytest.mark.parametrize(
    "modules",
    [
        "parking",
        "parking.facts, parking.wire",
        "kiosk.flows.events, kiosk.flows.commands",
        "kiosk.sync.client",
    ],
)
def test_what_is_not_the_screen_comes_without_qt(modules: str) -> None:
    assert [name for name in _imported_with(modules) if name.startswith(("PySide6", "shiboken6"))] == []


def test_the_sync_loads_the_network_only_when_it_runs() -> None:
    loaded = _imported_with("kiosk.sync.client")
    assert "httpcore" not in loaded
    assert "ssl" not in loaded
