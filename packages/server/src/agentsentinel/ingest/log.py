"""The event log: many requests' events in one PostgreSQL transaction, together with every counter they move.

One statement with data-modifying CTEs, so that a commit is one round trip. The counters are added to, not
overwritten: whatever process commits first, they equal a recount of the raw events.
"""

from datetime import UTC, datetime
from uuid import UUID

from agentsentinel.ingest.event import EventReport, Reason, encode
from agentsentinel.kit.database import Connection
from agentsentinel_core.behavior.detector import Assessment
from agentsentinel_core.behavior.usage import AgentUsage, ToolUsage, is_ancient

_COMMIT = """
WITH stored AS (
    INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash,
                              duration_ms, session_id, tool_call_id, status, anomaly_score, reasons)
    SELECT id, at, received_at, agent_id, tool_name, input_hash, output_hash,
           duration_ms, session_id, tool_call_id, status, score, reasons::jsonb
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[],
                $8::int[], $9::text[], $10::text[], $11::text[], $12::float8[], $13::text[])
         e(id, at, received_at, agent_id, tool_name, input_hash, output_hash,
           duration_ms, session_id, tool_call_id, status, score, reasons)
), receipts AS (
    INSERT INTO event_receipts (event_id, timestamp) SELECT * FROM unnest($14::uuid[], $15::timestamptz[])
), activity AS (
    INSERT INTO agent_activity AS a (agent_id, events, newest_at, recent_receipts)
    SELECT agent_id, events, newest_at, array_fill($19::timestamptz, ARRAY[least(events, 5)::int])
    FROM unnest($16::uuid[], $17::bigint[], $18::timestamptz[]) n(agent_id, events, newest_at)
    ON CONFLICT (agent_id) DO UPDATE SET
        events = a.events + excluded.events,
        newest_at = greatest(a.newest_at, excluded.newest_at),
        recent_receipts = (a.recent_receipts || excluded.recent_receipts)
            [greatest(1, cardinality(a.recent_receipts) + cardinality(excluded.recent_receipts) - 4):]
), agent_minute AS (
    INSERT INTO agent_minutes AS m (agent_id, minute, calls, anomaly_sum)
    SELECT * FROM unnest($20::uuid[], $21::int[], $22::int[], $23::float8[])
    ON CONFLICT (agent_id, minute) DO UPDATE SET
        calls = m.calls + excluded.calls, anomaly_sum = m.anomaly_sum + excluded.anomaly_sum
), usage AS (
    INSERT INTO tool_usage AS u
        (agent_id, tool_name, total_calls, last_at, last_session, finished_hour, finished_calls)
    SELECT * FROM unnest($24::uuid[], $25::text[], $26::bigint[], $27::timestamptz[], $28::text[], $29::int[],
                         $30::int[])
    ON CONFLICT (agent_id, tool_name) DO UPDATE SET
        total_calls = u.total_calls + excluded.total_calls,
        last_at = greatest(u.last_at, excluded.last_at),
        last_session = excluded.last_session,
        finished_hour = excluded.finished_hour,
        finished_calls = excluded.finished_calls
), tool_minute AS (
    INSERT INTO tool_minutes AS m (agent_id, tool_name, minute, calls)
    SELECT * FROM unnest($31::uuid[], $32::text[], $33::int[], $34::int[])
    ON CONFLICT (agent_id, tool_name, minute) DO UPDATE SET calls = m.calls + excluded.calls
)
INSERT INTO tool_hours AS h (agent_id, tool_name, hour, calls, learned)
SELECT * FROM unnest($35::uuid[], $36::text[], $37::int[], $38::int[], $39::int[])
ON CONFLICT (agent_id, tool_name, hour) DO UPDATE SET
    calls = h.calls + excluded.calls, learned = h.learned + excluded.learned
"""


