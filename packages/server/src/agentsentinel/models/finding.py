"""ORM models of findings and their history."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class FindingRow(Base):
    """One rule that fires, or has fired, for one agent; there is one row per agent and rule, whatever its history.

    `is_active` says whether the rule fires now; `status` is the status that people see and set.
    """

    __tablename__ = "findings"
    __table_args__ = (
        UniqueConstraint("agent_id", "rule_id", name="uq_findings_agent_rule"),
        Index("ix_findings_status", "status", "severity"),
        Index("ix_findings_created_at", text("created_at DESC"), text("id DESC")),
        Index("ix_findings_assignee", "assignee", postgresql_where=text("assignee IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    severity: Mapped[str] = mapped_column(String(8))
    finding_type: Mapped[str] = mapped_column(String(8))
    rule_id: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[str]]
    fingerprint: Mapped[str] = mapped_column(CHAR(64))
    status: Mapped[str] = mapped_column(String(12))
    is_active: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    occurrences: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    created_at: Mapped[datetime]
    last_opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    """When an acknowledged finding opens again; null if it was not snoozed."""
    assignee: Mapped[str | None] = mapped_column(String(255))
    """Name of the key whose owner handles the finding. It stays when the key is revoked."""
    due_on: Mapped[date | None]
    """Last day, in UTC, on which the finding is to be resolved."""


class FindingHistoryRow(Base):
    """One change of a finding's status or assignment, and the key that made it, with its name at that time.

    The key is null for the rules.
    """

    __tablename__ = "finding_history"
    __table_args__ = (
        Index("ix_finding_history_finding", "finding_id", "at", "id"),
        Index("ix_finding_history_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("findings.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(Text)
    snoozed_until: Mapped[datetime | None]
    key_id: Mapped[UUID | None]
    key_name: Mapped[str | None] = mapped_column(String(255))
    is_assignment: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether assignee or due date changed, and not the status."""
    assignee: Mapped[str | None] = mapped_column(String(255))
    due_on: Mapped[date | None]
