"""The watch over agents that clients wait for: it wakes waiters of changed agents only, and asks nothing when idle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest

from agentsentinel.config import async_database_url
from agentsentinel.enforcement import watch as watching
from agentsentinel.enforcement.repository import find_markers
from agentsentinel.enforcement.watch import EnforcementWatch
from agentsentinel.errors import Overloaded
from agentsentinel.kit.database import Database
from patience import PATIENCE_SECONDS
from server.support import insert_agent

SUSPEND = "UPDATE agents SET suspended_at = now() WHERE id = $1"


async def is_connected() -> bool:
    return False


async def has_gone() -> bool:
    return True


class World:
    """A watch that runs on a real database."""

    def __init__(self, dsn: str) -> None:
        self.database = Database(async_database_url(dsn))
        self.watch = EnforcementWatch(self.database)

    async def marker(self, agent_id: UUID) -> str:
        async with self.database.transaction() as session:
            return (await find_markers(session, [agent_id]))[agent_id]

    async def suspend(self, agent_id: UUID) -> None:
        connection = await self.database.connect()
        await connection.execute(SUSPEND, agent_id)
        await connection.close()

    async def wait(self, agent_id: UUID, marker: str | None, seconds: float = PATIENCE_SECONDS) -> bool:
        until = asyncio.get_running_loop().time() + seconds
        with self.watch.waiting(agent_id, agent_id) as waiter:
            return await self.watch.wait_for_change(waiter, marker, until, is_connected)


@asynccontextmanager
async def world_on(dsn: str) -> AsyncIterator[World]:
    world = World(dsn)
    running = asyncio.create_task(world.watch.run())
    try:
        yield world
    finally:
        running.cancel()
        await world.database.close()


def test_only_the_waiter_of_the_changed_agent_wakes(dsn: str) -> None:
    async def scenario() -> None:
        async with world_on(dsn) as world:
            first = asyncio.create_task(world.wait(changed, await world.marker(changed)))
            second = asyncio.create_task(world.wait(other, await world.marker(other)))
            await asyncio.sleep(0)
            await world.suspend(changed)
            assert await first
            assert not second.done()
            second.cancel()

    changed, other = insert_agent(dsn), insert_agent(dsn)
    asyncio.run(scenario())


def test_a_waiter_with_an_old_marker_wakes_without_a_further_change(dsn: str) -> None:
    async def scenario() -> None:
        async with world_on(dsn) as world:
            old = await world.marker(agent_id)
            await world.suspend(agent_id)
            assert await world.wait(agent_id, old)

    agent_id = insert_agent(dsn)
    asyncio.run(scenario())


def test_a_wait_ends_with_its_time_its_client_and_the_server(dsn: str) -> None:
    async def scenario() -> None:
        async with world_on(dsn) as world:
            marker = await world.marker(agent_id)
            assert not await world.wait(agent_id, marker, seconds=0.01)
            until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
            with world.watch.waiting(agent_id, agent_id) as waiter:
                assert not await world.watch.wait_for_change(waiter, marker, until, has_gone)
            waits = asyncio.create_task(world.wait(agent_id, marker))
            await asyncio.sleep(0)
            world.watch.close()
            assert not await waits
            assert not await world.wait(agent_id, marker)

    agent_id = insert_agent(dsn)
    asyncio.run(scenario())


def test_all_waiters_share_one_statement_and_none_is_sent_without_waiters(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def count(session: object, agent_ids: set[UUID]) -> dict[UUID, str]:
        asked.append(len(agent_ids))
        return {}

    async def scenario() -> None:
        async with world_on(dsn) as world:
            await asyncio.sleep(2 * watching.POLL_SECONDS)
            assert asked == []
            agents = [uuid4() for _ in range(3)]
            assert all(await asyncio.gather(*(world.wait(agent, "old") for agent in agents * 5)))
            assert asked == [3]

    monkeypatch.setattr(watching, "find_markers", count)
    asyncio.run(scenario())


def test_waiters_are_limited_by_key_and_in_all(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "WAITERS", 3)
    monkeypatch.setattr(watching, "WAITERS_OF_KEY", 2)
    watch, agent, key = World(dsn).watch, uuid4(), uuid4()
    with watch.waiting(agent, key), watch.waiting(agent, key):
        with pytest.raises(Overloaded), watch.waiting(agent, key):
            pass
        with watch.waiting(agent, uuid4()), pytest.raises(Overloaded), watch.waiting(agent, uuid4()):
            pass
    with watch.waiting(agent, key):
        pass
