"""Answers to other files about names of a JavaScript file: granted functions, classes and objects, constants, etc."""

from tree_sitter import Node

from agentsentinel_cli.scan.model import GrantFact, GrantKind, Symbol, ToolFact
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector
from agentsentinel_cli.scan.recognize.javascript.grants import grants_of
from agentsentinel_cli.scan.recognize.lookups import ResolvedExports
from agentsentinel_cli.scan.syntax.javascript.nodes import FUNCTIONS, key_of, parameter_names, place_of, text_of
from agentsentinel_cli.scan.syntax.javascript.resolve import members_of, returned_by
from agentsentinel_cli.scan.syntax.javascript.scopes import DEFAULT

_CLASSES = frozenset({"class_declaration", "class", "abstract_class_declaration"})
_HANDLERS = ("execute", "handler", "fn", "run", "callback", "func", "call", "cb", "invoke")
_SCHEMAS = ("inputSchema", "parameters", "schema", "input_schema", "input")


def resolve_exports(wanted: frozenset[str], tools: ToolCollector) -> ResolvedExports:
    """Resolve each wanted name; a dotted one is a member."""
    answers = ResolvedExports()
    for name in sorted(wanted):
        _answer(name, tools, answers)
    return answers


def _answer(name: str, tools: ToolCollector, answers: ResolvedExports) -> None:
    first, _, rest = name.partition(".")
    value = tools.module.find_anywhere(first)
    if value is None:
        _forward(first, rest, name, tools, answers)
        return
    found: Node | Symbol | None = tools.values.resolve(value) or value
    for part in rest.split(".") if rest else ():
        if isinstance(found, Node):
            found = _member(found, part, tools)
        elif isinstance(found, Symbol):
            found = Symbol(found.module, part if found.name == "*" else f"{found.name}.{part}")
    if isinstance(found, Symbol):
        answers.forwards[name] = found
    elif found is not None:
        _answer_value(found, name, tools, answers)


def _forward(first: str, rest: str, name: str, tools: ToolCollector, answers: ResolvedExports) -> None:
    symbol = tools.module.forwards.get(first) or tools.module.imports.get(first)
    exported = tools.module.exports.get(first)
    if symbol is None and exported is not None:
        symbol = tools.module.imports.get(text_of(exported))
    if symbol is None and len(tools.module.stars) == 1 and first != DEFAULT:
        symbol = Symbol(tools.module.stars[0], first)
    if symbol is not None:
        member = symbol.name if symbol.name != "*" else ""
        answers.forwards[name] = Symbol(symbol.module, ".".join(part for part in (member, rest) if part) or "*")


def _member(value: Node, name: str, tools: ToolCollector) -> Node | Symbol | None:
    if value.type == "object":
        held = tools.values.fields(value).get(name)
        return tools.values.resolve(held) or held
    if value.type == "new_expression":
        made = tools.values.node(value.child_by_field_name("constructor"))
        return _member(made, name, tools) if made is not None else None
    if value.type in _CLASSES:
        for member in members_of(value):
            if key_of(member) == name:
                return tools.values.resolve(member.child_by_field_name("value")) or member
    if value.type == "enum_declaration":
        body = value.child_by_field_name("body")
        for member in body.named_children if body is not None else ():
            if key_of(member) == name:
                return member.child_by_field_name("value")
    return None


def _answer_value(value: Node, name: str, tools: ToolCollector, answers: ResolvedExports) -> None:
    text = tools.values.text(value)
    if isinstance(text, str):
        answers.constants[name] = text
    elif value.id in tools.by_node:
        symbol = tools.by_node[value.id]
        answers.functions[name] = next(fact for fact in tools.facts if fact.symbol == symbol)
    elif value.type in FUNCTIONS:
        _answer_function(value, name, tools, answers)
    elif value.type == "object" and (fact := _object(value, name, tools)) is not None:
        answers.functions[name] = fact
    elif value.type in {"array", "object", "call_expression", "ternary_expression"}:
        _answer_list(value, name, tools, answers)


def _answer_function(value: Node, name: str, tools: ToolCollector, answers: ResolvedExports) -> None:
    returned = [grant for one in returned_by(value) for grant in _known(one, tools)]
    if returned:
        answers.lists[name] = tuple(dict.fromkeys(returned))
        return
    answers.functions[name] = _fact(value, name, name.rpartition(".")[2], value, tools)


def _known(node: Node, tools: ToolCollector) -> list[GrantFact]:
    value = tools.values.resolve(node)
    is_tools = isinstance(value, Node) and (value.type in {"array", "object"} or value.id in tools.by_node)
    found = grants_of(node, tools) if is_tools else ()
    return [grant for grant in found if grant.kind is not GrantKind.DYNAMIC]


def _answer_list(value: Node, name: str, tools: ToolCollector, answers: ResolvedExports) -> None:
    grants = grants_of(value, tools)
    if any(grant.kind is not GrantKind.DYNAMIC for grant in grants):
        answers.lists[name] = grants


def _object(value: Node, name: str, tools: ToolCollector) -> ToolFact | None:
    """Return the tool that an object `{name, description, schema, handler}` becomes when it is registered, or None."""
    fields = tools.values.fields(value)
    handler = next((fields[key] for key in _HANDLERS if key in fields), None)
    if "name" not in fields or not (handler is not None or any(key in fields for key in _SCHEMAS)):
        return None
    body = tools.values.function(handler)
    fact = _fact(value, name, tools.values.text(fields["name"]), body, tools)
    schema = next((fields[key] for key in _SCHEMAS if key in fields), None)
    return ToolFact(
        fact.name,
        fact.place,
        fact.framework,
        "tool-object",
        fact.symbol,
        tools.values.plain(fields.get("description")),
        tools.parameters_of(schema),
        tools.hints_of(fields.get("annotations")),
        fact.effects,
        tools.implementation_of(handler),
        fact.calls,
    )


def _fact(node: Node, symbol: str, name: str | Symbol | None, body: Node | None, tools: ToolCollector) -> ToolFact:
    return ToolFact(
        name,
        place_of(node),
        tools.framework(),
        "tools-list",
        symbol,
        parameters=parameter_names(node),
        effects=tools.bodies.effects_of(body),
        calls=tools.bodies.called_elsewhere(body),
    )
