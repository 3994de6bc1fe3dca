"""A tool is found once, where it is defined, and granted to the agents that list it."""

from pathlib import Path
from typing import Any

import pytest

from cli.scan.support import sentinel, write_tree

FUNCTION = '''def lookup_order(number: str) -> str:
    """Look an order up."""
    return number
'''
TOOL = f"from langchain_core.tools import tool\n\n\n@tool\n{FUNCTION}"


MAIL = """from agents import function_tool


@function_tool
def send_email(to: str) -> str:
    return to
"""
DATABASE = """from agents import function_tool


@function_tool
def read_database(query: str) -> str:
    return query
"""


def agents(folder: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    return sentinel(write_tree(folder / "w", dict(files)), "scan", ".", "--format", "json").entries


def agent_of(imports: str, listed: str = "lookup_order") -> str:
    return f'{imports}\n\nsupport = Agent(name="support", tools=[{listed}], instructions="Answers customers.")\n'


@pytest.mark.parametrize(
    ("agent_path", "tool_path", "imports"),
    [
        ("agent.py", "orders.py", "from orders import lookup_order"),
        ("app/agent.py", "app/orders.py", "from .orders import lookup_order"),
        ("app/agent.py", "app/tools/orders.py", "from .tools.orders import lookup_order"),
        ("app/main/agent.py", "app/orders.py", "from ..orders import lookup_order"),
        ("app/main/agent.py", "app/orders.py", "from app.orders import lookup_order"),
        ("src/app/agent.py", "src/app/orders.py", "from app.orders import lookup_order"),
        ("run.py", "src/app/orders.py", "from app.orders import lookup_order"),
        ("libs/x/app/agent.py", "libs/y/pkg/shop/orders.py", "from shop.orders import lookup_order"),
    ],
)
@pytest.mark.parametrize("source", [FUNCTION, TOOL], ids=["function", "tool"])
def test_a_tool_of_another_file_is_granted_to_the_agent_that_lists_it(
    tmp_path: Path, agent_path: str, tool_path: str, imports: str, source: str
) -> None:
    text = "from agents import Agent\n" + agent_of(imports)
    (agent,) = agents(tmp_path, {agent_path: text, tool_path: source})
    assert (agent["file"], agent["agent"]) == (agent_path, "support")
    (tool,) = agent["tools"]
    assert (tool["name"], tool["source"]) == ("lookup_order", tool_path)


def test_names_are_followed_through_packages_that_pass_them_on(tmp_path: Path) -> None:
    files = {
        "agent.py": "from agents import Agent\n" + agent_of("from shop import find_order", "find_order"),
        "shop/__init__.py": "from .tools import lookup_order as find_order\n",
        "shop/tools/__init__.py": "from .orders import lookup_order\n",
        "shop/tools/orders.py": FUNCTION,
    }
    (agent,) = agents(tmp_path, files)
    assert [tool["source"] for tool in agent["tools"]] == ["shop/tools/orders.py"]


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    files = {
        "agent.py": "from agents import Agent\n" + agent_of("from a import lookup_order"),
        "a.py": "from b import lookup_order\n",
        "b.py": "from a import lookup_order\n",
    }
    (agent,) = agents(tmp_path, files)
    assert agent["tools"] == []
    assert [grant["kind"] for grant in agent["grants"]] == ["imported"]


def test_a_tool_granted_twice_is_one_tool_of_two_agents(tmp_path: Path) -> None:
    text = (
        "from agents import Agent\nfrom orders import lookup_order\n\n"
        'first = Agent(name="first", tools=[lookup_order])\nsecond = Agent(name="second", tools=[lookup_order])\n'
    )
    found = agents(tmp_path, {"agent.py": text, "orders.py": TOOL})
    assert [entry["agent"] for entry in found] == ["first", "second"]
    assert all([tool["line"] for tool in entry["tools"]] == [found[0]["tools"][0]["line"]] for entry in found)


def test_what_a_package_brings_is_a_grant_and_no_definition(tmp_path: Path) -> None:
    text = (
        "from agents import Agent\nfrom langchain_community.tools import ShellTool\n\n"
        'ops = Agent(name="ops", tools=[ShellTool()], instructions="Runs the machine.")\n'
    )
    (agent,) = agents(tmp_path, {"agent.py": text})
    assert agent["tools"] == []
    assert [grant["name"] for grant in agent["grants"]] == ["ShellTool"]
    assert "CODE_EXECUTION_GRANT" in [finding["rule_id"] for finding in agent["findings"]]


def test_an_agent_is_judged_over_all_its_files(tmp_path: Path) -> None:
    files = {
        "agent.py": "from agents import Agent\nfrom mail import send_email\nfrom db import read_database\n\n"
        'bot = Agent(name="bot", tools=[send_email, read_database], instructions="Helps.")\n',
        "mail.py": MAIL,
        "db.py": DATABASE,
    }
    (agent,) = agents(tmp_path, files)
    exfiltration = next(found for found in agent["findings"] if found["rule_id"] == "EXFILTRATION_PATH")
    assert [place["file"] for place in exfiltration["locations"]] == ["db.py", "mail.py"]


def test_files_of_one_folder_are_not_one_agent(tmp_path: Path) -> None:
    files = {
        "mail.py": MAIL,
        "db.py": DATABASE,
    }
    found = agents(tmp_path, files)
    assert len(found) == 2
    assert "EXFILTRATION_PATH" not in str(found)


@pytest.mark.parametrize(
    ("imports", "listed"),
    [
        ("from orders import get_tools", "get_tools()"),
        ("from orders import Orders", "Orders.all()"),
        ("from orders import get_tools", "[*get_tools()]"),
    ],
)
def test_a_list_that_another_file_returns_grants_what_is_in_it_and_not_its_maker(
    tmp_path: Path, imports: str, listed: str
) -> None:
    files = {
        "agent.py": f'from agents import Agent\n{imports}\n\nsupport = Agent(name="support", tools={listed})\n',
        "orders.py": f"{FUNCTION}\n\ndef get_tools():\n    return [lookup_order]\n\n\n"
        "class Orders:\n    def all():\n        return [lookup_order]\n",
    }
    (agent,) = agents(tmp_path, files)
    assert [tool["name"] for tool in agent["tools"]] == ["lookup_order"]


def test_a_called_function_that_gives_back_something_unknown_is_no_tool(tmp_path: Path) -> None:
    files = {
        "agent.py": "from agents import Agent\n" + agent_of("from shop import load", "*load()"),
        "shop.py": "import json\n\n\ndef load():\n    return json.load(open('tools.json'))\n",
    }
    (agent,) = agents(tmp_path, files)
    assert agent["tools"] == []
    assert [(grant["name"], grant["kind"]) for grant in agent["grants"]] == [("load", "imported")]


def test_a_name_that_one_of_several_star_imports_brings_is_found(tmp_path: Path) -> None:
    imports = "from app.prompts import *\nfrom app.orders import *"
    files = {
        "app/agent.py": "from swarm import Agent\n" + agent_of(imports),
        "app/prompts.py": "PROMPT = 'Be kind.'\n",
        "app/orders.py": FUNCTION,
    }
    (agent,) = agents(tmp_path, files)
    assert [(tool["name"], tool["source"]) for tool in agent["tools"]] == [("lookup_order", "app/orders.py")]


def test_a_module_in_a_list_of_tools_grants_the_tools_in_it(tmp_path: Path) -> None:
    files = {
        "agent.py": "from strands import Agent\n" + agent_of("from order_tools import lookup_order"),
        "order_tools/lookup_order.py": FUNCTION.join(("from strands import tool\n\n\n@tool\n", "")),
    }
    (agent,) = agents(tmp_path, files)
    assert [(tool["name"], tool["source"]) for tool in agent["tools"]] == [
        ("lookup_order", "order_tools/lookup_order.py")
    ]


@pytest.mark.parametrize("toolkit", ["ShellTools", "E2BTools", "PythonTools"])
def test_a_packaged_toolkit_that_runs_code_is_a_code_execution_grant(tmp_path: Path, toolkit: str) -> None:
    text = f"from agno.agent import Agent\nfrom agno.tools import {toolkit}\n\nbot = Agent(tools=[{toolkit}()])\n"
    (agent,) = agents(tmp_path, {"bot.py": text})
    assert "CODE_EXECUTION_GRANT" in [finding["rule_id"] for finding in agent["findings"]]


WAYS_TO_LIST = {
    "a generic agent": 'a = Agent[Deps](name="a", tools=[find, send])',
    "settings laid open": 'settings = {"name": "a", "tools": [find, send]}\na = Agent(**settings)',
    "the values of a table": 'a = Agent(name="a", tools=list(TABLE.values()))',
    "a loop over a table": "tools = []\nfor _, one in TABLE.items():\n    tools.append(one)\n"
    'a = Agent(name="a", tools=tools)',
    "a loop over a list": 'tools = []\nfor one in BOTH:\n    tools.append(one)\na = Agent(name="a", tools=tools)',
    "a mapped list": 'a = Agent(name="a", tools=list(map(function_tool, [find, send])))',
    "each of a list wrapped": 'a = Agent(name="a", tools=[function_tool(one) for one in BOTH])',
    "each of two lists wrapped": 'a = Agent(name="a", tools=[function_tool(one) for one in [*BOTH, *BOTH]])',
    "a filtered list": 'a = Agent(name="a", tools=list(filter(None, [find, send])))',
    "what a coroutine returns": "async def run():\n    tools = []\n    more = await load()\n    tools.extend(more)\n"
    '    return Agent(name="a", tools=tools)',
}
TOOLBOX = f"""from agents import function_tool

{FUNCTION.replace("lookup_order", "find")}
{FUNCTION.replace("lookup_order", "send")}
BOTH = [find, send]
TABLE = {{"find": find, "send": send}}


async def load():
    return BOTH
"""


@pytest.mark.parametrize("listing", WAYS_TO_LIST.values(), ids=WAYS_TO_LIST)
def test_however_an_agent_lists_the_functions_of_another_file_they_are_granted(tmp_path: Path, listing: str) -> None:
    imports = "from agents import Agent, function_tool\nfrom toolbox import BOTH, TABLE, find, load, send\n"
    (found,) = agents(tmp_path, {"toolbox.py": TOOLBOX, "agent.py": f"{imports}\n{listing}\n"})
    assert [(tool["name"], tool["source"]) for tool in found["tools"]] == [
        ("find", "toolbox.py"),
        ("send", "toolbox.py"),
    ]
    assert not [grant for grant in found["grants"] if grant["kind"] == "dynamic"]


def test_an_import_that_may_fail_is_the_tool_it_imports(tmp_path: Path) -> None:
    source = (
        "from agents import Agent\ntry:\n    from toolbox import find\nexcept ImportError:\n    find = None\n"
        'a = Agent(name="a", tools=[one for one in (find,) if one])\n'
    )
    (found,) = agents(tmp_path, {"toolbox.py": TOOLBOX, "agent.py": source})
    assert [tool["name"] for tool in found["tools"]] == ["find"]


def test_a_table_that_describes_a_hosted_tool_grants_that_tool(tmp_path: Path) -> None:
    files = {
        "hosted.py": 'WEB = {"type": "web_search_preview"}\n',
        "agent.py": 'from hosted import WEB\n\na = Agent(name="a", tools=[WEB])\n',
    }
    (found,) = agents(tmp_path, files)
    assert [(grant["name"], grant["kind"]) for grant in found["grants"]] == [("web_search_preview", "hosted")]


def test_a_tool_that_is_renamed_after_it_was_made_has_its_new_name(tmp_path: Path) -> None:
    source = (
        f'from langchain_core.tools import tool\n\n{FUNCTION}\norders = tool(lookup_order)\norders.name = "Orders"\n'
    )
    (found,) = agents(tmp_path, {"orders.py": source})
    assert [tool["name"] for tool in found["tools"]] == ["Orders"]


@pytest.mark.parametrize(
    ("helper", "listed"),
    [
        ('TABLE = {"orders": lookup_order}\n\n\ndef load():\n    return list(TABLE.values())\n', "*load()"),
        ("async def load():\n    return [lookup_order]\n", "*asyncio.run(load())"),
    ],
)
def test_what_a_helper_of_another_file_gathers_is_granted(tmp_path: Path, helper: str, listed: str) -> None:
    files = {
        "orders.py": f"{FUNCTION}\n\n{helper}",
        "agent.py": agent_of("import asyncio\nfrom orders import load", listed),
    }
    (found,) = agents(tmp_path, files)
    assert [(tool["name"], tool["source"]) for tool in found["tools"]] == [("lookup_order", "orders.py")]
    assert found["grants"] == []


def test_a_helper_that_passes_on_what_it_is_given_grants_no_function_beside_it(tmp_path: Path) -> None:
    helper = "def load(client):\n    return list(client.fetch())\n"
    files = {"orders.py": f"{FUNCTION}\n\n{helper}", "agent.py": agent_of("from orders import load", "load(1)")}
    (found,) = agents(tmp_path, files)
    assert found["tools"] == []
    assert [(grant["name"], grant["kind"]) for grant in found["grants"]] == [("load", "imported")]


FACTORY = """def make_lookup(orders):
    def lookup_order(number: str) -> str:
        \"\"\"Look an order up.\"\"\"
        return orders[number]

    return lookup_order
"""


def test_the_function_that_a_factory_of_another_file_makes_is_the_tool(tmp_path: Path) -> None:
    source = agent_of("from agents import Agent\nfrom factory import make_lookup", "make_lookup(ORDERS)")
    (found,) = agents(tmp_path, {"factory.py": FACTORY, "agent.py": source})
    assert [(tool["name"], tool["source"], tool["line"]) for tool in found["tools"]] == [
        ("lookup_order", "factory.py", 2)
    ]


def test_a_factory_that_is_listed_and_not_called_is_a_tool_itself(tmp_path: Path) -> None:
    source = agent_of("from agents import Agent\nfrom factory import make_lookup", "make_lookup")
    (found,) = agents(tmp_path, {"factory.py": FACTORY, "agent.py": source})
    assert [tool["name"] for tool in found["tools"]] == ["make_lookup"]


def test_a_factory_of_the_same_file_makes_the_tool_too_and_a_decorator_makes_none(tmp_path: Path) -> None:
    around = (
        "def retried(function, times):\n"
        "    def wrapper(*given):\n        return function(*given)\n\n    return wrapper\n"
    )
    listed = "make_lookup(ORDERS), retried(print, 3)"
    source = agent_of(f"from agents import Agent\n\n{FACTORY}\n\n{around}", listed)
    (found,) = agents(tmp_path, {"agent.py": source})
    assert [tool["name"] for tool in found["tools"]] == ["lookup_order"]
    assert [(grant["name"], grant["kind"]) for grant in found["grants"]] == [("retried(print, 3)", "dynamic")]


@pytest.mark.parametrize("factory", ["create_lookup_tool", "delete_and_make", "deploy_tools"])
def test_a_tool_without_a_name_does_not_take_an_act_from_its_factory(tmp_path: Path, factory: str) -> None:
    source = f"""
from langchain_core.tools import tool
def {factory}(shelf, name=None):
    name = name or f"look_on_{{shelf}}"
    @tool(name, description=f"Look for a book on {{shelf}}")
    def look(title: str) -> str:
        return title
    return look
"""
    (entry,) = agents(tmp_path, {"a.py": source})
    (found,) = entry["tools"]
    assert (found["name"], found["scope"]) == (None, "read")


@pytest.mark.parametrize(
    ("prompts", "purpose"),
    [
        ({"prompts.py": "PROMPT = 'Writes mails.'"}, "Writes mails."),
        ({"prompts/__init__.py": "from .x import PROMPT", "prompts/x.py": "PROMPT = 'Writes mails.'"}, "Writes mails."),
        ({"prompts.py": "PROMPT = load()"}, "(stated where the source does not show it)"),
        ({}, "(stated where the source does not show it)"),
    ],
)
def test_a_prompt_of_another_file_is_the_agents_purpose(tmp_path: Path, prompts: dict[str, str], purpose: str) -> None:
    agent = (
        "from agents import Agent\nfrom mail import send_email\nfrom prompts import PROMPT\n"
        "writer = Agent(name='writer', tools=[send_email], instructions=PROMPT)\n"
    )
    (found,) = agents(tmp_path, {"agent.py": agent, "mail.py": MAIL, **prompts})
    assert found["description"] == purpose
    assert "UNDESCRIBED_WRITE_AGENT" not in {finding["rule_id"] for finding in found["findings"]}


def test_a_module_is_not_the_purpose_of_one_of_its_agents(tmp_path: Path) -> None:
    agent = (
        '"""Searches the catalogue, and other examples."""\nfrom agents import Agent\nfrom mail import send_email\n'
        "writer = Agent(name='writer', tools=[send_email])\n"
    )
    (found,) = agents(tmp_path, {"agent.py": agent, "mail.py": MAIL})
    assert "PRIVILEGE_EXCESS" not in {finding["rule_id"] for finding in found["findings"]}


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ("return text.replace('`', '')", "read"),
        ("return FENCE.sub('', text).strip()", "read"),
        ("return clean(text)", "write"),
        ("store.remove(text)", "write"),
    ],
)
def test_a_granted_function_that_only_computes_does_not_do_what_its_words_say(
    tmp_path: Path, body: str, scope: str
) -> None:
    files = {
        "agent.py": agent_of("from agents import Agent\nfrom texts import strip_fences", "strip_fences"),
        "texts.py": "import re\n\nFENCE = re.compile('x')\n\n\ndef strip_fences(text):\n"
        f'    """Remove fences from a text."""\n    {body}\n',
    }
    (found,) = agents(tmp_path, files)
    assert [tool["scope"] for tool in found["tools"]] == [scope]


def test_what_a_helper_of_another_file_returns_is_not_all_that_its_caller_does(tmp_path: Path) -> None:
    files = {
        "agent.py": "from agents import Agent, function_tool\nfrom texts import shorten\n\n@function_tool\n"
        "def delete_user(name: str) -> str:\n    DIRECTORY[shorten(name)].drop()\n    return name\n\n"
        "clerk = Agent(name='clerk', tools=[delete_user], instructions='Keeps accounts.')\n",
        "texts.py": "def shorten(text):\n    return text[:9]\n",
    }
    (found,) = agents(tmp_path, files)
    assert found["tools"][0]["is_dangerous"]
