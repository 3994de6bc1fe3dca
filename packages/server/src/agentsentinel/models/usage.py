"""ORM models of receipts, counters and baselines. Minutes and hours are integers since the epoch."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from agentsentinel.models.base import Base

AGENT = "agents.id"


class EventReceiptRow(Base):
    """Receipt of an event id that a client has chosen, so that every process recognizes a repeat."""

    __tablename__ = "event_receipts"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime]
    """Timestamp of the stored event."""
    stored_id: Mapped[UUID | None]
    """Id of the stored event if this report was a duplicate of another channel's; None if it is `event_id`."""


class CallReportRow(Base):
    """One report of one call under one deduplication key, kept for two days; see `ingest/deduplication.py`."""

    __tablename__ = "call_reports"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[int] = mapped_column(SmallInteger)
    event_id: Mapped[UUID]
    timestamp: Mapped[datetime]


class CounterJournalRow(Base):
    """Counts of one commit of events that are not yet added to the counters below; see `ingest/counters.py`."""

    __tablename__ = "counter_journal"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    counts: Mapped[str] = mapped_column(Text)


class ActivityRow(Base):
    """One agent's events: their number, the newest timestamp, and the receipt times of the last five."""

    __tablename__ = "agent_activity"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    events: Mapped[int] = mapped_column(BigInteger)
    newest_at: Mapped[datetime]
    recent_receipts: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))


class AgentMinuteRow(Base):
    """One agent's calls in one minute and the sum of their anomaly scores, for the 24 hours of the behaviour score."""

    __tablename__ = "agent_minutes"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True)
    calls: Mapped[int]
    anomaly_sum: Mapped[float]


class AgentHourRow(Base):
    """Rollup of one agent's events in one clock hour, kept for 400 days; see `ingest/rollups.py`."""

    __tablename__ = "agent_hours"
    __table_args__ = (Index("ix_agent_hours_hour", "hour", postgresql_using="brin"),)

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    calls: Mapped[int]
    anomaly_sum: Mapped[float]
    errors: Mapped[int]
    denied: Mapped[int]
    """Calls that were refused, or that a policy decided to deny."""
    histogram: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Calls in each bucket of anomaly scores."""
    active_slices: Mapped[int] = mapped_column(SmallInteger, server_default=text("4095"), default=4095)
    """Bit set of the twelve slices of five minutes in which there were calls; all of them where that is unknown."""


class AgentDayRow(Base):
    """Rollup of one agent's events in one day of UTC: the sum of its hours, kept by triggers of `agent_hours`."""

    __tablename__ = "agent_days"
    __table_args__ = (Index("ix_agent_days_day", "day", postgresql_using="brin"),)

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    """Days since the epoch."""
    calls: Mapped[int]
    anomalies: Mapped[int]
    """Calls with an anomaly score of at least `ingest.rollups.ANOMALOUS`."""
    errors: Mapped[int]
    denied: Mapped[int]


class ToolUsageRow(Base):
    """Stored state of `agentsentinel_core.behavior.counters.ToolCounters` for one tool of one agent."""

    __tablename__ = "tool_usage"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    tool_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    total_calls: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime]
    last_session: Mapped[str | None] = mapped_column(String(255))
    finished_hour: Mapped[int]
    finished_calls: Mapped[int]


class ToolMinuteRow(Base):
    """Calls of one tool by one agent in one minute."""

    __tablename__ = "tool_minutes"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    tool_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True)
    calls: Mapped[int]


class ToolHourRow(Base):
    """Calls of one tool by one agent in one clock hour, and how many of them the baseline may learn from."""

    __tablename__ = "tool_hours"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    tool_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    calls: Mapped[int]
    learned: Mapped[int]


class BaselineRow(Base):
    """Baseline (normal call rate) of one tool of one agent, as last computed."""

    __tablename__ = "baselines"
    __table_args__ = (UniqueConstraint("agent_id", "tool_name", name="uq_baselines_agent_tool"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"))
    tool_name: Mapped[str] = mapped_column(String(255))
    mean_calls_per_hour: Mapped[float]
    stddev_calls_per_hour: Mapped[float]
    sample_count: Mapped[int]
    window_days: Mapped[int] = mapped_column(server_default=text("7"), default=7)
    updated_at: Mapped[datetime]


class ReportDeadlineRow(Base):
    """Time by which an agent has to report again; see `worker/silence.py`."""

    __tablename__ = "report_deadlines"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    last_report_at: Mapped[datetime]
    """The report that it was computed from."""
    due_at: Mapped[datetime]
