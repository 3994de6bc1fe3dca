"""Collector of the tools found in one Python file, with the syntax nodes that stand for each."""

import ast

from agentsentinel_cli.scan.catalog.tools import MCP_HINTS
from agentsentinel_cli.scan.model import EffectFact, Place, Symbol, ToolFact
from agentsentinel_cli.scan.recognize.python.effects import Bodies
from agentsentinel_cli.scan.recognize.python.frameworks import framework_of, framework_of_file
from agentsentinel_cli.scan.recognize.python.functions import description_of, parameters_of, returned_effect
from agentsentinel_cli.scan.syntax.python.resolve import Expression, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import Binding, Scope, ScopeKind, SymbolTable
from agentsentinel_core.light_dataclasses import dataclass, field, replace

Name = str | Symbol | None


@dataclass(slots=True)
class ToolCollector:
    """Collector of tools; a tool that is found in two ways is stored once."""

    module: SymbolTable
    values: Resolver
    bodies: Bodies
    facts: list[ToolFact] = field(default_factory=list)
    owners: list[tuple[int, str]] = field(default_factory=list)
    """Pairs of an agent's or server's constructor call (its id) and the symbol of a tool it offers."""
    foreign_owners: list[tuple[Symbol, str]] = field(default_factory=list)
    """Pairs of an agent or server in another file and the symbol of a tool it offers."""
    first_owners: dict[str, tuple[int, tuple[int | Symbol, ...]]] = field(default_factory=dict)
    """Path of a decorated function -> id of the first one with the path, and the agents or servers that offer it."""
    branches: "dict[str, list[tuple[Scope, int, int]]] | None" = None
    """Branches of dispatchers by tool name: scope, first and last line; None until first used."""
    _by_object: dict[int, list[str]] = field(default_factory=dict)
    _by_key: dict[tuple[object, ...], str] = field(default_factory=dict)
    _by_symbol: dict[str, list[int]] = field(default_factory=dict)
    """Symbol -> indices in `facts`. Like the two indices below, it avoids O(n^2) over the tools of a file."""
    _inside: dict[str, list[int]] = field(default_factory=dict)
    """Enclosing path of a symbol ("Toolbox" for "Toolbox.search") -> indices in `facts`."""
    _of_class: dict[tuple[Name, str], int] = field(default_factory=dict)
    """(name, path) -> index in `facts` of the first tool with the name at the path or inside it."""
    _names: dict[str, set[Name]] = field(default_factory=dict)
    """Symbol -> names of its tools."""
    _known_names: set[Name] = field(default_factory=set)
    _functions: dict[str, int] | None = None
    _binding: dict[str, list[tuple[Scope, list[Binding]]]] | None = None
    _keys: dict[int, dict[int, str]] = field(default_factory=dict)
    _default_framework: str | None = None

    def __post_init__(self) -> None:
        self._default_framework = framework_of_file(self.module)

    def framework(self, origin: Symbol | None, otherwise: str | None = None) -> str:
        """Return the framework of the import that made the tool, else `otherwise`, else the file's framework."""
        return framework_of(origin) or otherwise or self._default_framework or "python"

    def symbols_of(self, node: object) -> list[str]:
        """Return the symbols of the tools that a call, dictionary, function or class stands for."""
        return self._by_object.get(id(node), [])

    def add(
        self,
        node: ast.AST,
        name: Name,
        *,
        framework: str,
        idiom: str,
        symbol: str = "",
        description: str = "",
        function: Scope | None = None,
        bodies: tuple[Scope | None, ...] = (),
        parameters: tuple[str, ...] = (),
        annotations: tuple[tuple[str, bool], ...] = (),
        implementation: Symbol | None = None,
        place: Place | None = None,
        key: tuple[object, ...] | None = None,
        objects: tuple[object, ...] = (),
    ) -> str:
        """Store a tool and return its symbol; `node` is its definition, `objects` are other nodes that stand for it."""
        identity = key or (id(node), name)
        known = self._by_key.get(identity)
        if known is None:
            known = self._same_tool(name, idiom, symbol or (function.path if function is not None else ""))
            if known is not None:
                self._by_key[identity] = known
        if known is None:
            known = symbol or (function.path if function is not None else "") or f"line {getattr(node, 'lineno', 0)}"
            if self._names.get(known, set()) - {name}:
                known = f"{known}:{name if isinstance(name, str) else len(self.facts)}"
            self._by_key[identity] = known
            read = (*bodies, function) if function is None or function.kind is not ScopeKind.CLASS else bodies
            self._file_under(known, name)
            self.facts.append(
                ToolFact(
                    name,
                    place or self.module.place(node),
                    framework,
                    idiom,
                    known,
                    (description or (description_of(function) if function is not None else ""))[:4000],
                    parameters or (parameters_of(function) if function is not None else ()),
                    annotations,
                    self._effects(read),
                    implementation,
                )
            )
        for thing in (node, *objects):
            held = self._by_object.setdefault(id(thing), [])
            if known not in held:
                held.append(known)
        return known

    def _effects(self, read: tuple[Scope | None, ...]) -> tuple[EffectFact, ...]:
        given = [
            effect for scope in read if scope is not None for effect in returned_effect(scope, self.module, self.values)
        ]
        return (*given, *self.bodies.effects_of(*read))

    def _same_tool(self, name: Name, idiom: str, symbol: str) -> str | None:
        """Return the symbol of a known tool with this name whose class contains this one, or is contained in it."""
        if not isinstance(name, str) or not symbol or idiom == "decorator":
            return None
        first = self._of_class.get((name, symbol), len(self.facts))
        for path in _around(symbol):
            same = (at for at in self._by_symbol.get(path, ()) if self.facts[at].name == name)
            first = min(first, next(same, first))
        return self.facts[first].symbol if first < len(self.facts) else None

    def _file_under(self, symbol: str, name: Name) -> None:
        """Add the index of the next fact to the look-up tables."""
        at = len(self.facts)
        self._by_symbol.setdefault(symbol, []).append(at)
        self._names.setdefault(symbol, set()).add(name)
        self._known_names.add(name)
        self._of_class.setdefault((name, symbol), at)
        for path in _around(symbol):
            self._inside.setdefault(path, []).append(at)
            self._of_class.setdefault((name, path), at)

    def fact_of(self, symbol: str) -> ToolFact | None:
        """Return the first tool with a symbol, or None."""
        return next((self.facts[at] for at in self._by_symbol.get(symbol, ())), None)

    def has_name(self, name: str) -> bool:
        """Tell whether a tool with this name was found."""
        return name in self._known_names

    def facts_inside(self, path: str) -> list[ToolFact]:
        """Return the tools whose symbols lie inside a class or function."""
        return [self.facts[at] for at in self._inside.get(path, ())]

    def holds(self, fact: ToolFact) -> bool:
        """Tell whether exactly this tool was found in the file, and not created only to answer another file."""
        return any(self.facts[at] == fact for at in self._by_symbol.get(fact.symbol or "", ()))

    def first_function(self, *names: str) -> Scope | None:
        """Return the first function of the file, at any depth, that has one of these names."""
        if self._functions is None:
            self._functions = {}
            for at, scope in enumerate(self.module.functions):
                self._functions.setdefault(scope.name, at)
        places = [self._functions[name] for name in names if name in self._functions]
        return self.module.functions[min(places)] if places else None

    def scopes_binding(self, name: str) -> list[tuple[Scope, list[Binding]]]:
        """Return the scopes of the file that bind a name, outer ones first, each with its bindings."""
        if self._binding is None:
            self._binding = {}
            stack = [self.module.scope]
            while stack:
                scope = stack.pop()
                stack += scope.children
                for bound, bindings in scope.bindings.items():
                    self._binding.setdefault(bound, []).append((scope, bindings))
        return self._binding.get(name, [])

    def keys_of(self, scope: Scope) -> dict[int, str]:
        """Return a scope's bound expressions: id of the expression -> the last name bound to it."""
        keys = self._keys.get(id(scope))
        if keys is None:
            keys = {id(one.value): key for key, bindings in scope.bindings.items() for one in bindings}
            self._keys[id(scope)] = keys
        return keys

    def link(self, thing: object, symbol: str) -> None:
        """Make another node stand for a known tool."""
        held = self._by_object.setdefault(id(thing), [])
        if symbol not in held:
            held.append(symbol)

    def sorted(self) -> tuple[ToolFact, ...]:
        """Return the tools in document order."""
        return tuple(sorted(self.facts, key=lambda fact: (fact.place.line, fact.place.column, str(fact.name))))

    def add_effects(self, symbol: str, effects: tuple[EffectFact, ...]) -> None:
        """Add effects of a tool that were found outside its function."""
        for at in self._by_symbol.get(symbol, ()):
            fact = self.facts[at]
            self.facts[at] = replace(fact, effects=tuple(dict.fromkeys([*fact.effects, *effects])))


