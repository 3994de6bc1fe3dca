"""A past for a platform: a thousand agents, their events of the last 30 days, and every counter that goes with them.

Filled by SQL, since reporting two million events takes longer than measuring what they cost. Agents come in two kinds.
*Weekly* ones worked for one clock hour a week, last two hours ago: one sample in seven days has no spread, so a load
of theirs is never flagged, as that of new agents is not. *Daily* ones called each tool every few hours: for them any
load is a burst. All events were judged usual, and an agent has used every tool it was granted.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from agentsentinel.ingest.partitions import WEEK, has_hypertable, make_partitions, week_of
from agentsentinel.kit.ids import now
from agentsentinel_core.tools.classify import classify
from bench.database import Connection, Work
from bench.wrk import TOOLS, BenchError

AGENTS = 1_000
WEEKLY_AGENTS = 32
"""The first agents by name are weekly; this is their number."""
DAYS = 30
SCORED_SECONDS = 60.0

MAKE_AGENTS = """
INSERT INTO agents (id, name, agent_type, model, owner_team, description, status, created_at, updated_at)
SELECT gen_random_uuid(), 'bench-' || to_char(n, 'FM0000'), 'llm_agent', 'unknown', 'team-' || n % 20,
       'An agent of the benchmark', 'WATCH', made_at, made_at
FROM generate_series(0, $1::int - 1) n, LATERAL (SELECT now() - interval '31 days' + n * interval '1 s') m(made_at)
"""
MAKE_GRANTS = """
INSERT INTO tool_grants (id, agent_id, tool_name, scope, is_dangerous, created_at)
SELECT gen_random_uuid(), a.id, t.name, t.scope, t.is_dangerous, a.created_at
FROM agents a, unnest($1::text[], $2::text[], $3::bool[]) t(name, scope, is_dangerous)
"""
READ_AGENTS = "SELECT id FROM agents ORDER BY name"

# Event n belongs to agent n % agents. Daily agents' events are spread evenly from 30 days ago until now; a weekly
# agent's k-th falls into one of five hours, a week apart. The id is a version 7 one of that time.
MAKE_EVENTS = """
INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, duration_ms,
                          session_id, tool_call_id, status, anomaly_score)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
            || '7' || substr(digest, 1, 3) || '8' || substr(digest, 4, 15))::uuid,
       at, at, ($2::uuid[])[(n % $3::int + 1)::int], ($4::text[])[(n / $3 % cardinality($4) + 1)::int],
       sha256(int8send(n)), sha256(int8send(-n)), n % 2000, 'session-' || at::date, 'call_' || n, 'ok', 0
FROM generate_series(0, $1::bigint - 1) n,
LATERAL (SELECT (n / $3)::float8 * 5 / ($1 / $3)) w(week),
LATERAL (SELECT md5(n::text), CASE WHEN n % $3 < $5::int
    THEN date_trunc('hour', now()) - interval '2 hours' - (4 - floor(week)) * interval '7 days'
        + (week - floor(week)) * interval '1 hour'
    ELSE now() - (1 - n::float8 / $1) * interval '30 days' END) e(digest, at)
