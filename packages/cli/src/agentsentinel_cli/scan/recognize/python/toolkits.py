"""Recogniser of the methods that a toolkit class lists as tools, and of the flags that switch some of them off.

LlamaIndex uses `spec_functions = ["search", ...]`, Agno `super().__init__(tools=[self.search, ...])` and
`self.register(self.search)`, often under `if` with an argument of the constructor.
"""

import ast
from collections.abc import Iterator

from agentsentinel_cli.scan.catalog.tools import (
    PYTHON_EXCLUDING_KEYWORDS,
    PYTHON_INCLUDING_KEYWORDS,
    PYTHON_TOOLKIT_SUFFIXES,
)
from agentsentinel_cli.scan.model import FlagFact, GrantFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, FunctionRef, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import (
    BindingKind,
    Function,
    Scope,
    ScopeKind,
    dotted,
    keyword,
)
from agentsentinel_core.light_dataclasses import dataclass, replace

_DEEPEST = 8
Needs = tuple[tuple[FlagFact, ...], ...]


@dataclass(frozen=True, slots=True)
class ListedMethod:
    """Method that a toolkit lists as a tool."""

    method: Scope
    node: ast.expr
    where: Scope
    """Scope of the constructor, or of the class, that lists it."""


def toolkit_base(scope: Scope, values: Resolver, depth: int = 0) -> Symbol | None:
    """Return the framework's toolkit class that a class descends from, or None."""
    for base in values.bases(scope):
        if isinstance(base, Symbol) and base.name.endswith(PYTHON_TOOLKIT_SUFFIXES):
            return base
        if isinstance(base, ClassRef) and base.scope is not scope and depth < _DEEPEST:
            found = toolkit_base(base.scope, values, depth + 1)
            if found is not None:
                return found
    return None


def listed_methods(scope: Scope, tools: ToolCollector) -> list[ListedMethod]:
    """Return the methods that a toolkit class lists, in document order; none for another class."""
    if toolkit_base(scope, tools.values) is None:
        return []
    found = [*_of_specification(scope, tools), *_registered(scope, tools), *_passed_on(scope, tools)]
    return list({id(one.method): one for one in reversed(found)}.values())[::-1]


def toolkit_grants(scope: Scope, tools: ToolCollector) -> tuple[GrantFact, ...]:
    """Return a grant for each listed method of a toolkit class, with what its arguments must be."""
    grants: dict[str, GrantFact] = {}
    for listed in listed_methods(scope, tools):
        needs = _needs(listed)
        for symbol in tools.symbols_of(listed.method) or tools.symbols_of(listed.method.node):
            grants[symbol] = GrantFact(GrantKind.LOCAL, symbol, tools.module.place(listed.node), needs=needs)
    return tuple(grants.values())


def with_settings(grant: GrantFact, call: ast.Call, scope: Scope, values: Resolver) -> GrantFact:
    """Return the grant of a toolkit, or of one of its methods, with the arguments that the toolkit is made with."""
    return replace(
        grant,
        flags=_flags_of(call),
        included=_texts(keyword(call, *PYTHON_INCLUDING_KEYWORDS), scope, values),
        excluded=_texts(keyword(call, *PYTHON_EXCLUDING_KEYWORDS), scope, values),
    )


def _texts(node: ast.expr | None, scope: Scope, values: Resolver) -> tuple[str, ...]:
    found = [values.text(item, where, env) for item, where, env in values.elements(node, scope)] if node else []
    return tuple(text for text in found if isinstance(text, str))


def _flags_of(call: ast.Call) -> tuple[tuple[str, bool | None], ...]:
    """Return the switches among the arguments of a call that makes a toolkit."""
    given = [(str(at), node) for at, node in enumerate(call.args)]
    given += [(one.arg or "**", one.value) for one in call.keywords]
    return tuple((name, _constant(node)) for name, node in given)


def _constant(node: ast.expr) -> bool | None:
    return bool(node.value) if isinstance(node, ast.Constant) else None


def _of_specification(scope: Scope, tools: ToolCollector) -> Iterator[ListedMethod]:
    listed = tools.values.member(scope, "spec_functions")
    if listed is None or listed.value is None:
        return
    for item, where, _ in tools.values.elements(listed.value, listed.scope):
        named = item.elts if isinstance(item, ast.Tuple) else [item]
        for name in (tools.values.text(part, where) for part in named):
            member = tools.values.member(scope, name) if isinstance(name, str) else None
            if member is not None and member.how is BindingKind.FUNCTION:
                yield ListedMethod(member.scope, item, scope)


def _registered(scope: Scope, tools: ToolCollector) -> Iterator[ListedMethod]:
    for node, where in tools.module.calls.get("register", []):
        is_own = dotted(node.func) == f"{where.self_name()}.register"
        if node.args and is_own and where.enclosing(ScopeKind.CLASS) is scope:
            meaning = tools.values.resolve(node.args[0], where)
            if isinstance(meaning, FunctionRef):
                yield ListedMethod(meaning.scope, node.args[0], where)


def _passed_on(scope: Scope, tools: ToolCollector) -> Iterator[ListedMethod]:
    for node, where in tools.module.calls.get("__init__", []):
        given = keyword(node, "tools")
        if given is None or where.enclosing(ScopeKind.CLASS) is not scope:
            continue
        for item, place, _ in tools.values.elements(given, where):
            meaning = tools.values.resolve(item, place)
            if isinstance(meaning, FunctionRef) and meaning.scope.method_class() is not None:
                yield ListedMethod(meaning.scope, item, where)


def _needs(listed: ListedMethod) -> Needs:
    """Return the conditions around the place where a method is listed, as far as they are about arguments."""
    line = listed.node.lineno
    tests = [test for test, first, last in listed.where.branches if first <= line <= last]
    return tuple(group for test in tests for group in _groups(test, listed.where))


def _groups(test: ast.expr, where: Scope) -> Iterator[tuple[FlagFact, ...]]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from _groups(part, where)
        return
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    flags = [_flag(part, where) for part in parts]
    if all(flag is not None for flag in flags):
        yield tuple(flag for flag in flags if flag is not None)


def _flag(node: ast.expr, where: Scope) -> FlagFact | None:
    """Return what an argument must be for a test to hold: `allow`, `not allow`, `self.allow`; None for other tests."""
    value = True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node, value = node.operand, False
    if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(where.node, Function):
        return None
    name = dotted(node).removeprefix(f"{where.self_name()}.")
    arguments = where.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs = dict(zip([one.arg for one in positional], [*defaults, *arguments.defaults], strict=True))
    pairs |= dict(zip([one.arg for one in arguments.kwonlyargs], arguments.kw_defaults, strict=True))
    default = pairs.get(name)
    if not isinstance(default, ast.Constant):
        return None
    position = [one.arg for one in positional].index(name) - 1 if name in [one.arg for one in positional] else -1
    return FlagFact(name, position, value, bool(default.value))
