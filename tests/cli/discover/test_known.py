"""Agents that are known: baselines and ignore files."""

import json
from datetime import date
from pathlib import Path

import pytest

from agentsentinel_cli.discover.known import fingerprint_of, marked, read_baseline, read_ignores, write_baseline
from agentsentinel_cli.discover.model import DiscoveredAgent, Kind
from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_core.light_dataclasses import replace
from cli.report.discoveries import sample

TODAY = date(2026, 11, 29)
PROCESS, MODELS, PLATFORM, MCP = sample().agents


def reasons(folder: Path, *lines: str) -> list[str | None]:
    file = folder / ".sentinelignore"
    file.write_text("".join(f"{line}\n" for line in lines))
    return [agent.known_as for agent in marked(sample().agents, read_ignores([str(file)]), {}, TODAY)]


@pytest.mark.parametrize(
    ("pattern", "known"),
    [
        ("mcp-shim", 0),
        ("usr/bin/sentinel", 0),
        ("llm-api@*", 1),
        ("127.0.0.1:9000", 2),
        ("10.0.1.*:8080", 3),
    ],
)
def test_a_line_names_an_agent_by_name_script_or_place(tmp_path: Path, pattern: str, known: int) -> None:
    found = reasons(tmp_path, f"AGENT {pattern} approved by the platform team")
    assert [number for number, reason in enumerate(found) if reason] == [known]
    assert "approved by the platform team" in str(found[known])


def test_lines_for_rules_and_lines_that_have_expired_make_no_agent_known(tmp_path: Path) -> None:
    lines = ["* ** everything", "TOOL_POISONING ** x", "AGENT mcp-shim until=2026-11-28 old", "# AGENT mcp-shim x"]
    assert reasons(tmp_path, *lines) == [None] * 4
    assert reasons(tmp_path, "AGENT mcp-shim until=2026-11-29 today")[0] is not None


@pytest.mark.parametrize("line", ["AGENT", "AGENT mcp-shim", "AGENTS mcp-shim reason"])
def test_a_line_without_a_reason_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(SuppressionError):
        reasons(tmp_path, line)


def test_a_baseline_makes_its_agents_known(tmp_path: Path) -> None:
    file = str(tmp_path / "known.json")
    assert write_baseline(file, [PROCESS, MCP]) == 2
    found = marked(sample().agents, [], read_baseline(file), TODAY)
    assert [agent.known_as for agent in found] == [f"in {file}", None, None, f"in {file}"]


def test_a_baseline_holds_no_key(tmp_path: Path) -> None:
    write_baseline(str(tmp_path / "known.json"), sample().agents)
    assert "wcgA" not in (tmp_path / "known.json").read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"agents": 1}', '{"agents": [1]}', '{"findings": []}', "[" * 100_000])
def test_what_is_not_a_baseline_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(SuppressionError, match="not a baseline"):
        read_baseline(str(file))


def test_an_agent_keeps_its_identity_over_a_restart_and_a_change_of_risk() -> None:
    restarted = replace(PROCESS, pid=7, location="pid:7", api_keys=(), risk_reason="")
    assert fingerprint_of(restarted) == fingerprint_of(PROCESS)


@pytest.mark.parametrize(
    "other",
    [
        replace(PROCESS, script="/other/sentinel"),
        replace(PROCESS, name="other"),
        replace(MCP, endpoints=("10.0.1.46:8080",)),
        DiscoveredAgent("file", Kind.AGENT, "mcp-shim", "a.py", script="/usr/bin/sentinel"),
    ],
)
def test_another_agent_has_another_identity(other: DiscoveredAgent) -> None:
    assert fingerprint_of(other) not in {fingerprint_of(agent) for agent in sample().agents}


def test_the_file_of_a_baseline_is_json_in_a_stable_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    write_baseline(str(first), sample().agents)
    write_baseline(str(second), reversed(sample().agents))
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_text())["version"] == 1
