"""A platform of their own for the tests of a module: an embedded database, and a server that may be stopped."""

from collections.abc import Iterator

import pytest

from server.faults.embedded_platform import Platform, new_platform


@pytest.fixture(scope="module")
def shared() -> Iterator[Platform]:
    with new_platform() as platform:
        yield platform


@pytest.fixture
def platform(shared: Platform) -> Platform:
    """Return a running platform; a test that stops it leaves it to the next test to start it again."""
    if not shared.is_running():
        shared.start()
    return shared
