"""Events in a hypertable and its compressed chunks: they come late, repeat, are read, erased and dropped as ever."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentsentinel.config import async_database_url
from agentsentinel.ingest.partitions import drop_expired, has_hypertable, week_of
from agentsentinel.kit.database import Connection
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.schema import downgrade, migrate
from agentsentinel.worker.erasing import STEP_ROWS, erase_removed
from agentsentinel.worker.recounting import recount_hour
from server.database import on
from server.faults.recount import rollup_differences
from server.support import MANY_EVENTS, Server, event, insert_agent, query, running

OLD = timedelta(days=20)
"""Age of events whose chunk is compressed."""
COMPRESS = "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('agent_events') chunk"
COMPRESSED = "SELECT count(*) AS n FROM timescaledb_information.chunks WHERE is_compressed"
SETTINGS = "SELECT segmentby, orderby FROM timescaledb_information.hypertable_columnstore_settings"
POLICIES = """
SELECT config ->> 'compress_after' AS after FROM timescaledb_information.jobs
WHERE hypertable_name = 'agent_events'
"""
MANY_OLD_EVENTS = MANY_EVENTS.replace("now() - n", "now() - interval '20 days' - n")


@pytest.fixture
def hypertable(dsn: str) -> str:
    """Make a database with the events in a hypertable."""
    if not on(dsn, has_hypertable):
        pytest.skip("TimescaleDB is not installed beside this PostgreSQL")
    return dsn


@pytest.fixture
def compressed(hypertable: str, tmp_path: Path) -> Iterator[Server]:
    """Run a server whose older events are compressed: two of one agent, one of them with the status error."""
    with running(hypertable, tmp_path) as server:
        server.new_agent(name="early")
        report_old(server, status="error")
        report_old(server)
        query(hypertable, COMPRESS)
        assert query(hypertable, COMPRESSED) == [{"n": 1}]
        yield server


def agent_of(server: Server) -> str:
    found: str = server.api.get("agents").json()[0]["id"]
    return found


def report_old(server: Server, minutes: int = 0, **fields: Any) -> dict[str, Any]:
    """Report an event whose chunk is compressed already, or will be."""
    at = now() - OLD + timedelta(minutes=minutes)
    return server.report(agent_of(server), timestamp=at.isoformat(), session_id="old", **fields)


def test_chunks_of_a_week_ago_are_compressed_by_a_policy(hypertable: str) -> None:
    assert query(hypertable, SETTINGS) == [{"segmentby": "agent_id", "orderby": '"timestamp" DESC,id DESC'}]
    assert query(hypertable, POLICIES) == [{"after": "7 days"}]


def test_a_late_event_for_a_compressed_chunk_is_stored_and_decompresses_nothing(compressed: Server) -> None:
    agent_id = agent_of(compressed)
    report_old(compressed, minutes=1)
    listed = compressed.api.get("events", params={"agent_id": agent_id}).json()
    assert [one["status"] for one in listed] == ["ok", "ok", "error"]
    (chunk,) = query(compressed.dsn, "SELECT chunk_name AS name FROM timescaledb_information.chunks")
    name = chunk["name"]
    assert query(compressed.dsn, f"SELECT count(*) AS n FROM ONLY _timescaledb_internal.{name}") == [{"n": 1}]
    compressed.api.get(f"agents/{agent_id}/activity/hours")
    assert rollup_differences(compressed.dsn) == []


def test_a_late_event_for_a_chunk_that_is_being_compressed_is_stored_by_a_retry(compressed: Server) -> None:
    late = event(agent_of(compressed), timestamp=(now() - OLD).isoformat(), event_id=str(uuid7(time.time())))

    async def report_meanwhile(connection: Connection) -> int:
        async with connection.transaction():
            chunk = await connection.fetchval("SELECT chunk FROM show_chunks('agent_events') chunk")
            await connection.execute(f"LOCK TABLE {chunk} IN EXCLUSIVE MODE")
            answer = await asyncio.to_thread(compressed.api.post, "events", json=late)
        return answer.status_code

    assert on(compressed.dsn, report_meanwhile) == 503
    assert compressed.api.post("events", json=late).status_code == 201


def test_a_repeat_of_a_compressed_event_gets_its_first_answer(compressed: Server) -> None:
    agent_id, at = agent_of(compressed), now() - OLD
    fields = {"event_id": str(uuid7(time.time())), "timestamp": at.isoformat()}
    first = compressed.report(agent_id, **fields)
    query(compressed.dsn, COMPRESS)
    compressed.stop()
    with running(compressed.dsn, compressed.log.parent) as restarted:
        answer = restarted.request("POST", "/api/v1/events", compressed.admin_key, json=event(agent_id, **fields))
        assert (answer.status_code, answer.json()) == (201, first)
    stored = query(compressed.dsn, "SELECT count(*) AS n FROM agent_events WHERE agent_id = $1", agent_id)
    assert stored == [{"n": 3}]


def test_a_session_in_a_compressed_chunk_is_read(compressed: Server) -> None:
    agent_id = agent_of(compressed)
    events = compressed.api.get("events", params={"agent_id": agent_id, "session_id": "old"}).json()
    assert len(events) == 2
    (session,) = compressed.api.get(f"agents/{agent_id}/sessions").json()
    assert (session["session_id"], session["calls"]) == ("old", 2)


def test_pages_of_compressed_events_follow_each_other(compressed: Server) -> None:
    parameters: dict[str, str | int] = {"agent_id": agent_of(compressed), "limit": 1}
    first = compressed.api.get("events", params=parameters)
    second = compressed.api.get(first.links["next"]["url"].removeprefix("/api/v1/"))
    assert [one["status"] for one in first.json() + second.json()] == ["ok", "error"]


def test_a_restart_over_compressed_chunks_scores_as_before(compressed: Server) -> None:
    agent_id = agent_of(compressed)
    before = compressed.api.get(f"agents/{agent_id}/score").json()
    compressed.stop()
    with running(compressed.dsn, compressed.log.parent) as restarted:
        after = restarted.request("GET", f"/api/v1/agents/{agent_id}/score", compressed.admin_key).json()
    assert after == before


def test_an_agent_with_compressed_events_is_erased_in_steps(hypertable: str) -> None:
    agent_id, other = insert_agent(hypertable), insert_agent(hypertable)
    for agent in (agent_id, other):
        query(hypertable, MANY_OLD_EVENTS, agent, 2 * STEP_ROWS + 10)
    query(hypertable, COMPRESS)
    query(hypertable, "UPDATE agents SET removed_at = '2099-01-01' WHERE id = $1", agent_id)
    assert on(hypertable, lambda connection: erase_removed(connection, datetime(2100, 1, 1, tzinfo=UTC))) == 1
    left = query(hypertable, "SELECT agent_id, count(*) AS n FROM agent_events GROUP BY 1")
    assert left == [{"agent_id": other, "n": 2 * STEP_ROWS + 10}]


def test_compressed_chunks_past_the_retention_are_dropped(hypertable: str) -> None:
    agent_id = insert_agent(hypertable)
    query(hypertable, MANY_OLD_EVENTS, agent_id, 100)
    query(hypertable, COMPRESS)
    query(hypertable, MANY_EVENTS, agent_id, 10)
    assert on(hypertable, lambda connection: drop_expired(connection, week_of(now()) - timedelta(days=7))) in {1, 2}
    assert query(hypertable, "SELECT count(*) AS n FROM agent_events") == [{"n": 10}]
    assert query(hypertable, COMPRESSED) == [{"n": 0}]


def test_the_rollups_of_compressed_events_are_recounted(hypertable: str) -> None:
    agent_id, at = insert_agent(hypertable), now() - OLD
    query(hypertable, MANY_OLD_EVENTS, agent_id, 100)
    query(hypertable, COMPRESS)
    hour = int(at.timestamp()) // 3600
    on(hypertable, lambda connection: recount_hour(connection, hour - 1))
    on(hypertable, lambda connection: recount_hour(connection, hour))
    assert rollup_differences(hypertable) == []
    assert query(hypertable, "SELECT sum(calls) AS n FROM agent_hours") == [{"n": 100}]


def test_the_way_back_decompresses_the_events_and_restores_their_key(hypertable: str) -> None:
    agent_id = insert_agent(hypertable)
    query(hypertable, MANY_OLD_EVENTS, agent_id, 100)
    query(hypertable, COMPRESS)
    asyncio.run(downgrade(async_database_url(hypertable), "0015"))
    keys = "SELECT count(*) AS n FROM pg_constraint WHERE conname = 'agent_events_pkey'"
    assert query(hypertable, keys) == [{"n": 1}]
    asyncio.run(migrate(async_database_url(hypertable)))
    assert query(hypertable, keys) == [{"n": 0}]
    assert query(hypertable, "SELECT count(*) AS n FROM agent_events") == [{"n": 100}]
