"""One server for each worker, on a database of its own. Tests share it and make their own agents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.support import Server, new_database, running


@pytest.fixture(scope="session")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process, with the default rules."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder for logs and keys."""
    return tmp_path
