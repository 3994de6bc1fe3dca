"""Filters remove findings and agents from a result, and count what they removed."""

import pytest

from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.filters import Filters, check_rules, narrow
from agentsentinel_cli.scan.git_diff import ChangedLines
from agentsentinel_cli.scan.git_index import Tracked
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, ScanResult
from agentsentinel_core.findings import Severity

NOTHING: dict[str, bytes] = {}


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
    narrow(narrowed, filters, NOTHING.get)
    return [agent.name for agent in narrowed.agents]


def test_without_filters_nothing_is_removed() -> None:
    narrowed = result()
    narrow(narrowed, Filters(), NOTHING.get)
    assert (len(narrowed.findings()), narrowed.filtered) == (6, {})


def test_a_finding_that_two_filters_exclude_is_counted_once() -> None:
    narrowed = result()
    narrow(
        narrowed,
        Filters(severities=("HIGH",), disabled_rules=("MISSING_RATE_LIMIT",), agents=("support",)),
        NOTHING.get,
    )
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
    narrow(narrowed, Filters(severities=("MEDIUM",)), NOTHING.get)
    assert not narrowed.findings()
    assert {agent.score for agent in narrowed.agents} == {40.0}


def test_names_in_the_error_for_an_unknown_agent_are_escaped() -> None:
    narrowed = result()
    narrowed.agents[0].name = "x\x1b[31m"
    with pytest.raises(RequestError, match=r"there are 'Team/Sales \[eu\]', 'lib/c\.py', 'x\\x1b\[31m'"):
        narrow(narrowed, Filters(agents=("none",)), NOTHING.get)


def test_the_error_for_an_unknown_rule_names_its_origin() -> None:
    check_rules(["DANGEROUS_GRANTS"], "--rule")
    with pytest.raises(RequestError, match=r"^sentinel\.toml: rules\.only: 'X' is not a rule"):
        check_rules(["X"], "sentinel.toml: rules.only")


SOURCE = b"""agent = Agent(
    tools=[send],
)

@tool(
    name="send",
)
def send(text):
    return post(text)

other = 1
"""


@pytest.mark.parametrize(
    ("line", "is_reported"), [(1, True), (2, True), (4, False), (5, True), (6, True), (8, True), (9, True), (11, False)]
)
def test_a_change_touches_a_tool_with_its_decorators_and_body_and_what_builds_the_agent(
    line: int, is_reported: bool
) -> None:
    found = finding("DANGEROUS_GRANTS", Severity.HIGH)
    found.locations = (Location("a.py", Place(8, 1, 9)),)
    agent = ScannedAgent("a", "a.py", Place(1, 1, 3), "", None, None, findings=[found])
    narrowed = ScanResult(targets=(".",), agents=[agent], skipped=[], left_out={}, files_read=1)
    changed = ChangedLines({"a.py": ((line, line),)}, Tracked(frozenset({"a.py"})))
    narrow(narrowed, Filters(changed=changed), {"a.py": SOURCE}.get)
    assert bool(narrowed.findings()) is is_reported
    assert narrowed.filtered == ({} if is_reported else {"since": 1})


@pytest.mark.parametrize(("tracked", "left"), [({"a.py", "b.py", "lib/c.py"}, 0), ({"b.py", "lib/c.py"}, 6)])
def test_everything_in_a_file_that_git_does_not_track_is_new(tracked: set[str], left: int) -> None:
    narrowed = result()
    narrow(narrowed, Filters(changed=ChangedLines({}, Tracked(frozenset(tracked)))), NOTHING.get)
    assert len(narrowed.findings()) == left
