"""The inputs of a score: which receipts are recent, and what the rules may judge."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from agentsentinel.manifests.repository import Judged
from agentsentinel.models import AgentRow
from agentsentinel.scores.snapshot import EVIDENCE, MANIFEST_EVIDENCE, MOST_EVIDENCE, Snapshot
from agentsentinel.session_risk.repository import Alarm
from agentsentinel_core.agents import EvidenceKind
from agentsentinel_core.trust.score import RECENCY_SECONDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def received(*seconds_ago: float) -> Snapshot:
    return Snapshot(AgentRow(), recent_receipts=[NOW - timedelta(seconds=ago) for ago in seconds_ago])


@pytest.mark.parametrize(
    ("oldest", "points"), [(0.0, 10.0), (RECENCY_SECONDS - 1, 10.0), (RECENCY_SECONDS, 0.0), (RECENCY_SECONDS * 2, 0.0)]
)
def test_the_oldest_of_five_receipts_decides_about_the_recency_points(oldest: float, points: float) -> None:
    assert received(oldest, 0, 0, 0, 0).recency(NOW) == points


def test_four_receipts_earn_nothing() -> None:
    assert received(0, 0, 0, 0).recency(NOW) == 0.0


def test_without_calls_the_behaviour_is_that_of_an_unknown_agent_and_anomalies_lower_it() -> None:
    unknown, quiet = Snapshot(AgentRow()), Snapshot(AgentRow(), calls=10)
    odd = Snapshot(AgentRow(), calls=10, anomaly_sum=5.0)
    assert odd.behavior(NOW) < quiet.behavior(NOW)
    assert unknown.behavior(NOW) < quiet.behavior(NOW)


def test_the_source_code_is_no_evidence_of_the_server() -> None:
    profile = Snapshot(AgentRow(description="Searches")).profile(NOW)
    assert profile.evidence == EVIDENCE | MANIFEST_EVIDENCE
    assert EvidenceKind.SOURCE not in profile.evidence
    assert profile.description == "Searches"


def judged(server_name: str, **found: list[dict[str, Any]]) -> Judged:
    return Judged(UUID(int=0), server_name, **{"changes": [], "poison": [], "defects": [], **found})


def test_what_is_found_in_manifests_names_its_server_and_counts_once_for_all_principals() -> None:
    change = {"item": "tool send", "what": "reworded: description", "severity": "LOW", "now": "0a1b2c3d"}
    poison = {"tool_name": "send", "kind": "instruction", "excerpt": "ignore"}
    defect = {"kind": "unsafe", "subject": "send", "detail": "an icon"}
    manifests = [judged(name, changes=[change], poison=[poison], defects=[defect]) for name in ("mail", "mail", "post")]
    profile = Snapshot(AgentRow(), manifests=manifests).profile(NOW)
    assert [each.item for each in profile.definition_changes] == ["tool send (mail)", "tool send (post)"]
    assert profile.definition_changes[0].what == "reworded: description [0a1b2c3d]"
    assert [each.tool_name for each in profile.poison] == ["send (mail)", "send (post)"]
    assert [each.subject for each in profile.definition_defects] == ["send (mail)", "send (post)"]


def test_of_many_changes_the_worst_are_judged() -> None:
    def changes(severity: str, number: int) -> list[dict[str, Any]]:
        return [{"item": f"{severity} {n}", "what": "new", "severity": severity, "now": ""} for n in range(number)]

    manifests = [judged("a", changes=changes("LOW", MOST_EVIDENCE)), judged("b", changes=changes("CRITICAL", 3))]
    found = Snapshot(AgentRow(), manifests=manifests).profile(NOW).definition_changes
    assert len(found) == MOST_EVIDENCE
    assert [change.severity.value for change in found[:4]] == ["CRITICAL"] * 3 + ["LOW"]


def alarm(**fields: Any) -> Alarm:
    plain = Alarm(UUID(int=1), UUID(int=0), NOW, 0.9, [{"message": "a strange order"}], None, None, True)
    return plain._replace(**fields)


def test_sessions_above_the_alert_line_are_evidence_and_lower_the_behaviour_once_the_agent_has_learned() -> None:
    learned = Snapshot(AgentRow(), calls=10, alarms=[alarm()], missing_sessions=0)
    assert [one.reasons for one in learned.profile(NOW).risky_sessions] == [("a strange order",)]
    assert EvidenceKind.SESSIONS in learned.profile(NOW).evidence
    assert learned.behavior(NOW) == 10.0
    learning = Snapshot(AgentRow(), calls=10, alarms=[alarm()])
    assert learning.profile(NOW).risky_sessions == ()
    assert learning.behavior(NOW) == 100.0


def test_a_session_that_is_fine_or_muted_does_not_count() -> None:
    muted = alarm(muted_until=NOW + timedelta(hours=1))
    snapshot = Snapshot(AgentRow(), calls=10, alarms=[alarm(verdict="fine"), muted], missing_sessions=0)
    assert snapshot.behavior(NOW) == 100.0
    assert snapshot.risk(NOW + timedelta(hours=1)) > 0.8
