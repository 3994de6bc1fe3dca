"""MCP servers of Python files: what they offer, and who connects to them."""

import pytest

from agentsentinel_cli.scan.model import AgentFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python


def agents(source: str) -> list[AgentFact]:
    return list(extract_python("agent.py", source.encode()).agents)


def granted(agent: AgentFact) -> list[tuple[GrantKind, str | Symbol]]:
    return [(grant.kind, grant.target) for grant in agent.grants]


def test_a_server_offers_what_is_registered_on_it_and_only_that() -> None:
    found = agents(
        """
from fastmcp import FastMCP
one, two = FastMCP("one"), FastMCP("two")
@one.tool
def first(): ...
def second(): ...
two.add_tool(second)
"""
    )
    assert {agent.name: [target for _, target in granted(agent)] for agent in found} == {
        "one": ["first"],
        "two": ["second"],
    }


def test_mcp_servers_go_to_the_agent_that_connects_to_them() -> None:
    first, second = agents(
        """
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPServerStdio, MCPServerStreamableHTTP
files = MCPServerStdio("npx", args=["-y", "server-filesystem", "/srv"])
web = MCPServerStreamableHTTP(url="https://mcp.example/mcp")
one = Agent("openai:gpt-5", toolsets=[files])
two = Agent("openai:gpt-5", toolsets=[web])
"""
    )
    assert [server.target for server in first.servers] == ["npx -y server-filesystem /srv"]
    assert [server.target for server in second.servers] == ["https://mcp.example/mcp"]


def test_a_table_of_servers_is_read_whole() -> None:
    (agent,) = agents(
        """
from langchain_mcp_adapters.client import MultiServerMCPClient
client = MultiServerMCPClient({
    "maths": {"command": "python", "args": ["maths.py"], "transport": "stdio"},
    "web": {"url": "https://mcp.example/sse"},
})
"""
    )
    assert [(server.name, server.target) for server in agent.servers] == [
        ("maths", "python maths.py"),
        ("web", "https://mcp.example/sse"),
    ]


@pytest.mark.parametrize(
    "made",
    [
        "FastMCP.as_proxy('http://crm.example.com/mcp', name='p')",
        "FastMCP.as_proxy(ProxyClient('http://crm.example.com/mcp'))",
        "FastMCP.as_proxy(Client('http://crm.example.com/mcp'), name='p')",
        "create_proxy('http://crm.example.com/mcp')",
    ],
)
def test_a_proxy_connects_to_the_server_whose_calls_it_relays(made: str) -> None:
    source = (
        f"from fastmcp import Client, FastMCP\nfrom fastmcp.server.proxy import ProxyClient, create_proxy\np = {made}\n"
    )
    (agent,) = extract_python("proxy.py", source.encode()).agents
    assert [server.target for server in agent.servers] == ["http://crm.example.com/mcp"]


@pytest.mark.parametrize(
    "source",
    [
        "from redis import Client\nClient('redis://h')\n",
        "from fastmcp import Client\nClient(server)\n",
        "from fastmcp import Client\nClient('server.py')\n",
    ],
)
def test_other_clients_and_files_are_no_connections_by_address(source: str) -> None:
    agents = extract_python("client.py", source.encode()).agents
    assert not any(agent.servers for agent in agents)
