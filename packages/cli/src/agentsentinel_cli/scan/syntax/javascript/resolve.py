"""Name resolution: what an expression refers to within a file (a string, object, list, function or import)."""

from collections.abc import Iterator

from tree_sitter import Node

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.javascript.nodes import FUNCTIONS, key_of, string_of, text_of, unwrap
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable
from agentsentinel_core.light_dataclasses import dataclass, field

_DEEPEST = 8
"""Most references followed from one variable to the next."""
_CLASSES = frozenset({"class_declaration", "class", "abstract_class_declaration"})


@dataclass(slots=True)
class Resolver:
    """Resolver of expressions in one module."""

    module: SymbolTable
    _methods: dict[str, Node] | None = None
    _fields: "ClassFields | None" = None

    def resolve(self, node: Node | None, depth: int = 0) -> Node | Symbol | None:
        """Resolve names, members and casts to a value; a Symbol when another file defines it, None when unknown."""
        node = unwrap(node)
        if node is None or depth > _DEEPEST:
            return None
        if node.type in {"identifier", "shorthand_property_identifier", "type_identifier"}:
            return self._named(node, depth)
        if node.type == "member_expression":
            return self._member(node, depth)
        if node.type == "binary_expression" and _operator(node) in {"||", "??"}:
            # `name || "default"`: the default is used unless a caller sets the name.
            right = self.resolve(node.child_by_field_name("right"), depth + 1)
            return right if right is not None else self.resolve(node.child_by_field_name("left"), depth + 1)
        if node.type == "call_expression" and text_of(node.child_by_field_name("function")) == "Object.freeze":
            given = node.child_by_field_name("arguments")
            return self.resolve(given.named_children[0], depth + 1) if given and given.named_children else None
        return node

    def node(self, node: Node | None) -> Node | None:
        """Resolve an expression to a node of this file; None when it is unknown or another file's."""
        value = self.resolve(node)
        return value if isinstance(value, Node) else None

    def text(self, node: Node | None, depth: int = 0) -> str | Symbol | None:
        """Return the text of an expression; a Symbol when another file defines it, None when known only at run time."""
        value = self.resolve(node)
        if isinstance(value, Symbol) or value is None:
            return value
        plain = string_of(value)
        if plain is not None:
            return plain
        if value.type == "binary_expression" and _operator(value) == "+":
            if depth > _DEEPEST:
                return None
            left = self.text(value.child_by_field_name("left"), depth + 1)
            right = self.text(value.child_by_field_name("right"), depth + 1)
            return left + right if isinstance(left, str) and isinstance(right, str) else None
        if value.type == "template_string":
            return self._template(value, depth)
        return None

    def plain(self, node: Node | None) -> str:
        """Return the text of an expression when it is known in this file, else the empty string."""
        value = self.text(node)
        return value if isinstance(value, str) else ""

    def fields(self, node: Node | None, depth: int = 0) -> dict[str, Node]:
        """Return the properties of an object: name -> value or method. Spreads of known objects are expanded."""
        value = self.node(node)
        found: dict[str, Node] = {}
        if value is None or value.type != "object" or depth > _DEEPEST:
            return found
        for part in value.named_children:
            if part.type == "pair":
                key, held = self._key(part), part.child_by_field_name("value")
                if key is not None and held is not None:
                    found[key] = held
            elif part.type == "shorthand_property_identifier":
                found[text_of(part)] = part
            elif part.type == "method_definition" and (name := key_of(part)) is not None:
                found[name] = part
            elif part.type == "spread_element" and part.named_children:
                found.update(self.fields(part.named_children[0], depth + 1))
        return found

    def elements(self, node: Node | None, depth: int = 0) -> Iterator[Node | Symbol]:
        """Yield the elements of a list that is a literal, concatenated, spread, mapped or returned by a function."""
        value = self.resolve(node)
        if isinstance(value, Symbol):
            yield value
        elif value is None or depth > _DEEPEST:
            return
        elif value.type == "array":
            for element in value.named_children:
                if element.type == "spread_element" and element.named_children:
                    yield from self.elements(element.named_children[0], depth + 1)
                elif element.type != "comment":
                    yield element
        elif value.type in FUNCTIONS:
            for returned in returned_by(value):
                yield from self.elements(returned, depth + 1)
        elif value.type == "call_expression":
            yield from self._elements_of_call(value, depth + 1)
        elif value.type == "ternary_expression":
            yield from self.elements(value.child_by_field_name("consequence"), depth + 1)
            yield from self.elements(value.child_by_field_name("alternative"), depth + 1)
        else:
            yield value

    def function(self, node: Node | None, depth: int = 0) -> Node | None:
        """Resolve a handler to its function: an expression, a name, a method of the class, or one with `.bind`."""
        value = unwrap(node)
        if value is None or depth > _DEEPEST:
            return None
        if value.type in FUNCTIONS:
            return value
        if value.type == "call_expression":
            callee = value.child_by_field_name("function")
            given = value.child_by_field_name("arguments")
            if callee is not None and text_of(callee).endswith(".bind"):
                return self.function(callee.child_by_field_name("object"), depth + 1)
            # The function in a wrapper such as `withErrors(async (args) => ...)`.
            return (
                next((found for one in given.named_children if (found := self.function(one, depth + 1))), None)
                if given
                else None
            )
        resolved = self.resolve(value)
        if isinstance(resolved, Node) and resolved.type in FUNCTIONS:
            return resolved
        if isinstance(resolved, Node) and resolved.type == "call_expression" and resolved.id != value.id:
            return self.function(resolved, depth + 1)
        if value.type == "member_expression":
            return self.method(text_of(value.child_by_field_name("property")))
        return None

    def method(self, name: str) -> Node | None:
        """Return the first method with a name in any class of this file, or None."""
        if self._methods is None:
            self._methods = {}
            for member in (member for known in self.module.classes for member in members_of(known)):
                if member.type == "method_definition" and (key := key_of(member)) is not None:
                    self._methods.setdefault(key, member)
        return self._methods.get(name)

    def assigned_in(self, known: Node, name: str) -> Node | None:
        """Return the value that the code of a class assigns to `this.name`, or None."""
        return self._class_fields().assigned.get((known.id, name))

    def _class_fields(self) -> "ClassFields":
        if self._fields is None:
            self._fields = read_class_fields(self.module)
        return self._fields

    def _key(self, pair: Node) -> str | None:
        key = pair.child_by_field_name("key")
        if key is not None and key.type == "computed_property_name" and key.named_children:
            known = self.text(key.named_children[0])
            return known if isinstance(known, str) else None
        return key_of(pair)

    def _named(self, node: Node, depth: int) -> Node | Symbol | None:
        name = text_of(node)
        found = self.module.find(name, node.start_byte)
        if found is None:
            return self.module.imports.get(name)
        return self.module.imports.get(name) or self.resolve(found, depth + 1)

    def _member(self, node: Node, depth: int) -> Node | Symbol | None:
        owner, name = unwrap(node.child_by_field_name("object")), text_of(node.child_by_field_name("property"))
        if owner is None:
            return None
        if owner.type == "this":
            return self._own_field(name, node, depth)
        value = self.resolve(owner, depth + 1)
        if isinstance(value, Symbol):
            return Symbol(value.module, name if value.name == "*" else f"{value.name}.{name}")
        if value is None:
            return None
        if value.type == "enum_declaration":
            return _enum_member(value, name)
        if value.type == "object" and (held := self.fields(value).get(name)) is not None:
            return self.resolve(held, depth + 1)
        if value.type == "call_expression" and name in {"shape", "value"}:
            return self._of_zod(value, name)
        if value.type in _CLASSES:
            for member in members_of(value):
                if key_of(member) == name:
                    return self.resolve(member.child_by_field_name("value"), depth + 1) or member
        if value.type == "new_expression" and name == "name":
            return None
        return node if value is owner or value.type not in {"object", "array"} else None

    def _of_zod(self, call: Node, name: str) -> Node | None:
        """Return the object of `z.object({...}).shape`, or the literal of `z.literal("...").value`; else None."""
        word = text_of(call.child_by_field_name("function")).rpartition(".")[2]
        given = call.child_by_field_name("arguments")
        is_one = given is not None and (word, name) in {("object", "shape"), ("literal", "value")}
        return self.node(given.named_children[0]) if given is not None and is_one and given.named_children else None

    def _own_field(self, name: str, node: Node, depth: int) -> Node | Symbol | None:
        """Resolve `this.name` in the enclosing classes, else in the first class with such a field."""
        fields = self._class_fields()
        around = self.module.nearest(node, _is_class)
        for _ in range(_DEEPEST):
            if around is None:
                break
            if (held := fields.held.get((around.id, name))) is not None:
                return self.resolve(held, depth + 1)
            around = self.module.nearest(around, _is_class)
        if (held := fields.first.get(name)) is not None:
            return self.resolve(held, depth + 1)
        assigned_anywhere = self.module.declarations.get(name)
        return self.resolve(assigned_anywhere[0].value, depth + 1) if assigned_anywhere else None

    def _template(self, node: Node, depth: int) -> str | None:
        parts: list[str] = []
        if depth > _DEEPEST:
            return None
        for child in node.named_children:
            if child.type == "template_substitution":
                inner = self._hole(child.named_children[0], depth) if child.named_children else None
                if inner is None:
                    return None
                parts.append(inner)
            else:
                parts.append(text_of(child))
        return "".join(parts)

    def _hole(self, node: Node, depth: int) -> str | None:
        """Return the value of a template's substitution, a known text or a literal number; else None."""
        value = self.resolve(node)
        if isinstance(value, Node) and value.type == "number":
            return text_of(value)
        text = self.text(node, depth + 1)
        return text if isinstance(text, str) else None

    def _elements_of_call(self, call: Node, depth: int) -> Iterator[Node | Symbol]:
        callee = unwrap(call.child_by_field_name("function"))
        word = text_of(callee.child_by_field_name("property")) if callee and callee.type == "member_expression" else ""
        if callee is not None and word in {"map", "filter", "slice", "sort", "concat", "flat", "values"}:
            owner = callee.child_by_field_name("object")
            given = call.child_by_field_name("arguments")
            if word == "values" and text_of(owner) == "Object" and given and given.named_children:
                yield from self.fields(given.named_children[0]).values()
                return
            yield from self.elements(owner, depth)
            for one in given.named_children if word == "concat" and given else ():
                yield from self.elements(one, depth)
            return
        function = self.function(callee)
        if function is not None:
            yield from self.elements(function, depth)
        else:
            yield call


