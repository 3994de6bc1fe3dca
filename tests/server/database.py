"""Work on a database directly, without a server."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg

from agentsentinel.kit.database import Connection
from server.support import query

T = TypeVar("T")


NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
"""A Wednesday."""


ADD_EVENT = """
INSERT INTO agent_events
    (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, status, anomaly_score)
VALUES (gen_random_uuid(), $1, now(), gen_random_uuid(), 'crm_search', '', '', 'ok', 0)
"""


def add_event(dsn: str, at: datetime) -> None:
    query(dsn, ADD_EVENT, at)


def on(dsn: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do something with a connection."""
    return asyncio.run(connected(dsn, work))


async def connected(dsn: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(dsn)
    try:
        return await work(connection)
    finally:
        await connection.close()
