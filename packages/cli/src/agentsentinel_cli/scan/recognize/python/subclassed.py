"""Recogniser of classes that are tools (subclasses of BaseTool and similar classes), and of their tools' names.

A class names its tool by an attribute, a property, an assignment to `self.name`, or an argument of `super().__init__`.
Handler classes of MCP servers name theirs in the same ways, so `name_of_class` is used for both.
"""

import ast

from agentsentinel_cli.scan.catalog.frameworks import PYTHON_FOREIGN_PACKAGES
from agentsentinel_cli.scan.catalog.tools import (
    PYTHON_BASE_FAMILY,
    PYTHON_BASES,
    PYTHON_MODEL_BASES,
    PYTHON_OTHER_BASES,
    PYTHON_RUN_METHODS,
    PYTHON_RUN_PARAMETERS,
    PYTHON_TEST_DOUBLES,
)
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.python.collector import Name, ToolCollector
from agentsentinel_cli.scan.recognize.python.functions import parameters_of
from agentsentinel_cli.scan.recognize.python.toolkits import listed_methods, toolkit_base
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef, ParameterRef, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import (
    Binding,
    BindingKind,
    Function,
    Scope,
    ScopeKind,
    dotted,
    keyword,
    last_word,
)
from agentsentinel_core.light_dataclasses import dataclass

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class ClassName:
    """Name that a class gives its tool."""

    is_given: bool
    name: Name = None
    is_composed: bool = False
    """Whether the class composes a name that is known only at run time, instead of copying it from an adapted tool."""


NOT_GIVEN = ClassName(False)


def find_subclassed(tools: ToolCollector) -> None:
    """Add the classes that are tools, and methods that a class lists as tools."""
    parents: set[int] = set()
    tool_classes: list[Scope] = []
    for scope in tools.module.classes:
        if is_tool_class(scope, tools.values):
            tool_classes.append(scope)
            parents |= {id(base.scope) for base in tools.values.bases(scope) if isinstance(base, ClassRef)}
    for scope in tools.module.classes:
        _add_listed_methods(scope, tools)
    for scope in tool_classes:
        if not tools.symbols_of(scope) and not PYTHON_TEST_DOUBLES.search(scope.name):
            _add_class(scope, id(scope) in parents, tools)


def _add_listed_methods(scope: Scope, tools: ToolCollector) -> None:
    """Add the methods that a toolkit class lists as tools."""
    for listed in listed_methods(scope, tools):
        method = listed.method
        if not tools.symbols_of(method):
            tools.add(
                method.node,
                method.name,
                framework=tools.framework(toolkit_base(scope, tools.values)),
                idiom="tools-list",
                symbol=method.path,
                function=method,
                objects=(method,),
            )


def is_tool_class(scope: Scope, values: Resolver, depth: int = 0) -> bool:
    """Tell whether a class descends from a framework's tool class, judged by the names of its bases."""
    if not isinstance(scope.node, ast.ClassDef) or depth > _DEEPEST:
        return False
    for base in scope.node.bases:
        meaning = values.resolve(base.value if isinstance(base, ast.Subscript) else base, scope.parent or scope)
        if isinstance(meaning, ClassRef):
            if meaning.scope is not scope and is_tool_class(meaning.scope, values, depth + 1):
                return True
            continue
        word = (
            meaning.name.rsplit(".", 1)[-1] if isinstance(meaning, Symbol) and meaning.name != "*" else last_word(base)
        )
        foreign = isinstance(meaning, Symbol) and meaning.module.split(".")[0] in PYTHON_FOREIGN_PACKAGES
        if (PYTHON_BASE_FAMILY.match(word) or word in PYTHON_BASES) and word not in PYTHON_OTHER_BASES and not foreign:
            return True
    return False


def is_model(scope: Scope, values: Resolver, depth: int = 0) -> bool:
    """Tell whether a class is a pydantic model or a typed dictionary."""
    if not isinstance(scope.node, ast.ClassDef) or depth > _DEEPEST:
        return False
    for base in scope.node.bases:
        meaning = values.resolve(base, scope.parent or scope)
        if isinstance(meaning, ClassRef):
            if is_model(meaning.scope, values, depth + 1):
                return True
        elif last_word(base) in PYTHON_MODEL_BASES:
            return True
    return False


def _add_class(scope: Scope, is_parent: bool, tools: ToolCollector) -> None:
    values = tools.values
    said = _registered_name(scope, values) or name_of_class(scope, values)
    if not said.is_given:
        said = name_of_class(scope, values, "tool_name")
    if not said.is_given:
        origin = _origin(scope, values)
        if is_parent or not _is_named_by_class(scope, origin, tools):
            return
        said = ClassName(True, scope.name)
    if said.name is None and (is_parent or not said.is_composed or _is_abstract(scope) or not _runs(scope, values)):
        return
    if is_parent and _is_abstract(scope):
        return
    add_class_tool(scope, said.name, tools)


