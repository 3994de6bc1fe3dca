"""Agents that run other agents, which are one."""

from agentsentinel_cli.scan.model import GrantKind
from cli.scan.recognize.python.support import agents, granted


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
