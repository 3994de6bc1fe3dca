"""Two servers on one database count as one would."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from agentsentinel.kit.ids import uuid7
from ports import free_port
from server.faults.embedded_platform import new_folder, wait_until
from server.faults.load import Answer, Caller, Load, Wire, new_callers
from server.faults.recount import differences, stored_twice, tallies, unaccounted, unscored_agents
from server.support import SECRET, Server, environment, event, launch, new_database, query

EVENTS = 2_000
DELIVERIES = 100
CONNECTIONS = 8


class Pair(NamedTuple):
    """Two servers, both of which know the admin key."""

    first: Server
    second: Server

    @property
    def urls(self) -> tuple[str, str]:
        return self.first.url, self.second.url

    @property
    def dsn(self) -> str:
        return self.first.dsn


@pytest.fixture(scope="module")
def pair(postgres_dsn: str) -> Iterator[Pair]:
    dsn = new_database(postgres_dsn)
    servers = []
    with new_folder() as folder:
        try:
            for _ in range(2):
                port = free_port()
                env = environment(DATABASE_URL=dsn, SECRET_KEY=SECRET, LOG_LEVEL="WARNING")
                servers.append(launch(["up", "--port", str(port)], port, folder / f"{port}.log", dsn, env))
            yield Pair(*servers)
        finally:
            for server in servers:
                server.stop()


def test_two_servers_keep_the_same_counters_without_losing_a_call(pair: Pair) -> None:
    load = Load(pair.urls, new_callers(pair.first, 2), EVENTS)
    asyncio.run(load.run())
    assert len(load.acknowledged) == EVENTS
    assert set(load.answered) == {200, 201}
    assert not load.different
    assert_counted_right(pair)


def test_one_event_delivered_a_hundred_times_to_both_counts_once(pair: Pair) -> None:
    caller = new_callers(pair.first, 1)[0]
    body = event(caller.agent_id, event_id=str(uuid7(time.time())))
    answers = asyncio.run(deliver(pair, caller, json.dumps(body).encode()))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    stored = query(pair.dsn, "SELECT count(*) AS n FROM agent_events WHERE agent_id = $1", caller.agent_id)
    assert stored == [{"n": 1}]
    assert_counted_right(pair)


def test_an_agent_deleted_on_one_server_is_unknown_to_the_other(pair: Pair) -> None:
    agent_id = pair.first.new_agent()
    headers = {"X-API-Key": pair.first.admin_key}
    for server in pair:
        assert server.request("POST", "/api/v1/events", headers=headers, json=event(agent_id)).status_code == 201
    query(pair.dsn, "DELETE FROM agents WHERE id = $1", agent_id)
    for server in pair:
        assert server.request("POST", "/api/v1/events", headers=headers, json=event(agent_id)).status_code == 404
    query(pair.dsn, "DELETE FROM agent_events WHERE agent_id = $1", agent_id)


async def deliver(pair: Pair, caller: Caller, body: bytes) -> list[Answer]:
    """Send the same body repeatedly, to both servers at the same time."""

    async def repeat(number: int) -> list[Answer]:
        wire = Wire(pair.urls[number % 2], caller.key)
        try:
            share = range(number, DELIVERIES, CONNECTIONS)
            return [await wire.request("POST", "/api/v1/events", body) for _ in share]
        finally:
            wire.close()

    shares = await asyncio.gather(*(repeat(number) for number in range(CONNECTIONS)))
    return [answer for share in shares for answer in share]


def assert_counted_right(pair: Pair) -> None:
    assert stored_twice(pair.dsn) == 0
    wait_until(lambda: unscored_agents(pair.dsn) == 0, 10, "every agent is scored")
    assert differences(pair.dsn) == {}
    assert [unaccounted(tallies(url)) for url in pair.urls] == [0, 0]
