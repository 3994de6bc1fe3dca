"""API schemas of capabilities."""

from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

PathKind = Literal["exfiltration", "injection"]


class Way(StrEnum):
    """Kind of path that an agent has, as a filter."""

    PATHS = "paths"
    """Any of them."""
    EXFILTRATION = "exfiltration"
    INJECTION = "injection"


class CapabilityFilters(NamedTuple):
    """Filters of a listing of capabilities; None matches all."""

    words: tuple[str, ...] = ()
    """Words that all have to occur in the agent's name, team or capabilities."""
    owner_team: str | None = None
    way: Way | None = None
    agent_id: UUID | None = None
    is_capable: bool = False
    """Only agents that hold a capability."""


class AgentCapabilitiesOut(BaseModel):
    """The capabilities of one agent, and the tools that give them."""

    id: UUID
    name: str
    owner_team: str
    status: str
    trust_score: float | None
    capabilities: dict[str, list[str]] = Field(description="Tools that give each capability")


class PathOut(BaseModel):
    """A path of data or instructions through one agent: in through a tool of `entry`, out through one of `exit`."""

    agent_id: UUID
    kind: PathKind
    entry_capability: str
    exit_capability: str
    entry: list[str]
    exit: list[str]


class CapabilityMapOut(BaseModel):
    """Agents, their capabilities, and the paths through them."""

    agents: list[AgentCapabilitiesOut]
    paths: list[PathOut]


class WayCountOut(BaseModel):
    """How many agents have one path."""

    kind: PathKind
    entry_capability: str
    exit_capability: str
    agents: int


class CapabilityCountsOut(BaseModel):
    """Agents that hold a capability, counted."""

    agents: int = Field(description="Agents that hold a capability")
    with_path: int = Field(description="Agents with a path of either kind")
    exfiltration: int
    injection: int
    capabilities: dict[str, int] = Field(description="Agents that hold each capability")


class TeamCapabilitiesOut(CapabilityCountsOut):
    """The agents of one team that hold a capability, counted."""

    owner_team: str


class CapabilitySummaryOut(CapabilityCountsOut):
    """All agents that pass the filters and hold a capability, counted: in all, by path and by team."""

    ways: list[WayCountOut]
    teams: list[TeamCapabilitiesOut] = Field(description="The teams with most agents first")
    team_count: int = Field(description="Number of all teams, listed or not")
