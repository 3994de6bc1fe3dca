"""API schemas of charts."""

from datetime import datetime

from pydantic import BaseModel, Field


class EventBucketOut(BaseModel):
    """The calls of one bucket of time."""

    at: datetime = Field(description="When the bucket begins")
    calls: int
    anomalies: int | None = Field(
        description="Calls with an anomaly score of at least 0.7; null in buckets shorter than an hour"
    )
    errors: int | None = Field(description="Calls that failed; null in buckets shorter than an hour")
    denied: int | None = Field(
        description="Calls that were refused, or that a policy decided to deny; null in buckets shorter than an hour"
    )


class EventChartOut(BaseModel):
    """Calls over time, in buckets of equal length that cover the span; each bucket is listed."""

    since: datetime = Field(description="Begin of the first bucket")
    until: datetime = Field(description="End of the last bucket")
    bucket_seconds: int
    buckets: list[EventBucketOut]


class FindingBucketOut(BaseModel):
    """What became of findings in one bucket of time."""

    at: datetime = Field(description="When the bucket begins")
    opened: int = Field(description="How often a finding opened or opened again")
    resolved: int = Field(description="How often one was resolved, by itself or by a person")


class FindingChartOut(BaseModel):
    """Findings opened and resolved over time, in buckets of equal length that cover the span; each bucket is listed."""

    since: datetime = Field(description="Begin of the first bucket")
    until: datetime = Field(description="End of the last bucket")
    bucket_seconds: int
    buckets: list[FindingBucketOut]


class TeamOut(BaseModel):
    """The calls of the agents of one team."""

    owner_team: str
    agents: int = Field(description="Agents with a call in the span")
    calls: int
    anomalies: int = Field(description="Calls with an anomaly score of at least 0.7")


class TeamChartOut(BaseModel):
    """Calls by team, the most first, in the same span as the chart of events with these parameters."""

    since: datetime
    until: datetime
    team_count: int = Field(description="Number of all teams with a call, listed or not")
    teams: list[TeamOut]
