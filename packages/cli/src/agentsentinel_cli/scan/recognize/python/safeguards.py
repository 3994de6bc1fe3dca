"""Recogniser of safeguards: switches that have a person approve calls of a tool, and limits of their rate."""

import ast
from collections.abc import Iterator

from agentsentinel_cli.scan.catalog.safeguards import APPROVAL, PYTHON_SWITCHES, Switch
from agentsentinel_cli.scan.model import EffectFact, SafeguardFact
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef, Resolved
from agentsentinel_cli.scan.syntax.python.scopes import Scope, dotted, keyword, last_word

_OF_TOOLS = {row.word: row for row in PYTHON_SWITCHES if row.place == "tool"}
_OF_AGENTS = {row.word: row for row in PYTHON_SWITCHES if row.place == "agent"}
_PASSED = {row.word: row for row in PYTHON_SWITCHES if row.place == "call"}


def add_tool_safeguards(tools: ToolCollector) -> None:
    """Add the switches in decorators, constructors and classes to the effects of the tools they concern."""
    for scope in (*tools.module.decorated, *tools.module.classes):
        if tools.symbols_of(scope.node) and (found := tuple(_of_definition(scope, tools))):
            for symbol in tools.symbols_of(scope.node):
                tools.add_effects(symbol, found)
    for calls in tools.module.calls.values():
        for node, scope in calls:
            found = tuple(_of_call(node, scope, tools))
            for symbol in _symbols_of(node, scope, tools) if found else ():
                tools.add_effects(symbol, found)


def agent_safeguards(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[SafeguardFact]:
    """Return the safeguards that a call passes or is: arguments of an agent or a run, and middleware."""
    found = [
        fact
        for given in node.keywords
        if (row := _OF_AGENTS.get(given.arg or "")) is not None and _is_on(given.value, row, scope, tools)
        for fact in _fact(row, node, given.value, scope, tools)
    ]
    row = _PASSED.get(last_word(node))
    if row is not None and (row.guard != APPROVAL or keyword(node, row.names) is not None):
        found += _fact(row, node, node, scope, tools)
    effects = list(_of_call(node, scope, tools))
    if effects and not _symbols_of(node, scope, tools):
        # A tool of a package: `FileWriterTool(max_usage_count=3)`.
        found += [SafeguardFact(effect.kind, effect.place, effect.text, (last_word(node),)) for effect in effects]
    return found


def _of_definition(scope: Scope, tools: ToolCollector) -> Iterator[EffectFact]:
    outside = scope.parent or scope
    for mark in getattr(scope.node, "decorator_list", []):
        if isinstance(mark, ast.Call):
            yield from _of_call(mark, outside, tools)
    for word, row in _OF_TOOLS.items():
        for binding in scope.bindings.get(word, ()) if isinstance(scope.node, ast.ClassDef) else ():
            if binding.value is not None and _is_on(binding.value, row, binding.scope, tools):
                text = f"{word} = {tools.module.text(binding.value)}"
                yield EffectFact(row.guard, tools.module.place(binding.value), shorten(text))


def _of_call(node: ast.Call, scope: Scope, tools: ToolCollector) -> Iterator[EffectFact]:
    for given in node.keywords:
        row = _OF_TOOLS.get(given.arg or "")
        if row is not None and _is_on(given.value, row, scope, tools):
            text = f"{given.arg}={tools.module.text(given.value)}"
            yield EffectFact(row.guard, tools.module.place(given.value), shorten(text))


def _symbols_of(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[str]:
    """Return the symbols of the tools that a call makes, also as an instance of a tool class of this file."""
    known = tools.symbols_of(node)
    if not known:
        made = tools.values.resolve(node.func, scope)
        known = tools.symbols_of(made.scope) if isinstance(made, ClassRef) else []
    return known


def _fact(row: Switch, node: ast.Call, shown: ast.expr, scope: Scope, tools: ToolCollector) -> list[SafeguardFact]:
    text = tools.module.text(shown)
    if shown is not node:
        text = f"{row.word}={text}"
    given = keyword(node, row.names) if row.names else None
    names = _names_in(given, scope, tools) if given is not None else ()
    if given is not None and not names:
        return []  # unknown tools, or all switched off
    return [SafeguardFact(row.guard, tools.module.place(shown), shorten(text), names)]


def _names_in(node: ast.expr, scope: Scope, tools: ToolCollector) -> tuple[str, ...]:
    """Return the tools in a text, a list, or a table whose values switch them on."""
    meaning = tools.values.resolve(node, scope)
    value = meaning.node if isinstance(meaning, Expression) else node
    if isinstance(value, ast.Dict):
        pairs = zip(value.keys, value.values, strict=True)
        named = [key for key, on in pairs if key is not None and not _is_off(on)]
    elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        named = list(value.elts)
    else:
        named = [value]
    texts = [tools.values.text(one, scope) for one in named]
    return tuple(text for text in texts if isinstance(text, str))


def _is_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _is_on(node: ast.expr, row: Switch, scope: Scope, tools: ToolCollector) -> bool:
    """Whether a value switches a safeguard on.

    An approval may depend on the call, given as a function; a limit may be any number but none.
    """
    meaning = tools.values.resolve(node, scope)
    value = meaning.node if isinstance(meaning, Expression) else node
    if row.guard != APPROVAL:
        return not _is_off(value)
    return _switches_approval_on(value, meaning, row)


def _switches_approval_on(value: ast.AST, meaning: Resolved, row: Switch) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is True or value.value in row.values
    if isinstance(value, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
        return bool(getattr(value, "keys", None) or getattr(value, "elts", None))
    return isinstance(value, ast.Lambda) or isinstance(meaning, FunctionRef)


def mentioned(node: ast.Call) -> Iterator[str]:
    """Yield the dotted names in the arguments of a call."""
    for given in (*node.args, *(one.value for one in node.keywords)):
        for inner in ast.walk(given):
            if isinstance(inner, (ast.Name, ast.Attribute)) and (name := dotted(inner)):
                yield name
