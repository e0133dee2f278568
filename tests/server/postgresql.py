"""A private PostgreSQL for the tests: a cluster in a folder of its own, gone afterwards. Not for real data."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composed, Identifier

BINARIES = Path("/usr/lib/postgresql")
USER = "postgres"
START_S = 60

# The tests are about what is committed, not about what survives a power cut of this machine.
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=80"


class NoPostgresqlError(Exception):
    """PostgreSQL cannot be started here; the message says why."""


class Cluster:
    """A running cluster on a free port of the loopback address."""

    def __init__(self, folder: Path) -> None:
        self._bin = _binaries()
        self._as_user = _as_other_user()
        self._data = folder / "data"
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._count = 0

    def start(self) -> None:
        """Make the cluster and start it."""
        if self._as_user:
            shutil.chown(self._folder, USER)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync")
        where = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self._folder}"
        log = str(self._folder / "log")
        self._run(
            "pg_ctl",
            "-D",
            str(self._data),
            "-w",
            "-t",
            str(START_S),
            "-l",
            log,
            "-o",
            f"{_FAST} {where}",
            "start",
        )

    def stop(self) -> None:
        """Stop the cluster at once."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def address(self, name: str) -> str:
        """A database's address, as the server's command line takes it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def create(self) -> str:
        """Make an empty database and return its name."""
        self._count += 1
        name = f"parking_{self._count}"
        self._command(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever still uses it."""
        self._command(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def _command(self, statement: Composed) -> None:
        with psycopg.connect(self.address(USER), autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_user, str(self._bin / program), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=2 * START_S,
            check=False,
        )
        if done.returncode:
            raise NoPostgresqlError(f"{program} failed: {done.stderr.strip().splitlines()[:1]}")


def _binaries() -> Path:
    found = sorted(BINARIES.glob("*/bin/pg_ctl"))
    if not found:
        raise NoPostgresqlError("PostgreSQL is not installed; run: apt-get install postgresql")
    return found[-1].parent


def _as_other_user() -> list[str]:
    """PostgreSQL refuses to run as the superuser: then it runs as its own user."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(USER)
    except KeyError:
        raise NoPostgresqlError(f"there is no user {USER} to run PostgreSQL as") from None
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NoPostgresqlError("setpriv is missing; run: apt-get install util-linux")
    return [setpriv, f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
