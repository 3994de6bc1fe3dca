"""Recogniser of functions that a call turns into tools: `FunctionTool(f)`, `Tool.from_function(fn=f)`, ...

A call in a loop over a literal table defines one tool for each row of the table.
"""

import ast
import re

from agentsentinel_cli.scan.catalog.tools import (
    PYTHON_ADDING_CALLS,
    PYTHON_CALLS,
    PYTHON_CLASS_FAMILY,
    PYTHON_CLASS_METHOD_OWNERS,
    PYTHON_CLASS_METHODS,
    PYTHON_COMPONENT_KEYWORDS,
    PYTHON_COMPONENTS,
    PYTHON_DECORATORS,
    PYTHON_DEFAULT_NAMES,
    PYTHON_DESCRIPTION_KEYWORDS,
    PYTHON_FUNCTION_FIRST_CLASSES,
    PYTHON_FUNCTION_KEYWORDS,
    PYTHON_FUNCTION_WRAPPERS,
    PYTHON_INSTANCE_RUN_METHODS,
    PYTHON_MODEL_DECORATORS,
    PYTHON_NAME_KEYWORDS,
    PYTHON_OTHER_CLASSES,
    PYTHON_REGISTERING_CALLS,
)
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.python.collector import Name, ToolCollector, hints_of
from agentsentinel_cli.scan.recognize.python.decorated import decorator_calls
from agentsentinel_cli.scan.recognize.python.functions import description_of
from agentsentinel_cli.scan.recognize.python.subclassed import add_class_tool, is_model, is_tool_class, name_of_class
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef, ParameterRef, Resolved
from agentsentinel_cli.scan.syntax.python.scopes import Env, Scope, ScopeKind, dotted, held_path, keyword, last_word
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass

_UPPER = lazy_compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class _Call:
    """Call that may create a tool, with the loop variables of one iteration."""

    node: ast.Call
    scope: Scope
    env: Env | None
    word: str


def find_constructed(tools: ToolCollector) -> None:
    """Add the tools that calls create from functions, models, agents and components."""
    marks = decorator_calls(tools)
    for word, calls in list(tools.module.calls.items()):
        is_maker = (
            word in PYTHON_CALLS or bool(PYTHON_CLASS_FAMILY.match(word)) or word in PYTHON_DECORATORS or word == "()"
        )
        if not is_maker or word in PYTHON_OTHER_CLASSES:
            continue
        for node, scope in calls:
            if id(node) not in marks and id(node.func) not in marks:
                _look_at(node, scope, word, tools)
    _find_function_maps(tools)


def _look_at(node: ast.Call, scope: Scope, word: str, tools: ToolCollector) -> None:
    if word == "()":
        word = last_word(node.func)
        if word not in PYTHON_DECORATORS:
            return
    elif word in PYTHON_CLASS_METHODS and not _is_tool_maker(node, scope, tools):
        return
    if isinstance(node.func, ast.Name) and isinstance(tools.values.resolve(node.func, scope), ParameterRef):
        # A parameter of a decorator factory may have any name.
        return
    rows: list[Env | None] = [*tools.values.rows_for(node, scope)] or [None]
    for row in rows:
        _make(_Call(node, scope, row, word), tools)


def _is_tool_maker(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    """Tell whether `X.from_defaults` creates a tool: X is a tool class, or a class of this file derived from one."""
    if not isinstance(node.func, ast.Attribute):
        return False
    maker = last_word(node.func.value)
    if maker.endswith(PYTHON_CLASS_METHOD_OWNERS) or maker in {"Function", "cls"}:
        return maker != "cls"
    meaning = tools.values.resolve(node.func.value, scope)
    if isinstance(meaning, Symbol):
        # A class of another file, whatever its name, that is made from a function.
        return meaning.name[:1].isupper() and keyword(node, *PYTHON_FUNCTION_KEYWORDS) is not None
    return isinstance(meaning, ClassRef) and is_tool_class(meaning.scope, tools.values)


def _make(call: _Call, tools: ToolCollector) -> None:
    maker = _maker_word(call)
    if maker in PYTHON_COMPONENTS and not isinstance(tools.values.resolve(call.node.func, call.scope), ClassRef):
        _make_component(call, maker, tools)
        return
    if call.word in PYTHON_ADDING_CALLS and _adds_known(call, tools):
        return
    name_node, function_node = _arguments(call, tools)
    if function_node is None:
        _make_without_function(call, name_node, tools)
        return
    meaning = tools.values.resolve(function_node, call.scope, call.env)
    if isinstance(meaning, ClassRef):
        _make_of_class(call, meaning.scope, name_node, tools)
        return
    meaning, function_node = _inner_function(meaning, function_node, call, tools)
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call) and tools.symbols_of(meaning.node):
        return
    _add_tool(call, name_node, function_node, meaning, tools)


