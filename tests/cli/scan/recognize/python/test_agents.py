"""Agents that Python files construct: which calls and classes make one."""

import pytest

from agentsentinel_cli.scan.catalog.agents import RUNTIME_AGENTS, TOOLS_ELSEWHERE
from agentsentinel_cli.scan.model import GrantKind, Symbol
from cli.scan.recognize.python.support import agents, granted


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


def test_a_user_agent_of_a_browser_is_no_agent() -> None:
    assert agents('from fake_useragent import UserAgent\nua = UserAgent(name="x")\n') == []


@pytest.mark.parametrize(
    "source",
    ["client = Client.from_openapi(spec)\n", "from httpx import Client\nclient = Client.as_proxy('http://x')\n"],
)
def test_other_classes_with_such_a_method_are_not_servers(source: str) -> None:
    assert agents(source) == []


@pytest.mark.parametrize(
    "made", ["{0}(model='m')", "{0}(anything=1)", "{0}()", "{0}(model='m', tools=[], backend=backend)"]
)
@pytest.mark.parametrize("word", [word for word in RUNTIME_AGENTS if word != "createDeepAgent"])
def test_an_agent_whose_runtime_gives_it_tools_is_seen_without_a_list(word: str, made: str) -> None:
    source = f"from sdk import {word}\n\n\ndef build(backend):\n    agent = {made.format(word)}\n    return agent\n"
    (agent,) = agents(source)
    assert granted(agent) == [(GrantKind.DYNAMIC, RUNTIME_AGENTS[word])]


@pytest.mark.parametrize(
    "source",
    [
        'from fastmcp import FastMCP\nmcp = FastMCP("crm")\nregister_tools(mcp)\n',
        'from mcp.server.fastmcp import FastMCP\nfrom tools import register\nmcp = FastMCP("crm", port=8000)\n',
    ],
)
def test_a_server_whose_tools_are_registered_elsewhere_is_seen(source: str) -> None:
    (server,) = agents(source)
    assert server.name == "crm"
    assert granted(server) == [(GrantKind.DYNAMIC, TOOLS_ELSEWHERE)]


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("repository.create_agent(name='a', model='m')", 0),
        ("self.store.create_react_agent(name='a')", 0),
        ("from azure.ai.agents import AgentsClient\nclient = AgentsClient()\nclient.create_agent(model='m')", 1),
        ("client.agents.create_agent(model='m', tools=[send])", 1),
    ],
)
def test_a_method_that_stores_a_record_of_an_agent_builds_none(source: str, count: int) -> None:
    assert len(agents(f"import langchain\n{source}")) == count


@pytest.mark.parametrize(
    "source",
    [
        "from langchain.agents import create_agent as build\nbuild('m', tools=[send], system_prompt='Mails.')",
        "from crewai import Agent as Worker\nWorker(role='Mails.', tools=[send])",
        "from claude_agent_sdk import ClaudeAgentOptions as O\nO(allowed_tools=['Bash'], system_prompt='Mails.')",
        "common = dict(model='m', tools=[send], system_prompt='Mails.')\nlangchain.create_agent(**common)",
        "langchain.create_agent(**dict(model='m', tools=[send], system_prompt='Mails.'))",
        "build = functools.partial(langchain.create_agent, 'm', tools=[send])\nbuild(system_prompt='Mails.')",
        "from crewai import Agent\nfunctools.partial(Agent, role='Mails.', tools=[send])",
    ],
)
def test_an_agent_is_seen_under_another_name_and_through_a_dict_or_a_partial(source: str) -> None:
    (agent,) = agents(f"import functools\nfrom langchain import agents as langchain\nfrom mail import send\n{source}")
    assert agent.description == "Mails."
    assert len(agent.grants) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from shop import create_order as create_agent_like\ncreate_agent_like(tools=[send])",
        "from langchain.agents import create_agent as build\ndef build(tools):\n    pass\nbuild(tools=[send])",
        "from functools import partial\npartial(print, tools=[send])",
    ],
)
def test_other_functions_under_such_a_name_build_no_agent(source: str) -> None:
    assert not agents(f"from mail import send\n{source}")
