"""Recogniser of tools defined by schemas: MCP's `Tool(name=..., inputSchema=...)`, JSON schemas in dictionaries.

Their bodies are elsewhere: in a function with the tool's name, or in the branch of a dispatcher that compares the name.
"""

import ast

from agentsentinel_cli.scan.catalog.servers import MCP_PACKAGES
from agentsentinel_cli.scan.catalog.tools import (
    PYTHON_SCHEMA_CLASSES,
    PYTHON_SCHEMA_FUNCTION_KEYWORDS,
    PYTHON_SCHEMA_KEYWORDS,
)
from agentsentinel_cli.scan.model import EffectFact, Symbol
from agentsentinel_cli.scan.recognize.python.collector import Name, ToolCollector, hints_of
from agentsentinel_cli.scan.recognize.python.subclassed import name_of_class
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import Env, Scope, ScopeKind, dotted, held_path, keyword


def find_described(tools: ToolCollector) -> None:
    """Add the tools that are defined by schema classes and dictionaries, each name once per file."""
    described = [
        (node, scope, word) for word in PYTHON_SCHEMA_CLASSES for node, scope in tools.module.calls.get(word, [])
    ]
    for node, scope, word in sorted(described, key=lambda found: (found[0].lineno, found[0].col_offset)):
        if not tools.symbols_of(node):
            _look_at_call(node, scope, PYTHON_SCHEMA_CLASSES[word], tools)
    for table, scope in sorted(tools.module.dicts, key=lambda found: (found[0].lineno, found[0].col_offset)):
        if id(table) not in tools.module.message_dicts and not tools.symbols_of(table):
            _look_at_dict(table, scope, tools)
    for node, scope in tools.module.calls.get("dict", []):
        if not tools.symbols_of(node) and keyword(node, "input_schema", "inputSchema") is not None:
            _look_at_call(node, scope, None, tools)


def _look_at_call(node: ast.Call, scope: Scope, framework: str | None, tools: ToolCollector) -> None:
    name_node = keyword(node, "name")
    schema = keyword(node, *PYTHON_SCHEMA_KEYWORDS)
    if name_node is None or (schema is None and not _is_mcp(node, scope, tools)):
        return
    if keyword(node, *PYTHON_SCHEMA_FUNCTION_KEYWORDS) is not None:
        return
    description = keyword(node, "description")
    origin = tools.values.origin(node.func, scope)
    said = framework or ("mcp" if keyword(node, "inputSchema") is not None else None)
    for name, row, owner in _names(name_node, node, scope, tools):
        if name is None and not _is_written(name_node, description, schema, scope, row, owner, tools):
            continue
        hints = hints_of(keyword(node, "annotations"), tools.values, scope)
        _add_tool(node, name, description, schema, scope, row, tools.framework(origin, said), hints, tools, owner)


