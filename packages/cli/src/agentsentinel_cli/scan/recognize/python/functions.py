"""Facts about a tool that its function provides: description, parameters, and effects of its return values."""

import ast

from agentsentinel_cli.scan.catalog.tools import PYTHON_INJECTED_ANNOTATIONS
from agentsentinel_cli.scan.model import EffectFact, Symbol
from agentsentinel_cli.scan.recognize.python.purity import only_computes
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import Expression, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import Function, Scope, SymbolTable, last_word

_CONVERSIONS = frozenset({"str", "int", "float", "round", "abs"})


def description_of(scope: Scope) -> str:
    """Return the docstring of a function or class, or the empty string."""
    node = scope.node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return docstring(node.body)
    return ""


def docstring(body: list[ast.stmt]) -> str:
    """Return the docstring of a block of statements, without indentation, or the empty string."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines = first.value.value.expandtabs().strip().splitlines()
        return "\n".join(line.strip() for line in lines)
    return ""


def parameters_of(scope: Scope) -> tuple[str, ...]:
    """Return the names of the parameters that a model passes, without `self` and injected ones."""
    node = scope.node
    if not isinstance(node, Function):
        return ()
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    own_object = scope.self_name()
    return tuple(
        argument.arg
        for argument in arguments
        if not (argument.arg == own_object and argument.arg in {"self", "cls"})
        and not _is_injected(argument.annotation)
    )


def _is_injected(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.Subscript) and last_word(annotation) == "Annotated":
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
        return any(last_word(part).startswith("Injected") for part in parts)
    return annotation is not None and last_word(annotation) in PYTHON_INJECTED_ANNOTATIONS


def returned_effect(scope: Scope, module: SymbolTable, values: Resolver) -> tuple[EffectFact, ...]:
    """Return the effect of a function that only returns another agent (a handover), or only returns a formula."""
    if not scope.returns:
        return ()
    first = scope.returns[0]
    if all(_is_agent(returned, scope, values) for returned in scope.returns):
        return (EffectFact("handover", module.place(first), shorten(module.text(first))),)
    if _is_bare(scope) and all(_is_formula(returned) for returned in scope.returns):
        return (EffectFact("arithmetic", module.place(first), shorten(module.text(first))),)
    if only_computes(scope, values):
        # A stand-in for a tool that is still to come returns a text, not a formula.
        kind = "arithmetic" if any(_is_formula(returned) for returned in scope.returns) else "constant"
        return (EffectFact(kind, module.place(first), shorten(module.text(first))),)
    return ()


def _is_bare(scope: Scope) -> bool:
    """Tell whether a function is a single statement, apart from a docstring."""
    body = getattr(scope.node, "body", None)
    return isinstance(body, list) and len([part for part in body if not isinstance(part, ast.Expr)]) == 1


def _is_formula(node: ast.expr) -> bool:
    """Tell whether an expression only calculates with names and numbers: `a + b`, `str(self.price * count / 100)`.

    It must contain at least one operator.
    """
    if isinstance(node, ast.BinOp):
        return all(_is_operand(side) or _is_formula(side) for side in (node.left, node.right))
    if isinstance(node, ast.UnaryOp):
        return _is_operand(node.operand) or _is_formula(node.operand)
    is_conversion = isinstance(node, ast.Call) and last_word(node) in _CONVERSIONS and not node.keywords
    return is_conversion and bool(node.args) and _is_formula(node.args[0])  # type: ignore[attr-defined]


def _is_operand(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float))
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))


def _is_agent(node: ast.expr, scope: Scope, values: Resolver) -> bool:
    meaning = values.resolve(node, scope) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if isinstance(meaning, Expression):
        return isinstance(meaning.node, ast.Call) and last_word(meaning.node).endswith("Agent")
    return isinstance(meaning, Symbol) and meaning.name.lower().endswith("agent")
