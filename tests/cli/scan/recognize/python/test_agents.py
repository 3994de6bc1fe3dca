"""What an agent is: its name, model, description, grants, MCP servers, code execution."""

import pytest

from agentsentinel_cli.scan.model import AgentFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python


def agents(source: str) -> list[AgentFact]:
    return list(extract_python("agent.py", source.encode()).agents)


def granted(agent: AgentFact) -> list[tuple[GrantKind, str | Symbol]]:
    return [(grant.kind, grant.target) for grant in agent.grants]


def test_an_agent_is_told_apart_by_what_it_is_given() -> None:
    found = agents(
        """
from agents import Agent, WebSearchTool
from .mail import send_mail

def look(x: str) -> str: ...

desk = Agent(name="Desk", instructions="Help people.", model="gpt-5", tools=[look, send_mail, WebSearchTool(), extra])
"""
    )
    assert [(agent.name, agent.symbol, agent.model, agent.description) for agent in found] == [
        ("Desk", "desk", "gpt-5", "Help people.")
    ]
    assert granted(found[0]) == [
        (GrantKind.LOCAL, "look"),
        (GrantKind.IMPORTED, Symbol(".mail", "send_mail")),
        (GrantKind.HOSTED, "WebSearchTool"),
        (GrantKind.DYNAMIC, "extra"),
    ]


def test_a_role_and_a_goal_describe_an_agent() -> None:
    (agent,) = agents('from crewai import Agent\na = Agent(role="Clerk", goal="File letters", backstory="Old.")\n')
    assert (agent.name, agent.description) == ("Clerk", "Clerk: File letters")


def test_a_model_is_found_inside_its_client() -> None:
    (agent,) = agents(
        """
from autogen_agentchat.agents import AssistantAgent
client = OpenAIChatCompletionClient(model="gpt-4.1")
AssistantAgent("helper", model_client=client, tools=[])
"""
    )
    assert (agent.name, agent.model) == ("helper", "gpt-4.1")


def test_a_list_that_is_built_up_is_granted_as_it_stands_at_the_call() -> None:
    first, second = agents(
        """
from swarm import Agent
def a(): ...
def b(): ...
def c(): ...
tools = [a]
tools.append(b)
one = Agent(name="one", tools=tools)
tools = [c]
two = Agent(name="two", tools=tools + [a])
"""
    )
    assert [target for _, target in granted(first)] == ["a", "b"]
    assert sorted(str(target) for _, target in granted(second)) == ["a", "c"]


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


def test_an_executor_and_its_inner_agent_are_one() -> None:
    (agent,) = agents(
        """
from langchain.agents import AgentExecutor, create_tool_calling_agent
from langchain_core.tools import tool
@tool
def look(x): ...
inner = create_tool_calling_agent(llm, [look], prompt)
executor = AgentExecutor(agent=inner, tools=[look])
"""
    )
    assert (agent.name, granted(agent)) == ("executor", [(GrantKind.LOCAL, "look")])


def test_two_requests_of_one_loop_are_one_agent() -> None:
    (agent,) = agents(
        """
import anthropic
TOOLS = [{"name": "look", "description": "d", "input_schema": {"type": "object"}}]
def run(client):
    client.messages.create(model="claude-sonnet-4-5", tools=TOOLS, messages=[])
    client.messages.create(model="claude-sonnet-4-5", tools=TOOLS, messages=[])
"""
    )
    assert (agent.name, agent.model, len(agent.grants)) == ("run", "claude-sonnet-4-5", 1)


def test_code_execution_without_a_tool_is_seen_where_it_is_given() -> None:
    found = agents(
        """
from autogen import UserProxyAgent
UserProxyAgent("on", code_execution_config={"use_docker": False})
UserProxyAgent("off", code_execution_config=False)
"""
    )
    assert {agent.name: agent.runs_code is not None for agent in found} == {"on": True, "off": False}


@pytest.mark.parametrize(
    ("capability", "runs_code"),
    [("Shell()", True), ("WorkspaceShellCapability()", True), ("ApplyPatch()", False), ("Memory()", False)],
)
def test_a_capability_of_a_sandbox_that_is_a_shell_runs_code(capability: str, runs_code: bool) -> None:
    (agent,) = agents(
        f"""
from agents.sandbox import SandboxAgent
from agents.sandbox.capabilities import ApplyPatch, Memory, Shell, WorkspaceShellCapability
agent = SandboxAgent(name="builder", instructions="Builds.", capabilities=[{capability}])
"""
    )
    assert (agent.runs_code is not None) is runs_code


def test_a_kernel_offers_its_plugins_and_the_agent_that_is_given_it_holds_them() -> None:
    (agent,) = agents(
        """
from semantic_kernel import Kernel
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.core_plugins.sessions_python_tool.sessions_python_plugin import SessionsPythonTool
kernel = Kernel()
kernel.add_plugin(SessionsPythonTool(), "interpreter")
analyst = ChatCompletionAgent(kernel=kernel, name="analyst", instructions="Analyse.")
"""
    )
    assert agent.name == "analyst"
    assert [grant.target.name for grant in agent.grants if isinstance(grant.target, Symbol)] == ["SessionsPythonTool"]


def test_a_kernel_without_plugins_is_no_agent() -> None:
    assert agents("from semantic_kernel import Kernel\nkernel = Kernel()\n") == []


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


def test_a_user_agent_of_a_browser_is_no_agent() -> None:
    assert agents('from fake_useragent import UserAgent\nua = UserAgent(name="x")\n') == []


def test_a_providers_tool_that_is_granted_by_its_definitions_is_hosted() -> None:
    (agent,) = agents(
        """
from azure.ai.agents.models import CodeInterpreterTool

interpreter = CodeInterpreterTool()

async def main(client):
    await client.agents.create_agent(name="Counter", model="gpt-4o", tools=interpreter.definitions)
"""
    )
    assert granted(agent) == [(GrantKind.HOSTED, "CodeInterpreterTool")]
