"""Recogniser of tools defined as data: entries of list handlers, JSON schemas for a model's API, definition maps."""

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.tools import (
    JAVASCRIPT_MAP_SCHEMA_KEYS,
    JAVASCRIPT_OTHER_FACTORIES,
    JAVASCRIPT_SCHEMA_KEYS,
)
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector
from agentsentinel_cli.scan.recognize.javascript.looped import add_rows
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    arguments_of,
    callee_of,
    key_of,
    last_word,
    parameter_names,
    text_of,
    unwrap,
)
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable, is_function

_HANDLERS = ("execute", "handler", "fn", "run", "callback", "func", "invoke", "cb")
_OWN_HANDLERS = ("handler", "execute", "callback", "func", "cb")
_MAP_WORDS = ("tool", "function", "definition", "command")
_DATA = frozenset({"array", "as_expression", "satisfies_expression", "pair", "object"})
_CALL_LISTS = frozenset({"tool_calls", "toolCalls", "content", "messages", "tool_choice", "function_call"})
"""Keys under which a name refers to a call that was made, and does not define a tool."""


def find_described(tools: ToolCollector) -> None:
    """Add the tools that objects of the file define."""
    for node in tools.module.objects:
        fields = tools.values.fields(node)
        if "name" in fields and not _is_a_call(node, tools) and not _is_given_to_another_maker(node, tools):
            _named(node, fields, tools)
        elif "functionDeclarations" in fields or "function_declarations" in fields:
            _declarations(fields, tools)
        elif _is_keyed_tool(node, fields, tools):
            _keyed_tool(node, fields, tools)
        elif _is_definition_map(node, fields, tools):
            _definition_map(fields, tools)


def _named(node: Node, fields: dict[str, Node], tools: ToolCollector) -> None:
    schema: Node | None
    if "inputSchema" in fields:
        if tools.values.plain(fields.get("type")) == "function":
            return  # a provider's conversion of existing tools
        schema, idiom, framework = fields["inputSchema"], "list-handler", "mcp"
    elif "input_schema" in fields:
        schema, idiom, framework = fields["input_schema"], "schema", "anthropic"
    elif "parameters" in fields and _is_function(node, fields, tools):
        schema, idiom, framework = fields["parameters"], "schema", "openai"
    elif _is_tool_object(node, fields, tools):
        given = next((fields[key] for key in JAVASCRIPT_SCHEMA_KEYS if key in fields), None)
        schema, idiom, framework = given, "tool-object", tools.framework_of_registration()
    elif (
        "schema" in fields and "description" in fields and (_is_bound(node, tools) or _stands_among_tools(node, tools))
    ):
        schema, idiom, framework = fields["schema"], "schema", tools.framework()
    else:
        return
    name = tools.values.text(fields["name"])
    if name is None and not _is_built_from_text(fields["name"]) and not _is_asked_for(fields, tools):
        # `tools.map((tool) => ({name: tool.name, ...}))` converts tools that are defined elsewhere, or reads a table.
        add_rows(fields["name"], framework, "", tools)
        _made_by_helper(node, fields, idiom, framework, tools)
        return
    handler = next((fields[key] for key in _HANDLERS if key in fields), None)
    _add_tool(node, name, fields, schema, idiom, framework, handler, tools)


def _add_tool(
    node: Node,
    name: str | Symbol | None,
    fields: dict[str, Node],
    schema: Node | None,
    idiom: str,
    framework: str,
    handler: Node | None,
    tools: ToolCollector,
) -> str:
    symbol = None
    pair = tools.module.parent(node)
    if pair is not None and pair.type == "pair" and node.id not in tools.module.assigned_names:
        symbol = key_of(pair) if key_of(pair) not in {"function", "tool"} else None
    return tools.add(
        node,
        name,
        framework=framework,
        idiom=idiom,
        symbol=symbol,
        description=tools.values.plain(fields.get("description")),
        parameters=tools.parameters_of(schema),
        annotations=tools.hints_of(fields.get("annotations")),
        handler=tools.handler_of(handler),
    )


