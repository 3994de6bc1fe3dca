"""Recogniser of safeguards in JavaScript: switches that have a person approve calls of a tool, and limits of rates."""

from collections.abc import Iterator

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.safeguards import APPROVAL, JAVASCRIPT_SWITCHES, Switch
from agentsentinel_cli.scan.model import AgentFact, EffectFact, Place, SafeguardFact
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector
from agentsentinel_cli.scan.recognize.javascript.grants import names_of_strings
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.javascript.nodes import FUNCTIONS, arguments_of, key_of, place_of, string_of, text_of
from agentsentinel_core.light_dataclasses import replace

_OF_TOOLS = {row.word: row for row in JAVASCRIPT_SWITCHES if row.place == "tool"}
_OF_AGENTS = {row.word: row for row in JAVASCRIPT_SWITCHES if row.place == "agent"}
_PASSED = {row.word: row for row in JAVASCRIPT_SWITCHES if row.place == "call"}


def add_tool_safeguards(tools: ToolCollector) -> None:
    """Add the switches in the objects that define tools to the effects of these tools."""
    by_symbol: dict[str, list[EffectFact]] = {}
    for node in tools.module.objects:
        for pair, row in _switches(node, _OF_TOOLS, tools):
            if (symbol := _symbol_of(node, tools)) is not None:
                effect = EffectFact(row.guard, place_of(pair), shorten(f"{row.word}: {text_of(pair)}"))
                by_symbol.setdefault(symbol, []).append(effect)
    for at, fact in enumerate(tools.facts):
        if fact.symbol in by_symbol:
            tools.facts[at] = replace(fact, effects=(*fact.effects, *by_symbol[fact.symbol]))


def with_safeguards(agents: tuple[AgentFact, ...], tools: ToolCollector) -> tuple[AgentFact, ...]:
    """Return the agents with the safeguards that are written in their calls; the only agent gets those of the file."""
    found = list(_agent_safeguards(tools)) if agents else []
    return tuple(
        replace(agent, safeguards=mine)
        if (mine := tuple(one for one in found if len(agents) == 1 or _encloses(agent.place, one.place)))
        else agent
        for agent in agents
    )


def _agent_safeguards(tools: ToolCollector) -> Iterator[SafeguardFact]:
    for node in tools.module.objects:
        for value, row in _switches(node, _OF_AGENTS, tools):
            names = _names_in(value, tools) if row.names else ()
            if names or not row.names:
                yield SafeguardFact(row.guard, place_of(value), shorten(f"{row.word}: {text_of(value)}"), names)
    for word, row in _PASSED.items():
        for call in tools.module.calls.get(word, ()):
            fields = tools.values.fields(next(iter(arguments_of(call)), None))
            names = _names_in(fields[row.names], tools) if row.names in fields else ()
            yield SafeguardFact(row.guard, place_of(call), shorten(text_of(call)), names)


def _switches(node: Node, rows: dict[str, Switch], tools: ToolCollector) -> Iterator[tuple[Node, Switch]]:
    """Yield the values in an object that switch a safeguard on."""
    for part in node.named_children:
        if part.type == "method_definition":
            row, value = rows.get(key_of(part) or ""), part
        elif part.type == "pair" and (given := part.child_by_field_name("value")) is not None:
            row, value = rows.get(key_of(part) or ""), given
        else:
            continue
        if row is not None and _is_on(value, row, tools):
            yield value, row


def _symbol_of(node: Node, tools: ToolCollector) -> str | None:
    """Return the symbol of the tool that an object defines: the object itself, or the call it is passed to."""
    if node.id in tools.by_node:
        return tools.by_node[node.id]
    around = tools.module.parent(node)
    call = tools.module.parent(around) if around is not None and around.type == "arguments" else None
    return tools.by_node.get(call.id) if call is not None else None


def _names_in(node: Node, tools: ToolCollector) -> tuple[str, ...]:
    """Return the tools in a text, a list, or a table whose values switch them on."""
    fields = tools.values.fields(node)
    if fields:
        return tuple(name for name, value in fields.items() if text_of(value) != "false")
    text = string_of(node)
    return (text,) if text else tuple(names_of_strings(node, tools))


def _is_on(node: Node, row: Switch, tools: ToolCollector) -> bool:
    value = tools.values.node(node) or node
    if row.guard != APPROVAL:
        return text_of(value) not in {"null", "undefined", "0", "false"}
    return value.type in {"true", "array", "object", *FUNCTIONS} or string_of(value) in row.values


def _encloses(outer: Place, inner: Place) -> bool:
    start, end = (outer.line, outer.column), outer.end_line or outer.line
    return start <= (inner.line, inner.column) and inner.line <= end
