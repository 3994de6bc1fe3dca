"""Which files are spared the parser: those that only speak of tools, and never one that makes them."""

import pytest

from agentsentinel_cli.scan.catalog.prefilter_python import may_matter

MAKES = {
    "a decorated function": "@tool\ndef search(): ...\n",
    "a decorator with arguments": "@mcp.tool(name='x')\ndef search(): ...\n",
    "a class": "class Search(BaseTool[Args, str]):\n    pass\n",
    "a wrapped function": "search = FunctionTool(run)\n",
    "a generic tool": "search = FunctionTool[Deps](run)\n",
    "a generic tool with nested types": "search = FunctionTool[dict[str, list[int]]](run)\n",
    "a returned tool": "def make():\n    return Tool(run)\n",
    "an awaited tool": "x = await Tool(run)\n",
    "an agent": "a = Agent('x', tools=tools)\n",
    "a generic agent": "a = Agent[Deps]('x', 'y')\n",
    "a local factory": "a = create_react_agent(model, tools)\n",
    "a list given by keyword": "run(model, tools=[search])\n",
    "a list passed on that this file holds": "tools = [search]\nrun(model, tools=tools)\n",
    "a list passed on that is appended to": "tools = []\ntools.append(search)\nrun(model, tools=tools)\n",
    "a list passed on that was unpacked": "tools, model = [search], 'm'\nrun(model, tools=tools)\n",
    "a request with tools from elsewhere": "client.chat.completions.create(model='m', tools=tools)\n",
    "a keyword on its own line with spaces": "run(\n    model,\n    tools = [search]\n)\n",
    "a keyword below a comment": "run(\n    # what it may do\n    tools = [search]\n)\n",
    "a keyword after a comment": "run(model,  # small\n    tools = [search]\n)\n",
    "a list handler": "Server('x', on_list_tools=self.list_tools)\n",
    "a list handler by name": "serve(on_list_tools=self.list_tools, name='x')\n",
    "a schema": 'SCHEMA = {"type": "function", "function": {"name": "x"}}\n',
    "a schema's parameters": 'SCHEMA = {"name": "x", "parameters": {"type": "object"}}\n',
    "an input schema as a key": 'SCHEMA = {"name": "x", "input_schema": SHAPE}\n',
    "a configuration with tools": "client.generate_content('hi', config={'tools': [search]})\n",
    "a class with unknown bases over many lines": f"class SearchTool({'A, ' * 60}\n    BaseTool):\n    pass\n",
    "an adding call": "registry.add_tool(search)\n",
    "a converting call that makes tools": "convert_to_openai_tool(search)\n",
    "a connection": "async with sse_client('http://x') as streams: ...\n",
    "a notebook's code": '{"cells": [{"source": ["# tools\\n",\n"tools = [search]\\n",\n"agent(tools=tools)"]}]}',
}
SPEAKS = {
    "an annotated parameter": "def ask(prompt, tools: list[Tool] | None = None): ...\n",
    "a parameter": "def ask(prompt, tools=None): ...\n",
    "an attribute": "class Client:\n    def __init__(self, tools):\n        self.tools = tools\n",
    "a list passed on": "def ask(tools):\n    return self.count(tools=tools)\n",
    "a definition": "def get_tool(name): ...\ndef tool(name): ...\n",
    "a look-up": "for one in self.get_tools():\n    call_tool(one)\n",
    "a comment": "# agent = Agent(tools=[search])\n",
    "a doctest": '"""\n    >>> Agent(tools=[search])\n"""\n',
    "prose": '"""Calls the tools (one by one) of an Agent (see there)."""\n',
    "a documented parameter": '"""\nArgs:\n    tool (Tool): What to call.\n"""\n',
    "a class of its own": "class ToolTool(Base):\n    pass\n",
    "an import": "from x import FunctionDeclaration, Tool, StdioServerParameters\n",
    "a type": "def ask(tool: Tool[str], schema: FunctionDefinition) -> None: ...\n",
    "a field": "class Shape:\n    input_schema: dict[str, str]\n",
    "an entry": 'body["tools"] = names\nbody = {"tools": names}\n',
    "an annotation": "def ask(context: Context, agent: Agent[Deps]) -> str: ...\n",
    "a decorator of functools": "@functools.wraps(f)\ndef g(): ...\n",
    "a base class that only ends like a tool's": "class A(MySendMessage): ...\n",
    "an unrelated server": "DockerJupyterServer()\n",
}


@pytest.mark.parametrize("source", MAKES.values(), ids=MAKES)
def test_a_file_that_makes_tools_or_agents_is_parsed(source: str) -> None:
    assert may_matter(source.encode())


@pytest.mark.parametrize("source", SPEAKS.values(), ids=SPEAKS)
def test_a_file_that_only_speaks_of_them_is_not(source: str) -> None:
    assert not may_matter(source.encode())


@pytest.mark.parametrize(
    "many", [b"tool", b"tools = (", b"@", b"class A(", b"Tool[", b"agent", b"tools: ", b"tools.append"]
)
def test_no_repetition_costs_a_square(many: bytes) -> None:
    """Steps of a regular expression cannot be counted: a quadratic one does not come to the end of these in hours."""
    may_matter(many * (4_000_000 // len(many)))


@pytest.mark.parametrize(
    "data", [b"tool" * 200_000, b"@" + b"a." * 200_000, b"tools:" + b" " * 500_000, b"Server" + b" " * 500_000]
)
def test_the_byte_filter_is_not_lured_into_squares(data: bytes) -> None:
    may_matter(data)
