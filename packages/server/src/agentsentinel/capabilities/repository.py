"""SQL queries of capabilities.

What a tool can do is known to the code and not to the database, so each query is given the tools and capabilities as a
table, `classes`; a class that a person has corrected is in its grant. Agents are then filtered and counted in one
statement, however many there are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.capabilities.schemas import CapabilityFilters
from agentsentinel.kit.windows import Ranked
from agentsentinel.overview.repository import NEVER_SCORED

Pair = tuple[str, str]
_TOOL_NAMES = text("SELECT DISTINCT tool_name FROM tool_grants")
_FITTING = """
    WITH held AS (
        SELECT a.id, a.name, a.owner_team, a.status, a.trust_score, coalesce(a.trust_score, :never_scored) AS rank,
               coalesce(array_agg(DISTINCT coalesce(c.capability, k.capability))
                        FILTER (WHERE c.capability IS NOT NULL OR k.capability IS NOT NULL), '{}') AS capabilities
        FROM agents a
        LEFT JOIN tool_grants g ON g.agent_id = a.id
        LEFT JOIN unnest(CAST(:tools AS text[]), CAST(:held AS text[])) c(tool_name, capability)
            ON c.tool_name = g.tool_name AND g.correction IS NULL
        LEFT JOIN LATERAL jsonb_array_elements_text(g.correction->'capabilities') k(capability) ON true
        WHERE a.removed_at IS NULL
            AND (CAST(:owner_team AS text) IS NULL OR a.owner_team = :owner_team)
            AND (CAST(:agent_id AS uuid) IS NULL OR a.id = :agent_id)
        GROUP BY a.id
    ), fitting AS (
        SELECT * FROM held
        WHERE (NOT CAST(:is_capable AS boolean) OR cardinality(capabilities) > 0)
            AND (CAST(:entries AS text[]) IS NULL OR EXISTS (
                SELECT FROM unnest(CAST(:entries AS text[]), CAST(:exits AS text[])) w(entry, exit)
                WHERE w.entry = ANY(capabilities) AND w.exit = ANY(capabilities)))
            AND NOT EXISTS (
                SELECT FROM unnest(CAST(:words AS text[])) w(word)
                WHERE strpos(lower(concat_ws(' ', name, owner_team, array_to_string(capabilities, ' '))),
                             lower(word)) = 0)
    )
"""
_LIST = text(
    f"""
    {_FITTING}
    SELECT id, name, owner_team, status, trust_score FROM fitting
    WHERE CAST(:after_rank AS float8) IS NULL OR (rank, id) > (:after_rank, CAST(:after_id AS uuid))
    ORDER BY rank, id LIMIT :limit
    """  # noqa: S608 - our own words
)
_COUNT = text(
    f"""
    {_FITTING}
    SELECT owner_team, capabilities, count(*)::int FROM fitting GROUP BY owner_team, capabilities
    """  # noqa: S608 - our own words
)


class Held(NamedTuple):
    """The agents of one team that hold exactly these capabilities."""

    owner_team: str
    capabilities: frozenset[str]
    agents: int


async def find_tool_names(session: AsyncSession) -> Sequence[str]:
    """Return the names of all granted tools, each once."""
    return (await session.execute(_TOOL_NAMES)).scalars().all()


async def find_agents(
    session: AsyncSession,
    classes: Iterable[Pair],
    filters: CapabilityFilters,
    ways: Sequence[Pair] | None,
    limit: int,
    after: Ranked | None,
) -> list[dict[str, Any]]:
    """List agents that pass the filters, least trusted first and unscored ones last, as plain columns.

    `classes` are pairs of tool and capability; `ways` are pairs of capabilities, of which an agent needs one.
    """
    rank, agent_id = after or (None, None)
    parameters = _parameters(classes, filters, ways) | {"limit": limit, "after_rank": rank, "after_id": agent_id}
    return [dict(row) for row in (await session.execute(_LIST, parameters)).mappings()]


async def count_agents(
    session: AsyncSession, classes: Iterable[Pair], filters: CapabilityFilters, ways: Sequence[Pair] | None
) -> list[Held]:
    """Count the agents that pass the filters, by team and by what they hold together."""
    rows = await session.execute(_COUNT, _parameters(classes, filters, ways))
    return [Held(row[0], frozenset(row[1]), row[2]) for row in rows]


def _parameters(classes: Iterable[Pair], filters: CapabilityFilters, ways: Sequence[Pair] | None) -> dict[str, Any]:
    pairs = list(classes)
    return {
        "tools": [tool for tool, _ in pairs],
        "held": [capability for _, capability in pairs],
        "never_scored": NEVER_SCORED,
        "owner_team": filters.owner_team,
        "agent_id": filters.agent_id,
        "is_capable": filters.is_capable,
        "words": list(filters.words),
        "entries": None if ways is None else [entry for entry, _ in ways],
        "exits": None if ways is None else [exit_ for _, exit_ in ways],
    }
