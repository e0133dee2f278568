"""A program in a process of its own that can be killed, and cannot outlive this one. Not here: what it does.

`setpriv --pdeathsig` ties it to the thread that started it: when that is gone, by whatever cause, so is it.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_END_S = 20.0
"""So long a program that is told to end may take before that is a finding."""

_PORTS_OF_THE_SYSTEM = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 200
_COMPLAINT = re.compile(
    r" (ERROR|CRITICAL) |^Traceback|^(ERROR|CRITICAL):|Segmentation fault|Fatal Python error"
)


class NoLeashError(RuntimeError):
    """This machine cannot tie one process's life to another's; the message says what is missing."""


@dataclass
class Use:
    """The most that a process was seen to use."""

    resident_kb: int = 0
    threads: int = 0
    files: int = 0

    def __str__(self) -> str:
        return f"{self.resident_kb // 1024} MB, {self.threads} threads, {self.files} open files"

    def add(self, other: "Use") -> None:
        """Keep the larger of each."""
        self.resident_kb = max(self.resident_kb, other.resident_kb)
        self.threads = max(self.threads, other.threads)
        self.files = max(self.files, other.files)


class Process:
    """One program through all its lives. What it prints goes to `log`, one life after the other.

    `user` is as whom a superuser starts it, `last_signal` what it gets when this process is gone.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        *,
        user: str = "",
        last_signal: str = "KILL",
    ) -> None:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise NoLeashError("setpriv is missing: no process could be tied to this one; install util-linux")
        self._command = [setpriv, "--pdeathsig", last_signal, *command]
        if user and os.geteuid() == 0:  # first, for a change of user would untie it
            self._command = [setpriv, f"--reuid={user}", f"--regid={user}", "--init-groups", *self._command]
        self._environment = {**os.environ, **(environment or {})}
        self._running: subprocess.Popen[bytes] | None = None
        self.log = log
        self.lives = 0
        self.started_s = 0.0
        self.use = Use()
        self._read_log = 0

    @property
    def is_alive(self) -> bool:
        """Whether it has been started and not been ended by us; it may have ended by itself."""
        return self._running is not None

    @property
    def age_s(self) -> float:
        """Since when this life lasts, in seconds."""
        return time.monotonic() - self.started_s

    def start(self) -> None:
        """Begin a life."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.lives += 1
        self.started_s = time.monotonic()

    def died_by_itself(self) -> int | None:
        """Its exit code, when it ended and nobody had told it to; None as long as it lives."""
        return None if self._running is None else self._running.poll()

    def kill(self) -> int:
        """End this life here and now; returns the exit code, -9 unless it had ended already."""
        running = self._let_go()
        running.kill()
        return running.wait()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end as an operator does, and wait; returns the exit code, -9 when it did not obey."""
        running = self._let_go()
        running.send_signal(how)
        try:
            return running.wait(LONGEST_END_S)
        except subprocess.TimeoutExpired:
            running.kill()
            return running.wait()

    def _let_go(self) -> subprocess.Popen[bytes]:
        if self._running is None:
            raise ProcessLookupError(f"{' '.join(self._command)} does not run")
        running, self._running = self._running, None
        return running

    def look(self) -> None:
        """See what it uses at this moment."""
        if self._running is None:
            return
        about = Path(f"/proc/{self._running.pid}")
        try:
            told = dict(line.split(":", 1) for line in (about / "status").read_text().splitlines() if line)
            files = len(list((about / "fd").iterdir()))
        except OSError:  # it has just ended
            return
        if "VmRSS" in told:
            self.use.add(Use(int(told["VmRSS"].split()[0]), int(told["Threads"]), files))

    @property
    def said_bytes(self) -> int:
        """How much it has printed in all its lives."""
        return self.log.stat().st_size if self.log.exists() else 0

    def complaints(self) -> list[str]:
        """What it has printed, since this was last asked, about mistakes of its own."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            log.seek(self._read_log)
            new = log.read()
        self._read_log += len(new)
        return [line for line in new.decode("utf-8", "replace").splitlines() if _COMPLAINT.search(line)]


def free_port(kind: socket.SocketKind, chance: Random) -> int:
    """A free port of loopback below those that the system gives to outgoing connections.

    The programs under test take it again in every life: nobody may get it by accident while they are dead.

    Raises:
        OSError: none of many was free.
    """
    first = int(_PORTS_OF_THE_SYSTEM.read_text(encoding="ascii").split()[0])
    for _ in range(_TRIES):
        port = chance.randrange(max(1025, first - 12_000), first)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port below {first}")
