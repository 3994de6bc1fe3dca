"""A server whose audit log holds only what the tests of a module do."""

from collections.abc import Iterator

import pytest

from server.support import Server, new_database, running


@pytest.fixture(scope="module")
def audited(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone, so that the log contains only what these tests do."""
    folder = tmp_path_factory.mktemp("audited")
    with running(new_database(postgres_dsn), folder, settings={"TRUSTED_PROXIES": '["127.0.0.1"]'}) as server:
        yield server
