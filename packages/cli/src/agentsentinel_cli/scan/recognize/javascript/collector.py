"""Collector of the tools found in one JavaScript file."""

import re

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.frameworks import JAVASCRIPT_PACKAGES
from agentsentinel_cli.scan.catalog.tools import MCP_HINTS
from agentsentinel_cli.scan.model import GrantFact, Symbol, ToolFact
from agentsentinel_cli.scan.recognize.javascript.effects import Bodies, Dispatch
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    key_of,
    place_of,
    string_of,
    text_of,
    unwrap,
)
from agentsentinel_cli.scan.syntax.javascript.resolve import Resolver
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable, is_own
from agentsentinel_core.light_dataclasses import dataclass, field, replace

Name = str | Symbol | None
LONGEST_DESCRIPTION = 4000
_LONGEST_NAME = 200
"""Most bytes of an expression that can be a variable's name."""
_DEEPEST = 8
"""Most nested calls around a schema that are unwrapped."""


def framework_of(module: str) -> str | None:
    """Return the framework that an imported module belongs to, or None."""
    name = module.removeprefix("npm:")
    for prefix, framework in JAVASCRIPT_PACKAGES:
        if name == prefix or name.startswith(prefix if prefix.endswith("/") else f"{prefix}/"):
            return framework
    return None


@dataclass(slots=True)
class ToolCollector:
    """Collector of tools; a tool that is found in two ways is stored once."""

    module: SymbolTable
    values: Resolver
    bodies: Bodies
    dispatch: Dispatch
    facts: list[ToolFact] = field(default_factory=list)
    by_node: dict[int, str] = field(default_factory=dict)
    """id of a call, object, class or method -> symbol of the tool it stands for."""
    owners: dict[str, str] = field(default_factory=dict)
    """Symbol of a tool -> source text of the object that it is registered on."""
    foreign: list[tuple[str, GrantFact]] = field(default_factory=list)
    """Pairs of an object's source text and a tool of another file that is registered on it."""
    symbols: set[str] = field(default_factory=set)
    """Symbols of the tools in `facts`."""
    by_name: dict[str, list[int]] = field(default_factory=dict)
    """Name -> indices of its tools in `facts`."""
    listed: list[Node] = field(default_factory=list)
    """Values of `tools` in the answers of handlers of list requests."""
    _keys: dict[str, str] | None = None

    def key_in_a_map(self, variable: str) -> str | None:
        """Return the key of a variable in a map of tools: `tools: {weather: weatherTool}` shows the model the key."""
        if self._keys is None:
            self._keys = {}
            for node in filter(self._is_map_of_tools, self.module.objects):
                for key, value in self.values.fields(node).items():
                    if value.end_byte - value.start_byte <= _LONGEST_NAME:
                        self._keys.setdefault(text_of(unwrap(value)), key)
        return self._keys.get(variable)

    def _is_map_of_tools(self, node: Node) -> bool:
        around = self.module.parent(node)
        is_given = around is not None and around.type == "pair" and key_of(around) == "tools"
        return is_given or "tools" in self.module.assigned_names.get(node.id, "").lower()

    def framework(self, origin: Symbol | None = None, otherwise: str | None = None) -> str:
        """Return the framework of the import that made the tool, else `otherwise`, else that of the file's imports."""
        known = framework_of(origin.module) if origin is not None else None
        if known or otherwise:
            return known or otherwise or ""
        of_imports = (framework_of(symbol.module) for symbol in self.module.imports.values())
        return next((found for found in of_imports if found), "javascript")

    def framework_of_registration(self) -> str:
        """Return the framework of the server that a tool is registered on; "mcp" when the file imports none."""
        known = self.framework()
        return known if known != "javascript" else "mcp"

    def add(
        self,
        node: Node,
        name: Name,
        *,
        framework: str,
        idiom: str,
        symbol: str | None = None,
        description: str = "",
        parameters: tuple[str, ...] = (),
        annotations: tuple[tuple[str, bool], ...] = (),
        handler: Node | None = None,
        owner: str = "",
    ) -> str:
        """Store a tool that is defined at `node`, and return its symbol; "" for a test double."""
        if node.id in self.by_node:
            return self.by_node[node.id]
        if is_test_double(node, self.module):
            return ""
        if (known := self._same_tool(name, owner)) is not None:
            self.by_node[node.id] = self.facts[known].symbol or ""
            self._complete(known, description, parameters, annotations, handler)
            return self.by_node[node.id]
        kept = symbol or self.module.assigned_names.get(node.id) or (name if isinstance(name, str) else None)
        kept = kept or f"line {node.start_point[0] + 1}"
        if kept in self.symbols:
            kept = f"{kept}:{node.start_point[0] + 1}:{node.start_point[1] + 1}"
        bodies = [handler] if handler is not None else list(self.dispatch.of(name)) if isinstance(name, str) else []
        self.symbols.add(kept)
        if isinstance(name, str):
            self.by_name.setdefault(name, []).append(len(self.facts))
        self.facts.append(
            ToolFact(
                name,
                place_of(node),
                framework,
                idiom,
                kept,
                description[:LONGEST_DESCRIPTION],
                parameters,
                annotations,
                self.bodies.effects_of(*bodies),
                self.implementation_of(handler),
                self.bodies.called_elsewhere(*bodies),
            )
        )
        self.by_node[node.id] = kept
        if owner:
            self.owners[kept] = owner
        return kept

    def _same_tool(self, name: Name, owner: str) -> int | None:
        """Return the index of a known tool with the same name, or None.

        Code repeats a definition for `--help`, a registration or a transport. One name on two servers is two tools.
        """
        if not isinstance(name, str):
            return None
        for at in self.by_name.get(name, ()):
            held = self.owners.get(self.facts[at].symbol or "", "")
            if not owner or not held or owner == held:
                return at
        return None

    def _complete(
        self,
        at: int,
        description: str,
        parameters: tuple[str, ...],
        annotations: tuple[tuple[str, bool], ...],
        handler: Node | None,
    ) -> None:
        fact = self.facts[at]
        self.facts[at] = replace(
            fact,
            description=fact.description or description[:LONGEST_DESCRIPTION],
            parameters=fact.parameters or parameters,
            annotations=fact.annotations or annotations,
            effects=fact.effects or self.bodies.effects_of(handler),
            implementation=fact.implementation or self.implementation_of(handler),
            calls=fact.calls or self.bodies.called_elsewhere(handler),
        )

    def handler_of(self, node: Node | None) -> Node | None:
        """Return the function of a handler, or the handler itself when it is a name of another file; else None."""
        found = self.values.function(node)
        return found if found is not None or not isinstance(self.values.resolve(node), Symbol) else node

    def implementation_of(self, handler: Node | None) -> Symbol | None:
        """Return the function of another file that a handler refers to, or None."""
        found = self.values.resolve(handler)
        return found if isinstance(found, Symbol) and is_own(found.module) else None

    def sorted(self) -> tuple[ToolFact, ...]:
        """Return the tools in document order."""
        return tuple(sorted(self.facts, key=lambda fact: (fact.place.line, fact.place.column, str(fact.name))))

    def parameters_of(self, schema: Node | None, depth: int = 0) -> tuple[str, ...]:
        """Return the names of the parameters of a JSON schema, a zod object or a plain shape."""
        value = self.values.node(schema)
        if value is None or depth > _DEEPEST:
            return ()
        if value.type in {"call_expression", "new_expression"}:
            given = value.child_by_field_name("arguments")
            first = next(iter(given.named_children), None) if given is not None else None
            if first is not None and self.values.node(first) is not value:
                return self.parameters_of(first, depth + 1)
            callee = unwrap(value.child_by_field_name("function"))
            return self.parameters_of(callee.child_by_field_name("object"), depth + 1) if callee is not None else ()
        fields = self.values.fields(value)
        if "properties" in fields:
            return tuple(self.values.fields(fields["properties"]))
        return tuple(key for key in fields if key not in {"type", "required", "additionalProperties", "$schema"})

    def hints_of(self, node: Node | None) -> tuple[tuple[str, bool], ...]:
        """Return MCP's hints (tool annotations) in an object."""
        fields = self.values.fields(node) if node is not None else {}
        return tuple((hint, text_of(fields[hint]) == "true") for hint in MCP_HINTS if hint in fields)


