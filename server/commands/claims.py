"""Claims: listed, settled after a hopper was counted, paid by the office, let go of for a lost terminal."""

import argparse

from server.clock import now_ms
from server.commands.common import Groups, opened, tell
from server.office import claim_desk, claims_view
from server.office.claims import money_in_words


def add_claim_commands(group: Groups) -> None:
    """`claim confirm`, `void`, `pay`, `free` and `list`."""
    act = group("claim", "list claims, confirm or void one in doubt, pay or free one")
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
        act(name, run, words).add_argument(
            "number", metavar="NUMBER", type=str.upper, help="as on the slip, such as 0412-1-C00012"
        )
    words = "list claims: number, amount, why it was issued, what became of it"
    listing = act("list", _claim_list, words)
    listing.add_argument("--open", action="store_true", help="only those that are still owed")


def _claim_list(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.reading() as connection:
        skip = 0
        while rows := claims_view.page(connection, only_open=chosen.open, skip=skip):
            for row in rows:
                money = money_in_words(row["amount_minor"], row["currency"])
                held_by = f" at {', '.join(row['held_by'])}" if row["state"] == "held" else ""
                print(f"{row['number']}\t{money}\t{row['reason']}\t{row['state']}{held_by}")
            skip += len(rows)


def _claim_confirm(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.confirm(connection, chosen.number, now_ms())
    tell(f"claim {claim.number} over {claim.money} is owed; terminals take it now")


def _claim_void(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.void(connection, chosen.number, now_ms())
    tell(f"claim {claim.number} over {claim.money} is void: the hopper had paid it")


def _claim_pay(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.pay(connection, chosen.number, now_ms())
    tell(f"claim {claim.number} is paid by the office: give the customer {claim.money} and keep the slip")


def _claim_free(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.writing() as connection:
        claim = claim_desk.free(connection, chosen.number)
    holders = ", ".join(claim.holders)
    tell(
        f"claim {claim.number} is not in hand at terminal {holders} any more. If that terminal has taken it "
        "and tells so one day, it was taken twice: an alarm will say so"
    )
