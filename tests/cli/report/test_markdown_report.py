"""The report in Markdown, for comments and job summaries."""

from pathlib import Path

from cli.scan.support import SALES_TEAM, sentinel, write_tree


def test_markdown_lists_findings_and_tools(tmp_path: Path) -> None:
    text = sentinel(write_tree(tmp_path / "w", {"sales.py": SALES_TEAM}), "scan", ".", "--format", "markdown").out
    assert "35/100 CRITICAL" in text
    assert "| send\\_email | write | yes |" in text
