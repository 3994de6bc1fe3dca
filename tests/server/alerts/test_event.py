"""Events: what happened to a finding, complete when stored and read again."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from agentsentinel.alerts.event import MAX_EVIDENCE, Activity, FindingEvent, event_of_step, sample_event
from agentsentinel.models import AgentRow, FindingHistoryRow, FindingRow
from server.alerts.events import AT, an_event


def rows(
    *, occurrences: int = 1, status: str = "OPEN", rule_id: str = "EXFILTRATION_PATH"
) -> tuple[AgentRow, FindingRow, FindingHistoryRow]:
    agent = AgentRow(id=uuid4(), name="crm-bot", agent_type="llm_agent", model="unknown", owner_team="sales")
    finding = FindingRow(
        id=uuid4(),
        agent_id=agent.id,
        rule_id=rule_id,
        severity="CRITICAL",
        finding_type="POSTURE",
        title="t",
        message="m",
        detail="d",
        evidence=[f"tool:t{number}" for number in range(MAX_EVIDENCE + 5)],
        fingerprint="0" * 64,
        status=status,
        note="a person's note",
        occurrences=occurrences,
        created_at=AT,
        last_opened_at=AT,
    )
    return agent, finding, FindingHistoryRow(id=uuid4(), finding_id=finding.id, at=AT, status=status)


@pytest.mark.parametrize(
    ("occurrences", "status", "is_decision", "activity"),
    [
        (1, "OPEN", False, Activity.OPENED),
        (2, "OPEN", False, Activity.REOPENED),
        (1, "RESOLVED", False, Activity.RESOLVED),
        (1, "RESOLVED", True, Activity.RESOLVED),
        (1, "ACKNOWLEDGED", True, Activity.CHANGED),
        (1, "OPEN", True, Activity.CHANGED),
    ],
)
def test_a_step_of_the_history_is_an_activity(
    occurrences: int, status: str, is_decision: bool, activity: Activity
) -> None:
    agent, finding, step = rows(occurrences=occurrences, status=status)
    event = event_of_step(agent, finding, step, is_decision=is_decision)
    assert (event.activity, event.id, event.at) == (activity, step.id, AT)


def test_an_assignment_is_a_change_whatever_the_status() -> None:
    agent, finding, step = rows(status="RESOLVED")
    step.is_assignment = True
    assert event_of_step(agent, finding, step, is_decision=True).activity is Activity.CHANGED


def test_evidence_is_bounded_and_notes_of_people_stay_here() -> None:
    event = event_of_step(*rows(), is_decision=False)
    assert len(event.finding.evidence) == MAX_EVIDENCE
    assert "a person's note" not in event.model_dump_json()


def test_references_and_remediation_come_from_the_rule_and_a_rule_that_is_gone_has_none() -> None:
    known, gone = event_of_step(*rows(), is_decision=False), event_of_step(*rows(rule_id="GONE"), is_decision=False)
    assert "ASI02" in known.finding.references
    assert known.finding.remediation != ""
    assert (gone.finding.references, gone.finding.remediation) == ((), "")


@pytest.mark.parametrize("event", [an_event(), sample_event(datetime.now(UTC))])
def test_an_event_that_was_stored_is_read_as_it_was(event: FindingEvent) -> None:
    assert FindingEvent.model_validate(event.model_dump(mode="json")) == event
