"""Answers to other files about names of a Python file: granted functions and classes, constants, lists, re-exports."""

import ast

from agentsentinel_cli.scan.model import GrantFact, Symbol, ToolFact
from agentsentinel_cli.scan.recognize.lookups import ResolvedExports
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.functions import description_of, parameters_of, returned_effect
from agentsentinel_cli.scan.recognize.python.grants import grants_of, is_made_by
from agentsentinel_cli.scan.recognize.python.subclassed import is_model, name_of_class
from agentsentinel_cli.scan.recognize.python.toolkits import toolkit_grants
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef, ParameterRef, Resolved
from agentsentinel_cli.scan.syntax.python.scopes import Scope, ScopeKind


def resolve_exports(wanted: frozenset[str], tools: ToolCollector) -> ResolvedExports:
    """Resolve each wanted name; a dotted one is a member."""
    exports = ResolvedExports()
    for name in sorted(wanted):
        _answer(name, tools, exports)
    return exports


def _answer(name: str, tools: ToolCollector, exports: ResolvedExports) -> None:
    module = tools.module.scope
    node = _expression(name)
    if node is None:
        return
    meaning = tools.values.resolve(node, module)
    text = tools.values.text(node, module)
    if isinstance(text, str):
        exports.constants[name] = text
        return
    if isinstance(meaning, Symbol) or isinstance(text, Symbol):
        found = meaning if isinstance(meaning, Symbol) else text
        if isinstance(found, Symbol):
            exports.forwards[name] = found
        return
    if meaning is None:
        _answer_star(name, tools, exports)
        return
    if isinstance(meaning, ClassRef) and (listed := toolkit_grants(meaning.scope, tools)):
        exports.lists[name] = listed
        return
    fact = _tool(meaning, name, tools)
    if fact is not None:
        exports.functions[name] = fact
    if isinstance(meaning, FunctionRef) and fact is not None and not tools.holds(fact):
        _answer_returned(meaning.scope, name, tools, exports)
    elif isinstance(meaning, Expression) and fact is None:
        grants = _known(grants_of(node, module, tools))
        if not grants and isinstance(meaning.node, ast.Dict):
            grants = _known(grants_of(_values_of(node), module, tools))
        if grants:
            exports.lists[name] = grants


def _known(grants: tuple[GrantFact, ...]) -> tuple[GrantFact, ...]:
    """Return the grants, or none when the only one is dynamic and so says nothing."""
    return () if len(grants) == 1 and grants[0].kind.value == "dynamic" else grants


def _values_of(node: ast.expr) -> ast.expr:
    """Build the expression `TABLE.values()` from `TABLE`."""
    method = ast.Attribute(node, "values", ast.Load(), lineno=node.lineno, col_offset=0)
    return ast.Call(method, [], [], lineno=node.lineno, col_offset=0, end_lineno=node.lineno, end_col_offset=0)


def _answer_star(name: str, tools: ToolCollector, exports: ResolvedExports) -> None:
    """Answer for a name that the file does not define: it can only come from `from x import *`."""
    starred = tools.module.starred()
    if starred:
        exports.forwards[name] = Symbol(starred, name)


def _answer_returned(scope: Scope, name: str, tools: ToolCollector, exports: ResolvedExports) -> None:
    """Answer for a function that returns a list of tools, `get_tools()`, or one tool."""
    found: list[GrantFact] = []
    for returned in scope.returns:
        if isinstance(returned, (ast.List, ast.Tuple, ast.Name, ast.BinOp, ast.Attribute, ast.Call, ast.ListComp)):
            meaning = tools.values.resolve(returned, scope)
            is_tool = isinstance(meaning, (FunctionRef, ClassRef)) and tools.symbols_of(meaning.scope)
            is_closure = isinstance(meaning, FunctionRef) and is_made_by(scope, meaning.scope)
            is_made = isinstance(meaning, Expression) and (
                isinstance(meaning.node, (ast.List, ast.Tuple, ast.BinOp, ast.ListComp))
                or tools.symbols_of(meaning.node)
                or _gives_a_list(meaning, tools)
            )
            if is_tool or is_made or is_closure:
                found += [grant for grant in grants_of(returned, scope, tools) if grant.kind.value != "dynamic"]
    if found:
        exports.lists[name] = tuple(dict.fromkeys(found))


def _gives_a_list(meaning: Expression, tools: ToolCollector) -> bool:
    """Tell whether a call such as `list(TABLE.values())` is a list with elements, and not a single object."""
    held = tools.values.elements(meaning.node, meaning.scope)
    return isinstance(meaning.node, ast.Call) and any(item is not meaning.node for item, _, _ in held)


def _expression(name: str) -> ast.expr | None:
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    node: ast.expr = ast.Name(parts[0], ast.Load(), lineno=10**9, col_offset=0, end_lineno=10**9, end_col_offset=0)
    for part in parts[1:]:
        node = ast.Attribute(node, part, ast.Load(), lineno=10**9, col_offset=0, end_lineno=10**9, end_col_offset=0)
    return node


def _tool(meaning: Resolved, name: str, tools: ToolCollector) -> ToolFact | None:
    """Return the tool that a definition is, or would become in a list of tools; None when it cannot be one."""
    thing: object = meaning.node if isinstance(meaning, Expression) else getattr(meaning, "scope", None)
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call) and not tools.symbols_of(meaning.node):
        made = tools.values.resolve(meaning.node.func, meaning.scope)
        if isinstance(made, ClassRef) and toolkit_grants(made.scope, tools):
            return None  # its methods are the tools
        thing = made.scope if isinstance(made, ClassRef) else thing
    known = tools.symbols_of(thing)
    if known:
        return tools.fact_of(known[0])
    if isinstance(meaning, ParameterRef):
        return None
    if isinstance(meaning, FunctionRef):
        return _fact(meaning.scope, meaning.scope.name, "tools-list", tools)
    if isinstance(meaning, ClassRef):
        said = name_of_class(meaning.scope, tools.values)
        shown = said.name if said.is_given and said.name is not None else meaning.scope.name
        if is_model(meaning.scope, tools.values) or said.is_given:
            return _fact(meaning.scope, shown, "model-as-tool", tools)
    return None


def _fact(scope: Scope, name: "str | Symbol", idiom: str, tools: ToolCollector) -> ToolFact:
    bodies = [scope]
    if scope.kind is ScopeKind.CLASS:
        bodies = [child for child in scope.children if child.kind is ScopeKind.FUNCTION and child.name != "__init__"]
    answers = returned_effect(scope, tools.module, tools.values) if scope.kind is ScopeKind.FUNCTION else ()
    return ToolFact(
        name,
        tools.module.place(scope.node),
        tools.framework(None),
        idiom,
        scope.path,
        description_of(scope)[:4000],
        parameters_of(scope),
        (),
        (*tools.bodies.effects_of(*bodies), *answers),
    )
