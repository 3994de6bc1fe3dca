"""Each event of another server counts once, whenever its entry comes and whatever a load has seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.ingest.counter_cache import CachedAgent, CounterCache
from agentsentinel.ingest.feed import Feed
from agentsentinel.kit.snapshot import Snapshot
from agentsentinel.stream import replicas as module
from agentsentinel.stream.replicas import Replicas
from agentsentinel_core.behavior.counters import AgentCounters, ToolCounters
from server.stream.support import AGENT, entry, row

TOOL = "read_file"
HOUR = 1_795_000_000.0 // 3600 * 3600


class Loads:
    """A database whose counters hold the events of the transactions that its snapshot sees."""

    def __init__(self, snapshot: Snapshot, transactions: list[int]) -> None:
        self.snapshot = snapshot
        self.seen = sum(snapshot.sees(each) for each in transactions)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    def load(self, cache: CounterCache, *, agent: bool, tool: bool) -> None:
        """Put into the cache what a load reads."""
        if agent:
            usage = AgentCounters()
            cache._agents[AGENT.int] = CachedAgent(AGENT, "agent", usage, 0, 1, self.seen, cache.snapshot)
        if tool:
            counters = ToolCounters()
            counters.total_calls = self.seen
            known = cache.known(AGENT)
            assert known is not None
            cache._put(known, TOOL, counters)


@pytest.fixture(autouse=True)
def snapshot_of_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    async def settle(connection: Any) -> Snapshot:
        return connection.snapshot  # type: ignore[no-any-return]

    monkeypatch.setattr(module, "settle_for_reading", settle)


WHEN = (
    "before",
    "during, before the agent is there",
    "during, before the tool is there",
    "during, after both",
    "after",
)


@given(st.data())
def test_an_event_counts_once_however_its_entry_and_a_load_interleave(data: st.DataObject) -> None:
    transactions = data.draw(st.lists(st.integers(10, 60), unique=True, max_size=12), "transactions")
    end = data.draw(st.integers(10, 61), "end of the snapshot")
    running = frozenset(each for each in transactions if each < end and data.draw(st.booleans()))
    loads = Loads(Snapshot(end, running), transactions)
    # An entry is published after its commit: one that came before the load began was seen by it.
    times = {
        each: data.draw(st.sampled_from(WHEN if loads.snapshot.sees(each) else WHEN[1:]), f"entry of {each}")
        for each in transactions
    }
    cache = CounterCache()
    replicas = Replicas("redis://127.0.0.1:1/0", cache, Feed())
    entries = {each: entry(place, [row(TOOL, at=HOUR)], each) for place, each in enumerate(transactions, 1)}

    def arrive(when: str) -> None:
        for each in transactions:
            if times[each] == when:
                replicas.fold(entries[each])

    async def scenario() -> None:
        arrive(WHEN[0])
        async with replicas.loading(loads):  # type: ignore[arg-type]
            arrive(WHEN[1])
            loads.load(cache, agent=True, tool=False)
            arrive(WHEN[2])
            loads.load(cache, agent=False, tool=True)
            arrive(WHEN[3])
        arrive(WHEN[4])

    asyncio.run(scenario())
    agent = cache.known(AGENT)
    assert agent is not None
    assert agent.usage.tools[TOOL].total_calls == len(transactions)
    assert agent.events == len(transactions)


def test_a_load_that_fails_leaves_nothing_behind() -> None:
    cache = CounterCache()
    replicas = Replicas("redis://127.0.0.1:1/0", cache, Feed())

    async def scenario() -> None:
        with pytest.raises(OSError, match="gone"):
            async with replicas.loading(Loads(Snapshot(10, frozenset()), [])):  # type: ignore[arg-type]
                raise OSError("gone")

    asyncio.run(scenario())
    assert cache.snapshot is None
    replicas.fold(entry(1, [row()]))  # of an agent that is not cached: nothing to do


def test_a_load_that_fails_half_way_is_not_trusted() -> None:
    cache = CounterCache()
    replicas = Replicas("redis://127.0.0.1:1/0", cache, Feed())
    loads = Loads(Snapshot(10, frozenset()), [])

    async def scenario() -> None:
        async with replicas.loading(loads):  # type: ignore[arg-type]
            replicas.fold(entry(1, [row(TOOL)], 50))  # which the snapshot has not seen
            loads.load(cache, agent=True, tool=True)
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(scenario())
    assert cache.find(AGENT, TOOL) is None


def test_an_agent_with_more_events_than_are_known_is_loaded_again() -> None:
    cache = CounterCache()
    replicas = Replicas("redis://127.0.0.1:1/0", cache, Feed())
    cache._agents[AGENT.int] = CachedAgent(AGENT, "agent", AgentCounters(), 0, 1, events=5)

    class Stored:
        def __init__(self, events: int) -> None:
            self.events = events

        async def fetch(self, *_: object) -> list[dict[str, Any]]:
            return [{"agent_id": AGENT, "events": self.events}]

    asyncio.run(replicas.compare(Stored(5)))  # type: ignore[arg-type]
    assert not cache.is_stale(AGENT)
    asyncio.run(replicas.compare(Stored(6)))  # type: ignore[arg-type]
    assert cache.is_stale(AGENT)
    assert cache.find(AGENT, TOOL) is None
