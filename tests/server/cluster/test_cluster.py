"""Several servers on one database and one Redis count and judge as one would, and lose nothing when Redis goes."""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.cluster.support import ClusterUnderTest, cluster_under_test, metric, report_reasons, wait_until
from server.faults.embedded_platform import new_folder
from server.faults.load import Load, Wire, new_callers
from server.support import Server, event, query

EVENTS = 600
PAUSES_SECONDS = (0.005, 0.02, 0.05)
"""Pauses after each call, tried in turn: what one server stores reaches the other within the first, unless the machine
is so busy that its processes wait for the processor."""
JOURNAL = "SELECT id FROM counter_journal LIMIT 1"


@pytest.fixture(scope="module")
def cluster(postgres_dsn: str) -> Iterator[ClusterUnderTest]:
    with new_folder() as folder, cluster_under_test(folder, postgres_dsn) as running:
        yield running


@pytest.fixture(scope="module")
def loaded(postgres_dsn: str) -> Iterator[ClusterUnderTest]:
    """Run a cluster whose every event has an id of its client, as the recount wants it."""
    with new_folder() as folder, cluster_under_test(folder, postgres_dsn) as running:
        yield running


def calls(count: int) -> list[dict[str, Any]]:
    """Return calls of several tools over some hours, with bursts, new tools and changing sessions."""
    chance = random.Random(7)
    at = datetime.now(UTC) - timedelta(hours=30)
    made = []
    for number in range(count):
        burst = number % 250 > 200
        at += timedelta(seconds=chance.uniform(0.2, 1.0) if burst else chance.uniform(20, 100))
        tool = (
            "send_email" if burst else chance.choice(("crm_search", "crm_update", "read_file", f"tool_{number // 300}"))
        )
        made.append({"tool_name": tool, "timestamp": at.isoformat(), "session_id": f"session {number // 40}"})
    return made


async def scores(
    servers: tuple[Server, ...], key: str, made: list[dict[str, Any]], pause: float = PAUSES_SECONDS[0]
) -> list[float]:
    """Report calls of a new agent to these servers in turn, `pause` seconds after the answer to the one before.

    Returns the anomaly scores.
    """
    agent_id = servers[0].new_agent()
    wires = itertools.cycle([Wire(server.url, key) for server in servers])
    found = []
    for fields in made:
        body = json.dumps(event(agent_id, **fields)).encode()
        answer = await next(wires).request("POST", "/api/v1/events", body)
        assert answer.status == 201
        found.append(json.loads(answer.body)["anomaly_score"])
        await asyncio.sleep(pause)
    return found


def test_two_servers_in_turn_judge_as_one_does(cluster: ClusterUnderTest) -> None:
    made, key = calls(EVENTS), cluster.first.admin_key
    one = asyncio.run(scores((cluster.first,), key, made))
    assert len(set(one)) > 2, "the calls are all alike"
    same = []
    for pause in PAUSES_SECONDS:
        two = asyncio.run(scores(cluster.servers, key, made, pause))
        same.append(sum(a == b for a, b in zip(one, two, strict=True)) / EVENTS)
        if same[-1] >= 0.999:
            return
    pytest.fail(f"the share of calls that both judge alike, by pause: {dict(zip(PAUSES_SECONDS, same, strict=True))}")


def test_a_stream_opened_at_one_server_shows_what_the_other_stores(cluster: ClusterUnderTest) -> None:
    agent_id = cluster.first.new_agent()
    with cluster.second.stream("/api/v1/events/stream", cluster.first.admin_key) as lines:
        next(lines)  # from here on the stream listens; its head comes before
        reported = cluster.first.report(agent_id, "read_file")
        seen = next(line for line in lines if reported["event_id"] in line)
    assert json.loads(seen.removeprefix("data: "))["agent_name"].startswith("agent-")


def test_the_limit_of_tools_holds_for_both_servers_together(postgres_dsn: str) -> None:
    settings = {"MAX_TOOLS_PER_AGENT": "40"}
    with new_folder() as folder, cluster_under_test(folder, postgres_dsn, settings=settings) as cluster:
        agent_id = cluster.first.new_agent()
        for number in range(60):
            for server in cluster.servers:
                server.report(agent_id, f"tool_{server.address[1]}_{number}")
        wait_until(lambda: query(cluster.dsn, JOURNAL) == [])
        (row,) = query(cluster.dsn, "SELECT count(*) AS n FROM tool_usage WHERE agent_id = $1", agent_id)
        assert 40 <= row["n"] <= 45  # one more counts all others, and some were new at both servers at once


