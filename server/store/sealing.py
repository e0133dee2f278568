"""Release codes at rest: AES-GCM with a key in a file of its own. Where they are kept stands in `tables.py`.

Each code is bound to its place (table, clamp, number, column): a box that was moved elsewhere does not open.
"""

import base64
import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyFileError(ValueError):
    """The key file is missing, readable by others, or no key; the message says what to do."""


class CodeDoesNotOpenError(ValueError):
    """A sealed code that this key does not open: another key, or a box that was damaged or moved."""


class CodeSealer:
    """Seals and opens release codes with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, code: str, *, clamp: str, number: int) -> str:
        """Seal a code for its place; the result is base64 of nonce and ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, code.encode(), _place(clamp, number))
        return base64.b64encode(nonce + sealed).decode()

    def open(self, box: str, *, clamp: str, number: int) -> str:
        """Open a code.

        Raises:
            CodeDoesNotOpenError: the box was sealed with another key or for another place, or is damaged.
        """
        try:
            raw = base64.b64decode(box, validate=True)
            plain = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _place(clamp, number))
        except (InvalidTag, ValueError):
            raise CodeDoesNotOpenError(
                f"code {number} of clamp {clamp} does not open with this key"
            ) from None
        return plain.decode()


def _place(clamp: str, number: int) -> bytes:
    return "\x1f".join(("codes", clamp, str(number), "box")).encode()


def read_key(path: Path) -> bytes:
    """Read the key file: 32 bytes as base64, readable by its owner only.

    Raises:
        KeyFileError: missing, readable by others, or no key.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except FileNotFoundError:
        raise KeyFileError(
            f"the key file {path} is missing; bring it back, codes cannot be read without"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"the key file {path} cannot be read: {error}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"the key file {path} can be read by others; run: chmod 600 {path}")
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"the key file {path} does not hold {KEY_BYTES} bytes as base64")
    return key


def create_key(path: Path) -> bytes:
    """Make a new key file, durable before anything is sealed with it.

    It is written beside its place: who dies meanwhile leaves a whole key there or none. Of two that make one
    at the same time the first wins.

    Raises:
        KeyFileError: the file cannot be made.
    """
    key = os.urandom(KEY_BYTES)
    try:
        descriptor, beside = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(key) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(beside)
        finally:
            Path(beside).unlink()
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except FileExistsError:
        return read_key(path)
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be made: {error}") from None
    return key
