"""Erase the data of removed agents in steps: a busy agent has millions of events, too many for one request.

Removal marks an agent at once (`AgentRow.removed_at`), so that no answer contains it any more; it is erased here.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from agentsentinel.kit.database import Connection

STEP_ROWS = 5_000
"""Rows deleted by one statement, which takes some hundredths of a second."""
PAUSE_SECONDS = 0.01
SETTLING = timedelta(seconds=6)
"""Delay after the removal of an agent until its erasure: by then its last events are stored or refused."""

_REMOVED = "SELECT id FROM agents WHERE removed_at < $1 ORDER BY removed_at"
_EVENTS = """
DELETE FROM agent_events WHERE agent_id = $1 AND timestamp >= coalesce(
    (SELECT timestamp FROM agent_events WHERE agent_id = $1 ORDER BY timestamp DESC OFFSET $2::int - 1 LIMIT 1),
    '-infinity'
)
"""
"""Deletes a step of an agent's events, by time and not by ctid, which is unique in one partition only.

The newest are deleted first, since listings of events have to skip them.
"""
_ROWS = "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE agent_id = $1 LIMIT $2))"
_LARGE_TABLES = (
    "score_history",
    "tool_minutes",
    "tool_hours",
    "agent_minutes",
    "agent_hours",
    "agent_days",
    "tool_usage",
    "agent_sessions",
)
_AGENT = "DELETE FROM agents WHERE id = $1"


async def erase_removed(connection: Connection, now: datetime) -> int:
    """Erase all agents that were removed at least `SETTLING` ago; return how many were erased."""
    removed = [row["id"] for row in await connection.fetch(_REMOVED, now - SETTLING)]
    for agent_id in removed:
        await _erase(connection, agent_id)
    return len(removed)


async def _erase(connection: Connection, agent_id: UUID) -> None:
    for statement in (_EVENTS, *(_ROWS.format(table=table) for table in _LARGE_TABLES)):
        deleted = STEP_ROWS
        while deleted >= STEP_ROWS:
            deleted = int((await connection.execute(statement, agent_id, STEP_ROWS)).removeprefix("DELETE "))
            await asyncio.sleep(PAUSE_SECONDS)
    await connection.execute(_AGENT, agent_id)  # cascades to the small tables