def _maker_word(call: _Call) -> str:
    func = call.node.func
    if call.word in PYTHON_CLASS_METHODS and isinstance(func, ast.Attribute):
        return last_word(func.value)
    return call.word


def _adds_known(call: _Call, tools: ToolCollector) -> bool:
    """Tell whether `add_tool(x)` adds an existing tool, or an instance of a tool class."""
    if call.word == "Function" and keyword(call.node, *PYTHON_FUNCTION_KEYWORDS) is None:
        return True
    if len(call.node.args) != 1 or any(given.arg in PYTHON_NAME_KEYWORDS for given in call.node.keywords):
        return False
    meaning = tools.values.resolve(call.node.args[0], call.scope, call.env)
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        made = tools.values.resolve(meaning.node.func, meaning.scope, call.env)
        return not _is_partial(meaning.node) and (made is None or isinstance(made, (ClassRef, Symbol)))
    if isinstance(meaning, (ParameterRef, type(None))):
        return not isinstance(call.node.args[0], ast.Attribute)
    return isinstance(meaning, FunctionRef) and bool(tools.symbols_of(meaning.scope)) and call.word == "add_function"


def _arguments(call: _Call, tools: ToolCollector) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the expressions of a call for the tool's name and function."""
    node = call.node
    name = keyword(node, *PYTHON_NAME_KEYWORDS)
    if name is None and isinstance(node.func, ast.Call):
        name = keyword(node.func, *PYTHON_NAME_KEYWORDS)
        if name is None and node.func.args and _is_text(node.func.args[0], call, tools):
            name = node.func.args[0]
    function = next(
        (
            given
            for word in PYTHON_FUNCTION_KEYWORDS
            if (given := keyword(node, word)) is not None and not _is_none(given)
        ),
        None,
    )
    positional = [given for given in node.args if not isinstance(given, ast.Starred)]
    if function is None:
        function = next((given for given in positional[:2] if _is_function(given, call, tools)), None)
    takes_name_first = call.word not in {"FunctionTool", "from_defaults"} and _maker_word(call) != "FunctionTool"
    if name is None and positional and takes_name_first and _is_text(positional[0], call, tools):
        name = positional[0]
    if name is None and call.word in {"from_function", "add_tool"} and function is not None:
        at = positional.index(function) + 1 if function in positional else 0
        if call.word == "add_tool" and 0 < at < len(positional) and _is_text(positional[at], call, tools):
            name = positional[at]
    if name is None:
        schema = tools.values.resolve(keyword(node, "raw_schema"), call.scope, call.env)
        if isinstance(schema, Expression) and isinstance(schema.node, ast.Dict):
            name = tools.values.entry(schema.node, "name")
    if name is None:
        metadata = keyword(node, "metadata", "tool_metadata")
        if isinstance(metadata, ast.Call):
            name = keyword(metadata, "name") or (metadata.args[0] if metadata.args else None)
    return (None if _is_none(name) else name), function


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_text(node: ast.expr, call: _Call, tools: ToolCollector) -> bool:
    if isinstance(node, (ast.Constant, ast.JoinedStr)):
        return not isinstance(node, ast.Constant) or isinstance(node.value, str)
    return isinstance(tools.values.text(node, call.scope, call.env), str)


def _is_function(node: ast.expr, call: _Call, tools: ToolCollector) -> bool:
    if not _is_callable(node, call, tools):
        return False
    if not PYTHON_CLASS_FAMILY.match(call.word) or call.word in PYTHON_FUNCTION_FIRST_CLASSES:
        return True
    return isinstance(tools.values.resolve(node, call.scope, call.env), FunctionRef)


