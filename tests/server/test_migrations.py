"""The schema: migrations and models say the same, both ways work, and partitions come and go in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import inspect, pool
from sqlalchemy.ext.asyncio import create_async_engine

from agentsentinel.config import async_database_url
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.partitions import (
    WEEK,
    WEEKS_AHEAD,
    drop_expired,
    has_hypertable,
    make_partitions,
    oldest_kept,
    week_of,
    weeks_ahead,
)
from agentsentinel.kit.database import Connection, Database
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import Base
from agentsentinel.schema import head, is_current, migrate, take_back
from server.support import Server, event, insert_agent, new_database, query, running

T = TypeVar("T")
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
"""A Wednesday."""
PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'agent_events'::regclass ORDER BY 1
"""

OLD_JOURNAL_ROW = """
INSERT INTO counter_journal (agents, tools)
SELECT json_build_array(
    json_build_object('agent_id', $1::uuid, 'minute', $2::int, 'calls', 3, 'anomaly_sum', 0.9,
                      'newest_at', $3::float8, 'recent_receipts', ARRAY[$3::float8, $3::float8]),
    json_build_object('agent_id', $1::uuid, 'calls', 1)
), json_build_array(
    json_build_object('agent_id', $1::uuid, 'tool_name', 'search', 'minute', $2::int, 'calls', 2, 'learned', 1,
                      'last_at', $3::float8, 'last_session', 's', 'finished_hour', -1, 'finished_calls', 0),
    json_build_object('agent_id', $1::uuid, 'tool_name', 'search', 'calls', 1),
    json_build_object('agent_id', $1::uuid, 'tool_name', 'read', 'minute', $2::int, 'calls', 1, 'learned', 1,
                      'last_at', $3::float8, 'last_session', 's', 'finished_hour', -1, 'finished_calls', 0)
)
"""
"""Journal row as commits appended it up to migration 0006: three calls of one minute, and one too old for that."""


@pytest.fixture
def dsn(postgres_dsn: str) -> str:
    """Make a database with the newest schema."""
    dsn = new_database(postgres_dsn)
    asyncio.run(migrate(async_database_url(dsn)))
    return dsn


@pytest.fixture
def plain_dsn(dsn: str) -> str:
    """Make a database with the newest schema, with the events in PostgreSQL's own partitions."""
    if on(dsn, has_hypertable):
        pytest.skip("TimescaleDB is installed here: it makes its own chunks")
    return dsn


def test_models_and_migrations_describe_the_same_schema(dsn: str) -> None:
    assert on_sync(dsn, differences) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE agents ADD COLUMN surplus text",
        "ALTER TABLE agents ALTER COLUMN name TYPE varchar(100)",
        "ALTER TABLE findings ALTER COLUMN status DROP NOT NULL",
        "DROP INDEX ix_findings_status",
        "DROP TABLE baselines",
    ],
)
def test_a_difference_between_models_and_migrations_would_be_noticed(dsn: str, change: str) -> None:
    query(dsn, change)
    assert len(on_sync(dsn, differences)) == 1


def test_the_way_back_leaves_nothing_and_the_way_forth_works_again(dsn: str) -> None:
    before = on_sync(dsn, columns)
    asyncio.run(take_back(async_database_url(dsn)))
    assert set(on_sync(dsn, columns)) == {"alembic_version"}
    steps = asyncio.run(migrate(async_database_url(dsn)))
    assert len(steps) == int(head() or 0)
    assert on_sync(dsn, columns) == before


def test_the_way_back_works_with_events_and_partitions(plain_dsn: str) -> None:
    on(plain_dsn, lambda connection: make_partitions(connection, weeks_ahead(NOW)))
    add_event(plain_dsn, NOW)
    asyncio.run(take_back(async_database_url(plain_dsn)))
    assert set(on_sync(plain_dsn, columns)) == {"alembic_version"}


def test_migrating_again_changes_nothing(dsn: str) -> None:
    assert asyncio.run(is_current(async_database_url(dsn)))
    assert asyncio.run(migrate(async_database_url(dsn))) == []
    assert query(dsn, "SELECT version_num FROM alembic_version") == [{"version_num": head()}]


def test_migrations_that_start_together_are_applied_once(postgres_dsn: str) -> None:
    url = async_database_url(new_database(postgres_dsn))

    async def migrate_together() -> list[list[str]]:
        return await asyncio.gather(*(migrate(url) for _ in range(4)))

    assert sorted(len(steps) for steps in asyncio.run(migrate_together())) == [0, 0, 0, int(head() or 0)]


def test_keys_from_before_the_keyed_digests_are_revoked(dsn: str) -> None:
    asyncio.run(take_back(async_database_url(dsn), "0003"))
    query(
        dsn,
        "INSERT INTO api_keys (id, name, key_prefix, key_hash, scope, is_active, created_at)"
        " VALUES (gen_random_uuid(), 'old', 'as_adm_00000', repeat('0', 64), 'admin', true, now())",
    )
    steps = asyncio.run(migrate(async_database_url(dsn)))
    assert "0003 -> 0004" in steps[0]
    (key,) = query(dsn, "SELECT is_active, revoked_at FROM api_keys")
    assert not key["is_active"]
    assert key["revoked_at"] is not None


