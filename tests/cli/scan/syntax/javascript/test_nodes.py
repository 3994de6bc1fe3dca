"""Nodes of JavaScript give their text, their words and their places."""

import pytest
from tree_sitter import Node

from agentsentinel_cli.scan.syntax.javascript.nodes import (
    LONGEST_COMMENT,
    arguments_of,
    callee_of,
    inside,
    key_of,
    last_word,
    opening_comment,
    parameter_names,
    parse,
    place_of,
    shown,
    string_of,
    text_of,
    unwrap,
)


def expression(source: str, path: str = "a.ts") -> Node:
    """Parse `x = <source>;` and return the value."""
    root = parse(path, f"x = {source};".encode())
    value = next(node for node in inside(root) if node.type == "assignment_expression").child_by_field_name("right")
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("'a'", "a"),
        ('"a\\n\\tb"', "a\n\tb"),
        ("`a`", "a"),
        (r"'\x41\u0042\u{1F600}'", "AB\U0001f600"),
        (r"'\'\q'", "'q"),
        (r"'\u{110000}\ud800'", "\ufffd\ufffd"),
        ("`a${b}`", None),
        ("a", None),
        ("1", None),
    ],
)
def test_a_literal_gives_its_text(source: str, text: str | None) -> None:
    assert string_of(expression(source)) == text


@pytest.mark.parametrize("source", ["(a)", "a as T", "a satisfies T", "a!", "await a", "<T>a", "((await (a as T))!)"])
def test_a_value_is_found_inside_its_wrappers(source: str) -> None:
    assert text_of(unwrap(expression(source))) == "a"


@pytest.mark.parametrize(("path", "is_cast"), [("a.ts", True), ("a.mts", True), ("a.tsx", False), ("a.js", False)])
def test_angle_brackets_are_a_cast_in_plain_typescript_only(path: str, is_cast: bool) -> None:
    assert (text_of(unwrap(expression("<T>a</T>" if not is_cast else "<T>a", path))) == "a") is is_cast


@pytest.mark.parametrize(
    ("source", "word", "arguments"),
    [
        ("tool(a, /* b */ c)", "tool", ["a", "c"]),
        ("new a.b.Server()", "Server", []),
        ("new Server", "Server", []),
        ("(tool as T)(a)", "tool", ["a"]),
        ("make()(a)", "", ["a"]),
        ("tag`a`", "tag", []),
    ],
)
def test_a_call_gives_its_word_and_its_arguments(source: str, word: str, arguments: list[str]) -> None:
    call = expression(source)
    assert last_word(callee_of(call)) == word
    assert [text_of(one) for one in arguments_of(call)] == arguments


def test_keys_are_names_and_computed_ones_are_unknown() -> None:
    members = expression("{ a: 1, 'b c': 2, 3: 3, [d]: 4, e() {} }").named_children
    assert [key_of(member) for member in members] == ["a", "b c", "3", None, "e"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("(a, b = 1) => a", ("a", "b")),
        ("({ a, b: c, d = 1 }) => a", ("a", "b", "d")),
        ("(a: string, { b }: T = {}) => a", ("a", "b")),
        ("function () {}", ()),
    ],
)
def test_parameters_have_the_names_a_caller_uses(source: str, names: tuple[str, ...]) -> None:
    assert parameter_names(expression(source)) == names


def test_nodes_come_in_the_order_of_the_file() -> None:
    words = [text_of(node) for node in inside(expression("[a, [b, c], d]")) if node.type == "identifier"]
    assert words == ["a", "b", "c", "d"]


def test_a_place_counts_from_one() -> None:
    root = parse("a.js", b"a;\n  call(\n1);\n")
    call = next(node for node in inside(root) if node.type == "call_expression")
    place = place_of(call)
    assert (place.line, place.column, place.end_line) == (2, 3, 3)
    assert shown(call) == "call( 1)"


@pytest.mark.parametrize(
    ("source", "comment"),
    [
        ("/**\n * Looks\n * things up.\n */\nf();", "Looks things up."),
        ("#!/usr/bin/env node\n// One.\n// Two.\nf();", "One. Two."),
        ("f();\n// Later.", ""),
        ("// eslint-disable\n// Looks up.\n", ""),
        ("/* Copyright (c) somebody */\n", ""),
        ("", ""),
    ],
)
def test_the_opening_comment_describes_the_file(source: str, comment: str) -> None:
    assert opening_comment(parse("a.ts", source.encode())) == comment


def test_a_long_opening_comment_is_cut() -> None:
    assert opening_comment(parse("a.ts", b"// " + b"word " * 2000)) == ("word " * 2000)[:LONGEST_COMMENT]
