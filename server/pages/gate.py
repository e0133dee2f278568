"""The gate before the pages: one operator password, kept as a scrypt hash in a file, asked by HTTP Basic."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

OPERATOR = "operator"
SHORTEST_PASSWORD = 12
_N, _R, _P = 2**15, 8, 1
_MEMORY = 64 * 1024 * 1024
_KEPT = re.compile(
    r"scrypt\$(?P<n>[0-9]{1,6})\$(?P<r>[0-9]{1,2})\$(?P<p>[0-9]{1,2})"
    r"\$(?P<salt>[A-Za-z0-9+/]{22}==)\$(?P<digest>[A-Za-z0-9+/]{43}=)"
)


class PasswordRefusedError(ValueError):
    """A password or its file cannot be used; the message says what to do."""


def hash_password(password: str) -> str:
    """What is kept of a password: parameters, salt and scrypt hash in one line.

    Raises:
        PasswordRefusedError: shorter than 12 characters.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefusedError(f"the password needs at least {SHORTEST_PASSWORD} characters")
    salt = os.urandom(16)
    digest = _scrypt(password, salt, _N, _R, _P)
    encoded = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(("scrypt", str(_N), str(_R), str(_P), *encoded))


def write_password(path: Path, password: str) -> None:
    """Write the hash to a file that only its owner reads.

    Raises:
        PasswordRefusedError: the password is too short, or the file cannot be written.
    """
    line = hash_password(password) + "\n"
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise PasswordRefusedError(f"the password file {path} cannot be written: {error}") from None


class Gate:
    """Lets in who knows the password."""

    def __init__(self, kept: str) -> None:
        match = _KEPT.fullmatch(kept.strip())
        if match is None:
            raise PasswordRefusedError(
                "the password file holds no password hash; write it with: python -m server password FILE"
            )
        self._cost = (int(match["n"]), int(match["r"]), int(match["p"]))
        self._salt = base64.b64decode(match["salt"])
        self._digest = base64.b64decode(match["digest"])
        # A browser sends the password with each request; scrypt is slow on purpose. What was right once is
        # remembered for this run, as a keyed hash.
        self._run_key = secrets.token_bytes(32)
        self._was_right: bytes | None = None

    @classmethod
    def from_file(cls, path: Path) -> "Gate":
        """Read the file that `python -m server password FILE` wrote.

        Raises:
            PasswordRefusedError: it cannot be read or holds something else.
        """
        try:
            return cls(path.read_text("ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise PasswordRefusedError(f"the password file {path} cannot be read: {error}") from None

    def lets_in(self, name: str, password: str) -> bool:
        """Whether this is the operator."""
        remembered = hmac.digest(self._run_key, f"{name}\0{password}".encode(), "sha256")
        if self._was_right is not None and hmac.compare_digest(remembered, self._was_right):
            return True
        digest = _scrypt(password, self._salt, *self._cost)
        right = hmac.compare_digest(digest, self._digest) & hmac.compare_digest(
            name.encode(), OPERATOR.encode()
        )
        if right:
            self._was_right = remembered
        return bool(right)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)
