"""ORM models of alerts and exports that wait to be sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, sql, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class DeliveryRow(Base):
    """One event of a finding for one destination, stored in the transaction of the finding and sent later.

    `next_attempt_at` is null once it was sent (`sent_at`), or given up (`failed_at`).
    """

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        # One alert per opening of a finding, whatever else happens to it meanwhile.
        Index(
            "uq_alert_deliveries_opening",
            "finding_id",
            "occurrence",
            "destination",
            unique=True,
            postgresql_where=text("is_opening"),
        ),
        Index(
            "ix_alert_deliveries_due",
            "destination",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index("ix_alert_deliveries_agent", "agent_id"),
        Index("ix_alert_deliveries_created_at", "created_at"),
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    destination: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("findings.id", ondelete="CASCADE"))
    occurrence: Mapped[int]
    is_opening: Mapped[bool]
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The event as of then, so that a late delivery says what happened and not what is the case now."""
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=sql.text("0"), default=0)
    attempted_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class AlertRouteRow(Base):
    """One route of alerts to a destination; empty conditions hold for all alerts."""

    __tablename__ = "alert_routes"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counted from 0, in the order in which they are shown."""
    destination: Mapped[str] = mapped_column(String(32))
    min_severity: Mapped[str] = mapped_column(String(8))
    kinds: Mapped[list[str]]
    rules: Mapped[list[str]]
    teams: Mapped[list[str]]


class AlertRow(Base):
    """One alert to Slack of a server before migration 0014. The outbox turns what is left of them into deliveries."""

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
