"""The program's first words: what is wrong is told in one line, with the place and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED = (PROJECT / "config" / "terminal.toml").read_text()
STREET = (PROJECT / "config" / "street.toml").read_text()


def run(*arguments: str, folder: Path, display: str = "offscreen") -> subprocess.CompletedProcess[str]:
    names = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    if display:
        environment["QT_QPA_PLATFORM"] = display
    return subprocess.run(
        [sys.executable, str(PROJECT / "run_kiosk.py"), *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_a_terminal_without_its_server_key_says_where_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "terminal.toml").write_text(SHIPPED)
    line = told_in_one_line(run("--config", "terminal.toml", folder=tmp_path))
    assert "server.key_file" in line
    assert "python -m server terminal add" in line


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('url = "https://parking.example"', 'url = "ftp://x"', "server: 'ftp://x' is no address of a server"),
        ('number = "0412"', "number = 412", "line 5: terminal.number: Expected `str`, got `int`"),
        ("[panel]", "[panel", "terminal.toml: Expected ']'"),
    ],
)
def test_a_damaged_configuration_is_told(tmp_path: Path, before: str, after: str, words: str) -> None:
    (tmp_path / "server.key").write_text("k" * 64)
    text = SHIPPED.replace("/etc/parking-terminal/server.key", "server.key")
    (tmp_path / "terminal.toml").write_text(text.replace(before, after))
    assert words in told_in_one_line(run("--config", "terminal.toml", folder=tmp_path))


def test_without_a_display_it_says_so(tmp_path: Path) -> None:
    assert "no display" in told_in_one_line(run(folder=tmp_path, display=""))


def test_options_of_the_simulation_go_with_it(tmp_path: Path) -> None:
    done = run("--headless", folder=tmp_path)
    assert done.returncode == 2
    assert "go with --simulate" in done.stderr


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('zone = "Europe/Berlin"', 'zone = "Mars"', "zone: 'Mars' is no time zone"),
        ('name = "hopper 2"', 'name = "hopper 7"', "there is no hopper 'hopper 2' of 10"),
        ("position = 5", "position = 4", "coin.position: 4 stands twice"),
        ("address = 4", "address = 3", "hopper.address: 3 stands twice"),
        ('identifier = "9K22-8"', 'identifier = "7F31-4"', "clamp.identifier: 7F314 stands twice"),
        ('identifier = "9K22-8"', 'identifier = "!!"', "clamp '!!'"),
        ('"482913"', '"48"', "clamp '7F31-4': a release code has 4 to 12"),
        ('number = "0412"', 'number = "x"', "no terminal number"),
        ("coins = 80", "coins = -1", "terminal.0.hopper.0.coins: Expected `int` >= 0"),
    ],
)
def test_a_damaged_street_is_told_before_anything_starts(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    assert before in STREET
    (tmp_path / "street.toml").write_text(STREET.replace(before, after, 1))
    done = run("--simulate", "--headless", "--street", "street.toml", "--out", "out", folder=tmp_path)
    assert words in told_in_one_line(done)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "precious").touch()
    done = run("--simulate", "--headless", "--out", str(tmp_path), folder=tmp_path)
    assert "name another --out" in told_in_one_line(done)
    assert (tmp_path / "run" / "precious").exists()
