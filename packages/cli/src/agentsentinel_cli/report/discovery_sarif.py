"""The SARIF 2.1.0 report of `sentinel discover`: one result for each agent.

A running agent is not in a file, so its place is a logical location; agents of the file vector have a physical one.
"""

import json
from typing import Any
from urllib.parse import quote

from agentsentinel_cli import __version__
from agentsentinel_cli.discover.known import fingerprint_of
from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery, Risk
from agentsentinel_cli.report.sarif_report import SCHEMA
from agentsentinel_cli.report.words import safe

_RULES = {
    Risk.CRITICAL: ("AgentKeyExposed", "error", "9.5", "An API key of an agent can be read by others"),
    Risk.HIGH: ("AgentLiveOrOpen", "error", "8.0", "An agent is live, or an MCP server is open to everyone"),
    Risk.MEDIUM: ("AgentCanAct", "warning", "5.5", "An agent has write or dangerous tools, or a model API is open"),
    Risk.LOW: ("AgentLowRisk", "note", "3.0", "An agent with low risk signals"),
    Risk.UNKNOWN: ("AgentFound", "note", "1.0", "An agent whose risk is not known yet"),
}
_INDEX = {risk: number for number, risk in enumerate(_RULES)}


def render(discovery: Discovery) -> str:
    """Return the SARIF log with one run, the worst agents first."""
    agents = sorted(discovery.agents, key=lambda agent: (agent.risk.rank, agent.source, agent.location))
    run = {
        "tool": {
            "driver": {
                "name": "AgentSentinel",
                "semanticVersion": __version__,
                "rules": [_rule(risk) for risk in _RULES],
            }
        },
        "automationDetails": {"id": "agentsentinel/discover/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not discovery.is_partial and not discovery.is_blind,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": safe(notice, 400)}} for notice in discovery.notices
                ],
            }
        ],
        "results": [_result(agent) for agent in agents],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(risk: Risk) -> dict[str, Any]:
    name, level, number, text = _RULES[risk]
    return {
        "id": f"AGENT_{risk.value}",
        "name": name,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["security", "ai-agent"], "security-severity": number},
    }


def _result(agent: DiscoveredAgent) -> dict[str, Any]:
    keys = ", ".join(key.shown for key in agent.api_keys)
    text = f"{safe(agent.name)} at {safe(agent.location)}: {safe(agent.risk_reason, 300)}" + (
        f" ({keys})" if keys else ""
    )
    entry: dict[str, Any] = {
        "ruleId": f"AGENT_{agent.risk.value}",
        "ruleIndex": _INDEX[agent.risk],
        "level": _RULES[agent.risk][1],
        "message": {"text": safe(text, 1000)},
        "locations": [_location(agent)],
        "partialFingerprints": {"agentSentinel/v1": fingerprint_of(agent)},
        "properties": {
            "source": agent.source,
            "frameworks": list(agent.frameworks),
            "evidence": [safe(each, 300) for each in agent.evidence],
            "nextStep": safe(agent.next_step, 400),
        },
        "suppressions": [],
    }
    if agent.known_as is not None:
        entry["suppressions"] = [{"kind": "external", "status": "accepted", "justification": safe(agent.known_as, 500)}]
    return entry


def _location(agent: DiscoveredAgent) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [
            {"name": safe(agent.name), "fullyQualifiedName": safe(f"{agent.source}/{agent.location}", 300)}
        ]
    }
    if agent.source == "file":
        path, _, line = agent.location.rpartition(":")
        is_placed = line.isdigit() and bool(path)
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(path if is_placed else agent.location, errors="surrogateescape")},
            "region": {"startLine": max(1, int(line)) if is_placed else 1},
        }
    return location
