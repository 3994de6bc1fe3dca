"""The counter journal: what events add to the counters is stored with them, and applied to the counters a moment later.

A commit of events appends one row to `counter_journal`, in the same transaction. Counter rows are few and hot: updated
one by one they would cost three times what the events themselves do, and processes that share agents would wait for
each other. `settle` takes the rows of the journal, sums them up and adds the sums to the counters, all in one
transaction. The worker settles before every scoring, and so does every reader of the counters before it reads.
Whichever process crashes at whatever moment, a row is either in the journal or in the counters: together they always
equal a recount of the raw events.
"""

import asyncio

import asyncpg

from agentsentinel.ingest.rollups import ADD_TO_ROLLUP, COLUMNS, JOURNALED_HOURS
from agentsentinel.kit.database import Connection, Database, Link
from agentsentinel.kit.snapshot import Snapshot

ADVISORY_LOCK = 0x5E17_1E00
"""Lets one process settle at a time: two that update the same counters would only wait for each other."""
VACUUM_ROWS = 2_000
"""Settled rows after which the journal is vacuumed.

Rows are short-lived; autovacuum, which runs once a minute, would let the table grow by the rows of a minute.
"""

_IS_DUE = "SELECT EXISTS (SELECT FROM counter_journal) AS is_due, pg_current_snapshot()::text AS snapshot"
_LOCK = "SELECT pg_advisory_xact_lock($1)"
JOURNAL_ROW = """
    n(agent_id uuid, tool_name text, minute int, hour int, calls int, learned int, anomaly_sum float8,
      errors int, denied int, histogram int[], agent_newest_at float8, recent_receipts float8[],
      last_at float8, last_session text, finished_hour int, finished_calls int)
"""
"""Columns of `event_store.CounterRow`, as json_to_recordset takes them."""
_SETTLE = f"""
WITH taken AS (
    DELETE FROM counter_journal RETURNING id, counts
), rows AS MATERIALIZED (
    SELECT taken.id, n.* FROM taken, json_to_recordset(taken.counts::json) AS {JOURNAL_ROW}
), tool_sums AS MATERIALIZED (
    SELECT agent_id, tool_name, minute, sum(calls) AS calls, sum(coalesce(learned, 0)) AS learned,
           sum(coalesce(anomaly_sum, 0)) AS anomaly_sum, max(agent_newest_at) AS agent_newest_at,
           max(last_at) AS last_at, max(id) AS last_id
    FROM rows n WHERE EXISTS (SELECT FROM agents a WHERE a.id = n.agent_id) GROUP BY agent_id, tool_name, minute
), agent_sums AS MATERIALIZED (
    SELECT agent_id, minute, sum(calls) AS calls, sum(anomaly_sum) AS anomaly_sum,
           max(agent_newest_at) AS newest_at
    FROM tool_sums GROUP BY agent_id, minute
), receipts AS (
    SELECT agent_id, array_agg(to_timestamp(received_at) ORDER BY received_at) AS recent
    FROM rows, unnest(recent_receipts) AS received_at GROUP BY agent_id
), activity AS (
    INSERT INTO agent_activity AS a (agent_id, events, newest_at, recent_receipts)
    SELECT s.agent_id, sum(s.calls), to_timestamp(max(s.newest_at)), r.recent[greatest(1, cardinality(r.recent) - 4):]
    FROM agent_sums s JOIN receipts r USING (agent_id) GROUP BY s.agent_id, r.recent
    ON CONFLICT (agent_id) DO UPDATE SET
        events = a.events + excluded.events,
        newest_at = greatest(a.newest_at, excluded.newest_at),
        recent_receipts = (
            SELECT array_agg(received_at ORDER BY received_at) FROM (
                SELECT received_at FROM unnest(a.recent_receipts || excluded.recent_receipts) AS received_at
                ORDER BY received_at DESC LIMIT 5
            ) newest
        )
), agent_minute AS (
    INSERT INTO agent_minutes AS m (agent_id, minute, calls, anomaly_sum)
    SELECT agent_id, minute, calls, anomaly_sum FROM agent_sums WHERE minute IS NOT NULL
    ON CONFLICT (agent_id, minute) DO UPDATE SET
        calls = m.calls + excluded.calls, anomaly_sum = m.anomaly_sum + excluded.anomaly_sum
), usage AS (
    INSERT INTO tool_usage AS u
        (agent_id, tool_name, total_calls, last_at, last_session, finished_hour, finished_calls)
    SELECT agent_id, tool_name, s.calls, to_timestamp(s.last_at), r.last_session, r.finished_hour, r.finished_calls
    FROM (
        SELECT agent_id, tool_name, sum(calls) AS calls, max(last_at) AS last_at, max(last_id) AS last_id
        FROM tool_sums GROUP BY agent_id, tool_name
    ) s JOIN rows r USING (agent_id, tool_name)
    WHERE r.id = s.last_id AND r.last_at IS NOT NULL
    ON CONFLICT (agent_id, tool_name) DO UPDATE SET
        total_calls = u.total_calls + excluded.total_calls,
        last_at = greatest(u.last_at, excluded.last_at),
        last_session = excluded.last_session,
        finished_hour = excluded.finished_hour,
        finished_calls = excluded.finished_calls
), tool_minute AS (
    INSERT INTO tool_minutes AS m (agent_id, tool_name, minute, calls)
    SELECT agent_id, tool_name, minute, calls FROM tool_sums WHERE minute IS NOT NULL
    ON CONFLICT (agent_id, tool_name, minute) DO UPDATE SET calls = m.calls + excluded.calls
), tool_hour AS (
    INSERT INTO tool_hours AS h (agent_id, tool_name, hour, calls, learned)
    SELECT agent_id, tool_name, minute / 60, sum(calls), sum(learned)
    FROM tool_sums WHERE minute IS NOT NULL GROUP BY agent_id, tool_name, minute / 60
    ON CONFLICT (agent_id, tool_name, hour) DO UPDATE SET
        calls = h.calls + excluded.calls, learned = h.learned + excluded.learned
), agent_hour AS (
    INSERT INTO agent_hours AS h ({COLUMNS})
    {JOURNALED_HOURS}
    {ADD_TO_ROLLUP}
)
SELECT count(*) AS rows, pg_current_snapshot()::text AS snapshot FROM taken
"""  # noqa: S608 - our own words


