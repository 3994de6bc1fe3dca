"""Agents that Python files construct: what tells them apart, their models and descriptions."""

import pytest

from agentsentinel_cli.scan.catalog.agents import RUNTIME_AGENTS, TOOLS_ELSEWHERE
from agentsentinel_cli.scan.model import PURPOSE_ELSEWHERE, AgentFact, GrantKind, Symbol
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


def test_a_user_agent_of_a_browser_is_no_agent() -> None:
    assert agents('from fake_useragent import UserAgent\nua = UserAgent(name="x")\n') == []


@pytest.mark.parametrize(
    "purpose",
    [
        'instructions=["You write reports.", "You save them."]',
        'instructions=("You write reports.", f"You save them on {day}.")',
        "instructions=said",
        'instructions=lambda context: "You write reports."',
        'config=self.agents_config["writer"]',
    ],
)
def test_a_purpose_is_seen_in_a_list_a_function_and_a_configuration(purpose: str) -> None:
    (agent,) = agents(
        f"""
from agno.agent import Agent
def said(context):
    return f"You write reports on {{context.topic}}."
def save(path: str): ...
a = Agent(name="Writer", tools=[save], {purpose})
"""
    )
    assert isinstance(agent.description, str)
    assert "write reports" in agent.description or "'writer'" in agent.description


@pytest.mark.parametrize(
    "call",
    [
        'client.embeddings.create(model="text-embedding-3-large", input=x)',
        'client.audio.speech.create(model="gpt-4o-mini-tts", input=x)',
        'OpenAIEmbeddings(model="some-model")',
        'cohere.rerank(model="rank-me-3", query=x)',
        'client.moderations.create(model="omni", input=x)',
        'SentenceTransformer(model_name="bge-small-en")',
    ],
)
def test_a_model_that_does_not_chat_is_not_the_model_of_the_file(call: str) -> None:
    before = "from openai import OpenAI\nclient = OpenAI()\ndef f(x: str): ...\n"
    after = 'answer = client.chat.completions.create(model="gpt-5", tools=[f])\n'
    assert extract_python("a.py", f"{before}y = {call}\n{after}".encode()).model == "gpt-5"
    assert extract_python("a.py", f'{before}Agent(name="a", tools=[f])\ny = {call}\n'.encode()).model is None


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


def test_a_server_that_others_are_mounted_on_offers_their_tools_too() -> None:
    proxy, main = agents(
        "from fastmcp import FastMCP\n"
        'proxy = FastMCP.as_proxy("http://x.example/mcp", name="Proxy")\n'
        'main = FastMCP("main")\n'
        '@main.tool\ndef find(code: str) -> str:\n    """Find."""\n'
        'main.mount(proxy, prefix="p")\n'
    )
    assert (proxy.name, main.name) == ("Proxy", "main")
    assert {kind for kind, _ in granted(main)} == {GrantKind.LOCAL, GrantKind.DYNAMIC}


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
    ("prompt", "purpose"),
    [
        ("system_prompt=SOME['prompt']", PURPOSE_ELSEWHERE),
        ("system_prompt=load()", PURPOSE_ELSEWHERE),
        ("system_prompt='Be {}.'.format(kind)", PURPOSE_ELSEWHERE),
        ("system_prompt=PROMPT", Symbol("prompts", "PROMPT")),
        ("description='Mails.', system_prompt=PROMPT", "Mails."),
        ("system_prompt=None", None),
        ("system_prompt=' '", None),
        ("name='a'", None),
    ],
)
def test_a_prompt_whose_text_is_not_in_the_file_still_states_a_purpose(
    prompt: str, purpose: str | Symbol | None
) -> None:
    (agent,) = agents(f"from strands import Agent\nfrom prompts import PROMPT\nAgent(tools=[send], {prompt})")
    assert agent.description == purpose


@pytest.mark.parametrize(
    ("messages", "purpose"),
    [
        ("[{'role': 'system', 'content': 'Helps.'}, {'role': 'user', 'content': q}]", "Helps."),
        ("[{'role': 'developer', 'content': load()}]", PURPOSE_ELSEWHERE),
        ("[{'role': 'user', 'content': 'Go'}]", None),
        ("history", PURPOSE_ELSEWHERE),
    ],
)
def test_the_system_message_of_a_request_states_its_purpose(messages: str, purpose: str | None) -> None:
    (agent,) = agents(
        "import openai\nTOOL = {'type': 'function', 'function': {'name': 'send'}}\n"
        f"def ask(history, q):\n    openai.chat.completions.create(model='m', messages={messages}, tools=[TOOL])\n"
    )
    assert agent.description == purpose


@pytest.mark.parametrize(
    ("source", "runs_code"),
    [
        ("from smolagents import CodeAgent\nCodeAgent(tools=[], model='m')", True),
        ("from smolagents import CodeAgent\nclass Mine(CodeAgent):\n    pass\nMine(tools=[], model='m')", False),
        ("from smolagents import CodeAgent as Base\nclass CodeAgent(Base):\n    pass\nCodeAgent(model='m')", True),
        ("from code_agent import CodeAgent\nCodeAgent(model='m', tools=[])", False),
        ("from .core import CodeAgent\nCodeAgent(model='m', tools=[])", False),
        ("class CodeAgent:\n    pass\nCodeAgent(model='m', tools=[f])", False),
    ],
)
def test_only_a_frameworks_code_agent_runs_code_by_its_name(source: str, runs_code: bool) -> None:
    assert any(agent.runs_code for agent in agents(source)) == runs_code


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


def test_an_executor_of_the_provider_is_a_tool_that_runs_there() -> None:
    (agent,) = agents(
        "from google.adk.agents import LlmAgent\nfrom google.adk.code_executors import BuiltInCodeExecutor\n"
        "LlmAgent(name='a', model='m', code_executor=BuiltInCodeExecutor())"
    )
    assert granted(agent) == [(GrantKind.HOSTED, "BuiltInCodeExecutor")]
    assert agent.runs_code is None


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
