"""The symbol table of a Python file, built in one walk over its syntax tree.

A `Scope` is a module, class, function or comprehension with its bindings; a `Binding` records how a name was bound.
`SymbolTable` indexes calls by their last word, decorated functions, classes and dictionaries, so that no recogniser has
to walk the tree again. Nothing here is recursive, because source may be nested deeper than the stack.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from enum import Enum

from agentsentinel_cli.scan.catalog.agents import PYTHON_GRANTING_KEYWORDS
from agentsentinel_cli.scan.model import Place, Symbol
from agentsentinel_core.light_dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Env = dict[str, "tuple[ast.expr, Scope]"]
"""Loop variables of one iteration over a literal table: name -> (value, scope in which the value is written)."""


class BindingKind(Enum):
    """How a name was bound."""

    VALUE = "value"
    APPENDED = "appended"
    EXTENDED = "extended"
    FUNCTION = "function"
    CLASS = "class"
    IMPORT = "import"
    PARAMETER = "parameter"
    LOOP = "loop"
    OTHER = "other"


class ScopeKind(Enum):
    """Kind of a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"


@dataclass(slots=True)
class Binding:
    """One binding of a name to a value."""

    how: BindingKind
    scope: "Scope"
    """Scope that contains the binding; for FUNCTION and CLASS the scope that they open."""
    value: ast.expr | None = None
    """Bound expression (VALUE, APPENDED, EXTENDED), default (PARAMETER) or iterable (LOOP)."""
    symbol: Symbol | None = None
    target: ast.expr | None = None
    """Target of a LOOP, which contains the name."""
    annotation: ast.expr | None = None
    line: int = 0
    column: int = 0


@dataclass(slots=True, eq=False)
class Scope:
    """Scope of a module, class, function or comprehension."""

    kind: ScopeKind
    name: str
    node: ast.AST
    parent: "Scope | None"
    path: str = ""
    """Dotted path within the module: "Toolbox.search"; empty for the module."""
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    """Bindings by name or dotted target such as "agent.functions"; a class also has those of `self` in its methods."""
    calls: list[ast.Call] = field(default_factory=list)
    children: "list[Scope]" = field(default_factory=list)
    returns: list[ast.expr] = field(default_factory=list)
    branches: list[tuple[ast.expr, int, int]] = field(default_factory=list)
    """Tests of `if` and `case`, each with the first and last line of its block."""
    entered: list[ast.expr] = field(default_factory=list)
    """Context managers of `with` statements."""

    def method_class(self) -> "Scope | None":
        """Return the class whose method this function is, or None."""
        return (
            self.parent
            if self.kind is ScopeKind.FUNCTION and self.parent and self.parent.kind is ScopeKind.CLASS
            else None
        )

    def enclosing(self, kind: ScopeKind) -> "Scope | None":
        """Return the nearest enclosing scope of a kind, including this one, or None."""
        scope: Scope | None = self
        while scope is not None and scope.kind is not kind:
            scope = scope.parent
        return scope

    def is_inside(self, outer: "Scope") -> bool:
        """Tell whether this scope is `outer` or is nested in it."""
        scope: Scope | None = self
        while scope is not None and scope is not outer:
            scope = scope.parent
        return scope is not None

    def self_name(self) -> str | None:
        """Return the name of a method's first parameter ("self", "cls"), or None."""
        if self.method_class() is None or not isinstance(self.node, Function):
            return None
        arguments = self.node.args.posonlyargs + self.node.args.args
        return arguments[0].arg if arguments else None


