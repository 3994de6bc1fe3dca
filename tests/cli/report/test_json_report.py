"""The report in JSON keeps its keys."""

from pathlib import Path

import pytest

from cli.scan.support import READER, SALES_AGENT, sentinel, write_tree


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a folder with one risky and one harmless file."""
    return write_tree(tmp_path / "work", {"sales.py": SALES_AGENT, "docs/reader.py": READER})


def test_json_keeps_the_known_keys_and_says_where_each_tool_is(work: Path) -> None:
    (entry,) = sentinel(work, "scan", "sales.py", "--format", "json").entries
    known = {"file", "model", "description", "hardcoded_credentials", "tools", "findings", "posture_score", "status"}
    assert known <= set(entry)
    assert (entry["posture_score"], entry["status"]) == (35.0, "CRITICAL")
    mail = next(tool for tool in entry["tools"] if tool["name"] == "send_email")
    assert (mail["scope"], mail["is_dangerous"], mail["category"]) == ("write", True, "communication")
    assert (mail["source"], mail["line"]) == ("sales.py", 19) or (mail["source"], mail["line"]) == ("sales.py", 18)
    assert mail["reasons"]
    worst = entry["findings"][0]
    assert {"severity", "rule_id", "message", "detail", "confidence", "fix", "docs", "owasp", "atlas"} <= set(worst)
    assert worst["locations"][0]["line"] > 1


def test_places_of_findings_carry_their_line_of_code(work: Path) -> None:
    (entry,) = sentinel(work, "scan", "sales.py", "--format", "json").entries
    place = entry["findings"][0]["locations"][0]
    assert place["excerpt"] == {"text": "def search_crm(query: str) -> str:", "column": 1}
