"""Group commit: events are judged (scored) as they come in, and those of many requests are stored in one transaction.

One group is being stored at a time. While PostgreSQL makes it durable, the next one fills: each event is judged on
arrival against counters that already include the group being stored. So the size of a group follows the load, a lone
event is stored at once, and this process works while the database does. A group that cannot be stored leaves no
trace: the cached counters of its agents are dropped and loaded again, and all events that were judged on top of them
are judged again.
"""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import repeat
from uuid import UUID

import asyncpg
import msgspec
import structlog

from agentsentinel.errors import Unavailable
from agentsentinel.ingest.counter_cache import CachedAgent, CounterCache
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.deduplication import (
    CHANNELS,
    TRACKED,
    CallWindow,
    TrackedCall,
    channel_bit,
    dedup_keys,
    follow,
    has_dedup_key,
    is_ready,
    note_channels,
)
from agentsentinel.ingest.event import EventReport, Reason, Refused, Stored
from agentsentinel.ingest.event_counts import EventCounts
from agentsentinel.ingest.event_store import EventBatch
from agentsentinel.ingest.feed import Feed, StoredEvent
from agentsentinel.ingest.partitions import WEEK, has_hypertable, make_partitions, week_of
from agentsentinel.kit.database import UNAVAILABLE, Connection, Database, Link
from agentsentinel.kit.ids import uuid7
from agentsentinel_core.behavior.detector import Detector
from agentsentinel_core.behavior.registry import DETECTORS

log = structlog.get_logger(__name__)

MAX_GROUP_EVENTS = 4_000
MAX_WAITING_EVENTS = 20_000
"""Beyond this, requests are answered 503 with Retry-After instead of being queued."""
MAX_TRIES = 3
LOOK_SECONDS = 30.0
"""How long event ids are looked up before judging, after one was repeated.

An event id is assumed to be new, and PostgreSQL refuses the group if it is not. Then the ids of the group are looked up
and the group is judged again; and so are the events of the next seconds, since one repeated id is followed by more.
"""
STORE_TIMEOUT_SECONDS = 4.5
"""Timeout of storing a group: it is answered with 503 then, so that no request waits over 5 s for a hung database."""
UNKNOWN_AGENT = Refused(404, "There is no agent with this agent_id: register it with POST /api/v1/agents")
FOREIGN_EVENT_ID = Refused(409, "event_id: already used by an event of another agent")

_REPEATS = """
SELECT r.event_id AS told_id, e.id, e.agent_id, e.timestamp, e.anomaly_score, e.reasons
FROM event_receipts r
JOIN agent_events e ON e.timestamp = r.timestamp AND e.id = coalesce(r.stored_id, r.event_id)
WHERE r.event_id = ANY($1::uuid[]) AND e.agent_id NOT IN (SELECT id FROM agents WHERE removed_at IS NOT NULL)
"""
_FORGET_RECEIPTS = """
DELETE FROM event_receipts r WHERE r.event_id = ANY($1::uuid[])
    AND NOT EXISTS (
        SELECT 1 FROM agent_events e WHERE e.timestamp = r.timestamp AND e.id = coalesce(r.stored_id, r.event_id)
            AND e.agent_id NOT IN (SELECT id FROM agents WHERE removed_at IS NOT NULL)
    )
"""
CONFLICTS = (asyncpg.UniqueViolationError, asyncpg.NotNullViolationError, asyncpg.DeadlockDetectedError)
"""Errors after which a group is judged again: another process stored one of its events, or deleted an agent of it."""

Answer = Stored | Refused
First = tuple[UUID, Stored]
"""The agent of an event whose id is repeated, and the first answer to it."""


Outcome = list[Answer] | Unavailable
"""Outcome of a request: one answer for each event once all are durable, or the reason why they could not be stored."""


class Request:
    """The events of one request, and the callback that takes its outcome."""

    __slots__ = ("answers", "reports", "tell", "tries_left")

    def __init__(self, reports: Sequence[EventReport], tell: Callable[[Outcome], None]) -> None:
        self.reports = reports
        self.tell = tell
        self.answers: list[Answer] = []
        self.tries_left = MAX_TRIES


