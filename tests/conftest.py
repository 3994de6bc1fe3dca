"""One PostgreSQL for the whole run, shared by all workers, in a folder that is gone afterwards.

`AGENTSENTINEL_TEST_DATABASE_URL` names another server to run against; its role must be allowed to create databases.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import tempfile
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

import warm_start
from agentsentinel.embedded import EmbeddedPostgres
from forms import IS_LONG, IS_WIDE

RUN_FOLDER = "AGENTSENTINEL_TEST_RUN"
OTHER_SERVER = "AGENTSENTINEL_TEST_DATABASE_URL"
LONGEST = (
    "test_environments.py",
    "test_journeys.py",
    "test_pages.py",
    "test_actions.py",
    "test_page_failures.py",
    "test_official_servers.py",
    "test_install.py",
    "test_exhaustion.py",
    "test_schemathesis.py",
)
"""Modules that take minutes. Begun last, one would run alone while the other workers wait."""

# The suite starts hundreds of processes: without this each would compile all that it imports, for seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

warm_start.install()

# A run in the background of a shell ignores Ctrl+C, and so would all that its tests start and stop by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test fails because the machine is slow: neither by an example that takes long, nor by examples that are long in
# the making.
settings.register_profile(
    "any machine",
    max_examples=100 if IS_LONG else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the shared folder in the controlling process; workers inherit its name."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="astest-", dir="/tmp")
        Path(folder).chmod(0o711)
        os.environ[RUN_FOLDER] = folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the modules that take minutes; leave out what is marked `wide` or `long` in the forms without it."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
    absent = [mark for mark, is_part in (("wide", IS_WIDE), ("long", IS_LONG)) if not is_part]
    left_out = {item for item in items if any(item.get_closest_marker(mark) for mark in absent)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the shared folder at the end of the controlling process."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(RUN_FOLDER))
    if (folder / "pg").exists():
        asyncio.run(EmbeddedPostgres(folder / "pg").stop(timeout=5))
    if dsn := os.environ.get(OTHER_SERVER):
        asyncio.run(drop_databases(dsn, folder.name.replace("-", "_")))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_dsn() -> str:
    """Return the address of a real PostgreSQL, in the form that asyncpg takes."""
    if dsn := os.environ.get(OTHER_SERVER):
        return dsn
    folder = Path(os.environ[RUN_FOLDER])
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_first = not (folder / "pg").exists()
        return asyncio.run(start_postgres(folder / "pg", is_first=is_first))


async def start_postgres(folder: Path, *, is_first: bool) -> str:
    """Start it, with room for the servers of all workers: the product's own setting is for one."""
    postgres = EmbeddedPostgres(folder)
    await postgres.start()
    if is_first:
        connection = await asyncpg.connect(postgres.dsn)
        await connection.execute("ALTER SYSTEM SET max_connections = 300")
        await connection.close()
        await postgres.stop(timeout=5)
        await postgres.start()
    return postgres.dsn


async def drop_databases(dsn: str, prefix: str) -> None:
    """Drop the databases that this run has made in another server than its own."""
    connection = await asyncpg.connect(dsn)
    try:
        for row in await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix):
            await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
    finally:
        await connection.close()