@dataclass(slots=True, eq=False)
class SymbolTable:
    """Symbol table and indices of one file."""

    tree: ast.Module
    lines: list[str]
    line_map: tuple[int, ...]
    scope: Scope
    scopes: dict[int, Scope] = field(default_factory=dict)
    """id of a function, class or comprehension -> the scope that it opens."""
    calls: dict[str, list[tuple[ast.Call, Scope]]] = field(default_factory=dict)
    """Calls by the last word of the called name; "()" when the result of another call is called."""
    granting_calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    """Calls with a keyword that may grant tools."""
    decorated: list[Scope] = field(default_factory=list)
    classes: list[Scope] = field(default_factory=list)
    functions: list[Scope] = field(default_factory=list)
    dicts: list[tuple[ast.Dict, Scope]] = field(default_factory=list)
    """Dictionaries with a key "name" or "function"."""
    assigned_names: dict[int, str] = field(default_factory=dict)
    """id of a call -> the name or dotted name it is assigned to."""
    message_dicts: set[int] = field(default_factory=set)
    """ids of dictionaries under `tool_calls`, `tool_choice` and similar keys: they name tools, but define none."""
    imported_modules: set[str] = field(default_factory=set)
    """Dotted modules as written in `import a.b` and `from a.b import c`."""

    def starred(self) -> str:
        """Return the modules imported by `from x import *`, joined by commas; empty without any."""
        symbols = [binding.symbol for binding in self.scope.bindings.get("*", [])]
        return ",".join(symbol.module for symbol in symbols if symbol is not None)

    def scope_of(self, node: ast.AST, outer: Scope) -> Scope | None:
        """Return the scope that a node opens directly inside `outer`, or None."""
        scope = self.scopes.get(id(node))
        return scope if scope is not None and scope.parent is outer else None

    def release(self) -> None:
        """Break reference cycles, so that the tree is freed at once instead of by the garbage collector."""
        self.scopes = {}
        stack = [self.scope]
        while stack:
            scope = stack.pop()
            stack += scope.children
            scope.parent = None
            scope.bindings = {}
            scope.children = []

    def place(self, node: ast.AST) -> Place:
        """Return the position of a node in the file; for a notebook, in its JSON."""
        line = getattr(node, "lineno", 1)
        end = getattr(node, "end_lineno", None)
        if self.line_map:
            last = len(self.line_map)
            return Place(self.line_map[min(line, last) - 1], 1, self.line_map[min(end, last) - 1] if end else None)
        return Place(line, self._column(line, getattr(node, "col_offset", 0)), end)

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        # ast counts bytes of UTF-8, a Place counts characters.
        return (
            offset + 1
            if text.isascii()
            else len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "replace")) + 1
        )

    def text(self, node: ast.expr) -> str:
        """Return the source text of a node, at most its first 12 lines."""
        first, last = node.lineno, min(node.end_lineno or node.lineno, node.lineno + 11)
        lines = [line.encode("utf-8", "replace") for line in self.lines[first - 1 : last]]
        if not lines:
            return ""
        if last == node.end_lineno:
            lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode("utf-8", "replace")


_QUIET_KEYS = frozenset({"tool_calls", "tool_choice", "function_call", "toolChoice", "tool_call", "toolUse"})
_DICT_KEYS = frozenset({"name", "function", "toolSpec"})


def read_symbols(tree: ast.Module, text: str, line_map: tuple[int, ...] = ()) -> SymbolTable:
    """Build the symbol table of a file in one walk over its tree."""
    scope = Scope(ScopeKind.MODULE, "", tree, None)
    module = SymbolTable(tree, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), line_map, scope)
    _Walk(module).run()
    return module


