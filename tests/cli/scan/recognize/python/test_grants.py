"""What agents of Python files may call."""

import pytest

from agentsentinel_cli.scan.model import AgentFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python


def agents(source: str) -> list[AgentFact]:
    return list(extract_python("agent.py", source.encode()).agents)


def granted(agent: AgentFact) -> list[tuple[GrantKind, str | Symbol]]:
    return [(grant.kind, grant.target) for grant in agent.grants]


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


@pytest.mark.parametrize(
    ("one", "two", "mark"),
    [
        ('FastMCP("one")', 'FastMCP("two")', "tool()"),
        ('Agent("m", name="one")', 'Agent("m", name="two")', "tool_plain"),
    ],
)
def test_tools_of_one_name_on_two_servers_are_kept_apart(one: str, two: str, mark: str) -> None:
    facts = extract_python(
        "a.py",
        f"""
from mcp.server.fastmcp import FastMCP
from pydantic_ai import Agent
one = {one}
two = {two}
@one.{mark}
def total(x: str) -> str: ...
@two.{mark}
def total(x: str) -> str: ...
""".encode(),
    )
    lines = {fact.symbol: fact.place.line for fact in facts.tools}
    held = {agent.symbol: [lines[str(grant.target)] for grant in agent.grants] for agent in facts.agents}
    assert held == {"one": [7], "two": [9]}


def test_one_tool_on_two_servers_is_held_by_both() -> None:
    facts = extract_python(
        "a.py",
        b"""
from mcp.server.fastmcp import FastMCP
one = FastMCP("one")
two = FastMCP("two")
@one.tool()
@two.tool()
def total(x: str) -> str: ...
""",
    )
    assert [len(agent.grants) for agent in facts.agents] == [1, 1]
    assert len(facts.tools) == 1
