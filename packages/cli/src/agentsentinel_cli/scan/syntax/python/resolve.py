"""Name resolution: what an expression refers to within a file (a function, class, instance, text or import).

Nothing is guessed: a value that is passed to a function at run time stays unknown. Every look-up is bounded in depth,
because a file may define names in cycles.
"""

import ast
from collections.abc import Iterator, Sequence

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.python.scopes import (
    Binding,
    BindingKind,
    Env,
    Scope,
    ScopeKind,
    SymbolTable,
    dotted,
    keyword,
)
from agentsentinel_core.light_dataclasses import dataclass

_DEEPEST = 12
_MOST_STEPS_OF_ONE = 20_000
"""Most expressions visited to resolve one expression."""
_MOST_STEPS = 300_000
"""Most expressions visited for a whole file, under three seconds. The largest of 2,000 framework files took 9,000."""
_LONGEST_NAME = 20_000
"""Most characters of a concatenated text; a longer one is not a name."""

_FIELDS = frozenset({"Field", "field", "PrivateAttr"})


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """Resolved reference to a function of this file."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class ClassRef:
    """Resolved reference to a class of this file."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class ParameterRef:
    """Resolved reference to a parameter, whose value a caller passes; `binding.value` is its default."""

    name: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class Expression:
    """Resolved expression that is not only a name: a call, a list, a text."""

    node: ast.expr
    scope: Scope


Resolved = FunctionRef | ClassRef | ParameterRef | Expression | Symbol | None


