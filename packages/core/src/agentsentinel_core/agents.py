"""Snapshot of what is known about an agent at one moment, which posture rules evaluate.

*Unknown* is not *empty*: an agent with an empty list of grants was examined and has none; an agent whose grants were
never listed was not examined. The fields hold what was found, `AgentProfile.evidence` names what was examined, and a
rule that needs other evidence is reported as not evaluated instead of passing.
"""

from datetime import datetime
from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass, field
from agentsentinel_core.severity import Severity
from agentsentinel_core.tools.capability import Capability, ToolCategory, ToolScope
from agentsentinel_core.tools.classify import ToolClass, classify

__all__ = [
    "ALL_EVIDENCE",
    "AgentProfile",
    "Capability",
    "ClientHook",
    "ClientPermission",
    "DefectKind",
    "DefinitionChange",
    "DefinitionDefect",
    "EvidenceKind",
    "HardcodedSecret",
    "HiddenText",
    "MCPConnection",
    "Observation",
    "ObservationKind",
    "PoisonedText",
    "RiskySession",
    "Silence",
    "ToolCategory",
    "ToolGrant",
    "ToolScope",
]


class EvidenceKind(str, Enum):
    """Kind of fact that may or may not have been collected about an agent."""

    DESCRIPTION = "description"
    GRANTS = "grants"
    USAGE = "usage"
    CONNECTIONS = "connections"
    SOURCE = "source"
    OBSERVATIONS = "observations"
    MANIFEST = "manifest"
    DEFINITIONS = "definitions"
    CONFIGURATION = "configuration"
    SESSIONS = "sessions"
    DECLARATIONS = "declarations"
    """Which tools the agent may call, as a person, its source, or a server's list says."""
    REPORTS = "reports"
    """When the agent has reported, and by when it has to report again."""


ALL_EVIDENCE = frozenset(EvidenceKind)


@dataclass(frozen=True, slots=True)
class ToolGrant:
    """Permission of an agent to call a tool.

    Raises ValueError for a time without a time zone: comparing it with `now` would only fail later and elsewhere.
    """

    tool_name: str
    """Name by which the agent calls the tool; any text."""
    rate_limit_per_hour: int | None = None
    """Most calls per hour, or None for no limit."""
    call_count_7d: int | None = None
    """Calls in the last 7 days; None when calls were not counted."""
    last_called_at: datetime | None = None
    """Time of the last call, timezone-aware; None when the tool was never called or the time is unknown."""
    granted_at: datetime | None = None
    """Time of the grant, timezone-aware; None when unknown."""
    needs_approval: bool = False
    """Whether a person approves each call before it runs."""
    is_limited: bool = False
    """Whether something else than `rate_limit_per_hour` limits the calls, such as a limiter in the tool's code."""
    known_class: ToolClass | None = None
    """A classification made from more than the name (annotations, schema); None to classify by the name alone."""
    runs_at_provider: bool = False
    """Whether the tool runs in a sandbox of the model's provider, away from the agent's machine and its data."""
    tool_class: ToolClass = field(init=False, repr=False, compare=False)
    """Classification of the tool. Stored here because thirteen rules use it."""

    def __post_init__(self) -> None:
        for moment in (self.last_called_at, self.granted_at):
            if moment is not None and moment.tzinfo is None:
                msg = f"times must be timezone-aware, got {moment!r} for the grant of {self.tool_name!r}"
                raise ValueError(msg)
        object.__setattr__(self, "tool_class", self.known_class or classify(self.tool_name))


@dataclass(frozen=True, slots=True)
class MCPConnection:
    """Connection of an agent to an MCP server."""

    server_name: str
    """Name of the server in the agent's configuration; any text."""
    server_url: str
    """Address of the server, normally http or https; any text is accepted."""
    capabilities: tuple[str, ...] = ()
    """Capabilities that the server announced, e.g. "tools"."""
    is_open: bool = False
    """Whether the server is known to answer without credentials."""
    command: tuple[str, ...] = ()
    """Words of the command that starts a stdio server; empty when it is not known."""


@dataclass(frozen=True, slots=True)
class HardcodedSecret:
    """Credential in the agent's source. The value itself is never stored."""

    provider: str
    """Provider, such as "anthropic" or "aws"; "generic" when detected by name and randomness only."""
    masked: str
    """First characters of the value and an ellipsis."""
    is_certain: bool = True
    """Whether the value has a provider's key format."""
    where: str = ""
    """Where it stands, where that is more than the source: a file and a member of it."""


@dataclass(frozen=True, slots=True)
class ClientPermission:
    """Setting of a client that says what its agent may do without asking."""

    setting: str
    """Path of the setting in its file, such as `permissions.allow`."""
    value: str
    """Its value, or one of its values; `true` and `false` in lower case."""
    file: str
    scope: str
    """Who wrote the file: "user", "project", "local", "managed" or "plugin"."""


