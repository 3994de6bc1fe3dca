"""The SARIF report of a discovery, against the published schema."""

import json
from typing import Any

import jsonschema_rs
import pytest

from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery, Kind
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_cli.report.discovery_sarif import render
from agentsentinel_core.light_dataclasses import replace
from cli.report.discoveries import hostile, sample
from cli.report.support import sarif_schema


def log_of(discovery: Discovery) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(discovery))
    return log


@pytest.mark.parametrize("discovery", [sample(), hostile(), Discovery((), ())])
def test_the_log_keeps_to_the_published_schema(discovery: Discovery) -> None:
    jsonschema_rs.validator_for(sarif_schema()).validate(log_of(discovery))


def test_each_agent_is_a_result_of_the_rule_of_its_risk() -> None:
    (run,) = log_of(sample())["runs"]
    assert [result["ruleId"] for result in run["results"]] == [
        "AGENT_CRITICAL",
        "AGENT_HIGH",
        "AGENT_MEDIUM",
        "AGENT_LOW",
    ]
    assert [run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]
    assert "sk-proj-...wcgA" in run["results"][0]["message"]["text"]


@pytest.mark.parametrize(("location", "uri", "line"), [("a b.py:12", "a%20b.py", 12), ("a.py", "a.py", 1)])
def test_agents_in_files_have_a_place_in_the_file(location: str, uri: str, line: int) -> None:
    agent = assessed(DiscoveredAgent("file", Kind.AGENT, "a", location, script="/x"))
    (result,) = log_of(Discovery((), ("file",), [agent]))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (uri, line)


def test_known_agents_are_suppressed() -> None:
    found = sample()
    found.agents[0] = replace(found.agents[0], known_as="approved")
    results = log_of(found)["runs"][0]["results"]
    assert [bool(result["suppressions"]) for result in results] == [True, False, False, False]
