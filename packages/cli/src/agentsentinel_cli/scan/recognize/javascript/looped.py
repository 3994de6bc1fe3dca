"""Recogniser of tools that a loop defines from a table: `for (const t of TABLE) server.tool(t.name, ...)`."""

from collections.abc import Iterator

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.tools import (
    JAVASCRIPT_DESCRIPTION_KEYS,
    JAVASCRIPT_HANDLER_KEYS,
    JAVASCRIPT_SCHEMA_KEYS,
)
from agentsentinel_cli.scan.model import GrantFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.javascript.collector import Name, ToolCollector
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    arguments_of,
    callee_of,
    place_of,
    text_of,
    unwrap,
)
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable
from agentsentinel_core.light_dataclasses import dataclass

Loop = tuple[Node, Node]
"""Loop as a pair of the variable's pattern and the iterable."""
_LOOPS = frozenset({"forEach", "map", "flatMap"})
_MOST_LOOPS = 16
"""Most enclosing loops that are examined for one name."""


@dataclass(frozen=True, slots=True)
class Row:
    """Row of a table, with the tool's name and fields."""

    node: Node
    name: Name
    fields: dict[str, Node]


def add_rows(name: Node, framework: str, owner: str, tools: ToolCollector) -> None:
    """Add the tools of the table that a name, part of a loop variable, iterates over."""
    for row in _rows(unwrap(name), tools):
        if isinstance(row, Symbol):
            if owner and name is not None:
                tools.foreign.append((owner, GrantFact(GrantKind.IMPORTED, row, place_of(name))))
            continue
        if row.name is None:
            continue
        schema = next((row.fields[key] for key in JAVASCRIPT_SCHEMA_KEYS if key in row.fields), None)
        description = next((row.fields[key] for key in JAVASCRIPT_DESCRIPTION_KEYS if key in row.fields), None)
        tools.add(
            row.node,
            row.name,
            framework=framework,
            idiom="table",
            description=tools.values.plain(description),
            parameters=tools.parameters_of(schema),
            annotations=tools.hints_of(row.fields.get("annotations")),
            handler=tools.handler_of(
                next((row.fields[key] for key in JAVASCRIPT_HANDLER_KEYS if key in row.fields), None)
            ),
            owner=owner,
        )


def _rows(name: Node | None, tools: ToolCollector) -> Iterator[Row | Symbol]:
    """Yield the rows of the innermost loop whose variable a name uses; a Symbol stands for a table in another file."""
    if name is None:
        return
    word, key = text_of(name), ""
    if name.type == "member_expression":
        word, key = text_of(name.child_by_field_name("object")), text_of(name.child_by_field_name("property"))
    for pattern, source in _loops_around(name, tools.module):
        if pattern.type == "identifier" and text_of(pattern) == word and key:
            yield from _rows_by_key(source, key, tools)
            return
        if pattern.type == "object_pattern" and not key and (key := _key_in_pattern(pattern, word)):
            yield from _rows_by_key(source, key, tools)
            return
        parts = [text_of(part) for part in pattern.named_children] if pattern.type == "array_pattern" else []
        if word in parts:
            yield from _rows_of_entries(source, key, parts.index(word) == 0, tools)
            return


def _loops_around(node: Node, module: SymbolTable) -> Iterator[Loop]:
    """Yield the loops around a node, innermost first."""
    around = module.nearest(node, _is_loop)
    for _ in range(_MOST_LOOPS):
        loop = _loop(module, around) if around is not None else None
        if around is None or loop is None:
            return
        yield loop
        around = module.nearest(around, _is_loop)


def _is_loop(module: SymbolTable, node: Node) -> bool:
    return _loop(module, node) is not None


def _loop(module: SymbolTable, node: Node) -> Loop | None:
    """Return the loop of a node that is a `for ... of`, or a function passed to `forEach` or `map`; else None."""
    pattern: Node | None = None
    source: Node | None = None
    if node.type == "for_in_statement":
        pattern, source = node.child_by_field_name("left"), node.child_by_field_name("right")
    elif node.type in FUNCTIONS and (given := module.parent(node)) is not None:
        call = module.parent(given)
        callee = callee_of(call) if call is not None and call.type == "call_expression" else None
        if callee is not None and text_of(callee.child_by_field_name("property")) in _LOOPS:
            pattern, source = _first_parameter(node), callee.child_by_field_name("object")
    return (pattern, source) if pattern is not None and source is not None else None


def _first_parameter(function: Node) -> Node | None:
    single = function.child_by_field_name("parameter")
    if single is not None:
        return single
    given = function.child_by_field_name("parameters")
    first = next(iter(given.named_children), None) if given is not None else None
    return first.child_by_field_name("pattern") or first if first is not None else None


def _key_in_pattern(pattern: Node, word: str) -> str:
    for part in pattern.named_children:
        if part.type == "shorthand_property_identifier_pattern" and text_of(part) == word:
            return word
        if part.type == "pair_pattern" and text_of(part.child_by_field_name("value")) == word:
            return text_of(part.child_by_field_name("key"))
    return ""


def _rows_by_key(source: Node, key: str, tools: ToolCollector) -> Iterator[Row | Symbol]:
    for element in tools.values.elements(source):
        if isinstance(element, Symbol):
            yield element
            continue
        node = tools.values.node(element) or element
        fields = tools.values.fields(node)
        if key in fields and node.id not in tools.by_node:
            yield Row(node, tools.values.text(fields[key]), fields)


def _rows_of_entries(source: Node, key: str, is_first: bool, tools: ToolCollector) -> Iterator[Row]:
    """Yield the rows of `Object.entries(MAP)`, whose keys are the names, or whose values contain them."""
    given = arguments_of(source) if text_of(source.child_by_field_name("function")) == "Object.entries" else []
    for name, value in tools.values.fields(given[0]).items() if given else ():
        node = tools.values.node(value) or value
        fields = tools.values.fields(node)
        if node.id in tools.by_node:
            continue
        if is_first:
            yield Row(node, name, fields)
        elif key in fields:
            yield Row(node, tools.values.text(fields[key]), fields)
