"""An old and a new version work side by side during an upgrade: migrations only add to the schema."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from agentsentinel.config import async_database_url
from agentsentinel.ingest.partitions import make_partitions, week_of
from agentsentinel.schema import _config, _revisions, is_current, migrate
from server.database import NOW, add_event, on
from server.support import empty_database, insert_agent, new_database, query, running

FIRST_SIDE_BY_SIDE = "0013"
"""The last migration before several servers were possible; each one after it has to expand only."""
LATER = sorted(revision for revision in _revisions() if revision > FIRST_SIDE_BY_SIDE)

COLUMNS = """
SELECT table_name || '.' || column_name AS name, data_type,
       is_nullable = 'YES' OR column_default IS NOT NULL AS optional
FROM information_schema.columns WHERE table_schema = 'public'
"""
CHECKS = """
SELECT conrelid::regclass || ' ' || conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'p', 'f', 'x')
"""


def step(dsn: str, revision: str) -> None:
    """Bring the schema to this revision."""

    def upgrade(connection: Connection) -> None:
        command.upgrade(_config(connection), revision)

    async def run() -> None:
        engine = create_async_engine(async_database_url(dsn), poolclass=pool.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
            await connection.commit()
        await engine.dispose()

    asyncio.run(run())


def columns(dsn: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in query(dsn, COLUMNS)}


def constraints(dsn: str) -> dict[str, str]:
    return {row["name"]: row["definition"] for row in query(dsn, CHECKS)}


def test_each_migration_leaves_what_the_version_before_reads_and_writes(postgres_dsn: str) -> None:
    dsn = empty_database(postgres_dsn)
    step(dsn, FIRST_SIDE_BY_SIDE)
    for revision in LATER:
        before, rules_before = columns(dsn), constraints(dsn)
        step(dsn, revision)
        after, rules = columns(dsn), constraints(dsn)
        tables = {name.split(".")[0] for name in before}
        lost = {name for name in before if name not in after or after[name]["data_type"] != before[name]["data_type"]}
        demanded = {
            name
            for name, column in after.items()
            if name.split(".")[0] in tables
            and not column["optional"]
            and (name not in before or before[name]["optional"])
        }
        stricter = {name for name in rules if name.split(" ")[0] in tables and name not in rules_before}
        assert (lost, demanded, stricter) == (set(), set(), set()), revision


def test_a_version_starts_on_the_schema_of_the_next_one_and_says_so(postgres_dsn: str, tmp_path: Path) -> None:
    dsn = new_database(postgres_dsn)
    query(dsn, "UPDATE alembic_version SET version_num = '9999'")
    with running(dsn, tmp_path) as server:
        assert server.report(server.new_agent())["event_id"]
        assert "schema_is_newer" in server.log.read_text()
    assert query(dsn, "SELECT version_num FROM alembic_version") == [{"version_num": "9999"}]
    assert asyncio.run(is_current(async_database_url(dsn)))


def test_migrating_a_newer_schema_does_nothing(postgres_dsn: str) -> None:
    dsn = new_database(postgres_dsn)
    query(dsn, "UPDATE alembic_version SET version_num = '9999'")
    assert asyncio.run(migrate(async_database_url(dsn))) == []


def test_rollups_by_day_are_made_of_the_hours_that_there_are_and_of_later_ones(postgres_dsn: str) -> None:
    dsn = empty_database(postgres_dsn)
    step(dsn, "0022")
    agent_id = insert_agent(dsn)
    add = """
        INSERT INTO agent_hours AS h (agent_id, hour, calls, anomaly_sum, errors, denied, histogram)
        SELECT $1, hour, 10, 0, 2, 1, '{3,0,0,0,0,0,1,1,2,3}' FROM generate_series(24, 71) hour
        ON CONFLICT (agent_id, hour) DO UPDATE SET calls = h.calls + excluded.calls
    """
    query(dsn, add, agent_id)
    step(dsn, "0025")
    days = "SELECT day, calls, anomalies, errors, denied FROM agent_days ORDER BY day"
    counts = {"calls": 240, "anomalies": 144, "errors": 48, "denied": 24}
    assert query(dsn, days) == [{"day": 1, **counts}, {"day": 2, **counts}]
    query(dsn, add.replace("71", "72"), agent_id)
    later = {"calls": 10, "anomalies": 6, "errors": 2, "denied": 1}
    doubled = {**counts, "calls": 480}
    assert query(dsn, days) == [{"day": 1, **doubled}, {"day": 2, **doubled}, {"day": 3, **later}]


def test_events_that_were_stored_before_are_in_the_indexes_of_searches_and_grants_have_the_class_of_their_name(
    postgres_dsn: str,
) -> None:
    dsn = empty_database(postgres_dsn)
    step(dsn, "0025")
    agent_id = insert_agent(dsn)
    on(dsn, lambda connection: make_partitions(connection, [week_of(NOW)]))
    add_event(dsn, NOW)
    grant = "INSERT INTO tool_grants (id, agent_id, tool_name, scope, is_dangerous, created_at)"
    query(dsn, f"{grant} VALUES (gen_random_uuid(), $1, 'send_email', 'write', true, now())", agent_id)
    step(dsn, "0027")
    indexed = """
        SELECT relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'agent_events'::regclass AND indisvalid ORDER BY 1
    """
    names = {row["name"].removeprefix("ix_agent_events_") for row in query(dsn, indexed)}
    assert names >= {"tool", "failed", "unusual"}
    assert query(dsn, "SELECT tool_name, correction FROM tool_grants") == [
        {"tool_name": "send_email", "correction": None}
    ]
