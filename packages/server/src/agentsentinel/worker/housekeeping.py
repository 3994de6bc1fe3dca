"""Small chores on a timer: partitions ahead, what is too old, baselines written down, keys' last use, alerts due."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from agentsentinel.alerts.outbox import Outbox
from agentsentinel.audit import service as audit
from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failures import Failures
from agentsentinel.baselines.service import refresh_active_baselines
from agentsentinel.errors import is_database_unavailable
from agentsentinel.ingest.counters import Counters
from agentsentinel.ingest.partitions import drop_expired, has_hypertable, make_partitions, weeks_ahead
from agentsentinel.ingest.pipeline import Pipeline
from agentsentinel.kit.database import REQUEST_SECONDS, Connection, Database
from agentsentinel.kit.ids import now, uuid7_floor
from agentsentinel.sign_in.service import forget_old

log = structlog.get_logger(__name__)

ALERTS_SECONDS = 1.0
JOURNAL_SECONDS = 5.0
REFUSALS_SECONDS = 5.0
KEYS_SECONDS = 60.0
BASELINES_SECONDS = 300.0
RETENTION_SECONDS = 3600.0
RETENTION_TIMEOUT_SECONDS = 300.0
HISTORY_DAYS = 400
CALLS_KEPT = timedelta(hours=48)
"""For repeats of events that were spooled for a day, with a day to spare."""

_PRUNE_MINUTES = """
DELETE FROM {table} m USING agent_activity a
WHERE a.agent_id = m.agent_id AND m.minute < floor(extract(epoch FROM a.newest_at) / 60) - {kept}
"""
_PRUNE_HOURS = """
DELETE FROM tool_hours h USING agent_activity a
WHERE a.agent_id = h.agent_id AND h.hour < floor(extract(epoch FROM a.newest_at) / 3600) - 170
"""


class Housekeeping:
    """Runs each chore in its own rhythm; a chore that fails is tried again at its next turn."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        failures: Failures,
        pipeline: Pipeline,
        counters: Counters,
        outbox: Outbox | None,
        retention_days: int,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._failures = failures
        self._writing_refusals = asyncio.Lock()
        self._pipeline = pipeline
        self._counters = counters
        self._outbox = outbox
        self._retention = timedelta(days=retention_days)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as chores:
            chores.create_task(self._repeat(self._authenticator.write_last_used, KEYS_SECONDS))
            chores.create_task(self._repeat(self.write_refusals, REFUSALS_SECONDS))
            chores.create_task(self._repeat(self._counters.vacuum, JOURNAL_SECONDS))
            chores.create_task(self._repeat(self._write_baselines, BASELINES_SECONDS))
            chores.create_task(self._repeat(self.keep_tables_small, RETENTION_SECONDS))
            if self._outbox is not None:
                chores.create_task(self._repeat(self._send_alerts, ALERTS_SECONDS))

    async def keep_tables_small(self) -> None:
        """Make the coming weeks' partitions; delete events after the retention and counters nobody asks for."""
        moment = now()
        connection = await self._database.connect(RETENTION_TIMEOUT_SECONDS)
        try:
            await connection.execute("SET statement_timeout = 0")
            if not await has_hypertable(connection):
                await make_partitions(connection, weeks_ahead(moment))
            oldest = moment - self._retention
            dropped = await drop_expired(connection, oldest)
            self._pipeline.forget_partitions()
            await self._prune(connection)
            if dropped:
                log.info("expired_events_dropped", partitions=dropped, older_than=oldest.isoformat())
        finally:
            connection.terminate()

    async def write_refusals(self) -> None:
        """Have the audit log tell of requests that were refused until now."""
        async with self._writing_refusals:
            snapshots = self._failures.unwritten()
            if not snapshots:
                return
            async with self._database.transaction(REQUEST_SECONDS) as session:
                await audit.write_refusals(session, snapshots)
            for refusal, count in ((one.refusal, one.count) for one in snapshots):
                if refusal.written == 0:
                    facts = {"address": refusal.address, "key_prefix": refusal.key_prefix, "count": count}
                    log.warning(refusal.means.value, **facts)
            self._failures.note_written(snapshots)

    async def finish(self) -> None:
        """Write down what is known only here, at the end."""
        for chore in (self.write_refusals, self._authenticator.write_last_used):
            with contextlib.suppress(Exception):  # the database may be gone already
                await chore()

    async def _prune(self, connection: Connection) -> None:
        moment = now()
        await connection.execute(_PRUNE_MINUTES.format(table="tool_minutes", kept=125))
        await connection.execute(_PRUNE_MINUTES.format(table="agent_minutes", kept=1_500))
        await connection.execute(_PRUNE_HOURS)
        # By the event's own time, so that a receipt goes with its event; by the id, so that an index finds them.
        oldest = moment - self._retention
        await connection.execute(
            "DELETE FROM event_receipts WHERE event_id < $1 AND timestamp < $2", uuid7_floor(oldest), oldest
        )
        await connection.execute("DELETE FROM call_reports WHERE timestamp < $1", moment - CALLS_KEPT)
        async with self._database.transaction() as session:
            await forget_old(session, moment)
            await audit.forget_old(session, moment)
        oldest_point = moment - timedelta(days=HISTORY_DAYS)
        await connection.execute("DELETE FROM score_history WHERE recorded_at < $1", oldest_point)

    async def _write_baselines(self) -> None:
        await self._counters.settle()
        await refresh_active_baselines(self._database, now())

    async def _send_alerts(self) -> None:
        if self._outbox is not None:
            await self._outbox.send_due(now())

    async def _repeat(self, chore: Callable[[], Awaitable[None]], seconds: float) -> None:
        while True:
            try:
                await chore()
            except Exception as error:  # a chore that fails must not end the others
                if not is_database_unavailable(error):
                    log.error("chore_failed", chore=chore.__name__, exc_info=error)
            await asyncio.sleep(seconds)


async def stop(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
