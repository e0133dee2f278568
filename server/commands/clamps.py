"""Clamps: taken in from a file, put on cars, taken off, and given more codes."""

import argparse
import sys
from pathlib import Path

from parking.debts import Debt
from parking.money import CURRENCIES, EURO
from parking.release_codes import release_code
from server.clock import now_ms
from server.commands.common import CommandRefusedError, Commands, opened, sealer_of, tell
from server.office import clamp_file, release
from server.store.tables import LONGEST_PLATE


def add_clamp_commands(command: Commands) -> None:
    """`import`, `fit`, `unfit` and `codes`."""
    from_file = command("import", _import, "take in clamps from a CSV file, all or none")
    from_file.add_argument("file", type=Path, metavar="CLAMPS.CSV", help="see config/clamps.example.csv")
    fit = command("fit", _fit, "put a clamp on a car, with its next unused code")
    fit.add_argument("identifier", metavar="IDENTIFIER")
    fit.add_argument("--plate", default="", help="the car's plate, where it is known")
    fit.add_argument(
        "--line", action="append", required=True, metavar="WORDS=AMOUNT", help="'No valid ticket=45.00'"
    )
    fit.add_argument("--currency", default=EURO.code, choices=sorted(CURRENCIES))
    unfit = command("unfit", _unfit, "take a clamp off a car without payment")
    unfit.add_argument("identifier", metavar="IDENTIFIER")
    codes = command("codes", _codes, "append codes, read from standard input, to a clamp's list")
    codes.add_argument("identifier", metavar="IDENTIFIER")


def _import(chosen: argparse.Namespace) -> None:
    try:
        content = chosen.file.read_bytes()
    except OSError as error:
        raise CommandRefusedError(f"{chosen.file} cannot be read: {error.strerror}") from None
    with opened(chosen) as database:
        sealer = sealer_of(chosen, database)
        with database.writing() as connection:
            taken = clamp_file.take_in(connection, sealer, content, now_ms())
    fitted = sum(clamp.fine is not None for clamp in taken)
    tell(f"{len(taken)} clamps taken in, {fitted} of them on a car")


def _fit(chosen: argparse.Namespace) -> None:
    lines = []
    for written in chosen.line:
        words, _, amount = written.rpartition("=")
        try:
            lines.append(clamp_file.fine_line(words, amount, chosen.currency))
        except clamp_file.FineLineError as error:
            raise CommandRefusedError(f"--line {written!r}: {error}; write WORDS=AMOUNT") from None
    if len(chosen.plate) > LONGEST_PLATE or not chosen.plate.isprintable():
        raise CommandRefusedError(f"--plate: expected at most {LONGEST_PLATE} printable characters")
    fine = release.Fine(debt=Debt(lines=tuple(lines), plate=chosen.plate), currency=chosen.currency)
    with opened(chosen) as database, database.writing() as connection:
        fitting = release.fit(connection, chosen.identifier, fine, now_ms())
    tell(f"clamp {chosen.identifier} is on a car: fitting {fitting}")


def _unfit(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        release.unfit(connection, chosen.identifier, now_ms())
    tell(f"clamp {chosen.identifier} is off the car")


def _codes(chosen: argparse.Namespace) -> None:
    written = sys.stdin.read().split()
    if not written:
        raise CommandRefusedError("no codes came on standard input; expected codes separated by spaces")
    for place, code in enumerate(written, start=1):
        try:
            release_code(code)
        except ValueError as error:
            raise CommandRefusedError(f"code {place} on standard input is not one: {error}") from None
    with opened(chosen) as database:
        sealer = sealer_of(chosen, database)
        with database.writing() as connection:
            count = release.add_codes(connection, sealer, chosen.identifier, written)
    tell(f"clamp {chosen.identifier} has {count} codes now, used ones counted")
