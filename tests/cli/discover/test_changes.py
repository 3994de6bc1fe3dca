"""What has changed between two runs."""

from agentsentinel_cli.discover.changes import changes
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_core.light_dataclasses import replace
from cli.report.discoveries import hostile, sample

PROCESS, MODELS, PLATFORM, MCP = sample().agents


def test_new_gone_and_changed_agents_are_lines() -> None:
    quiet = assessed(replace(PROCESS, api_keys=()))
    lines = list(changes([quiet, MODELS], [PROCESS, MCP]))
    assert [line.split("  ")[0] for line in lines] == ["~ UNKNOWN -> CRITICAL", "+ HIGH", "- MEDIUM"]
    assert "mcp-server@10.0.1.45:8080" in lines[1]


def test_a_restart_is_not_a_change() -> None:
    assert list(changes([PROCESS], [replace(PROCESS, pid=9, location="pid:9")])) == []


def test_lines_are_safe_to_show() -> None:
    assert not any("\x1b" in line or "\n" in line for line in changes([], hostile().agents))
