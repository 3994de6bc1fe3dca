"""Recogniser of tools created by a framework's function or constructor: `tool({...})`, `new DynamicTool()`, ..."""

import re

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.tools import (
    JAVASCRIPT_FACTORIES,
    JAVASCRIPT_FACTORY_FAMILY,
    JAVASCRIPT_HANDLER_KEYS,
    JAVASCRIPT_METHOD_FACTORIES,
    JAVASCRIPT_NAME_KEYS,
    JAVASCRIPT_SCHEMA_KEYS,
)
from agentsentinel_cli.scan.recognize.javascript.collector import Name, ToolCollector, framework_of, is_text
from agentsentinel_cli.scan.recognize.javascript.looped import add_rows
from agentsentinel_cli.scan.syntax.javascript.nodes import FUNCTIONS, arguments_of, callee_of, key_of, unwrap
from agentsentinel_cli.scan.syntax.javascript.resolve import returned_by
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable


def find_constructed(tools: ToolCollector) -> None:
    """Add the tools that factory functions and constructors of the file create."""
    for word, calls in list(tools.module.calls.items()):
        framework = JAVASCRIPT_FACTORIES.get(word)
        is_own_word = word not in JAVASCRIPT_FACTORIES
        if is_own_word and not JAVASCRIPT_FACTORY_FAMILY.match(word):
            continue
        for call in calls:
            if is_own_word and not {"name", "description"} <= _options(arguments_of(call), tools)[1].keys():
                continue
            callee = callee_of(call)
            if (callee is not None and callee.type == "identifier") or (
                word in JAVASCRIPT_METHOD_FACTORIES and callee is not None
            ):
                _read(call, tools, framework)
    for call in tools.module.calls.get("asTool", ()):
        if callee_of(call) is not None and (callee_of(call) or call).type == "member_expression":
            _agent_as_tool(call, tools)
    for call in tools.module.calls.get("AgentTool", ()):
        _agent_in_tool(call, tools)
    for call in tools.module.calls.get("from", ()):
        if (callee := callee_of(call)) is not None and "FunctionTool" in (callee.text or b"").decode(
            "utf-8", "replace"
        ):
            _read(call, tools, "llamaindex")


def _read(call: Node, tools: ToolCollector, framework: str | None) -> None:
    if call.id in tools.by_node:
        return
    given = arguments_of(call)
    origin = tools.module.origin(callee_of(call))
    if not given:
        return
    options, fields = _options(given, tools)
    for key in ("schema", "metadata"):
        if "name" not in fields and "name" in (inner := tools.values.fields(fields.get(key))):
            fields = {**fields, **inner}
    if origin is not None and framework is None and _is_other(origin.module) and not _is_shaped_like_a_tool(fields):
        return
    if not is_text(given[0]) and not any(
        key in fields
        for key in (*JAVASCRIPT_NAME_KEYS, *JAVASCRIPT_HANDLER_KEYS, *JAVASCRIPT_SCHEMA_KEYS, "description")
    ):
        return
    handler = next((fields[key] for key in JAVASCRIPT_HANDLER_KEYS if key in fields), None) or _function_in(
        given, tools
    )
    schema = next((fields[key] for key in JAVASCRIPT_SCHEMA_KEYS if key in fields), None)
    description = tools.values.plain(fields.get("description"))
    texts = [tools.values.text(one) for one in given if is_text(one)]
    if len(texts) > 1 and not description and isinstance(texts[1], str):
        description = texts[1]
        schema = schema or options
    name = _name(call, fields, given, tools)
    if name is None and "name" in fields and not is_text(fields["name"]):
        add_rows(fields["name"], tools.framework(origin, framework if origin is None else None), "", tools)
        if any(fact.idiom == "table" for fact in tools.facts):
            return
    if name is None and not _is_written(fields, given, tools):
        return
    symbol = tools.add(
        call,
        name,
        framework=tools.framework(origin, framework if origin is None else None),
        idiom="tool-factory",
        description=description,
        parameters=tools.parameters_of(schema),
        annotations=tools.hints_of(fields.get("annotations")),
        handler=tools.handler_of(handler),
    )
    for part in (options, tools.values.node(fields.get("schema"))):
        if part is not None and symbol:
            tools.by_node.setdefault(part.id, symbol)


def _options(given: list[Node], tools: ToolCollector) -> tuple[Node | None, dict[str, Node]]:
    """Return the argument object that defines the tool, with its fields; a function may return the object."""
    for one in given:
        fields = tools.values.fields(one)
        if fields:
            return one, fields
    function = tools.values.node(given[0]) if given else None
    if function is not None and function.type in FUNCTIONS:
        for returned in returned_by(function):
            if "name" in (fields := tools.values.fields(returned)):
                return unwrap(returned), fields
    return None, {}


