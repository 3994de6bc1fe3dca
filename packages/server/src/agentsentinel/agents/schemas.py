"""API schemas of agents, grants and connections."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agentsentinel.agents.server_url import check_server_url
from agentsentinel.discoveries.schemas import DiscoveryOut
from agentsentinel.findings.schemas import FindingOut
from agentsentinel.kit.text import Label, Name, Text
from agentsentinel.models import ToolGrantRow
from agentsentinel.scores.repository import UsedGrant
from agentsentinel.tools.correction import known_class
from agentsentinel_core.masking import masked_line
from agentsentinel_core.tools.capability import Capability, ToolScope
from agentsentinel_core.tools.classify import ToolClass, classify, corrected
from agentsentinel_core.trust.bands import TrustBand

AgentType = Annotated[Text, Field(min_length=1, max_length=64)]
Description = Annotated[Text, Field(max_length=1000)]
SilentAfterHours = Annotated[int, Field(ge=1, le=8_784)]
RateLimit = Annotated[int, Field(ge=1, le=100_000)]


class FromRow(BaseModel):
    """Base of schemas that are built from a table row."""

    model_config = ConfigDict(from_attributes=True)


class AgentIn(BaseModel):
    """An agent to register."""

    name: Name
    agent_type: AgentType = "llm_agent"
    model: Label = "unknown"
    owner_team: Label = "unassigned"
    description: Description | None = None


LONGEST_REASON = 255
Note = Annotated[Text, Field(min_length=1, max_length=LONGEST_REASON)]


class AgentPatch(BaseModel):
    """Changes to an agent; absent members stay as they are. Only `description` and `silent_after_hours` may be null."""

    name: Name | None = None
    agent_type: AgentType | None = None
    model: Label | None = None
    owner_team: Label | None = None
    description: Description | None = None
    silent_after_hours: SilentAfterHours | None = Field(
        None, description="Hours without a report after which it is silent, up to a year; null: what its rhythm says"
    )
    note: Note | None = Field(None, description="Why, for the audit log")

    @model_validator(mode="after")
    def _refuse_null(self) -> Self:
        for field in self.model_fields_set - {"description", "silent_after_hours", "note"}:
            if getattr(self, field) is None:
                raise ValueError(f"{field} must not be null")
        return self


class SuspensionIn(BaseModel):
    """Suspension of an agent."""

    reason: Annotated[Text, Field(min_length=1, max_length=LONGEST_REASON)] | None = None


class Monitoring(StrEnum):
    """Whether an agent reports its calls, and whether it is known what is normal for it."""

    UNMONITORED = "unmonitored"
    """Found on a host; nothing reported yet."""
    NEVER_SEEN = "never_seen"
    """Registered; nothing reported yet."""
    LEARNING = "learning"
    """Reports calls; too few of its sessions are learned to say what is normal."""
    ACTIVE = "active"
    """Reports calls."""
    SILENT = "silent"
    """Has reported calls, and did not report again by the time that its rhythm sets."""


class ReasonOut(BaseModel):
    """What costs an agent's score the most."""

    kind: Literal["finding", "session", "calls", "silence"]
    text: str
    points: float = Field(description="Points of the Trust Score that it costs; 0 for silence")
    finding_id: UUID | None = Field(description="The finding, of that kind")
    session_id: UUID | None = Field(description="The judged session, of that kind")


class AgentOut(FromRow):
    """An agent with its latest score; scores are null until it is first scored."""

    id: UUID
    name: str
    agent_type: str
    model: str
    owner_team: str
    description: str | None
    status: TrustBand
    trust_score: float | None = Field(description="0..100, higher is safer")
    posture_score: float | None
    behavior_score: float | None
    recency_bonus: float | None = Field(description="0 or 10 points")
    last_scored_at: datetime | None
    reason: ReasonOut | None = Field(
        description="What costs its score the most, behaviour included, or its silence; null where nothing does"
    )
    monitoring: Monitoring = Field(description="Whether the agent reports its calls")
    missing_sessions: int = Field(description="Sessions still to be learned before any is an alarm")
    silent_since: datetime | None = Field(description="Its last report; null unless it is silent")
    silent_after_hours: int | None = Field(
        description="Hours without a report after which it is silent; null: what its rhythm says"
    )
    suspended_at: datetime | None = Field(description="When it was suspended; null while it is not")
    suspended_reason: str | None = Field(description="Reason of the suspension, if one was given")
    created_at: datetime
    updated_at: datetime


class NotEvaluatedOut(BaseModel):
    """A posture rule that could not be evaluated for this agent, and why. It does not count as passed."""

    rule_id: str
    reason: str


class GrantOrigin(StrEnum):
    """Where a grant is known from."""

    DECLARED = "declared"
    """A person or a source file says so."""
    LISTED = "listed"
    """A server lists the tool, or a client's permissions do."""
    OBSERVED = "observed"
    """The agent called it."""


class GrantIn(BaseModel):
    """A tool that the agent may call. Scope and danger are derived from the name; if sent, they are ignored."""

    tool_name: Name
    server_name: Name | None = Field(None, description="The MCP server of the tool; null for a tool of the agent's own")
    origin: GrantOrigin = Field(GrantOrigin.DECLARED, description="Where the grant is known from")
    rate_limit_per_hour: RateLimit | None = None


