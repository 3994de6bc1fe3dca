"""Recogniser of tools registered by a method call: `server.tool(...)`, `registerTool(...)`, `addTool({...})`."""

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.tools import (
    JAVASCRIPT_HANDLER_KEYS,
    JAVASCRIPT_REGISTERING_METHODS,
    JAVASCRIPT_SCHEMA_KEYS,
)
from agentsentinel_cli.scan.model import GrantFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.javascript.collector import Name, ToolCollector, is_text
from agentsentinel_cli.scan.recognize.javascript.looped import add_rows
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    arguments_of,
    callee_of,
    parameter_names,
    place_of,
    text_of,
    unwrap,
)
from agentsentinel_cli.scan.syntax.javascript.resolve import returned_by
from agentsentinel_cli.scan.syntax.javascript.scopes import is_function, is_own


def find_registered(tools: ToolCollector) -> None:
    """Add the tools that calls of the file register, and those that handlers of list requests return."""
    for word in JAVASCRIPT_REGISTERING_METHODS:
        for call in tools.module.calls.get(word, ()):
            callee = callee_of(call)
            if call.type == "call_expression" and callee is not None and callee.type == "member_expression":
                _read(call, text_of(callee.child_by_field_name("object")), tools)
    for call in tools.module.calls.get("setRequestHandler", ()):
        given = arguments_of(call)
        if len(given) > 1 and ("ListTools" in text_of(given[0]) or "tools/list" in text_of(given[0])):
            _add_listed_tools(tools.values.function(given[-1]), tools)


def _add_listed_tools(handler: Node | None, tools: ToolCollector) -> None:
    """Add the tools in the answer of a handler of list requests; they do not need a schema."""
    for returned in returned_by(handler) if handler is not None else ():
        listed = tools.values.fields(returned).get("tools")
        if listed is None:
            continue
        tools.listed.append(listed)
        for element in tools.values.elements(listed):
            value = tools.values.node(element) if isinstance(element, Node) else None
            fields = tools.values.fields(value)
            if value is None or "name" not in fields or not is_text(fields["name"]):
                continue
            schema = next((fields[key] for key in JAVASCRIPT_SCHEMA_KEYS if key in fields), None)
            tools.add(
                value,
                tools.values.text(fields["name"]),
                framework="mcp",
                idiom="list-handler",
                description=tools.values.plain(fields.get("description")),
                parameters=tools.parameters_of(schema),
                annotations=tools.hints_of(fields.get("annotations")),
                handler=tools.handler_of(next((fields[key] for key in JAVASCRIPT_HANDLER_KEYS if key in fields), None)),
            )


def _read(call: Node, owner: str, tools: ToolCollector) -> None:
    given = arguments_of(call)
    if not given or not _is_server(owner):
        return
    first = tools.values.node(given[0])
    fields = tools.values.fields(given[0])
    if first is not None and first.type == "object":
        if "name" in fields:
            _from_object(call, first, fields, given[1:], owner, tools)
    elif len(given) == 1 and (imported := _imported(given[0], tools)) is not None:
        tools.foreign.append((owner, GrantFact(GrantKind.IMPORTED, imported, place_of(call))))
    elif len(given) > 1:
        _from_arguments(call, given, owner, tools)


def _imported(node: Node, tools: ToolCollector) -> Symbol | None:
    """Return the tool of another file that is registered as an object or as `new SearchTool()`, or None."""
    found = tools.values.resolve(node)
    if isinstance(found, Node) and found.type == "new_expression":
        found = tools.module.origin(callee_of(found))
    return found if isinstance(found, Symbol) and is_own(found.module) else None


def _is_server(owner: str) -> bool:
    """Tell whether an object can be a server; calls on `z` and test libraries do not register tools."""
    return owner not in {"z", "t", "console", "jest", "vi", "expect"}


