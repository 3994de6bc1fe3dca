"""From findings to a posture score."""

from collections.abc import Iterable

from agentsentinel_core.findings import Finding, Severity

BEST = 100.0
POINTS: dict[Severity, float] = {
    Severity.CRITICAL: 40.0,
    Severity.HIGH: 20.0,
    Severity.MEDIUM: 10.0,
    Severity.LOW: 5.0,
}
"""What one finding takes away, in points of the score."""


def posture_score(findings: Iterable[Finding]) -> float:
    """0.0 to 100.0, higher is safer: 100 less the points of every finding, never under 0."""
    return max(0.0, BEST - sum(POINTS[finding.severity] for finding in findings))