def _is_mcp(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    origin = tools.values.origin(node.func, scope)
    return origin is not None and origin.module.split(".")[0] in MCP_PACKAGES and bool(keyword(node, "description"))


def _names(
    name_node: ast.expr, node: ast.AST, scope: Scope, tools: ToolCollector
) -> list[tuple[Name, Env | None, Scope | None]]:
    """Return the tool's name for each iteration of the loop around it, or for each class that inherits its method."""
    owner = scope.enclosing(ScopeKind.CLASS)
    if owner is not None and isinstance(name_node, ast.Attribute):
        function = scope.enclosing(ScopeKind.FUNCTION)
        if function is not None and dotted(name_node.value) == function.self_name():
            return [(name, None, found) for found, name in _handler_names(owner, name_node.attr, tools)]
    rows: list[Env | None] = [*tools.values.rows_for(node, scope)] or [None]
    return [(tools.values.text(name_node, scope, row), row, None) for row in rows]


def _handler_names(owner: Scope, attribute: str, tools: ToolCollector) -> list[tuple[Scope, Name]]:
    found: list[tuple[Scope, Name]] = []
    for scope in [owner, *_descendants(owner, tools.values)]:
        said = name_of_class(scope, tools.values, attribute)
        if said.is_given:
            found.append((scope, said.name))
    return found


def _descendants(owner: Scope, values: Resolver) -> list[Scope]:
    found = [owner]
    for scope in values.module.classes:
        if any(isinstance(base, ClassRef) and base.scope in found for base in values.bases(scope)):
            found.append(scope)
    return found[1:]


def _look_at_dict(node: ast.Dict, scope: Scope, tools: ToolCollector) -> None:
    values = tools.values
    inner = _inner(node, scope, tools)
    if inner is None:
        return
    body, where, schema = inner
    name_node = values.entry(body, "name")
    if name_node is None:
        return
    description = values.entry(body, "description")
    for name, row, owner in _names(name_node, body, where, tools):
        if not isinstance(name, str) and not _is_written(name_node, description, schema, where, row, owner, tools):
            continue
        hints = hints_of(values.entry(body, "annotations"), values, where)
        _add_tool(
            node, name, description, schema, where, row, _framework_of_dict(node, body, tools), hints, tools, owner
        )
    if body is not node:
        for symbol in tools.symbols_of(node):
            tools.link(body, symbol)


def _inner(node: ast.Dict, scope: Scope, tools: ToolCollector) -> tuple[ast.Dict, Scope, ast.expr | None] | None:
    """Return the dictionary with name and schema: this one, or the value of "function" or "toolSpec"; else None."""
    entry = tools.values.entry
    kind = entry(node, "type")
    is_function = isinstance(kind, ast.Constant) and kind.value == "function"
    for key in ("function", "toolSpec"):
        held = tools.values.resolve(entry(node, key), scope)
        if isinstance(held, Expression) and isinstance(held.node, ast.Dict):
            schema = _schema(held.node, tools)
            says_more = schema is not None or entry(held.node, "description") is not None
            is_call = entry(held.node, "arguments") is not None
            is_tool = (is_function or key == "toolSpec") and says_more and not is_call
            return (held.node, held.scope, schema) if is_tool else None
    schema = _schema(node, tools)
    if entry(node, "name") is None:
        return None
    if entry(node, "input_schema") is not None or entry(node, "inputSchema") is not None:
        return node, scope, schema
    parameters = entry(node, "parameters")
    if is_function and (parameters is not None or entry(node, "description") is not None):
        return node, scope, parameters
    if (
        parameters is not None
        and entry(node, "description") is not None
        and _is_object_schema(parameters, scope, tools)
    ):
        return node, scope, parameters
    return None


def _schema(node: ast.Dict, tools: ToolCollector) -> ast.expr | None:
    return next((value for key in PYTHON_SCHEMA_KEYWORDS if (value := tools.values.entry(node, key)) is not None), None)


def _is_object_schema(node: ast.expr, scope: Scope, tools: ToolCollector) -> bool:
    meaning = tools.values.resolve(node, scope)
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict):
        entry = tools.values.entry
        kind = entry(meaning.node, "type")
        return entry(meaning.node, "properties") is not None or (
            isinstance(kind, ast.Constant) and str(kind.value).lower() == "object"
        )
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        return "schema" in tools.module.text(meaning.node).lower()
    return False


def _is_written(
    name: ast.expr,
    description: ast.expr | None,
    schema: ast.expr | None,
    scope: Scope,
    row: Env | None,
    owner: Scope | None,
    tools: ToolCollector,
) -> bool:
    """Tell whether a definition without a known name defines a tool, and does not only convert a tool object."""
    if owner is not None:
        return False
    if (
        row is None
        and isinstance(name, (ast.Attribute, ast.Subscript, ast.Call))
        and not _is_imported(name, scope, tools)
    ):
        # `spec.name`: a tool defined elsewhere is only converted here.
        return False
    text = None if isinstance(description, ast.BoolOp) else tools.values.text(description, scope, row)
    if isinstance(text, str) and text.strip():
        return True
    meaning = tools.values.resolve(schema, scope, row) if schema is not None else None
    if not (isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict)):
        return False
    properties = tools.values.entry(meaning.node, "properties")
    return isinstance(properties, ast.Dict) and bool(properties.keys)


def _is_imported(name: ast.expr, scope: Scope, tools: ToolCollector) -> bool:
    return isinstance(tools.values.text(name, scope), Symbol)


