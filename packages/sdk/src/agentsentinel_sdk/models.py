"""What goes to the server and what comes back, as frozen dataclasses.

Ids are UUIDs as text, times are aware and in UTC. Statuses, severities and scopes stay text: a newer server may know
values this client does not, and reading them must not fail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from agentsentinel_sdk._decode import Members, as_object
from agentsentinel_sdk._event_id import new_event_id

CallStatus = Literal["ok", "error", "denied"]
"""How a tool call ended: with a result, with an error, or refused before it ran."""

CallChannel = Literal["api", "sdk", "shim", "otlp", "hook"]
"""What reports a call: an API client, this SDK and its adapters, the MCP shim, the call's span, or a client's hook."""

CallDecision = Literal["allow", "deny"]
"""What a policy decided about a call."""

ObservationKind = Literal["message_smuggling"]
"""What a reporter beside an agent may see, other than a tool call."""

GrantOrigin = Literal["declared", "listed", "observed"]
"""Where a grant is known from: a person or a source file, a server's list, or a call."""


@dataclass(frozen=True)
class ToolCallEvent:
    """One tool call as it is reported: digests and metadata, never the input or output itself."""

    agent_id: str
    """The agent that called."""
    tool_name: str
    """1..255 characters."""
    input_hash: str
    """64 lower-case hexadecimal digits, see `hash_payload`."""
    output_hash: str
    """Digest of the result or of the error's text, 64 lower-case hexadecimal digits."""
    duration_ms: int | None = None
    """How long the tool ran, 0..604800000 milliseconds (7 days)."""
    session_id: str | None = None
    """Calls of one run share it; at most 255 characters."""
    tool_call_id: str | None = None
    """The model's own id of the call, such as Claude's `tool_use` id."""
    status: CallStatus = "ok"
    """How the call ended."""
    timestamp: datetime | None = None
    """When it happened, aware; None lets the server take the time of arrival."""
    event_id: str = field(default_factory=new_event_id)
    """UUIDv7 made here, so that an event sent twice is counted once."""
    channel: CallChannel | None = None
    """The channel that reports the call; a call that two channels report counts once. None is `api`."""
    trace_id: str | None = None
    """The OpenTelemetry trace of the call, 32 lower-case hexadecimal digits."""
    span_id: str | None = None
    """The call's span, 16 of them."""
    server_name: str | None = None
    """The MCP server of the tool, 1..255 characters."""
    operation: str | None = None
    """What the call does with its tool: a program, an action, an SQL verb; never an argument.

    1..64 of `a-z 0-9 _ . + -`.
    """
    decision: CallDecision | None = None
    """What a policy decided."""
    would_block: bool | None = None
    """Whether a policy that does not enforce would have denied the call. None is False."""
    policy_rule: str | None = None
    """The rule that decided, 1..255 characters."""

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object of the API; members that are None are left out."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["timestamp"] = None if self.timestamp is None else self.timestamp.isoformat()
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class Reason:
    """Why an event is anomalous: one detector's view."""

    detector: str
    """Id of the detector."""
    score: float
    """Its own score, 0..1."""
    message: str
    """One sentence for people."""

    @classmethod
    def from_wire(cls, value: object) -> Reason:
        """Read the JSON object of the API; raises `UnexpectedAnswer`. So do its namesakes below."""
        members = Members(value)
        return cls(members.text("detector"), members.number("score"), members.text("message"))


@dataclass(frozen=True)
class Scored:
    """An event the server has stored and scored."""

    event_id: str
    """The id it was sent with."""
    anomaly_score: float
    """0 (routine) .. 1; the highest score among the reasons."""
    reasons: tuple[Reason, ...]
    """One per detector that had something to say; empty for a routine call."""
    timestamp: datetime
    """When it happened, as stored."""

    @classmethod
    def from_wire(cls, value: object) -> Scored:
        members = Members(value)
        return cls(
            event_id=members.text("event_id"),
            anomaly_score=members.number("anomaly_score"),
            reasons=members.each("reasons", Reason.from_wire),
            timestamp=members.time("timestamp"),
        )


