"""The symbol table of a Python file: scopes, bindings, calls and the words of names."""

import ast

import pytest

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.python.scopes import (
    BindingKind,
    Scope,
    ScopeKind,
    SymbolTable,
    dotted,
    held_path,
    keyword,
    last_word,
    names_in,
    read_symbols,
)

SOURCE = """
import os.path
from .tools import mail as post, deep
from agents import *

LIMIT, (LEAST, MOST) = 9, (1, 2)

class Toolbox(Base):
    kind = "box"

    def __init__(self, client=None):
        self.client = client or make()

    def search(self, query):
        if query:
            return [self.client.get(one) for one in query]
        return None

tools = [post]
tools.append(deep)
for name in tools:
    print(name)
"""


def table(source: str = SOURCE) -> SymbolTable:
    return read_symbols(ast.parse(source), source)


def child(scope: Scope, name: str) -> Scope:
    return next(one for one in scope.children if one.name == name)


def expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


def test_imports_are_symbols_of_the_module_they_name() -> None:
    bindings = table().scope.bindings
    assert bindings["post"][0].symbol == Symbol(".tools", "mail")
    assert bindings["deep"][0].symbol == Symbol(".tools", "deep")
    assert table().starred() == "agents"
    assert table("x = 1").starred() == ""


def test_each_way_to_bind_a_name_is_kept_apart() -> None:
    bindings = table().scope.bindings
    kinds = {name: [binding.how for binding in bindings[name]] for name in ("post", "Toolbox", "tools", "name")}
    assert kinds == {
        "post": [BindingKind.IMPORT],
        "Toolbox": [BindingKind.CLASS],
        "tools": [BindingKind.VALUE, BindingKind.APPENDED],
        "name": [BindingKind.LOOP],
    }
    assert {"LIMIT", "LEAST", "MOST"} <= set(bindings)


def test_scopes_are_nested_as_they_stand_in_the_file() -> None:
    box = child(table().scope, "Toolbox")
    search = child(box, "search")
    assert (box.kind, search.kind, search.path) == (ScopeKind.CLASS, ScopeKind.FUNCTION, "Toolbox.search")
    assert search.method_class() is box
    assert search.self_name() == "self"
    assert search.is_inside(box)
    assert not box.is_inside(search)
    (listed,) = search.children
    assert listed.kind is ScopeKind.COMPREHENSION
    assert listed.enclosing(ScopeKind.CLASS) is box
    assert len(search.returns) == 2


def test_what_a_method_assigns_to_self_belongs_to_the_class() -> None:
    box = child(table().scope, "Toolbox")
    start = child(box, "__init__")
    assert sorted(box.bindings) == ["__init__", "client", "kind", "search"]
    assert held_path(start, "self.client") == "Toolbox.client"
    assert held_path(start, "local") == "Toolbox.__init__.local"
    assert held_path(table().scope, "name") == "name"


def test_calls_are_found_by_their_last_word_and_in_order() -> None:
    calls = table("b.make(1)\na.make(2)\ndef f():\n    make(3)\nmake(4)(5)\n").calls
    assert [call.lineno for call, _ in calls["make"]] == [1, 2, 4, 5]
    assert [ast.unparse(call) for call, _ in calls["()"]] == ["make(4)(5)"]


@pytest.mark.parametrize(
    ("source", "whole", "last"),
    [
        ("tool", "tool", "tool"),
        ("self.mcp.tool", "self.mcp.tool", "tool"),
        ("mcp.tool()", "", "tool"),
        ("Tool[int](x)", "", "Tool"),
        ("make().tool", "", "tool"),
        ("(a or b)", "", ""),
        ("'tool'", "", ""),
    ],
)
def test_the_words_of_a_name(source: str, whole: str, last: str) -> None:
    assert dotted(expression(source)) == whole
    assert last_word(expression(source)) == last


def test_a_target_binds_all_its_names_and_no_member() -> None:
    target = expression("(a, [b, *c], d.e, f[0])")
    assert sorted(names_in(target)) == ["a", "b", "c"]


def test_a_keyword_is_found_by_the_first_of_its_names() -> None:
    call = expression("f(1, tools=a, functions=b, **more)")
    assert isinstance(call, ast.Call)
    assert ast.unparse(keyword(call, "functions", "tools") or call) == "b"
    assert ast.unparse(keyword(call, "handlers", "tools") or call) == "a"
    assert keyword(call, "more", "handlers") is None


def test_a_place_is_that_of_the_file_in_characters() -> None:
    source = "é = 'ü'; call(1)\n"
    module = table(source)
    ((call, _),) = module.calls["call"]
    place = module.place(call)
    assert (place.line, place.column) == (1, source.index("call") + 1)
    assert module.text(call) == "call(1)"
    mapped = read_symbols(ast.parse(source), source, (41,))
    ((call, _),) = mapped.calls["call"]
    assert mapped.place(call).line == 41, "line of the notebook that holds the cell"
