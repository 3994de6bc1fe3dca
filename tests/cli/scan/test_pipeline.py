"""A scan reads, links, judges and suppresses, and says how far it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsentinel_cli.scan.file_selection import Selection
from agentsentinel_cli.scan.pipeline import CACHE_FROM_FILES, Request, scan
from agentsentinel_cli.scan.report_model import ScanResult
from cli.scan.support import READER, SALES_AGENT, SALES_TEAM, write_tree

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a risky file and a harmless one, and stand in it."""
    folder = write_tree(tmp_path / "work", {"sales.py": SALES_TEAM, "docs/reader.py": READER})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    return folder


def counted(result: ScanResult) -> list[str]:
    return sorted(finding.rule_id for finding in result.findings() if finding.counts)


RULES = ["DANGEROUS_GRANTS", "EXFILTRATION_PATH", "MISSING_RATE_LIMIT"]


def test_all_files_are_read_and_each_agent_is_judged(work: Path) -> None:
    told: list[tuple[int, int]] = []
    result = scan(Request((".",), Selection()), NOW, lambda done, count: told.append((done, count)))
    assert result.files_read == 2
    assert sorted((agent.path, agent.score) for agent in result.agents) == [
        ("docs/reader.py", 100.0),
        ("sales.py", 35.0),
    ]
    assert counted(result) == RULES
    assert told[-1] == (2, 2)
    assert told == sorted(told)


def test_tools_are_listed_from_the_harmless_to_the_powerful(work: Path) -> None:
    (agent,) = scan(Request(("sales.py",), Selection()), NOW).agents
    ranks = [tool.tool_class.scope.rank for tool in agent.tools]
    assert ranks == sorted(ranks)
    assert [tool.shown for tool in agent.tools[:2]] == ["read_database", "search_crm"]


@pytest.mark.parametrize(
    ("targets", "expected"), [(("sales.py",), True), ((".",), False), (("sales.py", "docs"), False)]
)
def test_a_single_file_is_known_as_one(work: Path, targets: tuple[str, ...], expected: bool) -> None:
    assert scan(Request(targets, Selection()), NOW).is_one_file is expected


def test_the_ignore_file_of_the_root_suppresses_unless_the_scan_is_strict(work: Path) -> None:
    write_tree(work, {".sentinelignore": "EXFILTRATION_PATH  sales.py  known\n"})
    assert counted(scan(Request((".",), Selection()), NOW)) == ["DANGEROUS_GRANTS", "MISSING_RATE_LIMIT"]
    assert counted(scan(Request((".",), Selection(), is_strict=True), NOW)) == RULES


def test_a_named_ignore_file_holds_in_a_strict_scan_too(work: Path) -> None:
    write_tree(work, {"own.ignore": "*  sales.py  known\n"})
    assert counted(scan(Request((".",), Selection(), ignore_file="own.ignore", is_strict=True), NOW)) == []


def test_a_target_that_is_missing_raises(work: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(Request(("missing.py",), Selection()), NOW)


def test_the_cache_is_used_from_a_number_of_files_on_and_changes_nothing(work: Path, tmp_path: Path) -> None:
    request = Request((".",), Selection())
    scan(request, NOW)
    assert not (tmp_path / "cache").exists()
    write_tree(work, {f"more/agent_{number}.py": SALES_TEAM for number in range(CACHE_FROM_FILES)})
    first = scan(request, NOW)
    assert (tmp_path / "cache").exists()
    assert scan(request, NOW) == first
    assert scan(Request((".",), Selection(), use_cache=False), NOW) == first


UNDESCRIBED = SALES_AGENT.partition("\n")[2]
"""The tools of the sample, in a file that does not say what they are for."""
OF_TOOLS = ["DANGEROUS_GRANTS"]


def rules_of(target: str) -> list[str]:
    return counted(scan(Request((target,), Selection()), NOW))


def test_tools_in_a_folder_that_no_agent_holds_are_judged_one_by_one(work: Path) -> None:
    write_tree(work, {"sales.py": SALES_AGENT})
    result = scan(Request((".",), Selection()), NOW)
    assert counted(result) == OF_TOOLS
    assert [finding.message for finding in result.findings()] == [
        "Tools in sales.py are dangerous. Verify intent and add rate limits."
    ]


def test_a_file_named_outright_that_says_what_it_is_for_counts_as_an_agent(work: Path) -> None:
    write_tree(work, {"sales.py": SALES_AGENT, "bare.py": UNDESCRIBED})
    assert rules_of("sales.py") == RULES
    assert rules_of("bare.py") == OF_TOOLS


@pytest.mark.parametrize(
    "agent",
    [
        'handler = SentinelCallbackHandler("key", agent_id="sales")\n',
        'watched = SentinelMiddleware(model, client, "sales", session_id="s", tools=[read_database, send_email])\n',
    ],
    ids=["handler", "middleware"],
)
def test_our_handler_and_our_middleware_mark_an_agent(work: Path, agent: str) -> None:
    write_tree(work, {"sales.py": f"from agentsentinel_sdk import *\n{SALES_AGENT}\n\n{agent}"})
    assert set(rules_of(".")) >= set(RULES)


def test_an_mcp_server_counts_as_an_agent(work: Path) -> None:
    server = UNDESCRIBED.replace("@tool", "@mcp.tool()").replace(
        "from langchain_core.tools import tool", 'from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP("Sales")'
    )
    write_tree(work, {"sales.py": server})
    assert set(rules_of(".")) >= set(RULES)
