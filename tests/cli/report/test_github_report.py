"""Annotations of a GitHub run stand at the place of the finding."""

from pathlib import Path

from cli.scan.support import SALES_TEAM, sentinel, write_tree


def test_github_annotations_name_file_and_line_and_fill_the_job_summary(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_TEAM})
    summary = tmp_path / "summary.md"
    run = sentinel(folder, "scan", ".", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)})
    lines = run.out.splitlines()
    assert lines[0].startswith("::error file=sales.py,line=")
    assert "title=CRITICAL EXFILTRATION_PATH::" in lines[0]
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error", "::notice"]
    assert "EXFILTRATION_PATH" in summary.read_text()