def _is_function(node: Node, fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Tell whether `{name, parameters}` defines a function for a model, by its type, its key or the list around it."""
    if tools.values.plain(fields.get("type")) == "function":
        return True
    pair = tools.module.parent(node)
    if pair is not None and pair.type == "pair" and key_of(pair) == "function":
        return True
    return "description" in fields and _stands_among_tools(node, tools)


def _is_bound(node: Node, tools: ToolCollector) -> bool:
    """Tell whether an object is an element of `model.bindTools([...])`."""
    array = tools.module.parent(node)
    given = tools.module.parent(array) if array is not None and array.type == "array" else None
    call = tools.module.parent(given) if given is not None and given.type == "arguments" else None
    return call is not None and last_word(callee_of(call)) == "bindTools"


def _is_tool_object(node: Node, fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Tell whether `{name, description, handler}` is a tool: with a schema always, else only in a list of tools."""
    handler = next((fields[key] for key in _OWN_HANDLERS if key in fields), None)
    if handler is None or "description" not in fields:
        return False
    return _stands_among_tools(node, tools) or (
        any(key in fields for key in JAVASCRIPT_MAP_SCHEMA_KEYS) and tools.values.function(handler) is not None
    )


def _stands_among_tools(node: Node, tools: ToolCollector) -> bool:
    """Tell whether an object is a variable, or an element of a list, that is named after tools or functions."""
    if _speaks_of_tools(tools.module.assigned_names.get(node.id, "")):
        return True
    around = tools.module.nearest(node, _is_named_or_no_data)
    if around is None or around.type in _DATA:
        return around is not None
    if around.type == "variable_declarator":
        return _speaks_of_tools(text_of(around.child_by_field_name("name")))
    return around.type == "return_statement" and _speaks_of_tools(_function_around(around, tools))


def _speaks_of_tools(name: str) -> bool:
    return "tool" in name.lower() or "function" in name.lower()


def _is_named_or_no_data(module: SymbolTable, node: Node) -> bool:
    """Tell whether a search outwards through data ends at a node: it is not data, or its name mentions tools."""
    if node.type not in _DATA or _speaks_of_tools(module.assigned_names.get(node.id, "")):
        return True
    return node.type == "pair" and _speaks_of_tools(key_of(node) or "")


def _function_around(node: Node, tools: ToolCollector) -> str:
    """Return the name of the function around a statement, or the empty string."""
    function = tools.module.nearest(node, is_function)
    return (tools.module.assigned_names.get(function.id) or key_of(function) or "") if function is not None else ""


def _is_a_call(node: Node, tools: ToolCollector) -> bool:
    around = tools.module.nearest(node, _is_call_list_or_no_data)
    return around is not None and around.type == "pair"


def _is_call_list_or_no_data(module: SymbolTable, node: Node) -> bool:
    return node.type not in {"array", "pair", "object"} or (node.type == "pair" and key_of(node) in _CALL_LISTS)


def _is_given_to_another_maker(node: Node, tools: ToolCollector) -> bool:
    """Tell whether an object is passed to a function that creates something else: `defineFlow({name, inputSchema})`."""
    given = tools.module.parent(node)
    call = tools.module.parent(given) if given is not None and given.type == "arguments" else None
    return call is not None and JAVASCRIPT_OTHER_FACTORIES.search(last_word(callee_of(call))) is not None


def _is_built_from_text(node: Node) -> bool:
    value = unwrap(node)
    return value is not None and value.type in {"template_string", "binary_expression"}


def _is_asked_for(fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Tell whether the name is the result of a call, in a tool that is defined here with its own handler."""
    value = tools.values.node(fields["name"])
    handler = next((fields[key] for key in _OWN_HANDLERS if key in fields), None)
    is_asked = value is not None and value.type == "call_expression"
    return is_asked and tools.values.function(handler) is not None


def _declarations(fields: dict[str, Node], tools: ToolCollector) -> None:
    """Add the tools in Gemini's `{functionDeclarations: [{name, description, parameters}]}`."""
    for element in tools.values.elements(fields.get("functionDeclarations") or fields["function_declarations"]):
        inner = tools.values.fields(element) if isinstance(element, Node) else {}
        if isinstance(element, Node) and "name" in inner:
            value = tools.values.node(element) or element
            name = tools.values.text(inner["name"])
            _add_tool(value, name, inner, inner.get("parameters"), "schema", "google-genai", None, tools)


def _made_by_helper(node: Node, fields: dict[str, Node], idiom: str, framework: str, tools: ToolCollector) -> None:
    """Add a tool for each call of a helper: `const define = (schema, name) => ({name, inputSchema: schema})`."""
    function = tools.module.nearest(node, is_function)
    word = tools.module.assigned_names.get(function.id, "") if function is not None else ""
    if function is None or not word:
        return
    places = {name: at for at, name in enumerate(parameter_names(function))}
    at, about = places.get(text_of(fields["name"])), places.get(text_of(fields.get("description")))
    for call in tools.module.calls.get(word, ()):
        given = arguments_of(call)
        name = tools.values.text(given[at]) if at is not None and at < len(given) else None
        if name is not None:
            description = tools.values.plain(given[about]) if about is not None and about < len(given) else ""
            tools.add(call, name, framework=framework, idiom=idiom, description=description)


def _is_keyed_tool(node: Node, fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Tell whether an object is a tool whose key is its name: `{search: {description, parameters, execute}}`.

    The object may be wrapped: `{search: wrap({...})}`.
    """
    holder = _pair_around(node, tools)
    is_whole = "description" in fields and any(key in fields for key in JAVASCRIPT_MAP_SCHEMA_KEYS)
    return holder is not None and is_whole and any(key in fields for key in ("execute", "handler"))


def _pair_around(node: Node, tools: ToolCollector) -> Node | None:
    holder = tools.module.parent(node)
    if holder is not None and holder.type == "arguments":
        call = tools.module.parent(holder)
        is_only = call is not None and call.type == "call_expression" and len(holder.named_children) == 1
        holder = tools.module.parent(call) if call is not None and is_only else None
    return holder if holder is not None and holder.type == "pair" else None


def _keyed_tool(node: Node, fields: dict[str, Node], tools: ToolCollector) -> None:
    pair = _pair_around(node, tools)
    name = key_of(pair) if pair is not None else None
    if pair is None or name is None or any(part.id in tools.by_node for part in (node, pair.named_children[-1])):
        return
    schema = next((fields[key] for key in JAVASCRIPT_MAP_SCHEMA_KEYS if key in fields), None)
    handler = next((fields[key] for key in _HANDLERS if key in fields), None)
    symbol = _add_tool(pair, name, fields, schema, "definition-map", tools.framework(), handler, tools)
    for part in (node, pair.named_children[-1]):
        tools.by_node.setdefault(part.id, symbol)


def _is_definition_map(node: Node, fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Tell whether an object is a map `{tool_name: {description, parameters}}` whose own name mentions tools."""
    holder = tools.module.assigned_names.get(node.id, "")
    pair = tools.module.parent(node)
    if not holder and pair is not None and pair.type == "pair":
        holder = key_of(pair) or ""
    if not fields or not any(word in holder.lower() for word in _MAP_WORDS):
        return False
    inner = [tools.values.fields(value) for value in fields.values() if value.type == "object"]
    return len(inner) == len(fields) and all(
        "description" in one and any(key in one for key in JAVASCRIPT_MAP_SCHEMA_KEYS) and "name" not in one
        for one in inner
    )


def _definition_map(fields: dict[str, Node], tools: ToolCollector) -> None:
    for name, value in fields.items():
        inner = tools.values.fields(value)
        schema = next((inner[key] for key in JAVASCRIPT_MAP_SCHEMA_KEYS if key in inner), None)
        handler = next((inner[key] for key in _HANDLERS if key in inner), None)
        _add_tool(value, name, inner, schema, "definition-map", tools.framework(None, None), handler, tools)
