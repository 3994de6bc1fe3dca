"""What holds in every format: no name from a file reaches a terminal or a page, and links follow the setting."""

from pathlib import Path

import pytest

from agentsentinel_cli.commands.reporting import FORMATS
from cli.report.support import HOSTILE_AGENT
from cli.scan.support import SALES_TEAM, sentinel, write_tree


@pytest.mark.parametrize("form", FORMATS)
def test_names_from_files_are_made_harmless_in_every_format(tmp_path: Path, form: str) -> None:
    folder = write_tree(tmp_path / "w", {"hostile.py": HOSTILE_AGENT})
    run = sentinel(folder, "scan", ".", "--format", form)
    assert run.code == 0
    for text in (run.out, run.err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\n::error::y" not in text
    if form in ("text", "markdown", "github"):
        assert "y" * 1000 not in run.out
    if form == "markdown":
        assert "<script>" not in run.out
        assert "<b>" not in run.out


SLUG = "exfiltration-path"


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
def test_without_a_setting_a_finding_names_the_command_that_explains_it(tmp_path: Path, form: str) -> None:
    """No public copy holds the pages of this version, so no report may link to one."""
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_TEAM})
    told = sentinel(folder, "scan", ".", "--format", form).out
    assert "sentinel explain EXFILTRATION_PATH" in told
    assert f"{SLUG}.md" not in told
    assert "github.com/" not in told


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
@pytest.mark.parametrize("address", ["https://docs.example/sentinel", "http://docs.example/sentinel/"])
def test_one_setting_says_where_the_pages_are(tmp_path: Path, form: str, address: str) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_TEAM})
    without = sentinel(folder, "scan", ".", "--format", form).out
    told = sentinel(folder, "scan", ".", "--format", form, env={"SENTINEL_DOCS_URL": address}).out
    assert f"{address.rstrip('/')}/rules/{SLUG}.md" in told
    assert told != without, "the cache knows the setting"
