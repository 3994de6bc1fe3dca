"""Events to send, without a database."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agentsentinel.alerts.event import Activity, AgentFacts, FindingEvent, FindingFacts
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import RULES

AT = datetime(2026, 11, 30, 12, 0, 0, 123_000, tzinfo=UTC)


def an_event(activity: Activity = Activity.OPENED, agent_type: str = "langchain", **finding: Any) -> FindingEvent:
    """Build an event of the rule EXFILTRATION_PATH, unless the fields of the finding say otherwise."""
    rule = next(one for one in RULES if one.id == finding.get("rule_id", "EXFILTRATION_PATH"))
    facts: dict[str, Any] = {
        "id": uuid4(),
        "rule_id": rule.id,
        "finding_type": "POSTURE",
        "severity": Severity.CRITICAL,
        "title": rule.title,
        "message": "It can read internal data and send it out.",
        "detail": "tools: read_database, send_email",
        "evidence": ("tool:read_database", "tool:send_email"),
        "fingerprint": "ab" * 32,
        "status": "RESOLVED" if activity is Activity.RESOLVED else "OPEN",
        "occurrences": 1,
        "created_at": AT,
        "last_opened_at": AT,
        "is_snoozed": False,
        "references": tuple(rule.references),
        "remediation": rule.remediation,
    }
    agent = AgentFacts(id=uuid4(), name="crm-bot", type=agent_type, model="claude", owner_team="sales")
    return FindingEvent(id=uuid4(), activity=activity, at=AT, agent=agent, finding=FindingFacts(**{**facts, **finding}))
