"""The counter cache: loaded once, bounded by tools, and least recently used agents go first."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from agentsentinel.ingest import counter_cache
from agentsentinel.ingest.counter_cache import CounterCache
from agentsentinel_core.behavior.counters import OTHER_TOOLS
from server.database import on
from server.support import insert_agent


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(counter_cache, "time", clock)
    return clock


def load(dsn: str, cache: CounterCache, *pairs: tuple[UUID, str]) -> set[UUID]:
    async def work(connection: asyncpg.Connection) -> set[UUID]:
        return await cache.load(connection, pairs)

    return on(dsn, work)


def test_an_agent_is_found_once_the_tool_in_question_is_loaded(migrated_dsn: str) -> None:
    cache, agent = CounterCache(), insert_agent(migrated_dsn)
    assert load(migrated_dsn, cache, (agent, "search")) == set()
    assert cache.find(agent, "search") is cache.known(agent)
    assert cache.find(agent, "send") is None
    assert cache.known(agent) is not None


def test_an_agent_that_does_not_exist_is_named_and_not_cached(migrated_dsn: str) -> None:
    cache, agent, stranger = CounterCache(), insert_agent(migrated_dsn), uuid4()
    assert load(migrated_dsn, cache, (agent, "search"), (stranger, "search")) == {stranger}
    assert (len(cache), cache.known(stranger)) == (1, None)


def test_what_is_loaded_is_not_asked_for_again() -> None:
    class Untouchable:
        async def fetch(self, *_: object) -> None:
            raise AssertionError

    assert asyncio.run(CounterCache().load(Untouchable(), [])) == set()  # type: ignore[arg-type]


def test_over_the_limit_of_tools_further_names_count_together(migrated_dsn: str) -> None:
    cache, agent = CounterCache(max_tools_of_agent=2), insert_agent(migrated_dsn)
    load(migrated_dsn, cache, *((agent, name) for name in ("a", "b")))
    load(migrated_dsn, cache, (agent, "c"))
    found = cache.find(agent, "c")
    assert found is not None
    assert [found.counted_as(name) for name in ("a", "b", "c", "d")] == ["a", "b", OTHER_TOOLS, OTHER_TOOLS]


def test_a_rename_is_seen_and_a_forgotten_agent_is_loaded_anew(migrated_dsn: str) -> None:
    cache, agent = CounterCache(), insert_agent(migrated_dsn)
    load(migrated_dsn, cache, (agent, "search"))
    cache.rename(agent, "new")
    known = cache.known(agent)
    assert known is not None
    assert known.name == "new"
    cache.forget([agent, uuid4()])
    assert (cache.known(agent), len(cache)) == (None, 0)


def test_the_least_recently_used_agents_go_while_there_are_too_many_tools(migrated_dsn: str, clock: Clock) -> None:
    cache, agents = CounterCache(max_tools=2), [insert_agent(migrated_dsn) for _ in range(3)]
    for agent in agents:
        clock.seconds += 10
        load(migrated_dsn, cache, (agent, "search"))
    clock.seconds += 10
    cache.touch(agents[:1])
    cache.evict()
    assert [cache.known(agent) is not None for agent in agents] == [True, False, True]


def test_an_idle_agent_goes_although_there_is_room(migrated_dsn: str, clock: Clock) -> None:
    cache, (idle, busy) = CounterCache(), (insert_agent(migrated_dsn), insert_agent(migrated_dsn))
    load(migrated_dsn, cache, (idle, "search"), (busy, "search"))
    clock.seconds += counter_cache.IDLE_SECONDS
    cache.touch([busy])
    clock.seconds += 1
    cache.evict()
    assert (cache.known(idle), cache.known(busy) is not None) == (None, True)