def _is_callable(node: ast.expr, call: _Call, tools: ToolCollector) -> bool:
    if isinstance(node, (ast.Lambda, ast.Attribute)):
        return not isinstance(tools.values.text(node, call.scope, call.env), str)
    if isinstance(node, ast.Call):
        return _is_partial(node)
    if isinstance(node, ast.Name):
        meaning = tools.values.resolve(node, call.scope, call.env)
        if isinstance(meaning, Expression):
            return isinstance(meaning.node, ast.Lambda) or (
                isinstance(meaning.node, ast.Call) and _is_partial(meaning.node)
            )
        return meaning is not None
    return False


def _is_partial(node: ast.Call) -> bool:
    return last_word(node) in PYTHON_FUNCTION_WRAPPERS


def _inner_function(meaning: Resolved, node: ast.expr, call: _Call, tools: ToolCollector) -> tuple[Resolved, ast.expr]:
    """Unwrap the function in `functools.partial(f, ...)` or in a wrapping call `traced(f)`."""
    for _ in range(4):
        if not (isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call) and meaning.node.args):
            break
        if tools.symbols_of(meaning.node):
            break
        inner = tools.values.resolve(meaning.node.args[0], meaning.scope, call.env)
        if not (isinstance(inner, FunctionRef) or _is_partial(meaning.node)):
            break
        node, meaning = meaning.node.args[0], inner
    return meaning, node


def _add_tool(
    call: _Call, name_node: ast.expr | None, function_node: ast.expr, meaning: Resolved, tools: ToolCollector
) -> None:
    values = tools.values
    description = _description(call, tools)
    function = meaning.scope if isinstance(meaning, FunctionRef) else _lambda_scope(meaning, tools)
    if name_node is not None:
        name: Name = values.text(name_node, call.scope, call.env) or None
        if name is None and not _is_own(name_node, function, description, call, tools):
            return
    else:
        name = _name_given_later(call, tools) or _name_of_function(function_node, meaning, tools)
        if name is None and (not description or isinstance(meaning, ParameterRef)):
            return
        if isinstance(name, str) and (name.startswith("__") or _is_borrowed(function_node, name, meaning, call)):
            return
    if (
        function is not None
        and function.kind is ScopeKind.FUNCTION
        and tools.symbols_of(function)
        and name_node is None
    ):
        for symbol in tools.symbols_of(function):
            tools.link(call.node, symbol)
        return
    if isinstance(meaning, Symbol) and meaning.name == "*":
        return
    schema = values.resolve(keyword(call.node, "raw_schema"), call.scope, call.env)
    is_named_here = name_node is not None or function is None or not function.name
    tools.add(
        call.node,
        name,
        framework=_framework(call, tools),
        idiom="register-call" if call.word in PYTHON_REGISTERING_CALLS else "wrapped-function",
        symbol=_symbol(call, name, function, tools),
        description=description,
        function=function if isinstance(meaning, FunctionRef) else None,
        bodies=(function,),
        annotations=hints_of(keyword(call.node, "annotations"), values, call.scope),
        implementation=meaning if isinstance(meaning, Symbol) else None,
        place=tools.module.place(call.node if is_named_here or function is None else function.node),
        key=("wrapped", name, function.path or id(function))
        if function is not None
        else ("wrapped", name, id(call.node)),
        objects=(
            *((function,) if function is not None and name_node is None else ()),
            *((schema.node,) if isinstance(schema, Expression) else ()),
        ),
    )


_ROLES = frozenset({"fn", "func", "function", "callable", "handler", "callback", "method", "run", "call", "invoke"})


def _is_borrowed(node: ast.expr, name: str, meaning: Resolved, call: _Call) -> bool:
    """Tell whether a tool is named elsewhere: `add_tool(spec.fn, **spec.kwargs)`, `add_tool(FileSearch)`."""
    if isinstance(meaning, Symbol):
        return name[:1].isupper() and call.word in {"add_tool", "register_tool"}
    has_rest = any(given.arg is None for given in call.node.keywords)
    return isinstance(node, ast.Attribute) and meaning is None and (has_rest or name in _ROLES)


def _is_own(name_node: ast.expr, function: Scope | None, description: str, call: _Call, tools: ToolCollector) -> bool:
    """Tell whether a call whose name is known only at run time defines a tool, and does not pass on an existing one."""
    if isinstance(name_node, (ast.Attribute, ast.Subscript)):
        # `spec.name`: a tool defined elsewhere is only converted here.
        return False
    if description:
        return True
    is_described = any(
        keyword(made, *PYTHON_DESCRIPTION_KEYWORDS) is not None
        for made in (call.node, call.node.func)
        if isinstance(made, ast.Call)
    )
    return function is not None and not is_described and bool(description_of(function))


