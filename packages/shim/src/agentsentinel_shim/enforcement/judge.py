"""Decides about one call: the built-in rules, then the policy, then the calls within it. Deny wins.

No input or output here: the snapshot, its age and times are arguments, so that a decision takes microseconds and a test
needs no server.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Literal

from agentsentinel_core.policy.decide import decide
from agentsentinel_core.policy.model import AgentFacts, Policy, SessionFacts, ToolCall
from agentsentinel_core.tools.capability import Capability
from agentsentinel_core.tools.classify import ToolClass, classify
from agentsentinel_shim.enforcement.meta_tools import InnerCall, inner_calls
from agentsentinel_shim.enforcement.pin_check import PinCheck
from agentsentinel_shim.enforcement.snapshot import Grant, Snapshot
from agentsentinel_shim.enforcement.verdict import ALLOWED, Verdict, worst
from agentsentinel_shim.offered import Offered

HOUR_SECONDS = 3600.0
GRANT_SECONDS = 15.0
"""How long after a tool was first listed its grant may be missing from the snapshot: it is on its way."""
MOST_SESSIONS = 10_000
"""Sessions whose facts are kept; beyond it those of the one that was used longest ago are forgotten."""
MOST_KEPT = 1_000
"""Sessions whose facts are in `state`."""
MOST_LIMITED = 10_000
"""Tools whose calls are counted for a rate limit."""

SUSPENDED = "builtin-suspended"
NOT_GRANTED = "builtin-not-granted"
RATE_LIMIT = "builtin-rate-limit"
STALE = "builtin-snapshot-stale"
SMUGGLING = "builtin-message-smuggling"
MANIFEST_CHANGED = "builtin-manifest-changed"


@dataclass(frozen=True)
class Knowledge:
    """What is known at the moment of a call."""

    snapshot: Snapshot | None
    """None until the server has answered for the first time."""
    is_fresh: bool
    """Whether the snapshot is young enough to be enforced."""


class Judge:
    """Decides about the calls of one agent. For one thread; `listed` may be called on another.

    Args:
        policy: returns the policy that holds now; None without one.
        knowledge: returns the snapshot that holds now.
        enforces: whether calls are refused; otherwise every rule acts as `shadow` at most.
        agent_name: name of the agent, used until the server has told it.
        may_grant: whether a tool that is listed here becomes a grant of the agent.
    """

    def __init__(
        self,
        policy: Callable[[], Policy | None],
        knowledge: Callable[[], Knowledge],
        *,
        enforces: bool,
        agent_name: str = "",
        may_grant: Callable[[], bool] = lambda: False,
    ) -> None:
        self._policy = policy
        self._knowledge = knowledge
        self.enforces = enforces
        self._agent_name = agent_name
        self._may_grant = may_grant
        self._changes = PinCheck(Offered())
        self._listed: dict[str, ToolClass] = {}
        self._listed_at: dict[str, float] = {}
        self._sessions: OrderedDict[str, frozenset[Capability]] = OrderedDict()
        self._calls: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def listed(self, tools: Sequence[Mapping[str, Any]], at: float = 0.0) -> None:
        """Take the definitions of tools that the server lists: their annotations and schemas say what they can do.

        Args:
            tools: the definitions; each has a name.
            at: Unix time when they were listed; 0 for those that an earlier shim has seen.
        """
        for tool in tools:
            name = tool["name"]
            if name not in self._listed:
                self._listed_at[name] = at
            annotations, schema = tool.get("annotations"), tool.get("inputSchema")
            self._listed[name] = classify(
                name,
                description=tool.get("description") if isinstance(tool.get("description"), str) else None,
                annotations=annotations if isinstance(annotations, dict) else None,
                input_schema=schema if isinstance(schema, dict) else None,
            )

    def watch(self, offered: Offered) -> None:
        """Compare what this server offers with the pins from now on."""
        self._changes = PinCheck(offered)

    def granted(self, snapshot: Snapshot) -> None:
        """Take a new snapshot: a list makes up for no grant that was there. For any thread."""
        for tool in list(self._listed_at):
            if any(grant.is_authoritative for grant in snapshot.by_tool.get(tool, ())):
                self._listed_at.pop(tool, None)

    def judge(
        self,
        server: str,
        tool: str,
        arguments: Mapping[str, Any] | None,
        session: str,
        at: float,
        *,
        principal: str = "",
        client: str = "",
        is_current: bool = True,
    ) -> Verdict:
        """Decide about a call; one that is allowed counts for rate limits and for its session.

        Args:
            server: name of the MCP server.
            tool: name of the tool.
            arguments: of the call; None when they cannot be read.
            session: id of the session of the call.
            at: Unix time.
            principal: digest of who calls.
            client: who calls, as far as lists tell clients apart.
            is_current: whether all lists that the client may have seen were looked at.
        """
        calls = [InnerCall(server, tool, arguments), *inner_calls(tool, arguments)]
        known = self._knowledge()
        verdicts = list(self._objections(known, server, tool, at))
        verdicts += self._manifest_objections(known, calls, server, (principal, client), at, is_current=is_current)
        verdicts += [self._by_policy(known, call, server, session, is_inner=call is not calls[0]) for call in calls]
        verdict = worst(verdicts)
        if verdict.decision == "allow":
            self._count(known.snapshot, server, tool, at)
            self._remember(session, calls)
        return verdict

    def _objections(self, known: Knowledge, server: str, tool: str, at: float) -> Iterator[Verdict]:
        """Yield the verdicts of the built-in rules that object."""
        snapshot = known.snapshot
        if snapshot is None or not known.is_fresh:
            if self.enforces:
                yield self._objection(STALE, "what AgentSentinel knows of this agent is missing or too old to rely on")
            return
        if snapshot.is_suspended:
            reason = f": {snapshot.suspended_reason}" if snapshot.suspended_reason else ""
            yield self._objection(SUSPENDED, f"this agent is suspended{reason}")
        grants = snapshot.grants_of(server, tool)
        is_stated = any(grant.is_authoritative for grant in grants) or self._is_being_granted(tool, at)
        if not is_stated and snapshot.has_authoritative_grants:
            yield self._objection(NOT_GRANTED, f"the agent has no grant for {tool!a}")
        limit = _limit_of(grants)
        if limit is not None and self._calls_within_the_hour(server, tool, at) >= limit:
            yield self._objection(RATE_LIMIT, f"its grant allows {limit} calls an hour")

    def _is_being_granted(self, tool: str, at: float) -> bool:
        """Whether listing grants, and the tool was listed so shortly ago that its grant may still be on its way."""
        since = self._listed_at.get(tool)
        return since is not None and at - since < GRANT_SECONDS and self._may_grant()

    def _manifest_objections(
        self,
        known: Knowledge,
        calls: Sequence[InnerCall],
        server: str,
        who: tuple[str, str],
        at: float,
        *,
        is_current: bool,
    ) -> Iterator[Verdict]:
        """Yield the verdicts about what the server offers; a snapshot that is too old objects already."""
        if known.snapshot is None or not known.is_fresh:
            return
        if not is_current:
            late = "what the server has listed could not be read with certainty, or its answer has not come; list again"
            yield self._objection(MANIFEST_CHANGED, late)
        for call in calls:
            if call.server in ("", server):
                why = self._changes.objection(known.snapshot, server, call.tool, *who, at)
                if why is not None:
                    yield self._objection(MANIFEST_CHANGED, why)

    def _objection(self, rule: str, why: str) -> Verdict:
        return Verdict("deny" if self.enforces else "allow", would_block=not self.enforces, rule=rule, why=why)

    def _by_policy(self, known: Knowledge, call: InnerCall, server: str, session: str, *, is_inner: bool) -> Verdict:
        policy = self._policy()
        if policy is None:
            return ALLOWED
        snapshot = known.snapshot
        made = ToolCall(
            agent=(snapshot.agent_name if snapshot else "") or self._agent_name,
            server=call.server or server,
            tool=call.tool,
            tool_class=self._class_of(call.tool),
            arguments=call.arguments,
        )
        agent = AgentFacts(snapshot.status, snapshot.session_risk) if snapshot else AgentFacts()
        facts = SessionFacts(self._sessions.get(session, frozenset()))
        decision = decide(policy, made, facts, agent, enforces=self.enforces)
        done: Literal["allow", "deny"] = "deny" if decision.is_denied else "allow"
        verdict = Verdict(done, decision.would_block, decision.rule, decision.why)
        where = " (within the call of another tool)" if is_inner and verdict.why else ""
        return replace(verdict, why=verdict.why + where)

    def _class_of(self, tool: str) -> ToolClass:
        return self._listed.get(tool) or classify(tool)

    @property
    def state(self) -> dict[str, Any]:
        """What was allowed so far, as plain data that outlives the process: the newest last, calls by the second."""
        sessions = list(self._sessions.items())[-MOST_KEPT:]
        return {
            "sessions": [[session, sorted(capabilities)] for session, capabilities in sessions],
            "calls": [
                [server, tool, [list(pair) for pair in Counter(map(ceil, times)).items()]]
                for (server, tool), times in self._calls.items()
            ],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of an earlier process. Raises ValueError, KeyError and TypeError for what is none."""
        sessions = [(name, frozenset(map(Capability, capabilities))) for name, capabilities in state["sessions"]]
        calls = [
            ((server, tool), deque(float(second) for second, count in pairs for _ in range(count)))
            for server, tool, pairs in state["calls"]
        ]
        self._sessions, self._calls = OrderedDict(sessions), OrderedDict(calls)

    # --- what was allowed -----------------------------------------------------------------------------------------

    def _calls_within_the_hour(self, server: str, tool: str, at: float) -> int:
        times = self._calls.get((server, tool))
        while times and times[0] <= at - HOUR_SECONDS:
            times.popleft()
        return len(times or ())

    def _count(self, snapshot: Snapshot | None, server: str, tool: str, at: float) -> None:
        """Count a call of a tool with a rate limit; as many times are kept as the limit has calls."""
        limit = _limit_of(snapshot.grants_of(server, tool)) if snapshot else None
        if limit is None:
            return
        times = self._calls.pop((server, tool), deque[float]())
        if times.maxlen != limit:
            times = deque(times, maxlen=limit)
        times.append(at)
        self._calls[server, tool] = times
        if len(self._calls) > MOST_LIMITED:
            self._calls.popitem(last=False)

    def _remember(self, session: str, calls: Sequence[InnerCall]) -> None:
        """Add what these calls can do to the facts of their session."""
        capabilities = self._sessions.pop(session, frozenset[Capability]())
        self._sessions[session] = capabilities.union(*(self._class_of(call.tool).capabilities for call in calls))
        if len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)


def _limit_of(grants: Sequence[Grant]) -> int | None:
    """Return the lowest rate limit of grants; None without one."""
    return min((grant.rate_limit_per_hour for grant in grants if grant.rate_limit_per_hour is not None), default=None)