def test_what_the_journal_held_in_its_first_form_is_counted(dsn: str) -> None:
    asyncio.run(take_back(async_database_url(dsn), "0006"))
    agent_id, at = insert_agent(dsn), NOW.timestamp()
    for _ in range(2):
        query(dsn, OLD_JOURNAL_ROW, agent_id, int(at) // 60, at)
    asyncio.run(migrate(async_database_url(dsn)))
    asyncio.run(settle(dsn))
    (activity,) = query(dsn, "SELECT events, newest_at, cardinality(recent_receipts) AS receipts FROM agent_activity")
    assert activity == {"events": 8, "newest_at": NOW, "receipts": 4}
    (minute,) = query(dsn, "SELECT calls, anomaly_sum FROM agent_minutes")
    assert minute == {"calls": 6, "anomaly_sum": 1.8}
    tools = query(dsn, "SELECT tool_name, total_calls, last_session FROM tool_usage ORDER BY 1")
    assert [tuple(row.values()) for row in tools] == [("read", 2, "s"), ("search", 6, "s")]


async def settle(dsn: str) -> None:
    database = Database(async_database_url(dsn))
    counters = Counters(database)
    try:
        await counters.settle()
    finally:
        counters.close()
        await database.close()


def test_keys_live_on_with_the_audit_log_and_those_that_would_expire_end_on_the_way_back(dsn: str) -> None:
    url = async_database_url(dsn)
    asyncio.run(take_back(url, "0007"))
    add = (
        "INSERT INTO api_keys (id, name, key_prefix, key_hash, scope, is_active, created_at)"
        " VALUES (gen_random_uuid(), $1, 'as_ro_000000', $2, 'readonly', true, now())"
    )
    for name in ("lasting", "expiring"):
        query(dsn, add, name, name.ljust(64, "0"))
    asyncio.run(migrate(url))
    assert query(dsn, "SELECT DISTINCT is_active, expires_at FROM api_keys") == [
        {"is_active": True, "expires_at": None}
    ]
    query(dsn, "UPDATE api_keys SET expires_at = now() + interval '1 day' WHERE name = 'expiring'")
    asyncio.run(take_back(url, "0007"))
    rows = query(dsn, "SELECT name, is_active FROM api_keys ORDER BY name")
    assert [(row["name"], row["is_active"]) for row in rows] == [("expiring", False), ("lasting", True)]


# --- partitions


def test_a_running_server_has_made_the_partitions_of_the_coming_weeks(server: Server) -> None:
    if on(server.dsn, has_hypertable):
        pytest.skip("TimescaleDB is installed here: it makes its own chunks")
    wanted = {partition(week) for week in weeks_ahead(datetime.now(UTC))}
    assert len(wanted) == WEEKS_AHEAD + 1
    deadline = time.monotonic() + 30
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
        deadline = time.monotonic() + 60
        while query(dsn, "SELECT FROM event_receipts WHERE event_id = $1", marker):
            assert time.monotonic() < deadline, "what is too old was not looked for"
            time.sleep(0.05)
        answer = server.request("POST", "/api/v1/events", key, json=old)
        assert (answer.status_code, answer.json()) == (201, first)


def test_timescaledb_keeps_the_events_where_it_is_installed(dsn: str) -> None:
    available = query(dsn, "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'")
    if not available:
        pytest.skip("TimescaleDB is not installed beside this PostgreSQL; the events are in native partitions")
    assert on(dsn, has_hypertable)
    assert query(dsn, "SELECT hypertable_name AS name FROM timescaledb_information.hypertables") == [
        {"name": "agent_events"}
    ]
    for week in (NOW - 2 * WEEK, NOW):
        add_event(dsn, week)
    assert on(dsn, lambda connection: drop_expired(connection, week_of(NOW))) == 1
    assert on(dsn, lambda connection: drop_expired(connection, week_of(NOW))) == 0
    assert query(dsn, "SELECT count(*) AS n FROM agent_events") == [{"n": 1}]


def differences(connection: SyncConnection) -> list[Any]:
    """Return what autogenerate would change, types and defaults included, apart from partitions."""

    def is_compared(_: object, name: str | None, kind: str, __: bool, ___: object) -> bool:
        return not (kind == "table" and str(name).startswith("agent_events_"))

    options = {"compare_type": True, "compare_server_default": True, "include_object": is_compared}
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    return found


def columns(connection: SyncConnection) -> dict[str, list[tuple[str, str, bool]]]:
    """Table -> its columns: name, type, whether it may be null."""
    inspector = inspect(connection)
    return {
        table: [(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
    }


def partition(week: datetime) -> str:
    return f"agent_events_{week:%Y%m%d}"


def partitions(dsn: str) -> list[str]:
    return [row["relname"] for row in query(dsn, PARTITIONS)]


ADD_EVENT = """
INSERT INTO agent_events
    (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash, status, anomaly_score)
VALUES (gen_random_uuid(), $1, now(), gen_random_uuid(), 'crm_search', '', '', 'ok', 0)
"""


def add_event(dsn: str, at: datetime) -> None:
    query(dsn, ADD_EVENT, at)


def on(dsn: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do something with a connection."""
    return asyncio.run(connected(dsn, work))


async def connected(dsn: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(dsn)
    try:
        return await work(connection)
    finally:
        await connection.close()


def on_sync(dsn: str, work: Callable[[SyncConnection], T]) -> T:
    """Run `work` on a SQLAlchemy connection to the database and return its result."""

    async def run() -> T:
        engine = create_async_engine(async_database_url(dsn), poolclass=pool.NullPool)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(run())
