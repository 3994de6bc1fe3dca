"""The text report of a discovery, as documented."""

import pytest

from agentsentinel_cli.discover.model import ClientFinding, DiscoveredAgent, Discovery, Kind, Risk
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_cli.report.discovery_text import label_of, order, summary_of, text_report
from agentsentinel_cli.report.style import Style
from agentsentinel_cli.report.words import width
from agentsentinel_core.light_dataclasses import replace
from cli.report.discoveries import KEY, hostile, sample

SAMPLE = """\
╭───────────────────────────────────────────────────────────────╮
│  AgentSentinel — Discover                                     │
│  Scanning: processes · network · subnet (10.0.1.0/24)         │
╰───────────────────────────────────────────────────────────────╯

  PROCESS SCAN ──────────────────────────────────────────────────

  🔴  CRITICAL  mcp-shim           MCP + OpenAI              pid:62508
                ⚠  API key exposed: OPENAI_API_KEY=sk-proj-...wcgA
                LLM API key exposed in process environment
                → sentinel scan --pid 62508

  NETWORK SCAN ──────────────────────────────────────────────────

  🟢  LOW       agentsentinel@127.0.0.1:9000  AgentSentinel   127.0.0.1:9000
                AgentSentinel monitoring platform
                → sentinel scan --connect http://127.0.0.1:9000

  🟡  MEDIUM    llm-api@127.0.0.1:11434  OpenAI-compatible   127.0.0.1:11434
                Model: llama3.2:latest
                OpenAI-compatible API with no authentication — open access
                → sentinel scan --url http://127.0.0.1:11434

  SUBNET SCAN ───────────────────────────────────────────────────

  🟠  HIGH      mcp-server@10.0.1.45:8080  MCP Server        10.0.1.45:8080
                MCP server with no authentication detected — inspect tools
                → sentinel mcp scan http://10.0.1.45:8080/sse

  ───────────────────────────────────────────────────────────────
  4 agents found · 1 CRITICAL · 1 HIGH · 1 MEDIUM · 1 LOW

  ⚠  1 agent has an API key exposed in the environment.
  Exposed keys are visible to all processes on this host. Rotate them
  and move to a secrets manager.

  Subnet scan: 10.0.1.0/24 — 254 hosts · 3 open ports · 4.2s
"""


def plain(columns: int = 80, *, is_verbose: bool = False) -> Style:
    return Style(has_color=False, columns=columns, is_verbose=is_verbose)


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_documented_sample_comes_out_as_printed(columns: int) -> None:
    assert text_report(sample(), plain(columns)) == SAMPLE


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("is_verbose", [False, True])
def test_no_text_deceives_the_terminal_or_leaves_its_line(columns: int, is_verbose: bool) -> None:
    shown = text_report(hostile(), plain(columns, is_verbose=is_verbose))
    assert not any(char in shown for char in "\x1b\x07\u202e")
    body = [line for line in shown.splitlines() if line.startswith("                ")]
    assert body
    assert max(map(width, body)) <= columns
    assert not any(line.startswith("::error") for line in shown.splitlines())


def test_colour_carries_no_meaning_alone() -> None:
    colored = text_report(sample(), Style(has_color=True, columns=80, is_verbose=False))
    assert "\x1b[1;31mCRITICAL\x1b[0m" in colored


def test_a_vector_without_agents_says_so() -> None:
    shown = text_report(Discovery(("processes",), ("process",)), plain())
    assert "No agents found." in shown
    assert "0 agents found" in shown


def test_a_long_name_puts_the_location_on_its_own_line() -> None:
    agent = replace(sample().agents[3], name="mcp-server@[2001:db8::1]:8080", location="[2001:db8::1]:8080" + "0" * 20)
    lines = text_report(Discovery((), ("subnet",), [agent]), plain()).splitlines()
    assert " " * 16 + agent.location in lines


def test_details_show_what_is_known_of_an_agent() -> None:
    agent = replace(sample().agents[3], parent="bash (pid 3)", evidence=("MCP handshake on /sse",), pid=9)
    shown = text_report(Discovery((), ("subnet",), [agent]), plain(is_verbose=True))
    for part in ("transport: sse", "tools: delete_row (write)", "parent: bash (pid 3)", "· MCP handshake on /sse"):
        assert part in shown