@dataclass(frozen=True)
class Rejected:
    """An event of a batch that the server did not take; the others of the batch are not affected."""

    event_id: str
    """The id it was sent with."""
    status: int
    """The HTTP status it would have got alone, 400..499."""
    detail: str
    """Why."""


@dataclass(frozen=True)
class ToolGrant:
    """A tool that an agent may call."""

    id: str
    agent_id: str
    tool_name: str
    scope: str
    """`read`, `write` or `admin`; the server derives it from the name."""
    is_dangerous: bool
    """Whether a call can do harm that cannot be undone; the server derives it from the name."""
    rate_limit_per_hour: int | None
    """Calls per hour, or None for no limit."""
    call_count_7d: int
    """Calls in the last seven days."""
    last_called_at: datetime | None
    created_at: datetime
    server_name: str | None = None
    """The MCP server of the tool; None for a tool of the agent's own."""
    origin: str = "declared"
    """Where the grant is known from: `declared`, `listed` or `observed`; see `GrantOrigin`."""

    @classmethod
    def from_wire(cls, value: object) -> ToolGrant:
        members = Members(value)
        return cls(
            id=members.text("id"),
            agent_id=members.text("agent_id"),
            tool_name=members.text("tool_name"),
            scope=members.text("scope"),
            is_dangerous=members.flag("is_dangerous"),
            rate_limit_per_hour=members.maybe_integer("rate_limit_per_hour"),
            call_count_7d=members.integer("call_count_7d"),
            last_called_at=members.maybe_time("last_called_at"),
            created_at=members.time("created_at"),
            server_name=members.maybe_text("server_name"),
            origin=members.maybe_text("origin") or "declared",
        )


@dataclass(frozen=True)
class MCPConnection:
    """An MCP server that an agent is connected to."""

    id: str
    agent_id: str
    server_name: str
    server_url: str
    """http, https, or `stdio:NAME` for a server that the agent's machine starts."""
    capabilities: tuple[str, ...]
    """What the server says it offers; a claim."""
    created_at: datetime
    command: str | None = None
    """Command line of a stdio server, with its credentials masked."""

    @classmethod
    def from_wire(cls, value: object) -> MCPConnection:
        members = Members(value)
        return cls(
            id=members.text("id"),
            agent_id=members.text("agent_id"),
            server_name=members.text("server_name"),
            server_url=members.text("server_url"),
            capabilities=members.texts("capabilities"),
            created_at=members.time("created_at"),
            command=members.maybe_text("command"),
        )


@dataclass(frozen=True)
class Finding:
    """A weakness of an agent's posture, or something it did."""

    id: str
    agent_id: str
    severity: str
    """`CRITICAL`, `HIGH`, `MEDIUM` or `LOW`."""
    finding_type: str
    """`POSTURE` or `BEHAVIOR`."""
    rule_id: str
    """Such as `EXFILTRATION_PATH`."""
    message: str
    status: str
    """`OPEN`, `ACKNOWLEDGED` or `RESOLVED`."""
    created_at: datetime
    resolved_at: datetime | None

    @classmethod
    def from_wire(cls, value: object) -> Finding:
        members = Members(value)
        return cls(
            id=members.text("id"),
            agent_id=members.text("agent_id"),
            severity=members.text("severity"),
            finding_type=members.text("finding_type"),
            rule_id=members.text("rule_id"),
            message=members.text("message"),
            status=members.text("status"),
            created_at=members.time("created_at"),
            resolved_at=members.maybe_time("resolved_at"),
        )


