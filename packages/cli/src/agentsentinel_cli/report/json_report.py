"""The JSON report: an array with one object for each agent or file. Keys may be added, never removed or renamed."""

import json
from typing import Any

from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, ScanResult


def render(result: ScanResult) -> str:
    """Return the JSON report of a scan.

    Files that could not be read are elements of the array too, with `error` and without a score. Files that were
    skipped on purpose are counted by kind in a last element, under `left_out`, and findings that a filter left out by
    filter, under `filtered`.
    """
    entries = [_agent(agent, result) for agent in result.agents]
    entries += [_unread(skipped.path, skipped.reason) for skipped in result.skipped]
    counts = {"left_out": result.left_out, "filtered": result.filtered}
    if any(counts.values()):
        entries.append(_empty(".") | {key: kinds for key, kinds in counts.items() if kinds})
    for live in result.live:
        for entry in entries:
            if (entry["file"], entry.get("line"), entry["agent"]) == live["key"]:
                entry["live"] = live["facts"]
    # ASCII escapes (the default of `json.dumps`) are the only way to write lone surrogates in names.
    return json.dumps(entries, indent=2) + "\n"


def _agent(agent: ScannedAgent, result: ScanResult) -> dict[str, Any]:
    return {
        "file": agent.path,
        "agent": agent.name if agent.place is not None else None,
        "line": (agent.place.line or None) if agent.place is not None else None,
        "framework": agent.framework or None,
        "model": agent.model,
        "description": agent.description,
        "hardcoded_credentials": [
            {"line": at.place.line, "column": at.place.column, "file": at.path, "provider": provider, "value": masked}
            for at, provider, masked, _ in agent.secrets
        ],
        "tools": [
            {
                "name": tool.name,
                "shown_name": tool.shown,
                "scope": tool.tool_class.scope.value,
                "is_dangerous": tool.tool_class.is_dangerous,
                "category": tool.tool_class.category.value,
                "capabilities": sorted(capability.value for capability in tool.tool_class.capabilities),
                "source": tool.path,
                **_place(tool.place),
                "granted_at": _location(grant) if (grant := agent.grant_of(tool)) is not None else None,
                "framework": tool.framework,
                "found_as": tool.idiom,
                "description": tool.description[:1000] or None,
                "reasons": list(tool.tool_class.reasons),
                "safeguards": [
                    {"kind": one.guard, "text": one.text, "line": one.place.line or None}
                    for one in agent.safeguards_of(tool)
                ],
            }
            for tool in agent.tools
        ],
        "grants": [
            {
                "name": grant.name,
                "kind": grant.kind,
                "origin": grant.origin or None,
                "source": grant.path,
                **_place(grant.place),
                "scope": grant.tool_class.scope.value if grant.tool_class else None,
                "is_dangerous": grant.tool_class.is_dangerous if grant.tool_class else None,
            }
            for grant in agent.grants
        ],
        "mcp_servers": [
            {"name": server.name, "target": server.target, "line": server.place.line} for server in agent.servers
        ],
        "findings": [_finding(finding, result) for finding in agent.findings],
        "posture_score": agent.score,
        "status": agent.status,
    }


def _finding(finding: ScanFinding, result: ScanResult) -> dict[str, Any]:
    return {
        "severity": finding.severity.value,
        "rule_id": finding.rule_id,
        "title": finding.title,
        "message": finding.message,
        "detail": finding.detail,
        "confidence": finding.confidence,
        "evidence": list(finding.evidence),
        "locations": [_location(location) | _excerpt(location, result) for location in finding.locations],
        "fix": finding.fix,
        "docs": finding.docs,
        "owasp": [each for each in finding.references if each.startswith("ASI")],
        "atlas": [each for each in finding.references if each.startswith("AML.")],
        "fingerprint": finding.fingerprint,
        "suppressed": None
        if finding.suppression is None
        else {
            "kind": finding.suppression.kind,
            "reason": finding.suppression.reason,
            "where": finding.suppression.where,
        },
    }


def _location(location: Location) -> dict[str, Any]:
    return {"file": location.path, **_place(location.place), "note": location.note or None}


def _excerpt(location: Location, result: ScanResult) -> dict[str, Any]:
    excerpt = result.excerpt_at(location)
    return {"excerpt": {"text": excerpt.text, "column": excerpt.column} if excerpt is not None else None}


def _place(place: Place) -> dict[str, int | None]:
    return {"line": place.line or None, "column": place.column}


def _unread(path: str, reason: str) -> dict[str, Any]:
    return _empty(path) | {"error": reason}


def _empty(path: str) -> dict[str, Any]:
    return {
        "file": path,
        "agent": None,
        "model": None,
        "description": None,
        "hardcoded_credentials": [],
        "tools": [],
        "findings": [],
        "posture_score": None,
        "status": None,
    }
