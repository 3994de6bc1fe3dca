"""What other replicas stored, folded into the cached counters of this process: each event exactly once.

An entry may be read before, during or after the load of its agent's counters, and those may hold its events already.
The id of its commit decides: a load knows which commits it has seen (`Snapshot`), and the events of the others are
folded. Without the stream, agents whose stored events outnumber the known ones are loaded again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import structlog

from agentsentinel.ingest.counter_cache import CachedAgent, CounterCache
from agentsentinel.ingest.counters import Counters, settle_for_reading
from agentsentinel.ingest.deduplication import CHANNEL_NAMES
from agentsentinel.ingest.event import Decision, EventReport, EventStatus, Stored
from agentsentinel.ingest.event_store import EventBatch, EventRow
from agentsentinel.ingest.feed import Feed, StoredEvent
from agentsentinel.kit.database import Connection, Database, Link
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.tasks import keep_going
from agentsentinel.stream.entry import Entry
from agentsentinel.stream.event_stream import EventStream

log = structlog.get_logger(__name__)

COMPARE_SECONDS = 1.0
_STORED = "SELECT agent_id, events FROM agent_activity WHERE agent_id = ANY($1::uuid[])"


class Replicas:
    """Keeps the cached counters equal to what all replicas have stored together."""

    def __init__(self, url: str, cache: CounterCache, feed: Feed) -> None:
        self.stream = EventStream(url, self.fold, self.distrust)
        self._cache = cache
        self._feed = feed
        self._missed: list[tuple[EventRow, int, bool]] | None = None
        """Events that came in during a load and found no counters, and whether their agent was cached."""

    def fold(self, entry: Entry) -> None:
        """Take an entry of another replica."""
        for row in entry.events:
            agent = self._cache.known(row.agent_id)
            if agent is not None:
                _count(agent, 1, entry.transaction)
                if _fold(agent, row, entry.transaction):
                    continue
                self._cache.note_foreign_tool(agent, row.counted_as or row.tool_name)
            if self._missed is not None:
                self._missed.append((row, entry.transaction, agent is not None))
        if self._feed.has_listeners:
            self._feed.publish([_news(row, entry.names.get(row.agent_id, "")) for row in entry.events])

    def note_stored(self, commit: EventBatch, transaction: int) -> None:
        """Count events that this process has stored, and publish them."""
        for agent_id, count in commit.events_by_agent.items():
            agent = self._cache.known(agent_id)
            if agent is not None:
                _count(agent, count, transaction)
        self.stream.publish(transaction, commit.encoded_events, commit.names)

    @asynccontextmanager
    async def loading(self, connection: Connection) -> AsyncIterator[None]:
        """Load counters within the block, of one snapshot, and fold afterwards what it has not seen."""
        self._missed = []
        try:
            async with connection.transaction():
                self._cache.snapshot = await settle_for_reading(connection)
                yield
            for row, transaction, is_counted in self._missed:
                agent = self._cache.known(row.agent_id)
                if agent is not None:
                    _count(agent, 0 if is_counted else 1, transaction)
                    _fold(agent, row, transaction)
        except BaseException:
            # Part of the load may be in the cache, without what came in meanwhile.
            for row, _, _ in self._missed:
                self._cache.mark_stale(row.agent_id)
            raise
        finally:
            self._cache.snapshot = None
            self._missed = None

    def distrust(self) -> None:
        """Load every cached agent again before its next event, because entries were missed."""
        for agent in self._cache:
            agent.is_stale = True

    async def watch(self, database: Database, counters: Counters) -> None:
        """Compare every second while no news arrive; runs until cancelled."""
        link = Link(database)

        async def compare() -> None:
            if not self.stream.is_up:
                await counters.settle()
                await self.compare(await link.connect())

        def on_failure(error: BaseException) -> float:
            link.drop()
            if not is_database_unavailable(error):
                log.error("comparing_failed", exc_info=error)
            return COMPARE_SECONDS

        try:
            await keep_going(compare, on_failure, COMPARE_SECONDS)
        finally:
            link.drop()

    async def compare(self, connection: Connection) -> None:
        """Distrust the cached agents that have more events stored than are known here.

        Settle before it. Raises what asyncpg raises.
        """
        known = {agent.id: agent for agent in self._cache if not agent.is_stale}
        for row in await connection.fetch(_STORED, list(known)):
            agent = known[row["agent_id"]]
            agent.is_stale = agent.is_stale or row["events"] > agent.events


def _news(row: EventRow, agent_name: str) -> StoredEvent:
    report = EventReport(
        row.agent_id,
        row.tool_name,
        row.input_hash,
        row.output_hash,
        row.duration_ms,
        row.session_id,
        row.tool_call_id,
        cast("EventStatus", row.status),
        channel=CHANNEL_NAMES[row.channel],
        trace_id=row.trace_id,
        span_id=row.span_id,
        server_name=row.server_name,
        operation=row.operation,
        decision=cast("Decision | None", row.decision),
        would_block=row.would_block,
        policy_rule=row.policy_rule,
    )
    answer = Stored(event_id=row.id, anomaly_score=row.score, reasons=row.reasons or (), timestamp=row.at)
    return StoredEvent(row.agent_id, agent_name, report, answer)


def _count(agent: CachedAgent, events: int, transaction: int) -> None:
    if agent.snapshot is None or not agent.snapshot.sees(transaction):
        agent.events += events


def _fold(agent: CachedAgent, row: EventRow, transaction: int) -> bool:
    """Fold an event, unless the counters hold it already; return whether they are cached."""
    name = row.counted_as or row.tool_name
    snapshot = agent.snapshots.get(name)
    if snapshot is None or not snapshot.sees(transaction):
        agent.usage.fold(name, row.at.timestamp(), row.session_id, is_learned=row.is_learned)
    return name in agent.usage.tools
