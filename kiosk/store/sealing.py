"""Secrets at rest: fields sealed with AES-GCM, and an index that does not tell what it indexes.

One key of 32 bytes in a file that only its owner can read; from it come, by HKDF (RFC 5869), a key for
fields, a key for look-ups, and seeds for keys of other purposes. The associated data of a field names its
table, row and column, so that a sealed field moved elsewhere does not open (NIST SP 800-38D; random 96-bit
nonce).
"""

import base64
import errno
import hmac
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.store.durable import make_folder, sync_folder
from parking.release_codes import SealedCode

KEY_BYTES = 32
NONCE_BYTES = 12


class SealError(ValueError):
    """A sealed field does not open: it was damaged, moved, or sealed with another key."""


class KeyFileError(ValueError):
    """The key file cannot be used; the message says which, why and what to do."""


def load_or_make_key(path: Path, store: Path, chance: Callable[[int], bytes] = os.urandom) -> bytes:
    """The key in the file; a new one is made of `chance` where there is none, and no store either.

    A new key opens nothing of what a store holds, and would sign its claims in another name: what is
    missing then is the key.

    Raises:
        KeyFileError: missing beside a store, wrong size, or readable by others.
        OSError: the disk refuses.
    """
    if path.exists():
        with suppress(PermissionError):  # then it was made by somebody else, long ago
            sync_folder(path.parent)  # whoever made the key may have died before that
    elif store.exists():
        raise KeyFileError(
            f"{path} is missing, but {store} is there, and nothing in it opens without this key: bring the "
            "key back from the safe. If it is lost for ever: move the store away and raise `epoch`"
        )
    else:
        _make_key(path, chance(KEY_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path}: others can read this key; run chmod 600 on it")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"{path}: has {len(key)} bytes, a key has {KEY_BYTES}; restore it from the safe")
    return key


def _make_key(path: Path, key: bytes) -> None:
    """Write a key beside its place and move it there: whoever dies meanwhile leaves a whole key or none."""
    make_folder(path.parent)
    beside = path.with_name(path.name + ".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if os.write(handle, key) != len(key):
            raise OSError(errno.ENOSPC, "only a part of the key could be written", str(beside))
        os.fsync(handle)
    finally:
        os.close(handle)
    beside.replace(path)
    sync_folder(path.parent)


class Sealer:
    """Seals and opens fields with one key."""

    def __init__(self, key: bytes) -> None:
        self._fields = AESGCM(_derived(key, b"fields"))
        self._index_key = _derived(key, b"index")
        self._seed_key = _derived(key, b"seeds")

    def index_of(self, text: str) -> bytes:
        """What stands in an index for this text: its HMAC-SHA-256."""
        return hmac.digest(self._index_key, text.encode(), "sha256")

    def seed(self, purpose: str) -> bytes:
        """32 bytes that only this key gives for this purpose."""
        return _derived(self._seed_key, purpose.encode())

    def seal(self, text: str, bound_to: str) -> str:
        """Seal a text for one place; base64 of nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(
            nonce + self._fields.encrypt(nonce, text.encode(), bound_to.encode())
        ).decode()

    def open(self, box: str, bound_to: str) -> str:
        """Open what was sealed for this place. Raises SealError."""
        try:
            raw = base64.b64decode(box, validate=True)
            return self._fields.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealError(
                f"the field sealed for {bound_to} does not open: damaged, moved, or other key"
            ) from error

    def open_code(self, sealed: SealedCode) -> str:
        """Open a release code. Raises SealError."""
        return self.open(sealed.box, sealed.bound_to)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"parking terminal " + purpose).derive(
        key
    )