class ToolClassIn(BaseModel):
    """The class that a person gives a tool, where the one of its name is wrong."""

    model_config = ConfigDict(extra="forbid")

    scope: ToolScope
    is_dangerous: bool
    capabilities: Annotated[list[Capability], Field(max_length=len(Capability))]

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        self.as_class("", "")
        return self

    def as_class(self, tool_name: str, reason: str) -> ToolClass:
        """Build the class of a tool of this name."""
        return corrected(
            tool_name,
            scope=self.scope,
            is_dangerous=self.is_dangerous,
            capabilities=self.capabilities,
            reason=reason,
        )


class GrantEffectIn(BaseModel):
    """A class of a grant's tool that is to be tried; null for the class of its name."""

    tool_class: ToolClassIn | None


class GrantPatch(BaseModel):
    """Changes to a grant; absent members stay as they are."""

    rate_limit_per_hour: RateLimit | None = Field(None, description="Null removes the rate limit")
    tool_class: ToolClassIn | None = Field(
        None, description="Corrects the class of the tool, which needs a note; null undoes that"
    )
    note: Note | None = Field(None, description="Why, for the audit log")

    @model_validator(mode="after")
    def _require_a_change_and_its_reason(self) -> Self:
        if not self.model_fields_set & {"rate_limit_per_hour", "tool_class"}:
            raise ValueError("name rate_limit_per_hour or tool_class")
        if "tool_class" in self.model_fields_set and self.note is None:
            raise ValueError("a note has to say why the class of the tool is another one")
        return self


class ClassCorrectionOut(BaseModel):
    """Why, when and by whom the class of a grant's tool was corrected."""

    reason: str
    by: str = Field(description="Name of the key")
    at: datetime


class GrantOut(FromRow):
    """A tool grant with its classification and usage."""

    id: UUID
    agent_id: UUID
    server_name: str | None = Field(description="The MCP server of the tool; null for a tool of the agent's own")
    tool_name: str
    origin: GrantOrigin = Field(description="Where the grant is known from")
    scope: ToolScope
    is_dangerous: bool
    capabilities: list[str] = Field(description="What the tool can do")
    reasons: list[str] = Field(description="Reasons for the classification")
    correction: ClassCorrectionOut | None = Field(description="Null where the class is that of the tool's name")
    rate_limit_per_hour: int | None
    call_count_7d: int
    last_called_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: ToolGrantRow, used: UsedGrant) -> Self:
        """Build the schema from a row, the classification of the tool, and the usage of the grant."""
        known = known_class(row.tool_name, row.correction)
        tool = known or classify(row.tool_name)
        return cls(
            id=row.id,
            agent_id=row.agent_id,
            server_name=row.server_name,
            tool_name=row.tool_name,
            origin=GrantOrigin(row.origin),
            scope=known.scope if known else ToolScope(row.scope),
            is_dangerous=known.is_dangerous if known else row.is_dangerous,
            capabilities=sorted(capability.value for capability in tool.capabilities),
            reasons=list(tool.reasons),
            correction=None if row.correction is None else ClassCorrectionOut.model_validate(row.correction),
            rate_limit_per_hour=row.rate_limit_per_hour,
            call_count_7d=used.call_count_7d,
            last_called_at=used.last_called_at,
            created_at=row.created_at,
        )


ServerUrl = Annotated[Text, Field(min_length=1, max_length=512), AfterValidator(check_server_url)]
Capabilities = Annotated[list[Name], Field(max_length=200)]


Command = Annotated[Text, Field(min_length=1, max_length=1000), AfterValidator(masked_line)]


class ConnectionIn(BaseModel):
    """An MCP server that the agent talks to. Its address is checked, never fetched, and its command never run."""

    server_name: Name
    server_url: ServerUrl
    command: Command | None = Field(None, description="Command line of a stdio server; its credentials are masked")
    capabilities: Capabilities | None = None


class ConnectionPatch(BaseModel):
    """Changes to a connection; absent members stay as they are."""

    server_name: Name | None = None
    server_url: ServerUrl | None = None
    command: Command | None = None
    capabilities: Capabilities | None = None

    @model_validator(mode="after")
    def _refuse_null(self) -> Self:
        for field in self.model_fields_set - {"capabilities", "command"}:
            if getattr(self, field) is None:
                raise ValueError(f"{field} must not be null")
        return self


class ConnectionOut(FromRow):
    """A stored MCP connection of an agent."""

    id: UUID
    agent_id: UUID
    server_name: str
    server_url: str = Field(description="http, https, or stdio:NAME for a server that the agent's machine starts")
    command: str | None = Field(description="Command line of a stdio server, with its credentials masked")
    capabilities: list[str] | None
    created_at: datetime


class AgentDetail(AgentOut):
    """An agent with its grants, MCP connections, findings, unevaluated rules, and where it was found."""

    grants: list[GrantOut]
    mcp_connections: list[ConnectionOut]
    findings: list[FindingOut]
    not_evaluated: list[NotEvaluatedOut]
    needs_attention: bool = Field(description="As counted by GET /attention")
    discovery: DiscoveryOut | None = Field(description="Where it was found; null for an agent that was registered")
