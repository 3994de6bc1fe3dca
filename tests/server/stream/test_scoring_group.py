"""Workers share the entries of the stream: each is acknowledged once its agents are scored, by whichever worker."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from deploy.cluster.redis import Redis, running_redis

from agentsentinel.stream import scoring_group
from agentsentinel.stream.entry import fields_of
from agentsentinel.stream.event_stream import KEY
from agentsentinel.stream.scoring_group import DEAD_KEY, GROUP, ScoringGroup
from agentsentinel.worker.scoring import ScoringLoop
from patience import PATIENCE_SECONDS
from server.stream.support import AGENT, encoded, row, running, until

OTHER = UUID(int=9)


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    monkeypatch.setattr(scoring_group, "TENDING_SECONDS", 0.05)
    monkeypatch.setattr(scoring_group, "BLOCK_SECONDS", 0.05)
    monkeypatch.setattr(scoring_group, "ABANDONED_SECONDS", 0.3)
    with running_redis(tmp_path / "redis") as server:
        yield server


class Scores:
    """Notes the agents that it is to score; may never finish."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.agents: list[set[UUID]] = []
        self._hangs = hangs

    async def score(self, agent_ids: Iterable[UUID]) -> None:
        self.agents.append(set(agent_ids))
        if self._hangs:
            await asyncio.Event().wait()


def worker(redis: Redis, scores: Scores) -> ScoringGroup:
    return ScoringGroup(redis.url, cast("ScoringLoop", scores))


def working(*groups: ScoringGroup) -> AbstractAsyncContextManager[None]:
    """Run workers for the duration of a block; they end as if killed."""
    return running([group.run() for group in groups], lambda: all(group.is_up for group in groups))


def add(redis: Redis, *agents: UUID) -> None:
    """Publish an entry with an event of each agent."""
    fields: dict[Any, Any] = {**fields_of("origin", 1, 1, encoded([row(agent_id=each) for each in agents]), {})}
    redis.client.xadd(KEY, fields)


def pending(redis: Redis) -> int:
    return int(redis.client.xpending(KEY, GROUP)["pending"])


def test_the_agents_of_an_entry_are_scored_and_it_is_acknowledged(redis: Redis) -> None:
    async def scenario() -> None:
        scores = Scores()
        async with working(worker(redis, scores)):
            add(redis, AGENT, OTHER)
            await until(lambda: scores.agents == [{AGENT, OTHER}])
            await until(lambda: pending(redis) == 0)

    asyncio.run(scenario())


def test_an_entry_is_pending_until_its_agents_are_scored_and_then_another_worker_takes_it_over(
    redis: Redis,
) -> None:
    async def scenario() -> None:
        slow, quick = Scores(hangs=True), Scores()
        async with working(worker(redis, slow)):
            add(redis, AGENT)
            await until(lambda: slow.agents == [{AGENT}])
            assert pending(redis) == 1
        async with working(worker(redis, quick)):
            await until(lambda: quick.agents == [{AGENT}])
            await until(lambda: pending(redis) == 0)

    asyncio.run(scenario())


def test_an_entry_that_outlived_five_workers_is_put_aside_with_its_reason(redis: Redis) -> None:
    async def scenario() -> None:
        redis.client.xgroup_create(KEY, GROUP, id="0", mkstream=True)
        add(redis, AGENT)
        for number in range(scoring_group.MOST_DELIVERIES):
            last = Scores(hangs=True)
            async with working(worker(redis, last)):
                await until(lambda: bool(last.agents))  # noqa: B023 - awaited here
            assert redis.client.xlen(DEAD_KEY) == 0, number
        group = worker(redis, Scores())
        async with working(group):
            await until(lambda: redis.client.xlen(DEAD_KEY) == 1)
            await until(lambda: pending(redis) == 0)
        assert group.dead_letters == 1
        ((_, kept),) = redis.client.xrange(DEAD_KEY)
        assert kept[b"reason"] == b"delivered 5 times, acknowledged never"
        assert kept[b"events"]

    asyncio.run(scenario())


def test_an_entry_that_cannot_be_read_is_put_aside_and_delays_no_other(redis: Redis) -> None:
    async def scenario() -> None:
        scores, group_of = Scores(), []
        group_of.append(worker(redis, scores))
        async with working(*group_of):
            for _ in range(3):
                redis.client.xadd(KEY, {b"events": b"{"})
            add(redis, AGENT)
            await until(lambda: scores.agents == [{AGENT}])
            await until(lambda: redis.client.xlen(DEAD_KEY) == 3 and pending(redis) == 0)
        assert group_of[0].dead_letters == 3

    asyncio.run(scenario())


def test_nothing_that_is_unread_or_pending_is_ever_removed(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_group, "KEPT_SECONDS", -60.0)  # all are old enough

    async def scenario() -> None:
        redis.client.xgroup_create(KEY, "another group", id="0", mkstream=True)
        slow = Scores(hangs=True)
        for _ in range(1_000):
            add(redis, AGENT)
        (taken,) = redis.client.xreadgroup("another group", "reader", {KEY: ">"}, count=500)[0][1:]
        async with working(worker(redis, slow)):
            await until(lambda: bool(slow.agents))
        async with working(worker(redis, Scores())):
            await until(lambda: pending(redis) == 0)
            await asyncio.sleep(0.3)  # it tends the stream meanwhile
        assert redis.client.xlen(KEY) == 1_000  # the other group has acknowledged none
        redis.client.xack(KEY, "another group", *(identifier for identifier, _ in taken))
        async with working(worker(redis, Scores())):
            await until(lambda: redis.client.xlen(KEY) < 1_000)
        rest = redis.client.xreadgroup("another group", "reader", {KEY: ">"}, count=1_000)[0][1]
        assert len(rest) == 500

    asyncio.run(scenario())


def test_a_redis_that_lost_its_data_gets_its_group_again(redis: Redis) -> None:
    async def scenario() -> None:
        scores = Scores()
        group = worker(redis, scores)
        async with working(group):
            add(redis, AGENT)
            await until(lambda: len(scores.agents) == 1)
            await asyncio.to_thread(redis.kill, with_its_data=True)
            await until(lambda: not group.is_up)
            await asyncio.to_thread(redis.start)
            await until(lambda: group.is_up)
            add(redis, OTHER)
            await until(lambda: scores.agents[-1] == {OTHER})
            await until(lambda: pending(redis) == 0)

    asyncio.run(scenario())


def test_a_failure_of_the_client_library_ends_no_worker(redis: Redis, broken: Callable[[bool], None]) -> None:
    async def scenario() -> None:
        scores = Scores()
        group = worker(redis, scores)
        async with working(group):
            broken(True)
            await until(lambda: not group.is_up)
            broken(False)
            add(redis, AGENT)
            await until(lambda: scores.agents == [{AGENT}])

    asyncio.run(scenario())


def test_a_cancellation_that_the_client_library_swallows_ends_a_worker(redis: Redis, sending: asyncio.Event) -> None:
    async def scenario() -> None:
        group = worker(redis, Scores())
        task = asyncio.create_task(group.run())
        await until(lambda: group.is_up)
        await sending.wait()
        task.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())
