"""Reading a configuration document (TOML) into a typed value, with errors a technician can act on.

Pure: a text goes in. An error names the file, the line, the key, and what was expected there.
"""

import re
import tomllib
from typing import TypeVar

import msgspec

Document = TypeVar("Document", bound=msgspec.Struct)


class DocumentError(ValueError):
    """A document that cannot be used; the message says file, line, key, and what was expected."""


def read_document(text: str, kind: type[Document], name: str) -> Document:
    """Read a TOML text as `kind`; `name` is the file's name for messages. Unknown keys are refused.

    Raises:
        DocumentError: no TOML, an unknown or missing key, a value of the wrong kind or out of range.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"{name}: {error}") from error
    try:
        return msgspec.convert(tree, kind, strict=True)
    except msgspec.ValidationError as error:
        raise DocumentError(_explained(str(error), text, name)) from error


def unreadable(name: str, error: OSError | UnicodeDecodeError) -> DocumentError:
    """The error for a file that could not be read as text: which file, and why."""
    why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text; save it as UTF-8"
    return DocumentError(f"{name}: cannot be read: {why}")


def _explained(problem: str, text: str, name: str) -> str:
    """Turn msgspec's words and path (`$.coins.positions[2].value`) into file, line and key."""
    words, _, path = problem.partition(" - at `$")
    keys = [key for key in re.split(r"[.\[\]]+", path.strip("`")) if key]
    if (
        missing := re.match(r"Object (?:missing required|contains unknown) field `([^`]+)`", words)
    ) is not None:
        keys.append(missing[1])
        if "missing" in words:
            table = ".".join(keys[:-1])
            return f"{name}, line {_line_of(text, keys[:-1])}: the key {missing[1]!r} is missing" + (
                f" in [{table}]" if table else ""
            )
        words = "this key is not known here; remove it or correct its spelling"
    return f"{name}, line {_line_of(text, keys)}: {'.'.join(keys)}: {words}"


def _line_of(text: str, keys: list[str]) -> int:
    """The line where the last of these keys stands, found by walking the headers; 1 when not found."""
    lines = text.splitlines()
    line = 0
    for position, key in enumerate(keys):
        if key.isdigit():
            line = _nth_array_table(lines, keys[:position], int(key), line)
            continue
        pattern = re.compile(rf"\s*(?:\[+\s*(?:[\w.-]+\.)?{re.escape(key)}\s*\]+|{re.escape(key)}\s*=)")
        line = next((number for number in range(line, len(lines)) if pattern.match(lines[number])), line)
    return line + 1


def _nth_array_table(lines: list[str], keys: list[str], index: int, line: int) -> int:
    name = keys[-1] if keys else ""
    pattern = re.compile(rf"\s*\[\[\s*(?:[\w.-]+\.)?{re.escape(name)}\s*\]\]")
    found = [number for number, text in enumerate(lines) if pattern.match(text)]
    return found[index] if index < len(found) else line
