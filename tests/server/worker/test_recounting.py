"""Recounting: events from before the rollups are counted once, also while others arrive."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from agentsentinel.config import async_database_url
from agentsentinel.ingest.partitions import PartitionCalendar
from agentsentinel.kit.ids import now
from agentsentinel.schema import downgrade, migrate
from agentsentinel.worker.recounting import FACT, recount_hour, recount_rollups
from server.database import on
from server.faults.recount import rollup_differences
from server.support import MANY_EVENTS, Server, event, insert_agent, new_database, query, running

OLD_EVENTS = MANY_EVENTS.replace("1 ms", "7 minutes").replace(
    "'ok', 0,", "CASE n % 3 WHEN 0 THEN 'error' ELSE 'ok' END, n % 11 / 10.0,"
)
"""Events that reach back for days, with all statuses and scores."""


def hour_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def add_partitions(dsn: str, first: datetime, last: datetime) -> None:
    """Make the partitions for events of these days, as ingest does."""
    moments = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    on(dsn, lambda connection: PartitionCalendar().make(connection, [*moments, last]))


def add_old_events(dsn: str, events: int) -> UUID:
    """Insert events as a version without rollups stored them, and upgrade."""
    url = async_database_url(dsn)
    asyncio.run(downgrade(url, "0013"))
    agent_id = insert_agent(dsn)
    add_partitions(dsn, now() - timedelta(minutes=7 * events), now())
    query(dsn, OLD_EVENTS, agent_id, events)
    asyncio.run(migrate(url))
    return agent_id


def test_events_from_before_the_rollups_are_counted_once_their_hours_are_over(dsn: str) -> None:
    add_old_events(dsn, 1_000)
    assert rollup_differences(dsn) != []
    on(dsn, lambda connection: recount_rollups(connection, now()))
    assert query(dsn, "SELECT FROM agent_hours WHERE hour >= $1", hour_of(now())) == []
    assert query(dsn, "SELECT FROM server_facts WHERE name = $1", FACT) != []
    on(dsn, lambda connection: recount_rollups(connection, now() + timedelta(hours=3)))
    assert rollup_differences(dsn) == []
    assert query(dsn, "SELECT FROM server_facts WHERE name = $1", FACT) == []
    assert on(dsn, lambda connection: recount_rollups(connection, now() + timedelta(hours=3))) == 0


def test_a_new_database_has_nothing_to_recount(dsn: str) -> None:
    assert query(dsn, "SELECT FROM server_facts WHERE name = $1", FACT) == []


def test_each_hour_is_a_step_of_its_own(dsn: str) -> None:
    add_old_events(dsn, 1_000)
    hours = query(dsn, "SELECT DISTINCT floor(extract(epoch FROM timestamp) / 3600) AS hour FROM agent_events")
    recounted = on(dsn, lambda connection: recount_rollups(connection, now() + timedelta(hours=3)))
    assert len(hours) <= recounted <= len(hours) + 3


def test_two_workers_recount_each_hour_once(dsn: str) -> None:
    add_old_events(dsn, 500)
    (fact,) = query(dsn, "SELECT value FROM server_facts WHERE name = $1", FACT)
    first, last = map(int, fact["value"].split())

    async def recount() -> int:
        connection = await asyncpg.connect(dsn)
        try:
            return await recount_rollups(connection, now() + timedelta(hours=3))
        finally:
            await connection.close()

    async def together() -> tuple[int, int]:
        return await asyncio.gather(recount(), recount())

    assert sum(asyncio.run(together())) == last - first + 1
    assert rollup_differences(dsn) == []


def test_a_recount_adds_nothing_to_what_is_counted_or_still_in_the_journal(dsn: str) -> None:
    agent_id, at = insert_agent(dsn), datetime(2026, 3, 11, 12, tzinfo=UTC)
    add_partitions(dsn, at, at)
    query(dsn, MANY_EVENTS.replace("now() - n", f"'{at.isoformat()}'::timestamptz + n"), agent_id, 10)
    row = "json_build_object('agent_id', $1::uuid, 'tool_name', 'search', 'minute', $2::int, 'calls', 6)"
    query(dsn, f"INSERT INTO counter_journal (counts) SELECT json_build_array({row})", agent_id, hour_of(at) * 60)
    for _ in range(2):
        on(dsn, lambda connection: recount_hour(connection, hour_of(at)))
        assert query(dsn, "SELECT calls, histogram[1] AS low FROM agent_hours") == [{"calls": 4, "low": 4}]


def test_events_that_are_stored_during_a_recount_count_once(postgres_dsn: str, tmp_path: Path) -> None:
    with running(new_database(postgres_dsn), tmp_path) as server:
        agent_id = server.new_agent()
        asyncio.run(_report_and_recount(server, agent_id))
        server.api.get(f"agents/{agent_id}/activity/hours")
        assert rollup_differences(server.dsn) == []


async def _report_and_recount(server: Server, agent_id: str) -> None:
    reporting = asyncio.create_task(asyncio.to_thread(_report, server, agent_id))
    connection = await asyncpg.connect(server.dsn)
    try:
        while not reporting.done():
            for hour in (hour_of(now()) - 1, hour_of(now())):
                await recount_hour(connection, hour)
        await reporting
    finally:
        await connection.close()


def _report(server: Server, agent_id: str) -> None:
    for _ in range(60):
        batch = [event(agent_id, status=status) for status in ("ok", "error", "denied")]
        assert server.api.post("events/batch", json={"events": batch}).status_code == 200


def test_removed_agents_are_left_out(dsn: str) -> None:
    agent_id = add_old_events(dsn, 10)
    query(dsn, "UPDATE agents SET removed_at = now() WHERE id = $1", agent_id)
    on(dsn, lambda connection: recount_rollups(connection, now() + timedelta(hours=3)))
    assert query(dsn, "SELECT FROM agent_hours") == []
