"""API schemas of discovered agents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.kit.text import Label, Name, Text

MOST_AGENTS = 1_000
MOST_TOOLS = 500

Reason = Annotated[Text, Field(max_length=1000)]
Place = Annotated[Text, Field(min_length=1, max_length=500)]


class DiscoverySource(StrEnum):
    """How an agent was found."""

    PROCESS = "process"
    NETWORK = "network"
    SUBNET = "subnet"
    FILE = "file"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"
    CLIENT = "client"


class DiscoveryRisk(StrEnum):
    """Risk that discovery gives an agent."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    UNKNOWN = "UNKNOWN"


class DiscoveredAgentIn(BaseModel):
    """An agent that was found on a host."""

    place: Place = Field(description="Where it is on its host, the same at each scan: a script, an address")
    name: Name
    source: DiscoverySource
    framework: Label = "unknown"
    model: Label = "unknown"
    risk: DiscoveryRisk
    reason: Reason = Field("", description="Reason for the risk")
    tools: list[Name] = Field([], max_length=MOST_TOOLS, description="Tools it offers or holds; they become grants")


class DiscoveryIn(BaseModel):
    """What was found on one host."""

    host: Name
    agents: list[DiscoveredAgentIn] = Field(max_length=MOST_AGENTS)


class DiscoveryResult(BaseModel):
    """The agent that stands for one discovered agent."""

    place: str
    agent_id: UUID
    is_new: bool = Field(description="Whether it was not in the inventory before")


class DiscoveryOut(BaseModel):
    """Where and how an agent was found."""

    model_config = ConfigDict(from_attributes=True)

    host: str
    place: str
    source: DiscoverySource
    framework: str
    risk: DiscoveryRisk
    reason: str
    first_seen_at: datetime
    last_seen_at: datetime
