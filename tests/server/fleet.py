"""A fleet with a past: agents, their events of 30 days, and all that follows from them, filled by SQL.

Reporting a hundred thousand events takes longer than the tests that look at them. Everything that the server counts is
counted as it does: activity, rollups, tools. The events are judged and the agents scored, so that no work is left.
"""

import asyncio
from datetime import timedelta

import asyncpg

from agentsentinel.ingest.partitions import WEEK, has_hypertable, make_partitions, week_of
from agentsentinel.ingest.rollups import BUCKETS, each_bucket
from agentsentinel.kit.ids import now

DAYS = 30
TEAMS = 12
CALLS = 8
"""Calls of a session, 20 seconds apart."""
TOOLS = (
    ("read_database", "send_email", "crm_search", "http_post"),
    ("search_docs", "list_articles", "summarize_text", "write_report"),
    ("run_command", "fetch_webpage", "list_files", "get_stock"),
    ("get_secret", "deploy_service", "list_invoices", "list_runs"),
)
"""Tools of agent n: those at n % 4. The first can leak internal data, the third can be turned by what it reads."""

_AGENTS = f"""
INSERT INTO agents (id, name, agent_type, model, owner_team, status, trust_score, posture_score, behavior_score,
                    recency_bonus, last_scored_at, scored_events, channels, created_at, updated_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'fleet-' || lpad(n::text, 4, '0'), 'llm_agent',
       'unknown', 'team-' || lpad((n % {TEAMS})::text, 2, '0'),
       CASE WHEN score < 40 THEN 'CRITICAL' WHEN score < 60 THEN 'ALERT' WHEN score < 80 THEN 'WATCH'
            ELSE 'TRUSTED' END,
       score, least(100, score + 4), score, 0, now(), 0, 2, now() - interval '40 days', now()
FROM generate_series(1, $1::int) n, LATERAL (SELECT 30 + (n * 37 % 70)) s(score)
"""
_GRANTS = """
INSERT INTO tool_grants (id, agent_id, tool_name, scope, is_dangerous, created_at)
SELECT gen_random_uuid(), a.id, t.name, 'read', false, a.created_at
FROM agents a, unnest($1::int[], $2::text[]) t(kind, name) WHERE right(a.name, 4)::int % 4 = t.kind
"""
# Event n belongs to session n / CALLS; sessions are spread evenly over the days and go to the agents in turn.
_EVENTS = f"""
INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, duration_ms,
                          session_id, tool_call_id, status, anomaly_score, reasons, channel, trace_id)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
            || '7' || substr(digest, 1, 3) || '8' || substr(digest, 4, 15))::uuid,
       at, at, ('00000000-0000-7000-8000-' || lpad(to_hex(agent), 12, '0'))::uuid,
       (CAST($2::text[] AS text[]))[agent % 4 * 4 + n % 4 + 1], decode(digest || digest, 'hex'),
       decode(digest || digest, 'hex'), (n * 7919 % 2000)::int, 'run-' || session, 'call-' || n,
       CASE WHEN n % 50 = 7 THEN 'error' WHEN n % 400 = 11 THEN 'denied' ELSE 'ok' END, score,
       CASE WHEN score > 0 THEN jsonb_build_array(jsonb_build_object(
           'detector', 'first_call', 'score', score, 'message', 'First call of this tool')) END,
       1, CASE WHEN n % 3 = 0 THEN decode(digest, 'hex') END
FROM generate_series(0, $1::bigint - 1) n,
LATERAL (SELECT n / {CALLS}, (n / {CALLS} % $3::int + 1)::int, md5(n::text)) s(session, agent, digest),
LATERAL (SELECT now() - interval '1 minute' * (3 + CAST($4::int AS int) * 1440
             * (1 - session::float8 * {CALLS} / $1)) + n % {CALLS} * interval '20 seconds') t(at),
LATERAL (SELECT CASE WHEN agent % 20 = 7 AND n % {CALLS} = 3 THEN 0.92 WHEN n % 40 = 13 THEN 0.75
                     WHEN n % 9 = 0 THEN 0.3 ELSE 0 END) a(score)
"""
_HOURS = f"""
INSERT INTO agent_hours (agent_id, hour, calls, anomaly_sum, errors, denied, histogram)
SELECT agent_id, floor(extract(epoch FROM timestamp) / 3600), count(*), sum(anomaly_score),
       count(*) FILTER (WHERE status = 'error'), count(*) FILTER (WHERE status = 'denied'),
       {each_bucket(f"count(*) FILTER (WHERE least(floor(anomaly_score * {BUCKETS})::int, {BUCKETS - 1}) = {{n}} - 1)")}
FROM agent_events GROUP BY 1, 2
"""
_COUNTERS = (
    _HOURS,
    """
    INSERT INTO agent_activity (agent_id, events, newest_at, recent_receipts)
    SELECT agent_id, count(*), max(timestamp), ARRAY[max(received_at)] FROM agent_events GROUP BY 1
    """,
    """
    INSERT INTO tool_usage (agent_id, tool_name, total_calls, last_at, last_session, finished_hour, finished_calls)
    SELECT agent_id, tool_name, count(*), max(timestamp), max(session_id), -1, 0 FROM agent_events GROUP BY 1, 2
    """,
    "UPDATE agents a SET scored_events = s.events FROM agent_activity s WHERE s.agent_id = a.id",
    """
    INSERT INTO session_states (agent_id, version, seen, done, minutes, open, learned, learned_sessions, relearns)
    SELECT id, 0, pg_current_snapshot()::text, 0, '', '', '', 40, false FROM agents
    """,
)
# A finding of every third agent and rule, opened in turn over the days; two of five are resolved two days later.
_FINDINGS = """
WITH made AS (
    INSERT INTO findings (id, agent_id, severity, finding_type, rule_id, title, message, detail, evidence, fingerprint,
                          status, is_active, created_at, last_opened_at, updated_at, resolved_at)
    SELECT gen_random_uuid(), a.id, r.severity, 'POSTURE', r.rule, r.title, 'A message', '', '["tool:some_tool"]',
           repeat('0', 64), CASE WHEN is_over THEN 'RESOLVED' ELSE 'OPEN' END, NOT is_over, opened, opened,
           CASE WHEN is_over THEN opened + interval '2 days' ELSE opened END,
           CASE WHEN is_over THEN opened + interval '2 days' END
    FROM agents a,
    (VALUES (0, 'HIGH', 'EXFILTRATION_PATH', 'Internal data can leave through this agent'),
            (1, 'MEDIUM', 'MISSING_RATE_LIMIT', 'Dangerous tool has no rate limit'),
            (2, 'LOW', 'EXCESSIVE_TOOLS', 'Agent holds too many tools')) r(place, severity, rule, title),
    LATERAL (SELECT right(a.name, 4)::int, right(a.name, 4)::int * 3 + r.place) n(agent, number),
    LATERAL (SELECT number % 5 < 2,
                    now() - interval '1 hour' * (49 + number * 7 % ($1::int * 24 - 60))) s(is_over, opened)
    WHERE number % 3 = agent % 3
    RETURNING id, status, created_at, resolved_at
)
INSERT INTO finding_history (id, finding_id, at, status)
SELECT gen_random_uuid(), id, created_at, 'OPEN' FROM made
UNION ALL SELECT gen_random_uuid(), id, resolved_at, 'RESOLVED' FROM made WHERE status = 'RESOLVED'
"""
_POINTS = """
INSERT INTO score_history (agent_id, recorded_at, id, trust_score, posture_score, behavior_score, recency_bonus, status,
                           causes)
SELECT a.id, now() - n * interval '12 hours', gen_random_uuid(), score, 75, score, 0, 'WATCH', '[]'
FROM agents a, generate_series(0, $1::int * 2) n,
LATERAL (SELECT CASE WHEN n = 0 THEN a.trust_score ELSE 40 + (right(a.name, 4)::int + n * 7919) % 50 END) s(score)
"""


def fill(dsn: str, agents: int = 200, events: int = 100_000, days: int = DAYS) -> None:
    """Fill a database that the server has migrated."""
    asyncio.run(_fill(dsn, agents, events, days))


async def _fill(dsn: str, agents: int, events: int, days: int) -> None:
    connection = await asyncpg.connect(dsn, command_timeout=600)
    try:
        await connection.execute("SET work_mem = '256MB'")
        if not await has_hypertable(connection):
            first = week_of(now() - timedelta(days=days + 1))
            await make_partitions(connection, [first + WEEK * n for n in range(days // 7 + 2)])
        tools = [name for kind in TOOLS for name in kind]
        await connection.execute(_AGENTS, agents)
        await connection.execute(_GRANTS, [n // 4 for n in range(len(tools))], tools)
        await connection.execute(_EVENTS, events, tools, agents, days)
        for statement in _COUNTERS:
            await connection.execute(statement)
        await connection.execute(_FINDINGS, days)
        await connection.execute(_POINTS, days)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