@dataclass(frozen=True)
class ManifestChange:
    """Difference between what an MCP server offers and what is pinned."""

    item: str
    """Kind and name: `tool send_email`."""
    what: str
    """What happened to it: `reworded: description`."""
    severity: str
    """`CRITICAL`, `HIGH`, `MEDIUM` or `LOW`."""
    lines: tuple[str, ...] = ()
    """Unified diff; each line begins with a space, `-` or `+`. Filled by `Client.get_manifest` only."""

    @classmethod
    def from_wire(cls, value: object) -> ManifestChange:
        members = Members(value)
        return cls(members.text("item"), members.text("what"), members.text("severity"), members.texts("lines"))


@dataclass(frozen=True)
class MCPManifest:
    """What an MCP server offers an agent, and how it differs from what is pinned."""

    id: str
    agent_id: str
    server_name: str
    principal: str
    """Digest of whom it is for; empty for everyone."""
    state: str
    """`approved`, `changed` or `rejected`."""
    digest: str
    """Digest of what is offered now, which a decision names."""
    changes: tuple[ManifestChange, ...]
    """The worst differences, the worst first."""
    changes_count: int
    """Number of all differences."""
    pinned_at: datetime
    last_seen_at: datetime
    changed_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    """Name of the key that approved or rejected last."""
    note: str | None = None

    @classmethod
    def from_wire(cls, value: object) -> MCPManifest:
        members = Members(value)
        return cls(
            id=members.text("id"),
            agent_id=members.text("agent_id"),
            server_name=members.text("server_name"),
            principal=members.text("principal"),
            state=members.text("state"),
            digest=members.text("digest"),
            changes=members.each("diffs", ManifestChange.from_wire)
            or members.each("changes", ManifestChange.from_wire),
            changes_count=members.integer("changes_count"),
            pinned_at=members.time("pinned_at"),
            last_seen_at=members.time("last_seen_at"),
            changed_at=members.maybe_time("changed_at"),
            decided_at=members.maybe_time("decided_at"),
            decided_by=members.maybe_text("decided_by"),
            note=members.maybe_text("note"),
        )


