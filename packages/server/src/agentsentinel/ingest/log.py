"""The event log: many requests' events in one PostgreSQL transaction, together with every counter they move.

One statement with data-modifying CTEs, so that a commit is one round trip. Rows travel as JSON, which costs this
process a tenth of what the driver's arrays do (0.6 against 6 microseconds an event) and leaves the parsing to
PostgreSQL, which has a core to itself. Counters are added to, not overwritten: whatever process commits first, they
equal a recount of the raw events.
"""

from collections import deque
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from agentsentinel.ingest.event import EventReport, Reason, encode
from agentsentinel.kit.database import Connection
from agentsentinel_core.behavior.detector import Assessment
from agentsentinel_core.behavior.usage import AgentUsage, ToolUsage, is_ancient

KEPT_RECEIPTS = 5
"""As many receipt times of an agent as the recency bonus asks for."""

_COMMIT = """
WITH events AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS e(
        id uuid, at timestamptz, received_at timestamptz, agent_id uuid, tool_name text, input_hash text,
        output_hash text, duration_ms int, session_id text, tool_call_id text, status text, score float8,
        reasons jsonb, is_named boolean)
), stored AS (
    INSERT INTO agent_events (id, timestamp, received_at, agent_id, tool_name, input_hash, output_hash,
                              duration_ms, session_id, tool_call_id, status, anomaly_score, reasons)
    SELECT id, at, received_at, agent_id, tool_name, decode(input_hash, 'hex'), decode(output_hash, 'hex'),
           duration_ms, session_id, tool_call_id, status, score, reasons
    FROM events
), receipts AS (
    INSERT INTO event_receipts (event_id, timestamp) SELECT id, at FROM events WHERE is_named
), activity AS (
    INSERT INTO agent_activity AS a (agent_id, events, newest_at, recent_receipts)
    SELECT * FROM json_to_recordset($2::json) AS n(
        agent_id uuid, events bigint, newest_at timestamptz, recent_receipts timestamptz[])
    ON CONFLICT (agent_id) DO UPDATE SET
        events = a.events + excluded.events,
        newest_at = greatest(a.newest_at, excluded.newest_at),
        recent_receipts = (a.recent_receipts || excluded.recent_receipts)
            [greatest(1, cardinality(a.recent_receipts) + cardinality(excluded.recent_receipts) - 4):]
), agent_minute AS (
    INSERT INTO agent_minutes AS m (agent_id, minute, calls, anomaly_sum)
    SELECT * FROM json_to_recordset($3::json) AS n(agent_id uuid, minute int, calls int, anomaly_sum float8)
    ON CONFLICT (agent_id, minute) DO UPDATE SET
        calls = m.calls + excluded.calls, anomaly_sum = m.anomaly_sum + excluded.anomaly_sum
), usage AS (
    INSERT INTO tool_usage AS u
        (agent_id, tool_name, total_calls, last_at, last_session, finished_hour, finished_calls)
    SELECT * FROM json_to_recordset($4::json) AS n(
        agent_id uuid, tool_name text, total_calls bigint, last_at timestamptz, last_session text,
        finished_hour int, finished_calls int)
    ON CONFLICT (agent_id, tool_name) DO UPDATE SET
        total_calls = u.total_calls + excluded.total_calls,
        last_at = greatest(u.last_at, excluded.last_at),
        last_session = excluded.last_session,
        finished_hour = excluded.finished_hour,
        finished_calls = excluded.finished_calls
), tool_minute AS (
    INSERT INTO tool_minutes AS m (agent_id, tool_name, minute, calls)
    SELECT * FROM json_to_recordset($5::json) AS n(agent_id uuid, tool_name text, minute int, calls int)
    ON CONFLICT (agent_id, tool_name, minute) DO UPDATE SET calls = m.calls + excluded.calls
)
INSERT INTO tool_hours AS h (agent_id, tool_name, hour, calls, learned)
SELECT * FROM json_to_recordset($6::json) AS n(agent_id uuid, tool_name text, hour int, calls int, learned int)
ON CONFLICT (agent_id, tool_name, hour) DO UPDATE SET
    calls = h.calls + excluded.calls, learned = h.learned + excluded.learned
"""


class _EventRow(msgspec.Struct, gc=False):
    id: UUID
    at: datetime
    received_at: datetime
    agent_id: UUID
    tool_name: str
    input_hash: str
    output_hash: str
    duration_ms: int | None
    session_id: str | None
    tool_call_id: str | None
    status: str
    score: float
    reasons: list[Reason] | None
    is_named: bool


class _ActivityRow(msgspec.Struct):
    agent_id: UUID
    events: int
    newest_at: datetime
    recent_receipts: list[datetime]


class _AgentMinuteRow(msgspec.Struct):
    agent_id: UUID
    minute: int
    calls: int
    anomaly_sum: float


class _ToolUsageRow(msgspec.Struct):
    agent_id: UUID
    tool_name: str
    total_calls: int
    last_at: datetime
    last_session: str | None
    finished_hour: int
    finished_calls: int


class _ToolMinuteRow(msgspec.Struct):
    agent_id: UUID
    tool_name: str
    minute: int
    calls: int


class _ToolHourRow(msgspec.Struct):
    agent_id: UUID
    tool_name: str
    hour: int
    calls: int
    learned: int


