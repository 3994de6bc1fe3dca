"""Recognition of Python functions that let only digits and operators reach `eval`."""

import ast
from collections.abc import Iterator

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.filtered_input import alphabet_left_by, alphabet_matched_by, only_calculates
from agentsentinel_cli.scan.syntax.python.resolve import Expression, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import Scope, ScopeKind, dotted, last_word

_SETS = frozenset({"set", "frozenset", "list", "tuple"})
_STRING_CONSTANTS = {"string.digits": "0123456789", "string.whitespace": " "}
_MOST_NODES = 2000


def is_filtered(call: ast.Call, scope: Scope, values: Resolver) -> bool:
    """Whether a function checks the text that a call evaluates, or strips it, so that only a formula remains."""
    function = scope.enclosing(ScopeKind.FUNCTION)
    if function is None or not call.args:
        return False
    names = {dotted(call.args[0])}
    for binding in function.bindings.get(dotted(call.args[0]), ()):
        names |= {dotted(node) for node in ast.walk(binding.value or ast.Pass()) if isinstance(node, ast.Name)}
    return any(
        alphabet is not None and only_calculates(alphabet) and not names.isdisjoint(checked)
        for checked, alphabet in _filters(function, values)
    )


def _filters(function: Scope, values: Resolver) -> Iterator[tuple[set[str], str | None]]:
    """Yield the names that a function filters, each with the characters it lets through."""
    for count, node in enumerate(ast.walk(function.node)):
        if count > _MOST_NODES:
            return
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            yield from _of_characters(node, function, values)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.LtE):
            yield _names_in(node.left), _alphabet(node.comparators[0], function, values)
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            yield from _of_pattern(node, function, values)


def _of_characters(
    node: ast.GeneratorExp | ast.ListComp, function: Scope, values: Resolver
) -> Iterator[tuple[set[str], str | None]]:
    """Read `all(c in ALLOWED for c in text)`, and `"".join(c for c in text if c in ALLOWED)`."""
    each = node.generators[0]
    for test in (node.elt, *each.ifs):
        is_membership = isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.In, ast.NotIn))
        if isinstance(test, ast.Compare) and is_membership and dotted(test.left) == dotted(each.target):
            yield _names_in(each.iter), _alphabet(test.comparators[0], function, values)


def _of_pattern(node: ast.Call, function: Scope, values: Resolver) -> Iterator[tuple[set[str], str | None]]:
    """Read `re.sub("[^0-9+]", "", text)` and `re.fullmatch("[0-9+]+", text)`."""
    origin = values.origin(node.func, function)
    pattern = values.text(node.args[0], function)
    if not (isinstance(origin, Symbol) and origin.module == "re" and isinstance(pattern, str)):
        return
    word = last_word(node)
    if word == "sub" and len(node.args) > 2 and values.text(node.args[1], function) in ("", " "):
        yield _names_in(node.args[2]), alphabet_left_by(pattern)
    elif word == "fullmatch" or (word == "match" and pattern.endswith("$")):
        yield _names_in(node.args[1]), alphabet_matched_by(pattern)


def _names_in(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _alphabet(node: ast.expr, scope: Scope, values: Resolver, depth: int = 0) -> str | None:
    """Return the characters in a text, a set or a sum of both; None for what is known only at run time."""
    if depth > 4:
        return None
    text = values.text(node, scope)
    if isinstance(text, str):
        return text
    meaning = values.resolve(node, scope)
    if isinstance(meaning, Symbol):
        return _STRING_CONSTANTS.get(f"{meaning.module}.{meaning.name}")
    value = meaning.node if isinstance(meaning, Expression) else node
    if isinstance(value, ast.BinOp):
        sides = [_alphabet(side, scope, values, depth + 1) for side in (value.left, value.right)]
        return None if None in sides else "".join(side or "" for side in sides)
    if isinstance(value, ast.Call) and last_word(value) in _SETS and len(value.args) == 1:
        return _alphabet(value.args[0], scope, values, depth + 1)
    if isinstance(value, (ast.Set, ast.List, ast.Tuple)):
        texts = [values.text(item, scope) for item in value.elts]
        return "".join(str(text) for text in texts) if all(isinstance(text, str) for text in texts) else None
    return None
