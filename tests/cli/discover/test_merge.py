"""One entity per agent, whatever vectors and processes have seen it."""

from collections.abc import Mapping
from typing import Any

import pytest

from agentsentinel_cli.discover.merge import LAUNCHER, merge
from agentsentinel_cli.discover.model import AgentTool, ApiKey, DiscoveredAgent, Kind
from agentsentinel_core.light_dataclasses import replace

KEY = ApiKey("OPENAI_API_KEY", "sk-proj-...wcgA", "OpenAI")
OTHER_KEY = ApiKey("GROQ_API_KEY", "gsk_abcd...wxyz", "Groq")


def process(pid: int, **members: Any) -> DiscoveredAgent:
    agent = DiscoveredAgent("process", Kind.AGENT, "server", f"pid:{pid}", pid=pid, script="/app/server.py")
    return replace(agent, **members)


def server(pid: int | None, source: str = "network", **members: Any) -> DiscoveredAgent:
    at = "127.0.0.1:8000"
    agent = DiscoveredAgent(
        source, Kind.MCP_SERVER, f"mcp-server@{at}", at, pid=pid, endpoints=(at,), requires_auth=False
    )
    return replace(agent, **{"frameworks": ("MCP Server",), "url": f"http://{at}/mcp", **members})


def test_a_process_that_listens_is_one_agent() -> None:
    (agent,) = merge([process(5, api_keys=(KEY,)), server(5)], {5: 1})
    assert (agent.source, agent.location, agent.kind) == ("process", "pid:5", Kind.MCP_SERVER)
    assert (agent.api_keys, agent.url, agent.requires_auth) == ((KEY,), "http://127.0.0.1:8000/mcp", False)


def test_a_worker_that_listens_is_the_agent_that_started_it() -> None:
    (agent,) = merge([process(5), process(6), process(7), server(7)], {5: 1, 6: 5, 7: 5})
    assert agent.location == "pid:5"
    assert agent.children == ("server (pid 6)", "server (pid 7)")
    assert agent.kind is Kind.MCP_SERVER


def test_keys_and_connections_of_workers_are_the_agents() -> None:
    worker = process(6, api_keys=(OTHER_KEY,), live_connections=("api.groq.com",))
    (agent,) = merge([process(5, api_keys=(KEY,)), worker], {5: 1, 6: 5})
    assert agent.api_keys == (KEY, OTHER_KEY)
    assert agent.live_connections == ("api.groq.com",)


@pytest.mark.parametrize("parents", [{9: 7, 7: 5, 5: 1}, {9: 5, 5: 1}])
def test_a_launcher_and_its_server_are_one(parents: Mapping[int, int]) -> None:
    launcher = process(5, name="server-git", script=None, transport=LAUNCHER, frameworks=("MCP",))
    (agent,) = merge([launcher, process(9, name="index", script="/npx/index.js")], parents)
    assert (agent.name, agent.location, agent.transport) == ("server-git", "pid:9", "stdio")


def test_a_launcher_alone_is_a_server_over_pipes() -> None:
    (agent,) = merge([process(5, transport=LAUNCHER)], {5: 1})
    assert agent.transport == "stdio"


def test_an_agent_and_a_server_that_it_started_stay_two() -> None:
    agents = merge([process(5), process(6, script="/app/tools.py")], {5: 1, 6: 5})
    assert [agent.location for agent in agents] == ["pid:5", "pid:6"]


def test_a_file_that_runs_is_one_agent() -> None:
    tool = AgentTool("delete_row", "write", is_dangerous=True)
    file = DiscoveredAgent("file", Kind.AGENT, "server", "server.py:3", script="/app/server.py", tools=(tool,))
    (agent,) = merge([process(5), file], {5: 1})
    assert (agent.location, agent.tools) == ("pid:5", (tool,))


def test_a_containers_published_port_and_the_server_behind_it_are_one() -> None:
    container = DiscoveredAgent(
        "docker", Kind.AGENT, "web", "container:web", api_keys=(KEY,), container="web", endpoints=("127.0.0.1:8000",)
    )
    (agent,) = merge([server(None), container], {})
    assert (agent.source, agent.api_keys, agent.container) == ("network", (KEY,), "web")


def test_a_container_whose_process_is_seen_on_the_host_is_one_agent() -> None:
    container = DiscoveredAgent(
        "docker", Kind.AGENT, "web", "container:web", pid=5, api_keys=(KEY,), container="0123456789ab"
    )
    (agent,) = merge([process(5), container], {5: 1})
    assert (agent.source, agent.location, agent.container) == ("process", "pid:5", "0123456789ab")
    assert agent.api_keys == (KEY,)


def test_a_host_of_the_subnet_that_is_this_host_is_shown_once() -> None:
    assert len(merge([server(None), server(None, "subnet")], {})) == 1


def test_two_servers_stay_two() -> None:
    other = replace(server(None), location="127.0.0.1:8001", endpoints=("127.0.0.1:8001",))
    assert len(merge([server(None), other, process(5)], {5: 1})) == 3


@pytest.mark.parametrize("parents", [{5: 6, 6: 5}, {5: 5, 6: 6}, {}])
def test_loops_among_parents_end(parents: Mapping[int, int]) -> None:
    agents = [process(5), process(6, script="/other.py")]
    assert {agent.pid for agent in merge(agents, parents)} == {5, 6}