def test_a_known_agent_is_shown_with_its_reason_and_counted_apart() -> None:
    found = sample()
    found.agents[0] = replace(found.agents[0], known_as="approved (.sentinelignore:1)")
    shown = text_report(found, plain())
    assert "known: approved (.sentinelignore:1)" in shown
    assert "4 agents found · 1 HIGH · 1 MEDIUM · 1 LOW · 1 known" in shown
    assert "API key exposed in the environment." not in shown


def test_an_interrupted_run_says_so() -> None:
    assert "Interrupted" in text_report(Discovery((), ("process",), is_partial=True), plain())


def test_several_exposed_agents_are_counted() -> None:
    agents = [replace(sample().agents[0], pid=pid, location=f"pid:{pid}") for pid in (1, 2)]
    shown = text_report(Discovery((), ("process",), agents), plain())
    assert "2 agents have an API key exposed" in shown
    assert summary_of(Discovery((), ("process",), agents)) == "2 agents found · 2 CRITICAL"


def test_many_keys_of_one_agent_are_shortened() -> None:
    agent = replace(sample().agents[0], api_keys=tuple(replace(KEY, variable=f"K{number}") for number in range(15)))
    assert "and 5 more" in text_report(Discovery((), ("process",), [agent]), plain())


@pytest.mark.parametrize(
    ("frameworks", "provider", "label"),
    [
        (("MCP",), "OpenAI", "MCP + OpenAI"),
        (("OpenAI SDK",), "OpenAI", "OpenAI SDK"),
        (("CrewAI", "MCP"), None, "CrewAI + MCP"),
        ((), "Anthropic", "Anthropic"),
        ((), None, "unknown framework"),
    ],
)
def test_frameworks_and_provider_are_one_label(frameworks: tuple[str, ...], provider: str | None, label: str) -> None:
    agent = DiscoveredAgent("process", Kind.AGENT, "a", "pid:1", frameworks=frameworks, provider=provider)
    assert label_of(agent) == label


def test_servers_are_sorted_by_number_and_processes_by_risk() -> None:
    places = ["10.0.1.9:80", "10.0.1.10:80", "10.0.1.9:443", "[::1]:80", "127.0.0.1:9"]
    servers = [DiscoveredAgent("network", Kind.MODEL_API, "x", place) for place in places]
    shown = [agent.location for agent in sorted(servers, key=order)]
    assert shown == ["10.0.1.9:80", "10.0.1.9:443", "10.0.1.10:80", "127.0.0.1:9", "[::1]:80"]
    processes = [
        assessed(DiscoveredAgent("process", Kind.AGENT, "a", "pid:1", pid=1)),
        assessed(DiscoveredAgent("process", Kind.AGENT, "b", "pid:2", pid=2, api_keys=(KEY,))),
    ]
    assert [agent.risk for agent in sorted(processes, key=order)] == [Risk.CRITICAL, Risk.UNKNOWN]


@pytest.mark.parametrize("count", [1, 5, 6, 12])
def test_a_client_with_many_findings_shows_all_of_them_when_verbose(count: int) -> None:
    findings = tuple(ClientFinding("HIDDEN_TEXT", Risk.HIGH, f"finding {number}.") for number in range(count))
    agent = DiscoveredAgent(
        source="client",
        kind=Kind.AGENT,
        name="cursor",
        location="~/.cursor/mcp.json",
        risk=Risk.HIGH,
        risk_reason=findings[0].message,
        findings=findings,
    )
    discovery = Discovery(("clients",), ("client",), [agent], [])
    brief, verbose = (text_report(discovery, plain(is_verbose=is_verbose)) for is_verbose in (False, True))
    assert all(finding.message in verbose for finding in findings)
    assert sum(finding.message in brief for finding in findings) == min(count, 5)
    assert (f"and {count - 5} more; --verbose shows all" in brief) == (count > 5)
    assert "more;" not in verbose