def add_class_tool(scope: Scope, name: Name, tools: ToolCollector, idiom: str = "tool-class") -> str:
    """Add a class as a tool and return the tool's symbol."""
    runners = [
        found.scope
        for word in PYTHON_RUN_METHODS
        if (found := tools.values.member(scope, word)) is not None and found.how is BindingKind.FUNCTION
    ]
    runners.sort(key=lambda runner: getattr(runner.node, "lineno", 0))
    return tools.add(
        scope.node,
        name,
        framework=tools.framework(_origin(scope, tools.values)),
        idiom=idiom,
        symbol=scope.path,
        description=_description(scope, tools.values),
        function=scope,
        bodies=tuple(runners),
        parameters=_parameters(scope, runners),
        objects=(scope,),
    )


def name_of_class(scope: Scope, values: Resolver, attribute: str = "name") -> ClassName:
    """Find the name that a class of this file gives its tool."""
    return _name(scope, values, attribute, scope, 0)


def _name(scope: Scope, values: Resolver, attribute: str, owner: Scope, depth: int) -> ClassName:
    if depth > _DEEPEST:
        return NOT_GIVEN
    for binding in reversed(scope.bindings.get(attribute, [])):
        said = _of_binding(binding, scope, values, attribute, owner)
        if said.is_given:
            return said
    said = _of_super_call(scope, values, attribute)
    if said.is_given:
        return said
    for base in values.bases(scope):
        if isinstance(base, ClassRef) and base.scope is not scope:
            said = _name(base.scope, values, attribute, owner, depth + 1)
            if said.is_given:
                return said
    return NOT_GIVEN


def _of_binding(binding: Binding, scope: Scope, values: Resolver, attribute: str, owner: Scope) -> ClassName:
    if binding.how is BindingKind.FUNCTION:
        decorators = getattr(binding.scope.node, "decorator_list", [])
        if any(dotted(found).endswith("property") for found in decorators) and binding.scope.returns:
            if any("abstract" in last_word(found) for found in decorators):
                return NOT_GIVEN
            return ClassName(True, values.text(binding.scope.returns[-1], binding.scope, owner=owner))
        return NOT_GIVEN
    if binding.how is not BindingKind.VALUE:
        return NOT_GIVEN
    if binding.value is None:
        return _of_literal(binding.annotation)
    if isinstance(binding.value, ast.Constant) and not binding.value.value:
        return NOT_GIVEN
    if isinstance(binding.value, ast.Call) and last_word(binding.value) in {"Field", "field"}:
        text = values.text(binding.value, binding.scope)
        return ClassName(True, text) if text else NOT_GIVEN
    meaning = values.resolve(binding.value, binding.scope)
    if isinstance(meaning, ParameterRef):
        return _of_argument(meaning, binding.scope, scope, values, owner)
    return ClassName(True, values.text(binding.value, binding.scope, owner=owner), _is_composed(meaning))


def _is_composed(meaning: object) -> bool:
    return isinstance(meaning, Expression) and isinstance(meaning.node, (ast.JoinedStr, ast.BinOp))


def _of_literal(annotation: ast.expr | None) -> ClassName:
    """Find a name in a literal type: `name: Literal["bash"]`."""
    while isinstance(annotation, ast.Subscript):
        if last_word(annotation) == "Literal":
            only = annotation.slice
            if isinstance(only, ast.Constant) and isinstance(only.value, str):
                return ClassName(True, only.value)
            return NOT_GIVEN
        annotation = annotation.slice
    return NOT_GIVEN


def _of_argument(given: ParameterRef, where: Scope, scope: Scope, values: Resolver, owner: Scope) -> ClassName:
    """Find a name set from a parameter, `self.name = name`: the subclass's argument, else the parameter's default."""
    call = _super_call(owner) if owner is not scope else None
    function = where.enclosing(ScopeKind.FUNCTION)
    if call is not None and function is not None:
        argument = _argument(call, given.name, function)
        if argument is not None:
            return ClassName(True, values.text(argument, owner, owner=owner))
    if given.binding.value is not None:
        text = values.text(given.binding.value, given.binding.scope)
        return ClassName(True, text) if text else NOT_GIVEN
    return NOT_GIVEN


def _argument(call: ast.Call, name: str, function: Scope) -> ast.expr | None:
    named = keyword(call, name)
    if named is not None or not isinstance(function.node, Function):
        return named
    names = [argument.arg for argument in function.node.args.posonlyargs + function.node.args.args][1:]
    args = call.args[1:] if last_word(call.func) == "__init__" and not _is_super(call) else call.args
    at = names.index(name) if name in names else -1
    return args[at] if 0 <= at < len(args) else None


