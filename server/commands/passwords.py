"""The operator's password: asked for, or read from standard input, and written hashed to a file."""

import argparse
import getpass
import sys
from pathlib import Path

from server.commands.common import CommandRefusedError, Commands, tell
from server.pages.gate import write_password


def add_password_command(command: Commands) -> None:
    """`password`."""
    password = command("password", _password, "write the operator's password, hashed, to a file")
    password.add_argument("file", type=Path, metavar="FILE")


def _password(chosen: argparse.Namespace) -> None:
    if sys.stdin.isatty():
        password = getpass.getpass("New operator password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandRefusedError("the two passwords are not the same")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    write_password(chosen.file, password)
    tell(f"{chosen.file} holds the password's hash; serve with --operator-password-file {chosen.file}")
