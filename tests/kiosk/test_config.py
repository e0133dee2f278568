"""The terminal's configuration: the shipped file is right, and every mistake is told."""

from pathlib import Path

import pytest

from kiosk.config import load
from parking.documents import DocumentError

SHIPPED = Path("config/terminal.toml")


def test_the_shipped_file_is_right() -> None:
    config = load(SHIPPED)
    assert config.terminal.number == "0412"
    assert config.coin_positions[1].hopper == "hopper 1"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("position = 2\n", "position = 17\n", "line 44: coins.accepted.1.position: Expected `int` <= 16"),
        (
            "coin_minor = 100\n",
            'coin_minor = "1 euro"\n',
            "coins.accepted.1.coin_minor: Expected `int`, got `str`",
        ),
        ('hopper = "hopper 1"', 'hopper = "hopper 9"', "coins.accepted: position 2: no hopper 'hopper 9'"),
        ('name = "hopper 2"', 'name = "hopper 1"', "hopper.name: hopper 1 stands twice"),
        ("address = 4", "address = 3", "the addresses on the coin line: 3 stands twice"),
        ("position = 5", "position = 4", "coins.accepted.position: 4 stands twice"),
        (
            "coin_minor = 20\n\n[printer]",
            "coin_minor = 50\n\n[printer]",
            "position 4 is worth 20, but falls into 'hopper 2', which pays coins of 50",
        ),
        ('zone = "Europe/Berlin"', 'zone = "Europe/Atlantis"', "Atlantis"),
        ('number = "0412"', 'number = "04 12"', "no terminal number"),
        ("conversation_s = 60", "conversation_s = 20", "time_outs.conversation_s: Expected `int` >= 60"),
        ('lines = ["release"]', 'lines = ["lottery"]', "terminal.lines.0: Invalid enum value 'lottery'"),
        ("[scanner]", "[scaner]", "line 78: scaner: this key is not known here"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, before: str, after: str, message: str) -> None:
    text = SHIPPED.read_text()
    assert before in text
    position = text.index(before) if "position = 2\n" not in before else text.index("position = 2")
    path = tmp_path / "terminal.toml"
    path.write_text(text[:position] + text[position:].replace(before, after, 1))
    with pytest.raises(DocumentError) as told:
        load(path)
    assert message in str(told.value)
    assert str(path) in str(told.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="cannot be read"):
        load(tmp_path / "bytes.toml")
