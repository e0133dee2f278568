"""Configuration documents: every mistake is told with file, line, key and what was expected."""

import msgspec
import pytest

from parking.documents import DocumentError, read_document, unreadable


class Position(msgspec.Struct, forbid_unknown_fields=True):
    position: int
    value_minor: int


class Coins(msgspec.Struct, forbid_unknown_fields=True):
    port: str
    positions: list[Position]


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    coins: Coins
    note: str = ""


GOOD = """\
note = "x"

[coins]
port = "/dev/ttyUSB0"

[[coins.positions]]
position = 1
value_minor = 200

[[coins.positions]]
position = 2
value_minor = 100
"""


def test_a_good_document_is_read() -> None:
    whole = read_document(GOOD, Whole, "terminal.toml")
    assert whole.coins.positions[1] == Position(2, 100)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            GOOD.replace("value_minor = 100", 'value_minor = "1.00"'),
            "terminal.toml, line 12: coins.positions.1.value_minor: Expected `int`, got `str`",
        ),
        (
            GOOD.replace('port = "/dev/ttyUSB0"', "port = 7"),
            "terminal.toml, line 4: coins.port: Expected `str`, got `int`",
        ),
        (
            GOOD.replace('port = "/dev/ttyUSB0"', ""),
            "terminal.toml, line 3: the key 'port' is missing in [coins]",
        ),
        (
            GOOD.replace("note =", "nota ="),
            "terminal.toml, line 1: nota: this key is not known here; remove it or correct its spelling",
        ),
        (
            GOOD.replace("position = 2", "position = 2\nvalue = 3"),
            "terminal.toml, line 12: coins.positions.1.value: this key is not known here; remove it or correct its spelling",
        ),
        (
            GOOD.replace("[coins]", "[coins"),
            "terminal.toml: Expected ']' at the end of a table declaration (at line 3, column 7)",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(broken: str, message: str) -> None:
    with pytest.raises(DocumentError) as told:
        read_document(broken, Whole, "terminal.toml")
    assert str(told.value) == message


def test_an_empty_document_says_what_is_missing() -> None:
    with pytest.raises(DocumentError, match=r"terminal\.toml, line 1: the key 'coins' is missing"):
        read_document("", Whole, "terminal.toml")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "coins.toml: cannot be read: Permission denied"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
            "coins.toml: cannot be read: it is no UTF-8 text; save it as UTF-8",
        ),
    ],
)
def test_a_file_that_is_no_text_is_told_with_its_name(
    error: OSError | UnicodeDecodeError, words: str
) -> None:
    assert str(unreadable("coins.toml", error)) == words