def _super_call(scope: Scope) -> ast.Call | None:
    """Return the call of `super().__init__` in a class's constructor, or None."""
    for binding in scope.bindings.get("__init__", []):
        if binding.how is BindingKind.FUNCTION:
            for call in binding.scope.calls:
                if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                    return call
    return None


def _is_super(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call)


def _of_super_call(scope: Scope, values: Resolver, attribute: str) -> ClassName:
    call = _super_call(scope)
    if call is None:
        return NOT_GIVEN
    where = next((found.scope for found in scope.bindings["__init__"] if found.how is BindingKind.FUNCTION), scope)
    for base in values.bases(scope):
        if isinstance(base, ClassRef):
            return _of_local_base(call, base.scope, where, values, attribute)
    named = keyword(call, attribute, f"tool_{attribute}")
    if named is not None:
        return _passed(named, where, values)
    if any(given.arg is None for given in call.keywords):
        return NOT_GIVEN
    for argument in [*call.args, *(found.value for found in call.keywords if found.arg in {"func", "fn", "function"})]:
        text = values.text(argument, where)
        function = values.resolve(argument, where)
        if attribute == "name" and isinstance(function, FunctionRef):
            return ClassName(True, function.scope.name)
        if isinstance(text, str) or (isinstance(text, Symbol) and _is_constant_name(text)):
            return ClassName(True, text)
        if isinstance(argument, ast.JoinedStr):
            return ClassName(True, None, is_composed=True)
    return NOT_GIVEN


def _passed(node: ast.expr, where: Scope, values: Resolver) -> ClassName:
    text = values.text(node, where)
    if isinstance(node, ast.Constant) and not node.value:
        return NOT_GIVEN
    if text is None and isinstance(values.resolve(node, where), ParameterRef):
        # The caller of the constructor decides the name; those calls are examined individually.
        return NOT_GIVEN
    return ClassName(True, text or None, _is_composed(values.resolve(node, where)))


def _of_local_base(call: ast.Call, base: Scope, where: Scope, values: Resolver, attribute: str) -> ClassName:
    start = values.member(base, "__init__")
    if start is None or start.how is not BindingKind.FUNCTION:
        named = keyword(call, attribute)
        return _passed(named, where, values) if named is not None else NOT_GIVEN
    for binding in base.bindings.get(attribute, []):
        meaning = values.resolve(binding.value, binding.scope) if binding.value is not None else None
        if isinstance(meaning, ParameterRef):
            argument = _argument(call, meaning.name, start.scope)
            return _passed(argument, where, values) if argument is not None else NOT_GIVEN
    named = keyword(call, attribute)
    return _passed(named, where, values) if named is not None else NOT_GIVEN


def _is_constant_name(symbol: Symbol) -> bool:
    last = symbol.name.rsplit(".", 1)[-1]
    return last.isupper() or "." in symbol.name


def _registered_name(scope: Scope, values: Resolver) -> ClassName | None:
    for found in getattr(scope.node, "decorator_list", []):
        if isinstance(found, ast.Call) and "register" in last_word(found).lower() and found.args:
            text = values.text(found.args[0], scope.parent or scope)
            if isinstance(text, str):
                return ClassName(True, text)
    return None


def _is_named_by_class(scope: Scope, origin: Symbol | None, tools: ToolCollector) -> bool:
    """Tell whether the framework (agency-swarm) uses the class's name for the tool; such a class has a `run` method."""
    if not _runs(scope, tools.values) or _is_abstract(scope):
        return False
    return tools.framework(origin) == "agency-swarm"


def _runs(scope: Scope, values: Resolver) -> bool:
    return any(values.member(scope, word) is not None for word in PYTHON_RUN_METHODS)


def _is_abstract(scope: Scope) -> bool:
    if isinstance(scope.node, ast.ClassDef) and any(last_word(base) == "ABC" for base in scope.node.bases):
        return True
    return any(
        "abstract" in last_word(found)
        for child in scope.children
        for found in getattr(child.node, "decorator_list", [])
    )


def _origin(scope: Scope, values: Resolver, depth: int = 0) -> Symbol | None:
    for base in values.bases(scope):
        if isinstance(base, Symbol):
            return base
        if isinstance(base, ClassRef) and base.scope is not scope and depth < _DEEPEST:
            found = _origin(base.scope, values, depth + 1)
            if found is not None:
                return found
    return None


def _description(scope: Scope, values: Resolver) -> str:
    said = name_of_class(scope, values, "description")
    return said.name if said.is_given and isinstance(said.name, str) else ""


def _parameters(scope: Scope, runners: list[Scope]) -> tuple[str, ...]:
    for runner in runners:
        names = tuple(name for name in parameters_of(runner) if name not in PYTHON_RUN_PARAMETERS)
        if names:
            return names
    return tuple(
        name
        for name, bindings in scope.bindings.items()
        if bindings[0].annotation is not None and not name.startswith("_") and name not in {"name", "description"}
    )
