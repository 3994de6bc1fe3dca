"""A server of its own for each file: what is normal for agents of a type is shared by all of them."""

from collections.abc import Iterator

import pytest

from server.support import Server, new_database, running


@pytest.fixture(scope="module")
def alone(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server whose agents are those of this file."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("alone")) as process:
        yield process
