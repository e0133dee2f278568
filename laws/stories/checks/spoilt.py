"""Fault F4: a byte of the store has changed. The terminal sees that, or everything reads as it was."""

import sqlite3
from contextlib import closing
from pathlib import Path

from laws.tally import Tally

_TABLES = {
    "journal": "number, at_ms, books_version, payload, previous, hash",
    "releases": "key, fitting",
    "progress": "name, value",
}
_NUMBERS = ("acknowledged", "books_version")
"""Of the notes those that are compared; the others prove these and the rows, and change with them."""

Content = dict[str, list[tuple[object, ...]]]


def content_of(file: Path) -> Content:
    """What stands in the tables that money and codes depend on. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608 - ours
            for table, columns in _TABLES.items()
        }


def demand_harmless(file: Path, before: Content, testified: int | None, where: str, tally: Tally) -> None:
    """The program has opened this store and trusts it: then nothing is missing and nothing is another thing.

    What it wrote since, at its start, stands behind what was there. Where a power cut made the witness older
    it testifies to so many entries only (`testified`): what came later may be gone without a word.
    """
    try:
        after = content_of(file)
    except sqlite3.Error as error:
        tally.demand("8", False, f"{where}: the store is trusted and cannot be read: {error}")
        return
    before = before | {"progress": [row for row in before["progress"] if row[0] in _NUMBERS]}
    after["progress"] = [row for row in after["progress"] if row[0] in _NUMBERS]
    # What was noted last of the server's may be noted again: it is asked once more.
    after["progress"] = [row for row in after["progress"] if not _is_behind(row, before["progress"])]
    for table, rows in before.items():
        is_there, was_there = set(after[table]), set(rows)
        gone = [row for row in _must_be_kept(table, rows, testified) if row not in is_there][:2]
        tally.demand("8", not gone, f"{where}: {table} had {gone} and the store is trusted all the same")
        if table != "journal":
            new = [row for row in after[table] if row not in was_there][:2]
            tally.demand("8", not new, f"{where}: {table} has {new} and the store is trusted all the same")


def _must_be_kept(
    table: str, rows: list[tuple[object, ...]], testified: int | None
) -> list[tuple[object, ...]]:
    if table == "progress":
        return []
    if testified is None:
        return rows
    return rows[:testified] if table == "journal" else []


def _is_behind(row: tuple[object, ...], before: list[tuple[object, ...]]) -> bool:
    """Whether a number under a name is lower than it was."""
    name, value = row
    return any(name == known and int(str(value)) < int(str(number)) for known, number in before)
