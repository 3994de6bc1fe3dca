"""API schemas of scores and their history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel_core.trust.bands import TrustBand


class ScoreOut(BaseModel):
    """The current Trust Score of one agent and its parts."""

    trust_score: float = Field(description="0.45 * posture + 0.45 * behavior + recency bonus, 0..100")
    posture_score: float
    behavior_score: float
    recency_bonus: float = Field(description="0 or 10 points")
    status: TrustBand
    findings_count: int = Field(description="Findings with status OPEN")


class ScorePointOut(BaseModel):
    """One change of a score, and its causes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    recorded_at: datetime
    trust_score: float
    posture_score: float
    behavior_score: float
    recency_bonus: float
    status: TrustBand
    causes: list[dict[str, Any]]


class ScoreBucketOut(BaseModel):
    """The changes of a score in one part of a span of time."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime = Field(description="When the part begins")
    lowest: float
    highest: float
    last: float = Field(description="The score at the end of the part")
    last_at: datetime = Field(description="When it was reached")
    changes: int


class ScoreSeriesOut(BaseModel):
    """A score over time, as a chart draws it."""

    since: datetime
    until: datetime
    bucket_seconds: float = Field(description="Length of each part")
    before: float | None = Field(description="The score when the time begins; null before the first one")
    buckets: list[ScoreBucketOut] = Field(description="The parts with a change, oldest first")
