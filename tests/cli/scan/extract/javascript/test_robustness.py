"""No input makes the extractor raise, and none makes it slow."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.extract.javascript import extract_javascript

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
    began = time.process_time()
    extract_javascript("x.ts", source.encode(), frozenset({"tools", "f", "o", "A.run"}))
    assert time.process_time() - began < 5


def test_a_long_file_of_tools_is_read_to_its_end() -> None:
    tools = "\n".join(
        f'server.tool("t{at}", "Does {at}", {{ a: z.string() }}, async () => fetch("https://x.example/{at}"));'
        for at in range(1600)
    )
    began = time.process_time()
    facts = extract_javascript("x.ts", tools.encode())
    assert len(facts.tools) == 1600
    assert time.process_time() - began < 30  # seconds of CPU where it takes one: a guard against what never ends
