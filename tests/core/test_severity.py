"""Severities compare by rank."""

import pytest

from agentsentinel_core.severity import Severity


def test_critical_is_the_worst_and_low_the_least():
    assert sorted(Severity, key=lambda severity: severity.rank) == [
        Severity.LOW,
        Severity.MEDIUM,
        Severity.HIGH,
        Severity.CRITICAL,
    ]


@pytest.mark.parametrize("severity", Severity)
def test_a_severity_is_at_least_itself_and_all_below(severity):
    assert [severity.at_least(other) for other in Severity] == [severity.rank >= other.rank for other in Severity]
