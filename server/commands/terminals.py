"""Terminals: added, given another key, shut out, listed."""

import argparse

from server.clock import now_ms
from server.commands.common import Groups, opened, tell
from server.office import terminals
from server.pages.words import when


def add_terminal_commands(group: Groups) -> None:
    """`terminal add`, `renew`, `revoke` and `list`."""
    act = group("terminal", "add, list, renew or revoke terminals")
    add = act("add", _terminal_add, "add a terminal and print its key, once")
    words = "give a terminal a new key and print it, once; lets a revoked one in again"
    renew = act("renew", _terminal_renew, words)
    revoke = act("revoke", _terminal_revoke, "let a terminal in no more")
    for one in (add, renew, revoke):
        one.add_argument("number", metavar="NUMBER", help="as on its front, such as 0412")
    add.add_argument("--place", required=True, help="where it stands, such as 'Harbour Street'")
    act("list", _terminal_list, "list all terminals")


def _terminal_add(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        key = terminals.add(connection, chosen.number, chosen.place, now_ms())
    tell(f"terminal {chosen.number} added; its key is told only now:")
    print(key)


def _terminal_renew(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        was_revoked = terminals.is_revoked(connection, chosen.number)
        key = terminals.renew(connection, chosen.number)
    if was_revoked:
        tell(f"terminal {chosen.number} had been revoked; with the new key it is let in again")
    tell(f"the old key of terminal {chosen.number} has ended; the new one is told only now:")
    print(key)


def _terminal_revoke(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        terminals.revoke(connection, chosen.number, now_ms())
    tell(f"terminal {chosen.number} is not let in any more")


def _terminal_list(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.reading() as connection:
        rows = terminals.all_terminals(connection)
    for row in rows:
        state = (
            "revoked" if row["revoked_at_ms"] is not None else f"last seen {when(row['seen_at_ms'], 'UTC')}"
        )
        print(f"{row['number']}\t{row['place']}\t{state}")
