"""Risk of an agent by the documented table: the worst level that applies, with the reason. Pure."""

import shlex

from agentsentinel_cli.discover.model import DiscoveredAgent, Kind, Risk
from agentsentinel_core.light_dataclasses import replace

_MOST_NAMES = 3


def assessed(agent: DiscoveredAgent) -> DiscoveredAgent:
    """Return the agent with its risk, the reason for it, and the command that looks closer."""
    risk, reason = risk_of(agent)
    return replace(agent, risk=risk, risk_reason=reason, next_step=next_step_of(agent))


def risk_of(agent: DiscoveredAgent) -> tuple[Risk, str]:
    """Return the risk level and the reason."""
    return (
        _critical(agent)
        or _high(agent)
        or _medium(agent)
        or _low(agent)
        or (Risk.UNKNOWN, "Agent detected — run sentinel scan for full analysis")
    )


def _critical(agent: DiscoveredAgent) -> tuple[Risk, str] | None:
    if agent.api_keys:
        if agent.source in ("docker", "kubernetes"):
            return Risk.CRITICAL, "LLM API key exposed in container environment"
        if all(key.variable.startswith("-") for key in agent.api_keys):
            return Risk.CRITICAL, "LLM API key exposed in process command line"
        return Risk.CRITICAL, "LLM API key exposed in process environment"
    if agent.has_secrets_in_source:
        return Risk.CRITICAL, "Credential hard-coded in source"
    return None


def _high(agent: DiscoveredAgent) -> tuple[Risk, str] | None:
    if (found := _found(agent, Risk.HIGH)) is not None:
        return found
    if agent.live_connections:
        return Risk.HIGH, f"Active connection to LLM API — agent is live ({', '.join(agent.live_connections)})"
    if agent.kind is Kind.MCP_SERVER and agent.url is not None and agent.requires_auth is False:
        return Risk.HIGH, "MCP server with no authentication detected — inspect tools"
    return None


def _found(agent: DiscoveredAgent, risk: Risk) -> tuple[Risk, str] | None:
    """Return the first finding about a client's files of this level; those worse than HIGH count as HIGH."""
    for finding in agent.findings:
        if max(finding.risk.rank, Risk.HIGH.rank) == risk.rank:
            return risk, finding.message
    return None


def _medium(agent: DiscoveredAgent) -> tuple[Risk, str] | None:
    if (found := _found(agent, Risk.MEDIUM)) is not None:
        return found
    severe = [tool.name for tool in agent.tools if tool.is_dangerous or tool.scope != "read"]
    if severe:
        more = f" and {len(severe) - _MOST_NAMES} more" if len(severe) > _MOST_NAMES else ""
        return Risk.MEDIUM, f"Write or dangerous tools: {', '.join(severe[:_MOST_NAMES])}{more}"
    if agent.kind is Kind.MODEL_API and agent.requires_auth is False:
        return Risk.MEDIUM, "OpenAI-compatible API with no authentication — open access"
    return None


def _low(agent: DiscoveredAgent) -> tuple[Risk, str] | None:
    if agent.kind is Kind.PLATFORM:
        return Risk.LOW, "AgentSentinel monitoring platform"
    if agent.is_monitored:
        return Risk.LOW, "Already monitored by AgentSentinel"
    if agent.requires_auth:
        return Risk.LOW, "Authentication required"
    if agent.tools:
        return Risk.LOW, "Read-only tools"
    if agent.source == "client":
        return _found(agent, Risk.LOW) or (Risk.LOW, "AI client; nothing wrong in its files")
    return None


def next_step_of(agent: DiscoveredAgent) -> str:
    """Return the command that looks closer at the agent."""
    is_process = agent.pid is not None and agent.source == "process"
    by_pid = f"sentinel scan --pid {agent.pid}"
    if is_process and (agent.api_keys or agent.url is None):
        return by_pid  # where a key comes from matters more than what the server offers
    if agent.url is not None:
        verbs = {Kind.MCP_SERVER: "sentinel mcp scan", Kind.PLATFORM: "sentinel scan --connect"}
        return f"{verbs.get(agent.kind, 'sentinel scan --url')} {agent.url}"
    return f"sentinel scan {shlex.quote(agent.script)}" if agent.script is not None else agent.next_step
