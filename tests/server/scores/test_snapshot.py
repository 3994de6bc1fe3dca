"""The inputs of a score: which receipts are recent, and what the rules may judge."""

from datetime import UTC, datetime, timedelta

import pytest

from agentsentinel.models import AgentRow
from agentsentinel.scores.snapshot import EVIDENCE, MANIFEST_EVIDENCE, Snapshot
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
    assert odd.behavior() < quiet.behavior()
    assert unknown.behavior() < quiet.behavior()


def test_the_source_code_is_no_evidence_of_the_server() -> None:
    profile = Snapshot(AgentRow(description="Searches")).profile()
    assert profile.evidence == EVIDENCE | MANIFEST_EVIDENCE
    assert EvidenceKind.SOURCE not in profile.evidence
    assert profile.description == "Searches"
