"""A scan reads, links, judges and suppresses, and says how far it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsentinel_cli.scan.file_selection import Selection
from agentsentinel_cli.scan.pipeline import CACHE_FROM_FILES, Request, scan
from agentsentinel_cli.scan.report_model import ScanResult
from cli.scan.support import READER, SALES_AGENT, write_tree

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a risky file and a harmless one, and stand in it."""
    folder = write_tree(tmp_path / "work", {"sales.py": SALES_AGENT, "docs/reader.py": READER})
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
    write_tree(work, {f"more/agent_{number}.py": SALES_AGENT for number in range(CACHE_FROM_FILES)})
    first = scan(request, NOW)
    assert (tmp_path / "cache").exists()
    assert scan(request, NOW) == first
    assert scan(Request((".",), Selection(), use_cache=False), NOW) == first
