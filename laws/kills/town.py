"""The town: the central server as a process that is killed too, its database, and the clamps on cars."""

import csv
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from laws.kills.place import PLACE, ZONE
from laws.kills.process import PROJECT, Process, free_port
from server.office import terminals as office_terminals
from server.store.engine import Database

_SERVER = (sys.executable, "-m", "server")


class TownError(RuntimeError):
    """The server's command line refused; the message says what it printed."""


@dataclass(frozen=True)
class Clamp:
    """A clamp on a car: what its barcode says, what is owed, and the code that opens it."""

    identifier: str
    price_minor: int
    code: str


class Town:
    """The server and what it knows at first. `database` is an address as its command line takes it."""

    def __init__(self, folder: Path, database: str, chance: Random) -> None:
        self._folder = folder
        self.database = database
        self._chance = chance
        self._numbers = chance.sample(range(1_000_000), 100_000)
        self._clamps: list[Clamp] = []
        port = free_port(socket.SOCK_STREAM, chance)
        self.url = f"http://127.0.0.1:{port}"
        command = (*self._command, "serve", "--port", str(port), "--zone", ZONE)
        self.program = Process(command, folder / "server.log")
        self._said_before = 0

    @property
    def _command(self) -> tuple[str, ...]:
        key_file = ("--key-file", str(self._folder / "server.db.key"))
        return (*_SERVER, "--database", self.database, *key_file)

    def start(self) -> None:
        """The server begins a life."""
        self._said_before = self.program.said_bytes
        self.program.start()

    def is_up(self) -> bool:
        """Whether it has told its address, which is when it begins to answer."""
        return self.program.is_alive and self.program.said_bytes > self._said_before

    @property
    def writes_to(self) -> Path:
        """The file that changes when the server makes something durable (on SQLite)."""
        return self._folder / "server.db-wal"

    def fit_clamps(self, number: int) -> list[Clamp]:
        """So many clamps, each on a car, not yet known to the server (see `open`)."""
        made = [self._new_clamp() for _ in range(number)]
        self._clamps += made
        return made

    def _new_clamp(self) -> Clamp:
        price_minor = self._chance.randrange(100, 1200, 10)
        return Clamp(f"{self._numbers.pop():06d}K", price_minor, f"ZK{self._numbers.pop():06d}")

    def open(self, terminals: list[str]) -> dict[str, str]:
        """Make the database; returns each terminal's key."""
        path = self._folder / "clamps.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["identifier", "codes", "plate", "words_1", "amount_1"])
            for clamp in self._clamps:
                amount = f"{clamp.price_minor // 100}.{clamp.price_minor % 100:02d}"
                writer.writerow([clamp.identifier, clamp.code, "", "No valid ticket", amount])
        self._run("import", str(path))
        database = Database(self.database)
        try:
            with database.writing() as connection:
                now_ms = time.time_ns() // 1_000_000
                return {name: office_terminals.add(connection, name, PLACE, now_ms) for name in terminals}
        finally:
            database.close()

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise TownError(f"python -m server {arguments[0]}: {done.stderr}")
        return done.stdout.strip()
