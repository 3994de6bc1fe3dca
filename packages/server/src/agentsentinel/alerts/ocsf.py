"""Events as OCSF Detection Findings (class 2004), the open schema of security events that SIEMs ingest.

Only attributes that the declared version of the schema has for this class are used; the tests hold the output to the
published schemas. What has no place there is in `unmapped`, as OCSF wants it.
"""

from datetime import datetime
from typing import Any

from agentsentinel import __version__
from agentsentinel.alerts.event import Activity, AgentFacts, FindingEvent, FindingFacts
from agentsentinel.config import OcsfVersion
from agentsentinel_core.findings import Severity
from agentsentinel_core.taxonomy import CWE, MITRE_ATLAS, OWASP_AGENTIC, OWASP_MCP, OWASP_SKILLS

FIRST_WITH_AI_AGENT = "1.9.0"
"""First version with the object `ai_agent`; a Detection Finding has it in `evidences`. It was in development in July
2026. The profile `ai_operation` is for activity classes; no version applies it to findings."""

INCIDENT = "incident"
"""Profile that gives a Detection Finding its `assignee`; it has no due date."""
CATEGORY_UID, CATEGORY_NAME = 2, "Findings"
CLASS_UID, CLASS_NAME = 2004, "Detection Finding"
ACTIVITIES = {
    Activity.OPENED: (1, "Create"),
    Activity.REOPENED: (2, "Update"),
    Activity.CHANGED: (2, "Update"),
    Activity.RESOLVED: (3, "Close"),
    Activity.TEST: (99, "Test"),
}
SEVERITIES = {
    Severity.CRITICAL: (5, "Critical"),
    Severity.HIGH: (4, "High"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.LOW: (2, "Low"),
}
INFORMATIONAL = (1, "Informational")
STATUSES = {"OPEN": (1, "New"), "ACKNOWLEDGED": (2, "In Progress"), "RESOLVED": (4, "Resolved")}
SUPPRESSED = (3, "Suppressed")
"""Status of a finding that a person snoozed."""
ANALYTICS = {"POSTURE": (1, "Rule"), "BEHAVIOR": (2, "Behavioral")}
"""How a finding of each type was made."""
UNKNOWN = (0, "Unknown")
OTHER = 99
FRAMEWORKS = {"langchain": (2, "LangChain"), "autogen": (3, "AutoGen"), "crewai": (4, "CrewAI")}
"""Agent types of OCSF by ours; `custom` and `native` agents have no third-party framework."""
FRAMEWORKS |= dict.fromkeys(("native", "custom"), (1, "Native"))
AGENT_TYPE_UNSET = {"llm_agent", "unknown", ""}
CATALOGUES = {"owasp_agentic": OWASP_AGENTIC, "owasp_mcp": OWASP_MCP, "owasp_skills": OWASP_SKILLS, "cwe": CWE}
"""Catalogues whose ids are tags of the finding; MITRE ATLAS has a place of its own, `attacks`."""


def detection_finding(event: FindingEvent, version: OcsfVersion) -> dict[str, Any]:
    """Build the Detection Finding of an event, in a version of the schema."""
    finding = event.finding
    activity_id, activity_name = ACTIVITIES[event.activity]
    is_test = event.activity is Activity.TEST
    severity_id, severity = INFORMATIONAL if is_test else SEVERITIES[finding.severity]
    status_id, status = SUPPRESSED if finding.is_snoozed else STATUSES[finding.status]
    agent, has_place = _ai_agent(event.agent), _number(version) >= _number(FIRST_WITH_AI_AGENT)
    resource = _resource(event.agent)
    return {
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": CATEGORY_UID,
        "category_name": CATEGORY_NAME,
        "class_uid": CLASS_UID,
        "class_name": CLASS_NAME,
        "type_uid": CLASS_UID * 100 + activity_id,
        "type_name": f"{CLASS_NAME}: {activity_name}",
        "time": _milliseconds(event.at),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "is_alert": event.activity.is_opening,
        "message": finding.message,
        "metadata": {
            "version": version,
            "uid": str(event.id),
            "event_code": finding.rule_id,
            "product": {"name": "AgentSentinel", "vendor_name": "AgentSentinel", "version": __version__},
            **({"profiles": [INCIDENT]} if finding.assignee else {}),
        },
        "finding_info": _finding_info(event),
        "resources": [resource],
        **({"assignee": {"name": finding.assignee}} if finding.assignee else {}),
        "evidences": [
            {
                "data": {"evidence": list(finding.evidence)},
                "resources": [resource],
                **({"ai_agent": agent} if has_place else {}),
            }
        ],
        **({"remediation": {"desc": finding.remediation}} if finding.remediation else {}),
        "unmapped": {
            "fingerprint": finding.fingerprint,
            "occurrences": finding.occurrences,
            **({"due_on": finding.due_on.isoformat()} if finding.due_on else {}),
            **({} if has_place else {"ai_agent": agent}),
        },
    }


def _finding_info(event: FindingEvent) -> dict[str, Any]:
    finding = event.finding
    analytic_id, analytic = ANALYTICS.get(finding.finding_type, UNKNOWN)
    return {
        "uid": str(finding.id),
        "title": finding.title,
        "desc": finding.message,
        "types": [finding.finding_type],
        "analytic": {"uid": finding.rule_id, "name": finding.title, "type_id": analytic_id, "type": analytic},
        "created_time": _milliseconds(finding.created_at),
        "modified_time": _milliseconds(event.at),
        "first_seen_time": _milliseconds(finding.created_at),
        "last_seen_time": _milliseconds(finding.last_opened_at),
        **_catalogued(finding),
    }


def _catalogued(finding: FindingFacts) -> dict[str, Any]:
    """Return the techniques of MITRE ATLAS as `attacks`, and the ids of the other catalogues as `tags`."""
    attacks = [_attack(reference) for reference in finding.references if reference in MITRE_ATLAS]
    tags = [
        {"name": name, "values": ids}
        for name, catalogue in CATALOGUES.items()
        if (ids := [reference for reference in finding.references if reference in catalogue])
    ]
    return {key: value for key, value in (("attacks", attacks), ("tags", tags)) if value}


def _attack(reference: str) -> dict[str, Any]:
    """Build the place of an id in ATLAS. A sub-technique has the title "technique: sub-technique"."""
    title = MITRE_ATLAS[reference]
    if reference.startswith("AML.TA"):
        return {"tactic": {"uid": reference, "name": title}}
    number, dot, _ = reference.removeprefix("AML.").partition(".")
    name, _, sub_name = title.partition(": ")
    technique = {"uid": f"AML.{number}", "name": name if dot else title}
    if dot:
        return {"technique": technique, "sub_technique": {"uid": reference, "name": sub_name}}
    return {"technique": technique}


def _resource(agent: AgentFacts) -> dict[str, Any]:
    return {
        "uid": str(agent.id),
        "name": agent.name,
        "type": "AI Agent",
        "role_id": 3,
        "role": "Affected",
        **({"group": {"name": agent.owner_team}} if agent.owner_team else {}),
    }


def _ai_agent(agent: AgentFacts) -> dict[str, Any]:
    """Build the object `ai_agent` of OCSF 1.9. `instance_uid` is left out: a finding is about all sessions."""
    kind = agent.type.casefold()
    type_id, type_ = UNKNOWN if kind in AGENT_TYPE_UNSET else FRAMEWORKS.get(kind, (OTHER, agent.type))
    model = {"name": agent.model, "ai_provider": "unknown"}
    return {
        "uid": str(agent.id),
        "name": agent.name,
        "type_id": type_id,
        "type": type_,
        **({"ai_model": model} if agent.model not in {"", "unknown"} else {}),
    }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
