"""The symbol table of a JavaScript file, built in one walk: declarations, imports, exports, calls, objects, classes.

Names are resolved like in JavaScript, innermost block first, but statically: later assignments to a variable are not
followed.
"""

from bisect import bisect_right
from collections.abc import Callable

from tree_sitter import Node

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    arguments_of,
    callee_of,
    key_of,
    last_word,
    string_of,
    text_of,
    unwrap,
)
from agentsentinel_core.light_dataclasses import dataclass, field

Span = tuple[int, int]
Around = Callable[["SymbolTable", Node], bool]
"""Predicate on an enclosing node, for `Module.nearest`; a module-level function, so that results can be cached."""
_BLOCKS = frozenset(
    {
        "statement_block",
        "arrow_function",
        "function_expression",
        "function_declaration",
        "method_definition",
        "class_body",
        "for_statement",
        "for_in_statement",
        "switch_body",
    }
)
_DECLARED = {
    "function_declaration": "name",
    "generator_function_declaration": "name",
    "class_declaration": "name",
    "abstract_class_declaration": "name",
    "enum_declaration": "name",
}
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Declaration:
    """Declaration of a name: its value, and the span of bytes in which it is visible."""

    name: str
    value: Node
    scope: Span
    is_assigned: bool = False


@dataclass(slots=True)
class SymbolTable:
    """Symbol table and indices of one file."""

    root: Node
    imports: dict[str, Symbol] = field(default_factory=dict)
    """Local name -> imported symbol; a whole module has the name "*"."""
    declarations: dict[str, list[Declaration]] = field(default_factory=dict)
    exports: dict[str, Node] = field(default_factory=dict)
    """Exported name -> the exported identifier or value."""
    forwards: dict[str, Symbol] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    """Modules that are re-exported by `export * from`."""
    calls: dict[str, list[Node]] = field(default_factory=dict)
    """Calls and `new` expressions by the last word of the called name."""
    objects: list[Node] = field(default_factory=list)
    classes: list[Node] = field(default_factory=list)
    cases: list[Node] = field(default_factory=list)
    conditions: list[Node] = field(default_factory=list)
    """`if` statements of the file."""
    assigned_names: dict[int, str] = field(default_factory=dict)
    """id of a value's node -> the variable that holds it."""
    parents: dict[int, Node] = field(default_factory=dict)
    """id of a node -> its parent. `Node.parent` walks down from the root each time, so a loop upwards from every node
    of a file with nesting depth n would take O(n^3) steps."""
    _nearest: dict[Around, dict[int, Node | None]] = field(default_factory=dict)
    _by_start: dict[str, list[tuple[int, int, Declaration]]] = field(default_factory=dict)

    def parent(self, node: Node) -> Node | None:
        """Return the parent of a node, or None."""
        return self.parents.get(node.id)

    def nearest(self, node: Node, is_wanted: Around) -> Node | None:
        """Return the innermost enclosing node that a predicate accepts, or None.

        The result is cached for every node on the way, so asking for all nodes of a file takes linear time, however
        deeply they are nested.
        """
        known = self._nearest.setdefault(is_wanted, {})
        passed: list[int] = []
        current: Node | None = node
        while current is not None and current.id not in known:
            passed.append(current.id)
            current = self.parents.get(current.id)
            if current is not None and is_wanted(self, current):
                break
        else:
            current = known[current.id] if current is not None else None
        known.update(dict.fromkeys(passed, current))
        return current

    def find(self, name: str, at: int) -> Node | None:
        """Return the value of a name at an offset, from the declaration in the innermost block around it, or None."""
        ordered = self._ordered(name)
        # Blocks are nested or disjoint, so of those around an offset the one that begins last is the innermost.
        for _, _, known in reversed(ordered[: bisect_right(ordered, at, key=lambda one: one[0])]):
            if known.scope[1] >= at:
                return known.value
        return None

    def _ordered(self, name: str) -> list[tuple[int, int, Declaration]]:
        """Return the declarations of a name, sorted by the start of their blocks; within a block, the first is last."""
        if name not in self._by_start:
            known = enumerate(self.declarations.get(name, ()))
            self._by_start[name] = sorted((one.scope[0], -at, one) for at, one in known)
        return self._by_start[name]

    def find_anywhere(self, name: str) -> Node | None:
        """Return the exported value of a name, else its first declaration in the file, or None; for other files."""
        exported = self.exports.get(name)
        if exported is not None:
            if exported.type == "identifier" and text_of(exported) != name:
                return self.find_anywhere(text_of(exported))
            if exported.type != "identifier":
                return exported
        known = self.declarations.get(name)
        return known[0].value if known else None

    def origin(self, node: Node | None) -> Symbol | None:
        """Return the imported symbol that a called name refers to, or None when it is not imported."""
        words: list[str] = []
        while node is not None and node.type == "member_expression":
            words.append(text_of(node.child_by_field_name("property")))
            node = unwrap(node.child_by_field_name("object"))
        if node is None or node.type not in {"identifier", "type_identifier"}:
            return None
        known = self.imports.get(text_of(node))
        if known is None or not words:
            return known
        own = [] if known.name == "*" else [known.name]
        return Symbol(known.module, ".".join([*own, *reversed(words)]))


