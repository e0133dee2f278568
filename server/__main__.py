"""The command line: `python -m server COMMAND`. Reads arguments, calls the office, prints what came of it.

What a program reads goes to standard output (a new key, totals, the address that is served), sentences for
people go to standard error. The exit code is 0 when it is done, 1 when it was refused, 2 for wrong usage.
"""

import argparse
import getpass
import ipaddress
import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from sqlalchemy.exc import DBAPIError

from parking.debts import Debt
from parking.money import CURRENCIES, EURO
from parking.release_codes import release_code
from server.app import create_app
from server.clock import now_ms
from server.office import claim_desk, claims_view, clamp_file, overview, release, terminals
from server.office.claims import money_in_words
from server.office.setting import Office, open_sealer
from server.pages.gate import Gate, PasswordRefusedError, write_password
from server.pages.words import when, zone_exists
from server.store.engine import Database, DatabaseRefusedError, database_url
from server.store.migration import NewerDatabaseError, migrate
from server.store.sealing import CodeDoesNotOpenError, CodeSealer, KeyFileError
from server.store.tables import LONGEST_PLATE

DEFAULT_DATABASE = "sqlite:///parking.db"


class CommandRefusedError(ValueError):
    """What was asked for cannot be done; the message says why and what to do."""


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
    run: Callable[[argparse.Namespace], None] = chosen.run
    try:
        run(chosen)
    except clamp_file.ClampFileError as error:
        for sentence in error.sentences(str(chosen.file)):
            _tell(sentence)
        _tell("nothing was taken in")
        return 1
    except _REFUSALS as error:
        _tell(f"server: {error}")
        return 1
    except DBAPIError as error:
        _tell(f"server: {_refused_by(chosen.database, error)}")
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


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


# --- what they work with -------------------------------------------------------------------------------


@contextmanager
def _opened(chosen: argparse.Namespace) -> Iterator[Database]:
    """The chosen database with the newest tables, closed afterwards."""
    database = Database(chosen.database)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


def _sealer(chosen: argparse.Namespace, database: Database) -> CodeSealer:
    with database.writing() as connection:
        return open_sealer(connection, _key_file(chosen, database))


def _key_file(chosen: argparse.Namespace, database: Database) -> Path:
    if chosen.key_file is not None:
        return Path(chosen.key_file)
    if database.file is None:
        raise CommandRefusedError("with PostgreSQL, say where the key of the codes is: --key-file FILE")
    return database.file.with_name(database.file.name + ".key")


# --- clamps --------------------------------------------------------------------------------------------


def _import(chosen: argparse.Namespace) -> None:
    try:
        content = chosen.file.read_bytes()
    except OSError as error:
        raise CommandRefusedError(f"{chosen.file} cannot be read: {error.strerror}") from None
    with _opened(chosen) as database:
        sealer = _sealer(chosen, database)
        with database.writing() as connection:
            taken = clamp_file.take_in(connection, sealer, content, now_ms())
    fitted = sum(clamp.fine is not None for clamp in taken)
    _tell(f"{len(taken)} clamps taken in, {fitted} of them on a car")


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
    with _opened(chosen) as database, database.writing() as connection:
        fitting = release.fit(connection, chosen.identifier, fine, now_ms())
    _tell(f"clamp {chosen.identifier} is on a car: fitting {fitting}")


