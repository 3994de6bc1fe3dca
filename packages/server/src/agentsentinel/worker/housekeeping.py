"""Periodic jobs: create and drop partitions, prune old rows, store baselines, refusals and last uses, send alerts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.outbox import Outbox
from agentsentinel.audit import service as audit
from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failed_attempts import FailedAttempts
from agentsentinel.baselines.service import refresh_active_baselines
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.partitions import drop_expired, has_hypertable, make_partitions, oldest_kept, weeks_ahead
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database import REQUEST_SECONDS, Connection, Database
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.ids import now
from agentsentinel.kit.tasks import keep_going
from agentsentinel.sign_in.service import forget_old
from agentsentinel.worker.erasing import erase_removed
from agentsentinel.worker.recounting import recount_rollups
from agentsentinel.worker.silence import WATCH_SECONDS, watch_silence
from agentsentinel_core.behavior.silence import SilenceLaw
from agentsentinel_core.uuid7 import uuid7_floor

log = structlog.get_logger(__name__)

ALERTS_SECONDS = 1.0
JOURNAL_SECONDS = 5.0
REFUSALS_SECONDS = 5.0
KEYS_SECONDS = 60.0
BASELINES_SECONDS = 300.0
RETENTION_SECONDS = 3600.0
ERASING_SECONDS = 5.0
RECOUNTING_SECONDS = 300.0
RETRY_SECONDS = 30.0
"""Longest delay until a failed job is retried, for example after a lock timeout."""
CHORE_TIMEOUT_SECONDS = 30.0
STEP_ROWS = 5_000
"""Rows deleted by one statement, which takes a few hundredths of a second, so that its locks are held briefly."""
HISTORY_DAYS = 400
CALLS_KEPT = timedelta(hours=48)
"""Retention of `call_reports`: events may be spooled for a day, and another day is a reserve."""

DELIVERIES_KEPT = timedelta(days=30)
"""Retention of deliveries of alerts, also of those to a destination that is no longer configured."""


def _in_steps(table: str, condition: str, join: str = "") -> str:
    """Build a DELETE of at most `STEP_ROWS` rows `t` of a table."""
    rows = f"SELECT t.ctid FROM {table} t {join} WHERE {condition} LIMIT {STEP_ROWS}"  # noqa: S608 - our own words
    return f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({rows}))"  # noqa: S608


_JOIN_ACTIVITY = "JOIN agent_activity a USING (agent_id)"
_PRUNED_BY_AGE = (
    ("tool_minutes", "t.minute < floor(extract(epoch FROM a.newest_at) / 60) - 125"),
    ("agent_minutes", "t.minute < floor(extract(epoch FROM a.newest_at) / 60) - 1500"),
    ("tool_hours", "t.hour < floor(extract(epoch FROM a.newest_at) / 3600) - 170"),
)
"""Counter tables with the condition for rows that no detector or score needs, relative to the agent's newest event."""


