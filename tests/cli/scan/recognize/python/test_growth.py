"""Twice as much Python takes twice the steps, nested and flat: no file makes a scan slow."""

from collections.abc import Callable

import pytest

from agentsentinel_cli.scan.recognize.python import extract_python
from cli.scan.recognize.growth import growth

Shape = Callable[[int], str]
HEAD = "import requests\nfrom langchain_core.tools import tool, StructuredTool, Tool\nfrom agents import Agent\n"
GOOD = "@tool\ndef good(x: int) -> int:\n    return x\n"
ASKED = frozenset({"tools", "x", "A.run", "good", "f0"})


def expression(opening: str, closing: str = "", inner: str = "1") -> Shape:
    """Return source in which a variable has an expression nested in expressions."""
    return lambda depth: f"{HEAD}{GOOD}x = {opening * depth}{inner}{closing * depth}\n"


def returned(opening: str, closing: str = "", inner: str = "x") -> Shape:
    """Return source in which a tool's body has an expression nested in expressions."""
    return lambda depth: f"{HEAD}@tool\ndef good(x):\n    return {opening * depth}{inner}{closing * depth}\n"


def blocks(head: str, leaf: str = "f(x)", opening: str = "if a:") -> Shape:
    """Return source with a statement nested in statements."""

    def source(depth: int) -> str:
        lines = [" " * (at + 1) + head.replace("#", str(at)) for at in range(depth)]
        return "\n".join([HEAD + GOOD + opening, *lines, " " * (depth + 1) + leaf, ""])

    return source


def lines(text: str, *, before: str = GOOD, after: str = "") -> Shape:
    """One statement after another."""
    return lambda count: (
        (HEAD + before + "".join(text.replace("#+", str(at + 1)).replace("#", str(at)) + "\n" for at in range(count)))
        + after.replace("#", str(count))
    )


def within(text: str, after: str = "return x") -> Shape:
    """One statement after another in the body of a tool."""
    return lines(f"    {text}", before="@tool\ndef good(x):\n    a0 = x\n", after=f"    {after}\n")


def listed(before: str, item: str, after: str) -> Shape:
    """One item after another."""
    return lambda count: f"{HEAD}{GOOD}{before}{', '.join(item.replace('#', str(at)) for at in range(count))}{after}\n"


SCHEMA = "{'type': 'function', 'function': {'name': 'a#', 'description': 'b', 'parameters': {}}}"
DEEP: dict[str, Shape] = {
    "parentheses": expression("(", ")"),
    "lists": expression("[", "]"),
    "dictionaries": expression("{'a': ", "}"),
    "dictionaries like tools": expression("{'name': 'a', 'description': 'b', 'input_schema': {}, 'a': ", "}"),
    "calls": expression("f(", ")"),
    "calls that make tools": expression("tool(", ")"),
    "tools of tools": expression("StructuredTool.from_function(func=", ")", "good"),
    "agents in agents": expression("Agent(tools=[", "])", "good"),
    "lambdas": expression("lambda: "),
    "comprehensions": expression("[y for y in ", "]"),
    "generators": expression("f(y for y in ", ")"),
    "conditional expressions": expression("1 if a else "),
    "sums": expression("'a' + ", inner="'b'"),
    "negations": expression("not "),
    "attributes": expression("", ".b", "a"),
    "calls of methods": expression("", ".b()", "a"),
    "subscripts": expression("", "[0]", "a"),
    "spread lists": expression("[*", "]", "a"),
    "spread dictionaries": expression("{**", "}", "a"),
    "calls in a tool": returned("f(", ")"),
    "requests in a tool": returned("", ".get('u')", "requests"),
    "comprehensions in a tool": returned("[y for y in ", "]"),
    "lambdas in a tool": returned("lambda: "),
    "shells in a tool": returned("subprocess.run(", ")"),
    "conditions": blocks("if a:"),
    "functions": blocks("def f#():"),
    "classes": blocks("class A#:", "pass"),
    "tool classes": blocks("class A#(BaseTool):", "pass"),
    "functions in a tool": blocks("def f#():", opening="@tool\ndef better(x):"),
    "conditions in a tool": blocks("if x:", opening="@tool\ndef better(x):"),
}
"""Python allows 200 parentheses and 100 levels of blocks. A tool in a tool is not here: what the inner one does the
outer one does too, so the facts themselves are a square."""

