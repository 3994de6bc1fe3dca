"""Recount the rollups of events that were stored before there were rollups, hour by hour and without locks on events.

The migration notes the hours as a fact, since one statement over all events would take minutes. For each hour the
recount adds the difference between its events and what rollup and counter journal hold of it, all read by one statement
and so in one snapshot. Events that are stored meanwhile are in neither side of the difference and count as usual; a
repeated recount adds nothing. The last hours, in which servers of the former version may still have stored events, are
recounted when they are over.
"""

import asyncio
from datetime import datetime

from agentsentinel.ingest.counters import JOURNAL_ROW
from agentsentinel.ingest.rollups import ADD_TO_ROLLUP, BUCKETS, COLUMNS, JOURNALED_HOURS, each_bucket
from agentsentinel.kit.database import Connection

FACT = "rollups_to_recount"
"""Name of the fact: the next hour and the last one to be recounted, since the epoch, with a space between."""
PAUSE_SECONDS = 0.01

_FIND = "SELECT value FROM server_facts WHERE name = $1 FOR UPDATE SKIP LOCKED"
_ADVANCE = "UPDATE server_facts SET value = $2 WHERE name = $1"
_FINISH = "DELETE FROM server_facts WHERE name = $1"
_COUNTS = "agent_id, calls, anomaly_sum, errors, denied, histogram, active_slices"
_RECOUNT = f"""
WITH events AS (
    SELECT agent_id, status, decision, coalesce(anomaly_score, 0) AS score,
           1 << extract(minute FROM timestamp AT TIME ZONE 'UTC')::int / 5 AS slice,
           1 + least(floor(coalesce(anomaly_score, 0) * {BUCKETS})::int, {BUCKETS - 1}) AS bucket
    FROM agent_events
    WHERE timestamp >= to_timestamp($1::int * 3600.0) AND timestamp < to_timestamp($1::int * 3600.0 + 3600)
        AND agent_id IN (SELECT id FROM agents WHERE removed_at IS NULL)
), recount AS MATERIALIZED (
    SELECT agent_id, count(*) AS calls, sum(score) AS anomaly_sum,
           count(*) FILTER (WHERE status = 'error') AS errors,
           count(*) FILTER (WHERE status = 'denied' OR decision = 'deny') AS denied,
           {each_bucket("count(*) FILTER (WHERE bucket = {n})")} AS histogram,
           bit_or(slice) AS active_slices
    FROM events GROUP BY agent_id
), rows AS (
    SELECT n.* FROM counter_journal j, json_to_recordset(j.counts::json) AS {JOURNAL_ROW}
), journaled AS (
    {JOURNALED_HOURS}
), counts AS (
    SELECT 1 AS sign, {_COUNTS} FROM recount
    UNION ALL
    SELECT -1, {_COUNTS} FROM agent_hours WHERE hour = $1 AND agent_id IN (SELECT agent_id FROM recount)
    UNION ALL
    SELECT -1, {_COUNTS} FROM journaled WHERE hour = $1 AND agent_id IN (SELECT agent_id FROM recount)
)
INSERT INTO agent_hours AS h ({COLUMNS})
SELECT agent_id, $1, sum(sign * calls), sum(sign * anomaly_sum), sum(sign * errors), sum(sign * denied),
       {each_bucket("sum(sign * histogram[{n}])")}, bit_or(active_slices)
FROM counts GROUP BY agent_id
{ADD_TO_ROLLUP}
"""  # noqa: S608 - our own words


async def recount_rollups(connection: Connection, now: datetime) -> int:
    """Recount all noted hours that are over; return how many were recounted.

    While another process recounts, nothing is done. Raises what asyncpg raises; the next call then continues.
    """
    recounted = 0
    while await _recount_next(connection, int(now.timestamp()) // 3600):
        recounted += 1
        await asyncio.sleep(PAUSE_SECONDS)
    return recounted


async def _recount_next(connection: Connection, current_hour: int) -> bool:
    """Recount the next hour; return whether there was one that is over."""
    async with connection.transaction():
        fact = await connection.fetchval(_FIND, FACT)
        if fact is None:
            return False
        hour, last = map(int, fact.split())
        if hour > last:
            await connection.execute(_FINISH, FACT)
            return False
        if hour >= current_hour:
            return False
        await recount_hour(connection, hour)
        await connection.execute(_ADVANCE, FACT, f"{hour + 1} {last}")
        return True


async def recount_hour(connection: Connection, hour: int) -> None:
    """Make the rollups of one hour equal to its events, where these are still stored."""
    await connection.execute(_RECOUNT, hour)
