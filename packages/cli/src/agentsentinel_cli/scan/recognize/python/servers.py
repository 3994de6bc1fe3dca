"""Recogniser of the MCP servers that a Python file connects to."""

import ast
from collections.abc import Iterator

from agentsentinel_cli.scan.catalog.servers import (
    MCP_SERVER_PACKAGES,
    PYTHON_BY_ADDRESS,
    PYTHON_BY_COMMAND,
    PYTHON_BY_TABLE,
    PYTHON_BY_URL,
    PYTHON_HOSTED_CONNECTION,
)
from agentsentinel_cli.scan.model import ServerFact
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import Expression
from agentsentinel_cli.scan.syntax.python.scopes import Scope, keyword


def find_servers(tools: ToolCollector) -> list[tuple[ast.Call, ServerFact]]:
    """Find the connections to MCP servers, each with the call that defines it, in document order."""
    first: dict[tuple[str, str], tuple[ast.Call, ServerFact]] = {}
    for node, fact in _stated(tools):
        if fact is not None:
            first.setdefault((fact.target, fact.name), (node, fact))
    return sorted(first.values(), key=lambda item: (item[0].lineno, item[0].col_offset))


def _stated(tools: ToolCollector) -> Iterator[tuple[ast.Call, ServerFact | None]]:
    for word in sorted(PYTHON_BY_COMMAND):
        for node, scope in tools.module.calls.get(word, []):
            yield node, _by_command(node, scope, tools)
    for word in sorted(PYTHON_BY_URL):
        for node, scope in tools.module.calls.get(word, []):
            yield node, _by_url(node, scope, tools)
    for word in sorted(PYTHON_BY_ADDRESS):
        for node, scope in tools.module.calls.get(word, []):
            fact = _by_url(node, scope, tools)
            if fact is not None and "://" in fact.target and _is_of_mcp(node, scope, tools):
                yield node, fact
    for word in sorted(PYTHON_BY_TABLE):
        for node, scope in tools.module.calls.get(word, []):
            for fact in _by_table(node, scope, tools):
                yield node, fact
    for node, scope in tools.module.calls.get(PYTHON_HOSTED_CONNECTION, []):
        yield node, _hosted(node, scope, tools)


def _is_of_mcp(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    origin = tools.values.origin(node.func, scope)
    return origin is not None and origin.module.partition(".")[0] in MCP_SERVER_PACKAGES


def _text(node: ast.AST | None, scope: Scope, tools: ToolCollector) -> str:
    text = tools.values.text(node, scope)
    if isinstance(text, str):
        return text
    return shorten(tools.module.text(node)) if isinstance(node, ast.expr) and hasattr(node, "lineno") else ""


def _name(node: ast.Call, scope: Scope, tools: ToolCollector) -> str:
    given = keyword(node, "name", "server_label")
    return (_text(given, scope, tools) if given is not None else "") or tools.module.assigned_names.get(id(node), "")


def _by_command(node: ast.Call, scope: Scope, tools: ToolCollector) -> ServerFact | None:
    command = keyword(node, "command") or (node.args[0] if node.args else None)
    args = keyword(node, "args") or (node.args[1] if len(node.args) > 1 else None)
    params = tools.values.resolve(keyword(node, "params", "server_params"), scope)
    if isinstance(params, Expression) and isinstance(params.node, ast.Dict):
        command, args, scope = (
            tools.values.entry(params.node, "command"),
            tools.values.entry(params.node, "args"),
            params.scope,
        )
    if command is None or isinstance(command, ast.Call):
        return None
    line = _command_line(command, args, scope, tools)
    return ServerFact(_name(node, scope, tools), line, tools.module.place(node)) if line else None


def _command_line(command: ast.expr, args: ast.expr | None, scope: Scope, tools: ToolCollector) -> str:
    words = [_text(command, scope, tools)]
    if args is not None:
        for item, where, _ in tools.values.elements(args, scope):
            words.append(_text(item, where, tools))
    return shorten(" ".join(word for word in words if word), 200)


def _by_url(node: ast.Call, scope: Scope, tools: ToolCollector) -> ServerFact | None:
    url = keyword(node, "url", "server_url", "base_url") or (node.args[0] if node.args else None)
    params = tools.values.resolve(keyword(node, "params"), scope)
    if isinstance(params, Expression) and isinstance(params.node, ast.Dict):
        url, scope = tools.values.entry(params.node, "url"), params.scope
    if url is None or isinstance(url, (ast.Call, ast.Dict)):
        return None
    text = _text(url, scope, tools)
    return ServerFact(_name(node, scope, tools), shorten(text, 200), tools.module.place(node)) if text else None


def _by_table(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[ServerFact]:
    """Read servers from a table `{"name": {"command": ..., "args": [...]}}`, which may be under "mcpServers"."""
    table = keyword(node, "connections", "mcp_servers", "servers", "serverparams") or (
        node.args[0] if node.args else None
    )
    meaning = tools.values.resolve(table, scope) if table is not None else None
    if not (isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict)):
        return []
    inner = tools.values.entry(meaning.node, "mcpServers")
    node_of_table = inner if isinstance(inner, ast.Dict) else meaning.node
    found: list[ServerFact] = []
    for key, value in zip(node_of_table.keys, node_of_table.values, strict=True):
        entry = tools.values.resolve(value, meaning.scope)
        if key is None or not (isinstance(entry, Expression) and isinstance(entry.node, ast.Dict)):
            continue
        url, command = tools.values.entry(entry.node, "url"), tools.values.entry(entry.node, "command")
        name = _text(key, meaning.scope, tools)
        if url is not None:
            found.append(ServerFact(name, shorten(_text(url, entry.scope, tools), 200), tools.module.place(key)))
        elif command is not None:
            line = _command_line(command, tools.values.entry(entry.node, "args"), entry.scope, tools)
            found.append(ServerFact(name, line, tools.module.place(key)))
    return found


def _hosted(node: ast.Call, scope: Scope, tools: ToolCollector) -> ServerFact | None:
    config = tools.values.resolve(keyword(node, "tool_config"), scope)
    if isinstance(config, Expression) and isinstance(config.node, ast.Dict):
        url, label = tools.values.entry(config.node, "server_url"), tools.values.entry(config.node, "server_label")
        if url is not None:
            return ServerFact(_text(label, scope, tools), _text(url, scope, tools), tools.module.place(node))
    return None