def _around(symbol: str) -> list[str]:
    """Return the paths that enclose a symbol: "a" and "a.b" for "a.b.c"."""
    return [symbol[:at] for at, character in enumerate(symbol) if character == "."]


def hints_of(node: ast.AST | None, values: Resolver, scope: Scope) -> tuple[tuple[str, bool], ...]:
    """Read MCP's hints from `annotations={"readOnlyHint": True}` or `ToolAnnotations(readOnlyHint=True)`."""
    meaning = values.resolve(node, scope) if node is not None else None
    if not isinstance(meaning, Expression):
        return ()
    pairs: list[tuple[object, ast.expr]] = []
    if isinstance(meaning.node, ast.Dict):
        pairs = [
            (key.value, value)
            for key, value in zip(meaning.node.keys, meaning.node.values, strict=True)
            if isinstance(key, ast.Constant)
        ]
    elif isinstance(meaning.node, ast.Call):
        pairs = [(given.arg, given.value) for given in meaning.node.keywords]
    found: list[tuple[str, bool]] = []
    for key, value in pairs:
        hint = next((hint for hint in MCP_HINTS if hint.lower() == str(key).replace("_", "").lower()), None)
        if hint and isinstance(value, ast.Constant) and isinstance(value.value, bool):
            found.append((hint, value.value))
    return tuple(found)
