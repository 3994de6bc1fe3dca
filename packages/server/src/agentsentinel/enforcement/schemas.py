"""API schemas of the enforcement snapshot."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.agents.schemas import GrantOrigin
from agentsentinel.models import AgentRow, ToolGrantRow
from agentsentinel_core.trust.bands import TrustBand

VERSION_LENGTH = 32


class EnforcedGrant(BaseModel):
    """A tool that the agent may call."""

    model_config = ConfigDict(from_attributes=True)

    server_name: str | None = Field(description="The MCP server of the tool; null for a tool of the agent's own")
    tool_name: str
    origin: GrantOrigin
    rate_limit_per_hour: int | None


class EnforcementOut(BaseModel):
    """What shims enforce for an agent. It holds no counters, so calls alone do not change it."""

    version: str = Field(description="Opaque; differs when anything below differs")
    agent_id: UUID
    agent_name: str
    suspended: bool
    suspended_reason: str | None
    status: TrustBand | None = Field(description="Null until the agent is first scored")
    grants: list[EnforcedGrant] = Field(description="All grants, by server and tool")
    session_risk: None = Field(None, description="Reserved; null")
    manifests: list[dict[str, Any]] = Field([], max_length=0, description="Reserved; empty")

    @classmethod
    def of(cls, agent: AgentRow, grants: Iterable[ToolGrantRow]) -> Self:
        """Build the snapshot of an agent, with its version."""
        ordered = sorted(grants, key=lambda grant: (grant.server_name or "", grant.tool_name))
        snapshot = cls(
            version="",
            agent_id=agent.id,
            agent_name=agent.name,
            suspended=agent.suspended_at is not None,
            suspended_reason=agent.suspended_reason,
            status=TrustBand(agent.status) if agent.last_scored_at is not None else None,
            grants=[EnforcedGrant.model_validate(grant) for grant in ordered],
        )
        snapshot.version = _digest(snapshot.model_dump(mode="json", exclude={"version"}))
        return snapshot


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:VERSION_LENGTH]
