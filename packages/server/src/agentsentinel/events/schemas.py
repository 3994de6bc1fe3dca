"""What the API gives of stored events."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class ReasonOut(BaseModel):
    """Why a call is unusual."""

    detector: str
    score: float = Field(ge=0, le=1)
    message: str


class EventOut(BaseModel):
    """One stored tool call: metadata only."""

    event_id: UUID
    agent_id: UUID
    agent_name: str
    tool_name: str
    anomaly_score: float | None
    reasons: list[ReasonOut]
    status: Literal["ok", "error", "denied"]
    duration_ms: int | None
    session_id: str | None
    tool_call_id: str | None
    timestamp: datetime
