"""What is derived from the journal in its own transactions: released clamps, redeemed claims.

A released clamp is never offered again from old books, a redeemed claim never taken again.
"""

from collections.abc import Callable

from sqlite_utils import Database

from parking.facts import ClaimRedeemed, CodeOpened, Entry, Fact, decode_fact

IndexOf = Callable[[str], bytes]
_PROJECTED = tuple(f'"{kind.__name__}"' for kind in (CodeOpened, ClaimRedeemed))


class Projections:
    """The tables `releases` and `redemptions`, for the one thread that writes the store."""

    def __init__(self, db: Database, index_of: IndexOf) -> None:
        self._db = db
        self._index_of = index_of

    def project(self, number: int, fact: Fact) -> None:
        """What this fact, entry `number`, means for later customers; inside the caller's transaction."""
        match fact:
            case CodeOpened(identifier=identifier, fitting=fitting):
                values = (self._index_of(identifier), fitting, number)
                self._db.execute("INSERT OR IGNORE INTO releases VALUES (?, ?, ?)", values)
            case ClaimRedeemed(claim=claim):
                self._db.execute("INSERT OR IGNORE INTO redemptions VALUES (?)", (claim,))

    def check(self) -> "ProjectionsCheck":
        """A check that is told every entry and then says whether the tables hold just that."""
        return ProjectionsCheck(self._db, self._index_of)


class ProjectionsCheck:
    """What the tables should hold, from the entries alone."""

    def __init__(self, db: Database, index_of: IndexOf) -> None:
        self._db = db
        self._index_of = index_of
        self._releases: dict[tuple[bytes, int], int] = {}
        self._redemptions: set[str] = set()

    def take(self, entry: Entry) -> None:
        """The next entry, which is genuine."""
        if not any(kind in entry.payload for kind in _PROJECTED):
            return
        match decode_fact(entry.payload):
            case CodeOpened(identifier=identifier, fitting=fitting):
                self._releases.setdefault((self._index_of(identifier), fitting), entry.number)
            case ClaimRedeemed(claim=claim):
                self._redemptions.add(claim)

    def damaged_table(self) -> str | None:
        """The table that does not hold what the entries say; None when both do.

        A release of before entries were noted has none.
        """
        held = {
            (key, fitting): entry for key, fitting, entry in self._db.conn.execute("SELECT * FROM releases")
        }
        if held.keys() != self._releases.keys() or any(
            entry is not None and entry != self._releases[place] for place, entry in held.items()
        ):
            return "releases"
        redeemed = {claim for (claim,) in self._db.conn.execute("SELECT claim FROM redemptions")}
        return "redemptions" if redeemed != self._redemptions else None
