"""Recogniser of connections to MCP servers, by command line or URL."""

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.servers import JAVASCRIPT_BY_TABLE, JAVASCRIPT_CONNECTIONS
from agentsentinel_cli.scan.model import ServerFact
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.javascript.nodes import arguments_of, place_of, text_of

_LONGEST_TARGET = 200


def find_servers(tools: ToolCollector) -> list[tuple[Node, ServerFact]]:
    """Find the connections to MCP servers, each with the node that defines it, in document order."""
    found: list[tuple[Node, ServerFact]] = []
    for word in JAVASCRIPT_CONNECTIONS:
        for call in tools.module.calls.get(word, ()):
            found += _single(call, tools)
    for word in JAVASCRIPT_BY_TABLE:
        for call in tools.module.calls.get(word, ()):
            given = arguments_of(call)
            fields = tools.values.fields(given[0]) if given else {}
            found += _table(fields.get("servers") or fields.get("mcpServers") or (given[0] if given else None), tools)
    for table in tools.module.objects:
        pair = tools.module.parent(table)
        if pair is not None and text_of(pair.child_by_field_name("key")) == "mcpServers":
            found += _table(table, tools)
    unique = {(fact.name, fact.target): (node, fact) for node, fact in reversed(found)}
    return sorted(unique.values(), key=lambda one: one[0].start_byte)


def _single(call: Node, tools: ToolCollector) -> list[tuple[Node, ServerFact]]:
    given = arguments_of(call)
    if not given:
        return []
    fields = tools.values.fields(given[0])
    if "transport" in fields:
        fields = tools.values.fields(fields["transport"])
    target = _target(fields, tools) if fields else _url(given[0], tools)
    name = tools.values.plain(fields.get("name") or fields.get("serverLabel")) or tools.module.assigned_names.get(
        call.id, ""
    )
    return [(call, ServerFact(name, target, place_of(call)))] if target else []


def _table(table: Node | None, tools: ToolCollector) -> list[tuple[Node, ServerFact]]:
    """Read servers from a table `{name: {command, args}}` or `{name: {url}}`."""
    found: list[tuple[Node, ServerFact]] = []
    for name, value in tools.values.fields(table).items():
        target = _target(tools.values.fields(value), tools)
        if target:
            found.append((value, ServerFact(name, target, place_of(value))))
    return found


def _target(fields: dict[str, Node], tools: ToolCollector) -> str:
    if (whole := tools.values.plain(fields.get("fullCommand"))) != "":
        return shorten(whole, _LONGEST_TARGET)
    if "command" in fields:
        words = [tools.values.plain(fields["command"]) or text_of(fields["command"])]
        given = (item for item in tools.values.elements(fields.get("args")) if isinstance(item, Node))
        words.extend(tools.values.plain(item) or text_of(item) for item in given)
        return shorten(" ".join(words), _LONGEST_TARGET)
    url = fields.get("url") or fields.get("serverUrl")
    return _url(url, tools) if url is not None else ""


def _url(node: Node, tools: ToolCollector) -> str:
    value = tools.values.node(node)
    if value is not None and value.type == "new_expression" and text_of(value).startswith("new URL"):
        given = arguments_of(value)
        return _url(given[0], tools) if given else ""
    return shorten(tools.values.plain(node) or text_of(node), _LONGEST_TARGET)
