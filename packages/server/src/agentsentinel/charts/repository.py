"""SQL queries of charts. They read rollups and the history of findings, and no raw event."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.charts.buckets import DAY, HOUR, MINUTE, Buckets
from agentsentinel.ingest.rollups import ANOMALOUS, BUCKETS


class Scope(NamedTuple):
    """Which agents a chart is about; None matches all."""

    agent_id: UUID | None = None
    owner_team: str | None = None


class Counts(NamedTuple):
    """Counts of calls; None where the rollup does not have them."""

    calls: int
    anomalies: int | None
    errors: int | None
    denied: int | None


class Team(NamedTuple):
    """Calls of one team."""

    owner_team: str
    agents: int
    calls: int
    anomalies: int


_ANOMALIES = " + ".join(f"histogram[{n}]" for n in range(int(ANOMALOUS * BUCKETS) + 1, BUCKETS + 1))
_SOURCES = {
    MINUTE: ("agent_minutes", "minute", "NULL::int, NULL::int, NULL::int", "NULL::int"),
    HOUR: ("agent_hours", "hour", f"sum({_ANOMALIES})::int, sum(errors)::int, sum(denied)::int", f"sum({_ANOMALIES})"),
    DAY: ("agent_days", "day", "sum(anomalies)::int, sum(errors)::int, sum(denied)::int", "sum(anomalies)"),
}
"""By the length of its rows in seconds: a rollup, its column of time, and its counts beside the calls."""
_FIRST = "CAST(:first AS bigint)"
_IN_SCOPE = """
    r.agent_id IN (
        SELECT id FROM agents
        WHERE removed_at IS NULL AND (CAST(:owner_team AS text) IS NULL OR owner_team = :owner_team)
    ) AND (CAST(:agent_id AS uuid) IS NULL OR r.agent_id = :agent_id)
"""
_CALLS = {
    length: text(
        f"""
        SELECT (({column}::bigint * {length} - {_FIRST}) / CAST(:seconds AS bigint))::int AS place, sum(calls)::int,
               {counts}
        FROM {table} r
        WHERE {column} >= {_FIRST} / {length} AND {column} < CAST(:end AS bigint) / {length} AND {_IN_SCOPE}
        GROUP BY place
        """  # noqa: S608 - our own words
    )
    for length, (table, column, counts, _) in _SOURCES.items()
}
_TEAMS = {
    length: text(
        f"""
        SELECT a.owner_team, count(*)::int, sum(c.calls)::int AS calls, coalesce(sum(c.anomalies), 0)::int,
               count(*) OVER ()::int
        FROM (
            SELECT agent_id, sum(calls) AS calls, {anomalies} AS anomalies
            FROM {table} r
            WHERE {column} >= {_FIRST} / {length} AND {column} < CAST(:end AS bigint) / {length} GROUP BY agent_id
        ) c JOIN agents a ON a.id = c.agent_id
        WHERE a.removed_at IS NULL GROUP BY a.owner_team ORDER BY calls DESC, a.owner_team LIMIT :limit
        """  # noqa: S608 - our own words
    )
    for length, (table, column, _, anomalies) in _SOURCES.items()
}
_FINDINGS = text(
    """
    SELECT ((floor(extract(epoch FROM h.at))::bigint - CAST(:first AS bigint)) / CAST(:seconds AS bigint))::int,
           count(*) FILTER (WHERE h.status = 'OPEN')::int, count(*) FILTER (WHERE h.status = 'RESOLVED')::int
    FROM finding_history h JOIN findings f ON f.id = h.finding_id JOIN agents a ON a.id = f.agent_id
    WHERE h.at >= :since AND h.at < :until AND NOT h.is_assignment AND a.removed_at IS NULL
        AND (CAST(:owner_team AS text) IS NULL OR a.owner_team = :owner_team)
        AND (CAST(:agent_id AS uuid) IS NULL OR a.id = :agent_id)
    GROUP BY 1
    """
)


async def count_calls(session: AsyncSession, buckets: Buckets, scope: Scope) -> Mapping[int, Counts]:
    """Count calls by bucket: the number of each, from 0, where there is a call."""
    statement = _CALLS[_source(buckets)]
    rows = await session.execute(statement, _range(buckets) | {"seconds": buckets.seconds} | scope._asdict())
    return {row[0]: Counts(*row[1:]) for row in rows}


async def count_calls_by_team(session: AsyncSession, buckets: Buckets, limit: int) -> tuple[list[Team], int]:
    """Count calls by team; return the teams with most calls, and how many teams there are."""
    rows = (await session.execute(_TEAMS[_source(buckets)], _range(buckets) | {"limit": limit})).all()
    return [Team(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


async def count_finding_steps(session: AsyncSession, buckets: Buckets, scope: Scope) -> dict[int, tuple[int, int]]:
    """Count how often findings opened and were resolved, by bucket."""
    parameters = {"first": buckets.first, "seconds": buckets.seconds, "since": buckets.since, "until": buckets.until}
    rows = await session.execute(_FINDINGS, parameters | scope._asdict())
    return {row[0]: (row[1], row[2]) for row in rows}


def _source(buckets: Buckets) -> int:
    """Return the length of the rows of the coarsest rollup that these buckets can be made of."""
    return max(length for length in _SOURCES if length <= buckets.seconds)


def _range(buckets: Buckets) -> dict[str, Any]:
    return {"first": buckets.first, "end": buckets.end}
