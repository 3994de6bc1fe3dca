"""The weekly partitions of `agent_events`: made before they are needed, dropped when their events are too old.

Neither stops anybody. A partition is made as a table of its own and attached, since `CREATE TABLE ... PARTITION OF`
waits for every reader, a backup too, and lets nobody read or write behind it meanwhile. It is detached `CONCURRENTLY`
for the same reason, one by one: a single transaction would hold locks for all of them. With TimescaleDB the hypertable
makes its own chunks and only the dropping is ours.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from agentsentinel.kit.database import Connection

WEEK = timedelta(days=7)
WEEKS_AHEAD = 4
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
LIMITS = "SET lock_timeout = '300ms'; SET statement_timeout = '10s'"
"""While a partition goes: whoever waits for a lock makes others wait behind it."""
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
"""Those whose dropping was interrupted come first, since only one can be on its way out at a time."""
_EXPIRED_CHUNKS = """
SELECT DISTINCT range_end FROM timescaledb_information.chunks
WHERE hypertable_name = 'agent_events' AND range_end <= $1 ORDER BY range_end
"""


def week_of(moment: datetime) -> datetime:
    """The Monday, 00:00 UTC, that begins the week of this moment."""
    return MONDAY + ((moment - MONDAY) // WEEK) * WEEK


def weeks_ahead(now: datetime) -> list[datetime]:
    """The running week and those after it that should have a partition already."""
    return [week_of(now) + WEEK * n for n in range(WEEKS_AHEAD + 1)]


def oldest_kept(now: datetime, retention: timedelta) -> datetime:
    """The time from which on events are kept: whole weeks, so that an event goes with its partition.

    Older events are not taken in, and what knows of them (receipts) is forgotten together with them.
    """
    return week_of(now - retention)


async def has_hypertable(connection: Connection) -> bool:
    """Whether TimescaleDB keeps the events."""
    kind = await connection.fetchval("SELECT relkind FROM pg_class WHERE oid = 'agent_events'::regclass")
    return bool(kind != b"p")


async def make_partitions(connection: Connection, weeks: Iterable[datetime]) -> None:
    """Make the partitions of these weeks where they are missing. Safe to call from several processes at once."""
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


async def drop_expired(connection: Connection, oldest: datetime) -> int:
    """Drop what holds only events before `oldest`; returns how many partitions (or chunks) went.

    Each goes by itself, within `LIMITS`. Raises what asyncpg raises when one cannot go now, because somebody reads it
    or has an old transaction open: then those before it are gone, and the next call goes on. While another process is
    at it, nothing is done.
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
