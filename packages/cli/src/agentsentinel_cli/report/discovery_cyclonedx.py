"""The CycloneDX 1.7 report of `sentinel discover`: agents as components, servers as services, tools as properties."""

import json
import uuid
from datetime import datetime, timezone
from typing import Any

from agentsentinel_cli import __version__
from agentsentinel_cli.discover.known import fingerprint_of
from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery, Kind
from agentsentinel_cli.report.words import safe

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
_PREFIX = "agentsentinel:"


def render(discovery: Discovery) -> str:
    """Return the bill of materials of what was found."""
    agents = sorted(discovery.agents, key=lambda agent: (agent.source, agent.location, agent.name))
    programs = {fingerprint_of(agent): agent for agent in agents if agent.kind is Kind.AGENT or agent.pid is not None}
    servers = {fingerprint_of(agent): agent for agent in agents if agent.kind is not Kind.AGENT}
    models = {agent.model: None for agent in agents if agent.model}
    document = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "agentsentinel-cli", "version": __version__}]},
            "properties": _properties({"vectors": ", ".join(discovery.vectors), "complete": not discovery.is_partial}),
        },
        "components": [*(_component(ref, agent) for ref, agent in programs.items()), *map(_model, models)],
        "services": [_service(ref, agent) for ref, agent in servers.items()],
        "dependencies": _dependencies(programs, servers),
    }
    return json.dumps(document, indent=2) + "\n"


def _component(ref: str, agent: DiscoveredAgent) -> dict[str, Any]:
    return {
        "type": "container" if agent.source in ("docker", "kubernetes") else "application",
        "bom-ref": f"agent-{ref}",
        "name": safe(agent.name),
        "description": safe(agent.risk_reason, 300),
        "properties": _facts(agent),
    }


def _service(ref: str, agent: DiscoveredAgent) -> dict[str, Any]:
    service: dict[str, Any] = {"bom-ref": f"service-{ref}", "name": safe(agent.name)}
    if agent.url is not None:
        service["endpoints"] = [agent.url]
    if agent.requires_auth is not None:
        service["authenticated"] = agent.requires_auth
    return service | {"description": safe(agent.risk_reason, 300), "properties": _facts(agent)}


def _model(name: str) -> dict[str, Any]:
    return {"type": "machine-learning-model", "bom-ref": f"model-{name}", "name": safe(name)}


def _dependencies(programs: dict[str, DiscoveredAgent], servers: dict[str, DiscoveredAgent]) -> list[dict[str, Any]]:
    """Return which program provides which service, and which model each of them uses."""
    found = []
    for prefix, agents in (("agent", programs), ("service", servers)):
        for ref, agent in agents.items():
            entry: dict[str, Any] = {"ref": f"{prefix}-{ref}"}
            if agent.model:
                entry["dependsOn"] = [f"model-{agent.model}"]
            if prefix == "agent" and ref in servers:
                entry["provides"] = [f"service-{ref}"]
            if len(entry) > 1:
                found.append(entry)
    return found


def _facts(agent: DiscoveredAgent) -> list[dict[str, str]]:
    facts = _properties(
        {
            "source": agent.source,
            "kind": agent.kind.value,
            "location": agent.location,
            "risk": agent.risk.value,
            "provider": agent.provider,
            "transport": agent.transport,
            "monitored": agent.is_monitored,
            "script": agent.script,
            "container": agent.container,
            "fingerprint": fingerprint_of(agent),
            "known": agent.known_as,
        }
    )
    repeated = {
        "framework": agent.frameworks,
        "exposed-key": [key.shown for key in agent.api_keys],
        "connected-to": agent.live_connections,
        "evidence": agent.evidence,
    }
    facts += [
        {"name": _PREFIX + name, "value": safe(value, 300)} for name, values in repeated.items() for value in values
    ]
    for tool in agent.tools:
        danger = " dangerous" if tool.is_dangerous else ""
        facts.append({"name": f"{_PREFIX}tool:{safe(tool.name)}", "value": f"{tool.scope}{danger}"})
    return facts


def _properties(values: dict[str, object]) -> list[dict[str, str]]:
    shown = {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
    return [
        {"name": _PREFIX + name, "value": safe(str(value), 300)} for name, value in shown.items() if value is not None
    ]
