"""The SARIF 2.1.0 (OASIS) report, within the limits of GitHub code scanning.

GitHub requires relative percent-encoded addresses, a location for every result and a severity number for every rule,
and limits the number of results and of related locations.
"""

import json
import os
from typing import Any
from urllib.parse import quote

from agentsentinel_cli import __version__
from agentsentinel_cli.docs import page_of, pages, reference_of
from agentsentinel_cli.report.words import filtered, left_out, safe
from agentsentinel_cli.scan.excerpts import MOST_CHARS
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScanResult
from agentsentinel_core import taxonomy
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import MCP_SCAN_RULES, SCAN_RULES
from agentsentinel_core.posture.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_NUMBERS = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
"""`security-severity` of each level. GitHub reads over 9.0 as critical, from 7.0 as high, from 4.0 as medium."""
_RULES = {"scan": SCAN_RULES, "mcp scan": MCP_SCAN_RULES}
MOST_RESULTS = 25_000
MOST_RELATED = 100


def render(result: ScanResult) -> str:
    """Return the SARIF log with one run, the worst findings first, at most MOST_RESULTS of them."""
    findings = sorted(result.findings(), key=lambda finding: -finding.severity.rank)[:MOST_RESULTS]
    rules = _RULES[result.command]
    index = {rule.id: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "AgentSentinel",
                "semanticVersion": __version__,
                **({"informationUri": address} if (address := pages()) is not None else {}),
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": f"agentsentinel/{result.command.replace(' ', '-')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": result.files_read > 0,
                "toolExecutionNotifications": [
                    *(_notification(entry.path, entry.reason) for entry in result.skipped),
                    *({"level": "warning", "message": {"text": safe(text, 400)}} for text in result.warnings),
                    *_notes(result),
                ],
            }
        ],
        "results": [_result(finding, index[finding.rule_id], result) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _uri(path: str) -> str:
    """Return the percent-encoded address of a file, relative to the repository's root, as code scanning requires."""
    return quote(os.fsencode(path))


def _rule(rule: Rule) -> dict[str, Any]:
    page, more = page_of(rule.slug), reference_of(rule.id, rule.slug)
    link = f"[{rule.id}]({page})" if page is not None else f"`{more}`"
    references = ", ".join(f"{each} {taxonomy.title(each)}" for each in rule.references)
    return {
        "id": rule.id,
        "name": type(rule).__name__,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.rationale},
        **({"helpUri": page} if page is not None else {}),
        "help": {
            "text": f"{rule.rationale}\n\n{rule.remediation}\n\n{references}\n\n{more}",
            "markdown": f"{rule.rationale}\n\n**Fix:** {rule.remediation}\n\n{references}\n\n{link}",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", "ai-agent", *rule.references],
            "security-severity": _NUMBERS[rule.severity],
            "precision": "high",
        },
    }


def _result(finding: ScanFinding, rule_index: int, result: ScanResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "ruleId": finding.rule_id,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{safe(finding.message, 1000)} {safe(finding.detail, 1000)}".strip()},
        "locations": [_location(finding.locations[0], result)],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint[:16]}:1",
            "agentSentinel/v1": finding.fingerprint,
        },
        "properties": {"confidence": finding.confidence, "evidence": [safe(each, 300) for each in finding.evidence]},
        "suppressions": [],
    }
    related = finding.locations[1 : 1 + MOST_RELATED]
    if related:
        entry["relatedLocations"] = [
            {"id": number, **_location(where, result)} for number, where in enumerate(related, start=1)
        ]
    if finding.suppression is not None:
        kind = "inSource" if finding.suppression.kind == "inline" else "external"
        reason = finding.suppression.reason or "no reason given"
        entry["suppressions"] = [{"kind": kind, "status": "accepted", "justification": safe(reason, 500)}]
    return entry


def _location(where: Location, result: ScanResult) -> dict[str, Any]:
    """Return a place: the region from its column to the end of the line, and the whole line as its context."""
    line = max(1, where.place.line)
    place: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(where.path)},
        "region": {"startLine": line, "startColumn": max(1, where.place.column)},
    }
    excerpt = result.excerpt_at(where)
    if excerpt is not None:
        place["region"]["snippet"] = {"text": safe(excerpt.text[excerpt.column - 1 :], MOST_CHARS)}
        place["contextRegion"] = {"startLine": line, "snippet": {"text": safe(excerpt.text, MOST_CHARS)}}
    location: dict[str, Any] = {"physicalLocation": place}
    if where.note:
        location["message"] = {"text": safe(where.note, 300)}
    return location


def _notes(result: ScanResult) -> list[dict[str, Any]]:
    """Return what was left out of the scan, and what the filters left out of the report."""
    notes = (
        (f"left out: {left_out(result.left_out)}", {"leftOut": result.left_out}),
        (f"filtered findings: {filtered(result.filtered)}", {"filtered": result.filtered}),
    )
    return [
        {"level": "note", "message": {"text": text}, "properties": counts}
        for text, counts in notes
        if any(counts.values())
    ]


def _notification(path: str, reason: str) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": f"not read: {safe(reason, 300)}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(path)}}}],
    }
