"""An empty PostgreSQL database for worlds of requests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.engine import Database
from server.store.migration import migrate
from tests.server.postgresql import Cluster, NoPostgresqlError


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """The address of a database with all tables; skips where there is no PostgreSQL, unless there must be one."""
    folder = Path(tempfile.mkdtemp(prefix="parking-postgresql-"))
    try:
        cluster = Cluster(folder)
        try:
            cluster.start()
        except NoPostgresqlError as error:
            if os.environ.get("CI"):
                pytest.fail(f"PostgreSQL is needed here: {error}")
            pytest.skip(str(error))
        address = cluster.address(cluster.create())
        database = Database(address)
        migrate(database)
        database.close()
        yield address
        cluster.stop()
    finally:
        shutil.rmtree(folder)
