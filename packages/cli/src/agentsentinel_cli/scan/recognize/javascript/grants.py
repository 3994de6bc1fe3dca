"""Lists and tables of tools that are granted to agents."""

from collections.abc import Iterator

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.agents import JAVASCRIPT_CONVERSIONS
from agentsentinel_cli.scan.catalog.hosted import (
    JAVASCRIPT_HOSTED,
    JAVASCRIPT_HOSTED_KEYS,
    JAVASCRIPT_HOSTED_PREFIXES,
    JAVASCRIPT_HOSTED_TYPES,
)
from agentsentinel_cli.scan.catalog.toolkits import GIVING_METHODS, TOOLKITS
from agentsentinel_cli.scan.model import GrantFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector, framework_of
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    arguments_of,
    callee_of,
    key_of,
    last_word,
    place_of,
    shown,
    string_of,
    unwrap,
)
from agentsentinel_core.light_dataclasses import replace

_NOT_ITEMS = frozenset({"string", "number", "true", "false", "null", "undefined"})


def grants_of(node: Node | None, tools: ToolCollector) -> tuple[GrantFact, ...]:
    """Return the grants in the value of a `tools` property, which is a list or a table by name."""
    return tuple(dict.fromkeys(grant for item in _items(node, tools) for grant in _grants_of_item(item, node, tools)))


def _items(node: Node | None, tools: ToolCollector) -> Iterator[Node | Symbol]:
    value = tools.values.resolve(node)
    if isinstance(value, Node) and value.type == "object" and value.id not in tools.by_node:
        yield from _entries(value, tools)
        return
    found = list(tools.values.elements(node))
    is_list = isinstance(value, Node) and value.type == "array"
    if not found and node is not None and not is_list and node.type not in _NOT_ITEMS:
        yield node
    yield from found


def _entries(table: Node, tools: ToolCollector) -> Iterator[Node | Symbol]:
    """Yield the values of a table; spreads of known tables and lists are expanded."""
    for part in table.named_children:
        if part.type == "pair" and (value := part.child_by_field_name("value")) is not None:
            yield value
        elif part.type == "shorthand_property_identifier":
            yield part
        elif part.type == "spread_element" and part.named_children:
            yield from _items(part.named_children[0], tools)


def _grants_of_item(item: Node | Symbol, around: Node | None, tools: ToolCollector) -> list[GrantFact]:
    if isinstance(item, Symbol):
        return [_imported(item, around)] if around is not None else []
    item = unwrap(item) or item
    if item.id in tools.by_node:
        return [GrantFact(GrantKind.LOCAL, tools.by_node[item.id], place_of(item))]
    value = tools.values.resolve(item)
    if isinstance(value, Symbol):
        return [_imported(value, item)]
    if value is None:
        return [_dynamic(item)]
    if value.id in tools.by_node:
        return [GrantFact(GrantKind.LOCAL, tools.by_node[value.id], place_of(item))]
    if value.type in {"call_expression", "new_expression"}:
        return _grants_of_call(value, item, tools)
    if value.type == "object":
        return _grants_of_object(value, item, tools)
    if value.type in FUNCTIONS:
        return _grants_of_function(value, item, tools)
    if value.type in {"array", "ternary_expression"} and value.id != item.id:
        return list(grants_of(value, tools))
    return [] if value.type in _NOT_ITEMS else [_dynamic(item)]


