"""Servers share what they know of wrong keys, through a real Redis."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deploy.cluster.redis import Redis, running_redis
from starlette.types import Scope

from agentsentinel.auth.failed_attempts import CredentialKind, FailedAttempts
from agentsentinel.errors import TooManyFailures, Unauthenticated
from agentsentinel.stream.failure_news import CHANNEL, FailureNews
from server.stream.support import running, until

LIMIT = 5
HERE: Scope = {"type": "http", "client": ("192.0.2.1", 1), "headers": []}
ELSEWHERE: Scope = {"type": "http", "client": ("192.0.2.2", 1), "headers": []}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path / "redis") as server:
        yield server


class Server:
    """What a server knows of wrong keys, with its news."""

    def __init__(self, url: str) -> None:
        self.failed_attempts = FailedAttempts(LIMIT, ())
        self.news = FailureNews(url, self.failed_attempts)

    def is_over(self) -> bool:
        """Whether the address has used up its wrong keys here; to ask costs none."""
        return self.failed_attempts._limiter.is_over("192.0.2.1")

    async def is_refused(self, scope: Scope) -> bool:
        """Send a wrong key; returns whether the answer is 429."""

        async def look_up() -> None:
            raise Unauthenticated("wrong")

        try:
            await self.failed_attempts.attempt(scope, CredentialKind.KEY, "", look_up)
        except TooManyFailures:
            return True
        except Unauthenticated:
            return False
        raise AssertionError("it passed")


def listeners(redis: Redis) -> int:
    """Return how many servers listen."""
    ((_, count),) = redis.client.pubsub_numsub(CHANNEL)
    return int(count)


def test_wrong_keys_at_one_server_count_at_the_other_for_their_address_alone(redis: Redis) -> None:
    async def scenario() -> None:
        one, other = Server(redis.url), Server(redis.url)
        async with running([one.news.run(), other.news.run()], lambda: listeners(redis) == 2):
            for _ in range(LIMIT):
                assert not await one.is_refused(HERE)
            await until(other.is_over)
            assert await other.is_refused(HERE)
            assert not await other.is_refused(ELSEWHERE)

    asyncio.run(scenario())


def test_a_server_does_not_count_its_own_news_again(redis: Redis) -> None:
    async def scenario() -> None:
        one = Server(redis.url)
        heard = redis.client.pubsub(ignore_subscribe_messages=True)
        heard.subscribe(CHANNEL)
        async with running([one.news.run()], lambda: listeners(redis) == 2):
            for _ in range(LIMIT - 1):
                assert not await one.is_refused(HERE)
            await until(lambda: heard.get_message(timeout=0.01) is not None)
            await asyncio.sleep(0.1)
            assert not await one.is_refused(HERE)

    asyncio.run(scenario())


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"origin":"x","failures":{"a":"b"}}', b"x" * 1_000_000])
def test_what_cannot_be_read_is_left_out(redis: Redis, data: bytes) -> None:
    async def scenario() -> None:
        one, other = Server(redis.url), Server(redis.url)
        async with running([one.news.run(), other.news.run()], lambda: listeners(redis) == 2):
            redis.client.publish(CHANNEL, data)
            for _ in range(LIMIT):
                await one.is_refused(HERE)
            await until(other.is_over)
            assert await other.is_refused(HERE)

    asyncio.run(scenario())


def test_a_failure_of_the_client_library_ends_no_news(redis: Redis, broken: Callable[[bool], None]) -> None:
    async def scenario() -> None:
        one, other, lost = Server(redis.url), Server(redis.url), Server(redis.url)
        broken(True)
        async with running([each.news.run() for each in (one, other, lost)], lambda: True):
            lost.news.note("192.0.2.9")
            await asyncio.sleep(0.5)  # several attempts fail
            broken(False)
            await until(lambda: listeners(redis) == 3)
            for _ in range(LIMIT):
                assert not await one.is_refused(HERE)
            await until(other.is_over)
            assert await other.is_refused(HERE)

    asyncio.run(scenario())


def test_without_redis_each_server_counts_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        one = Server("redis://127.0.0.1:9/0")
        async with running([one.news.run()], lambda: True):
            assert [await one.is_refused(HERE) for _ in range(LIMIT + 1)] == [False] * LIMIT + [True]

    asyncio.run(scenario())
