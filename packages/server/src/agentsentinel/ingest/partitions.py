"""The weekly partitions of `agent_events`: made before they are needed, dropped when their events are too old.

With TimescaleDB the hypertable makes its own chunks and only the dropping is ours.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from agentsentinel.kit.database import Connection

WEEK = timedelta(days=7)
WEEKS_AHEAD = 4
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('agent_events partitions'))"


def week_of(moment: datetime) -> datetime:
    """The Monday, 00:00 UTC, that begins the week of this moment."""
    return MONDAY + ((moment - MONDAY) // WEEK) * WEEK


def weeks_ahead(now: datetime) -> list[datetime]:
    """The running week and those after it that should have a partition already."""
    return [week_of(now) + WEEK * n for n in range(WEEKS_AHEAD + 1)]


async def has_hypertable(connection: Connection) -> bool:
    """Whether TimescaleDB keeps the events."""
    kind = await connection.fetchval("SELECT relkind FROM pg_class WHERE oid = 'agent_events'::regclass")
    return bool(kind != b"p")


async def make_partitions(connection: Connection, weeks: Iterable[datetime]) -> None:
    """Make the partitions of these weeks where they are missing. Safe to call from several processes at once."""
    for week in weeks:
        name = f"agent_events_{week:%Y%m%d}"
        if await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name):
            continue
        async with connection.transaction():
            await connection.execute(_LOCK)
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF agent_events"
                f" FOR VALUES FROM ('{week:%Y-%m-%d}+00') TO ('{week + WEEK:%Y-%m-%d}+00')"
            )


async def drop_expired(connection: Connection, oldest: datetime) -> int:
    """Drop what holds only events before `oldest`; returns how many partitions (or chunks) went."""
    if await has_hypertable(connection):
        return len(await connection.fetch("SELECT drop_chunks('agent_events', older_than => $1::timestamptz)", oldest))
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'agent_events'::regclass AND c.relname < $1 ORDER BY 1",
        f"agent_events_{week_of(oldest):%Y%m%d}",
    )
    for row in rows:
        async with connection.transaction():  # two who drop the same partition at once end in an internal error
            await connection.execute(_LOCK)
            await connection.execute(f"DROP TABLE IF EXISTS {row['relname']}")
    return len(rows)
