"""Every test of the server runs on SQLite and on PostgreSQL, each with a database of its own."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.store.engine import Database
from server.store.migration import migrate
from tests.server.postgresql import Cluster, NoPostgresqlError
from tests.server.world import World, emptied


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL; skips where there is none, and fails where there must be one."""
    # Not below pytest's own folder: that one is closed to the user as whom PostgreSQL runs.
    folder = Path(tempfile.mkdtemp(prefix="parking-postgresql-"))
    try:
        try:
            running = Cluster(folder)
            running.start()
        except NoPostgresqlError as error:
            if os.environ.get("CI"):
                pytest.fail(f"PostgreSQL is needed here: {error}")
            pytest.skip(str(error))
        yield running
        running.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An SQLite database with all tables."""
    yield from _migrated(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'parking.db'}")


@pytest.fixture(scope="session")
def postgresql_database(cluster: Cluster) -> Iterator[Database]:
    """A PostgreSQL database with all tables."""
    yield from _migrated(cluster.address(cluster.create()))


def _migrated(address: str) -> Iterator[Database]:
    database = Database(address)
    migrate(database)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parking.db'}"
        return
    running: Cluster = request.getfixturevalue("cluster")
    name = running.create()
    yield running.address(name)
    running.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with all tables and nothing in them; emptying one is much quicker than a new one."""
    shared: Database = request.getfixturevalue(f"{request.param}_database")
    return emptied(shared)


@pytest.fixture
def world(database: Database) -> World:
    """A server with the three clamps of `world.CLAMPS`: two on cars, one available."""
    made = World(database)
    made.take_in()
    return made


@pytest.fixture
def make_world(database: Database) -> Callable[[], World]:
    """Makes servers over the same database."""
    return lambda: World(database)


@pytest.fixture
def door(sqlite_database: Database) -> World:
    """The same server, for what happens before the database is asked: on SQLite only."""
    made = World(emptied(sqlite_database))
    made.take_in()
    return made