def _framework_of_dict(node: ast.Dict, body: ast.Dict, tools: ToolCollector) -> str:
    entry = tools.values.entry
    if entry(body, "input_schema") is not None:
        return "anthropic"
    if entry(node, "toolSpec") is not None:
        return "bedrock"
    if entry(body, "inputSchema") is not None:
        return "mcp" if tools.framework(None) == "python" else tools.framework(None)
    known = tools.framework(None)
    return "openai" if known in {"python", "mcp"} else known


def _add_tool(
    node: ast.expr,
    name: Name,
    description: ast.expr | None,
    schema: ast.expr | None,
    scope: Scope,
    row: Env | None,
    framework: str,
    hints: tuple[tuple[str, bool], ...],
    tools: ToolCollector,
    owner: Scope | None,
) -> None:
    text = tools.values.text(description, scope, row)
    bodies, effects = _implementation(name, owner, tools)
    is_in_list = framework == "mcp" and isinstance(node, ast.Call)
    symbol = tools.add(
        node,
        name,
        framework=framework,
        idiom="list-handler" if is_in_list else "schema",
        symbol=owner.path if owner is not None else _symbol(node, name, scope, tools),
        description=text if isinstance(text, str) else "",
        bodies=bodies,
        parameters=_properties(schema, scope, tools),
        annotations=hints,
        place=tools.module.place(owner.node if owner is not None else node),
        key=("schema", name) if name is not None else ("schema", id(node), owner.path if owner else ""),
        objects=(owner,) if owner is not None else (),
    )
    if effects:
        tools.add_effects(symbol, effects)


def _symbol(node: ast.expr, name: Name, scope: Scope, tools: ToolCollector) -> str:
    holder = tools.module.assigned_names.get(id(node)) or tools.keys_of(scope).get(id(node))
    if holder:
        return held_path(scope, holder)
    if not isinstance(name, str):
        return ""
    return f"{scope.path}.{name}" if scope.path else name


def _properties(schema: ast.expr | None, scope: Scope, tools: ToolCollector) -> tuple[str, ...]:
    meaning = tools.values.resolve(schema, scope) if schema is not None else None
    if not (isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict)):
        return ()
    node = meaning.node
    wrapped = tools.values.entry(node, "json")
    if isinstance(wrapped, ast.Dict):
        node = wrapped
    properties = tools.values.entry(node, "properties")
    if isinstance(properties, ast.Dict):
        return tuple(
            key.value for key in properties.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
        )
    return ()


def _implementation(
    name: Name, owner: Scope | None, tools: ToolCollector
) -> tuple[tuple[Scope | None, ...], tuple[EffectFact, ...]]:
    """Return the functions that implement a tool, and the effects of the dispatcher branch that handles it."""
    if owner is not None:
        methods = [child for child in owner.children if child.kind is ScopeKind.FUNCTION and child.name != "__init__"]
        return tuple(methods), ()
    if not isinstance(name, str):
        return (), ()
    plain = name.replace("-", "_")
    words = (plain, f"_{plain}", f"handle_{plain}", f"_handle_{plain}", f"{plain}_tool", f"execute_{plain}")
    function = tools.first_function(*words)
    if function is not None:
        return (function,), ()
    return (), tuple(
        effect
        for scope, first, last in _branches(tools).get(name, ())
        for effect in tools.bodies.effects_between(scope, first, last)
    )


def _branches(tools: ToolCollector) -> dict[str, list[tuple[Scope, int, int]]]:
    """Return the dispatcher branches of a file: tool name -> (scope, first line, last line)."""
    if tools.branches is None:
        tools.branches = {}
        for scope in tools.module.functions:
            for test, first, last in scope.branches:
                for name in _tested(test, scope, tools.values):
                    tools.branches.setdefault(name, []).append((scope, first, last))
    return tools.branches


def _tested(test: ast.expr, scope: Scope, values: Resolver) -> list[str]:
    """Return the texts that a test compares with."""
    sides = [test]
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.In)):
        sides = [test.left, *test.comparators]
    elif not isinstance(test, (ast.Constant, ast.Attribute)):
        return []
    parts = [
        part for side in sides for part in (side.elts if isinstance(side, (ast.List, ast.Tuple, ast.Set)) else [side])
    ]
    named = (ast.Constant, ast.Attribute, ast.Name)
    texts = [values.text(part, scope) for part in parts if isinstance(part, named)]
    return [text for text in texts if isinstance(text, str)]