def read_symbols(root: Node) -> SymbolTable:
    """Build the symbol table of a file in one walk over its tree."""
    module = SymbolTable(root)
    stack: list[tuple[Node, Span]] = [(root, (root.start_byte, root.end_byte))]
    while stack:
        node, scope = stack.pop()
        _READERS.get(node.type, _pass)(module, node, scope)
        inner = (node.start_byte, node.end_byte) if node.type in _BLOCKS else scope
        for child in reversed(node.named_children):
            module.parents[child.id] = node
            stack.append((child, inner))
    return module


def is_function(module: SymbolTable, node: Node) -> bool:
    """Tell whether a node is a function; a predicate for `Module.nearest`."""
    return node.type in FUNCTIONS


def is_own(module: str) -> bool:
    """Tell whether a module is a file of the project and not a package."""
    return module.startswith((".", "@/", "~/", "#/"))


def _pass(module: SymbolTable, node: Node, scope: Span) -> None:
    """Ignore a node whose type defines nothing."""


def _import(module: SymbolTable, node: Node, scope: Span) -> None:
    source = string_of(node.child_by_field_name("source"))
    if source is None:
        return
    for clause in node.named_children:
        for part in clause.named_children if clause.type == "import_clause" else ():
            if part.type == "identifier":
                module.imports[text_of(part)] = Symbol(source, DEFAULT)
            elif part.type == "namespace_import":
                module.imports[text_of(part.named_children[-1])] = Symbol(source, "*")
            elif part.type == "named_imports":
                for specifier in part.named_children:
                    name = text_of(specifier.child_by_field_name("name"))
                    alias = text_of(specifier.child_by_field_name("alias")) or name
                    module.imports[alias] = Symbol(source, name)


def _export(module: SymbolTable, node: Node, scope: Span) -> None:
    source = string_of(node.child_by_field_name("source"))
    clause = next((child for child in node.named_children if child.type == "export_clause"), None)
    if clause is not None:
        for specifier in clause.named_children:
            name = specifier.child_by_field_name("name")
            alias = text_of(specifier.child_by_field_name("alias")) or text_of(name)
            if source is not None:
                module.forwards[alias] = Symbol(source, text_of(name))
            elif name is not None:
                module.exports[alias] = name
    elif source is not None:
        module.stars.append(source)
    elif any(child.type == DEFAULT for child in node.children):
        value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
        if value is not None:
            module.exports[DEFAULT] = value


def _declarator(module: SymbolTable, node: Node, scope: Span) -> None:
    name, value = node.child_by_field_name("name"), unwrap(node.child_by_field_name("value"))
    if name is None or value is None:
        return
    required = _required(value)
    if name.type == "identifier":
        if required is not None:
            module.imports[text_of(name)] = Symbol(required, "*")
        module.assigned_names.setdefault(value.id, text_of(name))
        module.declarations.setdefault(text_of(name), []).append(Declaration(text_of(name), value, scope))
    elif name.type == "object_pattern" and required is not None:
        for part in name.named_children:
            if part.type == "shorthand_property_identifier_pattern":
                module.imports[text_of(part)] = Symbol(required, text_of(part))
            elif part.type == "pair_pattern":
                local = text_of(part.child_by_field_name("value"))
                module.imports[local] = Symbol(required, key_of(part) or local)


