"""Lists of tools that are granted to agents; a plain function in such a list becomes a tool."""

import ast

from agentsentinel_cli.scan.catalog.agents import PYTHON_COROUTINE_RUNNERS, PYTHON_TOOL_COLLECTIONS
from agentsentinel_cli.scan.catalog.hosted import PYTHON_HOSTED, PYTHON_HOSTED_KEYS, PYTHON_HOSTED_TYPES
from agentsentinel_cli.scan.model import GrantFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.subclassed import add_class_tool, is_model, is_tool_class
from agentsentinel_cli.scan.recognize.python.toolkits import toolkit_grants, with_settings
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef
from agentsentinel_cli.scan.syntax.python.scopes import Env, Scope, dotted, keyword, last_word
from agentsentinel_core.light_dataclasses import replace

_AROUND = frozenset({"wrapper", "wrapped", "inner", "decorator", "decorated"})
"""Usual names in decorators of the function that wraps another one."""


def grants_of(node: ast.expr, scope: Scope, tools: ToolCollector, env: Env | None = None) -> tuple[GrantFact, ...]:
    """Return the grants in the value of a `tools=` argument. Plain functions in it become tools."""
    grants: list[GrantFact] = []
    for item, where, row in tools.values.elements(node, scope, env):
        grants += _grants_of_item(item, where, row, tools)
    return tuple(dict.fromkeys(grants))


def _grants_of_item(item: ast.expr, scope: Scope, env: Env | None, tools: ToolCollector) -> list[GrantFact]:
    item = _waited_for(item)
    known = tools.symbols_of(item)
    if known:
        return [GrantFact(GrantKind.LOCAL, symbol, tools.module.place(item)) for symbol in known]
    if isinstance(item, ast.Constant):
        # A list of names, for people or for a look-up elsewhere.
        return []
    meaning = tools.values.resolve(item, scope, env)
    place = tools.module.place(item)
    if isinstance(meaning, FunctionRef):
        return [GrantFact(GrantKind.LOCAL, symbol, place) for symbol in _tools_of_function(meaning.scope, tools)]
    if isinstance(meaning, ClassRef):
        return [GrantFact(GrantKind.LOCAL, symbol, place) for symbol in _tools_of_class(meaning.scope, tools)] or [
            _dynamic(item, tools)
        ]
    if isinstance(meaning, Symbol):
        return [_imported(meaning, item, tools)]
    if isinstance(meaning, Expression):
        return _grants_of_written(meaning, item, tools)
    if meaning is None and isinstance(item, ast.Name) and (starred := tools.module.starred()):
        return [_imported(Symbol(starred, item.id), item, tools)]
    return [_dynamic(item, tools)]


def _waited_for(node: ast.expr) -> ast.expr:
    """Return the coroutine that a call waits for, `asyncio.run(client.get_tools())`, else the node itself."""
    waits = isinstance(node, ast.Call) and node.args and dotted(node.func).endswith(PYTHON_COROUTINE_RUNNERS)
    return node.args[0] if isinstance(node, ast.Call) and waits else node


def _tools_of_function(scope: Scope, tools: ToolCollector) -> list[str]:
    known = tools.symbols_of(scope) or tools.symbols_of(scope.node)
    if known:
        return known
    if not scope.name:
        return []
    return [
        tools.add(
            scope.node,
            scope.name,
            framework=tools.framework(None),
            idiom="tools-list",
            symbol=scope.path,
            function=scope,
            key=("listed", scope.path, getattr(scope.node, "lineno", 0)),
            objects=(scope,),
        )
    ]


def _tools_of_class(scope: Scope, tools: ToolCollector) -> list[str]:
    known = tools.symbols_of(scope) or tools.symbols_of(scope.node)
    if not known and is_model(scope, tools.values) and not is_tool_class(scope, tools.values):
        known = [add_class_tool(scope, scope.name, tools, "model-as-tool")]
    return known


def _grants_returned(scope: Scope, item: ast.expr, tools: ToolCollector) -> list[GrantFact]:
    """Return the grants of a helper that creates and returns tools; a dynamic grant when they are unknown."""
    symbols: list[str] = []
    for returned in scope.returns:
        meaning = tools.values.resolve(returned, scope)
        if isinstance(meaning, FunctionRef) and is_made_by(scope, meaning.scope):
            symbols += _tools_of_function(meaning.scope, tools)
            continue
        thing = meaning.node if isinstance(meaning, Expression) else getattr(meaning, "scope", None)
        symbols += tools.symbols_of(thing) if thing is not None else []
    place = tools.module.place(item)
    return [GrantFact(GrantKind.LOCAL, symbol, place) for symbol in dict.fromkeys(symbols)] or [_dynamic(item, tools)]


def is_made_by(maker: Scope, function: Scope) -> bool:
    """Tell whether a factory defines a function as a tool, and not as a wrapper, which takes the wrapped one's name."""
    is_around = any("wraps" in last_word(mark) for mark in getattr(function.node, "decorator_list", ()))
    return function.parent is maker and not is_around and function.name not in _AROUND


