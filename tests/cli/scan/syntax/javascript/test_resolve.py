"""Expressions of JavaScript lead to texts, fields, elements and functions."""

import pytest
from tree_sitter import Node

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.javascript.nodes import parse, text_of
from agentsentinel_cli.scan.syntax.javascript.resolve import Resolver
from agentsentinel_cli.scan.syntax.javascript.scopes import read_symbols


def asked(expression: str, before: str = "") -> tuple[Resolver, Node]:
    """Return the resolver of a file, and the argument of the call `ask(...)` at its end."""
    module = read_symbols(parse("a.ts", f"{before}\nask({expression});".encode()))
    arguments = module.calls["ask"][0].child_by_field_name("arguments")
    assert arguments is not None
    return Resolver(module), arguments.named_children[0]


@pytest.mark.parametrize(
    ("before", "expression", "text"),
    [
        ("", "'a'", "a"),
        ("const x = 'a';", "x", "a"),
        ("const x = 'a';", "x + '_' + x", "a_a"),
        ("const x = 'a';", "`${x}-b`", "a-b"),
        ("const N = { A: 'a' } as const;", "N.A", "a"),
        ("const N = Object.freeze({ A: 'a' });", "N.A", "a"),
        ("enum N { A = 'a' }", "N.A", "a"),
        ("", "given ?? 'a'", "a"),
        ("", "given || 'a'", "a"),
        ("import { x } from './m';", "x", Symbol("./m", "x")),
        ("", "unknown", None),
        ("const x = x;", "x", None),
        ("", "1", None),
    ],
)
def test_an_expression_has_the_text_it_leads_to(before: str, expression: str, text: str | Symbol | None) -> None:
    values, node = asked(expression, before)
    assert values.text(node) == text
    assert values.plain(node) == (text if isinstance(text, str) else "")


def test_the_fields_of_an_object_include_those_it_spreads() -> None:
    values, node = asked("{ a: 1, ...base, b: 4, c() {}, d }", "const base = { a: 2, e: 3 };")
    fields = {name: text_of(value) for name, value in values.fields(node).items()}
    assert fields == {"a": "2", "e": "3", "b": "4", "c": "c() {}", "d": "d"}


@pytest.mark.parametrize(
    ("before", "expression", "items"),
    [
        ("", "[a, /* x */ b]", ["a", "b"]),
        ("const more = [b];", "[a, ...more]", ["a", "b"]),
        ("", "[a].concat([b])", ["a", "b"]),
        ("const make = () => [a, b];", "make()", ["a", "b"]),
        ("function make() { return [a, b]; }", "make()", ["a", "b"]),
        ("", "on ? [a] : [b]", ["a", "b"]),
        ("import { more } from './m';", "[a, ...more]", ["a", "more"]),
    ],
)
def test_a_list_has_the_elements_it_is_built_of(before: str, expression: str, items: list[str]) -> None:
    values, node = asked(expression, before)
    found = [one.name if isinstance(one, Symbol) else text_of(one) for one in values.elements(node)]
    assert found == items


@pytest.mark.parametrize(
    ("before", "handler"),
    [
        ("", "() => 1"),
        ("const f = () => 1;", "f"),
        ("const f = () => 1;", "f.bind(this)"),
        ("", "guarded(() => 1)"),
        ("const f = guarded(() => 1);", "f"),
    ],
)
def test_a_handler_leads_to_its_function(before: str, handler: str) -> None:
    values, node = asked(handler, before)
    assert text_of(values.function(node)) == "() => 1"


def test_a_method_is_found_in_its_class() -> None:
    values, node = asked("this.run", "class A { run(text) { return text; } }")
    assert text_of(values.function(node)) == "run(text) { return text; }"
    assert values.method("walk") is None


def test_definitions_in_a_circle_end() -> None:
    values, node = asked("a", "const a = [...b];\nconst b = [...a];\nconst c = { ...d };\nconst d = { ...c };")
    assert list(values.elements(node)) == []
    values, node = asked("c", "const c = { ...d };\nconst d = { ...c };")
    assert values.fields(node) == {}
