"""The JSON report of `sentinel discover`: an array of agents. Keys may be added, never removed or renamed."""

import json
from typing import Any

from agentsentinel_cli.discover.known import fingerprint_of
from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery


def render(discovery: Discovery) -> str:
    """Return the JSON report, the worst agents first."""
    agents = sorted(discovery.agents, key=lambda agent: (agent.risk.rank, agent.source, agent.location))
    # ASCII escapes (the default of `json.dumps`) are the only way to write lone surrogates in names.
    return json.dumps([entry_of(agent) for agent in agents], indent=2) + "\n"


def entry_of(agent: DiscoveredAgent) -> dict[str, Any]:
    """Return one agent as the report writes it."""
    return {
        "source": agent.source,
        "kind": agent.kind.value,
        "name": agent.name,
        "framework": " + ".join(agent.frameworks) or None,
        "frameworks": list(agent.frameworks),
        "provider": agent.provider,
        "model": agent.model,
        "location": agent.location,
        "api_keys": [key.shown for key in agent.api_keys],
        "live_connections": list(agent.live_connections),
        "risk": agent.risk.value,
        "risk_reason": agent.risk_reason,
        "next_step": agent.next_step or None,
        "tools": [{"name": tool.name, "scope": tool.scope, "is_dangerous": tool.is_dangerous} for tool in agent.tools],
        "transport": agent.transport,
        "requires_auth": agent.requires_auth,
        "is_monitored": agent.is_monitored,
        "pid": agent.pid,
        "parent": agent.parent,
        "children": list(agent.children),
        "container": agent.container,
        "endpoints": list(agent.endpoints),
        "url": agent.url,
        "script": agent.script,
        "findings": [
            {"rule_id": found.rule_id, "severity": found.risk.value, "message": found.message}
            for found in agent.findings
        ],
        "evidence": list(agent.evidence),
        "fingerprint": fingerprint_of(agent),
        "known": agent.known_as,
    }
