"""Recogniser of classes that are tools, and of methods that a decorator turns into tools."""

import re

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.tools import (
    JAVASCRIPT_BASE_FAMILY,
    JAVASCRIPT_BASES,
    JAVASCRIPT_DECORATORS,
    JAVASCRIPT_RUN_METHODS,
    JAVASCRIPT_SCHEMA_FIELDS,
)
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector, is_text
from agentsentinel_cli.scan.syntax.javascript.nodes import arguments_of, key_of, last_word, text_of, unwrap
from agentsentinel_cli.scan.syntax.javascript.resolve import members_of

_CONSTANT = re.compile(r"(?:^|\.)(?:[A-Z][A-Z0-9_]*|\w*[nN]ame)$")
"""Names of imported constants that hold text."""

_SAYS_IT_IS_A_TOOL = frozenset(
    {"description", "constructor", "argsShape", *JAVASCRIPT_RUN_METHODS, *JAVASCRIPT_SCHEMA_FIELDS}
)


def find_subclassed(tools: ToolCollector) -> None:
    """Add the tools that are classes or decorated methods of the file."""
    for node in tools.module.classes:
        base = _base(node)
        if base in JAVASCRIPT_BASES or JAVASCRIPT_BASE_FAMILY.search(base) or _is_shaped_like_a_tool(node):
            _tool_class(node, base, tools)
        _decorated(node, tools)


def _is_shaped_like_a_tool(node: Node) -> bool:
    """Tell whether a class has a name, a schema and a method that runs it, with any base class or interface."""
    keys = {key_of(member) or "" for member in members_of(node)}
    return (
        "name" in keys and not keys.isdisjoint(JAVASCRIPT_SCHEMA_FIELDS) and not keys.isdisjoint(JAVASCRIPT_RUN_METHODS)
    )


def _base(node: Node) -> str:
    heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
    if heritage is None:
        return ""
    clause = next((child for child in heritage.named_children if child.type == "extends_clause"), heritage)
    value = clause.child_by_field_name("value") or next(iter(clause.named_children), None)
    return last_word(unwrap(value))


def _tool_class(node: Node, base: str, tools: ToolCollector) -> None:
    fields = {key_of(member) or "": member for member in members_of(node)}
    name = fields.get("name") or fields.get("toolName")
    definition = _definition_given_to_super(fields.get("constructor"), tools)
    given = tools.values.fields(definition) if definition is not None else _texts_given_to_super(fields, tools)
    value = name.child_by_field_name("value") if name is not None else given.get("name")
    value = value or tools.values.assigned_in(node, "name")
    if value is None and name is not None and name.type == "method_definition":
        returned = _returns(name)
        value = returned[0] if returned else None
    if value is None:
        return  # an abstract base class, or one whose subclasses set the name
    if base not in JAVASCRIPT_BASES and not given.get("description") and fields.keys().isdisjoint(_SAYS_IT_IS_A_TOOL):
        return  # `class Editor extends AITool { name = "Editor" }`: another kind of tool
    shown = tools.values.text(value)
    if shown is None and not is_text(value):
        return  # a base class that passes on the name it receives
    description = fields.get("description")
    text = description.child_by_field_name("value") if description is not None else given.get("description")
    text = text or tools.values.assigned_in(node, "description")
    schema = next((fields[key] for key in JAVASCRIPT_SCHEMA_FIELDS if key in fields), None)
    symbol = tools.add(
        node,
        shown,
        framework=tools.framework(
            tools.module.imports.get(base), JAVASCRIPT_BASES.get(base) if base not in tools.module.imports else None
        ),
        idiom="tool-class",
        symbol=text_of(node.child_by_field_name("name")) or None,
        description=tools.values.plain(text),
        parameters=tools.parameters_of(schema.child_by_field_name("value") if schema is not None else None),
        handler=next((fields[key] for key in JAVASCRIPT_RUN_METHODS if key in fields), None),
    )
    if definition is not None and symbol:
        tools.by_node[definition.id] = symbol  # the definition is the same tool, not another one


def _returns(method: Node) -> list[Node]:
    body = method.child_by_field_name("body")
    statements = body.named_children if body is not None else []
    return [one.named_children[0] for one in statements if one.type == "return_statement" and one.named_children]


def _given_to_super(constructor: Node | None) -> list[Node]:
    body = constructor.child_by_field_name("body") if constructor is not None else None
    for statement in body.named_children if body is not None else ():
        call = next(iter(statement.named_children), None)
        if call is not None and text_of(call.child_by_field_name("function")) == "super":
            return arguments_of(call)
    return []


def _definition_given_to_super(constructor: Node | None, tools: ToolCollector) -> Node | None:
    """Return the object with the tool's name among the arguments of `super(...)`, or None."""
    given = (tools.values.node(one) for one in _given_to_super(constructor))
    return next((one for one in given if one is not None and "name" in tools.values.fields(one)), None)


def _texts_given_to_super(fields: dict[str, Node], tools: ToolCollector) -> dict[str, Node]:
    """Return name and description from `super("name", "description")`; the name may be an imported constant."""
    given = _given_to_super(fields.get("constructor"))
    if given and text_of(given[0]).lower().endswith("name") and tools.values.text(given[0]) is None:
        return {}  # a base class that passes on a name parameter: the arguments after it are not the name
    texts = [one for at, one in enumerate(given) if _is_text_of(one, at == 0, tools)]
    return dict(zip(("name", "description"), texts, strict=False))


def _is_text_of(node: Node, may_be_foreign: bool, tools: ToolCollector) -> bool:
    text = tools.values.text(node)
    if may_be_foreign and isinstance(text, Symbol):
        return _CONSTANT.search(text.name) is not None
    return isinstance(text, str) and bool(text)


def _decorated(node: Node, tools: ToolCollector) -> None:
    """Add methods decorated with `@Tool({name: "x"})`; without a name, the tool has the method's name."""
    pending: list[Node] = []
    for member in members_of(node):
        if member.type == "decorator":
            pending.append(member)
        if member.type in {"decorator", "comment"}:
            continue
        if member.type == "method_definition":
            for decorator in (*pending, *(child for child in member.named_children if child.type == "decorator")):
                _method(member, decorator, tools)
        pending = []


def _method(member: Node, decorator: Node, tools: ToolCollector) -> None:
    expression = unwrap(next(iter(decorator.named_children), None))
    if expression is None:
        return
    is_call = expression.type == "call_expression"
    word = last_word(unwrap(expression.child_by_field_name("function")) if is_call else expression)
    if word not in JAVASCRIPT_DECORATORS:
        return
    given = arguments_of(expression) if is_call else []
    fields = tools.values.fields(given[0]) if given else {}
    name = key_of(member)
    shown = tools.values.text(fields["name"]) if "name" in fields else name
    if given and not fields and isinstance(text := tools.values.text(given[0]), str):
        shown = text if " " not in text.strip() else name
    schema = next((fields[key] for key in JAVASCRIPT_SCHEMA_FIELDS if key in fields), None)
    tools.add(
        decorator,
        shown,
        framework=tools.framework(tools.module.imports.get(word), None),
        idiom="decorator",
        symbol=name,
        description=tools.values.plain(fields.get("description")),
        parameters=tools.parameters_of(schema),
        annotations=tools.hints_of(fields.get("annotations")),
        handler=member,
    )
