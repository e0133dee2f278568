"""The totals, for programs and for people who count."""

import argparse
import json

from server.commands.common import Commands, opened
from server.office import overview


def add_figure_commands(command: Commands) -> None:
    """`count` and `report`: the same under both names."""
    for name in ("count", "report"):
        command(name, _count, "print all totals as one JSON object").add_argument(
            "--json", action="store_true", help="always so; for those who say it"
        )


def _count(chosen: argparse.Namespace) -> None:
    with opened(chosen) as database, database.reading() as connection:
        print(json.dumps(overview.totals(connection), indent=2))