class _AgentDelta:
    """What a group adds to one agent."""

    __slots__ = ("agent_id", "events", "minutes", "receipts", "usage")

    def __init__(self, agent_id: UUID, usage: AgentUsage) -> None:
        self.agent_id = agent_id
        self.usage = usage
        self.events = 0
        self.receipts: deque[datetime] = deque(maxlen=KEPT_RECEIPTS)
        self.minutes: dict[int, _AgentMinuteRow] = {}


class _ToolDelta:
    """What a group adds to one tool of one agent."""

    __slots__ = ("agent_id", "calls", "hours", "minutes", "tool", "tool_name")

    def __init__(self, agent_id: UUID, tool_name: str, tool: ToolUsage) -> None:
        self.agent_id = agent_id
        self.tool_name = tool_name
        self.tool = tool
        self.calls = 0
        self.minutes: dict[int, _ToolMinuteRow] = {}
        self.hours: dict[int, _ToolHourRow] = {}


class Commit:
    """What one group of events adds to the database."""

    def __init__(self) -> None:
        self._events: list[_EventRow] = []
        # By identity of the live counters: the hash of a UUID costs more than counting does.
        self._agents: dict[AgentUsage, _AgentDelta] = {}
        self._tools: dict[ToolUsage, _ToolDelta] = {}

    def __len__(self) -> int:
        """How many events."""
        return len(self._events)

    @property
    def agent_ids(self) -> list[UUID]:
        """Whose events they are."""
        return [delta.agent_id for delta in self._agents.values()]

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
        received = datetime.fromtimestamp(received_at, UTC)
        timestamp = received if at == received_at else datetime.fromtimestamp(at, UTC)
        reasons = [Reason(signal.detector, signal.score, signal.message) for signal in assessment.signals]
        self._events.append(
            _EventRow(
                event_id,
                timestamp,
                received,
                report.agent_id,
                report.tool_name,
                report.input_hash,
                report.output_hash,
                report.duration_ms,
                report.session_id,
                report.tool_call_id,
                report.status,
                assessment.anomaly_score,
                reasons or None,
                report.event_id is not None,
            )
        )
        self._count(report, at, received, usage, tool, assessment)
        return timestamp, reasons

    async def write(self, connection: Connection) -> None:
        """Make it durable, all or nothing. Raises what asyncpg raises."""
        # Rows in one order everywhere: two processes then take their locks in the same order.
        agents = sorted(self._agents.values(), key=lambda delta: delta.agent_id.int)
        tools = sorted(self._tools.values(), key=lambda delta: (delta.agent_id.int, delta.tool_name))
        await connection.execute(
            _COMMIT,
            _json(self._events),
            _json([_activity_row(delta) for delta in agents]),
            _json([row for delta in agents for row in delta.minutes.values()]),
            _json([_usage_row(delta) for delta in tools]),
            _json([row for delta in tools for row in delta.minutes.values()]),
            _json([row for delta in tools for row in delta.hours.values()]),
        )

    def _count(
        self,
        report: EventReport,
        at: float,
        received: datetime,
        usage: AgentUsage,
        tool: ToolUsage,
        assessment: Assessment,
    ) -> None:
        agent_delta = self._agents.get(usage)
        if agent_delta is None:
            agent_delta = self._agents[usage] = _AgentDelta(report.agent_id, usage)
        agent_delta.events += 1
        agent_delta.receipts.append(received)
        tool_delta = self._tools.get(tool)
        if tool_delta is None:
            tool_delta = self._tools[tool] = _ToolDelta(report.agent_id, report.tool_name, tool)
        tool_delta.calls += 1
        if not is_ancient(at, usage.newest_at):
            _count_in_tables(agent_delta, tool_delta, int(at // 60), assessment)


def _count_in_tables(agent: _AgentDelta, tool: _ToolDelta, minute: int, assessment: Assessment) -> None:
    agent_row = agent.minutes.get(minute)
    if agent_row is None:
        agent_row = agent.minutes[minute] = _AgentMinuteRow(agent.agent_id, minute, 0, 0.0)
    agent_row.calls += 1
    agent_row.anomaly_sum += assessment.anomaly_score
    minute_row = tool.minutes.get(minute)
    if minute_row is None:
        minute_row = tool.minutes[minute] = _ToolMinuteRow(tool.agent_id, tool.tool_name, minute, 0)
    minute_row.calls += 1
    hour = minute // 60
    hour_row = tool.hours.get(hour)
    if hour_row is None:
        hour_row = tool.hours[hour] = _ToolHourRow(tool.agent_id, tool.tool_name, hour, 0, 0)
    hour_row.calls += 1
    hour_row.learned += assessment.is_learned


def _activity_row(delta: _AgentDelta) -> _ActivityRow:
    newest_at = datetime.fromtimestamp(delta.usage.newest_at, UTC)
    return _ActivityRow(delta.agent_id, delta.events, newest_at, list(delta.receipts))


def _usage_row(delta: _ToolDelta) -> _ToolUsageRow:
    tool = delta.tool
    return _ToolUsageRow(
        delta.agent_id,
        delta.tool_name,
        delta.calls,
        datetime.fromtimestamp(tool.last_at, UTC),
        tool.last_session,
        tool.finished_hour,
        tool.finished_calls,
    )


def _json(rows: object) -> str:
    return encode(rows).decode()
