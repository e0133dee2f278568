"""The last chapter: an old copy of a terminal's disk comes to life again (fault F10).

Either it is put back into the terminal (restored from a backup), or it runs in a second one beside the first
(cloned). Two journals then say different things under the same numbers, and the server must see that.
"""

import sqlite3
from pathlib import Path

from laws.stories.checks.office import rows
from laws.stories.machine import Machine
from laws.stories.stage import Stage
from laws.stories.town import Town
from parking.facts import CodeOpened, PaymentOpened, decode_fact

SEEN_AFTER_S = 30.0
"""By then the terminal has spoken with the server, and customers come."""
CUSTOMERS_S = 90.0
_SAME_NUMBER = frozenset({"fork", "broken-chain"})


class LastChapter:
    """One old disk that runs again, at the end of a story, with nothing else wrong."""

    def __init__(self, stage: Stage, town: Town, machine: Machine, folder: Path) -> None:
        self._stage = stage
        self._town = town
        self._original = machine
        self.is_clone = stage.chance.random() < 0.5
        machine.life.fault(f"F10 {'cloned' if self.is_clone else 'restored'} disk")
        folder.mkdir()
        for name, content in machine.old_disk.items():
            (folder / name).write_bytes(content)
        self.ghost = Machine(stage, town, folder, machine.number, [])
        self.ghost.fate.rest()
        self.ghost.is_judged = False
        self._entries = len(machine.checks.ledger.entries)
        self._tables = self._counted()
        self._told_at = 0

    def begins(self) -> None:
        """The ghost is switched on; the machine that is restored is the ghost from now on."""
        if not self.is_clone:
            self._original.switch_off()
        self.ghost.customers.go_home(until_s=self._stage.now_s + SEEN_AFTER_S)

    def customers_come(self) -> None:
        """The server has been spoken to. From here on nobody may pay at a disk that is known to be old."""
        self.ghost.checks.ledger.catch_up()
        self._told_at = len(self.ghost.checks.ledger.entries)
        self._demand_alarm()

    def judge(self) -> None:
        """Nothing is counted twice, and no code is shown for another payment."""
        self.ghost.checks.ledger.catch_up()
        demand = self._stage.tally.demand
        number = self.ghost.number
        gone = set(self._tables) - set(self._counted())
        demand("9", not gone, f"an old disk of {number} changed what the server held: {sorted(gone)[:3]}")
        if not self._forks():
            return
        facts = [decode_fact(entry.payload) for entry in self.ghost.checks.ledger.entries[self._told_at :]]
        opened = [fact.payment for fact in facts if isinstance(fact, PaymentOpened)]
        demand("9", not opened, f"{number} takes money ({opened}) with a journal that the server refused")
        sold = self._original.checks.codes.releases
        again = [
            fact.identifier
            for fact in facts
            if isinstance(fact, CodeOpened) and (fact.identifier, fact.fitting) in sold
        ]
        demand("4", not again, f"{number} releases {again} again, which it had released before its old disk")

    def _demand_alarm(self) -> None:
        if self._forks():
            kinds = {
                row["kind"]
                for row in rows(self._town.file, "alarms")
                if row["terminal"] == self.ghost.number
                and (row["kind"], row["terminal"], row["epoch"], row["number"], row["hash"])
                not in self._town.expected_alarms
            }
            words = f"an old disk of {self.ghost.number} runs again, the server's alarms are {kinds}"
            self._stage.tally.demand("9", bool(kinds & _SAME_NUMBER), words)

    def _forks(self) -> bool:
        """Whether the old disk says something else than what the server had before it ran again."""
        theirs = self._original.checks.ledger.entries[: self._entries]
        ours = self.ghost.checks.ledger.entries
        return any(one != other for one, other in zip(ours, theirs, strict=False))

    def _counted(self) -> list[tuple[int | str, ...]]:
        """What the server holds of this terminal, up to where the old disk came to life."""
        number = self._original.number
        connection = sqlite3.connect(f"{self._town.file.as_uri()}?mode=ro", uri=True)
        try:
            facts = connection.execute(
                "SELECT number, hash FROM facts WHERE terminal = ? AND number <= ? ORDER BY number",
                (number, self._entries),
            ).fetchall()
            payments = connection.execute(
                "SELECT number, kept_minor, delivered_minor, change_minor, refund_minor, claimed_minor"
                " FROM payments WHERE terminal = ? AND closed_at_ms IS NOT NULL ORDER BY number",
                (number,),
            ).fetchall()
            return [*facts, *payments]
        finally:
            connection.close()
