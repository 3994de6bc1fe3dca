"""Recogniser of functions and classes that a decorator turns into tools: `@tool`, `@mcp.tool(name=...)`, ..."""

import ast

from agentsentinel_cli.scan.catalog.frameworks import PYTHON_ACTION_PACKAGES, PYTHON_TOOL_FACTORY_PACKAGES
from agentsentinel_cli.scan.catalog.tools import (
    PYTHON_DECORATOR_NAME_KEYWORDS,
    PYTHON_DECORATORS,
    PYTHON_NAME_FIRST_DECORATORS,
)
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.python.collector import Name, ToolCollector, hints_of
from agentsentinel_cli.scan.syntax.python.resolve import Expression
from agentsentinel_cli.scan.syntax.python.scopes import Scope, ScopeKind, dotted, keyword, last_word


def find_decorated(tools: ToolCollector) -> None:
    """Add the functions and classes that decorators turn into tools."""
    for scope in tools.module.decorated:
        _look_at(scope, tools)
    for scope in tools.module.classes:
        _look_at(scope, tools)


def decorator_calls(tools: ToolCollector) -> set[int]:
    """Return the ids of calls used as decorators, which must not be read as calls such as `tool(f)`."""
    scopes = [*tools.module.decorated, *tools.module.classes]
    return {id(found) for scope in scopes for found in getattr(scope.node, "decorator_list", [])}


def _look_at(scope: Scope, tools: ToolCollector) -> None:
    decorators: list[ast.expr] = getattr(scope.node, "decorator_list", [])
    marks = [found for found in decorators if _is_tool_mark(found, scope, tools)]
    if not marks:
        return
    outside = scope.parent or scope
    # Of several decorators on one function, the one that names the tool determines the name.
    name: Name = scope.name
    for mark in marks:
        given = _given_name(mark)
        if given is not None:
            name = tools.values.text(given, outside)
            break
    mark = next((found for found in marks if isinstance(found, ast.Call)), marks[0])
    if name is None and _only_converts(mark):
        return
    origin = tools.values.origin(marks[0], outside)
    owners = [owner for found in marks if (owner := _owner_of(found, outside, tools)) is not None]
    symbol = tools.add(
        scope.node,
        name,
        framework=tools.framework(origin, PYTHON_DECORATORS.get(last_word(marks[0]))),
        idiom="decorator" if scope.kind is ScopeKind.FUNCTION else "model-as-tool",
        symbol=_own_symbol(scope, owners, tools),
        description=_given_description(mark, outside, tools),
        function=scope,
        bodies=tuple(scope.children) if scope.kind is ScopeKind.CLASS else (),
        annotations=_annotations(mark, outside, tools),
        objects=(scope,),
    )
    for owner in owners:
        if isinstance(owner, Symbol):
            tools.foreign_owners.append((owner, symbol))
        else:
            tools.owners.append((owner, symbol))


def _is_tool_mark(node: ast.expr, scope: Scope, tools: ToolCollector) -> bool:
    word = last_word(node)
    outside = scope.parent or scope
    if word == "action":
        origin = tools.values.origin(node, outside)
        return origin is not None and origin.module.split(".")[0] in PYTHON_ACTION_PACKAGES
    if word not in PYTHON_DECORATORS or isinstance(_callee(node), ast.Subscript):
        return False
    if word == "tool" and dotted(_callee(node)) == "tool":
        origin = tools.values.origin(node, outside)
        if origin is not None and origin.module in PYTHON_TOOL_FACTORY_PACKAGES:
            return False
    # A registered class states its name and description like any other tool class.
    return not (scope.kind is ScopeKind.CLASS and word == "register_tool")


def _callee(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call):
        node = node.func
    return node


def _given_name(mark: ast.expr) -> ast.expr | None:
    if not isinstance(mark, ast.Call):
        return None
    named = keyword(mark, *PYTHON_DECORATOR_NAME_KEYWORDS)
    if named is not None and not (isinstance(named, ast.Constant) and named.value is None):
        return named
    if (
        last_word(mark) in PYTHON_NAME_FIRST_DECORATORS
        and mark.args
        and not isinstance(mark.args[0], (ast.Lambda, ast.Starred))
    ):
        return mark.args[0]
    return None


def _only_converts(mark: ast.expr) -> bool:
    """Tell whether a decorator only converts a tool that is defined elsewhere.

    Example: `@kernel_function(name=spec.name, description=spec.text)`.
    """
    if not isinstance(mark, ast.Call):
        return False
    given = [keyword(mark, *PYTHON_DECORATOR_NAME_KEYWORDS), keyword(mark, "description")]
    return all(isinstance(node, (ast.Attribute, ast.Subscript, ast.BoolOp, ast.IfExp)) for node in given)


def _given_description(mark: ast.expr, scope: Scope, tools: ToolCollector) -> str:
    if not isinstance(mark, ast.Call):
        return ""
    node = keyword(mark, "description", "description_override", "tool_description")
    if node is None and last_word(mark) == "action" and mark.args:
        node = mark.args[0]
    if node is None and last_word(mark) in PYTHON_NAME_FIRST_DECORATORS and len(mark.args) > 1:
        node = mark.args[1]
    text = tools.values.text(node, scope)
    return text if isinstance(text, str) else ""


def _annotations(mark: ast.expr, scope: Scope, tools: ToolCollector) -> tuple[tuple[str, bool], ...]:
    return hints_of(keyword(mark, "annotations"), tools.values, scope) if isinstance(mark, ast.Call) else ()


def _owner_of(mark: ast.expr, scope: Scope, tools: ToolCollector) -> int | Symbol | None:
    """Return the agent or server whose method decorates: the id of its call, or a name of another file."""
    callee = _callee(mark)
    if not isinstance(callee, ast.Attribute):
        return None
    meaning = tools.values.resolve(callee.value, scope)
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        return id(meaning.node)
    return meaning if isinstance(meaning, Symbol) else None


def _own_symbol(scope: Scope, owners: list[int | Symbol], tools: ToolCollector) -> str:
    """Return a function's path, with its line when another server has a tool of this path: each keeps its own."""
    first = tools.first_owners.setdefault(scope.path, (id(scope), tuple(owners)))
    is_apart = owners and first[0] != id(scope) and set(first[1]).isdisjoint(owners)
    return f"{scope.path}:{getattr(scope.node, 'lineno', 0)}" if is_apart else scope.path
