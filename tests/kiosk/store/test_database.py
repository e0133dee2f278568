"""The file of the store: what is done when it cannot be opened."""

import sqlite3
from pathlib import Path

import pytest

from kiosk.store import database


def test_a_schema_whose_damage_cannot_even_be_quoted_is_an_error_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "terminal.db"
    database.open_for_writing(path).close()
    whole = path.read_bytes()
    place = whole.index(b"NOT NULL")
    path.write_bytes(whole[: place + 5] + b"\xdb" + whole[place + 6 :])
    with pytest.raises(sqlite3.DatabaseError, match=r"terminal\.db is damaged"):
        database.open_for_writing(path)