def _required(value: Node) -> str | None:
    """Return the module of `require("x")` or `import("x")`, or None."""
    if value.type != "call_expression":
        return None
    function = value.child_by_field_name("function")
    if text_of(function) not in {"require", "import"}:
        return None
    given = arguments_of(value)
    return string_of(given[0]) if given else None


def _declaration(module: SymbolTable, node: Node, scope: Span) -> None:
    name = node.child_by_field_name(_DECLARED[node.type])
    if name is not None:
        word = text_of(name)
        module.declarations.setdefault(word, []).append(Declaration(word, node, scope))
        module.assigned_names.setdefault(node.id, word)
    if "class" in node.type:
        module.classes.append(node)


def _call(module: SymbolTable, node: Node, scope: Span) -> None:
    callee = callee_of(node)
    word = last_word(callee)
    imported = module.imports.get(word) if callee is not None and callee.type == "identifier" else None
    if imported is not None and imported.name not in {DEFAULT, "*"}:
        word = imported.name  # `import { Agent as A }`
    if word:
        module.calls.setdefault(word, []).append(node)


def _assignment(module: SymbolTable, node: Node, scope: Span) -> None:
    """Record CommonJS exports, and assignments to fields of `this` and to variables."""
    left, right = node.child_by_field_name("left"), unwrap(node.child_by_field_name("right"))
    if left is None or right is None or left.type not in {"member_expression", "identifier"}:
        return
    target = text_of(left)
    module.assigned_names.setdefault(right.id, target.removeprefix("this."))
    if target in {"module.exports", "exports.default"}:
        module.exports[DEFAULT] = right
        for pair in right.named_children if right.type == "object" else ():
            if pair.type == "shorthand_property_identifier":
                module.exports[text_of(pair)] = pair
            elif (key := key_of(pair)) is not None:
                module.exports[key] = unwrap(pair.child_by_field_name("value")) or pair
    elif target.startswith(("module.exports.", "exports.")):
        module.exports[target.rpartition(".")[2]] = right
    elif target.startswith("this.") or left.type == "identifier":
        word = target.removeprefix("this.")
        module.declarations.setdefault(word, []).append(Declaration(word, right, (0, module.root.end_byte), True))


def _field(module: SymbolTable, node: Node, scope: Span) -> None:
    value = unwrap(node.child_by_field_name("value"))
    name = key_of(node)
    if value is not None and name is not None:
        module.assigned_names.setdefault(value.id, name)


def _parameter(module: SymbolTable, node: Node, scope: Span) -> None:
    """Declare a parameter with its default as value; without a default it still hides an outer name."""
    name = node.child_by_field_name("pattern") or node.child_by_field_name("left")
    value = unwrap(node.child_by_field_name("value") or node.child_by_field_name("right"))
    if name is not None and name.type in {"identifier", "shorthand_property_identifier_pattern"}:
        word = text_of(name)
        module.declarations.setdefault(word, []).append(Declaration(word, value or node, scope))


_READERS = {
    "required_parameter": _parameter,
    "optional_parameter": _parameter,
    "assignment_pattern": _parameter,
    "object_assignment_pattern": _parameter,
    "import_statement": _import,
    "export_statement": _export,
    "variable_declarator": _declarator,
    "call_expression": _call,
    "new_expression": _call,
    "assignment_expression": _assignment,
    "public_field_definition": _field,
    "object": lambda module, node, scope: module.objects.append(node),
    "class": lambda module, node, scope: module.classes.append(node),
    "switch_case": lambda module, node, scope: module.cases.append(node),
    "if_statement": lambda module, node, scope: module.conditions.append(node),
    **dict.fromkeys(_DECLARED, _declaration),
}
