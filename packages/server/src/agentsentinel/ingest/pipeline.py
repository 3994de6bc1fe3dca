"""Group commit: events are judged (scored) as they come in, and those of many requests are stored in one transaction.

One group is being stored at a time. While PostgreSQL makes it durable, the next one fills: each event is judged on
arrival against counters that already include the group being stored. So the size of a group follows the load, a lone
event is stored at once, and this process works while the database does. A group that cannot be stored leaves no
trace: the cached counters of its agents are dropped and loaded again, and all events that were judged on top of them
are judged again.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import UUID

import asyncpg
import structlog

from agentsentinel.errors import Unavailable
from agentsentinel.ingest.counter_cache import CounterCache
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.deduplication import TRACKED, add_channels, channel_bit, has_dedup_key, is_ready, track
from agentsentinel.ingest.event import EventReport
from agentsentinel.ingest.event_counts import EventCounts
from agentsentinel.ingest.event_store import First, find_repeats, forget_receipts
from agentsentinel.ingest.feed import Feed
from agentsentinel.ingest.group import Answer, Group, Outcome, Request
from agentsentinel.ingest.judge import Judge
from agentsentinel.ingest.partitions import PartitionCalendar
from agentsentinel.kit.database import UNAVAILABLE, Connection, Database, Link
from agentsentinel.stream.replicas import Replicas
from agentsentinel_core.behavior.detector import Detector
from agentsentinel_core.behavior.registry import DETECTORS

log = structlog.get_logger(__name__)

MAX_WAITING_EVENTS = 20_000
"""Beyond this, requests are answered 503 with Retry-After instead of being queued."""
LOOK_SECONDS = 30.0
"""How long event ids are looked up before judging, after one was repeated.

