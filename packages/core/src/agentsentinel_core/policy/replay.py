"""Replay of recorded calls: what a policy would have done about them.

Records hold no arguments, and not what was known of an agent at the time. Rules that ask for these are counted as not
decidable on each call that their other conditions fit; such a call has not passed them.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from agentsentinel_core.light_dataclasses import dataclass, field
from agentsentinel_core.policy.decide import decide
from agentsentinel_core.policy.model import AgentFacts, Policy, SessionFacts, ToolCall
from agentsentinel_core.tools.capability import Capability
from agentsentinel_core.tools.classify import ToolClass

_THEN = AgentFacts(is_record=True)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call that was reported."""

    agent_id: str
    agent_name: str
    tool: str
    server: str = ""
    """Name of the MCP server; empty for a tool without one."""
    session: str = ""
    """Id of its session, unique within the agent."""
    was_denied: bool = False
    """Whether it was refused when it was made."""


@dataclass(slots=True)
class AgentReplay:
    """What a policy would have done about the calls of one agent."""

    name: str
    calls: int = 0
    blocked: int = 0
    """Calls that an enforcing rule denies."""
    sessions: set[str] = field(default_factory=set)
    """Sessions with a blocked call."""
    rules: Counter[str] = field(default_factory=Counter)
    """Blocked calls by the rule that decides."""


@dataclass(slots=True)
class Replay:
    """What a policy would have done about recorded calls."""

    calls: int = 0
    blocked: Counter[str] = field(default_factory=Counter)
    """Calls that an enforcing rule denies, by the rule that decides."""
    would_block: Counter[str] = field(default_factory=Counter)
    """Calls that a rule in shadow mode marks, likewise."""
    named: Counter[str] = field(default_factory=Counter)
    """Calls that a rule that observes or allows names, likewise."""
    undecidable: Counter[str] = field(default_factory=Counter)
    """Calls on which a denying rule cannot be decided."""
    unsure: int = 0
    """Calls that are not blocked, and have a rule that cannot be decided."""
    agents: dict[str, AgentReplay] = field(default_factory=dict)
    """By the agent's id."""


def replay(policy: Policy, calls: Iterable[RecordedCall], class_of: Callable[[RecordedCall], ToolClass]) -> Replay:
    """Decide about calls as an enforcing shim would; one that is blocked is not part of its session.

    Args:
        policy: what decides.
        calls: the oldest first.
        class_of: returns what a call's tool can do.
    """
    found = Replay()
    sessions: dict[tuple[str, str], frozenset[Capability]] = {}
    for call in calls:
        tool_class = class_of(call)
        made = ToolCall(call.agent_name, call.tool, tool_class, call.server, is_record=True)
        session = call.agent_id, call.session
        before = sessions.get(session, frozenset())
        decision = decide(policy, made, SessionFacts(before), _THEN, enforces=True)
        agent = found.agents.setdefault(call.agent_id, AgentReplay(call.agent_name))
        found.calls += 1
        agent.calls += 1
        found.undecidable.update(decision.undecidable)
        found.unsure += bool(decision.undecidable) and not decision.is_denied
        if decision.is_denied and decision.rule is not None:
            found.blocked[decision.rule] += 1
            agent.blocked += 1
            agent.sessions.add(call.session)
            agent.rules[decision.rule] += 1
            continue
        if decision.rule is not None:
            (found.would_block if decision.would_block else found.named)[decision.rule] += 1
        sessions[session] = before | tool_class.capabilities
    return found
