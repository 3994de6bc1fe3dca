"""The migrations on a TimescaleDB in Node, for machines without a server of it: an older version, one connection."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from agentsentinel.schema import _upgrade
from ports import free_port

NPM = Path(__file__).parents[1] / "npm"
NODE = NPM.parents[1] / "ui" / "node_modules" / ".node" / "node"
COMPRESSION = """
SELECT attname, segmentby_column_index AS segment, orderby_column_index AS place
FROM timescaledb_information.compression_settings WHERE hypertable_name = 'agent_events' ORDER BY 2, 3
"""
POLICY = "SELECT config ->> 'compress_after' FROM timescaledb_information.jobs WHERE hypertable_name = 'agent_events'"
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'agent_events' ORDER BY 1"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Start it, and return its address."""
    node = str(NODE) if NODE.exists() else shutil.which("node")
    if node is None or not (NPM / "node_modules").exists():
        if os.environ.get("AGENTSENTINEL_TEST_ALL"):
            pytest.fail("the TimescaleDB of npm is not installed: make npm-packages")
        pytest.skip("the TimescaleDB of npm is not installed: make npm-packages")
    port = free_port()
    command = [node, str(NPM / "timescaledb.mjs"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield f"postgresql+asyncpg://postgres:postgres@127.0.0.1:{port}/postgres?ssl=disable"
        finally:
            process.kill()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """Connect, and cut the connection in the end: this server would not close it."""
    connection = await create_async_engine(url, poolclass=NullPool).connect()
    try:
        yield connection
    finally:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.terminate()
        await connection.invalidate()


def test_the_migrations_make_a_hypertable_that_is_compressed_after_a_week(url: str) -> None:
    asyncio.run(_migrate_and_check(url))


async def _migrate_and_check(url: str) -> None:
    async with connected(url) as connection:
        await connection.run_sync(_upgrade)
        await connection.commit()

        async def rows(sql: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await connection.execute(text(sql))]

        assert await rows("SELECT hypertable_name FROM timescaledb_information.hypertables") == [("agent_events",)]
        assert await rows(COMPRESSION) == [("agent_id", 1, None), ("timestamp", None, 1), ("id", None, 2)]
        assert await rows(POLICY) == [("7 days",)]
        names = [name for (name,) in await rows(INDEXES)]
        assert names == ["ix_agent_events_agent", "ix_agent_events_session", "ix_agent_events_timestamp"]
