"""The posture score, computed from findings."""

from collections.abc import Iterable

from agentsentinel_core.findings import Finding, Severity

BEST = 100.0
POINTS: dict[Severity, float] = {
    Severity.CRITICAL: 40.0,
    Severity.HIGH: 20.0,
    Severity.MEDIUM: 10.0,
    Severity.LOW: 5.0,
}
"""Points that one finding of each severity subtracts from the score."""


def posture_score(findings: Iterable[Finding]) -> float:
    """Compute the posture score: 100 minus the points of every finding that costs any, at least 0. Higher is safer."""
    return max(0.0, BEST - sum(POINTS[finding.severity] for finding in findings if finding.costs_points))
