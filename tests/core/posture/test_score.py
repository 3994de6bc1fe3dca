"""From findings to a score."""

import pytest

from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture import posture_score


def of(*severities: Severity) -> list[Finding]:
    return [Finding(f"R{at}", severity, "t", "m", ("e",)) for at, severity in enumerate(severities)]


@pytest.mark.parametrize(
    ("severity", "score"),
    [(Severity.CRITICAL, 60.0), (Severity.HIGH, 80.0), (Severity.MEDIUM, 90.0), (Severity.LOW, 95.0)],
)
def test_each_severity_takes_its_points(severity, score):
    assert posture_score(of(severity)) == score


def test_points_add_up():
    assert posture_score(of(Severity.CRITICAL, Severity.LOW)) == 55.0


def test_no_findings_are_100():
    assert posture_score([]) == 100.0


def test_the_score_stops_at_zero():
    assert posture_score(of(*[Severity.CRITICAL] * 3)) == 0.0