class Commit:
    """What one group of events adds to the database."""

    def __init__(self, received_at: float) -> None:
        self.received_at = received_at
        self.agent_ids: set[UUID] = set()
        self._events: tuple[list[object], ...] = tuple([] for _ in range(13))
        self._receipts: tuple[list[UUID], list[datetime]] = ([], [])
        self._activity: dict[UUID, tuple[AgentUsage, list[int]]] = {}
        self._agent_minutes: dict[tuple[UUID, int], list[float]] = {}
        self._usage: dict[tuple[UUID, str], tuple[ToolUsage, list[int]]] = {}
        self._tool_minutes: dict[tuple[UUID, str, int], int] = {}
        self._tool_hours: dict[tuple[UUID, str, int], list[int]] = {}

    def __len__(self) -> int:
        """How many events."""
        return len(self._events[0])

    def add(
        self,
        report: EventReport,
        event_id: UUID,
        at: float,
        received_at: float,
        usage: AgentUsage,
        tool: ToolUsage,
        assessment: Assessment,
    ) -> tuple[datetime, list[Reason]]:
        """Take one judged event in; returns its time and reasons as the client is told them."""
        agent_id, tool_name = report.agent_id, report.tool_name
        timestamp = datetime.fromtimestamp(at, UTC)
        reasons = [Reason(signal.detector, signal.score, signal.message) for signal in assessment.signals]
        row = (
            event_id,
            timestamp,
            datetime.fromtimestamp(received_at, UTC),
            agent_id,
            tool_name,
            bytes.fromhex(report.input_hash),
            bytes.fromhex(report.output_hash),
            report.duration_ms,
            report.session_id,
            report.tool_call_id,
            report.status,
            assessment.anomaly_score,
            encode(reasons).decode() if reasons else None,
        )
        for column, value in zip(self._events, row, strict=True):
            column.append(value)
        if report.event_id is not None:
            self._receipts[0].append(event_id)
            self._receipts[1].append(timestamp)
        self._count(agent_id, tool_name, at, usage, tool, assessment)
        return timestamp, reasons

    async def write(self, connection: Connection) -> None:
        """Make it durable, all or nothing. Raises what asyncpg raises."""
        await connection.execute(_COMMIT, *self._arguments())

    def _count(
        self, agent_id: UUID, tool_name: str, at: float, usage: AgentUsage, tool: ToolUsage, assessment: Assessment
    ) -> None:
        self.agent_ids.add(agent_id)
        activity = self._activity.get(agent_id)
        if activity is None:
            activity = self._activity[agent_id] = (usage, [0])
        activity[1][0] += 1
        used = self._usage.get((agent_id, tool_name))
        if used is None:
            used = self._usage[agent_id, tool_name] = (tool, [0])
        used[1][0] += 1
        if is_ancient(at, usage.newest_at):
            return
        minute = int(at // 60)
        sums = self._agent_minutes.setdefault((agent_id, minute), [0, 0.0])
        sums[0] += 1
        sums[1] += assessment.anomaly_score
        key = (agent_id, tool_name, minute)
        self._tool_minutes[key] = self._tool_minutes.get(key, 0) + 1
        hours = self._tool_hours.setdefault((agent_id, tool_name, minute // 60), [0, 0])
        hours[0] += 1
        hours[1] += assessment.is_learned

    def _arguments(self) -> list[object]:
        """The 39 parameters of the statement. Keys are sorted: two processes then lock rows in the same order."""
        activity = sorted(self._activity.items(), key=lambda item: item[0].int)
        minutes = sorted(self._agent_minutes.items(), key=lambda item: (item[0][0].int, item[0][1]))
        usage = sorted(self._usage.items(), key=lambda item: (item[0][0].int, item[0][1]))
        tool_minutes = sorted(self._tool_minutes.items(), key=lambda item: (item[0][0].int, *item[0][1:]))
        tool_hours = sorted(self._tool_hours.items(), key=lambda item: (item[0][0].int, *item[0][1:]))
        return [
            *self._events,
            *self._receipts,
            [agent_id for agent_id, _ in activity],
            [count[0] for _, (_, count) in activity],
            [datetime.fromtimestamp(agent.newest_at, UTC) for _, (agent, _) in activity],
            datetime.fromtimestamp(self.received_at, UTC),
            [key[0] for key, _ in minutes],
            [key[1] for key, _ in minutes],
            [int(sums[0]) for _, sums in minutes],
            [sums[1] for _, sums in minutes],
            [key[0] for key, _ in usage],
            [key[1] for key, _ in usage],
            [count[0] for _, (_, count) in usage],
            [datetime.fromtimestamp(tool.last_at, UTC) for _, (tool, _) in usage],
            [tool.last_session for _, (tool, _) in usage],
            [tool.finished_hour for _, (tool, _) in usage],
            [tool.finished_calls for _, (tool, _) in usage],
            [key[0] for key, _ in tool_minutes],
            [key[1] for key, _ in tool_minutes],
            [key[2] for key, _ in tool_minutes],
            [calls for _, calls in tool_minutes],
            [key[0] for key, _ in tool_hours],
            [key[1] for key, _ in tool_hours],
            [key[2] for key, _ in tool_hours],
            [calls[0] for _, calls in tool_hours],
            [calls[1] for _, calls in tool_hours],
        ]
