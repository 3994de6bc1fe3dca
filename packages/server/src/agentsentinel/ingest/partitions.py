"""The weekly partitions of `agent_events`: created before they are needed, dropped when their events are too old.

Neither blocks readers or writers. A partition is created as a table of its own and then attached, since
`CREATE TABLE ... PARTITION OF` waits for every reader, a backup too, and blocks all later readers and writers
meanwhile. It is detached `CONCURRENTLY` for the same reason, and each partition by itself: a single transaction would
hold locks on all of them. With TimescaleDB the hypertable creates its own chunks, and this module only drops them.
"""

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from agentsentinel.kit.database import Connection

WEEK = timedelta(days=7)
WEEKS_AHEAD = 4
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
LIMITS = "SET lock_timeout = '300ms'; SET statement_timeout = '10s'"
"""Timeouts while a partition is dropped: a statement that waits for a lock makes all others queue behind it."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('agent_events partitions'))"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('agent_events expired'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('agent_events expired'))"
_IS_ATTACHED = """
SELECT EXISTS (
    SELECT FROM pg_inherits WHERE inhparent = 'agent_events'::regclass AND inhrelid = to_regclass($1)
)
"""
_EXPIRED = """
SELECT c.relname AS name, i.inhrelid IS NOT NULL AS is_attached, coalesce(i.inhdetachpending, false) AS is_pending
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'agent_events'::regclass
WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'agent_events'::regclass)
    AND c.relkind = 'r' AND c.relname ~ '^agent_events_[0-9]{8}$' AND c.relname < $1
ORDER BY is_pending DESC, name
"""
"""Expired partitions. Those with an interrupted detach come first: PostgreSQL allows one pending detach per table."""
_EXPIRED_CHUNKS = """
SELECT DISTINCT range_end FROM timescaledb_information.chunks
WHERE hypertable_name = 'agent_events' AND range_end <= $1 ORDER BY range_end
"""


def week_of(moment: datetime) -> datetime:
    """Return the Monday, 00:00 UTC, that begins the week of this moment."""
    return MONDAY + ((moment - MONDAY) // WEEK) * WEEK


def weeks_ahead(now: datetime) -> list[datetime]:
    """Return the current week and the `WEEKS_AHEAD` after it, which should have a partition already."""
    return [week_of(now) + WEEK * n for n in range(WEEKS_AHEAD + 1)]


def oldest_kept(now: datetime, retention: timedelta) -> datetime:
    """Return the time from which on events are kept: the start of a week, since events are dropped by partition.

    Older events are not accepted, and their receipts are deleted together with them.
    """
    return week_of(now - retention)


async def has_hypertable(connection: Connection) -> bool:
    """Return whether `agent_events` is a TimescaleDB hypertable instead of a partitioned table."""
    kind = await connection.fetchval("SELECT relkind FROM pg_class WHERE oid = 'agent_events'::regclass")
    return bool(kind != b"p")


async def make_partitions(connection: Connection, weeks: Iterable[datetime]) -> None:
    """Create the partitions of these weeks where they are missing. Safe to call from several processes at once."""
    for week in weeks:
        name = f"agent_events_{week:%Y%m%d}"
        if await connection.fetchval(_IS_ATTACHED, name):
            continue
        async with connection.transaction():
            await connection.execute(_LOCK)
            if await connection.fetchval(_IS_ATTACHED, name):
                continue
            await connection.execute(f"CREATE TABLE IF NOT EXISTS {name} (LIKE agent_events INCLUDING ALL)")
            await connection.execute(
                f"ALTER TABLE agent_events ATTACH PARTITION {name}"
                f" FOR VALUES FROM ('{week:%Y-%m-%d}+00') TO ('{week + WEEK:%Y-%m-%d}+00')"
            )


class PartitionCalendar:
    """Knows which weeks have a partition, so that the database is asked only about new ones."""

    def __init__(self) -> None:
        self._weeks: set[datetime] = set()
        self._now_until = 0.0
        """POSIX time until which events that are made now have a partition; infinite with TimescaleDB."""

    @property
    def has_now(self) -> bool:
        """Whether an event that is made now has a partition."""
        return time.time() < self._now_until

    def has(self, moment: datetime) -> bool:
        """Tell whether an event of this time is known to have a partition."""
        return self._now_until == math.inf or week_of(moment) in self._weeks

    def forget(self) -> None:
        """Look all partitions up again, because some were dropped."""
        self._weeks, self._now_until = set(), 0.0

    async def make(self, connection: Connection, moments: Iterable[datetime]) -> None:
        """Create the missing partitions for events of these times, and for those made now and in the next week."""
        now = datetime.now(UTC)
        missing = {week_of(moment) for moment in (*moments, now, now + WEEK) if not self.has(moment)}
        if not missing:
            return
        if await has_hypertable(connection):
            self._now_until = math.inf
            return
        await make_partitions(connection, missing)
        self._weeks |= missing
        self._now_until = (week_of(now) + WEEK).timestamp()


async def drop_expired(connection: Connection, oldest: datetime) -> int:
    """Drop the partitions (or chunks) that hold only events before `oldest`; return how many were dropped.

    Each is dropped by itself, within the timeouts of `LIMITS`. Raises what asyncpg raises when one cannot be dropped
    now, because it is being read or an old transaction is open: those before it are dropped already, and the next call
    continues. While another process is dropping partitions, nothing is done.
    """
    await connection.execute(LIMITS)
    if not await connection.fetchval(_TRY_LOCK):
        return 0
    try:
        if await has_hypertable(connection):
            return await _drop_chunks(connection, oldest)
        return await _drop_partitions(connection, oldest)
    finally:
        if not connection.is_closed():
            await connection.execute(_UNLOCK)


async def _drop_chunks(connection: Connection, oldest: datetime) -> int:
    ends = [row["range_end"] for row in await connection.fetch(_EXPIRED_CHUNKS, oldest)]
    for end in ends:
        await connection.fetch("SELECT drop_chunks('agent_events', older_than => $1::timestamptz)", end)
    return len(ends)


async def _drop_partitions(connection: Connection, oldest: datetime) -> int:
    expired = await connection.fetch(_EXPIRED, f"agent_events_{week_of(oldest):%Y%m%d}")
    for row in expired:
        name = row["name"]
        if row["is_attached"]:
            how = "FINALIZE" if row["is_pending"] else "CONCURRENTLY"
            await connection.execute(f"ALTER TABLE agent_events DETACH PARTITION {name} {how}")
        await connection.execute(f"DROP TABLE {name}")
    return len(expired)
