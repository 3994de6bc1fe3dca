"""What happened to a finding: the one thing that all destinations are sent, each in its own format."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from agentsentinel.kit.ids import uuid7
from agentsentinel.models import AgentRow, FindingHistoryRow, FindingRow
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import rule

MAX_EVIDENCE = 100
"""Most entries of evidence that an event carries, so that it fits into one message of syslog; the API has them all."""


class Activity(StrEnum):
    """What happened to the finding."""

    OPENED = "opened"
    REOPENED = "reopened"
    CHANGED = "changed"
    """A person acknowledged, snoozed or reopened it."""
    RESOLVED = "resolved"
    TEST = "test"
    """Nothing happened: an operator tries the destination."""

    @property
    def is_opening(self) -> bool:
        """Whether the finding needs the attention of people now."""
        return self in {Activity.OPENED, Activity.REOPENED}


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True)


class AgentFacts(_Facts):
    """The agent that a finding is about."""

    id: UUID
    name: str
    type: str
    model: str
    owner_team: str


class FindingFacts(_Facts):
    """The state of a finding at the time of the event."""

    id: UUID
    rule_id: str
    finding_type: str
    severity: Severity
    title: str
    message: str
    detail: str
    """The evidence, formatted for people."""
    evidence: tuple[str, ...]
    """The first `MAX_EVIDENCE` entries, such as "tool:send_email"."""
    fingerprint: str
    status: str
    occurrences: int
    created_at: datetime
    last_opened_at: datetime
    is_snoozed: bool
    references: tuple[str, ...]
    """Ids of OWASP, MITRE ATLAS and CWE that the rule refers to."""
    remediation: str
    # With defaults, since events that wait for delivery may be of a version without them.
    assignee: str | None = None
    due_on: date | None = None


class FindingEvent(_Facts):
    """One change of one finding. Its id is the same for all destinations and attempts: receivers deduplicate by it."""

    id: UUID
    activity: Activity
    at: datetime
    agent: AgentFacts
    finding: FindingFacts


def event_of(agent: AgentRow, finding: FindingRow, event_id: UUID, activity: Activity, at: datetime) -> FindingEvent:
    """Build the event of a finding's current state. A rule that no longer exists leaves references empty."""
    references, remediation = _advice(finding.rule_id)
    return FindingEvent(
        id=event_id,
        activity=activity,
        at=at,
        agent=AgentFacts(
            id=agent.id, name=agent.name, type=agent.agent_type, model=agent.model, owner_team=agent.owner_team
        ),
        finding=FindingFacts(
            id=finding.id,
            rule_id=finding.rule_id,
            finding_type=finding.finding_type,
            severity=Severity(finding.severity),
            title=finding.title,
            message=finding.message,
            detail=finding.detail,
            evidence=tuple(finding.evidence[:MAX_EVIDENCE]),
            fingerprint=finding.fingerprint,
            status=finding.status,
            occurrences=finding.occurrences,
            created_at=finding.created_at,
            last_opened_at=finding.last_opened_at,
            is_snoozed=finding.snoozed_until is not None,
            assignee=finding.assignee,
            due_on=finding.due_on,
            references=references,
            remediation=remediation,
        ),
    )


def event_of_step(agent: AgentRow, finding: FindingRow, step: FindingHistoryRow, *, is_decision: bool) -> FindingEvent:
    """Build the event of one step of a finding's history: a person's decision, or what the rules found."""
    activity = Activity.CHANGED if step.is_assignment else _activity(finding, is_decision=is_decision)
    return event_of(agent, finding, step.id, activity, step.at)


def sample_event(now: datetime) -> FindingEvent:
    """Build an event that says it is a test. It is about no stored agent or finding: their ids are its own."""
    event_id = uuid7(now.timestamp())
    return FindingEvent(
        id=event_id,
        activity=Activity.TEST,
        at=now,
        agent=AgentFacts(id=event_id, name="AgentSentinel", type="test", model="unknown", owner_team=""),
        finding=FindingFacts(
            id=event_id,
            rule_id="TEST",
            finding_type="POSTURE",
            severity=Severity.LOW,
            title="Test",
            message="This is a test from AgentSentinel. Findings will be sent here.",
            detail="",
            evidence=(),
            fingerprint="0" * 64,
            status="OPEN",
            occurrences=1,
            created_at=now,
            last_opened_at=now,
            is_snoozed=False,
            references=(),
            remediation="",
        ),
    )


def _activity(finding: FindingRow, *, is_decision: bool) -> Activity:
    if finding.status == "RESOLVED":
        return Activity.RESOLVED
    if is_decision:
        return Activity.CHANGED
    return Activity.OPENED if finding.occurrences == 1 else Activity.REOPENED


def _advice(rule_id: str) -> tuple[tuple[str, ...], str]:
    try:
        source = rule(rule_id)
    except KeyError:
        return (), ""
    return tuple(source.references), source.remediation