An event id is assumed to be new, and PostgreSQL refuses the group if it is not. Then the ids of the group are looked up
and the group is judged again; and so are the events of the next seconds, since one repeated id is followed by more.
"""
STORE_TIMEOUT_SECONDS = 4.5
"""Timeout of storing a group: it is answered with 503 then, so that no request waits over 5 s for a hung database."""
CONFLICTS = (asyncpg.UniqueViolationError, asyncpg.NotNullViolationError, asyncpg.DeadlockDetectedError)
"""Errors after which a group is judged again: another process stored one of its events, or deleted an agent of it."""


class Pipeline:
    """Judges and stores validated, authorised events, and answers each request when its events are durable."""

    def __init__(
        self,
        database: Database,
        counters: Counters,
        counter_cache: CounterCache,
        feed: Feed,
        event_counts: EventCounts,
        on_stored: Callable[[Iterable[UUID]], None],
        on_commit: Callable[[float], None],
        replicas: Replicas | None = None,
        detectors: Sequence[Detector] = DETECTORS,
    ) -> None:
        self._counter_cache = counter_cache
        self._counters = counters
        self._feed = feed
        self._event_counts = event_counts
        self._on_stored = on_stored
        self._on_commit = on_commit
        self._replicas = replicas
        self._judge = Judge(counter_cache, feed, detectors)
        self._partitions = PartitionCalendar()
        self._unprepared: deque[Request] = deque()
        self._waiting_events = 0
        self._has_unprepared = asyncio.Event()
        self._has_open = asyncio.Event()
        # A generic plan, made while the table was empty, would be kept when it has grown.
        self._reader = Link(database, "SET plan_cache_mode = force_custom_plan")
        self._writer = Link(database)
        self._look_until = 0.0
        """Monotonic time until which events with ids are looked up before they are judged."""
        self._closing = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def submit(self, reports: Sequence[EventReport], on_outcome: Callable[[Outcome], None]) -> None:
        """Accept events for storing; `on_outcome` is called once, later, with their outcome.

        Raises Unavailable when they cannot be accepted; then `on_outcome` is not called.
        """
        if self._closing.is_set() or self._waiting_events + len(reports) > MAX_WAITING_EVENTS:
            raise Unavailable("Too many events are waiting to be stored; try again")
        request = Request(reports, on_outcome)
        if not self._waiting_events:
            self._drained.clear()
        self._waiting_events += len(reports)
        if not self._judge_at_once(request):
            self._unprepared.append(request)
            self._has_unprepared.set()

    async def store(self, reports: Sequence[EventReport]) -> list[Answer]:
        """Accept events and wait until they are durable; return one answer for each. Raises Unavailable."""
        stored: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()

        def resolve(outcome: Outcome) -> None:
            if stored.done():  # the client has gone
                return
            if isinstance(outcome, Unavailable):
                stored.set_exception(outcome)
            else:
                stored.set_result(outcome)

        self.submit(reports, resolve)
        return await stored

    @property
    def waiting_events(self) -> int:
        """How many events are accepted and not answered yet."""
        return self._waiting_events

    async def run(self) -> None:
        """Prepare and store events until `close` is called and every request is answered."""
        loops = (asyncio.create_task(self._store_groups()), asyncio.create_task(self._prepare_requests()))
        try:
            await self._closing.wait()
            await self._drained.wait()
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.wait(loops)
            self._reader.drop()
            self._writer.drop()

    def close(self) -> None:
        """Accept no more events, and let `run` end once the accepted ones are stored."""
        self._closing.set()

    def forget_partitions(self) -> None:
        """Look partitions up again before the next event, because some were dropped."""
        self._partitions.forget()

    def rename_agent(self, agent_id: UUID, name: str) -> None:
        """Show an agent's new name with the events that come from now on."""
        self._counter_cache.rename(agent_id, name)

    def forget_agents(self, agent_ids: Iterable[UUID]) -> None:
        """Load these agents anew before their next event, because they were deleted or changed."""
        self._counter_cache.forget(agent_ids)

    @property
    def cached_agents(self) -> int:
        """How many agents have their counters in memory."""
        return len(self._counter_cache)

    def _judge_at_once(self, request: Request) -> bool:
        """Judge a request's events if that needs nothing from the database; return whether it did."""
        if self._unprepared or self._judge.group.is_full or not self._partitions.has_now:
            return False
        is_looking = time.monotonic() < self._look_until
        for report in request.reports:
            if is_looking and (report.event_id is not None or has_dedup_key(report)):
                return False
            if report.timestamp is not None and not self._partitions.has(report.timestamp):
                return False
        return self._join_group(request, {}, set())

    def _join_group(self, request: Request, repeats: dict[int, First], unknown: set[UUID]) -> bool:
        """Judge a request into the open group; return whether all that this needs was loaded."""
        is_judged = self._judge.judge(request, repeats, unknown)
        if is_judged:
            self._has_open.set()
        return is_judged

    # Preparing reads from the database what judging needs.

    async def _prepare_requests(self) -> None:
        while True:
            if not self._unprepared or self._judge.group.is_full:
                self._has_unprepared.clear()
                await self._has_unprepared.wait()
                continue
            requests = list(self._unprepared)
            try:
                async with asyncio.timeout(STORE_TIMEOUT_SECONDS):
                    await self._prepare(requests)
            except Exception as error:
                self._reader.drop()
                self._give_up(list(self._next_of(requests)), error)

    async def _prepare(self, requests: Sequence[Request]) -> None:
        """Read what judging these requests needs, then judge them in order while the group has room."""
        connection = await self._reader.connect()
        reports = [report for request in requests for report in request.reports]
        repeats = await find_repeats(connection, [report.event_id for report in reports if report.event_id is not None])
        await self._drop_stale({report.agent_id for report in reports})
        pairs = {(report.agent_id, report.tool_name) for report in reports}
        missing = [pair for pair in pairs if self._counter_cache.find(*pair) is None]
        unknown = await self._load(connection, missing) if missing else set()
        moments = [report.timestamp for report in reports if report.timestamp is not None]
        await self._partitions.make(connection, moments)
        await self._prepare_calls(connection, reports)
        for request in self._next_of(requests):
            if self._judge.group.is_full or not self._join_group(request, repeats, unknown):
                self._unprepared.appendleft(request)
                return

    async def _load(self, connection: Connection, missing: Sequence[tuple[UUID, str]]) -> set[UUID]:
        """Load counters; returns the agents that do not exist."""
        if self._replicas is None:
            await self._counters.settle()
            return await self._counter_cache.load(connection, missing)
        while True:
            try:
                async with self._replicas.loading(connection):
                    return await self._counter_cache.load(connection, missing)
            except (asyncpg.ForeignKeyViolationError, asyncpg.DeadlockDetectedError):
                await self._counters.settle()  # an agent was deleted meanwhile; this tries again, or gives up

    async def _drop_stale(self, agent_ids: set[UUID]) -> None:
        """Drop those of these agents that are to be loaded again, once their last events are stored."""
        stale = {agent_id for agent_id in agent_ids if self._counter_cache.is_stale(agent_id)}
        while stale and not stale.isdisjoint(self._judge.agents_under_way()):  # noqa: ASYNC110 - rare, as above
            await asyncio.sleep(0.001)
        self._counter_cache.forget(stale)

    async def _prepare_calls(self, connection: Connection, reports: Sequence[EventReport]) -> None:
        """Load what deduplication needs for reports with a deduplication key: see `deduplication.py`."""
        named = [
            (report, agent)
            for report in reports
            if has_dedup_key(report) and (agent := self._counter_cache.known(report.agent_id)) is not None
        ]
        new_channels: dict[UUID, int] = {}
        for report, agent in named:
            if not is_ready(agent, report):
                new_channels[report.agent_id] = new_channels.get(report.agent_id, 0) | channel_bit(report)
        if new_channels:
            await self._add_channels(connection, new_channels)
        await self._judge.calls.load(connection, [one for one in named if one[1].channels & TRACKED])

    async def _add_channels(self, connection: Connection, new_channels: dict[UUID, int]) -> None:
        """Record new channels of these agents, and start to track those that have several now."""
        channels = await add_channels(connection, new_channels)
        # PostgreSQL refuses groups that were judged before this, except one that is being stored right now: wait for
        # it, so that its events are found when the calls of an agent are entered in `call_reports`.
        under_way = self._judge.under_way
        while under_way is not None and self._judge.under_way is under_way:  # noqa: ASYNC110 - once or twice in an agent's
            await asyncio.sleep(0.001)  # life, and the hot path need not set an event for it
        for agent_id, bits in channels.items():
            are_several = bits & (bits - 1) and not bits & TRACKED
            now = await track(connection, agent_id) if are_several else bits
            agent = self._counter_cache.known(agent_id)
            if agent is not None:
                agent.channels = now

    def _next_of(self, requests: Sequence[Request]) -> Iterator[Request]:
        """Yield those of these requests that still wait; some may have been answered during the reads."""
        still = set(requests)
        while self._unprepared and self._unprepared[0] in still:
            yield self._unprepared.popleft()

    # Storing

    async def _store_groups(self) -> None:
        while True:
            if not self._judge.group.requests:
                self._has_open.clear()
                await self._has_open.wait()
                continue
            # One iteration of the event loop, in which the last group's answers are written and new requests are
            # read, makes the group larger and so each event cheaper.
            await asyncio.sleep(0)
            group = self._judge.close_group()
            self._has_unprepared.set()
            try:
                if not group.commit.is_empty:
                    begin = time.monotonic()
                    group.transaction = await self._write(group)
                    self._on_commit(time.monotonic() - begin)
            except CONFLICTS as conflict:
                await self._judge_again(group, conflict)
            except Exception as error:
                self._abandon(group, error)
            else:
                # Answer after the next group is sent: the database works while the answers are written.
                asyncio.get_running_loop().call_soon(self._answer, group)
            finally:
                self._judge.under_way = None

    async def _write(self, group: Group) -> int:
        connection = self._writer.live
        if connection is not None:
            # The connection's own statement timeout is shorter, and a second timer would cost 1 % of the throughput.
            return await group.commit.write(connection)
        async with asyncio.timeout(STORE_TIMEOUT_SECONDS):
            return await group.commit.write(await self._writer.connect())

    def _answer(self, group: Group) -> None:
        agent_ids = group.commit.agent_ids
        self._release(sum(len(request.reports) for request in group.requests))
        self._event_counts.stored += len(group.commit)
        self._event_counts.duplicate += group.repeats
        if agent_ids:
            self._on_stored(agent_ids)
            self._counter_cache.touch(agent_ids)
            if self._replicas is not None:
                self._replicas.note_stored(group.commit, group.transaction)
        if group.news:
            self._feed.publish(group.news)
        self._counter_cache.evict()
        for request in group.requests:
            self._conclude(request, request.answers)

    async def _judge_again(self, group: Group, conflict: Exception) -> None:
        """Queue a group to be prepared and judged again, with the requests that were judged on top of it."""
        log.info("group_retried", reason=type(conflict).__name__)
        requests = self._undo(group)
        for request in group.requests:
            request.tries_left -= 1
        if isinstance(conflict, asyncpg.UniqueViolationError):
            self._look_until = time.monotonic() + LOOK_SECONDS
            ids = [report.event_id for request in requests for report in request.reports if report.event_id]
            with contextlib.suppress(*UNAVAILABLE, asyncpg.PostgresError):
                await forget_receipts(await self._writer.connect(), ids)
        given_up = [request for request in requests if not request.tries_left]
        self._give_up(given_up, conflict)
        self._unprepared.extendleft(reversed([request for request in requests if request.tries_left]))
        self._has_unprepared.set()

    def _abandon(self, group: Group, error: Exception) -> None:
        """Answer 503 to a group that could not be stored, and to all waiting requests: they need the same database."""
        self._writer.drop()
        requests = [*self._undo(group), *self._unprepared]
        self._unprepared.clear()
        self._give_up(requests, error)

    def _undo(self, group: Group) -> list[Request]:
        """Undo a group and the open one: drop the cached counters of their agents, and return their requests."""
        requests = [*group.requests, *self._judge.discard_open()]
        self._counter_cache.forget({report.agent_id for request in requests for report in request.reports})
        return requests

    def _give_up(self, requests: Sequence[Request], error: Exception) -> None:
        if not requests:
            return
        events = sum(len(request.reports) for request in requests)
        if isinstance(error, (*UNAVAILABLE, asyncpg.PostgresError)):
            log.warning("events_not_stored", events=events, error=repr(error)[:300])
        else:
            log.error("storing_failed", events=events, exc_info=error)
        self._release(events)
        for request in requests:
            self._conclude(request, Unavailable("The event could not be stored now; try again"))

    def _conclude(self, request: Request, outcome: Outcome) -> None:
        try:
            request.on_outcome(outcome)
        except Exception as error:  # a request that cannot be answered must not keep the others waiting
            log.error("answering_failed", exc_info=error)

    def _release(self, events: int) -> None:
        self._waiting_events -= events
        if not self._waiting_events:
            self._drained.set()