def _wrapped_function(node: ast.Call, maker: Scope, scope: Scope, tools: ToolCollector) -> Scope | None:
    """Return the function passed in `guarded(search)`, when `guarded` returns its own wrapper around it; else None."""
    if len(node.args) != 1:
        return None
    inner = tools.values.resolve(node.args[0], scope)
    returned = [tools.values.resolve(one, maker) for one in maker.returns]
    gives_own = bool(returned) and all(isinstance(one, FunctionRef) and one.scope.parent is maker for one in returned)
    return inner.scope if gives_own and isinstance(inner, FunctionRef) else None


def _methods_of(scope: Scope, tools: ToolCollector) -> list[str]:
    """Return the symbols of tools among a plug-in's methods."""
    return [fact.symbol for fact in tools.facts_inside(scope.path) if fact.symbol]


def _grants_of_written(meaning: Expression, item: ast.expr, tools: ToolCollector) -> list[GrantFact]:
    place = tools.module.place(item)
    node = meaning.node
    if _waited_for(node) is not node:
        return _grants_of_item(_waited_for(node), meaning.scope, None, tools)
    known = tools.symbols_of(node)
    if known:
        return [GrantFact(GrantKind.LOCAL, symbol, place) for symbol in known]
    if isinstance(node, ast.Dict):
        return _grant_of_dict(node, item, tools)
    if isinstance(node, ast.Constant):
        return []
    if not isinstance(node, ast.Call):
        return [_dynamic(item, tools)]
    word = last_word(node)
    made = tools.values.resolve(node.func, meaning.scope)
    if isinstance(made, ClassRef):
        if listed := toolkit_grants(made.scope, tools):
            made_with = (with_settings(grant, node, meaning.scope, tools.values) for grant in listed)
            return [replace(grant, place=place) for grant in made_with]
        local = tools.symbols_of(made.scope) or tools.symbols_of(made.scope.node) or _methods_of(made.scope, tools)
        return [GrantFact(GrantKind.LOCAL, symbol, place) for symbol in local] or [_dynamic(item, tools)]
    inner = keyword(node, "tools", "function_declarations") or (node.args[0] if node.args else None)
    if (word in PYTHON_TOOL_COLLECTIONS or keyword(node, "function_declarations") is not None) and inner is not None:
        return list(grants_of(inner, meaning.scope, tools))
    if isinstance(made, FunctionRef):
        wrapped = _wrapped_function(node, made.scope, meaning.scope, tools)
        if wrapped is not None:
            return [GrantFact(GrantKind.LOCAL, symbol, place) for symbol in _tools_of_function(wrapped, tools)]
        return _grants_returned(made.scope, item, tools)
    if isinstance(made, Symbol) and made.name != "*":
        is_called = made.name.rpartition(".")[2][:1].islower()
        grant = replace(_imported(made, item, tools), is_called=is_called)
        return [_with_maker(grant, node, meaning.scope, tools)]
    if word in PYTHON_HOSTED:
        return [GrantFact(GrantKind.HOSTED, word, place)]
    held = tools.values.origin(node.func, meaning.scope)
    if isinstance(node.func, ast.Attribute) and held is not None and held.name != "*":
        # `toolkit.get_tools()`: the tools are known only to the toolkit, but its class is known.
        return [_with_maker(_imported(held, item, tools), node, meaning.scope, tools)]
    return [_dynamic(item, tools)]


def _with_maker(grant: GrantFact, node: ast.Call, scope: Scope, tools: ToolCollector) -> GrantFact:
    """Return a grant with the arguments of its toolkit, `Toolkit(...)` or `Toolkit(...).get_tools()`."""
    if isinstance(node.func, ast.Attribute):
        maker = tools.values.resolve(node.func.value, scope)
        if isinstance(maker, Expression) and isinstance(maker.node, ast.Call):
            return with_settings(grant, maker.node, maker.scope, tools.values)
    return with_settings(grant, node, scope, tools.values)


def _grant_of_dict(node: ast.Dict, item: ast.expr, tools: ToolCollector) -> list[GrantFact]:
    kind = tools.values.entry(node, "type")
    if isinstance(kind, ast.Constant) and isinstance(kind.value, str) and kind.value.startswith(PYTHON_HOSTED_TYPES):
        return [GrantFact(GrantKind.HOSTED, kind.value, tools.module.place(item))]
    for key in node.keys:
        if isinstance(key, ast.Constant) and key.value in PYTHON_HOSTED_KEYS:
            return [GrantFact(GrantKind.HOSTED, str(key.value), tools.module.place(item))]
    return [_dynamic(item, tools)]


def _imported(symbol: Symbol, item: ast.expr, tools: ToolCollector) -> GrantFact:
    # Azure's hosted tools are granted by a member: `CodeInterpreterTool().definitions`.
    hosted = next((word for word in reversed(symbol.name.split(".")) if word in PYTHON_HOSTED), None)
    if hosted is not None:
        return GrantFact(GrantKind.HOSTED, hosted, tools.module.place(item))
    return GrantFact(GrantKind.IMPORTED, symbol, tools.module.place(item))


def _dynamic(item: ast.expr, tools: ToolCollector) -> GrantFact:
    return GrantFact(GrantKind.DYNAMIC, shorten(tools.module.text(item)), tools.module.place(item))


def names_a_list(node: ast.expr) -> bool:
    """Tell whether an argument can be a list of tools; a text, number or comparison cannot."""
    return not isinstance(node, (ast.Constant, ast.JoinedStr, ast.Compare, ast.DictComp)) and (
        not isinstance(node, ast.Name) or bool(dotted(node))
    )
