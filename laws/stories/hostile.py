"""Whoever wants what is not theirs (fault F9): at the scanner, and at the server with or without a key.

A stranger must change nothing at all. A terminal that lies can raise alarms in its own name; no fact of its
own journal and nobody else's may be another one afterwards.
"""

import sqlite3
from collections.abc import Callable

import msgspec

from laws.stories.checks.ledger import Ledger
from laws.stories.checks.office import rows
from laws.stories.life import Life
from laws.stories.stage import Stage
from laws.stories.street import Street
from laws.stories.town import Alarm, Town
from parking.facts import CodeOpened, Entry, chain_hash, encode_fact
from parking.release_codes import SealedCode
from parking.wire import FactsBatch, ReservationRequest


class Hostile:
    """Attacks one terminal and the server in its name. `pocket` are slips that customers have."""

    def __init__(
        self, stage: Stage, life: Life, street: Street, town: Town, ledger: Ledger, pocket: list[str]
    ) -> None:
        self._stage = stage
        self._life = life
        self._street = street
        self._town = town
        self._ledger = ledger
        self._pocket = pocket

    @property
    def faults(self) -> tuple[Callable[[], None], ...]:
        """What can be tried."""
        return (self._scan_rubbish, self._forge_a_slip, self._come_without_a_key, self._lie)

    # --- at the terminal

    def _scan_rubbish(self) -> None:
        chance = self._stage.chance
        rubbish = chance.choice(
            (
                bytes(chance.randrange(256) for _ in range(chance.randrange(1, 200))),
                b"\x1b@\x1dV\x00" + b"7F314\r",
                b"A" * 10_000 + b"\r",
                b"\x00" * 100 + b"\r\n",
                b"RELEASE'; DROP TABLE journal; --\r",
                b"CLAIM:0412-1-C00001:99999999:EUR:CHANGE-SHORT:" + b"A" * 103 + b"\r",
                b"CLAIM:" + b":" * 400 + b"\n",
                "７Ｆ３１４\r".encode(),  # noqa: RUF001 - letters that look alike are the attack
            )
        )
        self._life.fault("F9 rubbish scanned", f"{rubbish[:20]!r}")
        self._street.scan(rubbish)

    def _forge_a_slip(self) -> None:
        """A slip with another amount, number or signature: it is taken nowhere (see `checks/slips.py`)."""
        if not self._pocket:
            return
        chance = self._stage.chance
        parts = chance.choice(self._pocket).split(":")
        match chance.randrange(3):
            case 0:
                parts[2] = str(int(parts[2]) * 10)
            case 1:
                parts[1] = f"{parts[1][:-5]}{chance.randrange(10**5):05d}"
            case _:
                parts[5] = parts[5][:50] + chance.choice("ABCDEFGH234567") + parts[5][51:]
        forged = ":".join(parts)
        if forged not in self._pocket:
            self._life.fault("F9 forged slip", forged[:40])
            self._street.scan(f"{forged}\r".encode())

    # --- at the server

    def _come_without_a_key(self) -> None:
        self._life.fault("F9 wrong key")
        before = self._version()
        for method, path, body in self._requests():
            answer = self._town.answer(f"{self._stage.chance.getrandbits(256):064x}", method, path, body)
            self._stage.tally.demand(
                "17", answer.status in {401, 404}, f"{path}: {answer.status} to a stranger"
            )
        self._stage.tally.demand("17", self._version() == before, "a stranger has changed the server")

    def _requests(self) -> list[tuple[str, str, bytes | None]]:
        entries = tuple(self._ledger.entries[:2])
        return [
            ("POST", "/api/v1/facts", msgspec.json.encode(FactsBatch(entries))),
            ("POST", "/api/v1/reservations", msgspec.json.encode(ReservationRequest("7F314", "stranger"))),
            ("GET", "/api/v1/books?after=0&limit=200", None),
        ]

    def _lie(self) -> None:
        """This terminal's own key, and a batch that is not its journal."""
        if not self._ledger.entries:
            return
        self._life.fault("F9 forged facts")
        before = self._held()
        body = self._stage.chance.choice((self._forged, self._mangled, self._changed))()
        alarms = self._alarms()
        answer = self._town.answer(self._town.keys[self._ledger.terminal], "POST", "/api/v1/facts", body)
        self._stage.tally.demand("17", answer.status >= 400, f"a forged batch is answered {answer.status}")
        self._stage.tally.demand("9", self._held() == before, "a forged batch has changed what is held")
        self._town.expected_alarms |= self._alarms() - alarms

    def _forged(self) -> bytes:
        """A release that was never paid, far ahead of the journal, with the right hash of what it says."""
        last = self._ledger.entries[-1]
        fact = CodeOpened(f"{last.terminal}-1-99999", "7F314", 1, 1, SealedCode("", ""))
        number, previous = last.number + 1000, "f" * 64
        payload = encode_fact(fact)
        digest = chain_hash(
            terminal=last.terminal,
            epoch=last.epoch,
            number=number,
            at_ms=0,
            books_version=0,
            payload=payload,
            previous=previous,
        )
        entry = Entry(last.terminal, last.epoch, number, 0, 0, payload, previous, digest)
        return msgspec.json.encode(FactsBatch((entry,)))

    def _mangled(self) -> bytes:
        body = bytearray(msgspec.json.encode(FactsBatch(tuple(self._ledger.entries[:3]))))
        del body[self._stage.chance.randrange(2, len(body) - 2) :]
        return bytes(body)

    def _changed(self) -> bytes:
        """An entry of the journal with another price in it."""
        entry = self._stage.chance.choice(self._ledger.entries)
        changed = msgspec.structs.replace(entry, payload=entry.payload.replace('"', "'", 2))
        return msgspec.json.encode(FactsBatch((changed,)))

    def _version(self) -> list[tuple[int, ...]]:
        return [self._counted(table) for table in ("facts", "payments", "reservations", "alarms", "claims")]

    def _held(self) -> list[tuple[int, ...]]:
        return [self._counted(table) for table in ("facts", "payments", "claims", "print_jobs")]

    def _alarms(self) -> set[Alarm]:
        return {
            (row["kind"], row["terminal"], row["epoch"], row["number"], row["hash"])
            for row in rows(self._town.file, "alarms")
        }

    def _counted(self, table: str) -> tuple[int, ...]:
        connection = sqlite3.connect(f"{self._town.file.as_uri()}?mode=ro", uri=True)
        try:
            query = f"SELECT count(*) FROM {table}"  # noqa: S608 - names of ours
            return tuple(connection.execute(query).fetchone())
        finally:
            connection.close()
