"""What all commands work with: the database, the key of the codes, how to refuse and how to tell people.

The arguments that more than one command reads are here too; what a command does is in its own file.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from server.office.setting import open_sealer
from server.store.engine import Database
from server.store.migration import migrate
from server.store.sealing import CodeSealer

Run = Callable[[argparse.Namespace], None]


class CommandRefusedError(ValueError):
    """What was asked for cannot be done; the message says why and what to do."""


class Commands(Protocol):
    """Where a file puts the commands it has: straight under `python -m server`, or into a group."""

    def __call__(self, name: str, run: Run, words: str, /) -> argparse.ArgumentParser:
        """Add a command that does `run` and is explained by `words`; returns the reader of its arguments."""


class Groups(Protocol):
    """Where a file puts commands that have a first word in common."""

    def __call__(self, name: str, words: str, /) -> Commands:
        """Add a group that is explained by `words`; returns where its acts go."""


def tell(sentence: str) -> None:
    """Say something to people: standard output is for programs."""
    print(sentence, file=sys.stderr)


# --- what they work with -------------------------------------------------------------------------------


@contextmanager
def opened(chosen: argparse.Namespace) -> Iterator[Database]:
    """The chosen database with the newest tables, closed afterwards."""
    database = Database(chosen.database)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


def sealer_of(chosen: argparse.Namespace, database: Database) -> CodeSealer:
    """Opens the release codes with the chosen key. Raises KeyFileError, CommandRefusedError."""
    with database.writing() as connection:
        return open_sealer(connection, _key_file(chosen, database))


def _key_file(chosen: argparse.Namespace, database: Database) -> Path:
    if chosen.key_file is not None:
        return Path(chosen.key_file)
    if database.file is None:
        raise CommandRefusedError("with PostgreSQL, say where the key of the codes is: --key-file FILE")
    return database.file.with_name(database.file.name + ".key")


# --- arguments -----------------------------------------------------------------------------------------


def whole_number(what: str, least: int, most: int) -> Callable[[str], int]:
    """A reader of an argument that is a whole number from `least` to `most`."""

    def read(written: str) -> int:
        # No number is longer, and none is repeated at length to whoever mistyped it.
        if written.isascii() and written.isdigit() and len(written) <= len(str(most)):
            number = int(written)
            if least <= number <= most:
                return number
        raise argparse.ArgumentTypeError(f"expected {what} from {least} to {most}, not {written[:20]!a}")

    return read
