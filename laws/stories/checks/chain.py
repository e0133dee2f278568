"""Laws 8, 10 and 11: the journal is a chain without gaps, loses nothing, and what was acknowledged stays."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from laws.tally import Tally
from parking.facts import GENESIS_HASH, Entry, Fact

KEPT_MS = 60 * 24 * 3600 * 1000
"""So long an entry is kept after the server holds it."""


class Chain:
    """The hashes of one journal, with sums of its own: nothing of the program's chain is used."""

    def __init__(self, tally: Tally) -> None:
        self._demand = tally.demand
        self._number = 0
        self._hash = GENESIS_HASH

    def take(self, entry: Entry, fact: Fact) -> None:
        """Law 8 at every entry: the next number, the hash before it, and the hash of what it says."""
        del fact
        head = [entry.terminal, entry.epoch, entry.number, entry.at_ms, entry.books_version, entry.previous]
        written = json.dumps(head, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{written}\n{entry.payload}".encode()).hexdigest()
        in_place = (entry.number, entry.previous, entry.hash) == (self._number + 1, self._hash, digest)
        self._demand("8", in_place, f"entry {entry.number} does not continue the chain")
        self._number, self._hash = entry.number, entry.hash


def demand_nothing_deleted(file: Path, seen: list[Entry], utc_ms: Callable[[], int], tally: Tally) -> None:
    """Law 10: every entry that ever was is there, or is acknowledged and older than 60 days."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        count = connection.execute("SELECT count(*) FROM journal WHERE number <= ?", (len(seen),)).fetchone()
        if count[0] == len(seen):
            tally.demand("10", True, "")
            return
        there = {row[0] for row in connection.execute("SELECT number FROM journal")}
        held = connection.execute("SELECT value FROM progress WHERE name = 'acknowledged'").fetchone()
    finally:
        connection.close()
    for entry in seen:
        may_go = held is not None and entry.number <= held[0] and utc_ms() - entry.at_ms > KEPT_MS
        words = f"entry {entry.number} was deleted; the server holds up to {held}"
        tally.demand("10", entry.number in there or may_go, words)


def demand_server_keeps(held_by_server: int, acknowledged: int, terminal: str, tally: Tally) -> None:
    """Law 11: the server has every fact that it acknowledged to the terminal."""
    words = f"{terminal} was told that {acknowledged} facts are held, the server has {held_by_server}"
    tally.demand("11", held_by_server >= acknowledged, words)
