"""The schema: migrations and models say the same, and both ways work."""

import asyncio
from collections.abc import Callable
from typing import Any

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
    drop_expired,
    has_hypertable,
    make_partitions,
    week_of,
    weeks_ahead,
)
from agentsentinel.kit.database import Database
from agentsentinel.models import Base
from agentsentinel.schema import downgrade, head, is_current, migrate
from server.database import NOW, T, add_event, on
from server.support import empty_database, insert_agent, query

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
    asyncio.run(downgrade(async_database_url(dsn)))
    assert set(on_sync(dsn, columns)) == {"alembic_version"}
    steps = asyncio.run(migrate(async_database_url(dsn)))
    assert len(steps) == int(head() or 0)
    assert on_sync(dsn, columns) == before


def test_the_way_back_works_with_events_and_partitions(plain_dsn: str) -> None:
    on(plain_dsn, lambda connection: make_partitions(connection, weeks_ahead(NOW)))
    add_event(plain_dsn, NOW)
    asyncio.run(downgrade(async_database_url(plain_dsn)))
    assert set(on_sync(plain_dsn, columns)) == {"alembic_version"}


def test_migrating_again_changes_nothing(dsn: str) -> None:
    assert asyncio.run(is_current(async_database_url(dsn)))
    assert asyncio.run(migrate(async_database_url(dsn))) == []
    assert query(dsn, "SELECT version_num FROM alembic_version") == [{"version_num": head()}]


def test_migrations_that_start_together_are_applied_once(postgres_dsn: str) -> None:
    url = async_database_url(empty_database(postgres_dsn))
    assert asyncio.run(migrate_together(url)) == [0, 0, 0, int(head() or 0)]


def test_indexes_that_are_built_beside_readers_wait_for_no_other_migration(plain_dsn: str) -> None:
    on(plain_dsn, lambda connection: make_partitions(connection, weeks_ahead(NOW)))
    add_event(plain_dsn, NOW)
    url = async_database_url(plain_dsn)
    asyncio.run(downgrade(url, "0026"))
    assert asyncio.run(migrate_together(url)) == [0, 0, 0, int(head() or 0) - 26]


async def migrate_together(url: str) -> list[int]:
    """Migrate four times at once; returns how many steps each has applied, sorted."""
    return sorted(map(len, await asyncio.gather(*(migrate(url) for _ in range(4)))))


def test_keys_from_before_the_keyed_digests_are_revoked(dsn: str) -> None:
    asyncio.run(downgrade(async_database_url(dsn), "0003"))
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
    asyncio.run(downgrade(async_database_url(dsn), "0006"))
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
    asyncio.run(downgrade(url, "0007"))
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
    asyncio.run(downgrade(url, "0007"))
    rows = query(dsn, "SELECT name, is_active FROM api_keys ORDER BY name")
    assert [(row["name"], row["is_active"]) for row in rows] == [("expiring", False), ("lasting", True)]


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
    """Return what autogenerate would change, types and defaults included, apart from partitions.

    A hypertable has an index where the partitioned table has its primary key.
    """

    def is_compared(_: object, name: str | None, kind: str, __: bool, ___: object) -> bool:
        is_partition = kind == "table" and str(name).startswith("agent_events_")
        return not (is_partition or name == "ix_agent_events_timestamp")

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
