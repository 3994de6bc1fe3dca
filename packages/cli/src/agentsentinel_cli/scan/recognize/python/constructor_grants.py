"""Grants that the call that makes an agent gives it: its lists of tools, its backends and its middleware."""

import ast

from agentsentinel_cli.scan.catalog.agents import (
    PYTHON_NAMED_TOOLS,
    PYTHON_TOOL_KEYWORDS,
    PYTHON_TOOLS_ARGUMENT,
    UNASKED_MODE,
)
from agentsentinel_cli.scan.catalog.hosted import RUNTIME_SERVER_PREFIX, RUNTIME_TOOLS
from agentsentinel_cli.scan.catalog.toolkits import BEARERS, BEARING_KEYWORDS
from agentsentinel_cli.scan.model import (
    GrantFact,
    GrantKind,
)
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.grants import grants_of, names_a_list
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression
from agentsentinel_cli.scan.syntax.python.scopes import (
    Scope,
    dotted,
    keyword,
    last_word,
)


def listed_grants(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of the tools that a constructor lists or names, in its arguments or in its configuration."""
    grants = _named_tools(node, scope, tools)
    for word in PYTHON_TOOL_KEYWORDS:
        given = keyword(node, word)
        if given is not None and names_a_list(given):
            grants += grants_of(given, scope, tools)
    word = last_word(node)
    at = PYTHON_TOOLS_ARGUMENT.get(word)
    if at is None and word.startswith("create_") and len(node.args) > 1:
        at = 1
    if at is not None and len(node.args) > at and names_a_list(node.args[at]):
        grants += grants_of(node.args[at], scope, tools)
    config = keyword(node, "config")
    meaning = tools.values.resolve(config, scope) if config is not None else None
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        grants += listed_grants(meaning.node, meaning.scope, tools)
    elif isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict):
        given = tools.values.entry(meaning.node, "tools")
        if given is not None:
            grants += grants_of(given, meaning.scope, tools)
    return grants


def _named_tools(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of the runtime's own tools: those that are named, or all of them when none is asked about."""
    words = PYTHON_NAMED_TOOLS.get(last_word(node), ())
    given = [one for word in words if (one := keyword(node, word)) is not None]
    denied = _names_in(keyword(node, "disallowed_tools"), scope, tools)
    place = tools.module.place(node)
    names = [name for one in given for name in _names_in(one, scope, tools)]
    mode = keyword(node, "permission_mode")
    if words and not given and tools.values.text(mode, scope) == UNASKED_MODE:
        names = list(RUNTIME_TOOLS)
    return [
        GrantFact(GrantKind.HOSTED, name, place)
        for name in names
        if name not in denied and not name.startswith(RUNTIME_SERVER_PREFIX)
    ]


def borne_grants(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of the backends and the middleware that give an agent tools."""
    grants = []
    for given in (one for word in BEARING_KEYWORDS if (one := keyword(node, word)) is not None):
        for item, where, _ in tools.values.elements(given, scope):
            meaning = tools.values.resolve(item, where)
            made = meaning.node if isinstance(meaning, Expression) else item
            # A backend may be made by a function, or be one of several behind another one.
            words = [
                word for one in ast.walk(made) if isinstance(one, ast.Call) for word in dotted(one.func).split(".")
            ]
            place = tools.module.place(item)
            grants += [GrantFact(GrantKind.HOSTED, word, place) for word in words if word in BEARERS]
            if isinstance(made, ast.Call):
                grants += _tools_of_middleware(made, where, tools)
    return grants


def _tools_of_middleware(node: ast.Call, scope: Scope, tools: ToolCollector) -> tuple[GrantFact, ...]:
    """Return grants of the tools that a middleware class of the project lists, `tools = [...]`."""
    made = tools.values.resolve(node.func, scope)
    listed = tools.values.member(made.scope, "tools") if isinstance(made, ClassRef) else None
    if listed is None or listed.value is None or not names_a_list(listed.value):
        return ()
    return grants_of(listed.value, listed.scope, tools)


def generated_tools(node: ast.Call, tools: ToolCollector) -> GrantFact:
    """Return the grant of a server whose tools are generated from a description of an API."""
    return GrantFact(GrantKind.DYNAMIC, shorten(tools.module.text(node)), tools.module.place(node))


def _names_in(node: ast.expr | None, scope: Scope, tools: ToolCollector) -> list[str]:
    items = tools.values.elements(node, scope) if node is not None else []
    texts = [tools.values.text(item, where, env) for item, where, env in items]
    return [text for text in texts if isinstance(text, str)]
