"""SARIF is valid, keeps to the rules of GitHub and carries the text of each rule."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from cli.report.support import HOSTILE_AGENT, sarif_schema
from cli.scan.support import READER, SALES_AGENT, sentinel, write_tree


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
    problems = list(jsonschema_rs.validator_for(sarif_schema()).iter_errors(log))
    assert not problems
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == 14
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
    validator = jsonschema_rs.validator_for(sarif_schema())
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"tool": {}}]})


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


def test_regions_carry_their_text_and_the_line_around_it(tmp_path: Path) -> None:
    log = sarif(write_tree(tmp_path / "w", {"sales.py": SALES_AGENT + "\nagent = Agent(tools=[send_email])\n"}), ".")
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    lines = (tmp_path / "w" / "sales.py").read_text().splitlines()
    line = lines[place["region"]["startLine"] - 1]
    assert place["region"]["snippet"]["text"] == line[place["region"]["startColumn"] - 1 :]
    assert place["contextRegion"] == {"startLine": place["region"]["startLine"], "snippet": {"text": line}}
