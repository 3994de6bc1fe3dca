"""API schemas of rollups."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from agentsentinel.ingest.rollups import BUCKETS
from agentsentinel.models import AgentHourRow


class HourOut(BaseModel):
    """What one agent did in one clock hour."""

    hour: datetime = Field(description="When the hour began")
    calls: int
    errors: int = Field(description="Calls that failed")
    denied: int = Field(description="Calls that were refused, or that a policy decided to deny")
    mean_anomaly_score: float = Field(description="0 to 1")
    anomaly_histogram: Annotated[list[int], Field(min_length=BUCKETS, max_length=BUCKETS)] = Field(
        description="Calls by anomaly score in ten equal steps: from 0 to below 0.1 first, from 0.9 to 1 last"
    )

    @classmethod
    def of(cls, row: AgentHourRow) -> Self:
        """Describe a stored rollup."""
        return cls(
            hour=datetime.fromtimestamp(row.hour * 3600, UTC),
            calls=row.calls,
            errors=row.errors,
            denied=row.denied,
            mean_anomaly_score=round(row.anomaly_sum / row.calls, 4),
            anomaly_histogram=row.histogram,
        )
