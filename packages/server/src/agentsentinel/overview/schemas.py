"""API schemas of summaries of all agents."""

from datetime import datetime

from pydantic import BaseModel, Field

from agentsentinel.agents.schemas import AgentOut, Monitoring
from agentsentinel_core.findings import Severity


class AgentSummaryOut(AgentOut):
    """An agent with its open findings, activity, score trend and capabilities."""

    open_findings: int
    critical_findings: int = Field(description="Open findings of severity CRITICAL")
    worst_finding: str | None = Field(description="Title of the worst open finding")
    worst_severity: Severity | None
    events_last_hour: int
    last_seen_at: datetime | None
    trend: list[tuple[float, float]] = Field(
        description="The last Trust Score of each 6 hours of the last 7 days, oldest first, and the one before them:"
        " seconds since 1970 and the score"
    )
    capabilities: list[str]
    needs_attention: bool = Field(description="As counted by GET /attention")


class AttentionOut(BaseModel):
    """How many agents need attention, over all agents."""

    agents: int
    needs_attention: int = Field(
        description="Agents with an open CRITICAL finding, and those on CRITICAL or ALERT that are neither learning nor"
        " unmonitored"
    )
    with_critical_finding: int = Field(description="Agents with an open CRITICAL finding")
    states: dict[Monitoring, int] = Field(description="Number of agents by `monitoring`")
