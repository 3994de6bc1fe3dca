"""A policy, the call that it decides about, and the decision."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools.capability import Capability
from agentsentinel_core.tools.classify import ToolClass

BUILTIN_PREFIX = "builtin-"
"""Beginning of the ids of rules that hold without a policy; no rule of a policy may have it."""


class Mode(str, Enum):
    """How far a rule goes."""

    OBSERVE = "observe"
    """Names itself in the event."""
    SHADOW = "shadow"
    """Marks the event as one that would be blocked."""
    ENFORCE = "enforce"
    """Denies the call."""


class Effect(str, Enum):
    """What a rule is for."""

    DENY = "deny"
    ALLOW = "allow"


class Pattern(Protocol):
    """A regular expression, of a library whose time is linear in the text: the text comes from an attacker."""

    def search(self, text: str, /) -> object | None:
        """Return a match anywhere in the text, or None."""


@dataclass(frozen=True, slots=True)
class ArgumentCheck:
    """Conditions on one argument; those that are None or empty hold always."""

    name: str
    present: bool | None = None
    kind: str | None = None
    """JSON type: string, integer, number, boolean, array, object or null."""
    matches: Pattern | None = None
    not_matches: Pattern | None = None
    equals: tuple[Any, ...] = ()
    """One of these values."""
    longer_than: int | None = None
    """Characters of a text, or items of an array or object."""


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule. All conditions must hold, of a condition with several values one."""

    id: str
    effect: Effect = Effect.DENY
    mode: Mode = Mode.SHADOW
    why: str = ""
    agents: tuple[str, ...] = ()
    """Patterns with `*` and `?`, like those of servers and tools; compared without regard to letter case."""
    servers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    capabilities: frozenset[Capability] = frozenset()
    is_dangerous: bool | None = None
    after: frozenset[Capability] = frozenset()
    """Capabilities of which an earlier call of the session had one."""
    statuses: frozenset[str] = frozenset()
    session_risk_above: float | None = None
    arguments: tuple[ArgumentCheck, ...] = ()
    line: int = 0
    """Line of the rule in its file."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in the order of their file."""

    rules: tuple[PolicyRule, ...] = ()
    unknown_tools: Effect = Effect.ALLOW
    """Effect on a call to which no rule applies."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The call that is to be decided."""

    agent: str
    tool: str
    tool_class: ToolClass
    server: str = ""
    """Name of the MCP server; empty for a tool without one."""
    arguments: Mapping[str, Any] | None = None
    """None when they are not known; an empty mapping when there are none."""
    is_record: bool = False
    """Whether it is a past call, of which no arguments are kept; of a live one they could not be read."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What happened before in the session of a call."""

    capabilities: frozenset[Capability] = frozenset()


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What is known about the agent, as of its last stored event."""

    status: str | None = None
    session_risk: float | None = None
    is_record: bool = False
    """Whether a past call is decided: what was known of the agent at that time is not kept."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says about a call."""

    is_denied: bool
    would_block: bool
    """Whether the call is allowed only because the rule does not enforce."""
    rule: str | None
    """Id of the rule that decided; None when no rule applied."""
    why: str
    undecidable: tuple[str, ...] = ()
    """Ids of denying rules whose conditions need arguments or facts of which there is no record."""
