"""A private PostgreSQL for one run: in a folder of its own, tied to this process, gone afterwards."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg

from laws.kills.process import Process, free_port

BINARIES = Path("/usr/lib/postgresql")
USER = "postgres"
START_S = 60.0
# The run is about processes that are killed, not about power cuts: what is committed need not be on the disk.
_FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB", "max_connections": "80"}


class NoPostgresqlError(RuntimeError):
    """PostgreSQL cannot be started here; the message says why."""


@contextlib.contextmanager
def private_postgresql(chance: Random) -> Iterator[str]:
    """The address of an empty database on a server that runs meanwhile. Raises NoPostgresqlError."""
    found = sorted(BINARIES.glob("*/bin/initdb"))
    if not found:
        raise NoPostgresqlError("PostgreSQL is not installed; run: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="kills-postgresql-"))
    try:
        with _running(found[-1].parent, folder, chance) as address:
            yield address
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _running(binaries: Path, folder: Path, chance: Random) -> Iterator[str]:
    data, port = folder / "data", free_port(socket.SOCK_STREAM, chance)
    _make_cluster(binaries / "initdb", data)
    settings = {
        **_FAST,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = (str(binaries / "postgres"), "-D", str(data), *options)
    process = Process(command, folder / "log", user=USER, last_signal="INT")
    process.start()
    try:
        address = f"postgresql://{USER}@127.0.0.1:{port}/{USER}"
        _wait_for(address, process)
        yield address
    finally:
        process.end(signal.SIGINT)


def _make_cluster(initdb: Path, data: Path) -> None:
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as the superuser
        shutil.chown(data.parent, USER)
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
    done = subprocess.run(
        [*as_user, str(initdb), "-D", str(data), "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync"],
        cwd=data.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoPostgresqlError(f"initdb failed: {done.stderr.strip()}")


def _wait_for(address: str, process: Process) -> None:
    until_s = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > until_s or process.died_by_itself() is not None:
                raise NoPostgresqlError(f"PostgreSQL did not start: {error}") from error
            time.sleep(0.05)
        else:
            return