class _Walk:
    """Iterative walk over the tree. It does not follow document order, so bindings are sorted at the end."""

    def __init__(self, module: SymbolTable) -> None:
        self._module = module
        self._stack: list[tuple[ast.AST, Scope]] = [(node, module.scope) for node in module.tree.body]
        self._scopes = [module.scope]
        self._visit = {
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.Lambda: self._lambda,
            ast.ClassDef: self._class,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.NamedExpr: self._named,
            ast.For: self._loop,
            ast.AsyncFor: self._loop,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.Call: self._call,
            ast.Dict: self._dict,
            ast.Return: self._return,
            ast.Yield: self._return,
            ast.If: self._if,
            ast.Match: self._match,
            ast.Expr: self._expression,
        }

    def run(self) -> None:
        stack, visit = self._stack, self._visit
        skipped = _LEAVES
        while stack:
            node, scope = stack.pop()
            handler = visit.get(type(node))
            if handler is not None:
                handler(node, scope)  # type: ignore[operator]
                continue
            for value in vars(node).values():
                if type(value) is list:
                    stack.extend(
                        [(item, scope) for item in value if type(item) not in skipped and isinstance(item, ast.AST)]
                    )
                elif isinstance(value, ast.AST) and type(value) not in skipped:
                    stack.append((value, scope))
        self._read_aliases()
        for scope in self._scopes:
            scope.calls.sort(key=_position)
            for bindings in scope.bindings.values():
                if len(bindings) > 1:
                    bindings.sort(key=lambda binding: (binding.line, binding.column))
        for calls in self._module.calls.values():
            calls.sort(key=_position_of_first)
        self._module.granting_calls.sort(key=_position_of_first)
        self._module.decorated.sort(key=lambda found: found.node.lineno)  # type: ignore[attr-defined]
        self._module.classes.sort(key=lambda found: found.node.lineno)  # type: ignore[attr-defined]
        self._visit.clear()  # bound methods: they would keep the module alive

    def _push(self, node: ast.AST | None, scope: Scope) -> None:
        if node is not None and type(node) not in _LEAVES:
            self._stack.append((node, scope))

    def _push_all(self, nodes: list[ast.expr] | list[ast.stmt], scope: Scope) -> None:
        self._stack.extend([(node, scope) for node in nodes if type(node) not in _LEAVES])

    def _open(self, kind: ScopeKind, name: str, node: ast.AST, parent: Scope) -> Scope:
        path = f"{parent.path}.{name}" if parent.path and name else name or parent.path
        scope = Scope(kind, name, node, parent, path)
        parent.children.append(scope)
        self._scopes.append(scope)
        self._module.scopes[id(node)] = scope
        return scope

    def _bind(self, scope: Scope, name: str, binding: Binding) -> None:
        scope.bindings.setdefault(name, []).append(binding)

    def _function(self, node: Function, scope: Scope) -> None:
        inner = self._open(ScopeKind.FUNCTION, node.name, node, scope)
        self._bind(scope, node.name, Binding(BindingKind.FUNCTION, inner, line=node.lineno, column=node.col_offset))
        self._module.functions.append(inner)
        if node.decorator_list:
            self._module.decorated.append(inner)
            self._push_all(node.decorator_list, scope)
        self._parameters(node.args, inner, scope)
        self._push_all(node.body, inner)

    def _lambda(self, node: ast.Lambda, scope: Scope) -> None:
        inner = self._open(ScopeKind.FUNCTION, "", node, scope)
        self._parameters(node.args, inner, scope)
        self._push(node.body, inner)

    def _parameters(self, arguments: ast.arguments, inner: Scope, outer: Scope) -> None:
        positional = arguments.posonlyargs + arguments.args
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults += arguments.defaults
        named = zip([*positional, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=False)
        for argument, default in named:
            self._bind(
                inner,
                argument.arg,
                Binding(BindingKind.PARAMETER, outer, default, annotation=argument.annotation, line=0),
            )
            self._push(default, outer)
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                self._bind(inner, rest.arg, Binding(BindingKind.OTHER, outer))

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = self._open(ScopeKind.CLASS, node.name, node, scope)
        self._bind(scope, node.name, Binding(BindingKind.CLASS, inner, line=node.lineno, column=node.col_offset))
        self._module.classes.append(inner)
        self._push_all(node.decorator_list, scope)
        self._push_all(node.bases, scope)
        self._push_all(node.body, inner)

    def _read_aliases(self) -> None:
        """Read calls of what is imported under another name, `create_agent as build`, as calls of its own name.

        Not where either name is bound again anywhere in the file.
        """
        bound = Counter(name for scope in self._scopes for name in scope.bindings)
        for scope in self._scopes:
            for alias, (binding, *others) in list(scope.bindings.items()):
                name = binding.symbol.name if binding.symbol is not None else alias
                if binding.how is not BindingKind.IMPORT or others or name in {alias, "*"} or bound[alias] > 1:
                    continue
                if bound[name] == 0 and alias in self._module.calls:
                    scope.bindings[name] = [binding]
                    self._call_by(alias, name)

    def _call_by(self, alias: str, name: str) -> None:
        calls = self._module.calls.pop(alias)
        aliased = [call for call, _ in calls if isinstance(call.func, ast.Name)]
        for call in aliased:
            call.func = ast.copy_location(ast.Name(name, ast.Load()), call.func)
        renamed = {id(call) for call in aliased}
        self._module.calls.setdefault(name, []).extend(one for one in calls if id(one[0]) in renamed)
        if kept := [one for one in calls if id(one[0]) not in renamed]:
            self._module.calls[alias] = kept

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            self._module.imported_modules.add(alias.name)
            bound = alias.asname or alias.name.split(".")[0]
            symbol = Symbol(alias.name if alias.asname else bound, "*")
            self._bind(scope, bound, Binding(BindingKind.IMPORT, scope, symbol=symbol, line=node.lineno))

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = "." * node.level + (node.module or "")
        self._module.imported_modules.add(module)
        for alias in node.names:
            bound = alias.asname or alias.name
            self._bind(
                scope, bound, Binding(BindingKind.IMPORT, scope, symbol=Symbol(module, alias.name), line=node.lineno)
            )

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        for target in node.targets:
            self._assign_to(target, node.value, scope, node)
        self._push(node.value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None or isinstance(node.target, ast.Name):
            self._assign_to(node.target, node.value, scope, node, node.annotation)
        self._push(node.value, scope)

    def _named(self, node: ast.NamedExpr, scope: Scope) -> None:
        self._assign_to(node.target, node.value, scope, node)
        self._push(node.value, scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        name = dotted(node.target)
        if name and isinstance(node.op, ast.Add):
            binding = Binding(BindingKind.EXTENDED, scope, node.value, line=node.lineno, column=node.col_offset)
            self._bind_target(name, binding, scope)
        self._push(node.value, scope)

    def _assign_to(
        self,
        target: ast.expr,
        value: ast.expr | None,
        scope: Scope,
        statement: ast.stmt | ast.expr,
        annotation: ast.expr | None = None,
    ) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            if len(values) == len(target.elts):
                for part, item in zip(target.elts, values, strict=True):
                    self._assign_to(part, item, scope, statement)
            else:
                for part in target.elts:
                    name = dotted(part)
                    if name:
                        self._bind_target(name, Binding(BindingKind.OTHER, scope, line=statement.lineno), scope)
            return
        name = dotted(target)
        if not name:
            if isinstance(target, ast.Subscript):
                self._push(target.slice, scope)
            return
        if isinstance(value, ast.Call):
            self._module.assigned_names.setdefault(id(value), name)
        binding = Binding(
            BindingKind.VALUE, scope, value, annotation=annotation, line=statement.lineno, column=statement.col_offset
        )
        self._bind_target(name, binding, scope)

    def _bind_target(self, name: str, binding: Binding, scope: Scope) -> None:
        base, _, rest = name.partition(".")
        function = scope.enclosing(ScopeKind.FUNCTION)
        if rest and function is not None and base == function.self_name():
            owner = function.method_class()
            if owner is not None:
                self._bind(owner, rest, binding)
                return
        self._bind(scope, name, binding)

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        self._bind_loop(node.target, node.iter, scope, node.lineno)
        self._push(node.iter, scope)
        self._push_all(node.body, scope)
        self._push_all(node.orelse, scope)

    def _bind_loop(self, target: ast.expr, iterated: ast.expr, scope: Scope, line: int) -> None:
        for name in names_in(target):
            self._bind(scope, name, Binding(BindingKind.LOOP, scope, iterated, target=target, line=line))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> None:
        inner = self._open(ScopeKind.COMPREHENSION, "", node, scope)
        for generator in node.generators:
            self._bind_loop(generator.target, generator.iter, inner, node.lineno)
            self._push(generator.iter, inner)
            self._push_all(generator.ifs, inner)
        if isinstance(node, ast.DictComp):
            self._push(node.key, inner)
            self._push(node.value, inner)
        else:
            self._push(node.elt, inner)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            if isinstance(item.optional_vars, ast.Name):
                self._assign_to(item.optional_vars, item.context_expr, scope, node)
            scope.entered.append(item.context_expr)
            self._push(item.context_expr, scope)
        self._push_all(node.body, scope)

    def _call(self, node: ast.Call, scope: Scope) -> None:
        func = node.func
        if isinstance(func, ast.Subscript):  # `Agent[Deps](...)`: a type is in the brackets
            self._push(func.slice, scope)
            func = func.value
        if isinstance(func, ast.Attribute):
            word = func.attr
            if word in {"append", "extend", "insert", "add"} and node.args:
                self._record_growth(word, node, func, scope)
            self._push(func.value, scope)
        elif isinstance(func, ast.Name):
            word = func.id
        else:
            word = "()"
            self._push(func, scope)
        scope.calls.append(node)
        self._module.calls.setdefault(word, []).append((node, scope))
        self._push_all(node.args, scope)
        for keyword in node.keywords:
            if keyword.arg in PYTHON_GRANTING_KEYWORDS or (keyword.arg and keyword.arg.endswith("_tools")):
                self._module.granting_calls.append((node, scope))
            if keyword.arg in _QUIET_KEYS:
                self._hush(keyword.value)
            self._push(keyword.value, scope)

    def _record_growth(self, word: str, node: ast.Call, func: ast.Attribute, scope: Scope) -> None:
        name = dotted(func.value)
        if name:
            how = BindingKind.EXTENDED if word == "extend" else BindingKind.APPENDED
            self._bind_target(name, Binding(how, scope, node.args[-1], line=node.lineno, column=node.col_offset), scope)

    def _hush(self, value: ast.expr) -> None:
        stack: list[ast.expr | None] = [value]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Dict):
                self._module.message_dicts.add(id(node))
                stack.extend(node.values)
            elif isinstance(node, (ast.List, ast.Tuple)):
                stack.extend(node.elts)

    def _dict(self, node: ast.Dict, scope: Scope) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                if key.value in _QUIET_KEYS:
                    self._hush(value)
                elif key.value in _DICT_KEYS:
                    self._module.dicts.append((node, scope))
            else:
                self._push(key, scope)
            self._push(value, scope)

    def _return(self, node: ast.Return | ast.Yield, scope: Scope) -> None:
        if node.value is not None:
            function = scope.enclosing(ScopeKind.FUNCTION)
            if function is not None and not (isinstance(node, ast.Yield) and not isinstance(node.value, ast.List)):
                function.returns.append(node.value)
            self._push(node.value, scope)

    def _if(self, node: ast.If, scope: Scope) -> None:
        last = node.body[-1]
        scope.branches.append((node.test, node.body[0].lineno, last.end_lineno or last.lineno))
        self._push(node.test, scope)
        self._push_all(node.body, scope)
        self._push_all(node.orelse, scope)

    def _match(self, node: ast.Match, scope: Scope) -> None:
        self._push(node.subject, scope)
        for case in node.cases:
            patterns = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
            last = case.body[-1]
            for pattern in patterns:
                if isinstance(pattern, ast.MatchValue):
                    scope.branches.append((pattern.value, case.body[0].lineno, last.end_lineno or last.lineno))
            self._push(case.guard, scope)
            self._push_all(case.body, scope)

    def _expression(self, node: ast.Expr, scope: Scope) -> None:
        self._push(node.value, scope)


_LEAVES = frozenset(
    {ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal}
)


def _position(node: ast.Call) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _position_of_first(found: tuple[ast.Call, Scope]) -> tuple[int, int]:
    return found[0].lineno, found[0].col_offset


def dotted(node: ast.AST | None) -> str:
    """Return an expression of names joined by dots as text, such as "self.mcp"; empty for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def held_path(scope: Scope, name: str) -> str:
    """Return the dotted path of a name that is assigned in a scope; `self.mcp` belongs to the class."""
    base, _, rest = name.partition(".")
    owner = scope.method_class()
    if rest and owner is not None and base == scope.self_name():
        return f"{owner.path}.{rest}"
    return f"{scope.path}.{name}" if scope.path else name


def names_in(target: ast.expr) -> Iterator[str]:
    """Yield the names that an assignment to a target binds."""
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, (ast.Tuple, ast.List)):
            stack.extend(node.elts)
        elif isinstance(node, ast.Starred):
            stack.append(node.value)


def last_word(node: ast.AST) -> str:
    """Return the last word of a called name: "tool" for `mcp.tool`, `tool(...)` and `tool[...]`; else ""."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Attribute):
            return node.attr
        elif isinstance(node, ast.Name):
            return node.id
        else:
            return ""


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """Return the value of the first of these keyword arguments that a call has, or None."""
    for name in names:
        for given in call.keywords:
            if given.arg == name:
                return given.value
    return None
