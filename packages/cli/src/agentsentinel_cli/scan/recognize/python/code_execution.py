"""Whether the call that makes an agent lets it run code, in this process or at the provider of its model."""

import ast

from agentsentinel_cli.scan.catalog.agents import (
    PYTHON_CAPABILITY_KEYWORDS,
    PYTHON_CODE_AGENTS,
    PYTHON_CODE_CAPABILITIES,
    PYTHON_CODE_EXECUTORS,
    PYTHON_CODE_SWITCHES,
    PYTHON_EXECUTOR_KEYWORDS,
)
from agentsentinel_cli.scan.catalog.hosted import PROVIDER_SANDBOXES
from agentsentinel_cli.scan.model import (
    GrantFact,
    GrantKind,
    Place,
    Symbol,
)
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.frameworks import framework_of
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, ParameterRef
from agentsentinel_cli.scan.syntax.python.scopes import (
    Scope,
    last_word,
)


def code_execution(node: ast.Call, scope: Scope, tools: ToolCollector) -> Place | None:
    """Return the place where a constructor grants code execution without a tool, or None."""
    for given in node.keywords:
        if given.arg == "code_execution_config" and _is_on(given.value, scope, tools):
            return tools.module.place(given.value)
        if given.arg in PYTHON_EXECUTOR_KEYWORDS and _is_executor(given, scope, tools):
            return tools.module.place(given.value)
        if given.arg in PYTHON_CODE_SWITCHES and _is_yes(given.value):
            return tools.module.place(given.value)
        if given.arg in PYTHON_CAPABILITY_KEYWORDS:
            for item, _, _ in tools.values.elements(given.value, scope):
                name = last_word(item).lower() if isinstance(item, (ast.Call, ast.Name)) else ""
                if any(word in name for word in PYTHON_CODE_CAPABILITIES):
                    return tools.module.place(item)
    return tools.module.place(node) if _is_code_agent(node, scope, tools) else None


def _is_code_agent(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    """Whether an agent's class writes and runs code; a project's own class of that name may do anything."""
    if last_word(node) not in PYTHON_CODE_AGENTS:
        return False
    made = tools.values.resolve(node.func, scope)
    if isinstance(made, ClassRef):
        return any(
            isinstance(base, Symbol) and base.name in PYTHON_CODE_AGENTS for base in tools.values.bases(made.scope)
        )
    return not isinstance(made, Symbol) or framework_of(made) is not None


def _is_on(node: ast.expr, scope: Scope, tools: ToolCollector) -> bool:
    meaning = tools.values.resolve(node, scope)
    if isinstance(meaning, Expression):
        node = meaning.node
    return not (isinstance(node, ast.Constant) and not node.value) and not isinstance(meaning, ParameterRef)


def provider_sandboxes(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of executors that run code at the model's provider, `code_executor=BuiltInCodeExecutor()`."""
    given = [one.value for one in node.keywords if one.arg in PYTHON_EXECUTOR_KEYWORDS]
    return [
        GrantFact(GrantKind.HOSTED, word, tools.module.place(one))
        for one in given
        if (word := _made_by(one, scope, tools)) in PROVIDER_SANDBOXES
    ]


def _made_by(node: ast.expr, scope: Scope, tools: ToolCollector) -> str:
    """Return the last word of the call that makes a value; "" for another value."""
    meaning = tools.values.resolve(node, scope)
    made = meaning.node if isinstance(meaning, Expression) else node
    return last_word(made) if isinstance(made, ast.Call) else ""


def _is_executor(given: ast.keyword, scope: Scope, tools: ToolCollector) -> bool:
    if isinstance(given.value, ast.Constant) and given.value.value is None:
        return False
    if _made_by(given.value, scope, tools) in PROVIDER_SANDBOXES:
        return False
    if given.arg != "executor":
        return not isinstance(tools.values.resolve(given.value, scope), ParameterRef)
    meaning = tools.values.resolve(given.value, scope)
    return (
        isinstance(meaning, Expression)
        and isinstance(meaning.node, ast.Call)
        and bool(PYTHON_CODE_EXECUTORS.search(last_word(meaning.node)))
    )


def _is_yes(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
