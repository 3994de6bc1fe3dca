"""The migrations on a TimescaleDB in Node, for machines without a server of it: an older version, one connection."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from agentsentinel.kit.ids import now
from agentsentinel.schema import _upgrade
from agentsentinel.session_risk.repository import UNCOMPRESSED, LockedState, find_new_events, has_hypertable
from ports import free_port

NPM = Path(__file__).parents[1] / "npm"
NODE = NPM.parents[1] / "ui" / "node_modules" / ".node" / "node"
ADD_EVENT = text(
    "INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, status,"
    " anomaly_score) VALUES (gen_random_uuid(), :at, now(), :agent_id, 'crm_search', '', '', 'ok', 0)"
)
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
        assert names == [
            f"ix_agent_events_{of}" for of in ("agent", "failed", "session", "timestamp", "tool", "unusual")
        ]
        assert await _find_new_event(connection)


async def _find_new_event(connection: AsyncConnection) -> bool:
    """Return whether session risk finds a new event, and only that, beside an old chunk that is compressed."""
    agent_id, moment = uuid4(), now()
    for at in (moment - timedelta(days=40), moment):
        await connection.execute(ADD_EVENT, {"agent_id": agent_id, "at": at})
    await connection.execute(text("SELECT compress_chunk(c) FROM show_chunks('agent_events', older_than => now()) c"))
    await connection.commit()
    async with AsyncSession(connection) as session:
        target = (await session.execute(text("SELECT pg_current_snapshot()::text"))).scalar_one()
        assert await has_hypertable(session)
        state = LockedState(agent_id, 0, None, target, 0, b"", False, "llm_agent")
        minutes = [int(at.timestamp()) // 60 for at in (moment - timedelta(days=40), moment)]
        found = await find_new_events(session, minutes, state, 10, moment - UNCOMPRESSED)
        assert [event.timestamp for event in found] == [moment]
        seen = state._replace(seen=target)
        return not await find_new_events(session, minutes, seen, 10, moment - UNCOMPRESSED)
