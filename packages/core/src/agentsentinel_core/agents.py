"""What is known of an agent at one moment: the snapshot that posture rules read.

The idea to hold on to: *unknown* is not *empty*. An agent without grants was looked at and has none; an agent whose
grants nobody listed has not been looked at. Fields hold what was found, `AgentProfile.evidence` says what was looked
for, and a rule that needs more than was looked for says so instead of passing.
"""

from datetime import datetime
from enum import Enum

from agentsentinel_core.light_dataclasses import dataclass, field
from agentsentinel_core.tools.capability import Capability, ToolCategory, ToolScope
from agentsentinel_core.tools.classify import ToolClass, classify

__all__ = [
    "ALL_EVIDENCE",
    "AgentProfile",
    "Capability",
    "EvidenceKind",
    "HardcodedSecret",
    "MCPConnection",
    "PoisonedText",
    "ToolCategory",
    "ToolGrant",
    "ToolScope",
]


class EvidenceKind(str, Enum):
    """A kind of fact that may or may not have been gathered about an agent."""

    DESCRIPTION = "description"
    GRANTS = "grants"
    USAGE = "usage"
    CONNECTIONS = "connections"
    SOURCE = "source"


ALL_EVIDENCE = frozenset(EvidenceKind)


@dataclass(frozen=True, slots=True)
class ToolGrant:
    """An agent may call a tool.

    Raises ValueError for a time without a time zone: comparing it with `now` would only fail later and elsewhere.
    """

    tool_name: str
    """As the agent knows it; any text."""
    rate_limit_per_hour: int | None = None
    """Most calls per hour, or None for no limit."""
    call_count_7d: int | None = None
    """Calls in the last 7 days; None when nobody counted."""
    last_called_at: datetime | None = None
    """Aware; None when never called, or when unknown."""
    granted_at: datetime | None = None
    """Aware; None when unknown."""
    known_class: ToolClass | None = None
    """A classification made from more than the name (annotations, schema); None to go by the name alone."""
    tool_class: ToolClass = field(init=False, repr=False, compare=False)
    """What the tool can do. Kept here because thirteen rules ask for it."""

    def __post_init__(self) -> None:
        for moment in (self.last_called_at, self.granted_at):
            if moment is not None and moment.tzinfo is None:
                msg = f"times must be timezone-aware, got {moment!r} for the grant of {self.tool_name!r}"
                raise ValueError(msg)
        object.__setattr__(self, "tool_class", self.known_class or classify(self.tool_name))


@dataclass(frozen=True, slots=True)
class MCPConnection:
    """An agent may talk to an MCP server."""

    server_name: str
    """As configured; any text."""
    server_url: str
    """http or https; any text is survived."""
    capabilities: tuple[str, ...] = ()
    """What the server announced, e.g. "tools"."""


@dataclass(frozen=True, slots=True)
class HardcodedSecret:
    """A credential that stands in the agent's source. The value itself is never kept."""

    provider: str
    """Such as "anthropic" or "aws"; "generic" when only its name and its randomness tell."""
    masked: str
    """First characters and an ellipsis."""
    is_certain: bool = True
    """Whether it has a provider's own shape."""


@dataclass(frozen=True, slots=True)
class PoisonedText:
    """Words meant to steer the model, in what describes a tool."""

    tool_name: str
    kind: str
    """"instruction", "invisible-unicode" or "cross-tool"."""
    excerpt: str
    """Short, with invisible characters written out."""


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """One agent, as posture rules see it."""

    description: str | None = None
    """What the agent is for, in its owner's words; None or blank means it has no description."""
    grants: tuple[ToolGrant, ...] = ()
    """The tools it may call, in any order."""
    connections: tuple[MCPConnection, ...] = ()
    """The MCP servers it may talk to, in any order."""
    secrets: tuple[HardcodedSecret, ...] = ()
    """Credentials written into its source, in any order."""
    poison: tuple[PoisonedText, ...] = ()
    """Text in its source that describes tools and addresses the model, in any order."""
    code_executors: tuple[str, ...] = ()
    """What runs code for it without being a tool: "code_execution_config", a hosted interpreter."""
    overflow_calls_7d: int = 0
    """Calls in the last 7 days of tools beyond the number that is told apart for one agent."""
    evidence: frozenset[EvidenceKind] = ALL_EVIDENCE
    """What was looked for. A field outside of it says nothing, whatever it holds."""

    @property
    def has_description(self) -> bool:
        """Whether the description says anything; blanks do not."""
        return bool(self.description and self.description.strip())