class Resolver:
    """Resolver of names and expressions in one module."""

    def __init__(self, module: SymbolTable) -> None:
        self.module = module
        self._steps = 0
        self._limit = _MOST_STEPS_OF_ONE
        self._open: set[int] = set()
        """ids of the bindings whose elements are being listed, to stop at cycles."""
        self._outer: dict[tuple[int, str], list[Binding]] = {}
        """Cache of bindings in enclosing scopes: (id of a scope, name) -> bindings."""
        self._loops: dict[tuple[int, int], tuple[ast.AST, Sequence[Binding]]] = {}
        """Cache of loops: (id of an expression, id of a scope) -> the expression, so that its id is not reused, and
        the loops whose variables it reads."""
        self.problem: str | None = None
        """Problem to report when the limit of steps was reached, so that a partial result is not mistaken for a full
        one."""

    def _is_spent(self, depth: int) -> bool:
        """Count a step, and return whether the limit of steps is exceeded (repeated `tools += tools` is exponential).

        Each top-level question (`depth` 0) has its own limit, so that one such line does not hide the rest of the file.
        """
        self._steps += 1
        if depth == 0:
            self._limit = min(self._steps + _MOST_STEPS_OF_ONE, _MOST_STEPS)
        if self._steps > self._limit:
            self.problem = "says more than can be followed, so names may be missing"
            return True
        return False

    # -- names -----------------------------------------------------------------------------------------------------

    def bindings(self, name: str, scope: Scope) -> list[Binding]:
        """Return the bindings of a name as seen from a scope; inner scopes hide outer ones."""
        return scope.bindings.get(name) or self._outer_bindings(name, scope.parent)

    def _outer_bindings(self, name: str, scope: Scope | None) -> list[Binding]:
        """Return the bindings of a name as seen from an inner scope, from which names bound by a class are not visible.

        Cached for every scope on the way: each of n nested scopes may ask for the same name.
        """
        passed: list[Scope] = []
        found: list[Binding] | None = None
        while scope is not None and found is None:
            found = self._outer.get((id(scope), name))
            if found is None and scope.kind is not ScopeKind.CLASS:
                found = scope.bindings.get(name) or None
            passed.append(scope)
            scope = scope.parent
        found = found or []
        for one in passed:
            self._outer[id(one), name] = found
        return found

    def binding(self, name: str, scope: Scope, line: int = 0) -> Binding | None:
        """Return the binding of a name in effect at a line: the last one at or before it, else the last of all."""
        found = [
            binding
            for binding in self.bindings(name, scope)
            if binding.how not in {BindingKind.APPENDED, BindingKind.EXTENDED}
        ]
        before = [binding for binding in found if binding.line <= line] if line else []
        chosen = before or found
        if len(chosen) > 1 and chosen[-2].how is BindingKind.IMPORT and _is_none(chosen[-1].value):
            return chosen[-2]  # `except ImportError: search = None`
        return chosen[-1] if chosen else None

    def resolve(
        self, node: ast.AST | None, scope: Scope, env: Env | None = None, depth: int = 0, owner: Scope | None = None
    ) -> Resolved:
        """Resolve an expression to what it refers to. `owner` is the subclass that `self` is treated as, if any."""
        if node is None or depth > _DEEPEST or self._is_spent(depth):
            return None
        if isinstance(node, ast.Name):
            if env and node.id in env:
                value, where = env[node.id]
                return self.resolve(value, where, None, depth + 1)
            return self._meaning(self.binding(node.id, scope, node.lineno), node.id, env, depth, owner)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, scope, env, depth, owner)
        if isinstance(node, (ast.Await, ast.Starred)):
            return self.resolve(node.value, scope, env, depth + 1, owner)
        if isinstance(node, ast.NamedExpr):
            return self.resolve(node.value, scope, env, depth + 1, owner)
        if isinstance(node, ast.Subscript):
            item = self._item(node, scope, env, depth)
            if item is not None:
                return self.resolve(item, scope, env, depth + 1, owner)
        return Expression(node, scope) if isinstance(node, ast.expr) else None

    def _meaning(
        self, binding: Binding | None, name: str, env: Env | None, depth: int, owner: Scope | None = None
    ) -> Resolved:
        if binding is None:
            return None
        if binding.how is BindingKind.FUNCTION:
            if is_property(binding.scope):
                return self._returned(binding.scope, depth, owner)
            return FunctionRef(binding.scope)
        if binding.how is BindingKind.CLASS:
            return ClassRef(binding.scope)
        if binding.how is BindingKind.IMPORT:
            return binding.symbol
        if binding.how is BindingKind.PARAMETER:
            return ParameterRef(name, binding)
        if binding.how is BindingKind.VALUE:
            return self.resolve(binding.value, binding.scope, env, depth + 1, owner)
        return None

    def _returned(self, scope: Scope, depth: int, owner: Scope | None) -> Resolved:
        """Resolve the value of a property that has exactly one `return`."""
        if len(scope.returns) != 1:
            return None
        meaning = self.resolve(scope.returns[0], scope, None, depth + 1, owner)
        return None if isinstance(meaning, FunctionRef) and meaning.scope is scope else meaning

    def _attribute(
        self, node: ast.Attribute, scope: Scope, env: Env | None, depth: int, owner: Scope | None
    ) -> Resolved:
        path = dotted(node)
        if path:
            held = self.bindings(path, scope)
            if held and held[-1].how is BindingKind.VALUE:
                return self._meaning(held[-1], path, env, depth)
        holder = self.holder(node.value, scope, env, depth + 1, owner)
        if isinstance(holder, Scope):
            binding = self.member(holder, node.attr)
            if binding is None:
                return self._inherited(holder, node.attr, depth)
            return self._meaning(binding, node.attr, env, depth + 1, owner or holder)
        if isinstance(holder, Symbol):
            return self._of_symbol(holder, node.attr)
        return None

    def _inherited(self, scope: Scope, name: str, depth: int) -> Symbol | None:
        """Return a symbol for a member that only a base class in another file can define."""
        if not isinstance(scope.node, ast.ClassDef) or depth > _DEEPEST:
            return None
        for base in scope.node.bases:
            meaning = self.resolve(_plain_base(base), scope.parent or scope, depth=depth + 1)
            if isinstance(meaning, Symbol) and meaning.module.startswith("."):
                return Symbol(meaning.module, f"{meaning.name}.{name}")
        return None

    def _of_symbol(self, symbol: Symbol, attribute: str) -> Symbol:
        if symbol.name != "*":
            return Symbol(symbol.module, f"{symbol.name}.{attribute}")
        longer = f"{symbol.module}.{attribute}"
        if any(known == longer or known.startswith(longer + ".") for known in self.module.imported_modules):
            return Symbol(longer, "*")
        return Symbol(symbol.module, attribute)

    def holder(
        self, node: ast.AST, scope: Scope, env: Env | None = None, depth: int = 0, owner: Scope | None = None
    ) -> Scope | Symbol | None:
        """Return the class (of this file or imported), or the module, that an expression's attributes belong to."""
        if depth > _DEEPEST:
            return None
        if isinstance(node, ast.Name):
            function = scope.enclosing(ScopeKind.FUNCTION)
            while function is not None:
                if node.id == function.self_name():
                    return owner or function.method_class()
                function = function.parent.enclosing(ScopeKind.FUNCTION) if function.parent else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
            return scope.enclosing(ScopeKind.CLASS)
        meaning = self.resolve(node, scope, env, depth + 1, owner)
        if isinstance(meaning, ClassRef):
            return meaning.scope
        if isinstance(meaning, Symbol):
            return meaning
        if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
            made = self.resolve(meaning.node.func, meaning.scope, env, depth + 1)
            if isinstance(made, ClassRef):
                return made.scope
            if isinstance(made, FunctionRef) and len(made.scope.returns) == 1:
                return self.holder(made.scope.returns[0], made.scope, None, depth + 1)
            return made if isinstance(made, Symbol) else None
        if isinstance(meaning, ParameterRef) and meaning.binding.annotation is not None:
            annotated = self.resolve(meaning.binding.annotation, meaning.binding.scope, None, depth + 1)
            return annotated.scope if isinstance(annotated, ClassRef) else None
        return None

    def member(self, scope: Scope, name: str, depth: int = 0) -> Binding | None:
        """Return the binding of a class's member, its own or that of a base class in this file."""
        own = [
            found
            for found in scope.bindings.get(name, [])
            if found.how not in {BindingKind.APPENDED, BindingKind.EXTENDED}
        ]
        own = [found for found in own if found.value is not None or found.how is not BindingKind.VALUE] or own
        if own:
            return own[-1]
        if depth > _DEEPEST:
            return None
        for base in self.bases(scope):
            if isinstance(base, ClassRef):
                found = self.member(base.scope, name, depth + 1)
                if found is not None:
                    return found
        return None

    def bases(self, scope: Scope) -> Iterator[Resolved]:
        """Yield the resolved base classes of a class, without type arguments."""
        if isinstance(scope.node, ast.ClassDef):
            for base in scope.node.bases:
                yield self.resolve(_plain_base(base), scope.parent or scope)

    def origin(self, node: ast.AST, scope: Scope, env: Env | None = None) -> Symbol | None:
        """Return the import behind a called or decorating expression: for `mcp.tool`, the class that made `mcp`."""
        while isinstance(node, (ast.Call, ast.Subscript)):
            node = node.func if isinstance(node, ast.Call) else node.value
        meaning = self.resolve(node, scope, env)
        if isinstance(meaning, Symbol):
            return meaning
        if isinstance(meaning, ClassRef):
            for base in self.bases(meaning.scope):
                if isinstance(base, Symbol):
                    return base
        if isinstance(node, ast.Attribute):
            holder = self.holder(node.value, scope, env)
            if isinstance(holder, Symbol):
                return holder
            if isinstance(holder, Scope):
                return next((base for base in self.bases(holder) if isinstance(base, Symbol)), None)
            if isinstance(node.value, (ast.Call, ast.Attribute)):
                return self.origin(node.value, scope, env) if _depth_of(node) < _DEEPEST else None
        return None

    # -- texts -----------------------------------------------------------------------------------------------------

    def text(
        self, node: ast.AST | None, scope: Scope, env: Env | None = None, depth: int = 0, owner: Scope | None = None
    ) -> str | Symbol | None:
        """Return the text of an expression, a Symbol when another file holds it, None when known only at run time."""
        if node is None or depth > _DEEPEST or self._is_spent(depth):
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return self._formatted(node, scope, env, depth, owner)
        if isinstance(node, ast.BinOp):
            return self._joined(node, scope, env, depth, owner)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return self.text(node.values[-1], scope, env, depth + 1, owner)
        if isinstance(node, ast.IfExp):
            return self._either(node, scope, env, depth, owner)
        if isinstance(node, ast.Call):
            return self._called(node, scope, env, depth, owner)
        if isinstance(node, ast.Attribute) and node.attr in {"value", "name", "__name__", "_value_"}:
            found = self._of_member(node, scope, env, depth, owner)
            if found is not None:
                return found
        meaning = self.resolve(node, scope, env, depth + 1, owner)
        if isinstance(meaning, Symbol) and not (env or self._is_imported_path(node, scope)):
            return None
        return self._text_of_meaning(meaning, node, env, depth, owner)

    def _text_of_meaning(
        self, meaning: Resolved, node: ast.AST, env: Env | None, depth: int, owner: Scope | None
    ) -> str | Symbol | None:
        if isinstance(meaning, Symbol):
            return meaning if meaning.name != "*" else None
        if isinstance(meaning, ParameterRef):
            return self.text(meaning.binding.value, meaning.binding.scope, None, depth + 1)
        if isinstance(meaning, Expression) and meaning.node is not node:
            return self.text(meaning.node, meaning.scope, env, depth + 1, owner)
        return None

    def _is_imported_path(self, node: ast.AST, scope: Scope) -> bool:
        """Tell whether a dotted name is a constant of another file, and not an attribute of an object created here."""
        for _ in range(_DEEPEST):
            root, _, rest = dotted(node).partition(".")
            function = scope.enclosing(ScopeKind.FUNCTION)
            if function is not None and root and root == function.self_name():
                # `self.NAME` of a base class in another file.
                return "." not in rest
            binding = self.binding(root, scope, getattr(node, "lineno", 0)) if root else None
            if binding is None or binding.how is BindingKind.IMPORT:
                return binding is not None
            if binding.how is not BindingKind.VALUE or not isinstance(binding.value, (ast.Name, ast.Attribute)):
                return False
            node, scope = binding.value, binding.scope
        return False

    def _of_member(
        self, node: ast.Attribute, scope: Scope, env: Env | None, depth: int, owner: Scope | None
    ) -> str | Symbol | None:
        """Return the text of a special attribute: `ToolNames.SEARCH.value`, `handler.__name__`."""
        meaning = self.resolve(node.value, scope, env, depth + 1, owner)
        if isinstance(meaning, Symbol) and meaning.name != "*":
            if node.attr == "__name__":
                return meaning.name.rsplit(".", 1)[-1]
            return meaning if node.attr == "value" and "." in meaning.name else None
        if isinstance(meaning, (FunctionRef, ClassRef)) and node.attr == "__name__":
            return meaning.scope.name
        if isinstance(meaning, Expression) and isinstance(node.value, ast.Attribute):
            if node.attr == "name":
                return node.value.attr if self._is_enum(node.value, scope) else None
            written = (
                meaning.node.elts[0] if isinstance(meaning.node, ast.Tuple) and meaning.node.elts else meaning.node
            )
            return self.text(written, meaning.scope, env, depth + 1)
        return None

    def _is_enum(self, node: ast.Attribute, scope: Scope) -> bool:
        holder = self.holder(node.value, scope)
        return isinstance(holder, Scope) and any(
            isinstance(base, Symbol) and base.name.endswith("Enum") for base in self.bases(holder)
        )

    def _formatted(
        self, node: ast.JoinedStr, scope: Scope, env: Env | None, depth: int, owner: Scope | None
    ) -> str | None:
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.conversion not in {-1, 115} or part.format_spec is not None:
                    return None
                text = self.text(part.value, scope, env, depth + 1, owner)
            else:
                text = self.text(part, scope, env, depth + 1, owner)
            if not isinstance(text, str):
                return None
            parts.append(text)
        return "".join(parts)[:_LONGEST_NAME]

    def _joined(self, node: ast.BinOp, scope: Scope, env: Env | None, depth: int, owner: Scope | None) -> str | None:
        if not isinstance(node.op, ast.Add):
            return None
        # Long concatenations nest on the left: iterate instead of recursing.
        parts: list[str] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add) and len(parts) < 200:
            right = self.text(left.right, scope, env, depth + 1, owner)
            if not isinstance(right, str):
                return None
            parts.append(right)
            left = left.left
        first = self.text(left, scope, env, depth + 1, owner)
        if not isinstance(first, str):
            return None
        parts.append(first)
        return "".join(reversed(parts))[:_LONGEST_NAME]

    def _either(
        self, node: ast.IfExp, scope: Scope, env: Env | None, depth: int, owner: Scope | None
    ) -> str | Symbol | None:
        """Return the only known text of a conditional expression: `name if name else "default"`."""
        sides = [self.text(side, scope, env, depth + 1, owner) for side in (node.body, node.orelse)]
        known = {side for side in sides if side is not None}
        return known.pop() if len(known) == 1 else None

    def _called(
        self, node: ast.Call, scope: Scope, env: Env | None, depth: int, owner: Scope | None
    ) -> str | Symbol | None:
        func = node.func
        word = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if word in {"getenv"} or (word == "get" and dotted(func).endswith("environ.get")):
            return self.text(node.args[1], scope, env, depth + 1, owner) if len(node.args) > 1 else None
        if word in _FIELDS:
            default = keyword(node, "default") or (node.args[0] if node.args else None)
            return self.text(default, scope, env, depth + 1, owner)
        if word in {"dedent", "cleandoc", "str", "intern"} and len(node.args) == 1:
            text = self.text(node.args[0], scope, env, depth + 1, owner)
            return _cleaned(text) if isinstance(text, str) and word != "str" else text
        if word in {"strip", "lstrip", "rstrip"} and isinstance(func, ast.Attribute) and not node.args:
            text = self.text(func.value, scope, env, depth + 1, owner)
            return text.strip() if isinstance(text, str) else text
        return None

    def _item(self, node: ast.Subscript, scope: Scope, env: Env | None, depth: int) -> ast.expr | None:
        """Return the value of `TABLE["key"]` or `row[0]` when both table and key are literals."""
        base = self.resolve(node.value, scope, env, depth + 1)
        if not isinstance(base, Expression) or base.node is node:
            return None
        if isinstance(base.node, (ast.Tuple, ast.List)) and isinstance(node.slice, ast.Constant):
            at = node.slice.value
            if isinstance(at, int) and -len(base.node.elts) <= at < len(base.node.elts):
                return base.node.elts[at]
            return None
        if isinstance(base.node, ast.Dict):
            wanted = self.text(node.slice, scope, env, depth + 1)
            return self.entry(base.node, wanted) if isinstance(wanted, str) else None
        return None

    # -- dictionaries and lists ------------------------------------------------------------------------------------

    @staticmethod
    def entry(node: ast.Dict, wanted: str) -> ast.expr | None:
        """Return the value of a dictionary's literal key, or None."""
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == wanted:
                return value
        return None

    def elements(
        self, node: ast.AST | None, scope: Scope, env: Env | None = None, depth: int = 0
    ) -> list[tuple[ast.expr, Scope, Env | None]]:
        """Return the items of a list, with those concatenated or appended to it, or returned by a helper.

        An expression that is not a list is returned as its own only item.
        """
        if node is None or depth > _DEEPEST or not isinstance(node, ast.expr) or self._is_spent(depth):
            return []
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            found: list[tuple[ast.expr, Scope, Env | None]] = []
            for item in node.elts:
                if isinstance(item, ast.Starred):
                    found += self.elements(item.value, scope, env, depth + 1)
                else:
                    found.append((item, scope, env))
            return found
        if isinstance(node, ast.BinOp):
            return self._summed(node, scope, env, depth)
        if isinstance(node, ast.IfExp):
            sides = (node.body, node.orelse)
            return [item for side in sides for item in self.elements(side, scope, env, depth + 1)]
        if isinstance(node, ast.BoolOp):
            return [item for side in node.values for item in self.elements(side, scope, env, depth + 1)]
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._named_elements(node, scope, env, depth)
        if isinstance(node, ast.Call):
            return self._returned_elements(node, scope, env, depth)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            return self._comprehended(node, scope, env, depth)
        if isinstance(node, ast.Await):
            return self.elements(node.value, scope, env, depth + 1)
        return [(node, scope, env)]

    def _summed(
        self, node: ast.BinOp, scope: Scope, env: Env | None, depth: int
    ) -> list[tuple[ast.expr, Scope, Env | None]]:
        parts: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Add, ast.BitOr)) and len(parts) < 500:
            parts.append(left.right)
            left = left.left
        parts.append(left)
        return [item for part in reversed(parts) for item in self.elements(part, scope, env, depth + 1)]

    def _named_elements(
        self, node: ast.Name | ast.Attribute, scope: Scope, env: Env | None, depth: int
    ) -> list[tuple[ast.expr, Scope, Env | None]]:
        name = dotted(node)
        if not name or (env and name in env):
            return [(node, scope, env)]
        found = self._held(node, name, scope)
        if not found or not any(self._is_list(binding) for binding in found):
            return [(node, scope, env)]
        items: list[tuple[ast.expr, Scope, Env | None]] = []
        for binding in found:
            if binding.value is None or id(binding) in self._open:
                # A list that is added to itself contains its items already.
                continue
            if binding.how is BindingKind.APPENDED:
                items.append(self._looped_over(binding.value, binding.scope) or (binding.value, binding.scope, None))
            elif binding.how in {BindingKind.VALUE, BindingKind.EXTENDED, BindingKind.PARAMETER}:
                self._open.add(id(binding))
                items += self.elements(binding.value, binding.scope, None, depth + 1)
                self._open.discard(id(binding))
        return items

    def _held(self, node: ast.Name | ast.Attribute, name: str, scope: Scope) -> list[Binding]:
        if isinstance(node, ast.Name):
            found = self.bindings(name, scope)
            return _in_force(found, node.lineno) if found and found[0].scope is scope else found
        found = self.bindings(name, scope)
        if found:
            return found
        holder = self.holder(node.value, scope)
        if isinstance(holder, Scope):
            own = holder.bindings.get(node.attr)
            if own:
                return own
            inherited = self.member(holder, node.attr)
            return [inherited] if inherited else []
        return []

    def _is_list(self, binding: Binding) -> bool:
        if binding.how in {BindingKind.APPENDED, BindingKind.EXTENDED}:
            return True
        value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
        if binding.how not in {BindingKind.VALUE, BindingKind.PARAMETER} or value is None:
            return False
        if isinstance(value, ast.Call):
            return isinstance(self.resolve(value.func, binding.scope), FunctionRef) or last_is(value, "list", "tuple")
        if isinstance(value, (ast.Name, ast.Attribute)):
            # A second name may refer to a list or to a single tool.
            meaning = self.resolve(value, binding.scope)
            return isinstance(meaning, Expression) and isinstance(meaning.node, (ast.List, ast.Tuple, ast.BinOp))
        return isinstance(
            value, (ast.List, ast.Tuple, ast.Set, ast.BinOp, ast.ListComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)
        )

    def _returned_elements(
        self, node: ast.Call, scope: Scope, env: Env | None, depth: int
    ) -> list[tuple[ast.expr, Scope, Env | None]]:
        if last_is(node, "list", "tuple", "sorted", "cast", "copy") and node.args:
            return self.elements(node.args[-1], scope, env, depth + 1)
        if isinstance(node.func, ast.Name) and node.func.id in {"map", "filter"} and len(node.args) > 1:
            return self.elements(node.args[1], scope, env, depth + 1)
        if dotted(node.func) == "asyncio.run" and node.args:
            return self.elements(node.args[0], scope, env, depth + 1)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "values" and not node.args:
            return self._table_elements(node, node.func.value, scope, env, depth)
        called = self.resolve(node.func, scope, env, depth + 1)
        if isinstance(called, FunctionRef):
            items: list[tuple[ast.expr, Scope, Env | None]] = []
            for returned in called.scope.returns:
                found = self.elements(returned, called.scope, None, depth + 1)
                if len(found) == 1 and found[0][0] is returned and not isinstance(returned, (ast.Call, ast.Dict)):
                    continue
                items += found
            return items or [(node, scope, env)]
        return [(node, scope, env)]

    def _looped_over(self, node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope, Env | None] | None:
        """Return the imported iterable that a loop variable comes from, which stands for all iterations; else None."""
        binding = self.binding(node.id, scope, node.lineno) if isinstance(node, ast.Name) else None
        if binding is None or binding.how is not BindingKind.LOOP or binding.value is None:
            return None
        iterated = binding.value
        if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute) and not iterated.args:
            iterated = iterated.func.value if iterated.func.attr in {"values", "items"} else iterated
        return (iterated, binding.scope, None) if isinstance(self.resolve(iterated, binding.scope), Symbol) else None

    def _table_elements(
        self, call: ast.Call, node: ast.expr, scope: Scope, env: Env | None, depth: int
    ) -> list[tuple[ast.expr, Scope, Env | None]]:
        """Return the values of a dictionary; an imported dictionary stands for all of its values."""
        table = self.resolve(node, scope, env, depth + 1)
        if isinstance(table, Expression) and isinstance(table.node, ast.Dict):
            return [(value, table.scope, None) for value in table.node.values]
        return [(node if isinstance(table, Symbol) else call, scope, env)]

    def _comprehended(
        self, node: ast.ListComp | ast.GeneratorExp, scope: Scope, env: Env | None, depth: int
    ) -> list[tuple[ast.expr, Scope, Env | None]]:
        if isinstance(node.elt, ast.Name) and len(node.generators) == 1:
            generator = node.generators[0]
            if isinstance(generator.target, ast.Name) and generator.target.id == node.elt.id:
                return self.elements(generator.iter, scope, env, depth + 1)
        inner = self.module.scope_of(node, scope)
        if inner is None:
            return [(node, scope, env)]
        rows = self.rows_for(node.elt, inner)
        if not rows and _wraps_each(node):
            return self.elements(node.generators[0].iter, scope, env, depth + 1)
        return [(node.elt, inner, row) for row in rows] if rows else [(node, scope, env)]

    # -- tables ----------------------------------------------------------------------------------------------------

    def rows_for(self, node: ast.AST, scope: Scope) -> list[Env]:
        """Return the values of loop variables in an expression, one row for each iteration over a literal table."""
        loops = self._loops_in(node, scope)
        return self._rows(loops[0]) if len(loops) == 1 else []

    def _loops_in(self, node: ast.AST, scope: Scope) -> Sequence[Binding]:
        """Return the loops whose variables an expression reads, at most two.

        The result is cached for every inner expression, because nested calls of tools ask for each level.
        """
        stack = [node]
        while stack:
            found = stack[-1]
            parts = [] if isinstance(found, ast.Name) else _parts_of(found)
            waiting = [part for part in parts if (id(part), id(scope)) not in self._loops]
            if waiting:
                stack += waiting
                continue
            self._loops[id(found), id(scope)] = found, self._loops_of(found, parts, scope)
            stack.pop()
        return self._loops[id(node), id(scope)][1]

    def _loops_of(self, node: ast.AST, parts: list[ast.AST], scope: Scope) -> Sequence[Binding]:
        if isinstance(node, ast.Name):
            binding = self.binding(node.id, scope, node.lineno)
            return [binding] if binding is not None and binding.how is BindingKind.LOOP else ()
        loops: dict[int, Binding] = {}
        for part in parts:
            for binding in self._loops[id(part), id(scope)][1]:
                loops[id(binding.target)] = binding
            if len(loops) > 1:
                break
        return list(loops.values())

    def _rows(self, binding: Binding) -> list[Env]:
        if binding.value is None or binding.target is None:
            return []
        rows: list[Env] = []
        for value, scope in self._turns(binding.value, binding.scope):
            env: Env = {}
            if self._spread(binding.target, value, scope, env):
                rows.append(env)
        return rows

    def _turns(self, iterated: ast.expr, scope: Scope) -> list[tuple[ast.expr, Scope]]:
        if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute):
            table = self.resolve(iterated.func.value, scope)
            if not (isinstance(table, Expression) and isinstance(table.node, ast.Dict)):
                return []
            pairs = [(key, value) for key, value in zip(table.node.keys, table.node.values, strict=True) if key]
            if iterated.func.attr == "items":
                return [(ast.Tuple(elts=[key, value], ctx=ast.Load()), table.scope) for key, value in pairs]
            return [(value, table.scope) for _, value in pairs] if iterated.func.attr == "values" else []
        items = self.elements(iterated, scope)
        if len(items) == 1 and items[0][0] is iterated:
            return []
        if any(isinstance(self.resolve(one.value, scope), Symbol) for one in _starred(iterated)):
            return []  # the length of an imported list is not known here
        return [(item, where) for item, where, env in items if env is None]

    def _spread(self, target: ast.expr, value: ast.expr, scope: Scope, env: Env) -> bool:
        if isinstance(target, ast.Name):
            env[target.id] = (value, scope)
            return True
        if isinstance(target, (ast.Tuple, ast.List)):
            row = self.resolve(value, scope)
            if isinstance(row, Expression) and isinstance(row.node, (ast.Tuple, ast.List)):
                parts = row.node.elts
                if len(target.elts) == len(parts):
                    return all(
                        self._spread(one, item, row.scope, env) for one, item in zip(target.elts, parts, strict=True)
                    )
        return False


