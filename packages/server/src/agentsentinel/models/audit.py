"""ORM models of the audit log, and of facts about this installation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class AuditRow(Base):
    """One action, or a credential refused `count` times within a minute. Names are as they were at that time."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at", text("at DESC"), text("id DESC")),
        Index("ix_audit_log_action", "action", text("at DESC"), text("id DESC")),
        Index("ix_audit_log_actor", "actor_name", text("at DESC"), text("id DESC")),
        Index(
            "ix_audit_log_subject",
            "subject_id",
            text("at DESC"),
            text("id DESC"),
            postgresql_where=text("subject_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    actor_key_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(45))
    subject_id: Mapped[UUID | None]
    subject_name: Mapped[str] = mapped_column(String(255))
    key_prefix: Mapped[str] = mapped_column(String(12))
    detail: Mapped[str] = mapped_column(String(1000))
    count: Mapped[int]


class ServerFactRow(Base):
    """A named value that this installation keeps, such as the settings of its last start."""

    __tablename__ = "server_facts"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