def _symbol(call: _Call, name: Name, function: Scope | None, tools: ToolCollector) -> str:
    holder = tools.module.assigned_names.get(id(call.node))
    if holder and call.env is None:
        return held_path(call.scope, holder)
    if function is not None and function.path:
        return function.path
    return name if isinstance(name, str) else ""


def _lambda_scope(meaning: Resolved, tools: ToolCollector) -> Scope | None:
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Lambda):
        return tools.module.scope_of(meaning.node, meaning.scope)
    return None


def _name_given_later(call: _Call, tools: ToolCollector) -> str | None:
    """Return a name that is assigned after creation: `search = tool(f)`, then `search.name = "Search"`."""
    holder = tools.module.assigned_names.get(id(call.node))
    renamed = tools.values.binding(f"{holder}.name", call.scope) if holder and call.env is None else None
    name = tools.values.text(renamed.value, renamed.scope) if renamed is not None else None
    return name if isinstance(name, str) and name else None


def _name_of_function(node: ast.expr, meaning: Resolved, tools: ToolCollector) -> Name:
    if isinstance(meaning, FunctionRef):
        return meaning.scope.name
    if isinstance(meaning, Symbol):
        return meaning.name.rsplit(".", 1)[-1]
    if isinstance(node, ast.Attribute) and not isinstance(meaning, (Expression, ParameterRef)):
        # A bound method has its own name, whatever object it is bound to.
        return node.attr
    return None


def _description(call: _Call, tools: ToolCollector) -> str:
    node = keyword(call.node, *PYTHON_DESCRIPTION_KEYWORDS)
    if node is None and isinstance(call.node.func, ast.Call):
        node = keyword(call.node.func, *PYTHON_DESCRIPTION_KEYWORDS)
    if node is None:
        metadata = keyword(call.node, "metadata", "tool_metadata")
        node = keyword(metadata, "description") if isinstance(metadata, ast.Call) else None
    if node is None:
        texts = [given for given in call.node.args[1:] if isinstance(given, (ast.Constant, ast.JoinedStr, ast.Name))]
        node = texts[-1] if texts else None
    text = tools.values.text(node, call.scope, call.env)
    return text if isinstance(text, str) else ""


def _framework(call: _Call, tools: ToolCollector) -> str:
    return tools.framework(tools.values.origin(call.node.func, call.scope), PYTHON_DECORATORS.get(call.word))


def _make_of_class(call: _Call, scope: Scope, name_node: ast.expr | None, tools: ToolCollector) -> None:
    """Add a model class as a tool, `tool(Model)`; calls such as `FunctionTool(Greeter())` add nothing."""
    if is_model(scope, tools.values) and call.word in PYTHON_MODEL_DECORATORS and not tools.symbols_of(scope):
        name = tools.values.text(name_node, call.scope, call.env) if name_node is not None else scope.name
        tools.link(call.node, add_class_tool(scope, name, tools, "model-as-tool"))


def _make_without_function(call: _Call, name_node: ast.expr | None, tools: ToolCollector) -> None:
    """Add a tool for `MyTool(name="x")`, an instance of this file's class that gets its name from the caller."""
    if name_node is None or call.word in PYTHON_CLASS_METHODS or not PYTHON_CLASS_FAMILY.match(call.word):
        return
    made = tools.values.resolve(call.node.func, call.scope)
    if isinstance(made, Symbol) and keyword(call.node, "spec", "openapi_spec") is not None:
        _make_of_specification(call, name_node, tools)
        return
    if not isinstance(made, ClassRef) or not is_tool_class(made.scope, tools.values) or tools.symbols_of(call.node):
        return
    if name_of_class(made.scope, tools.values).is_given and keyword(call.node, "name") is None:
        return
    name = tools.values.text(name_node, call.scope, call.env)
    description = _description(call, tools)
    if name is None and not description:
        return
    run = next(
        (
            found.scope
            for word in PYTHON_INSTANCE_RUN_METHODS
            if (found := tools.values.member(made.scope, word)) is not None and found.scope.kind is ScopeKind.FUNCTION
        ),
        None,
    )
    tools.add(
        call.node,
        name,
        framework=_framework(call, tools),
        idiom="tool-class",
        symbol=_symbol(call, name, None, tools),
        description=description,
        bodies=(run,),
        key=("instance", name, made.scope.path),
    )


