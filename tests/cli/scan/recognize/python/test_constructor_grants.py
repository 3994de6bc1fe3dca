"""What the call that makes an agent or a server grants it."""

import pytest

from agentsentinel_cli.scan.model import GrantKind
from cli.scan.recognize.python.support import agents, granted

CLAUDE = "from claude_agent_sdk import AgentDefinition, ClaudeAgentOptions, ClaudeCodeOptions\n"


def names_of_hosted(source: str) -> list[list[str]]:
    return [
        [str(grant.target) for grant in agent.grants if grant.kind is GrantKind.HOSTED]
        for agent in agents(CLAUDE + source)
    ]


@pytest.mark.parametrize(
    "source",
    [
        'options = ClaudeAgentOptions(allowed_tools=["Bash", "Write"])\n',
        'TOOLS = ["Bash", "Write"]\nasync def main():\n    client(options=ClaudeCodeOptions(allowed_tools=TOOLS))\n',
        'options = ClaudeAgentOptions(allowed_tools=["Bash"] + ["Write", "mcp__crm__search"], model="m")\n',
        'fixer = AgentDefinition(description="Fixes.", prompt="Fix.", tools=["Bash", "Write"])\n',
    ],
)
def test_tools_of_claudes_runtime_are_granted_by_name(source: str) -> None:
    assert names_of_hosted(source) == [["Bash", "Write"]]


def test_an_agent_that_asks_nothing_and_names_no_tools_has_all_of_the_runtime() -> None:
    (hosted,) = names_of_hosted(
        'o = ClaudeAgentOptions(permission_mode="bypassPermissions", disallowed_tools=["WebFetch"])\n'
    )
    assert {"Bash", "Write"} <= set(hosted)
    assert "WebFetch" not in hosted
    assert names_of_hosted('o = ClaudeAgentOptions(permission_mode="plan")\n') == [[]]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from fastapi_mcp import FastApiMCP\nmcp = FastApiMCP(app)\nmcp.mount_http()\n", "mcp"),
        ("from fastmcp import FastMCP\nmcp = FastMCP.from_fastapi(app=app)\n", "mcp"),
        ('from fastmcp import FastMCP\nmcp = FastMCP.from_openapi(openapi_spec=spec, client=c, name="api")\n', "api"),
        ('from fastmcp import FastMCP\nmcp = FastMCP.as_proxy("http://x.example/mcp", name="Proxy")\n', "Proxy"),
        ("import fastmcp\nmcp = fastmcp.FastMCP.from_openapi(spec)\n", "mcp"),
        ("from fastmcp.server import create_proxy\nmcp = create_proxy('http://x.example/mcp')\n", "mcp"),
        ("from fastmcp.server.openapi import FastMCPOpenAPI\nmcp = FastMCPOpenAPI(openapi_spec=spec)\n", "mcp"),
    ],
)
def test_a_server_that_is_generated_has_tools_known_only_at_run_time(source: str, name: str) -> None:
    (server,) = agents(source)
    assert (server.name, server.framework) == (name, "mcp")
    ((kind, target),) = granted(server)
    assert kind is GrantKind.DYNAMIC
    assert isinstance(target, str)
    assert target in source


@pytest.mark.parametrize("call", ["asyncio.run(client.get_tools())", "loop.run_until_complete(client.get_tools())"])
def test_a_coroutine_that_is_waited_for_grants_its_result(call: str) -> None:
    (agent,) = agents(
        "import asyncio\nfrom langchain.agents import create_agent\n"
        "from langchain_mcp_adapters.client import MultiServerMCPClient\nclient = MultiServerMCPClient({})\n"
        f"create_agent('m', tools={call})"
    )
    assert all("run" not in str(target) for _, target in granted(agent))


def test_a_list_that_an_attribute_holds_from_a_coroutine_is_not_a_tool_called_run() -> None:
    (agent,) = agents(
        "import asyncio\nfrom langchain.agents import create_agent\nfrom shop import client\n\nclass Desk:\n"
        "    def __init__(self):\n        self.tools = asyncio.run(client.get_tools())\n"
        "        self.agent = create_agent('m', tools=self.tools)\n"
    )
    assert all("run" not in str(target) for _, target in granted(agent))