def _is_class(module: SymbolTable, node: Node) -> bool:
    return node.type in _CLASSES


@dataclass(slots=True)
class ClassFields:
    """Index of the fields of a file's classes, which avoids searching each class for `this.name`."""

    held: dict[tuple[int, str], Node] = field(default_factory=dict)
    """(id of the class, field) -> the declared value, else the first assigned one."""
    assigned: dict[tuple[int, str], Node] = field(default_factory=dict)
    """(id of the class, field) -> the value that its code assigns first."""
    first: dict[str, Node] = field(default_factory=dict)
    """Field -> its value in the first class that has it."""


def read_class_fields(module: SymbolTable) -> ClassFields:
    """Build the index from the classes and assignments of a file."""
    fields = ClassFields()
    names: dict[int, list[str]] = {}
    for name, declared in module.declarations.items():
        for one in declared:
            known = module.nearest(one.value, _is_class) if one.is_assigned else None
            if known is not None:
                fields.assigned.setdefault((known.id, name), one.value)
                names.setdefault(known.id, []).append(name)
    for known in module.classes:
        for member in members_of(known):
            value, key = member.child_by_field_name("value"), key_of(member)
            if value is not None and key is not None:
                fields.held.setdefault((known.id, key), value)
                fields.first.setdefault(key, value)
        for name in names.get(known.id, ()):
            assigned = fields.assigned[known.id, name]
            fields.held.setdefault((known.id, name), assigned)
            fields.first.setdefault(name, assigned)
    return fields


def _operator(node: Node) -> str:
    return text_of(node.child_by_field_name("operator"))


def _enum_member(enum: Node, name: str) -> Node | None:
    body = enum.child_by_field_name("body")
    for member in body.named_children if body is not None else ():
        if member.type == "enum_assignment" and key_of(member) == name:
            return member.child_by_field_name("value")
    return None


def members_of(known: Node) -> list[Node]:
    """Return the fields and methods of a class."""
    body = known.child_by_field_name("body")
    return list(body.named_children) if body is not None else []


def returned_by(function: Node) -> Iterator[Node]:
    """Yield the values a function returns: its expression, or those of its own `return` statements."""
    body = function.child_by_field_name("body")
    if body is None:
        return
    if body.type != "statement_block":
        yield body
        return
    stack = list(reversed(body.named_children))
    while stack:
        node = stack.pop()
        if node.type in FUNCTIONS:
            continue
        if node.type == "return_statement":
            yield from node.named_children[:1]
        stack.extend(reversed(node.named_children))