def _is_written(fields: dict[str, Node], given: list[Node], tools: ToolCollector) -> bool:
    """Tell whether a call whose name is known only at run time defines a tool, and is not in a generic wrapper."""
    named = next((fields[key] for key in JAVASCRIPT_NAME_KEYS if key in fields), given[0])
    return is_text(named) or _is_described(fields, tools)


def _is_described(fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Whether options state a description, as a text or as a constant of this or another file."""
    return bool(tools.values.text(fields.get("description")))


def _agent_as_tool(call: Node, tools: ToolCollector) -> None:
    """Add the tool of `agent.asTool({toolName})`; without a name, it has the agent's name."""
    given = arguments_of(call)
    fields = tools.values.fields(given[0]) if given else {}
    agent = tools.values.node((callee_of(call) or call).child_by_field_name("object"))
    name: Name = tools.values.text(fields.get("toolName") or fields.get("name"))
    if name is None and agent is not None and agent.type in {"new_expression", "call_expression"}:
        of_agent = tools.values.fields(next(iter(arguments_of(agent)), None)).get("name")
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", tools.values.plain(of_agent)) or None
    if name is None and not fields and agent is None:
        return
    tools.add(
        call,
        name,
        framework=tools.framework(),
        idiom="agent-as-tool",
        description=tools.values.plain(fields.get("toolDescription") or fields.get("description")),
    )


def _agent_in_tool(call: Node, tools: ToolCollector) -> None:
    """Add the tool of `new AgentTool({agent})`, which has the agent's name."""
    given = arguments_of(call)
    agent = tools.values.node(tools.values.fields(given[0]).get("agent")) if given else None
    if call.type != "new_expression" or agent is None or agent.type not in {"new_expression", "call_expression"}:
        return
    fields = tools.values.fields(next(iter(arguments_of(agent)), None))
    if "name" in fields:
        tools.add(
            call,
            tools.values.text(fields["name"]),
            framework=tools.framework(),
            idiom="agent-as-tool",
            description=tools.values.plain(fields.get("description")),
        )


def _is_shaped_like_a_tool(fields: dict[str, Node]) -> bool:
    """Tell whether options passed to the `tool` of an unknown package have a handler, a description and a schema."""
    is_run = any(key in fields for key in JAVASCRIPT_HANDLER_KEYS)
    return is_run and "description" in fields and any(key in fields for key in JAVASCRIPT_SCHEMA_KEYS)


def _is_other(module: str) -> bool:
    """Tell whether a module is a package that is not a known framework.

    A function named `tool` of such a package need not create tools; one in a file of the project may wrap a framework.
    """
    return framework_of(module) is None and not module.startswith((".", "@/", "~/", "#/"))


def _function_in(given: list[Node], tools: ToolCollector) -> Node | None:
    for one in given:
        value = tools.values.node(one)
        if value is not None and value.type in FUNCTIONS:
            return value
    return None


def _name(call: Node, fields: dict[str, Node], given: list[Node], tools: ToolCollector) -> Name:
    """Return the tool's name: the one passed to the call, else its key in an object, else the variable's name."""
    if is_text(given[0]):
        return tools.values.text(given[0])  # a later object may be a schema with a parameter named `name`
    for key in JAVASCRIPT_NAME_KEYS:
        if key in fields:
            return tools.values.text(fields[key])
    pair = tools.module.nearest(call, _is_around_expressions)
    if pair is not None and pair.type == "pair":
        return key_of(pair)
    variable = tools.module.assigned_names.get(call.id) or _maker_of(call, tools)
    if not variable:
        return None
    return tools.key_in_a_map(variable) or variable


def _is_around_expressions(module: SymbolTable, node: Node) -> bool:
    return unwrap(node) is None or not node.type.endswith("_expression")


def _is_around_returns(module: SymbolTable, node: Node) -> bool:
    return node.type not in {"return_statement", "statement_block"} and unwrap(node) is node


def _maker_of(call: Node, tools: ToolCollector) -> str:
    """Return the name of the function that returns the tool, `const search = (session) => tool({...})`, or "".

    Callers store the tool under that name. A name such as `createSearchTool` describes the factory, not the tool.
    """
    node = tools.module.nearest(call, _is_around_returns)
    if node is None or node.type not in FUNCTIONS:
        return ""
    fields = _options(arguments_of(call), tools)[1]
    holder = tools.module.assigned_names.get(node.id, "")
    return holder if _is_described(fields, tools) and not JAVASCRIPT_FACTORY_FAMILY.match(holder) else ""
