"""Rollups equal a recount of the events, in whatever order and through whichever server these come."""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel.ingest.counters import settle_for_reading
from agentsentinel.ingest.rollups import ALL_SLICES, BUCKETS, bucket_of
from agentsentinel.kit.database import Connection
from agentsentinel.kit.ids import uuid7
from server.database import on
from server.faults.recount import rollup_differences
from server.support import Server, event, insert_agent, new_database, query, running

AGES_HOURS = (0, 0, 0, 0.5, 3, 50, 24 * 6, 24 * 8, 24 * 30, 24 * 80)
"""Ages of events: now, late, and older than any counter of minutes; events are kept for 90 days."""
JOURNAL = """
INSERT INTO counter_journal (counts)
SELECT json_build_array(json_build_object('agent_id', $1::uuid, 'tool_name', 'tool ' || n % 7, 'minute', n, 'calls', 1))
FROM generate_series(1, $2::int) n
"""


DAYS_THAT_DIFFER = """
SELECT agent_id, day FROM (
    SELECT agent_id, hour / 24 AS day, sum(calls) AS calls, sum(errors) AS errors, sum(denied) AS denied,
           sum(histogram[8] + histogram[9] + histogram[10]) AS anomalies
    FROM agent_hours GROUP BY 1, 2
) h FULL JOIN agent_days d USING (agent_id, day)
WHERE (h.calls, h.anomalies, h.errors, h.denied) IS DISTINCT FROM (d.calls, d.anomalies, d.errors, d.denied)
    AND agent_id NOT IN (SELECT id FROM agents WHERE removed_at IS NOT NULL)
"""


class Pair(NamedTuple):
    """Two servers on one database, with the key of the first."""

    servers: tuple[Server, Server]
    key: str

    @property
    def dsn(self) -> str:
        return self.servers[0].dsn

    def settle(self) -> None:
        """Settle the counter journal as any reader does."""
        agent_id = insert_agent(self.dsn)
        answer = self.servers[0].request("GET", f"/api/v1/agents/{agent_id}/activity/hours", self.key)
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.fixture(scope="module")
def pair(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    dsn, folder = new_database(postgres_dsn), tmp_path_factory.mktemp("pair")
    with running(dsn, folder) as first, running(dsn, folder) as second:
        yield Pair((first, second), first.admin_key)


def test_scores_fall_into_ten_equal_buckets_and_one_into_the_last() -> None:
    assert [bucket_of(score) for score in (0.0, 0.099, 0.1, 0.5, 0.7, 0.899, 0.9, 1.0)] == [0, 0, 1, 5, 7, 8, 9, 9]
    assert BUCKETS == 10


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_rollups_equal_a_recount_however_batches_repeats_and_late_events_interleave(
    pair: Pair, seed: int, is_one_deleted: bool
) -> None:
    chance = random.Random(seed)
    agents = [pair.servers[0].new_agent() for _ in range(3)]
    batches = [_batch(chance, agents) for _ in range(8)]
    batches += chance.sample(batches, 3)
    chance.shuffle(batches)

    def send(number: int) -> int:
        body = {"events": batches[number]}
        return pair.servers[number % 2].request("POST", "/api/v1/events/batch", pair.key, json=body).status_code

    def delete() -> int:
        return pair.servers[1].request("DELETE", f"/api/v1/agents/{agents[0]}", pair.key).status_code

    with ThreadPoolExecutor(4) as threads:
        sent = [threads.submit(send, number) for number in range(len(batches))]
        if is_one_deleted:
            assert threads.submit(delete).result() == 204
    assert {one.result() for one in sent} <= {200, 404}
    pair.settle()
    gone = "agent_id IN (SELECT id FROM agents WHERE removed_at IS NOT NULL)"
    query(pair.dsn, f"DELETE FROM agent_hours WHERE {gone}")
    assert rollup_differences(pair.dsn) == []
    counted = query(pair.dsn, "SELECT sum(calls) AS n FROM agent_hours WHERE agent_id = ANY($1::uuid[])", agents[1:])
    stored = query(pair.dsn, "SELECT count(*) AS n FROM agent_events WHERE agent_id = ANY($1::uuid[])", agents[1:])
    assert counted == stored
    assert query(pair.dsn, DAYS_THAT_DIFFER) == []
    assert stored[0]["n"] > 0


def _batch(chance: random.Random, agents: list[str]) -> list[dict[str, Any]]:
    return [_event(chance, chance.choice(agents)) for _ in range(chance.randint(1, 40))]


def _event(chance: random.Random, agent_id: str) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(hours=chance.choice(AGES_HOURS), seconds=chance.random() * 60)
    fields: dict[str, Any] = {
        "timestamp": at.isoformat(),
        "event_id": str(uuid7(time.time())),
        "status": chance.choice(["ok", "ok", "error", "denied"]),
    }
    if chance.random() < 0.3:
        fields["decision"] = chance.choice(["allow", "deny"])
    return event(agent_id, chance.choice(["search", "send_email"]), **fields)


def test_a_soft_reset_clears_the_rollups_and_later_events_count_from_zero(postgres_dsn: str, folder: Any) -> None:
    with running(new_database(postgres_dsn), folder) as server:
        server.report(server.new_agent())
        tables = "agent_events, findings, baselines, tool_grants, mcp_connections, agents"
        query(server.dsn, f"TRUNCATE TABLE {tables} RESTART IDENTITY CASCADE")
        assert query(server.dsn, "SELECT FROM agent_hours") == []
        agent_id = server.new_agent()
        server.report(agent_id)
        (hour,) = server.api.get(f"agents/{agent_id}/activity/hours").json()
        assert hour["calls"] == 1
        assert rollup_differences(server.dsn) == []


def test_a_rollup_says_in_which_five_minutes_there_were_calls_and_in_all_where_the_minute_is_unknown(dsn: str) -> None:
    agent_id, hour = insert_agent(dsn), 492_000
    rows = [{"minute": hour * 60 + minute} for minute in (0, 4, 21, 59)] + [{"hour": hour + 1}]
    counts = [{"agent_id": str(agent_id), "tool_name": "search", "calls": 1, **row} for row in rows]
    _settle(dsn, json.dumps(counts[:2]))
    _settle(dsn, json.dumps(counts[2:]))
    found = query(dsn, "SELECT active_slices FROM agent_hours WHERE agent_id = $1 ORDER BY hour", agent_id)
    assert [row["active_slices"] for row in found] == [0b1000_0001_0001, ALL_SLICES]


def _settle(dsn: str, counts: str) -> None:
    query(dsn, "INSERT INTO counter_journal (counts) VALUES ($1)", counts)

    async def settle(connection: Connection) -> None:
        async with connection.transaction():
            await settle_for_reading(connection)

    on(dsn, settle)


def test_a_settlement_is_one_statement_however_many_events_it_counts(dsn: str) -> None:
    agent_id = insert_agent(dsn)
    assert len(_statements(dsn, agent_id, 100)) == len(_statements(dsn, agent_id, 200)) == 2
    assert query(dsn, "SELECT sum(calls) AS n FROM agent_hours WHERE agent_id = $1", agent_id) == [{"n": 300}]


def _statements(dsn: str, agent_id: UUID, events: int) -> list[str]:
    """Settle so many events; return the statements that this took, with that for the lock."""
    seen: list[str] = []

    async def settle() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(JOURNAL, agent_id, events)
            connection.add_query_logger(lambda record: seen.append(record.query))
            async with connection.transaction():
                await settle_for_reading(connection)
        finally:
            await connection.close()

    asyncio.run(settle())
    return [query for query in seen if query not in {"BEGIN;", "COMMIT;"}]
