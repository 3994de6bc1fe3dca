"""Helpers for tree-sitter nodes: parsing, source text, string literals, and unwrapping of casts and parentheses."""

import re
from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Language, Node, Parser

from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.syntax.excerpt import shorten

_PLAIN = (".ts", ".mts", ".cts")
"""Suffixes of files in which `<T>x` is a cast; all others are parsed as TSX, which includes JavaScript and JSX."""
_WRAPPERS = frozenset(
    {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "type_assertion",
        "await_expression",
    }
)
FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_expression",
        "function_declaration",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
LONGEST_COMMENT = 2000
_NOT_ABOUT = re.compile(r"(?i)eslint|@ts-|copyright|licen[cs]e|prettier|@jsx|use strict|<reference")
"""Words in an opening comment that does not describe the file, such as a licence or a linter directive."""
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}


@lru_cache(maxsize=2)
def _parser(dialect: str) -> Parser:
    import tree_sitter_typescript  # loaded for the first JavaScript file

    language = tree_sitter_typescript.language_typescript if dialect == "ts" else tree_sitter_typescript.language_tsx
    return Parser(Language(language()))


def parse(path: str, data: bytes) -> Node:
    """Parse a file to a tree, in which syntax errors are ERROR nodes."""
    return _parser("ts" if path.endswith(_PLAIN) else "tsx").parse(data).root_node


def text_of(node: Node | None) -> str:
    """Return the source text of a node; "" for None."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def shown(node: Node) -> str:
    """Return the source text of a node as one short line."""
    return shorten(text_of(node))


def place_of(node: Node) -> Place:
    """Return the position of a node. Its column counts bytes, not characters; nearly all such lines are ASCII."""
    return Place(node.start_point[0] + 1, node.start_point[1] + 1, node.end_point[0] + 1)


def unwrap(node: Node | None) -> Node | None:
    """Return the value inside parentheses, casts, assertions and `await`."""
    while node is not None and node.type in _WRAPPERS:
        node = node.named_children[-1] if node.type == "type_assertion" else next(iter(node.named_children), None)
    return node


def string_of(node: Node | None) -> str | None:
    """Return the text of a string literal or a template without substitutions; None for any other node."""
    if node is None:
        return None
    if node.type == "string":
        return _cooked(text_of(node)[1:-1])
    if node.type == "template_string" and not any(child.type == "template_substitution" for child in node.children):
        return _cooked(text_of(node)[1:-1])
    return None


def _cooked(raw: str) -> str:
    return _ESCAPE.sub(_character, raw) if "\\" in raw else raw


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _ESCAPED.get(match[4], match[4])
    number = int(code, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def arguments_of(call: Node) -> list[Node]:
    """Return the arguments of a call or `new` expression."""
    given = call.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return []
    return [child for child in given.named_children if child.type != "comment"]


def callee_of(call: Node) -> Node | None:
    """Return the expression that is called or constructed."""
    return unwrap(call.child_by_field_name("function") or call.child_by_field_name("constructor"))


def last_word(node: Node | None) -> str:
    """Return the last word of a name: `tool` for `server.tool` or `tool`; empty for other expressions."""
    if node is None:
        return ""
    if node.type == "member_expression":
        return text_of(node.child_by_field_name("property"))
    return text_of(node) if node.type in {"identifier", "type_identifier"} else ""


def key_of(pair: Node) -> str | None:
    """Return the name of a property, method or field, or None when it is computed."""
    key = pair.child_by_field_name("key") or pair.child_by_field_name("name")
    if key is None:
        return None
    if key.type in {"property_identifier", "private_property_identifier", "identifier", "number"}:
        return text_of(key)
    return string_of(key)


def inside(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it, in document order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.named_children))


def opening_comment(root: Node) -> str:
    """Return the opening comment of a file without its marks; "" when it begins with code or is not a description."""
    texts: list[str] = []
    for child in root.named_children:
        if child.type == "hash_bang_line":
            continue
        if child.type != "comment":
            break
        lines = text_of(child).removeprefix("/*").removesuffix("*/").splitlines()
        texts += [line.strip().lstrip("/*").strip() for line in lines]
        if sum(map(len, texts)) > LONGEST_COMMENT:
            break
    words = " ".join(text for text in texts if text)
    return "" if _NOT_ABOUT.search(words[:300]) else words[:LONGEST_COMMENT]


def parameter_names(function: Node) -> tuple[str, ...]:
    """Return the names of a function's parameters; each property of a destructured object counts as one."""
    found: list[str] = []
    given = function.child_by_field_name("parameters") or function
    for parameter in given.named_children:
        pattern = unwrap(parameter.child_by_field_name("pattern") or parameter.child_by_field_name("left") or parameter)
        if pattern is not None and pattern.type == "object_pattern":
            found += [text_of(part).partition("=")[0].partition(":")[0].strip() for part in pattern.named_children]
        elif pattern is not None and pattern.type == "identifier":
            found.append(text_of(pattern))
    return tuple(found)
