"""The risk of an agent, by the documented table."""

import pytest

from agentsentinel_cli.discover.model import AgentTool, ApiKey, DiscoveredAgent, Kind, Risk
from agentsentinel_cli.discover.risk import assessed, risk_of
from agentsentinel_core.light_dataclasses import replace

PROCESS = DiscoveredAgent("process", Kind.AGENT, "worker", "pid:7", pid=7)
MCP = DiscoveredAgent("network", Kind.MCP_SERVER, "mcp-server@h:1", "h:1", url="http://h:1/mcp", requires_auth=False)
MODELS = DiscoveredAgent("network", Kind.MODEL_API, "llm-api@h:2", "h:2", url="http://h:2", requires_auth=False)
PLATFORM = DiscoveredAgent("network", Kind.PLATFORM, "agentsentinel@h:9000", "h:9000", url="http://h:9000")
FILE = DiscoveredAgent("file", Kind.AGENT, "agent", "a b.py", script="a b.py")
KEY = ApiKey("OPENAI_API_KEY", "sk-proj-...wcgA", "OpenAI")
READ, WRITE = AgentTool("read_file", "read", is_dangerous=False), AgentTool("write_file", "write", is_dangerous=False)
DANGER = AgentTool("run_shell", "read", is_dangerous=True)


@pytest.mark.parametrize(
    ("agent", "risk", "reason"),
    [
        (replace(PROCESS, api_keys=(KEY,)), Risk.CRITICAL, "in process environment"),
        (replace(PROCESS, api_keys=(replace(KEY, variable="--api-key"),)), Risk.CRITICAL, "in process command line"),
        (replace(PROCESS, source="docker", api_keys=(KEY,)), Risk.CRITICAL, "in container environment"),
        (replace(FILE, has_secrets_in_source=True), Risk.CRITICAL, "hard-coded in source"),
        (replace(PROCESS, live_connections=("api.openai.com",)), Risk.HIGH, "Active connection to LLM API"),
        (MCP, Risk.HIGH, "no authentication detected"),
        (replace(PROCESS, tools=(READ, WRITE)), Risk.MEDIUM, "write_file"),
        (replace(PROCESS, tools=(DANGER,)), Risk.MEDIUM, "run_shell"),
        (MODELS, Risk.MEDIUM, "no authentication — open access"),
        (PLATFORM, Risk.LOW, "AgentSentinel monitoring platform"),
        (replace(PROCESS, is_monitored=True), Risk.LOW, "Already monitored"),
        (replace(MCP, requires_auth=True), Risk.LOW, "Authentication required"),
        (replace(MODELS, requires_auth=True), Risk.LOW, "Authentication required"),
        (replace(FILE, tools=(READ,)), Risk.LOW, "Read-only tools"),
        (PROCESS, Risk.UNKNOWN, "run sentinel scan"),
        (FILE, Risk.UNKNOWN, "run sentinel scan"),
    ],
)
def test_each_row_of_the_table(agent: DiscoveredAgent, risk: Risk, reason: str) -> None:
    found, why = risk_of(agent)
    assert found is risk
    assert reason in why


@pytest.mark.parametrize(
    "agent",
    [
        replace(PROCESS, api_keys=(KEY,), is_monitored=True, live_connections=("api.openai.com",), tools=(WRITE,)),
        replace(MCP, api_keys=(KEY,), source="process"),
        replace(FILE, has_secrets_in_source=True, tools=(WRITE,)),
    ],
)
def test_the_worst_level_that_applies_wins(agent: DiscoveredAgent) -> None:
    assert risk_of(agent)[0] is Risk.CRITICAL


def test_monitoring_does_not_hide_a_dangerous_tool() -> None:
    assert risk_of(replace(PROCESS, is_monitored=True, tools=(DANGER,)))[0] is Risk.MEDIUM


def test_an_mcp_server_over_pipes_has_no_one_to_authenticate() -> None:
    assert risk_of(replace(PROCESS, kind=Kind.MCP_SERVER, transport="stdio"))[0] is Risk.UNKNOWN


@pytest.mark.parametrize(
    ("agent", "command"),
    [
        (PROCESS, "sentinel scan --pid 7"),
        (replace(MCP, source="process", pid=7, api_keys=(KEY,)), "sentinel scan --pid 7"),
        (replace(MCP, source="process", pid=7), "sentinel mcp scan http://h:1/mcp"),
        (MCP, "sentinel mcp scan http://h:1/mcp"),
        (MODELS, "sentinel scan --url http://h:2"),
        (PLATFORM, "sentinel scan --connect http://h:9000"),
        (FILE, "sentinel scan 'a b.py'"),
    ],
)
def test_the_next_step_fits_what_was_found(agent: DiscoveredAgent, command: str) -> None:
    assert assessed(agent).next_step == command
