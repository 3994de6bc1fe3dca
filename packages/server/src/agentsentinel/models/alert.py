"""ORM model of the alert outbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, sql
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class AlertRow(Base):
    """One alert, stored in the transaction of its finding and sent later. There is one per opening of a finding.

    `next_attempt_at` is null once the alert was sent, or given up after the last attempt.
    """

    __tablename__ = "alert_outbox"
    __table_args__ = (
        UniqueConstraint("finding_id", "occurrence", name="uq_alert_outbox_finding_occurrence"),
        Index("ix_alert_outbox_due", "next_attempt_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("findings.id", ondelete="CASCADE"))
    occurrence: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=sql.text("0"), default=0)
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
