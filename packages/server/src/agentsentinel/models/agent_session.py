"""ORM models of session risk: sessions, what the engine knows, and announced versions of agents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base

AGENT = "agents.id"


class AgentSessionRow(Base):
    """One session of an agent, as the cutter of the engine divides its calls."""

    __tablename__ = "agent_sessions"
    __table_args__ = (
        UniqueConstraint("agent_id", "number", name="uq_agent_sessions_agent_number"),
        Index("ix_agent_sessions_last", "agent_id", text("last_at DESC"), text("id DESC")),
        Index("ix_agent_sessions_risk", "agent_id", text("risk DESC"), text("id DESC")),
        Index("ix_agent_sessions_client", "agent_id", "session_id"),
        Index("ix_agent_sessions_named", "session_id", postgresql_where=text("session_id IS NOT NULL")),
        Index("ix_agent_sessions_undone", "agent_id", postgresql_where=text("NOT is_verdict_applied")),
        Index("ix_agent_sessions_alarms", "agent_id", "last_at", postgresql_where=text("is_alarm")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"))
    number: Mapped[int]
    """Number that the cutter gave it, counted from 0 for each agent."""
    session_id: Mapped[str | None] = mapped_column(String(255))
    """Id that the client gave its first call."""
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
    is_open: Mapped[bool]
    """Whether a further call may continue it. A session ends with a later call, so the last one stays open."""
    calls: Mapped[int]
    tools: Mapped[int]
    failed_calls: Mapped[int]
    """Calls that ended in an error or were denied."""
    max_anomaly_score: Mapped[float]
    risk: Mapped[float]
    is_alarm: Mapped[bool]
    """Whether its risk was above the alert line when its agent was not learning."""
    is_learning: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether its agent was learning when its last call was judged: then it is not an alarm at any budget."""
    reasons: Mapped[list[dict[str, Any]]]
    timeline: Mapped[list[list[Any]]] = mapped_column(JSONB)
    """Time (POSIX seconds), event id and risk so far of each call, in the order in which they were judged."""
    content: Mapped[bytes | None] = mapped_column(deferred=True)
    """Packed session, once it has ended above the line: what it teaches if a person calls it fine."""
    verdict: Mapped[str | None] = mapped_column(String(6))
    """What a person says about it: a `Verdict`."""
    is_verdict_applied: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    """Whether the worker has taught or withheld what the verdict says."""
    muted_until: Mapped[datetime | None]


class SessionStateRow(Base):
    """State of the engine for one agent, and which of its events are judged; see `session_risk/repository.py`."""

    __tablename__ = "session_states"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    """Counts the changes, so that a worker notices that another one has judged."""
    seen: Mapped[str | None] = mapped_column(Text)
    """Snapshot (`pg_snapshot`) whose events are judged; None when none are."""
    target: Mapped[str | None] = mapped_column(Text)
    """Snapshot whose events are being judged, in several steps; None between two snapshots."""
    done: Mapped[int]
    """Events of the target that are judged."""
    last_judged: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The last one of them: a `session_risk.repository.LastJudged`."""
    minutes: Mapped[bytes]
    """Judged calls by minute, where `agent_minutes` still has the minute."""
    open: Mapped[bytes]
    learned: Mapped[bytes]
    learned_sessions: Mapped[int]
    """Sessions that the agent's profile is made of."""
    relearns: Mapped[bool]
    """Whether a new version was announced, so that all sessions teach until enough are learned."""


class SessionNormRow(Base):
    """What is normal for many agents: for those of a kind (`kind:` and the type), or for all (`fleet`)."""

    __tablename__ = "session_norms"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes]


class AgentVersionRow(Base):
    """An announced version of an agent, from which on it learns anew without alarms."""

    __tablename__ = "agent_versions"
    __table_args__ = (Index("ix_agent_versions_agent", "agent_id", text("announced_at DESC")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey(AGENT, ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(String(128))
    note: Mapped[str | None] = mapped_column(String(1000))
    announced_at: Mapped[datetime]
