"""SQL of the markers, by which a change of what is enforced is noticed cheaply."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Each change of a grant or a manifest rescores its agent, which updates the agent's row and so its xmin. Only
# discoveries add grants without scoring, which the count shows.
_MARKERS = text(
    """
    SELECT a.id, a.xmin::text || ' ' || (SELECT count(*) FROM tool_grants g WHERE g.agent_id = a.id) AS marker
    FROM agents a WHERE a.id = ANY(:ids)
    """
)


async def find_markers(session: AsyncSession, agent_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return a marker for each of these agents that exists: a text that differs after each change of the agent.

    Other changes alter it too, such as a new score.
    """
    rows = await session.execute(_MARKERS, {"ids": list(agent_ids)})
    return {row.id: row.marker for row in rows}
