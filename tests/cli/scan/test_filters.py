"""Filters remove findings and agents from a result, and count what they removed."""

import pytest

from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.filters import Filters, check_rules, narrow
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, ScanResult
from agentsentinel_core.findings import Severity


def finding(rule: str, severity: Severity) -> ScanFinding:
    where = (Location("a.py", Place(1)),)
    return ScanFinding(rule, severity, "t", "m", "d", ("a:b",), "high", where, "f", "d", (), "0")


def result() -> ScanResult:
    """Make a result with two agents and a file of tools, each with two findings."""
    agents = [
        ScannedAgent(
            name,
            path,
            place,
            "",
            None,
            None,
            score=40.0,
            findings=[finding("DANGEROUS_GRANTS", Severity.HIGH), finding("MISSING_RATE_LIMIT", Severity.LOW)],
        )
        for name, path, place in [
            ("support", "a.py", Place(1)),
            ("Team/Sales [eu]", "b.py", Place(1)),
            ("c.py", "lib/c.py", None),
        ]
    ]
    return ScanResult(targets=(".",), agents=agents, skipped=[], left_out={}, files_read=3)


def names(filters: Filters) -> list[str]:
    narrowed = result()
    narrow(narrowed, filters)
    return [agent.name for agent in narrowed.agents]


def test_without_filters_nothing_is_removed() -> None:
    narrowed = result()
    narrow(narrowed, Filters())
    assert (len(narrowed.findings()), narrowed.filtered) == (6, {})


def test_a_finding_that_two_filters_exclude_is_counted_once() -> None:
    narrowed = result()
    narrow(narrowed, Filters(severities=("HIGH",), disabled_rules=("MISSING_RATE_LIMIT",), agents=("support",)))
    assert [found.rule_id for found in narrowed.findings()] == ["DANGEROUS_GRANTS"]
    assert narrowed.filtered == {"agent": 4, "rule": 1}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("support", ["support"]),
        ("supp*", ["support"]),
        ("Team/Sales [eu]", ["Team/Sales [eu]"]),
        ("lib/*.py", ["c.py"]),
        ("c.py", ["c.py"]),
        ("**", ["support", "Team/Sales [eu]", "c.py"]),
    ],
)
def test_an_agent_is_named_by_its_name_and_tools_of_a_file_by_its_path(pattern: str, expected: list[str]) -> None:
    assert names(Filters(agents=(pattern,))) == expected


def test_scores_are_those_of_all_findings() -> None:
    narrowed = result()
    narrow(narrowed, Filters(severities=("MEDIUM",)))
    assert not narrowed.findings()
    assert {agent.score for agent in narrowed.agents} == {40.0}


def test_names_in_the_error_for_an_unknown_agent_are_escaped() -> None:
    narrowed = result()
    narrowed.agents[0].name = "x\x1b[31m"
    with pytest.raises(RequestError, match=r"there are 'Team/Sales \[eu\]', 'lib/c\.py', 'x\\x1b\[31m'"):
        narrow(narrowed, Filters(agents=("none",)))


def test_the_error_for_an_unknown_rule_names_its_origin() -> None:
    check_rules(["DANGEROUS_GRANTS"], "--rule")
    with pytest.raises(RequestError, match=r"^sentinel\.toml: rules\.only: 'X' is not a rule"):
        check_rules(["X"], "sentinel.toml: rules.only")
