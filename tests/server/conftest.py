"""Servers, platforms and databases that tests share; each test makes its own agents."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agentsentinel.ingest.partitions import (
    has_hypertable,
)
from server.database import on
from server.faults.embedded_platform import Platform, new_platform
from server.support import Server, new_database, running


@pytest.fixture(scope="session")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process, with the default rules."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture(scope="module")
def own_server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server of its own with the default settings: no documentation routes."""
    folder = tmp_path_factory.mktemp("own")
    with running(new_database(postgres_dsn), folder, settings={"SHOW_DOCS": "false"}) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder for logs and keys."""
    return tmp_path


@pytest.fixture(scope="module")
def shared_platform() -> Iterator[Platform]:
    with new_platform() as platform:
        yield platform


@pytest.fixture
def platform(shared_platform: Platform) -> Platform:
    """Return a running platform; a test that stops it leaves it to the next test to start it again."""
    if not shared_platform.is_running():
        shared_platform.start()
    return shared_platform


@pytest.fixture(scope="module")
def migrated_dsn(postgres_dsn: str) -> str:
    """Make a database for this file alone, with the newest schema."""
    return new_database(postgres_dsn)


@pytest.fixture
def dsn(postgres_dsn: str) -> str:
    """Make a database with the newest schema."""
    return new_database(postgres_dsn)


@pytest.fixture
def plain_dsn(dsn: str) -> str:
    """Make a database with the newest schema, with the events in PostgreSQL's own partitions."""
    if on(dsn, has_hypertable):
        pytest.skip("TimescaleDB is installed here: it makes its own chunks")
    return dsn


@pytest.fixture
def browser(server: Server) -> Iterator[httpx2.Client]:
    """Signed in with the admin key."""
    with server.sign_in(server.admin_key) as client:
        yield client