class Counters:
    """Applies the counter journal to the counter tables, so that they agree with the events."""

    def __init__(self, database: Database) -> None:
        self._link = Link(database)
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[str] | None = None
        self._settled_rows = 0
        """Rows settled since the journal was last vacuumed."""

    async def settle(self) -> str:
        """Apply the journal rows of all events that were stored before this call to the counters.

        Calls that arrive while a settlement runs share the next one. Returns a snapshot (`pg_snapshot`) whose events
        the counters hold. Raises what asyncpg raises.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._settle_next())
        return await asyncio.shield(self._next)

    async def vacuum(self) -> None:
        """Vacuum the journal once `VACUUM_ROWS` rows were settled. Raises what asyncpg raises."""
        if self._settled_rows < VACUUM_ROWS:
            return
        self._settled_rows = 0
        async with self._turn:
            await (await self._link.connect()).execute("VACUUM counter_journal")

    def close(self) -> None:
        """Release the database connection."""
        self._link.drop()

    async def _settle_next(self) -> str:
        async with self._turn:
            self._next = None  # rows stored from here on belong to the next settlement
            try:
                connection = await self._link.connect()
                row = await connection.fetchrow(_IS_DUE)
                if row is not None and row["is_due"]:
                    row = await _settle(connection)
                    self._settled_rows += row["rows"]
            except BaseException:
                self._link.drop()
                raise
            return _snapshot_in(row)


async def settle_for_reading(connection: Connection) -> Snapshot:
    """Settle within the caller's transaction, and return what the counters hold until it ends.

    Only a settlement changes the counters, and no other one starts while this transaction has the lock: whatever is
    read until its end holds the events of exactly this snapshot. Raises what asyncpg raises.
    """
    await connection.execute(_LOCK, ADVISORY_LOCK)
    return Snapshot.of(_snapshot_in(await connection.fetchrow(_SETTLE)))


def _snapshot_in(row: asyncpg.Record | None) -> str:
    if row is None:
        raise RuntimeError("the settlement returned no row")
    snapshot: str = row["snapshot"]
    return snapshot


async def _settle(connection: Connection, tries: int = 3) -> asyncpg.Record:
    """Settle the journal and return how many rows it had, with the snapshot.

    A foreign key violation (an agent was deleted meanwhile) or a deadlock is retried; the retry leaves that agent out.
    """
    try:
        async with connection.transaction():
            await connection.execute(_LOCK, ADVISORY_LOCK)
            row = await connection.fetchrow(_SETTLE)
            if row is None:
                raise RuntimeError("the settlement returned no row")
            return row
    except (asyncpg.ForeignKeyViolationError, asyncpg.DeadlockDetectedError):
        if tries == 1:
            raise
        return await _settle(connection, tries - 1)