def _unfit(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        release.unfit(connection, chosen.identifier, now_ms())
    _tell(f"clamp {chosen.identifier} is off the car")


def _codes(chosen: argparse.Namespace) -> None:
    written = sys.stdin.read().split()
    if not written:
        raise CommandRefusedError("no codes came on standard input; expected codes separated by spaces")
    for place, code in enumerate(written, start=1):
        try:
            release_code(code)
        except ValueError as error:
            raise CommandRefusedError(f"code {place} on standard input is not one: {error}") from None
    with _opened(chosen) as database:
        sealer = _sealer(chosen, database)
        with database.writing() as connection:
            count = release.add_codes(connection, sealer, chosen.identifier, written)
    _tell(f"clamp {chosen.identifier} has {count} codes now, used ones counted")


# --- terminals -----------------------------------------------------------------------------------------


def _terminal_add(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        key = terminals.add(connection, chosen.number, chosen.place, now_ms())
    _tell(f"terminal {chosen.number} added; its key is told only now:")
    print(key)


def _terminal_renew(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        was_revoked = terminals.is_revoked(connection, chosen.number)
        key = terminals.renew(connection, chosen.number)
    if was_revoked:
        _tell(f"terminal {chosen.number} had been revoked; with the new key it is let in again")
    _tell(f"the old key of terminal {chosen.number} has ended; the new one is told only now:")
    print(key)


def _terminal_revoke(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        terminals.revoke(connection, chosen.number, now_ms())
    _tell(f"terminal {chosen.number} is not let in any more")


def _terminal_list(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.reading() as connection:
        rows = terminals.all_terminals(connection)
    for row in rows:
        state = (
            "revoked" if row["revoked_at_ms"] is not None else f"last seen {when(row['seen_at_ms'], 'UTC')}"
        )
        print(f"{row['number']}\t{row['place']}\t{state}")


# --- claims --------------------------------------------------------------------------------------------


def _claim_list(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.reading() as connection:
        skip = 0
        while rows := claims_view.page(connection, only_open=chosen.open, skip=skip):
            for row in rows:
                money = money_in_words(row["amount_minor"], row["currency"])
                held_by = f" at {', '.join(row['held_by'])}" if row["state"] == "held" else ""
                print(f"{row['number']}\t{money}\t{row['reason']}\t{row['state']}{held_by}")
            skip += len(rows)


def _claim_confirm(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.confirm(connection, chosen.number, now_ms())
    _tell(f"claim {claim.number} over {claim.money} is owed; terminals take it now")


def _claim_void(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.void(connection, chosen.number, now_ms())
    _tell(f"claim {claim.number} over {claim.money} is void: the hopper had paid it")


def _claim_pay(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.pay(connection, chosen.number, now_ms())
    _tell(f"claim {claim.number} is paid by the office: give the customer {claim.money} and keep the slip")


def _claim_free(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.free(connection, chosen.number)
    holders = ", ".join(claim.holders)
    _tell(
        f"claim {claim.number} is not in hand at terminal {holders} any more. If that terminal has taken it "
        "and tells so one day, it was taken twice: an alarm will say so"
    )


# --- looking and serving -------------------------------------------------------------------------------


def _count(chosen: argparse.Namespace) -> None:
    with _opened(chosen) as database, database.reading() as connection:
        print(json.dumps(overview.totals(connection), indent=2))


def _password(chosen: argparse.Namespace) -> None:
    if sys.stdin.isatty():
        password = getpass.getpass("New operator password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandRefusedError("the two passwords are not the same")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    write_password(chosen.file, password)
    _tell(f"{chosen.file} holds the password's hash; serve with --operator-password-file {chosen.file}")


def _serve(chosen: argparse.Namespace) -> None:
    gate = Gate.from_file(chosen.operator_password_file) if chosen.operator_password_file else None
    if gate is None and not _is_loopback(chosen.host):
        raise CommandRefusedError(
            f"{chosen.host} can be reached from other machines: the pages then need a password. Write one "
            "with `python -m server password FILE` and add --operator-password-file FILE"
        )
    if not zone_exists(chosen.zone):
        raise CommandRefusedError(f"--zone {chosen.zone!r} is no time zone, such as Europe/Berlin")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _opened(chosen) as database:
        office = Office(
            database=database,
            sealer=_sealer(chosen, database),
            clock=now_ms,
            hold_ms=chosen.hold_seconds * 1000,
            zone=chosen.zone,
        )
        listening = _listen(chosen.host, chosen.port)
        host, port = listening.getsockname()[:2]
        print(f"http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
        uvicorn.Server(
            uvicorn.Config(
                create_app(office, gate),
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        ).run(sockets=[listening])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    """Take the port now: who reads the printed address may connect at once."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise CommandRefusedError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None


# --- the parser ----------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    # The common options may stand before and behind the command; only before they have a default.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for parser, database in ((common, argparse.SUPPRESS), (whole := _whole_parser(), DEFAULT_DATABASE)):
        parser.add_argument(
            "--database",
            default=database,
            metavar="URL",
            help=f"sqlite:///FILE or postgresql://USER@HOST/NAME; without it {DEFAULT_DATABASE}",
        )
        parser.add_argument(
            "--key-file",
            default=argparse.SUPPRESS if parser is common else None,
            metavar="FILE",
            help="the key that seals the release codes; without it FILE.key beside an SQLite file",
        )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], words: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(
            name, parents=[common], help=words, description=words
        )
        parser.set_defaults(run=run)
        return parser

    _add_clamp_commands(command)
    _add_terminal_commands(commands, common)
    _add_claim_commands(commands, common)
    for name in ("count", "report"):
        command(name, _count, "print all totals as one JSON object").add_argument(
            "--json", action="store_true", help="always so; for those who say it"
        )
    password = command("password", _password, "write the operator's password, hashed, to a file")
    password.add_argument("file", type=Path, metavar="FILE")
    _add_serve(command("serve", _serve, "serve terminals and pages until stopped"))
    return whole


def _whole_parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="python -m server", description="The parking server.")


def _add_clamp_commands(
    command: Callable[[str, Callable[[argparse.Namespace], None], str], argparse.ArgumentParser],
) -> None:
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


def _add_terminal_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    group = commands.add_parser("terminal", help="add, list, renew or revoke terminals")
    acts = group.add_subparsers(required=True, metavar="ACT")
    for name, run, words in (
        ("add", _terminal_add, "add a terminal and print its key, once"),
        (
            "renew",
            _terminal_renew,
            "give a terminal a new key and print it, once; lets a revoked one in again",
        ),
        ("revoke", _terminal_revoke, "let a terminal in no more"),
        ("list", _terminal_list, "list all terminals"),
    ):
        act = acts.add_parser(name, parents=[common], help=words, description=words)
        act.set_defaults(run=run)
        if name != "list":
            act.add_argument("number", metavar="NUMBER", help="as on its front, such as 0412")
        if name == "add":
            act.add_argument("--place", required=True, help="where it stands, such as 'Harbour Street'")


def _add_claim_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    group = commands.add_parser("claim", help="list claims, confirm or void one in doubt, pay or free one")
    acts = group.add_subparsers(required=True, metavar="ACT")
    for name, run, words in (
        ("confirm", _claim_confirm, "the hopper was counted and had not paid: the claim is owed"),
        ("void", _claim_void, "the hopper was counted and had paid: the claim is worth nothing"),
        ("pay", _claim_pay, "the office pays the claim; no terminal takes it any more"),
        (
            "free",
            _claim_free,
            "let go of a claim for a terminal that is gone and will not tell what came of it",
        ),
    ):
        act = acts.add_parser(name, parents=[common], help=words, description=words)
        act.set_defaults(run=run)
        act.add_argument(
            "number", metavar="NUMBER", type=str.upper, help="as on the slip, such as 0412-1-C00012"
        )
    words = "list claims: number, amount, why it was issued, what became of it"
    listing = acts.add_parser("list", parents=[common], help=words, description=words)
    listing.set_defaults(run=_claim_list)
    listing.add_argument("--open", action="store_true", help="only those that are still owed")


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    serve.add_argument(
        "--port",
        type=_whole_number("a port", 0, 65_535),
        default=8000,
        metavar="PORT",
        help="0 to 65535; 0: any free one",
    )
    serve.add_argument(
        "--operator-password-file", type=Path, metavar="FILE", help="needed beyond this machine"
    )
    serve.add_argument("--zone", default="UTC", help="the time zone of the pages, such as Europe/Berlin")
    serve.add_argument(
        "--hold-seconds",
        type=_whole_number("seconds", 1, 86_400),
        default=release.HOLD_MS // 1000,
        metavar="SECONDS",
        help="so long a reservation holds, 1 to 86400",
    )


def _whole_number(what: str, least: int, most: int) -> Callable[[str], int]:
    """A reader of an argument that is a whole number from `least` to `most`."""

    def read(written: str) -> int:
        # No number is longer, and none is repeated at length to whoever mistyped it.
        if written.isascii() and written.isdigit() and len(written) <= len(str(most)):
            number = int(written)
            if least <= number <= most:
                return number
        raise argparse.ArgumentTypeError(f"expected {what} from {least} to {most}, not {written[:20]!a}")

    return read


if __name__ == "__main__":
    sys.exit(main())
