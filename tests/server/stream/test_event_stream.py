"""What one server publishes, the others read once and in order; what they may have missed, they are told."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from deploy.cluster.redis import Redis, running_redis

from agentsentinel.stream import event_stream
from agentsentinel.stream.entry import Entry
from agentsentinel.stream.event_stream import KEY, EventStream
from patience import PATIENCE_SECONDS
from server.stream.support import AGENT, encoded, row, running, until


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path / "redis") as server:
        yield server


class Reader:
    """One server's stream, and what it was told."""

    def __init__(self, url: str) -> None:
        self.entries: list[Entry] = []
        self.gaps = 0
        self.stream = EventStream(url, self.entries.append, self._gap)

    def _gap(self) -> None:
        self.gaps += 1

    def publish(self, *transactions: int) -> None:
        """Publish one event with each commit."""
        for each in transactions:
            self.stream.publish(each, encoded([row()]), {AGENT: "agent"})

    @property
    def transactions(self) -> list[int]:
        """The commits of others that it read."""
        return [entry.transaction for entry in self.entries]


def connected(*readers: Reader) -> AbstractAsyncContextManager[None]:
    """Run streams, connected, for the duration of a block."""
    return running([reader.stream.run() for reader in readers], lambda: all(reader.stream.is_up for reader in readers))


def test_entries_arrive_once_in_order_at_all_others_and_not_at_their_origin(redis: Redis) -> None:
    async def scenario() -> None:
        first, second, third = (Reader(redis.url) for _ in range(3))
        async with connected(first, second, third):
            first.publish(*range(1, 500))
            second.publish(1_000)
            await until(lambda: len(third.entries) == 500)
            await until(lambda: len(second.entries) == 499)
            await until(lambda: len(first.entries) == 1)
        assert second.transactions == list(range(1, 500))
        assert first.transactions == [1_000]
        assert [reader.gaps for reader in (first, second, third)] == [1, 1, 1]  # that of the start

    asyncio.run(scenario())


def test_what_waited_for_redis_arrives_after_its_return(redis: Redis) -> None:
    async def scenario() -> None:
        first, second = Reader(redis.url), Reader(redis.url)
        async with connected(first, second):
            first.publish(1)
            await until(lambda: second.transactions == [1])
            await asyncio.to_thread(redis.kill)
            await until(lambda: not second.stream.is_up)
            first.publish(2, 3)
            await asyncio.to_thread(redis.start)
            await until(lambda: second.stream.is_up)
            first.publish(4)
            await until(lambda: 4 in second.transactions)
        # What came between is read as well, or its absence was said; nothing is read twice.
        assert second.transactions == sorted(set(second.transactions))
        assert second.gaps >= 2

    asyncio.run(scenario())


def test_an_entry_that_is_missing_is_a_gap_and_one_that_is_repeated_is_left_out(redis: Redis) -> None:
    async def scenario() -> None:
        first, second = Reader(redis.url), Reader(redis.url)
        async with connected(first, second):
            first.publish(1)
            await until(lambda: second.transactions == [1])
            (_, fields), *_ = redis.client.xrange(KEY)
            redis.client.xadd(KEY, fields)
            redis.client.xadd(KEY, {**fields, b"number": b"3", b"transaction": b"3"})
            await until(lambda: 3 in second.transactions)
        assert second.transactions == [1, 3]
        assert second.gaps == 2

    asyncio.run(scenario())


def test_an_entry_that_cannot_be_read_is_a_gap_and_stops_nothing(redis: Redis) -> None:
    async def scenario() -> None:
        first, second = Reader(redis.url), Reader(redis.url)
        async with connected(first, second):
            redis.client.xadd(KEY, {b"origin": b"x"})
            first.publish(1)
            await until(lambda: second.transactions == [1])
        assert second.gaps == 2

    asyncio.run(scenario())


def test_a_redis_that_takes_no_news_is_not_up_until_it_does(redis: Redis) -> None:
    async def scenario() -> None:
        first, second = Reader(redis.url), Reader(redis.url)
        async with connected(first, second):
            redis.client.config_set("maxmemory", 1)  # as if its memory were full
            first.publish(1)
            await until(lambda: not first.stream.is_up)
            assert second.stream.is_up
            redis.client.config_set("maxmemory", 0)
            await until(lambda: first.stream.is_up and second.transactions == [1])

    asyncio.run(scenario())


def test_a_failure_of_the_client_library_ends_nothing(redis: Redis, broken: Callable[[bool], None]) -> None:
    async def scenario() -> None:
        first, second = Reader(redis.url), Reader(redis.url)
        async with connected(first, second):
            broken(True)
            first.publish(1)
            await until(lambda: not first.stream.is_up and not second.stream.is_up)
            broken(False)
            await until(lambda: first.stream.is_up and second.stream.is_up)
            first.publish(2)
            await until(lambda: 2 in second.transactions)

    asyncio.run(scenario())


def test_a_cancellation_that_the_client_library_swallows_ends_a_stream(redis: Redis, sending: asyncio.Event) -> None:
    async def scenario() -> None:
        reader = Reader(redis.url)
        task = asyncio.create_task(reader.stream.run())
        await until(lambda: reader.stream.is_up)
        for each in range(1, 4):
            reader.publish(each)
            await sending.wait()
        task.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


def test_news_that_wait_for_redis_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "MOST_WAITING_BYTES", 10_000)

    async def scenario() -> None:
        reader = Reader("redis://127.0.0.1:1/0")
        reader.publish(*range(1_000))
        assert sum(size for size, _ in reader.stream._waiting) <= 10_000
        assert [fields["number"] for _, fields in reader.stream._waiting][-1] == 1_000  # the newest are kept

    asyncio.run(scenario())


def test_a_redis_that_is_not_there_ends_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = Redis(tmp_path / "redis")
        reader = Reader(server.url)
        task = asyncio.create_task(reader.stream.run())
        reader.publish(1)
        await asyncio.sleep(0.1)
        assert not reader.stream.is_up
        await asyncio.to_thread(server.start)
        try:
            await until(lambda: reader.stream.is_up)
            await reader.stream.flush()
            assert server.client.xlen(KEY) == 1
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            server.kill(with_its_data=True)

    asyncio.run(scenario())