class Housekeeping:
    """Runs each job at its own interval; a failed job is retried after `RETRY_SECONDS` at the latest."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        failed_attempts: FailedAttempts,
        pipeline: Pipeline,
        counters: Counters,
        outbox: Outbox,
        retention: timedelta,
        silence_law: SilenceLaw,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._failed_attempts = failed_attempts
        self._writing_refusals = asyncio.Lock()
        self._pipeline = pipeline
        self._counters = counters
        self._outbox = outbox
        self._retention = retention
        self._silence_law = silence_law

    async def run(self, *, is_worker: bool) -> None:
        """Run all jobs until cancelled; those that look after the database are a worker's."""
        async with asyncio.TaskGroup() as chores:
            chores.create_task(self._repeat(self._authenticator.write_last_used, KEYS_SECONDS))
            chores.create_task(self._repeat(self.write_refusals, REFUSALS_SECONDS))
            chores.create_task(self._repeat(self._forget_partitions, RETENTION_SECONDS))
            if not is_worker:
                return
            chores.create_task(self._repeat(self._counters.vacuum, JOURNAL_SECONDS))
            chores.create_task(self._repeat(self._write_baselines, BASELINES_SECONDS))
            chores.create_task(self._repeat(self.watch_silence, WATCH_SECONDS))
            chores.create_task(self._repeat(self.make_partitions, RETENTION_SECONDS))
            chores.create_task(self._repeat(self.drop_expired_events, RETENTION_SECONDS))
            chores.create_task(self._repeat(self.prune, RETENTION_SECONDS))
            chores.create_task(self._repeat(self.erase_removed_agents, ERASING_SECONDS))
            for destination in self._outbox.destinations:
                chores.create_task(self._repeat(self._sending_to(destination), ALERTS_SECONDS))
            chores.create_task(self._repeat(self.recount_rollups, RECOUNTING_SECONDS))

    async def make_partitions(self) -> None:
        """Create the partitions of the coming weeks."""
        async with self._connected() as connection:
            if not await has_hypertable(connection):
                await make_partitions(connection, weeks_ahead(now()))

    async def _forget_partitions(self) -> None:
        self._pipeline.forget_partitions()  # another process may have dropped some

    async def drop_expired_events(self) -> None:
        """Drop the partitions whose events are past the retention."""
        oldest = oldest_kept(now(), self._retention)
        async with self._connected() as connection:
            dropped = await drop_expired(connection, oldest)
        self._pipeline.forget_partitions()
        if dropped:
            log.info("expired_events_dropped", partitions=dropped, older_than=oldest.isoformat())

    async def erase_removed_agents(self) -> None:
        """Erase the data of agents that were removed."""
        async with self._connected() as connection:
            erased = await erase_removed(connection, now())
        if erased:
            log.info("removed_agents_erased", agents=erased)

    async def recount_rollups(self) -> None:
        """Count events that were stored before there were rollups."""
        async with self._connected() as connection:
            recounted = await recount_rollups(connection, now())
        if recounted:
            log.info("rollups_recounted", hours=recounted)

    async def watch_silence(self) -> None:
        """Have agents scored that did not report in time, so that they become silent."""
        await self._counters.settle()
        async with self._connected() as connection:
            missing = await watch_silence(connection, self._silence_law, now())
        if missing:
            log.info("agents_went_silent", agents=missing)

    async def prune(self) -> None:
        """Delete old counters, rollups, deliveries and score history, and receipts and sessions of expired events."""
        moment = now()
        async with self._connected() as connection:
            for statement, *arguments in _prunings(moment, oldest_kept(moment, self._retention)):
                await _delete_in_steps(connection, statement, *arguments)
        async with self._database.transaction() as session:
            await forget_old(session, moment)
            await audit.forget_old(session, moment)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        connection = await self._database.connect(CHORE_TIMEOUT_SECONDS)
        try:
            yield connection
        finally:
            connection.terminate()

    async def write_refusals(self) -> None:
        """Write the refusals collected so far to the audit log, and log each new one."""
        async with self._writing_refusals:
            snapshots = self._failed_attempts.unwritten()
            if not snapshots:
                return
            async with self._database.transaction(REQUEST_SECONDS) as session:
                await audit.write_refusals(session, snapshots)
            for refusal, count in ((one.refusal, one.count) for one in snapshots):
                if refusal.written == 0:
                    facts = {"address": refusal.address, "key_prefix": refusal.key_prefix, "count": count}
                    log.warning(refusal.means.value, **facts)
            self._failed_attempts.note_written(snapshots)

    async def finish(self) -> None:
        """Store what is only in memory, refusals and last uses of keys, before the process ends."""
        for chore in (self.write_refusals, self._authenticator.write_last_used):
            with contextlib.suppress(Exception):  # the database may be gone already
                await chore()

    async def _write_baselines(self) -> None:
        await self._counters.settle()
        await refresh_active_baselines(self._database, now())

    def _sending_to(self, destination: Destination) -> Callable[[], Awaitable[None]]:
        """Return the job that sends to one destination, so that a slow one delays no other."""

        async def send_alerts() -> None:
            await self._outbox.send_due(destination, now())

        return send_alerts

    async def _repeat(self, chore: Callable[[], Awaitable[None]], seconds: float) -> None:
        def on_failure(error: BaseException) -> float:
            pause = min(seconds, RETRY_SECONDS)
            if is_database_unavailable(error):
                log.warning("chore_postponed", chore=chore.__name__, seconds=pause, error=repr(error)[:300])
            else:
                log.error("chore_failed", chore=chore.__name__, exc_info=error)
            return pause

        await keep_going(chore, on_failure, seconds)


Statement = tuple[Any, ...]
"""An SQL statement and its arguments."""


def _prunings(moment: datetime, oldest: datetime) -> list[Statement]:
    """List the statements that delete old rows."""
    return [
        *((_in_steps(table, condition, _JOIN_ACTIVITY),) for table, condition in _PRUNED_BY_AGE),
        # By the event's own time, so that a receipt expires with its event; by the id, because that is indexed.
        (_in_steps("event_receipts", "event_id < $1 AND timestamp < $2"), uuid7_floor(oldest), oldest),
        # With their events, except what a person called an attack; a session's id is from when it was first judged.
        (
            _in_steps("agent_sessions", "id < $1 AND last_at < $2 AND verdict IS DISTINCT FROM 'attack'"),
            uuid7_floor(oldest),
            oldest,
        ),
        (_in_steps("call_reports", "timestamp < $1"), moment - CALLS_KEPT),
        (_in_steps("alert_deliveries", "created_at < $1"), moment - DELIVERIES_KEPT),
        (_in_steps("score_history", "recorded_at < $1"), moment - timedelta(days=HISTORY_DAYS)),
        (_in_steps("agent_hours", "hour < $1"), int(moment.timestamp()) // 3600 - HISTORY_DAYS * 24),
        (_in_steps("agent_days", "day < $1"), int(moment.timestamp()) // 86_400 - HISTORY_DAYS),
    ]


async def _delete_in_steps(connection: Connection, statement: str, *arguments: object) -> None:
    """Repeat a DELETE of at most `STEP_ROWS` rows until there are none."""
    deleted = STEP_ROWS
    while deleted == STEP_ROWS:
        deleted = int((await connection.execute(statement, *arguments)).removeprefix("DELETE "))
