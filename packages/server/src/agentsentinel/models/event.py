"""ORM model of tool-call events: metadata and digests, never content."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base

FAILED = "status <> 'ok'"
UNUSUAL_FROM = 0.5
"""Least anomaly score for which events have an index: the lowest by which the dashboard filters."""
UNUSUAL = f"anomaly_score >= {UNUSUAL_FROM}"


class EventRow(Base):
    """One tool call. Digests are 32 bytes: SHA-256 or HMAC-SHA256."""

    __tablename__ = "agent_events"
    __table_args__ = (
        Index("ix_agent_events_agent", "agent_id", "timestamp", "id"),
        Index(
            "ix_agent_events_session",
            "agent_id",
            "session_id",
            "timestamp",
            "id",
            postgresql_where=text("session_id IS NOT NULL"),
        ),
        Index("ix_agent_events_tool", "tool_name", "timestamp", "id"),
        Index("ix_agent_events_failed", "timestamp", "id", postgresql_where=text(FAILED)),
        Index("ix_agent_events_unusual", "timestamp", "id", postgresql_where=text(UNUSUAL)),
    )

    timestamp: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    agent_id: Mapped[UUID]
    tool_name: Mapped[str] = mapped_column(String(255))
    input_hash: Mapped[bytes]
    output_hash: Mapped[bytes]
    duration_ms: Mapped[int | None]
    session_id: Mapped[str | None] = mapped_column(String(255))
    tool_call_id: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(6))
    anomaly_score: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]] | None]
    channel: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Number of the channel that reported it, see `ingest/deduplication.py`."""
    trace_id: Mapped[bytes | None]
    span_id: Mapped[bytes | None]
    server_name: Mapped[str | None] = mapped_column(String(255))
    operation: Mapped[str | None] = mapped_column(String(64))
    decision: Mapped[str | None] = mapped_column(String(5))
    would_block: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    policy_rule: Mapped[str | None] = mapped_column(String(255))