@dataclass(frozen=True)
class Agent:
    """An agent in the server's inventory."""

    id: str
    name: str
    agent_type: str
    """`llm_agent`, `rag_agent`, `agentic_pipeline` or the team's own word."""
    model: str
    owner_team: str
    description: str | None
    status: str
    """`TRUSTED`, `WATCH`, `ALERT` or `CRITICAL`."""
    trust_score: float | None
    """0..100, higher is safer; None until first scored."""
    posture_score: float | None
    """Posture score of what the agent may do, 0 to 100, higher is safer; None before the first."""
    behavior_score: float | None
    """Behaviour score of what the agent does, 0 to 100, higher is safer; None before the first."""
    created_at: datetime
    grants: tuple[ToolGrant, ...] = ()
    """Tools that the agent may call; filled by `Client.get_agent` only."""
    mcp_connections: tuple[MCPConnection, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def from_wire(cls, value: object) -> Agent:
        members = Members(value)
        return cls(
            id=members.text("id"),
            name=members.text("name"),
            agent_type=members.text("agent_type"),
            model=members.text("model"),
            owner_team=members.text("owner_team"),
            description=members.maybe_text("description"),
            status=members.text("status"),
            trust_score=members.maybe_number("trust_score"),
            posture_score=members.maybe_number("posture_score"),
            behavior_score=members.maybe_number("behavior_score"),
            created_at=members.time("created_at"),
            grants=members.each("grants", ToolGrant.from_wire),
            mcp_connections=members.each("mcp_connections", MCPConnection.from_wire),
            findings=members.each("findings", Finding.from_wire),
        )


@dataclass(frozen=True)
class Score:
    """How far an agent can be trusted: 0.45 posture + 0.45 behaviour + recency, 0..100, higher is safer."""

    trust_score: float | None
    """0..100; None until first scored, as the next two."""
    posture_score: float | None
    """What the agent may do, 0..100."""
    behavior_score: float | None
    """What it does, 0..100."""
    recency_bonus: float
    """10 when the agent was active in the last hour, else 0."""
    status: str
    """The band: `TRUSTED` from 80, `WATCH` from 60, `ALERT` from 40, else `CRITICAL`."""
    findings_count: int
    """Open findings."""

    @classmethod
    def from_wire(cls, value: object) -> Score:
        members = Members(value)
        return cls(
            trust_score=members.maybe_number("trust_score"),
            posture_score=members.maybe_number("posture_score"),
            behavior_score=members.maybe_number("behavior_score"),
            recency_bonus=members.number("recency_bonus"),
            status=members.text("status"),
            findings_count=members.integer("findings_count"),
        )


@dataclass(frozen=True)
class KeyInfo:
    """The API key in use, as the server knows it; never the key itself."""

    id: str
    name: str
    scope: str
    """`admin`, `agent` or `readonly`."""
    key_prefix: str
    """The first 12 characters: enough to recognise the key, not to use it."""
    agent_id: str | None
    """The agent a key of scope `agent` reports for."""
    expires_at: datetime | None = None
    """When it ends by itself; None: never."""

    @classmethod
    def from_wire(cls, value: object) -> KeyInfo:
        members = Members(value)
        return cls(
            id=members.text("id"),
            name=members.text("name"),
            scope=members.text("scope"),
            key_prefix=members.text("key_prefix"),
            agent_id=members.maybe_text("agent_id"),
            expires_at=members.maybe_time("expires_at"),
        )


@dataclass(frozen=True)
class Health:
    """What the server says about itself without a key."""

    status: str
    """`ok` when it can take events."""
    service: str
    """`agentsentinel`."""
    version: str

    @classmethod
    def from_wire(cls, value: object) -> Health:
        members = Members(value)
        return cls(members.text("status"), members.text("service"), members.text("version"))


@dataclass(frozen=True)
class StoredEvent:
    """A tool call as the server lists it."""

    event_id: str
    agent_id: str
    agent_name: str
    tool_name: str
    anomaly_score: float | None
    """0 (routine) .. 1."""
    reasons: tuple[Reason, ...]
    status: str
    """`ok`, `error` or `denied`."""
    duration_ms: int | None
    session_id: str | None
    tool_call_id: str | None
    timestamp: datetime
    channel: str = "api"
    """The channel that reported the call first: `api`, `sdk`, `shim`, `otlp` or `hook`."""
    trace_id: str | None = None
    span_id: str | None = None
    server_name: str | None = None
    """The MCP server of the tool."""
    operation: str | None = None
    """What the call does with its tool."""
    decision: str | None = None
    """What a policy decided: `allow` or `deny`."""
    would_block: bool = False
    """Whether a policy that does not enforce would have denied the call."""
    policy_rule: str | None = None
    """The rule that decided."""

    @classmethod
    def from_wire(cls, value: object) -> StoredEvent:
        members = Members(value)
        return cls(
            event_id=members.text("event_id"),
            agent_id=members.text("agent_id"),
            agent_name=members.text("agent_name"),
            tool_name=members.text("tool_name"),
            anomaly_score=members.maybe_number("anomaly_score"),
            reasons=members.each("reasons", Reason.from_wire),
            status=members.text("status"),
            duration_ms=members.maybe_integer("duration_ms"),
            session_id=members.maybe_text("session_id"),
            tool_call_id=members.maybe_text("tool_call_id"),
            timestamp=members.time("timestamp"),
            channel=members.maybe_text("channel") or "api",
            trace_id=members.maybe_text("trace_id"),
            span_id=members.maybe_text("span_id"),
            server_name=members.maybe_text("server_name"),
            operation=members.maybe_text("operation"),
            decision=members.maybe_text("decision"),
            would_block=members.maybe_flag("would_block") or False,
            policy_rule=members.maybe_text("policy_rule"),
        )


@dataclass(frozen=True)
class ScorePoint:
    """A change of an agent's score, and what moved it."""

    recorded_at: datetime
    trust_score: float
    posture_score: float
    behavior_score: float
    recency_bonus: float
    status: str
    """The band."""
    causes: tuple[dict[str, Any], ...]
    """Parts of the score that moved, and findings that opened or closed, keys as in the API."""

    @classmethod
    def from_wire(cls, value: object) -> ScorePoint:
        members = Members(value)
        return cls(
            recorded_at=members.time("recorded_at"),
            trust_score=members.number("trust_score"),
            posture_score=members.number("posture_score"),
            behavior_score=members.number("behavior_score"),
            recency_bonus=members.number("recency_bonus"),
            status=members.text("status"),
            causes=members.each("causes", as_object),
        )


@dataclass(frozen=True)
class Baseline:
    """What is normal for one tool of one agent."""

    tool_name: str
    mean_calls_per_hour: float
    stddev_calls_per_hour: float
    sample_count: int
    """Active hours it comes from; 0 while nothing is known."""
    window_days: int
    updated_at: datetime

    @classmethod
    def from_wire(cls, value: object) -> Baseline:
        members = Members(value)
        return cls(
            tool_name=members.text("tool_name"),
            mean_calls_per_hour=members.number("mean_calls_per_hour"),
            stddev_calls_per_hour=members.number("stddev_calls_per_hour"),
            sample_count=members.integer("sample_count"),
            window_days=members.integer("window_days"),
            updated_at=members.time("updated_at"),
        )


@dataclass(frozen=True)
class ApiKey:
    """An API key in the server's list."""

    id: str
    name: str
    scope: str
    """`admin`, `agent` or `readonly`."""
    agent_id: str | None
    key_prefix: str
    """The first 12 characters."""
    is_active: bool
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None = None
    """When it ends by itself; None: never."""
    replaced_by: str | None = None
    """The key it was rotated to."""
    key: str | None = field(default=None, repr=False)
    """The key itself, only from `Client.create_key` and `rotate_key`: this once, never again."""

    @classmethod
    def from_wire(cls, value: object) -> ApiKey:
        members = Members(value)
        return cls(
            id=members.text("id"),
            name=members.text("name"),
            scope=members.text("scope"),
            agent_id=members.maybe_text("agent_id"),
            key_prefix=members.text("key_prefix"),
            is_active=members.flag("is_active"),
            created_at=members.time("created_at"),
            last_used_at=members.maybe_time("last_used_at"),
            revoked_at=members.maybe_time("revoked_at"),
            expires_at=members.maybe_time("expires_at"),
            replaced_by=members.maybe_text("replaced_by"),
            key=members.maybe_text("key"),
        )


@dataclass(frozen=True)
class AuditEntry:
    """An action that a user or key took, or was refused. Names are as they were at that time."""

    id: str
    at: datetime
    action: str
    """Such as `key_created`; docs/api.md lists them."""
    actor_key_id: str | None
    """The key that did it; None for the command line and for who had none."""
    actor_name: str
    address: str
    """The client's; empty on the server's own machine."""
    subject_id: str | None
    """The key, agent or session it was done to."""
    subject_name: str
    key_prefix: str
    """The first characters of a key that was refused; empty otherwise."""
    detail: str
    count: int
    """How often within the minute; 1 for what was done."""

    @classmethod
    def from_wire(cls, value: object) -> AuditEntry:
        members = Members(value)
        return cls(
            id=members.text("id"),
            at=members.time("at"),
            action=members.text("action"),
            actor_key_id=members.maybe_text("actor_key_id"),
            actor_name=members.text("actor_name"),
            address=members.text("address"),
            subject_id=members.maybe_text("subject_id"),
            subject_name=members.text("subject_name"),
            key_prefix=members.text("key_prefix"),
            detail=members.text("detail"),
            count=members.integer("count"),
        )
