"""Law 14: the terminal's books are those of one version as the server served it, never a mixture."""

import sqlite3

from kiosk.store.sealing import Sealer
from laws.stories.town import CLAMPS, Town
from laws.tally import Tally


class Booked:
    """The books in one terminal's file, held against what the server had at that version."""

    def __init__(self, town: Town, terminal: str, sealer: Sealer, tally: Tally) -> None:
        self._town = town
        self._terminal = terminal
        self._clamp_of = {sealer.index_of(clamp): clamp for clamp in CLAMPS}
        self._demand = tally.demand

    def check(self, connection: sqlite3.Connection) -> None:
        """After an interruption: old books or new ones; a release reserved since then may be newer."""
        found = connection.execute("SELECT value FROM progress WHERE name = 'books_version'").fetchone()
        version = int(found[0]) if found else 0
        served = self._town.served_books.get(version, {}) if version else {}
        known = version == 0 or version in self._town.served_books
        self._demand("14", known, f"{self._terminal} has books {version}, which the server never served")
        rows = connection.execute("SELECT key, fitting, code_number FROM books").fetchall()
        here = {self._clamp_of[key]: (fitting, code) for key, fitting, code in rows}
        for clamp in CLAMPS:
            reserved = self._town.reserved.get((self._terminal, clamp), set())
            is_served = here.get(clamp) == served.get(clamp) or here.get(clamp) in reserved
            words = (
                f"{self._terminal}, books {version}: {clamp} is {here.get(clamp)}, not {served.get(clamp)}"
            )
            self._demand("14", is_served, words)
