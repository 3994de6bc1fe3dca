"""Formats for machines are valid, and no name from a file reaches a terminal or a page as it is."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from agentsentinel_cli.commands.scan import FORMATS
from cli.scan.support import READER, SALES_AGENT, sentinel, write_tree

DATA = Path(__file__).parents[1] / "data"
HOSTILE = "x\\x1b[31m\\u202e[bold]<b>|`\\n::error::" + "y" * 3000
HOSTILE_AGENT = f'''from langchain_core.tools import tool


@tool("delete_{HOSTILE}")
def delete_thing(path: str) -> str:
    """Delete <script>alert(1)</script>."""
    return path
'''


def schema() -> Any:
    """Load the published schema, without its one pattern that has a stray bracket."""
    content = json.loads((DATA / "sarif-schema-2.1.0.json").read_text())
    for definition in content["definitions"].values():
        for field in definition.get("properties", {}).values():
            if field.get("pattern", "").endswith("]?$"):
                del field["pattern"]
    return content


def sarif(folder: Path, *arguments: str) -> Any:
    return json.loads(sentinel(folder, "scan", *arguments, "--format", "sarif").out)


def test_sarif_is_valid_and_keeps_to_githubs_rules(tmp_path: Path) -> None:
    folder = write_tree(
        tmp_path / "w",
        {
            "sales agent/ä%.py": SALES_AGENT,
            "bad.py": "def (:\n @tool",
            "reader.py": READER,
            "hostile.py": HOSTILE_AGENT,
        },
    )
    log = sarif(folder, ".")
    problems = list(jsonschema_rs.validator_for(schema()).iter_errors(log))
    assert not problems
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == 13
    for rule in rules:
        assert 0.0 < float(rule["properties"]["security-severity"]) <= 10.0
        assert "security" in rule["properties"]["tags"]
        assert rule["help"]["markdown"]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            place = location["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            assert not uri.startswith(("/", "."))
            assert ".." not in uri
            assert uri.isascii()
            assert " " not in uri
            assert place["region"]["startLine"] >= 1
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert "sales%20agent/%C3%A4%25.py" in uris
    assert "bad.py" in str(run["invocations"][0]["toolExecutionNotifications"])


def test_sarif_addresses_are_relative_even_when_the_target_is_elsewhere(tmp_path: Path) -> None:
    write_tree(tmp_path / "project", {"agents/sales.py": SALES_AGENT})
    elsewhere = write_tree(tmp_path / "elsewhere", {"x": ""})
    log = sarif(elsewhere, str(tmp_path / "project"))
    places = str(log["runs"][0]["results"])
    assert "'uri': 'agents/sales.py'" in places
    assert str(tmp_path) not in places


def test_a_schema_that_accepts_everything_would_show() -> None:
    validator = jsonschema_rs.validator_for(schema())
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"tool": {}}]})


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


def test_github_annotations_name_file_and_line_and_fill_the_job_summary(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    summary = tmp_path / "summary.md"
    run = sentinel(folder, "scan", ".", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)})
    lines = run.out.splitlines()
    assert lines[0].startswith("::error file=sales.py,line=")
    assert "title=CRITICAL EXFILTRATION_PATH::" in lines[0]
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error", "::notice"]
    assert "EXFILTRATION_PATH" in summary.read_text()


def test_markdown_lists_findings_and_tools(tmp_path: Path) -> None:
    text = sentinel(write_tree(tmp_path / "w", {"sales.py": SALES_AGENT}), "scan", ".", "--format", "markdown").out
    assert "35/100 CRITICAL" in text
    assert "| send\\_email | write | yes |" in text


def test_the_text_report_says_each_thing_once(tmp_path: Path) -> None:
    told = sentinel(write_tree(tmp_path / "w", {"agent.py": SALES_AGENT}), "scan", "agent.py").out
    assert "Internal-read: read_database, search_crm" in told
    assert "No rate limit:" not in told, "the message has named the tools"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_the_signs_of_the_report_gets_plain_ones(tmp_path: Path, encoding: str) -> None:
    folder = write_tree(tmp_path / "w", {"agent.py": SALES_AGENT})
    told = sentinel(folder, "scan", "agent.py", env={"PYTHONIOENCODING": encoding}).out
    assert "?" not in told
    assert told.startswith("+----")
    assert "#######............." in told


SLUG = "exfiltration-path"


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
def test_without_a_setting_a_finding_names_the_command_that_explains_it(tmp_path: Path, form: str) -> None:
    """No public copy holds the pages of this version, so no report may link to one."""
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    told = sentinel(folder, "scan", ".", "--format", form).out
    assert "sentinel explain EXFILTRATION_PATH" in told
    assert f"{SLUG}.md" not in told
    assert "github.com/" not in told


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
@pytest.mark.parametrize("address", ["https://docs.example/sentinel", "http://docs.example/sentinel/"])
def test_one_setting_says_where_the_pages_are(tmp_path: Path, form: str, address: str) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    without = sentinel(folder, "scan", ".", "--format", form).out
    told = sentinel(folder, "scan", ".", "--format", form, env={"SENTINEL_DOCS_URL": address}).out
    assert f"{address.rstrip('/')}/rules/{SLUG}.md" in told
    assert told != without, "the cache knows the setting"


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "docs/"])
def test_what_is_no_address_is_no_link(tmp_path: Path, address: str) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    told = sentinel(folder, "scan", ".", "--format", "sarif", env={"SENTINEL_DOCS_URL": address}).out
    assert "helpUri" not in told


def test_sarif_carries_the_text_of_each_rule_itself(tmp_path: Path) -> None:
    log = sarif(write_tree(tmp_path / "w", {"sales.py": SALES_AGENT}), ".")
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        for form in ("text", "markdown"):
            assert rule["fullDescription"]["text"] in rule["help"][form]
            assert f"sentinel explain {rule['id']}" in rule["help"][form]
