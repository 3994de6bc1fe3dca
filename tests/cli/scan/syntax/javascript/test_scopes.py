"""The symbol table of a JavaScript file: imports, exports, declarations and who sees them."""

import pytest

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.javascript.nodes import inside, parse, text_of
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable, is_function, is_own, read_symbols


def table(source: str) -> SymbolTable:
    return read_symbols(parse("a.ts", source.encode()))


@pytest.mark.parametrize(
    ("source", "imports"),
    [
        ('import { a, b as c } from "./m";', {"a": Symbol("./m", "a"), "c": Symbol("./m", "b")}),
        ('import d from "./m";', {"d": Symbol("./m", "default")}),
        ('import * as n from "./m";', {"n": Symbol("./m", "*")}),
        ('const { a } = require("./m");', {"a": Symbol("./m", "a")}),
        ('const n = require("./m");', {"n": Symbol("./m", "*")}),
    ],
)
def test_an_import_is_the_symbol_of_its_module(source: str, imports: dict[str, Symbol]) -> None:
    assert table(source).imports == imports


def test_exports_and_re_exports_are_kept_apart() -> None:
    module = table('const a = 1;\nexport { a as b };\nexport { c as d } from "./m";\nexport * from "./n";')
    assert text_of(module.find_anywhere("b")) == "1"
    assert module.forwards == {"d": Symbol("./m", "c")}
    assert module.stars == ["./n"]
    assert module.find_anywhere("d") is None


def test_the_innermost_declaration_hides_the_outer_ones() -> None:
    source = "const a = 1;\nfunction f() { const a = 2; { const a = 3; g(a); } h(a); }\nk(a);"
    module = table(source)
    seen = [text_of(module.find("a", source.index(f"{call}(a)"))) for call in "ghk"]
    assert seen == ["3", "2", "1"]
    assert module.find("b", 0) is None


def test_calls_are_found_by_their_last_word() -> None:
    module = table("server.tool(1); tool(2); new Tool(3); x.tool.y(4);")
    assert [text_of(call) for call in module.calls["tool"]] == ["server.tool(1)", "tool(2)"]
    assert [text_of(call) for call in module.calls["Tool"]] == ["new Tool(3)"]


def test_a_called_name_leads_to_the_import_behind_it() -> None:
    module = table('import * as sdk from "sdk";\nimport { z } from "zod";\nsdk.tools.make(); z.string(); own();')
    origins = {
        word: module.origin(module.calls[word][0].child_by_field_name("function")) for word in ("make", "string", "own")
    }
    assert origins == {"make": Symbol("sdk", "tools.make"), "string": Symbol("zod", "z.string"), "own": None}


def test_the_nearest_node_around_another_is_found_once_and_again() -> None:
    module = table("function f() { const g = () => a; }")
    word = next(node for node in inside(module.root) if text_of(node) == "a" and node.type == "identifier")
    inner = module.nearest(word, is_function)
    assert inner is not None
    assert inner.type == "arrow_function"
    outer = module.nearest(inner, is_function)
    assert outer is not None
    assert outer.type == "function_declaration"
    assert module.nearest(outer, is_function) is None
    again = module.nearest(word, is_function)
    assert again is not None
    assert again.id == inner.id


@pytest.mark.parametrize(
    ("module", "expected"),
    [("./a", True), ("../a", True), ("@/a", True), ("~/a", True), ("#/a", True), ("@a/b", False), ("a/b", False)],
)
def test_a_package_is_not_the_projects_own(module: str, expected: bool) -> None:
    assert is_own(module) is expected
