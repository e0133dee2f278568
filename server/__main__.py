"""The command line: `python -m server COMMAND`. Which commands there are, and what a refusal looks like.

What a program reads goes to standard output (a new key, totals, the address that is served), sentences for
people go to standard error. The exit code is 0 when it is done, 1 when it was refused, 2 for wrong usage.
What each command does stands in `server/commands/`.
"""

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from server.commands.claims import add_claim_commands
from server.commands.clamps import add_clamp_commands
from server.commands.common import CommandRefusedError, Commands, Run, tell
from server.commands.figures import add_figure_commands
from server.commands.passwords import add_password_command
from server.commands.serving import add_serve_command
from server.commands.terminals import add_terminal_commands
from server.office import claim_desk, clamp_file, release, terminals
from server.pages.gate import PasswordRefusedError
from server.store.engine import DatabaseRefusedError, database_url
from server.store.migration import NewerDatabaseError
from server.store.sealing import CodeDoesNotOpenError, KeyFileError

DEFAULT_DATABASE = "sqlite:///parking.db"

_REFUSALS = (
    CommandRefusedError,
    claim_desk.ClaimActRefusedError,
    CodeDoesNotOpenError,
    DatabaseRefusedError,
    KeyFileError,
    NewerDatabaseError,
    PasswordRefusedError,
    release.FittingRefusedError,
    terminals.TerminalRefusedError,
)


_REMEDIES = (
    ("connection", "see that PostgreSQL runs there and lets this user in, or name another: --database URL"),
    ("unable to open", "name a file in a folder that is there and that this user may write: --database URL"),
    ("readonly", "let this user write the file and its folder"),
    ("not a database", "name another file: --database URL"),
    ("locked", "another program holds it; try again when it has ended"),
)
"""What helps, by words of psycopg and of SQLite."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    chosen = _parser().parse_args(arguments)
    run: Run = chosen.run
    try:
        run(chosen)
    except clamp_file.ClampFileError as error:
        for sentence in error.sentences(str(chosen.file)):
            tell(sentence)
        tell("nothing was taken in")
        return 1
    except _REFUSALS as error:
        tell(f"server: {error}")
        return 1
    except DBAPIError as error:
        tell(f"server: {_refused_by(chosen.database, error)}")
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def _refused_by(address: str, error: DBAPIError) -> str:
    """Which database refused what, and what helps. Shows no password, wherever in the address it stands."""
    url = database_url(address)
    shown = url.database
    if url.drivername != "sqlite":
        shown = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
    reason = str(error.orig).strip().splitlines()[0]
    for words, remedy in _REMEDIES:
        if words in reason:
            return f"the database {shown} refused: {reason}; {remedy}"
    return f"the database {shown} refused: {reason}"


# --- the parser ----------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    # The common options may stand before and behind the command; only before they have a default.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    whole = argparse.ArgumentParser(prog="python -m server", description="The parking server.")
    _add_common_options(common, database=argparse.SUPPRESS, key_file=argparse.SUPPRESS)
    _add_common_options(whole, database=DEFAULT_DATABASE, key_file=None)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    command = _adding_to(commands, common)

    def group(name: str, words: str) -> Commands:
        acts = commands.add_parser(name, help=words).add_subparsers(required=True, metavar="ACT")
        return _adding_to(acts, common)

    add_clamp_commands(command)
    add_terminal_commands(group)
    add_claim_commands(group)
    add_figure_commands(command)
    add_password_command(command)
    add_serve_command(command)
    return whole


def _add_common_options(parser: argparse.ArgumentParser, *, database: str, key_file: str | None) -> None:
    parser.add_argument(
        "--database",
        default=database,
        metavar="URL",
        help=f"sqlite:///FILE or postgresql://USER@HOST/NAME; without it {DEFAULT_DATABASE}",
    )
    parser.add_argument(
        "--key-file",
        default=key_file,
        metavar="FILE",
        help="the key that seals the release codes; without it FILE.key beside an SQLite file",
    )


def _adding_to(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> Commands:
    def add(name: str, run: Run, words: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, parents=[common], help=words, description=words)
        parser.set_defaults(run=run)
        return parser

    return add


if __name__ == "__main__":
    sys.exit(main())
