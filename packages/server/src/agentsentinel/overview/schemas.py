"""What the API gives of all agents at once."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agentsentinel.agents.schemas import AgentOut
from agentsentinel_core.findings import Severity


class AgentSummaryOut(AgentOut):
    """An agent with what tells whether to worry about it."""

    open_findings: int
    critical_findings: int = Field(description="Open findings of severity CRITICAL")
    worst_finding: str | None = Field(description="The worst open finding, in words")
    worst_severity: Severity | None
    events_last_hour: int
    last_seen_at: datetime | None
    trend: list[tuple[float, float]] = Field(
        description="Changes of the last 7 days, oldest first, 16 at most: seconds since 1970 and the Trust Score"
    )
    capabilities: list[str]


class AgentCapabilitiesOut(BaseModel):
    """What one agent can do, and with which of its tools."""

    id: UUID
    name: str
    owner_team: str
    status: str
    trust_score: float | None
    capabilities: dict[str, list[str]] = Field(description="Capability to the tools that give it")


class PathOut(BaseModel):
    """A way that data or an instruction can take through one agent: in by one of `entry`, out by one of `exit`."""

    agent_id: UUID
    kind: Literal["exfiltration", "injection"]
    entry_capability: str
    exit_capability: str
    entry: list[str]
    exit: list[str]


class CapabilityMapOut(BaseModel):
    """Agents, what they can do, and the ways through them."""

    agents: list[AgentCapabilitiesOut]
    paths: list[PathOut]
