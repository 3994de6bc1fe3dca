"""Partitions of the events come and go in time, and disturb no reader and no writer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from agentsentinel.ingest.partitions import (
    WEEK,
    WEEKS_AHEAD,
    PartitionCalendar,
    drop_expired,
    has_hypertable,
    make_partitions,
    oldest_kept,
    week_of,
    weeks_ahead,
)
from agentsentinel.kit.database import Connection
from agentsentinel.kit.ids import now, uuid7
from patience import PATIENCE_SECONDS
from server.database import ADD_EVENT, NOW, add_event, connected, on
from server.support import Server, event, new_database, query, running

PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'agent_events'::regclass ORDER BY 1
"""

# --- partitions


def test_a_running_server_has_made_the_partitions_of_the_coming_weeks(server: Server) -> None:
    if on(server.dsn, has_hypertable):
        pytest.skip("TimescaleDB is installed here: it makes its own chunks")
    wanted = {partition(week) for week in weeks_ahead(datetime.now(UTC))}
    assert len(wanted) == WEEKS_AHEAD + 1
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not wanted <= set(partitions(server.dsn)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert wanted <= set(partitions(server.dsn))


def test_a_week_begins_on_monday_and_holds_all_of_its_moments(plain_dsn: str) -> None:
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    last_moment = monday + WEEK - timedelta(microseconds=1)
    assert week_of(monday) == week_of(last_moment) == monday
    assert week_of(monday - timedelta(microseconds=1)) == monday - WEEK
    assert week_of(datetime(1970, 1, 1, tzinfo=UTC)) == datetime(1969, 12, 29, tzinfo=UTC)
    on(plain_dsn, lambda connection: make_partitions(connection, [monday, monday + WEEK]))
    for moment in (monday, last_moment, monday + WEEK):
        add_event(plain_dsn, moment)
    counts = query(plain_dsn, "SELECT tableoid::regclass::text AS name, count(*) AS n FROM agent_events GROUP BY 1")
    assert {row["name"]: row["n"] for row in counts} == {partition(monday): 2, partition(monday + WEEK): 1}


def test_partitions_made_by_several_at_once_are_made_once(plain_dsn: str) -> None:
    async def make_together() -> None:
        await asyncio.gather(
            *(connected(plain_dsn, lambda c: make_partitions(c, weeks_ahead(NOW))) for _ in range(6)),
        )

    asyncio.run(make_together())
    assert partitions(plain_dsn) == sorted(partition(week) for week in weeks_ahead(NOW))


def test_only_partitions_that_are_too_old_as_a_whole_are_dropped(plain_dsn: str) -> None:
    weeks = [week_of(NOW) + WEEK * n for n in range(-3, 2)]
    on(plain_dsn, lambda connection: make_partitions(connection, weeks))
    for week in weeks:
        add_event(plain_dsn, week)
    oldest = week_of(NOW) - WEEK + timedelta(days=3)

    assert on(plain_dsn, lambda connection: drop_expired(connection, oldest)) == 2
    assert partitions(plain_dsn) == [partition(week) for week in weeks[2:]]
    assert query(plain_dsn, "SELECT count(*) AS n FROM agent_events") == [{"n": 3}]

    assert on(plain_dsn, lambda connection: drop_expired(connection, oldest)) == 0
    assert partitions(plain_dsn) == [partition(week) for week in weeks[2:]]


def test_two_who_drop_at_once_do_not_disturb_each_other(plain_dsn: str) -> None:
    on(plain_dsn, lambda c: make_partitions(c, [week_of(NOW) - WEEK * n for n in range(1, 20)]))

    async def drop_together() -> list[int]:
        return await asyncio.gather(*(connected(plain_dsn, lambda c: drop_expired(c, week_of(NOW))) for _ in range(3)))

    assert max(asyncio.run(drop_together())) == 19
    assert partitions(plain_dsn) == []


@asynccontextmanager
async def reading(dsn: str) -> AsyncIterator[Connection]:
    """Read all events and keep the transaction open during the block, as a backup does."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            await connection.fetch("SELECT count(*) FROM agent_events")
            yield connection
    finally:
        await connection.close()


def test_a_reader_is_in_nobodys_way_while_partitions_come_and_go(plain_dsn: str) -> None:
    old = [week_of(NOW) - WEEK * n for n in (3, 2)]
    on(plain_dsn, lambda connection: make_partitions(connection, [*old, week_of(NOW)]))

    async def attempt(connection: Connection) -> None:
        async with reading(plain_dsn):
            with pytest.raises(asyncpg.LockNotAvailableError):
                await drop_expired(connection, week_of(NOW))
            # Meanwhile others read, write and get new partitions without waiting: a lock that is queued for fails here.
            writer = await asyncpg.connect(plain_dsn, server_settings={"lock_timeout": "1ms"})
            try:
                await make_partitions(writer, [week_of(NOW) + WEEK])
                await writer.execute(ADD_EVENT, NOW)
                assert await writer.fetchval("SELECT count(*) FROM agent_events") == 1
            finally:
                await writer.close()

    on(plain_dsn, attempt)
    assert on(plain_dsn, lambda connection: drop_expired(connection, week_of(NOW))) == 2
    assert partitions(plain_dsn) == [partition(week_of(NOW)), partition(week_of(NOW) + WEEK)]
    left = query(plain_dsn, "SELECT relname FROM pg_class WHERE relname ~ '^agent_events_[0-9]+$' AND relkind = 'r'")
    assert len(left) == 2


def test_a_partition_that_was_detached_and_not_dropped_goes_the_next_time(plain_dsn: str) -> None:
    old = week_of(NOW) - WEEK
    on(plain_dsn, lambda connection: make_partitions(connection, [old]))
    query(plain_dsn, f"ALTER TABLE agent_events DETACH PARTITION {partition(old)}")
    assert on(plain_dsn, lambda connection: drop_expired(connection, week_of(NOW))) == 1
    assert query(plain_dsn, "SELECT FROM pg_class WHERE relname = $1", partition(old)) == []


LOCKS_HELD = "SELECT count(*) FROM pg_locks WHERE pid = $1 AND locktype = 'relation'"


def test_each_partition_goes_by_itself_so_that_locks_do_not_add_up(plain_dsn: str) -> None:
    on(plain_dsn, lambda c: make_partitions(c, [week_of(NOW) - WEEK * n for n in range(1, 40)]))

    async def most_locks(connection: Connection) -> int:
        most = 0

        async def watch() -> None:
            nonlocal most
            watcher = await asyncpg.connect(plain_dsn)
            while True:
                held = await watcher.fetchval(LOCKS_HELD, connection.get_server_pid())
                most = max(most, held)

        watching = asyncio.create_task(watch())
        assert await drop_expired(connection, week_of(NOW)) == 39
        watching.cancel()
        return most

    assert on(plain_dsn, most_locks) < 39


def test_a_repeat_from_a_week_that_is_half_expired_is_still_known(postgres_dsn: str, tmp_path: Path) -> None:
    dsn, settings = new_database(postgres_dsn), {"EVENT_RETENTION_DAYS": "8"}
    moment = oldest_kept(datetime.now(UTC), timedelta(days=8)) + timedelta(minutes=1)
    with running(dsn, tmp_path, settings=settings) as server:
        old = event(server.new_agent(), timestamp=moment.isoformat(), event_id=str(uuid7(moment.timestamp())))
        first = server.api.post("events", json=old).json()
        key = server.admin_key
    marker = uuid7(0.0)
    query(dsn, "INSERT INTO event_receipts (event_id, timestamp) VALUES ($1, '1970-01-01')", marker)
    with running(dsn, tmp_path, settings=settings) as server:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while query(dsn, "SELECT FROM event_receipts WHERE event_id = $1", marker):
            assert time.monotonic() < deadline, "what is too old was not looked for"
            time.sleep(0.05)
        answer = server.request("POST", "/api/v1/events", key, json=old)
        assert (answer.status_code, answer.json()) == (201, first)


def partition(week: datetime) -> str:
    return f"agent_events_{week:%Y%m%d}"


def partitions(dsn: str) -> list[str]:
    return [row["relname"] for row in query(dsn, PARTITIONS)]


def test_a_calendar_asks_the_database_only_about_weeks_that_it_does_not_know(plain_dsn: str) -> None:
    calendar, old = PartitionCalendar(), now() - timedelta(days=70)

    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    async def make(connection: asyncpg.Connection) -> None:
        await calendar.make(connection, [old])

    assert (calendar.has_now, calendar.has(old)) == (False, False)
    on(plain_dsn, make)
    assert (calendar.has_now, calendar.has(old), calendar.has(old - WEEK)) == (True, True, False)
    asyncio.run(calendar.make(cast("asyncpg.Connection", Untouchable()), [old, now()]))
    calendar.forget()
    assert (calendar.has_now, calendar.has(old)) == (False, False)