_TESTS = frozenset({"describe", "it", "test", "suite", "beforeEach", "beforeAll", "expect"})
_MOCKS = re.compile(r"^(?:vi|jest)\.(?:mock|doMock|fn)$|^(?:describe|it|test)\.\w+$|\.(?:toEqual|toStrictEqual|toBe)$")
_DOUBLE = re.compile(r"^(?:mock|fake|stub|dummy)(?:[A-Z_]|$)")


def is_test_double(node: Node, module: SymbolTable) -> bool:
    """Tell whether a node is in the code of a test, or has the name of a test double."""
    holder = module.assigned_names.get(node.id, "")
    return _DOUBLE.search(holder) is not None or module.nearest(node, _is_test_call) is not None


def _is_test_call(module: SymbolTable, node: Node) -> bool:
    if node.type != "call_expression":
        return False
    callee = text_of(node.child_by_field_name("function"))[-60:]
    given = node.child_by_field_name("arguments")
    is_test = callee in _TESTS and given is not None and (callee == "expect" or _holds_function(given))
    return is_test or _MOCKS.search(callee) is not None


def _holds_function(arguments: Node) -> bool:
    return any(one.type in FUNCTIONS for one in arguments.named_children)


def is_text(node: Node | None) -> bool:
    """Tell whether an argument is a string literal, a template or a concatenation."""
    value = unwrap(node)
    return value is not None and (
        string_of(value) is not None or value.type in {"template_string", "binary_expression"}
    )
