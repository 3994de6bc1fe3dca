"""Approvals and limits are assigned to the tools and agents that they concern, and to no others."""

from agentsentinel_cli.scan.recognize.python import extract_python


def of_tools(source: str) -> dict[str, list[str]]:
    facts = extract_python("a.py", source.encode())
    guards = {"approval", "rate-limit"}
    return {str(tool.name): [effect.text for effect in tool.effects if effect.kind in guards] for tool in facts.tools}


def of_agents(source: str) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    facts = extract_python("a.py", source.encode())
    return {agent.name: [(one.text, one.tools) for one in agent.safeguards] for agent in facts.agents}


TWO_AGENTS = """
from agno.agent import Agent
def send(to: str): ...
careful = Agent(name="careful", tools=[send], tool_call_limit=3)
rash = Agent(name="rash", tools=[send])
"""


def test_a_limit_belongs_to_the_agent_that_has_it() -> None:
    assert of_agents(TWO_AGENTS) == {"careful": [("tool_call_limit=3", ())], "rash": []}


def test_a_limit_of_a_crew_is_one_of_its_members() -> None:
    source = """
from crewai import Agent, Crew
from tools import send
one = Agent(role="One", goal="g", tools=[send])
two = Agent(role="Two", goal="g", tools=[send])
alone = Agent(role="Alone", goal="g", tools=[send])
crew = Crew(agents=[one, two], max_rpm=5)
"""
    assert of_agents(source) == {"One": [("max_rpm=5", ())], "Two": [("max_rpm=5", ())], "Alone": []}


def test_a_switch_that_is_off_or_unknown_approves_nothing() -> None:
    source = """
from agno.tools import tool
@tool(requires_confirmation=False)
def off(): ...
@tool(requires_confirmation=settings.confirm)
def unknown(): ...
@tool(requires_confirmation=True)
def on(): ...
"""
    assert of_tools(source) == {"off": [], "unknown": [], "on": ["requires_confirmation=True"]}


def test_a_function_that_decides_about_each_call_approves() -> None:
    source = """
from agents import function_tool
async def is_large(context, arguments, call_id): return arguments["amount"] > 10
@function_tool(needs_approval=is_large)
def pay(amount: int): ...
"""
    assert of_tools(source) == {"pay": ["needs_approval=is_large"]}


def test_a_table_of_tools_approves_those_that_it_switches_on() -> None:
    source = """
from deepagents import create_deep_agent
asked = {"send": True, "drop": {"allowed_decisions": []}, "x": False}
clerk = create_deep_agent(tools=[send, drop], interrupt_on=asked)
"""
    assert of_agents(source)["clerk"][0][1] == ("send", "drop")


def test_a_tool_of_a_package_has_the_limit_it_is_made_with() -> None:
    source = """
from crewai import Agent
from crewai_tools import FileWriterTool
clerk = Agent(role="Clerk", goal="g", tools=[FileWriterTool(max_usage_count=3)])
"""
    assert of_agents(source) == {"Clerk": [("max_usage_count=3", ("FileWriterTool",))]}


def test_a_limiter_counts_as_decorator_as_context_and_in_a_helper() -> None:
    source = """
from langchain_core.tools import tool
from aiolimiter import AsyncLimiter
from ratelimit import limits
hourly = AsyncLimiter(10, 3600)
@tool
@limits(calls=10, period=3600)
def decorated(): ...
@tool
async def entered():
    async with limiter:
        pass
@tool
async def entered_by_another_name():
    async with hourly:
        pass
def _post(text):
    check_rate_limit("post")
@tool
def helped(text: str):
    _post(text)
@tool
def free(text: str):
    delimiter.hit(text)
"""
    assert of_tools(source) == {
        "decorated": ["limits(calls=10, period=3600)"],
        "entered": ["limiter"],
        "entered_by_another_name": ["hourly"],
        "helped": ['check_rate_limit("post")'],
        "free": [],
    }
