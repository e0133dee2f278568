"""Brings a database to the newest tables. The steps themselves stand in `migrations/versions`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from server.store.engine import Database

_LOCK = 7_031_204
"""Two servers that start at once on PostgreSQL take turns by this advisory lock."""


class NewerDatabaseError(ValueError):
    """The database was written by newer software than this."""


def migrate(database: Database) -> None:
    """Bring the tables up to date, all steps in one transaction; nothing to do costs one look.

    Raises:
        NewerDatabaseError: the database is at a step that this software does not know.
    """
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        try:
            command.upgrade(configuration(connection), "head")
        except CommandError as error:
            newest = newest_step()
            raise NewerDatabaseError(
                f"the database was written by newer software ({error}); this one knows it up to {newest}"
            ) from None


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest_step() -> str:
    """The name of the newest migration this software knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""
