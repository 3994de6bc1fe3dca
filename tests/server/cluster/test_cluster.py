"""Several servers on one database and one Redis count and judge as one would, and lose nothing when Redis goes."""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.cluster.support import Cluster, running_cluster, wait_until
from server.faults.embedded_platform import new_folder
from server.faults.load import Load, Wire, new_callers
from server.faults.recount import differences, stored_twice, unscored_agents
from server.support import Server, event

EVENTS = 1_500


@pytest.fixture(scope="module")
def cluster(postgres_dsn: str) -> Iterator[Cluster]:
    with new_folder() as folder, running_cluster(postgres_dsn, folder) as running:
        yield running


@pytest.fixture(scope="module")
def loaded(postgres_dsn: str) -> Iterator[Cluster]:
    """Run a cluster whose every event has an id of its client, as the recount wants it."""
    with new_folder() as folder, running_cluster(postgres_dsn, folder) as running:
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


async def scores(servers: tuple[Server, ...], agent_id: str, key: str, made: list[dict[str, Any]]) -> list[float]:
    """Report calls to these servers in turn, each after the answer to the one before; returns the anomaly scores."""
    wires = itertools.cycle([Wire(server.url, key) for server in servers])
    found = []
    for fields in made:
        body = json.dumps(event(agent_id, **fields)).encode()
        answer = await next(wires).request("POST", "/api/v1/events", body)
        assert answer.status == 201
        found.append(json.loads(answer.body)["anomaly_score"])
        await asyncio.sleep(0.005)
    return found


def test_two_servers_in_turn_judge_as_one_does(cluster: Cluster) -> None:
    made = calls(EVENTS)
    alone, shared = cluster.first.new_agent(), cluster.first.new_agent()
    one = asyncio.run(scores((cluster.first,), alone, cluster.first.admin_key, made))
    two = asyncio.run(scores(cluster.servers, shared, cluster.first.admin_key, made))
    assert len(set(one)) > 2, "the calls are all alike"
    same = sum(a == b for a, b in zip(one, two, strict=True))
    assert same / EVENTS >= 0.999


def test_a_stream_opened_at_one_server_shows_what_the_other_stores(cluster: Cluster) -> None:
    agent_id = cluster.first.new_agent()
    with cluster.second.stream("/api/v1/events/stream", cluster.first.admin_key) as lines:
        reported = cluster.first.report(agent_id, "read_file")
        seen = next(line for line in lines if reported["event_id"] in line)
    assert json.loads(seen.removeprefix("data: "))["agent_name"].startswith("agent-")


def test_what_workers_read_is_scored_and_acknowledged(cluster: Cluster) -> None:
    agent_id = cluster.first.new_agent()
    for _ in range(20):
        cluster.second.report(agent_id)
    cluster.first.wait_for_score(agent_id, 20)
    wait_until(lambda: pending(cluster) == 0 and lag(cluster) == 0)


def test_entries_that_cannot_be_read_are_put_aside_and_delay_no_other(cluster: Cluster) -> None:
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
    wait_until(lambda: pending(cluster) == 0)
    counted = [worker.request("GET", "/metrics").text for worker in cluster.workers]
    assert sum(metric(text, "agentsentinel_stream_entries_put_aside_total") for text in counted) == 3


def test_without_redis_a_server_learns_what_the_other_stored(cluster: Cluster) -> None:
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


@pytest.mark.parametrize("with_its_data", [False, True], ids=["data kept", "data lost"])
def test_redis_killed_under_load_loses_nothing(loaded: Cluster, with_its_data: bool) -> None:
    load = Load([server.url for server in loaded.servers], new_callers(loaded.first, 3), 2_000)

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
    assert_counted_right(loaded)
    wait_until(lambda: pending(loaded) == 0 and lag(loaded) == 0)


def test_a_worker_that_is_killed_leaves_its_entries_to_the_other(loaded: Cluster) -> None:
    load = Load([server.url for server in loaded.servers], new_callers(loaded.first, 3), 2_000)

    async def scenario() -> None:
        running = asyncio.create_task(load.run())
        await asyncio.sleep(0)
        await load.reached(500)
        loaded.workers[0].process.kill()
        await running

    asyncio.run(scenario())
    assert len(load.acknowledged) == 2_000
    assert_counted_right(loaded)
    wait_until(lambda: pending(loaded) == 0 and lag(loaded) == 0)


def reasons(server: Server, agent_id: str, hours: int = 0) -> list[dict[str, Any]]:
    """Report one more call, made so many hours ago; returns why it is unusual."""
    at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    found: list[dict[str, Any]] = server.report(agent_id, "read_file", timestamp=at)["reasons"]
    return found


def assert_counted_right(cluster: Cluster) -> None:
    """All counters equal a recount, nothing is stored twice, and every agent is scored."""
    assert not stored_twice(cluster.dsn)
    wait_until(lambda: not unscored_agents(cluster.dsn))
    assert not differences(cluster.dsn)


def pending(cluster: Cluster) -> int:
    """Return how many entries are read and not acknowledged."""
    return int(cluster.redis.client.xpending("agent_events", "scoring")["pending"])


def lag(cluster: Cluster) -> int | None:
    """Return how many entries no worker has read."""
    (group,) = cluster.redis.client.xinfo_groups("agent_events")
    return None if group["lag"] is None else int(group["lag"])


def metric(text: str, name: str) -> float:
    """Return the value of a metric."""
    return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])
