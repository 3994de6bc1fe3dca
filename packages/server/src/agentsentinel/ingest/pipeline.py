"""Group commit: events of many requests are judged and stored together.

One group is under way at a time. While PostgreSQL makes it durable, the next one gathers, so a group is as large as
the load makes it and a lone event waits for nobody. Events are judged in the order they are stored, and a group that
cannot be stored leaves no trace in the counters.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec
import structlog

from agentsentinel.errors import Unavailable
from agentsentinel.ingest.event import EventReport, Reason, Refused, Stored
from agentsentinel.ingest.features import MemoryFeatureStore
from agentsentinel.ingest.feed import Feed, StoredEvent
from agentsentinel.ingest.log import Commit
from agentsentinel.ingest.partitions import WEEK, has_hypertable, make_partitions, week_of
from agentsentinel.ingest.tally import Tally
from agentsentinel.kit.database import UNAVAILABLE, Connection, Database
from agentsentinel.kit.ids import uuid7
from agentsentinel_core.behavior.detector import Detector
from agentsentinel_core.behavior.registry import DETECTORS

log = structlog.get_logger(__name__)

MAX_GROUP_EVENTS = 4_000
MAX_WAITING_EVENTS = 20_000
"""Beyond this, requests are answered 503 with Retry-After instead of being queued."""
MAX_TRIES = 3
STORE_TIMEOUT_SECONDS = 4.5
"""A group that takes longer is given up, so that no request waits more than 5 s for a hung database."""
UNKNOWN_AGENT = Refused(404, "There is no agent with this agent_id: register it with POST /api/v1/agents")
FOREIGN_EVENT_ID = Refused(409, "event_id: already used by an event of another agent")

_REPEATS = """
SELECT e.id, e.agent_id, e.timestamp, e.anomaly_score, e.reasons
FROM event_receipts r JOIN agent_events e ON e.timestamp = r.timestamp AND e.id = r.event_id
WHERE r.event_id = ANY($1::uuid[])
"""
_FORGET_RECEIPTS = """
DELETE FROM event_receipts r WHERE r.event_id = ANY($1::uuid[])
    AND NOT EXISTS (SELECT 1 FROM agent_events e WHERE e.timestamp = r.timestamp AND e.id = r.event_id)
"""

Answer = Stored | Refused


class Waiting:
    """One request's events and where its answers go."""

    __slots__ = ("answers", "reports")

    def __init__(self, reports: Sequence[EventReport], answers: "asyncio.Future[list[Answer]]") -> None:
        self.reports = reports
        self.answers = answers


