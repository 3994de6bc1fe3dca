"""API schemas of the enforcement snapshot."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from agentsentinel.agents.schemas import GrantOrigin
from agentsentinel.manifests.repository import PinnedDigests
from agentsentinel.models import AgentRow, ToolGrantRow
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_core.trust.bands import TrustBand

VERSION_LENGTH = 32


class EnforcedGrant(BaseModel):
    """A tool that the agent may call."""

    model_config = ConfigDict(from_attributes=True)

    server_name: str | None = Field(description="The MCP server of the tool; null for a tool of the agent's own")
    tool_name: str
    origin: GrantOrigin
    rate_limit_per_hour: int | None


class EnforcedManifest(BaseModel):
    """What is pinned of an MCP server for one principal."""

    model_config = ConfigDict(from_attributes=True)

    server_name: str
    principal: str = Field(description="Keyed digest of the credential that it is for; empty for everyone")
    pinned: dict[ItemKind, dict[str, list[str]]] = Field(
        validation_alias=AliasChoices("pinned", "pinned_digests"),
        description="Digests of the pinned definitions by kind and name; a kind without items is empty",
    )


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
    manifests: list[EnforcedManifest] = Field(description="All pinned manifests, by server and principal")

    @classmethod
    def of(cls, agent: AgentRow, grants: Iterable[ToolGrantRow], manifests: Iterable[PinnedDigests]) -> Self:
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
            manifests=[EnforcedManifest.model_validate(manifest) for manifest in manifests],
        )
        snapshot.version = _digest(snapshot.model_dump(mode="json", exclude={"version"}))
        return snapshot


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:VERSION_LENGTH]
