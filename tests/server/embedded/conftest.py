"""Data directories for real servers, which are stopped and removed whatever happens to the test."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agentsentinel.embedded import EmbeddedPostgres, EmbeddedPostgresError
from agentsentinel.embedded.processes import find_children, find_postmaster
from agentsentinel.embedded.settings import cluster_name
from server.embedded.support import Server

# Short, since a socket's path is; and not pytest's tmp_path, whose 0700 keeps PostgreSQL's own account out.
TEMP = "/tmp"


@pytest.fixture(scope="module")
def make_data_dir() -> Iterator[Callable[[], Path]]:
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="as-pg-", dir=TEMP))
        folder.chmod(0o755)
        made.append(folder)
        return folder / "data"

    yield make
    for folder in made:
        for cluster in folder.rglob("PG_VERSION"):
            if cluster.parent.name == "postgres":
                end_server(cluster.parent.parent)
        shutil.rmtree(folder)


@pytest.fixture
def data_dir(make_data_dir: Callable[[], Path]) -> Path:
    """Return the path of a data directory that does not exist yet."""
    return make_data_dir()


def end_server(data_dir: Path) -> None:
    with suppress(EmbeddedPostgresError):
        asyncio.run(EmbeddedPostgres(data_dir).stop(timeout=5))
    cluster = data_dir / "postgres"
    uid = cluster.stat().st_uid
    postmaster = find_postmaster(cluster, uid)
    for pid in [*([postmaster] if postmaster else []), *find_children(cluster_name(cluster), uid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def shared(make_data_dir: Callable[[], Path]) -> Server:
    return Server(make_data_dir())


@pytest.fixture
def server(shared: Server) -> Server:
    """Return a running server; a test that stops or kills it leaves it to the next test to start it again."""
    shared.start()
    return shared
