"""One PostgreSQL for the whole run, shared by all workers, in a folder that is gone afterwards."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agentsentinel.embedded import EmbeddedPostgres

RUN_FOLDER = "AGENTSENTINEL_TEST_RUN"

# The suite starts hundreds of processes: without this each would compile all that it imports, for seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# No test fails because the machine is slow: neither by an example that takes long, nor by examples that are long in
# the making.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process names the folder; workers inherit the name."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="astest-", dir="/tmp")
        Path(folder).chmod(0o711)
        os.environ[RUN_FOLDER] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controlling process leaves nothing behind."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(RUN_FOLDER))
    if (folder / "pg").exists():
        asyncio.run(EmbeddedPostgres(folder / "pg").stop(timeout=5))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_dsn() -> str:
    """The address of a real PostgreSQL, as asyncpg takes it."""
    postgres = EmbeddedPostgres(Path(os.environ[RUN_FOLDER]) / "pg")
    asyncio.run(postgres.start())
    return postgres.dsn