"""

# Counted as ingest counts, as far back as it keeps counters. Sessions are named after their day: the last sorts last.
MAKE_COUNTERS = (
    "INSERT INTO event_receipts (event_id, timestamp) SELECT id, timestamp FROM agent_events",
    """
    INSERT INTO agent_activity (agent_id, events, newest_at, recent_receipts)
    SELECT e.agent_id, count(*), max(e.timestamp), (
        SELECT array_agg(r.received_at ORDER BY r.received_at) FROM (
            SELECT received_at FROM agent_events WHERE agent_id = e.agent_id ORDER BY timestamp DESC LIMIT 5) r)
    FROM agent_events e GROUP BY e.agent_id
    """,
    """
    INSERT INTO agent_minutes (agent_id, minute, calls, anomaly_sum)
    SELECT agent_id, floor(extract(epoch FROM timestamp) / 60), count(*), 0
    FROM agent_events JOIN agent_activity USING (agent_id)
    WHERE timestamp > now() - interval '2 days' AND timestamp > newest_at - interval '1500 minutes' GROUP BY 1, 2
    """,
    """
    INSERT INTO tool_usage
        (agent_id, tool_name, total_calls, last_at, last_session, finished_hour, finished_calls)
    SELECT agent_id, tool_name, count(*), max(timestamp), max(session_id), -1, 0 FROM agent_events GROUP BY 1, 2
    """,
    """
    INSERT INTO tool_minutes (agent_id, tool_name, minute, calls)
    SELECT agent_id, tool_name, floor(extract(epoch FROM timestamp) / 60), count(*)
    FROM agent_events JOIN agent_activity USING (agent_id)
    WHERE timestamp > now() - interval '2 days' AND timestamp > newest_at - interval '125 minutes' GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO tool_hours (agent_id, tool_name, hour, calls, learned)
    SELECT agent_id, tool_name, floor(extract(epoch FROM timestamp) / 3600), count(*), count(*)
    FROM agent_events JOIN agent_activity USING (agent_id)
    WHERE timestamp > now() - interval '8 days' AND timestamp > newest_at - interval '170 hours' GROUP BY 1, 2, 3
    """,
)
COUNT_UNSCORED = """
SELECT count(*) FROM agents a JOIN agent_activity s ON s.agent_id = a.id WHERE s.events > a.scored_events
"""


def fill(events: int, agents: int = AGENTS) -> Work[list[str]]:
    """Create the agents and `events` events of theirs, and wait for their scores.

    Returns the agents' ids, ordered by name.
    """

    async def work(connection: Connection) -> list[str]:
        await connection.execute("SET work_mem = '256MB'")
        agent_ids = await _make_agents(connection, agents)
        if events:
            await _make_events(connection, agent_ids, events)
            await _settle(connection)
        return agent_ids

    return work


async def _make_agents(connection: Connection, agents: int) -> list[str]:
    await connection.execute(MAKE_AGENTS, agents)
    tools = [classify(name) for name in TOOLS]
    scopes, dangers = [tool.scope.value for tool in tools], [tool.is_dangerous for tool in tools]
    await connection.execute(MAKE_GRANTS, list(TOOLS), scopes, dangers)
    await connection.execute("VACUUM (ANALYZE) agents, tool_grants")
    return [str(row["id"]) for row in await connection.fetch(READ_AGENTS)]


async def _make_events(connection: Connection, agent_ids: Sequence[str], events: int) -> None:
    if not await has_hypertable(connection):
        moment = now()
        weeks = {week_of(moment - timedelta(days=DAYS) + n * WEEK) for n in range(DAYS // 7 + 1)}
        await make_partitions(connection, sorted(weeks | {week_of(moment)}))
    await connection.execute(MAKE_EVENTS, events, list(agent_ids), len(agent_ids), list(TOOLS), WEEKLY_AGENTS)
    await connection.execute("ANALYZE agent_events")
    for statement in MAKE_COUNTERS:
        await connection.execute(statement)


async def _settle(connection: Connection) -> None:
    """Wait for scores and do the database's maintenance, so that no background work is left while we measure.

    Only for a store with events: a table known to be empty is read from end to end by plans that outlive its emptiness.
    """
    await _wait_for_scores(connection)
    await connection.execute("VACUUM (ANALYZE)")  # else autovacuum does it, a minute later
    await connection.execute("CHECKPOINT")


async def _wait_for_scores(connection: Connection) -> None:
    deadline = monotonic() + SCORED_SECONDS
    while await connection.fetchval(COUNT_UNSCORED):
        if monotonic() > deadline:
            raise BenchError(f"the agents were not scored within {SCORED_SECONDS:.0f} s")
        await asyncio.sleep(0.2)
