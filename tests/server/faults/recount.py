"""The small tables hold what a recount of the raw events gives. One place says what that means for each counter."""

from typing import Any

import httpx2

from patience import PATIENCE_SECONDS
from server.faults.embedded_platform import wait_until
from server.support import query

# Ingest counts minutes and hours only for calls that are less than 7 days behind their agent's newest one, and
# housekeeping forgets minutes that no score and no detector asks for.
_RAW = """
WITH newest AS (
    SELECT agent_id, max(timestamp) AS newest_at FROM agent_events GROUP BY agent_id
), raw AS (
    SELECT e.*, n.newest_at,
           floor(extract(epoch FROM e.timestamp) / 60)::int AS minute,
           floor(extract(epoch FROM n.newest_at) / 60)::int AS newest_minute
    FROM agent_events e JOIN newest n USING (agent_id)
), counted AS (
    SELECT * FROM raw WHERE newest_at - timestamp < interval '7 days'
)
"""

_DIFFERENCES = {
    "agent_activity": """
        SELECT * FROM (SELECT agent_id, events, newest_at FROM agent_activity) c
        FULL JOIN (SELECT agent_id, count(*) AS events, max(timestamp) AS newest_at FROM raw GROUP BY 1) r
            USING (agent_id)
        WHERE (c.events, c.newest_at) IS DISTINCT FROM (r.events, r.newest_at)
    """,
    "agent_minutes": """
        SELECT * FROM (
            SELECT m.agent_id, m.minute, m.calls, m.anomaly_sum FROM agent_minutes m JOIN newest n USING (agent_id)
            WHERE m.minute > floor(extract(epoch FROM n.newest_at) / 60) - 1440
        ) c
        FULL JOIN (
            SELECT agent_id, minute, count(*) AS calls, sum(anomaly_score) AS anomaly_sum FROM counted
            WHERE minute > newest_minute - 1440 GROUP BY 1, 2
        ) r USING (agent_id, minute)
        WHERE c.calls IS DISTINCT FROM r.calls
            OR abs(c.anomaly_sum - r.anomaly_sum) > 1e-9 * greatest(1, abs(r.anomaly_sum))
    """,
    "agent_hours": """
        SELECT * FROM (SELECT agent_id, hour, calls, anomaly_sum, errors, denied, histogram FROM agent_hours) c
        FULL JOIN (
            SELECT agent_id, minute / 60 AS hour, count(*) AS calls, sum(anomaly_score) AS anomaly_sum,
                   count(*) FILTER (WHERE status = 'error') AS errors,
                   count(*) FILTER (WHERE status = 'denied' OR decision = 'deny') AS denied,
                   array(SELECT (count(*) FILTER (WHERE least(floor(score * 10), 9) = bucket))::int
                         FROM generate_series(0, 9) bucket, unnest(array_agg(anomaly_score)) score
                         GROUP BY bucket ORDER BY bucket) AS histogram
            FROM raw WHERE agent_id IN (SELECT id FROM agents WHERE removed_at IS NULL) GROUP BY 1, 2
        ) r USING (agent_id, hour)
        WHERE (c.calls, c.errors, c.denied, c.histogram) IS DISTINCT FROM (r.calls, r.errors, r.denied, r.histogram)
            OR abs(c.anomaly_sum - r.anomaly_sum) > 1e-9 * greatest(1, abs(r.anomaly_sum))
    """,
    "tool_usage": """
        SELECT * FROM (SELECT agent_id, tool_name, total_calls, last_at FROM tool_usage) c
        FULL JOIN (
            SELECT agent_id, tool_name, count(*) AS total_calls, max(timestamp) AS last_at FROM raw GROUP BY 1, 2
        ) r USING (agent_id, tool_name)
        WHERE (c.total_calls, c.last_at) IS DISTINCT FROM (r.total_calls, r.last_at)
    """,
    "tool_minutes": """
        SELECT * FROM (
            SELECT m.agent_id, m.tool_name, m.minute, m.calls FROM tool_minutes m JOIN newest n USING (agent_id)
            WHERE m.minute > floor(extract(epoch FROM n.newest_at) / 60) - 120
        ) c
        FULL JOIN (
            SELECT agent_id, tool_name, minute, count(*) AS calls FROM counted
            WHERE minute > newest_minute - 120 GROUP BY 1, 2, 3
        ) r USING (agent_id, tool_name, minute)
        WHERE c.calls IS DISTINCT FROM r.calls
    """,
    "tool_hours": """
        SELECT * FROM (SELECT agent_id, tool_name, hour, calls, learned FROM tool_hours) c
        FULL JOIN (
            SELECT agent_id, tool_name, minute / 60 AS hour, count(*) AS calls FROM counted GROUP BY 1, 2, 3
        ) r USING (agent_id, tool_name, hour)
        WHERE c.calls IS DISTINCT FROM r.calls OR c.learned NOT BETWEEN 0 AND c.calls
    """,
    "event_receipts": """
        SELECT * FROM event_receipts c FULL JOIN raw r ON r.id = c.event_id
        WHERE c.event_id IS NULL OR r.id IS NULL OR c.timestamp <> r.timestamp
    """,
}


def differences(dsn: str) -> dict[str, list[dict[str, Any]]]:
    """Counter table -> its rows that a recount does not give, once what was stored is added up.

    Every event must carry an id of its client's.
    """
    wait_until(
        lambda: query(dsn, "SELECT id FROM counter_journal LIMIT 1") == [], PATIENCE_SECONDS, "the journal is settled"
    )
    found = {name: query(dsn, f"{_RAW} {sql} LIMIT 5") for name, sql in _DIFFERENCES.items()}
    return {name: rows for name, rows in found.items() if rows}


def rollup_differences(dsn: str) -> list[dict[str, Any]]:
    """Rollups that a recount of the events of agents that are there does not give, once the journal is settled."""
    return query(dsn, f"{_RAW} {_DIFFERENCES['agent_hours']}")


def stored_twice(dsn: str) -> int:
    """How many ids have more than one event."""
    rows = query(dsn, "SELECT count(*) AS n FROM (SELECT id FROM agent_events GROUP BY id HAVING count(*) > 1) d")
    return int(rows[0]["n"])


def unscored_agents(dsn: str) -> int:
    """How many agents have events that their score does not know of."""
    sql = "SELECT count(*) AS n FROM agents a JOIN agent_activity s ON s.agent_id = a.id WHERE events <> scored_events"
    return int(query(dsn, sql)[0]["n"])


def tallies(url: str) -> dict[str, int]:
    """Read the server's own counters of events, the rejected ones by reason."""
    counters = {"received": 0, "stored": 0, "duplicate": 0}
    for line in httpx2.get(f"{url}/metrics", timeout=5, trust_env=False).text.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("agentsentinel_events_") and "_total" in name:
            short = name.removeprefix("agentsentinel_events_").replace("_total", "")
            counters[short] = int(float(value))
    return counters


def unaccounted(counters: dict[str, int]) -> int:
    """received - stored - duplicate - rejected: zero when every event is accounted for."""
    rejected = sum(count for name, count in counters.items() if name.startswith("rejected"))
    return counters["received"] - counters["stored"] - counters["duplicate"] - rejected