class Pipeline:
    """Takes validated, authorised events and answers when they are durable."""

    def __init__(
        self,
        database: Database,
        features: MemoryFeatureStore,
        feed: Feed,
        tally: Tally,
        on_stored: Callable[[set[UUID]], None],
        detectors: Sequence[Detector] = DETECTORS,
    ) -> None:
        self.features = features
        self._database = database
        self._feed = feed
        self._tally = tally
        self._on_stored = on_stored
        self._detectors = detectors
        self._queue: deque[Waiting] = deque()
        self._waiting_events = 0
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._weeks: set[datetime] | None = set()
        self._clock = 0.0
        self._is_closing = False

    def submit(self, reports: Sequence[EventReport]) -> "asyncio.Future[list[Answer]]":
        """Queue events for the next group. The future holds one answer each once all are durable.

        Raises Unavailable, now or through the future, when they cannot be made durable.
        """
        if self._is_closing or self._waiting_events + len(reports) > MAX_WAITING_EVENTS:
            raise Unavailable("Too many events are waiting to be stored; try again")
        answers: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(reports, answers))
        self._waiting_events += len(reports)
        self._wake.set()
        return answers

    @property
    def waiting_events(self) -> int:
        """How many events are queued and not yet under way."""
        return self._waiting_events

    async def run(self) -> None:
        """Store groups until `close` is called and the queue is empty."""
        while not (self._is_closing and not self._queue):
            if not self._queue:
                self._wake.clear()
                if self._is_closing:
                    break
                await self._wake.wait()
                continue
            await self._store_group(self._take_group())
            self.features.evict()
        self._disconnect()

    def close(self) -> None:
        """Let what is queued be stored, accept no more, then end `run`."""
        self._is_closing = True
        self._wake.set()

    def _take_group(self) -> list[Waiting]:
        group: list[Waiting] = []
        events = 0
        while self._queue and (not group or events + len(self._queue[0].reports) <= MAX_GROUP_EVENTS):
            waiting = self._queue.popleft()
            events += len(waiting.reports)
            group.append(waiting)
        self._waiting_events -= events
        return group

    async def _store_group(self, group: list[Waiting]) -> None:
        reports = [report for waiting in group for report in waiting.reports]
        try:
            async with asyncio.timeout(STORE_TIMEOUT_SECONDS):
                answers = await self._store(reports)
        except Exception as error:
            if isinstance(error, (*UNAVAILABLE, asyncpg.PostgresError)):
                log.warning("group_not_stored", events=len(reports), error=repr(error)[:300])
            else:
                log.error("group_failed", events=len(reports), exc_info=error)
            self.features.forget({report.agent_id for report in reports})
            self._disconnect()
            # What has queued up meanwhile has waited for the same database: waiting again would double its wait.
            self._fail([*group, *self._queue])
            self._queue.clear()
            self._waiting_events = 0
            return
        start = 0
        for waiting in group:
            end = start + len(waiting.reports)
            if not waiting.answers.done():
                waiting.answers.set_result(answers[start:end])
            start = end

    def _fail(self, group: Iterable[Waiting]) -> None:
        for waiting in group:
            if not waiting.answers.done():
                waiting.answers.set_exception(Unavailable("The event could not be stored now; try again"))

    async def _store(self, reports: Sequence[EventReport]) -> list[Answer]:
        """Store a group, again when another process was faster with one of its events or agents."""
        for tries_left in reversed(range(MAX_TRIES)):
            connection = await self._connect()
            try:
                return await self._try_to_store(connection, reports)
            except (
                asyncpg.UniqueViolationError,
                asyncpg.ForeignKeyViolationError,
                asyncpg.DeadlockDetectedError,
            ) as conflict:
                log.info("group_retried", reason=type(conflict).__name__)
                self.features.forget({report.agent_id for report in reports})
                if isinstance(conflict, asyncpg.UniqueViolationError):
                    await connection.execute(_FORGET_RECEIPTS, [r.event_id for r in reports if r.event_id is not None])
                if not tries_left:
                    raise
        raise AssertionError("unreachable")

    async def _try_to_store(self, connection: Connection, reports: Sequence[EventReport]) -> list[Answer]:
        known = await self._find_repeats(connection, reports)
        await self.features.load(connection, {(report.agent_id, report.tool_name) for report in reports})
        await self._ensure_partitions(connection, reports)
        commit = Commit(self._next_time(time.time()))
        answers, stored = self._judge(reports, known, commit)
        if len(commit):
            await commit.write(connection)
            self._tally.stored += len(commit)
            self._on_stored(commit.agent_ids)
            self._feed.publish(stored)
        self._tally.duplicate += sum(isinstance(answer, Stored) for answer in answers) - len(commit)
        return answers

    def _judge(
        self, reports: Sequence[EventReport], known: dict[UUID, tuple[UUID, Stored]], commit: Commit
    ) -> tuple[list[Answer], list[StoredEvent]]:
        answers: list[Answer] = []
        stored: list[StoredEvent] = []
        for report in reports:
            repeat = known.get(report.event_id) if report.event_id is not None else None
            if repeat is not None:
                answers.append(repeat[1] if repeat[0] == report.agent_id else FOREIGN_EVENT_ID)
                continue
            agent = self.features.get(report.agent_id)
            if agent is None:
                answers.append(UNKNOWN_AGENT)
                continue
            received_at = self._next_time(commit.received_at)
            at = received_at
            if report.timestamp is not None:
                at = min(at, round(report.timestamp.timestamp(), 6))
            assessment, tool = agent.usage.observe(report.tool_name, at, report.session_id, self._detectors)
            event_id = report.event_id or uuid7(at)
            timestamp, reasons = commit.add(report, event_id, at, received_at, agent.usage, tool, assessment)
            answer = Stored(
                event_id=event_id, anomaly_score=assessment.anomaly_score, reasons=reasons, timestamp=timestamp
            )
            answers.append(answer)
            if report.event_id is not None:
                known[event_id] = (
                    report.agent_id,
                    Stored(
                        event_id=event_id,
                        anomaly_score=assessment.anomaly_score,
                        reasons=reasons,
                        timestamp=timestamp,
                        duplicate=True,
                    ),
                )
            if self._feed.has_listeners:
                stored.append(StoredEvent(report.agent_id, agent.name, report, answer))
        return answers, stored

    def _next_time(self, at: float) -> float:
        """The receipt time of the next event: the clock's, yet later than any before, to the microsecond."""
        self._clock = round(max(at, self._clock + 1e-6), 6)
        return self._clock

    async def _find_repeats(
        self, connection: Connection, reports: Sequence[EventReport]
    ) -> dict[UUID, tuple[UUID, Stored]]:
        """The events of this group that are stored already: id -> (agent, the first answer)."""
        ids = [report.event_id for report in reports if report.event_id is not None]
        if not ids:
            return {}
        rows = await connection.fetch(_REPEATS, ids)
        return {row["id"]: (row["agent_id"], _first_answer(row)) for row in rows}

    async def _ensure_partitions(self, connection: Connection, reports: Iterable[EventReport]) -> None:
        if self._weeks is None:
            return
        moments = [report.timestamp for report in reports if report.timestamp is not None]
        moments.append(datetime.now(UTC))
        missing = {week_of(moment) for moment in moments} - self._weeks
        if not missing:
            return
        if await has_hypertable(connection):
            self._weeks = None
            return
        await make_partitions(connection, missing | {week + WEEK for week in missing})
        self._weeks |= missing

    def forget_partitions(self) -> None:
        """Partitions were dropped: look again before the next one is needed."""
        if self._weeks is not None:
            self._weeks = set()

    async def _connect(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _first_answer(row: asyncpg.Record) -> Stored:
    reasons = msgspec.json.decode(row["reasons"], type=list[Reason]) if row["reasons"] else []
    return Stored(
        event_id=row["id"],
        anomaly_score=row["anomaly_score"],
        reasons=reasons,
        timestamp=row["timestamp"],
        duplicate=True,
    )
