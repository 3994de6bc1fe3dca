"""Recognition of functions whose whole body is visible and only computes its answer.

What such a function's name or description says of sending or creating, it does not do.
"""

import ast

from agentsentinel_cli.scan.catalog.effects_python import FILLING_METHODS, PURE_FUNCTIONS, PURE_METHODS, PURE_MODULES
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.python.resolve import Expression, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import BindingKind, Scope, ScopeKind

_STATEMENTS = (
    ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.For, ast.While, ast.Pass, ast.Raise, ast.Assert,
    ast.Continue, ast.Break, ast.Expr, ast.Import, ast.ImportFrom, ast.Try,
)  # fmt: skip
_LITERALS = (ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.Set)
_MOST_NODES = 400
"""Most nodes of a body that are examined; longer functions do more than compute."""


def only_computes(scope: Scope, values: Resolver) -> bool:
    """Whether a function changes nothing outside itself: it has no call, assignment or statement that could."""
    body = getattr(scope.node, "body", None)
    if not isinstance(body, list) or not scope.returns or any(one.kind is ScopeKind.CLASS for one in scope.children):
        return False
    todo: list[ast.AST] = list(body)
    caught: set[str] = set()
    count = 0
    while todo:
        node = todo.pop()
        count += 1
        if isinstance(node, ast.ExceptHandler) and node.name:
            caught.add(node.name)
        is_error = isinstance(node, ast.Name) and node.id in caught
        if count > _MOST_NODES or not (is_error or _is_harmless(node, scope, values)):
            return False
        todo += ast.iter_child_nodes(node)
    return True


def _is_harmless(node: ast.AST, scope: Scope, values: Resolver) -> bool:
    if isinstance(node, ast.stmt):
        return isinstance(node, _STATEMENTS)
    if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)):
        return False
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        return isinstance(node, ast.Subscript) and _is_local(node.value, scope)
    if isinstance(node, ast.Name):
        return _is_known(node, scope, values)
    return not isinstance(node, ast.Call) or _is_pure_call(node, scope, values)


def _is_known(node: ast.Name, scope: Scope, values: Resolver) -> bool:
    """Whether a name is the function's own, a pure function, or a constant; another may be anything."""
    meaning = values.resolve(node, scope)
    if isinstance(meaning, Symbol):
        return meaning.module.partition(".")[0] in PURE_MODULES
    inner = [scope]
    while inner:
        current = inner.pop()
        if node.id in current.bindings:
            return True
        inner += current.children
    if not values.bindings(node.id, scope):
        return node.id in PURE_FUNCTIONS or node.id.endswith(("Error", "Exception"))
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        return _is_pattern(meaning, values)
    return isinstance(meaning, Expression) and isinstance(meaning.node, _LITERALS)


def _is_pure_call(node: ast.Call, scope: Scope, values: Resolver) -> bool:
    func = node.func
    if isinstance(func, ast.Name):
        if func.id in PURE_FUNCTIONS:
            return not values.bindings(func.id, scope)
        meaning = values.resolve(func, scope)
        return isinstance(meaning, Symbol) and meaning.module.partition(".")[0] in PURE_MODULES
    if not isinstance(func, ast.Attribute):
        return False
    meaning = values.resolve(func, scope)
    if isinstance(meaning, Symbol):
        return meaning.module.partition(".")[0] in PURE_MODULES
    receiver = values.resolve(func.value, scope)
    if isinstance(receiver, Expression) and _is_pattern(receiver, values):
        return True
    return func.attr in PURE_METHODS or (func.attr in FILLING_METHODS and _is_local(func.value, scope))


def _is_pattern(meaning: Expression, values: Resolver) -> bool:
    """Whether a constant is a compiled regular expression, all of whose methods only compute."""
    made = values.resolve(meaning.node.func, meaning.scope) if isinstance(meaning.node, ast.Call) else None
    return isinstance(made, Symbol) and (made.module, made.name) == ("re", "compile")


def _is_local(node: ast.expr, scope: Scope) -> bool:
    """Whether an object is made in the function itself, so that changing it changes nothing outside."""
    made = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)
    return isinstance(node, ast.Name) and any(
        one.how is BindingKind.VALUE and isinstance(one.value, made) for one in scope.bindings.get(node.id, ())
    )