def _starred(node: ast.expr) -> list[ast.Starred]:
    return [one for one in getattr(node, "elts", []) if isinstance(one, ast.Starred)]


def _wraps_each(node: ast.ListComp | ast.GeneratorExp) -> bool:
    """Tell whether a comprehension wraps each item of a list: `[function_tool(one) for one in LISTED]`."""
    given = node.elt.args if isinstance(node.elt, ast.Call) else []
    if len(given) != 1 or len(node.generators) != 1:
        return False
    target = node.generators[0].target
    return isinstance(target, ast.Name) and isinstance(given[0], ast.Name) and given[0].id == target.id


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _cleaned(text: str) -> str:
    from inspect import cleandoc  # loading it takes longer than reading most files

    return cleandoc(text)


def is_property(scope: Scope) -> bool:
    """Tell whether a method is a property."""
    return scope.method_class() is not None and any(
        dotted(found).endswith("property") for found in getattr(scope.node, "decorator_list", [])
    )


def _in_force(bindings: list[Binding], line: int) -> list[Binding]:
    """Return the bindings that can be in effect at a line, from the last assignment before it outside any `if` on."""
    before = [binding for binding in bindings if binding.line <= line] or bindings
    outermost = min(binding.column for binding in before)
    start = 0
    for at, binding in enumerate(before):
        if binding.how is BindingKind.VALUE and binding.column == outermost:
            start = at
    return before[start:] + [
        binding for binding in bindings if binding.line > line and binding.how is not BindingKind.VALUE
    ]


def last_is(call: ast.Call, *words: str) -> bool:
    """Tell whether the last word of a call's function is one of `words`."""
    func = call.func
    return (func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else "") in words


def _plain_base(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _depth_of(node: ast.AST) -> int:
    depth = 0
    while isinstance(node, (ast.Attribute, ast.Call)) and depth <= _DEEPEST:
        node = node.func if isinstance(node, ast.Call) else node.value
        depth += 1
    return depth


def _parts_of(node: ast.AST) -> list[ast.AST]:
    """Return the direct subexpressions that may read a name."""
    if not isinstance(node, (ast.expr, ast.keyword)):
        return []
    parts = ast.iter_child_nodes(node)
    return [part for part in parts if isinstance(part, (ast.expr, ast.keyword)) and not isinstance(part, ast.Constant)]
