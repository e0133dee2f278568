"""Every test of the server runs on SQLite and on PostgreSQL, each with a database of its own."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.store.engine import Database
from server.store.migration import migrate
from server.store.tables import counters, metadata
from tests.server.postgresql import Cluster, NoPostgresqlError
from tests.server.world import World


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
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and nothing in them."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    database.close()
    return file


@pytest.fixture(scope="session")
def postgresql_address(cluster: Cluster) -> str:
    """A PostgreSQL database with all tables, which the tests use one after the other."""
    address = cluster.address(cluster.create())
    database = Database(address)
    migrate(database)
    database.close()
    return address


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
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with all tables and nothing in them."""
    if request.param == "sqlite":
        file = tmp_path / "parking.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    shared: str = request.getfixturevalue("postgresql_address")
    _empty(shared)
    return shared


def _empty(address: str) -> None:
    """Take everything out of the tables: much quicker than a new database for each test."""
    database = Database(address)
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not counters:
                connection.execute(table.delete())
        connection.execute(counters.update().values(value=0))
    database.close()


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """A database with all tables."""
    opened = Database(address)
    yield opened
    opened.close()


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