def _make_of_specification(call: _Call, name_node: ast.expr, tools: ToolCollector) -> None:
    """Add a tool for a service described by a specification: `OpenApiTool(name="weather", spec=...)`."""
    name = tools.values.text(name_node, call.scope, call.env)
    tools.add(
        call.node,
        name,
        framework=_framework(call, tools),
        idiom="tool-class",
        symbol=_symbol(call, name, None, tools),
        description=_description(call, tools),
    )


# -- agents, engines and pipelines as tools ------------------------------------------------------------------------


def _make_component(call: _Call, maker: str, tools: ToolCollector) -> None:
    values = tools.values
    name_node, _ = _arguments(call, tools)
    if name_node is None and maker == "create_retriever_tool" and len(call.node.args) > 1:
        name_node = call.node.args[1]
    if maker == "as_tool" and name_node is None and call.node.args and _is_text(call.node.args[0], call, tools):
        name_node = call.node.args[0]
    part = _part(call, maker)
    description = _description(call, tools)
    if name_node is not None:
        name = values.text(name_node, call.scope, call.env)
        if name is None and not description:
            return
    else:
        name = _name_of_part(part, call, maker, tools)
        if name is None and not description:
            return
    if name == "":
        return
    tools.add(
        call.node,
        name,
        framework=tools.framework(
            values.origin(call.node.func, call.scope) or _origin_of(part, call, tools), PYTHON_COMPONENTS[maker]
        ),
        idiom="agent-as-tool",
        symbol=_symbol(call, name, None, tools),
        description=description,
        key=("component", name, dotted(part) if part is not None and dotted(part) else id(call.node)),
    )


def _part(call: _Call, maker: str) -> ast.expr | None:
    if maker == "as_tool":
        return call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
    return keyword(call.node, *PYTHON_COMPONENT_KEYWORDS) or (call.node.args[0] if call.node.args else None)


def _origin_of(part: ast.expr | None, call: _Call, tools: ToolCollector) -> Symbol | None:
    meaning = tools.values.resolve(part, call.scope, call.env) if part is not None else None
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        return tools.values.origin(meaning.node.func, meaning.scope)
    return None


def _name_of_part(part: ast.expr | None, call: _Call, maker: str, tools: ToolCollector) -> Name:
    """Return the default name of a tool: the agent's own name, or the component's class in lower case."""
    if maker in PYTHON_DEFAULT_NAMES:
        return PYTHON_DEFAULT_NAMES[maker]
    meaning = tools.values.resolve(part, call.scope, call.env) if part is not None else None
    if maker == "PipelineTool" or not (isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call)):
        return None
    made = meaning.node
    if maker == "ComponentTool":
        return "_".join(piece.lower() for piece in _UPPER.split(last_word(made)))
    given = keyword(made, "name") or (made.args[0] if made.args else None)
    name = tools.values.text(given, meaning.scope, call.env)
    if isinstance(name, str) and maker == "as_tool":
        return re.sub(r"[^a-zA-Z0-9_]", "_", name.replace(" ", "_")).lower()
    return name


# -- maps of functions ---------------------------------------------------------------------------------------------


def _find_function_maps(tools: ToolCollector) -> None:
    """Add the tools in maps of functions: `register_function(function_map={"search": search})`."""
    for node, scope in tools.module.granting_calls:
        table = keyword(node, "function_map")
        meaning = tools.values.resolve(table, scope) if table is not None else None
        if not (isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict)):
            continue
        for key, value in zip(meaning.node.keys, meaning.node.values, strict=True):
            name = tools.values.text(key, meaning.scope) if key is not None else None
            function = tools.values.resolve(value, meaning.scope)
            held = function.scope if isinstance(function, FunctionRef) else None
            if held is not None and tools.symbols_of(held):
                for symbol in tools.symbols_of(held):
                    tools.link(node, symbol)
                continue
            if key is None or (isinstance(name, str) and tools.has_name(name)):
                continue
            symbol = tools.add(
                key,
                name,
                framework=tools.framework(tools.values.origin(node.func, scope), "autogen"),
                idiom="table",
                symbol=held.path if held is not None else "",
                function=held,
                implementation=function if isinstance(function, Symbol) else None,
                key=("map", name),
                objects=(held,) if held is not None else (),
            )
            tools.link(node, symbol)
