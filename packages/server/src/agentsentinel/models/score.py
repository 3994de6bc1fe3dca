"""ORM model of the history of Trust Scores."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class ScorePointRow(Base):
    """One change of one agent's score, with its causes."""

    __tablename__ = "score_history"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    trust_score: Mapped[float]
    posture_score: Mapped[float]
    behavior_score: Mapped[float]
    recency_bonus: Mapped[float]
    status: Mapped[str] = mapped_column(String(8))
    causes: Mapped[list[dict[str, Any]]]