@dataclass(frozen=True, slots=True)
class ClientHook:
    """Command that a client runs at an event of its agent, such as before each tool call."""

    event: str
    command: str
    file: str
    scope: str
    """Who wrote the file, as in `ClientPermission`."""


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text in a rules file or a skill that the model reads and people do not see."""

    file: str
    excerpt: str
    """Short quotation, with invisible characters written out."""


@dataclass(frozen=True, slots=True)
class PoisonedText:
    """Text in a tool's description that is meant to steer the model."""

    tool_name: str
    kind: str
    """Kind of poisoning: "instruction", "invisible-unicode" or "cross-tool"."""
    excerpt: str
    """Short quotation, with invisible characters written out."""


class DefectKind(str, Enum):
    """What is wrong with a definition in a server's manifest."""

    VAGUE = "vague"
    MISLEADING = "misleading"
    UNBOUNDED = "unbounded"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class DefinitionDefect:
    """Defect of one definition in the manifest of an MCP server."""

    kind: DefectKind
    subject: str
    """Name of the tool, prompt or skill."""
    detail: str
    """What is wrong, without a subject: "no description"."""


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """Difference between the manifest of an MCP server and the one that was approved."""

    item: str
    """Kind and name: "tool send_email", "instructions"."""
    what: str
    """What happened to it: "a new tool that writes", "reworded: description"."""
    severity: Severity


class ObservationKind(str, Enum):
    """Kind of thing that a reporter beside an agent may see, other than a tool call."""

    MESSAGE_SMUGGLING = "message_smuggling"


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that a reporter beside the agent has seen, such as the MCP shim."""

    kind: ObservationKind
    server_name: str
    """The MCP server it concerns; empty where that is unknown."""
    detail: str
    """What was seen, in names and never in values."""


@dataclass(frozen=True, slots=True)
class RiskySession:
    """Session of the agent whose risk is above the alert line."""

    session: str
    """Id of the session, as the platform gives it."""
    risk: float
    """How unlike normal work it is, 0..1."""
    reasons: tuple[str, ...] = ()
    """Sentences, the strongest reason first."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence of an agent that has missed the time by which it had to report; see `behavior/silence.py`."""

    last_report_at: datetime
    due_at: datetime
    """Time by which it had to report again."""


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """Snapshot of one agent, the input of posture rules."""

    description: str | None = None
    """What the agent is for, in its owner's words; None or blank means it has no description."""
    grants: tuple[ToolGrant, ...] = ()
    """The tools the agent may call, in any order."""
    connections: tuple[MCPConnection, ...] = ()
    """The MCP servers the agent may connect to, in any order."""
    secrets: tuple[HardcodedSecret, ...] = ()
    """Credentials in the agent's source or its client's files, in any order."""
    poison: tuple[PoisonedText, ...] = ()
    """Text in the agent's source or its servers' manifests that describes tools and steers the model, in any order."""
    code_executors: tuple[str, ...] = ()
    """Things that run code for the agent without being tools: "code_execution_config", a hosted interpreter."""
    observations: tuple[Observation, ...] = ()
    """What reporters beside the agent have seen in the last 7 days, in any order."""
    definition_defects: tuple[DefinitionDefect, ...] = ()
    """Defects in the manifests of the agent's MCP servers, in any order."""
    definition_changes: tuple[DefinitionChange, ...] = ()
    """Changes of those manifests that were not approved, in any order."""
    ungranted_tools: tuple[str, ...] = ()
    """Tools called in the last 7 days that no one granted, without those of `overflow_calls_7d`, in any order."""
    overflow_calls_7d: int = 0
    """Calls in the last 7 days of tools beyond the limit of tools tracked individually for one agent."""
    permissions: tuple[ClientPermission, ...] = ()
    """What the files of the agent's client allow and forbid, in any order."""
    hooks: tuple[ClientHook, ...] = ()
    """Commands that the agent's client runs at events, in any order."""
    hidden_texts: tuple[HiddenText, ...] = ()
    """Invisible text in the rules files and skills of the agent's client, in any order."""
    risky_sessions: tuple[RiskySession, ...] = ()
    """Sessions above the alert line that were not dismissed, in any order."""
    silence: Silence | None = None
    """Its silence; None while the agent reports in time."""
    tools_of: str | None = None
    """File whose tools these are, when no agent is seen to hold them; None for an agent."""
    is_purpose_own: bool = True
    """Whether the description speaks of this agent, and not of the module that builds it among other things."""
    evidence: frozenset[EvidenceKind] = ALL_EVIDENCE
    """Kinds of evidence that were examined. A field of any other kind says nothing, whatever its value."""

    @property
    def subject(self) -> str:
        """Beginning of a sentence about what can be done: "Agent can", or "Tools in mail.py can"."""
        return f"Tools in {self.tools_of} can" if self.tools_of else "Agent can"

    @property
    def has_description(self) -> bool:
        """Whether the description contains more than whitespace."""
        return bool(self.description and self.description.strip())
