"""The file of the store: what is done when it cannot be opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.store import database
from kiosk.store.notes import note_progress, verify_notes


def test_a_schema_whose_damage_cannot_even_be_quoted_is_an_error_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "terminal.db"
    database.open_for_writing(path).close()
    whole = path.read_bytes()
    place = whole.index(b"NOT NULL")
    path.write_bytes(whole[: place + 5] + b"\xdb" + whole[place + 6 :])
    with pytest.raises(sqlite3.DatabaseError, match=r"terminal\.db is damaged"):
        database.open_for_writing(path)


def test_a_note_whose_name_or_number_changed_by_itself_is_found_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "terminal.db"
    db = database.open_for_writing(path)
    with db.atomic():
        note_progress(db, "books_version", 7)
    verify_notes(db.conn)
    for change in (
        "value = 6 WHERE name = 'books_version'",
        "name = 'bookS_version' WHERE name = 'books_version'",
        "value = value + 1 WHERE name = 'books_version, again'",
        "name = 'books_version, agaim' WHERE name = 'books_version, again'",
    ):
        db.execute("BEGIN")
        db.execute(f"UPDATE progress SET {change}")  # noqa: S608 - written above
        with pytest.raises(sqlite3.DatabaseError, match="note"):
            verify_notes(db.conn)
        db.execute("ROLLBACK")
    db.close()


def test_an_empty_log_without_its_file_is_no_reason_to_stay_closed(tmp_path: Path) -> None:
    path = tmp_path / "terminal.db"
    path.with_name("terminal.db-wal").touch()
    database.open_for_writing(path).close()


def test_a_log_without_its_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "terminal.db"
    path.with_name("terminal.db-wal").write_bytes(b"something")
    with pytest.raises(sqlite3.DatabaseError, match="bring the file back"):
        database.open_for_writing(path)


def test_a_note_whose_name_is_damaged_into_another_type_is_told() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE progress (name, value)")
        connection.execute("INSERT INTO progress VALUES (x'00', 1)")
        with pytest.raises(sqlite3.DatabaseError, match="a name of the store's notes is damaged"):
            verify_notes(connection)