def _grants_of_call(call: Node, item: Node, tools: ToolCollector) -> list[GrantFact]:
    callee = callee_of(call)
    word = last_word(callee)
    if word in JAVASCRIPT_HOSTED or word.startswith(JAVASCRIPT_HOSTED_PREFIXES):
        return [GrantFact(GrantKind.HOSTED, word, place_of(item))]
    made = tools.values.resolve(callee)
    if isinstance(made, Node) and made.id in tools.by_node:
        return [GrantFact(GrantKind.LOCAL, tools.by_node[made.id], place_of(item))]
    if isinstance(made, Node) and made.type in FUNCTIONS and (of_returned := _returned_tools(made, tools)):
        return [GrantFact(GrantKind.LOCAL, symbol, place_of(item)) for symbol in of_returned]
    if word in GIVING_METHODS and (kit := _toolkit_of(callee, tools)) is not None:
        return [_imported(kit, item)]
    origin = tools.module.origin(callee)
    if origin is not None and (framework_of(origin.module) is None or origin.name != "*"):
        # `await getTools()` returns tools and is not a tool itself.
        return [replace(_imported(origin, item), is_called=call.type == "call_expression" and word[:1].islower())]
    if word in JAVASCRIPT_CONVERSIONS and callee is not None and callee.type == "member_expression":
        return _grants_of_item(callee.child_by_field_name("object") or item, item, tools)
    given = arguments_of(call)
    if len(given) == 1 and tools.values.resolve(given[0]) is not None and given[0].type in {"identifier", "array"}:
        return list(grants_of(given[0], tools))
    return [_dynamic(item)]


def _toolkit_of(callee: Node | None, tools: ToolCollector) -> Symbol | None:
    """Return the toolkit class of a package whose method is called, `new SqlToolkit(db).getTools()`; else None."""
    holder = callee.child_by_field_name("object") if callee is not None else None
    maker = tools.values.node(holder) if holder is not None else None
    made = callee_of(maker) if maker is not None and maker.type == "new_expression" else None
    origin = tools.module.origin(made) if made is not None else None
    return Symbol(origin.module, last_word(made)) if origin is not None and last_word(made) in TOOLKITS else None


def _returned_tools(function: Node, tools: ToolCollector) -> list[str]:
    """Return the symbols of tools defined inside a function of this file, at most eight."""
    found = [
        symbol
        for fact in tools.facts
        if (symbol := fact.symbol) is not None
        and function.start_point[0] < fact.place.line <= function.end_point[0] + 1
    ]
    return found[:8]


def _grants_of_object(value: Node, item: Node, tools: ToolCollector) -> list[GrantFact]:
    fields = tools.values.fields(value)
    kind = tools.values.plain(fields.get("type"))
    if kind.startswith(JAVASCRIPT_HOSTED_TYPES) and "input_schema" not in fields and "inputSchema" not in fields:
        return [GrantFact(GrantKind.HOSTED, kind, place_of(item))]
    for key in ("function", "tool"):
        inner = tools.values.node(fields.get(key))
        if inner is not None and inner.id in tools.by_node:
            return [GrantFact(GrantKind.LOCAL, tools.by_node[inner.id], place_of(item))]
    if "functionDeclarations" in fields or "function_declarations" in fields:
        return list(grants_of(fields.get("functionDeclarations") or fields["function_declarations"], tools))
    for key in JAVASCRIPT_HOSTED_KEYS:
        if key in fields:
            return [GrantFact(GrantKind.HOSTED, key, place_of(item))]
    return [_dynamic(item)]


def _grants_of_function(function: Node, item: Node, tools: ToolCollector) -> list[GrantFact]:
    """Add a plain function in a list as a tool with the function's name, and return its grant."""
    name = key_of(function) or tools.module.assigned_names.get(function.id)
    if not name:
        return [_dynamic(item)]
    symbol = tools.add(function, name, framework=tools.framework(), idiom="tools-list", symbol=name, handler=function)
    return [GrantFact(GrantKind.LOCAL, symbol, place_of(item))]


def _imported(symbol: Symbol, item: Node) -> GrantFact:
    word = symbol.name.rpartition(".")[2]
    if word in JAVASCRIPT_HOSTED or word.startswith(JAVASCRIPT_HOSTED_PREFIXES):
        return GrantFact(GrantKind.HOSTED, word, place_of(item))
    return GrantFact(GrantKind.IMPORTED, symbol, place_of(item))


def _dynamic(item: Node) -> GrantFact:
    return GrantFact(GrantKind.DYNAMIC, shown(item), place_of(item))


def names_of_strings(node: Node | None, tools: ToolCollector) -> list[str]:
    """Return the strings in a list such as `allowedTools: ["Bash", "Read"]`."""
    return [
        text
        for item in (tools.values.elements(node) if node is not None else ())
        if isinstance(item, Node) and (text := string_of(item) or tools.values.plain(item))
    ]