FLAT: dict[str, Shape] = {
    "functions": lines("def f#(): g()"),
    "functions that call the next": lines("def f#(x): return f#+(x)", after="tool(f0)\n"),
    "assignments": lines("a# = #"),
    "assignments to one name": lines("a = #"),
    "names of names": lines("a#+ = a#", before=GOOD + "a0 = good\n", after="Agent(name='z', tools=[a#])\n"),
    "lists of lists": lines("a#+ = a# + [good]", before=GOOD + "a0 = []\n", after="Agent(name='z', tools=a#)\n"),
    "appends": lines("ts.append(good)", before=GOOD + "ts = []\n", after="Agent(name='z', tools=ts)\n"),
    "additions": lines("ts += [good]", before=GOOD + "ts = []\n", after="Agent(name='z', tools=ts)\n"),
    "calls": lines("f(#)"),
    "calls in a tool": within("f(x)"),
    "requests in a tool": within("requests.get('u#')"),
    "assignments in a tool": within("a#+ = a#", "return requests.get(a0)"),
    "texts put together in a tool": within("a0 += 'b'", "return db.execute(a0)"),
    "decorators": lines("@decorate(#)", before="", after="def f(): pass\n"),
    "tool decorators": lines("@tool", before="", after="def f(): pass\n"),
    "text after text": lambda count: f"{HEAD}{GOOD}x = ('a'" + " 'b'" * count + ")\n",
    "imports": lines("import m#"),
    "imports of one module": listed("from m import ", "a#", ""),
    "star imports": lines("from m# import *"),
    "optional imports": lines("try:\n    import a#\nexcept ImportError:\n    a# = None"),
    "tools": lines("@tool\ndef f#(x):\n    '''Do #.'''\n    return requests.get(x).text"),
    "tools of one name": lines("@tool\ndef f(x):\n    '''Do #.'''\n    return requests.get(x).text"),
    "tools that call the next": lines("@tool\ndef f#(x): return f#+(x)"),
    "tools made of functions": lines("t# = StructuredTool.from_function(func=good, name='a#', description='d')"),
    "tools made of lambdas": lines("t# = Tool(name='a#', func=lambda x: requests.get(x), description='d')"),
    "tools of one name made of functions": lines("t# = StructuredTool.from_function(func=good, name='a')"),
    "tool classes": lines("class A#(BaseTool):\n    name = 'a#'\n    def _run(self, q): return self.z(q)"),
    "classes of classes": lines("class A#+(A#): pass", before="class A0(BaseTool):\n    name = 'a'\n"),
    "methods": lines("    def m#(self): self.m#+()", before="class A(BaseTool):\n    name = 'a'\n"),
    "tools of a toolkit": lines(
        "    @tool\n    def m#(self): self.x", before="class A:\n", after="Agent(tools=[A()])\n"
    ),
    "parameters": listed("@tool\ndef f(", "a#: int", "): return 1"),
    "arguments": listed("f(", "a#=1", ")"),
    "entries": listed("x = {", "'a#': good", "}"),
    "schemas": listed("tools = [", SCHEMA, "]"),
    "schemas with functions": lambda count: (
        listed("tools = [", SCHEMA, "]")(count) + lines("def a#(x): return requests.get(x)", before="")(count)
    ),
    "schemas in variables": lines("s# = " + SCHEMA),
    "branches": lines("    elif name == 'a#': return g#(x)", before="def call(name, x):\n    if name: return 1\n"),
    "agents": lines("a# = Agent(name='a#', tools=[good])"),
    "agents that hand over": lines(
        "a#+ = Agent(name='a#', tools=[good], handoffs=[a#])", before=GOOD + "a0 = Agent(name='z')\n"
    ),
    "servers": lines("s# = FastMCP('a#')\n@s#.tool()\ndef f#(x): return x", before="from fastmcp import FastMCP\n"),
    "tools of a server": lines(
        "def f#(x): return x\ns.add_tool(f#)", before="from fastmcp import FastMCP\ns = FastMCP('a')\n"
    ),
    "tables of functions": listed("f(function_map={", "'a#': good", "})"),
    "connections": lines("s# = MCPServerStdio(command='a#', name='s#')"),
    "factories": lines("def m#():\n    @tool\n    def t#(x): return x\n    return t#\nAgent(name='a#', tools=[m#()])"),
    "loops": lines("for f# in fs: tool(f#)"),
}


@pytest.mark.parametrize("shape", DEEP.values(), ids=DEEP)
def test_twice_as_deep_takes_twice_the_steps(shape: Shape) -> None:
    assert extract_python("x.py", shape(90).encode(), ASKED).problem is None
    assert growth(lambda size: extract_python("x.py", shape(size).encode(), ASKED), 90) < 2.3


@pytest.mark.parametrize("shape", FLAT.values(), ids=FLAT)
def test_twice_as_long_takes_twice_the_steps(shape: Shape) -> None:
    assert extract_python("x.py", shape(400).encode(), ASKED).problem is None
    assert growth(lambda size: extract_python("x.py", shape(size).encode(), ASKED), 400) < 2.3
