"""Watch for agents that have stopped reporting: by when each has to report again, and who has missed that time.

Each agent has a deadline, computed from its rollups and kept in `report_deadlines`. It is computed again only once it
has passed and the agent has reported since, so an agent costs at most one small query an hour, however many events it
reports. One that has not reported is scored, and scoring makes it silent (`scores/snapshot.py`); its next report is
scored too, and ends that.

While the platform is down, agents cannot report. After a pause of the watch, and at its first run, no deadline is
earlier than `law.least_seconds` from then: time enough for reports that were spooled.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg

from agentsentinel.ingest.rollups import SLICES
from agentsentinel.kit.database import Connection
from agentsentinel_core.behavior.silence import SilenceLaw, report_deadline

ADVISORY_LOCK = 0x51_1E_4C_E0
"""Lets one worker watch at a time."""
WATCH_SECONDS = 60.0
MISSED_WATCHES = timedelta(seconds=10 * WATCH_SECONDS)
"""Time without a watch after which the platform was down."""
AGENTS_AT_ONCE = 500
"""Deadlines computed in one transaction; the next watch continues."""
ROLLUPS_READ = 336
"""Newest hours with calls that are read of an agent: 14 days of a busy one, months of one that works rarely."""
OLDEST_HOURS = 90 * 24
"""Hours that count, before the newest one."""
FACT = "silence_watched_at"
"""Name of the fact: when the last watch was, and before which time no deadline is, in POSIX seconds."""

LAST_REPORT = "greatest(y.newest_at, y.recent_receipts[cardinality(y.recent_receipts)])"
"""When an agent last reported, by its clock or ours: one that was spooled, or is of the past, is a report."""
_WATCHED = "SELECT value FROM server_facts WHERE name = $1"
_NOTE = """
INSERT INTO server_facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_POSTPONE = "UPDATE report_deadlines SET due_at = $2 WHERE due_at > $1 AND due_at < $2"
_REPORTED = f"""
SELECT a.id, a.silent_after_hours, {LAST_REPORT} AS last_report_at
FROM agents a JOIN agent_activity y ON y.agent_id = a.id LEFT JOIN report_deadlines d ON d.agent_id = a.id
WHERE a.removed_at IS NULL AND a.suspended_at IS NULL
    AND (d.agent_id IS NULL OR (d.due_at <= $1 AND d.last_report_at < {LAST_REPORT}))
ORDER BY d.due_at NULLS FIRST, a.id LIMIT {AGENTS_AT_ONCE}
"""  # noqa: S608 - our own words
_ROLLUPS = f"""
SELECT hour, active_slices FROM agent_hours
WHERE agent_id = $1 ORDER BY hour DESC LIMIT {ROLLUPS_READ}
"""  # noqa: S608
_STORE = """
INSERT INTO report_deadlines (agent_id, last_report_at, due_at) VALUES ($1, $2, $3)
ON CONFLICT (agent_id) DO UPDATE SET last_report_at = excluded.last_report_at, due_at = excluded.due_at
"""
_SCORE_MISSING = f"""
UPDATE agents SET rescore_at = $1 WHERE id = ANY(ARRAY(
    SELECT a.id FROM agents a JOIN report_deadlines d ON d.agent_id = a.id JOIN agent_activity y ON y.agent_id = a.id
    WHERE d.due_at <= $1 AND d.last_report_at >= {LAST_REPORT}
        AND a.silent_since IS NULL AND a.suspended_at IS NULL AND a.removed_at IS NULL
    ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED
))
"""  # noqa: S608


class _Watch(NamedTuple):
    last_at: datetime
    """When the watch before this one was."""
    no_deadline_before: datetime


async def watch_silence(connection: Connection, law: SilenceLaw, now: datetime) -> int:
    """Compute the deadlines that are needed, and have agents scored that have missed theirs; return how many.

    Nothing is done while another process watches, or just after it has. Raises what asyncpg raises.
    """
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", ADVISORY_LOCK):
            return 0
        watch = await _begin(connection, law, now)
        if now - watch.last_at < timedelta(seconds=WATCH_SECONDS / 2):
            return 0
        await connection.execute(_POSTPONE, watch.last_at, watch.no_deadline_before)
        await connection.execute(_NOTE, FACT, f"{now.timestamp()} {watch.no_deadline_before.timestamp()}")
        deadlines = [
            (agent["id"], agent["last_report_at"], max(watch.no_deadline_before, await _due(connection, agent, law)))
            for agent in await connection.fetch(_REPORTED, now)
        ]
        await connection.executemany(_STORE, deadlines)
        return int((await connection.execute(_SCORE_MISSING, now)).removeprefix("UPDATE "))


async def _begin(connection: Connection, law: SilenceLaw, now: datetime) -> _Watch:
    fact = await connection.fetchval(_WATCHED, FACT)
    if fact is None:
        return _Watch(datetime.fromtimestamp(0, UTC), now + timedelta(seconds=law.least_seconds))
    last_at, no_deadline_before = (datetime.fromtimestamp(float(seconds), UTC) for seconds in fact.split())
    if now - last_at > MISSED_WATCHES:
        no_deadline_before = now + timedelta(seconds=law.least_seconds)
    return _Watch(last_at, no_deadline_before)


async def _due(connection: Connection, agent: asyncpg.Record, law: SilenceLaw) -> datetime:
    last_report_at: datetime = agent["last_report_at"]
    if agent["silent_after_hours"] is not None:
        return last_report_at + timedelta(hours=agent["silent_after_hours"])
    rows = await connection.fetch(_ROLLUPS, agent["id"])
    active = active_slices((row["hour"], row["active_slices"]) for row in rows)
    return datetime.fromtimestamp(report_deadline(active, last_report_at.timestamp(), law), UTC)


def active_slices(rollups: Iterable[tuple[int, int]]) -> list[int]:
    """Return the numbers of the slices with calls, sorted, of hours and their bit sets; those of the last 90 days."""
    numbers = sorted(
        hour * SLICES + place for hour, slices in rollups for place in range(SLICES) if slices >> place & 1
    )
    oldest = numbers[-1] - OLDEST_HOURS * SLICES if numbers else 0
    return [number for number in numbers if number >= oldest]
