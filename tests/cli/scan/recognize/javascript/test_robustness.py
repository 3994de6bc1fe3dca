"""No input makes the extractor raise, and none makes it slow."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.recognize import javascript as recognize
from agentsentinel_cli.scan.recognize.javascript import extract_javascript
from agentsentinel_cli.scan.syntax import javascript as syntax
from cli.scan.recognize.growth import growth

CORPUS = Path(__file__).parents[2] / "corpus" / "javascript"
SOURCES = sorted(path.read_bytes() for path in CORPUS.rglob("*.ts"))
SUFFIXES = st.sampled_from([".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"])


@given(SUFFIXES, st.binary(max_size=400))
def test_any_bytes_are_survived(suffix: str, data: bytes) -> None:
    extract_javascript("x" + suffix, data, frozenset({"a", "a.b", "default", "", "."}))


@settings(max_examples=60, deadline=None)
@given(SUFFIXES, st.sampled_from(SOURCES), st.data())
def test_code_that_is_cut_and_spliced_anywhere_is_survived(suffix: str, source: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(0, len(source)))
    junk = data.draw(st.binary(max_size=8))
    extract_javascript("x" + suffix, source[:start] + junk + source[end:], frozenset({"server", "tools", "search"}))


@pytest.mark.parametrize(
    "source",
    [
        "[" * 20_000,
        "f(" * 20_000,
        "const a = " + "(" * 5_000 + "1" + ")" * 5_000,
        "const x = " + "{a: " * 5_000 + "1" + "}" * 5_000,
        "const a = b; const b = a; server.tool(a, {}, b); tools = [...a, ...b];",
        "const tools = [...tools]; new Agent({ name: 'x', tools });",
        "const f = () => f(); new Agent({ name: 'x', tools: f() });",
        "const f = () => [f(), ...f()]; new Agent({ name: 'x', tools: f() });",
        "const o = {...o}; server.tool('x', o, o);",
        "class A extends A { name = this.name; schema = this.schema; run() { this.run(); } }",
        "server.tool('x', {}, h); const h = wrap(h);",
        "const s = z.object(s).extend(s); server.tool('x', s, async () => {});",
        "const t = `${t}`; server.tool(t, {}, async () => {});",
        "const t = t + t; server.tool(t, {}, async () => {});",
    ],
    ids=lambda source: source[:24],
)
def test_depth_and_circles_end(source: str) -> None:
    extract_javascript("x.ts", source.encode(), frozenset({"tools", "f", "o", "A.run"}))


def _nested(opening: str, closing: str) -> Callable[[int], str]:
    return lambda depth: f"const x = {opening * depth}1{closing * depth};"


def _repeated(text: str) -> Callable[[int], str]:
    return lambda count: "\n".join(text.replace("#", str(at)) for at in range(count))


SHAPES: dict[str, Callable[[int], str]] = {
    "objects": _nested("{a: ", "}"),
    "objects like tools": _nested("{name: 'a', description: 'b', input_schema: {}, a: ", "}"),
    "arrays": _nested("[", "]"),
    "calls": _nested("f(", ")"),
    "calls that make tools": _nested("tool({a: ", "})"),
    "tools in the handlers of tools": _nested("tool({name: 'a', description: 'b', execute: () => ", "})"),
    "templates": _nested("`${", "}`"),
    "elements": _nested("<a>", "</a>"),
    "functions": _nested("() => { return ", "}"),
    "spreads": _nested("{...{", "}}"),
    "classes": lambda depth: "class A { m() { this.x; " * depth + "}}" * depth,
    "blocks": lambda depth: "server.tool('x', {}, () => " + "{ f(); " * depth + "}" * depth + ")",
    "conditions": lambda depth: "if (name === 'a') { f(); " * depth + "}" * depth,
    "registrations in handlers": lambda depth: "server.tool('x', {}, () => { f(); " * depth + "})" * depth,
    "loops": lambda depth: "for (const t of ts) { server.tool(t.name, {}, t.run); " * depth + "}" * depth,
    "schemas": lambda depth: "server.tool('x', " + "z.object({a: " * depth + "1" + "})" * depth + ", () => 1)",
    "a chain of members": lambda length: "import a from './a'; server.tool('x', {}, () => a" + ".a" * length + "())",
    "a chain of calls": lambda length: "server.tool('x', {}, () => a" + ".then(() => b())" * length + ")",
    "tools": _repeated("const t# = tool({name: 't#', description: 'x', execute: async () => fetch('x')});"),
    "tools named by their variables": _repeated(
        "const t# = tool({description: 'x', execute: async () => fetch('x')});"
    ),
    "tool classes": _repeated("class A# extends StructuredTool { name = 'a#'; _call() { return this.q(this.z); } }"),
    "classes that assign fields": _repeated("class A# { constructor() { this.f = '#'; server.tool(this.f, {}, g); } }"),
    "servers": _repeated("const s# = new McpServer({name: 'a#'}); s#.tool('x#', {}, async () => 1);"),
    "agents": _repeated("const a# = new Agent({name: 'a#', tools: [t#]});"),
    "functions that call the next": lambda count: (
        "server.tool('x', {}, f0);" + "".join(f"function f{at}() {{ f{at + 1}(); g(); }}" for at in range(count))
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_twice_as_much_takes_twice_the_steps(shape: Callable[[int], str]) -> None:
    asked = frozenset({"tools", "x", "A.run"})
    assert growth(lambda size: extract_javascript("x.tsx", shape(size).encode(), asked), 240) < 2.3


def test_no_part_of_the_extractor_asks_a_node_for_its_parent() -> None:
    """Each such call walks down from the root in C: O(n^2) work that counting Python lines does not show."""
    files = [path for part in (recognize, syntax) for path in Path(part.__path__[0]).glob("*.py")]
    assert len(files) > 12
    asked = {path for path in files if re.search(r"\.parent\b(?!\()", path.read_text())}
    assert {path.name for path in asked} == {"scopes.py"}  # whose docstring says why
    (scopes,) = asked
    assert not re.search(r"\w\.parent\b(?!\()", scopes.read_text().replace("`Node.parent`", ""))


def test_a_long_file_of_tools_is_read_to_its_end() -> None:
    tools = "\n".join(
        f'server.tool("t{at}", "Does {at}", {{ a: z.string() }}, async () => fetch("https://x.example/{at}"));'
        for at in range(1600)
    )
    assert len(extract_javascript("x.ts", tools.encode()).tools) == 1600


def test_the_innermost_tool_of_five_thousand_is_read() -> None:
    depth = 5_000
    nested = "{name: 'outer', description: 'x', input_schema: {}, next: " * depth
    facts = extract_javascript(
        "x.ts", f"const tools = [{nested}{{name: 'inner', input_schema: {{}}}}{'}' * depth}];".encode()
    )
    assert {fact.name for fact in facts.tools} == {"outer", "inner"}