def test_what_workers_read_is_scored_and_acknowledged(cluster: ClusterUnderTest) -> None:
    agent_id = cluster.first.new_agent()
    for _ in range(20):
        cluster.second.report(agent_id)
    cluster.first.wait_for_score(agent_id, 20)
    cluster.wait_until_settled()


def test_entries_that_cannot_be_read_are_put_aside_and_delay_no_other(cluster: ClusterUnderTest) -> None:
    unreadable: list[dict[Any, Any]] = [
        {"a": "b"},
        {"origin": "x", "events": "{"},
        {"origin": "x", "events": "x" * 20_000_000},
    ]
    for fields in unreadable:
        cluster.redis.client.xadd("agent_events", fields)
    agent_id = cluster.first.new_agent()
    for _ in range(100):
        cluster.first.report(agent_id)
    cluster.first.wait_for_score(agent_id, 100)
    wait_until(lambda: cluster.redis.client.xlen("agent_events_dead") == 3)
    wait_until(lambda: cluster.pending == 0)
    counted = [worker.request("GET", "/metrics").text for worker in cluster.workers]
    assert sum(metric(text, "agentsentinel_stream_entries_put_aside_total") for text in counted) == 3


def test_without_redis_a_server_learns_what_the_other_stored(cluster: ClusterUnderTest) -> None:
    shared, alone = cluster.first.new_agent(), cluster.first.new_agent()
    for hours in range(8, 0, -1):  # a few calls an hour, of which both servers know
        for server in cluster.servers:
            reasons(server, shared, hours)
            reasons(cluster.first, alone, hours)
    cluster.redis.kill()
    try:
        wait_until(lambda: not cluster.second.is_healthy())
        for _ in range(60):  # a burst at one server
            reasons(cluster.first, shared)
            reasons(cluster.first, alone)
        # The message names the number of calls in the last hour: the other server has to know those of the burst.
        wait_until(lambda: reasons(cluster.second, shared) == reasons(cluster.first, alone) != [])
    finally:
        cluster.redis.start()
        cluster.wait_until_connected()


@pytest.mark.wide
@pytest.mark.parametrize("with_its_data", [False, True], ids=["data kept", "data lost"])
def test_redis_killed_under_load_loses_nothing(loaded: ClusterUnderTest, with_its_data: bool) -> None:
    load = Load(loaded.urls, new_callers(loaded.first, 3), 2_000)

    async def scenario() -> None:
        running = asyncio.create_task(load.run())
        await asyncio.sleep(0)
        await load.reached(600)
        await asyncio.to_thread(loaded.redis.kill, with_its_data=with_its_data)
        await load.reached(1_400)
        assert loaded.first.request("GET", "/health").json()["stream"] == "unavailable"
        await asyncio.to_thread(loaded.redis.start)
        await running

    asyncio.run(scenario())
    loaded.wait_until_connected()
    assert len(load.acknowledged) == 2_000
    assert set(load.answered) == {200, 201}
    loaded.assert_counted_right()
    loaded.wait_until_settled()


@pytest.mark.wide
def test_a_worker_that_is_killed_leaves_its_entries_to_the_other(loaded: ClusterUnderTest) -> None:
    load = Load(loaded.urls, new_callers(loaded.first, 3), 2_000)

    async def scenario() -> None:
        running = asyncio.create_task(load.run())
        await asyncio.sleep(0)
        await load.reached(500)
        loaded.parts.workers[0].kill()
        await running

    asyncio.run(scenario())
    assert len(load.acknowledged) == 2_000
    loaded.assert_counted_right()
    loaded.wait_until_settled()


def reasons(server: Server, agent_id: str, hours: int = 0) -> list[dict[str, Any]]:
    """Report one more call, made so many hours ago; returns why it is unusual."""
    at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    return report_reasons(server, agent_id, timestamp=at)