class Group:
    """Judged requests on their way into the database."""

    __slots__ = ("commit", "firsts", "news", "repeats", "requests")

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.commit = EventBatch()
        self.firsts: dict[int, First] = {}
        """First answers to the events whose ids clients chose, by the id as a number.

        They are looked up here, because a repeat may come in before the group is stored.
        """
        self.repeats = 0
        self.news: list[StoredEvent] = []


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
        detectors: Sequence[Detector] = DETECTORS,
    ) -> None:
        self.counter_cache = counter_cache
        self._counters = counters
        self._feed = feed
        self._event_counts = event_counts
        self._on_stored = on_stored
        self._detectors = detectors
        self._unprepared: deque[Request] = deque()
        self._open = Group()
        self._under_way: Group | None = None
        self._waiting_events = 0
        self._has_unprepared = asyncio.Event()
        self._has_open = asyncio.Event()
        # A generic plan, made while the table was empty, would be kept when it has grown.
        self._reader = Link(database, "SET plan_cache_mode = force_custom_plan")
        self._writer = Link(database)
        self._weeks: set[datetime] = set()
        """Weeks that are known to have a partition."""
        self._partitioned_until = 0.0
        """POSIX time until which events that are made now have a partition; infinite with TimescaleDB."""
        self._calls = CallWindow()
        self._clock_us = 0
        self._look_until = 0.0
        """Monotonic time until which events with ids are looked up before they are judged."""
        self._closing = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def submit(self, reports: Sequence[EventReport], tell: Callable[[Outcome], None]) -> None:
        """Accept events for storing; `tell` is called once, later, with their outcome.

        Raises Unavailable when they cannot be accepted; then `tell` is not called.
        """
        if self._closing.is_set() or self._waiting_events + len(reports) > MAX_WAITING_EVENTS:
            raise Unavailable("Too many events are waiting to be stored; try again")
        request = Request(reports, tell)
        if not self._waiting_events:
            self._drained.clear()
        self._waiting_events += len(reports)
        if not self._judge_at_once(request):
            self._unprepared.append(request)
            self._has_unprepared.set()

    async def store(self, reports: Sequence[EventReport]) -> list[Answer]:
        """Accept events and wait until they are durable; return one answer for each. Raises Unavailable."""
        stored: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()

        def tell(outcome: Outcome) -> None:
            if stored.done():  # the client has gone
                return
            if isinstance(outcome, Unavailable):
                stored.set_exception(outcome)
            else:
                stored.set_result(outcome)

        self.submit(reports, tell)
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
        self._weeks, self._partitioned_until = set(), 0.0

    # Judging never awaits, so that an event joins the group whose counters it was judged against.

    def _judge_at_once(self, request: Request) -> bool:
        """Judge a request's events if that needs nothing from the database; return whether it did."""
        if self._unprepared or len(self._open.commit) >= MAX_GROUP_EVENTS or time.time() >= self._partitioned_until:
            return False
        is_looking = time.monotonic() < self._look_until
        for report in request.reports:
            if is_looking and (report.event_id is not None or has_dedup_key(report)):
                return False
            if report.timestamp is not None and not self._has_partition(report.timestamp):
                return False
        return self._judge(request, {}, set())

    def _judge(self, request: Request, repeats: dict[int, First], unknown: set[UUID]) -> bool:
        """Judge a request's events and add them to the open group; return False when some counters are not loaded."""
        find, agents = self.counter_cache.find, []
        for report in request.reports:
            agent = find(report.agent_id, report.tool_name)
            if agent is None:
                if report.agent_id not in unknown:
                    return False
            elif has_dedup_key(report) and not is_ready(agent, report):
                return False
            agents.append(agent)
        request.answers = list(map(self._judge_one, request.reports, agents, repeat(repeats)))
        if not self._open.requests:
            self._has_open.set()
        self._open.requests.append(request)
        return True

    def _judge_one(self, report: EventReport, agent: CachedAgent | None, repeats: dict[int, First]) -> Answer:
        group = self._open
        if report.event_id is not None:
            first = repeats.get(report.event_id.int) or self._find_pending(report.event_id.int)
            if first is not None:
                return self._repeat(first, report.agent_id)
        if agent is None:
            return UNKNOWN_AGENT
        names = dedup_keys(report) if agent.channels & TRACKED and has_dedup_key(report) else ()
        if names:
            repeated = self._find_repeated(report, agent, names)
            if repeated is not None:
                return repeated
        received_at = self._next_time()
        at = received_at if report.timestamp is None else min(received_at, report.timestamp.timestamp())
        counted_as = agent.counted_as(report.tool_name)
        assessment, tool = agent.usage.observe(counted_as, at, report.session_id, self._detectors)
        event_id = report.event_id or uuid7(at)
        timestamp, reasons = group.commit.add(report, event_id, at, received_at, agent, counted_as, tool, assessment)
        answer = Stored(event_id=event_id, anomaly_score=assessment.anomaly_score, reasons=reasons, timestamp=timestamp)
        if report.event_id is not None:
            group.firsts[event_id.int] = (report.agent_id, answer)
        if names:
            call = TrackedCall(answer, 0)
            group.commit.add_calls(self._calls.note(names, agent, call, CHANNELS[report.channel]))
        if self._feed.has_listeners:
            group.news.append(StoredEvent(report.agent_id, agent.name, report, answer))
        return answer

    def _find_repeated(self, report: EventReport, agent: CachedAgent, names: Sequence[int]) -> Answer | None:
        """Return the answer for a report of a call that another channel has reported already, else None."""
        at = time.time() if report.timestamp is None else report.timestamp.timestamp()
        call = self._calls.match(names, agent, channel_bit(report), at)
        if call is None:
            return None
        commit = self._open.commit
        commit.add_calls(self._calls.note(names, agent, call, CHANNELS[report.channel]))
        first = (report.agent_id, call.answer)
        if report.event_id is not None:
            commit.add_repeat(report.event_id, call.answer)
            self._open.firsts[report.event_id.int] = first
        return self._repeat(first, report.agent_id)

    def _repeat(self, first: First, agent_id: UUID) -> Answer:
        owner, answer = first
        if owner != agent_id:
            return FOREIGN_EVENT_ID
        self._open.repeats += 1
        return msgspec.structs.replace(answer, duplicate=True)

    def _find_pending(self, event_id: int) -> First | None:
        first = self._open.firsts.get(event_id)
        if first is None and self._under_way is not None:
            first = self._under_way.firsts.get(event_id)
        return first

    def _next_time(self) -> float:
        """Return the receipt time of the next event: the clock's, but at least 1 microsecond after the previous one."""
        self._clock_us = max(time.time_ns() // 1000, self._clock_us + 1)
        return self._clock_us / 1_000_000

    # Preparing reads from the database what judging needs.

    async def _prepare_requests(self) -> None:
        while True:
            if not self._unprepared or len(self._open.commit) >= MAX_GROUP_EVENTS:
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
        repeats = await self._find_repeats(connection, reports)
        pairs = {(report.agent_id, report.tool_name) for report in reports}
        missing = [pair for pair in pairs if self.counter_cache.find(*pair) is None]
        if missing:
            await self._counters.settle()
        unknown = await self.counter_cache.load(connection, missing)
        await self._make_partitions(connection, reports)
        await self._prepare_calls(connection, reports)
        for request in self._next_of(requests):
            if len(self._open.commit) >= MAX_GROUP_EVENTS or not self._judge(request, repeats, unknown):
                self._unprepared.appendleft(request)
                return

    async def _prepare_calls(self, connection: Connection, reports: Sequence[EventReport]) -> None:
        """Load what deduplication needs for reports with a deduplication key: see `deduplication.py`."""
        named = [
            (report, agent)
            for report in reports
            if has_dedup_key(report) and (agent := self.counter_cache.known(report.agent_id)) is not None
        ]
        told: dict[UUID, int] = {}
        for report, agent in named:
            if not is_ready(agent, report):
                told[report.agent_id] = told.get(report.agent_id, 0) | channel_bit(report)
        if told:
            await self._note_channels(connection, told)
        await self._calls.load(connection, [one for one in named if one[1].channels & TRACKED])

    async def _note_channels(self, connection: Connection, told: dict[UUID, int]) -> None:
        """Record new channels of these agents, and start to track those that have several now."""
        channels = await note_channels(connection, told)
        # PostgreSQL refuses groups that were judged before this, except one that is being stored right now: wait for
        # it, so that its events are found when the calls of an agent are entered in `call_reports`.
        under_way = self._under_way
        while under_way is not None and self._under_way is under_way:  # noqa: ASYNC110 - once or twice in an agent's
            await asyncio.sleep(0.001)  # life, and the hot path need not set an event for it
        for agent_id, bits in channels.items():
            are_several = bits & (bits - 1) and not bits & TRACKED
            now = await follow(connection, agent_id) if are_several else bits
            agent = self.counter_cache.known(agent_id)
            if agent is not None:
                agent.channels = now

    def _next_of(self, requests: Sequence[Request]) -> Iterator[Request]:
        """Yield those of these requests that still wait; some may have been answered during the reads."""
        still = set(requests)
        while self._unprepared and self._unprepared[0] in still:
            yield self._unprepared.popleft()

    async def _find_repeats(self, connection: Connection, reports: Sequence[EventReport]) -> dict[int, First]:
        """Look up the events among these that are stored already; return their first answers by id."""
        ids = [report.event_id for report in reports if report.event_id is not None]
        if not ids:
            return {}
        return {
            row["told_id"].int: (row["agent_id"], _first_answer(row)) for row in await connection.fetch(_REPEATS, ids)
        }

    def _has_partition(self, moment: datetime) -> bool:
        return self._partitioned_until == math.inf or week_of(moment) in self._weeks

    async def _make_partitions(self, connection: Connection, reports: Iterable[EventReport]) -> None:
        now = datetime.now(UTC)
        moments = [report.timestamp for report in reports if report.timestamp is not None]
        missing = {week_of(moment) for moment in (*moments, now, now + WEEK) if not self._has_partition(moment)}
        if not missing:
            return
        if await has_hypertable(connection):
            self._partitioned_until = math.inf
            return
        await make_partitions(connection, missing)
        self._weeks |= missing
        self._partitioned_until = (week_of(now) + WEEK).timestamp()

    # Storing

    async def _store_groups(self) -> None:
        while True:
            if not self._open.requests:
                self._has_open.clear()
                await self._has_open.wait()
                continue
            # One iteration of the event loop, in which the last group's answers are written and new requests are
            # read, makes the group larger and so each event cheaper.
            await asyncio.sleep(0)
            group = self._under_way = self._open
            self._open = Group()
            self._has_unprepared.set()
            try:
                if not group.commit.is_empty:
                    await self._write(group)
            except CONFLICTS as conflict:
                await self._judge_again(group, conflict)
            except Exception as error:
                self._abandon(group, error)
            else:
                # Answer after the next group is sent: the database works while the answers are written.
                asyncio.get_running_loop().call_soon(self._answer, group)
            finally:
                self._under_way = None

    async def _write(self, group: Group) -> None:
        connection = self._writer.live
        if connection is not None:
            # The connection's own statement timeout is shorter, and a second timer would cost 1 % of the throughput.
            await group.commit.write(connection)
            return
        async with asyncio.timeout(STORE_TIMEOUT_SECONDS):
            await group.commit.write(await self._writer.connect())

    def _answer(self, group: Group) -> None:
        agent_ids = group.commit.agent_ids
        self._leave(sum(len(request.reports) for request in group.requests))
        self._event_counts.stored += len(group.commit)
        self._event_counts.duplicate += group.repeats
        if agent_ids:
            self._on_stored(agent_ids)
            self.counter_cache.touch(agent_ids)
        if group.news:
            self._feed.publish(group.news)
        self.counter_cache.evict()
        for request in group.requests:
            self._tell(request, request.answers)

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
                await (await self._writer.connect()).execute(_FORGET_RECEIPTS, ids)
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
        requests = [*group.requests, *self._open.requests]
        self.counter_cache.forget({report.agent_id for request in requests for report in request.reports})
        self._open = Group()
        return requests

    def _give_up(self, requests: Sequence[Request], error: Exception) -> None:
        if not requests:
            return
        events = sum(len(request.reports) for request in requests)
        if isinstance(error, (*UNAVAILABLE, asyncpg.PostgresError)):
            log.warning("events_not_stored", events=events, error=repr(error)[:300])
        else:
            log.error("storing_failed", events=events, exc_info=error)
        self._leave(events)
        for request in requests:
            self._tell(request, Unavailable("The event could not be stored now; try again"))

    def _tell(self, request: Request, outcome: Outcome) -> None:
        try:
            request.tell(outcome)
        except Exception as error:  # a request that cannot be answered must not keep the others waiting
            log.error("answering_failed", exc_info=error)

    def _leave(self, events: int) -> None:
        self._waiting_events -= events
        if not self._waiting_events:
            self._drained.set()


def _first_answer(row: asyncpg.Record) -> Stored:
    reasons = msgspec.json.decode(row["reasons"], type=list[Reason]) if row["reasons"] else []
    return Stored(event_id=row["id"], anomaly_score=row["anomaly_score"], reasons=reasons, timestamp=row["timestamp"])