def _from_object(
    call: Node, first: Node, fields: dict[str, Node], rest: list[Node], owner: str, tools: ToolCollector
) -> None:
    handler = next((fields[key] for key in JAVASCRIPT_HANDLER_KEYS if key in fields), rest[-1] if rest else None)
    schema = next((fields[key] for key in JAVASCRIPT_SCHEMA_KEYS if key in fields), None)
    name = tools.values.text(fields["name"])
    if name is None and not is_text(fields["name"]):
        # The name comes from a loop or a caller: rows of a table are tools, anything else is defined elsewhere.
        add_rows(fields["name"], tools.framework_of_registration(), owner, tools)
        return
    around = tools.module.parent(first)
    tools.add(
        first if around is None or around.type != "arguments" else call,
        name,
        framework=tools.framework_of_registration(),
        idiom="register-call",
        description=tools.values.plain(fields.get("description")),
        parameters=tools.parameters_of(schema),
        annotations=tools.hints_of(fields.get("annotations")),
        handler=tools.handler_of(handler),
        owner=owner,
    )


def _from_arguments(call: Node, given: list[Node], owner: str, tools: ToolCollector) -> None:
    name = tools.values.text(given[0])
    if isinstance(name, Symbol) and name.name.endswith(".name"):
        # `server.tool(search.name, ...)`: the tool is defined in another file.
        imported = Symbol(name.module, name.name.removesuffix(".name"))
        tools.foreign.append((owner, GrantFact(GrantKind.IMPORTED, imported, place_of(call))))
        return
    if name is None and not is_text(given[0]):
        if not _by_wrapper(call, given[0], owner, tools):
            add_rows(given[0], tools.framework_of_registration(), owner, tools)
        return
    _add_tool(call, name, given, owner, tools)


def _by_wrapper(call: Node, named: Node, owner: str, tools: ToolCollector) -> bool:
    """Add a tool for each call of a helper: `const add = (name, schema, run) => server.registerTool(name, ...)`."""
    function = tools.module.nearest(call, is_function)
    word = tools.module.assigned_names.get(function.id, "") if function is not None else ""
    if function is None or not word or text_of(named) not in parameter_names(function):
        return False
    at = parameter_names(function).index(text_of(named))
    for one in tools.module.calls.get(word, ()):
        given = arguments_of(one)[at:]
        callee = callee_of(one)
        is_named = bool(given) and (tools.values.text(given[0]) is not None or is_text(given[0]))
        if is_named and callee is not None and callee.type == "identifier":
            _add_tool(one, tools.values.text(given[0]), given, owner, tools)
    return True


def _add_tool(call: Node, name: Name, given: list[Node], owner: str, tools: ToolCollector) -> None:
    """Add a tool from its name and further arguments: texts, schemas, hints and function, distinguished by shape."""
    description, schema, hints = "", None, None
    handler: Node | None = None
    for one in given[1:]:
        value = unwrap(one)
        resolved = tools.values.node(one)
        if (value is not None and value.type in FUNCTIONS) or (resolved is not None and resolved.type in FUNCTIONS):
            handler = one
        elif isinstance(text := tools.values.text(one), str):
            description = max(description, text, key=len)  # in wrappers, a title may precede the description
        elif fields := tools.values.fields(one):
            if any(key in fields for key in ("description", *JAVASCRIPT_SCHEMA_KEYS)) and not schema:
                description = description or tools.values.plain(fields.get("description"))
                schema = next((fields[key] for key in JAVASCRIPT_SCHEMA_KEYS if key in fields), None) or schema
                hints = fields.get("annotations", hints)
                handler = next((fields[key] for key in JAVASCRIPT_HANDLER_KEYS if key in fields), handler)
            elif tools.hints_of(one):
                hints = one
            else:
                schema = schema or one
    handler = handler or given[-1]
    tools.add(
        _definition(given[0], tools) or call,
        name,
        framework=tools.framework_of_registration(),
        idiom="register-call",
        description=description,
        parameters=tools.parameters_of(schema),
        annotations=tools.hints_of(hints),
        handler=tools.handler_of(handler),
        owner=owner,
    )


def _definition(name: Node, tools: ToolCollector) -> Node | None:
    """Return the object `definition` in `server.tool(definition.name, ...)` when it is in this file, else None."""
    value = unwrap(name)
    if value is None or value.type != "member_expression":
        return None
    held = tools.values.node(value.child_by_field_name("object"))
    return held if held is not None and held.type == "object" and "name" in tools.values.fields(held) else None
