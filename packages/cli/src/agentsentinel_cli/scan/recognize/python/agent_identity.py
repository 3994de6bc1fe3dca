"""What an agent says of itself: its name, its model and its purpose."""

import ast

from agentsentinel_cli.scan.catalog.agents import (
    OTHER_MODEL_CALLS,
    OTHER_MODELS,
    PYTHON_AGENT_DESCRIPTION_KEYWORDS,
    PYTHON_CALLBACK_HANDLER,
    PYTHON_CONFIGURED_AGENTS,
    PYTHON_MODEL_FIRST_CALLS,
    PYTHON_NAME_FIRST_SUFFIXES,
    PYTHON_REQUESTS,
    SYSTEM_ROLES,
)
from agentsentinel_cli.scan.catalog.servers import (
    PYTHON_SERVERS,
)
from agentsentinel_cli.scan.model import (
    PURPOSE_ELSEWHERE,
    Symbol,
)
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import Expression, FunctionRef
from agentsentinel_cli.scan.syntax.python.scopes import (
    Scope,
    ScopeKind,
    dotted,
    keyword,
    last_word,
)

LONGEST_DESCRIPTION = 2000
"""Characters of a purpose that are kept."""


def name_of(node: ast.Call, scope: Scope, holder: str | None, tools: ToolCollector) -> str:
    """Return the stated name of an agent, else that of the variable that holds it or of the code around it."""
    given = keyword(node, "name", "agent_name", "server_name", "agent_id")
    word = last_word(node)
    if given is None and keyword(node, "role") is not None:
        given = keyword(node, "role")
    takes_name_first = word in PYTHON_SERVERS or word.endswith(PYTHON_NAME_FIRST_SUFFIXES)
    if given is None and node.args and takes_name_first:
        given = node.args[0]
    text = tools.values.text(given, scope) if given is not None else None
    if isinstance(text, str) and text.strip():
        return shorten(text, 100)
    return holder.removeprefix("self.") if holder else name_around(node, scope)


def name_around(node: ast.Call, scope: Scope) -> str:
    """Return the name of the function around a call, of its class for a special method, else of the called variable."""
    function = scope.enclosing(ScopeKind.FUNCTION)
    while function is not None and not function.name:
        function = function.parent.enclosing(ScopeKind.FUNCTION) if function.parent else None
    if function is not None:
        owner = function.method_class()
        return owner.name if owner is not None and function.name.startswith("__") else function.name
    return dotted(node.func).split(".", 1)[0] or last_word(node)


def model_of(node: ast.Call, scope: Scope, tools: ToolCollector, depth: int = 0) -> str | None:
    """Return the model that a constructor names, itself or in the client that it is passed; None for another value."""
    given = keyword(node, "model", "llm", "model_client", "model_name", "llm_config", "chat_generator", "model_id")
    if given is None and node.args and _takes_model_first(node, scope, tools):
        given = node.args[0]
    if given is None and depth:
        given = keyword(node, "id", "azure_deployment", "deployment_name", "ai_model_id")
    if given is None or depth > 4:
        return None
    text = tools.values.text(given, scope)
    if isinstance(text, str):
        return shorten(text, 120)
    meaning = tools.values.resolve(given, scope)
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        inner = meaning.node
        found = model_of(inner, meaning.scope, tools, depth + 1)
        if found is None and inner.args:
            first = tools.values.text(inner.args[0], meaning.scope)
            found = shorten(first, 120) if isinstance(first, str) else None
        if found is None and isinstance(inner.func, ast.Attribute):
            return _model_of_chain(inner, meaning.scope, tools, depth)
        return found
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict):
        return _model_of_dict(meaning.node, meaning.scope, tools)
    return None


def _takes_model_first(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    word = last_word(node)
    if word == "Agent":
        return tools.framework(tools.values.origin(node.func, scope)) == "pydantic-ai"
    return word in PYTHON_MODEL_FIRST_CALLS


def _model_of_chain(node: ast.Call, scope: Scope, tools: ToolCollector, depth: int) -> str | None:
    """Return the model named at the start of a call chain: `ChatOpenAI(model="...").bind(...)`."""
    base = node.func.value if isinstance(node.func, ast.Attribute) else None
    meaning = tools.values.resolve(base, scope) if base is not None else None
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        return model_of(meaning.node, meaning.scope, tools, depth + 1)
    return None


def _model_of_dict(node: ast.Dict, scope: Scope, tools: ToolCollector) -> str | None:
    text = tools.values.text(tools.values.entry(node, "model"), scope)
    if isinstance(text, str):
        return shorten(text, 120)
    for item, where, _ in tools.values.elements(tools.values.entry(node, "config_list"), scope):
        if isinstance(item, ast.Dict):
            found = _model_of_dict(item, where, tools)
            if found is not None:
                return found
    return None


def purpose_of(node: ast.Call, scope: Scope, tools: ToolCollector) -> str | Symbol | None:
    """Return the stated purpose: its text, where another file holds that, or that it is not known; else None."""
    said = [
        text
        for word in ("role", "goal")
        if isinstance(text := tools.values.text(keyword(node, word), scope), str) and text.strip()
    ]
    if said:
        return shorten(": ".join(said), LONGEST_DESCRIPTION)
    prompts = [given for word in PYTHON_AGENT_DESCRIPTION_KEYWORDS if (given := keyword(node, word)) is not None]
    prompts += _prompts_in_place(node, scope, tools)
    purposes = [_purpose_in(given, scope, tools) for given in prompts]
    texts = [purpose for purpose in purposes if isinstance(purpose, str) and purpose != PURPOSE_ELSEWHERE]
    others = [purpose for purpose in purposes if purpose is not None]
    return next(iter([*texts, *others]), None) or _configured_purpose(keyword(node, "config"))


def _prompts_in_place(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[ast.expr]:
    """Return prompts that have no keyword of their own: a third argument, and the system message of a request."""
    word = last_word(node)
    placed = node.args[2:3] if word.startswith("create_") and word.endswith("agent") else []
    messages = keyword(node, "messages") if word in PYTHON_REQUESTS else None
    for item, _, _ in tools.values.elements(messages, scope) if messages is not None else ():
        role = tools.values.entry(item, "role") if isinstance(item, ast.Dict) else None
        if isinstance(item, ast.Dict) and tools.values.text(role, scope) in SYSTEM_ROLES:
            placed += [content for content in [tools.values.entry(item, "content")] if content is not None]
        elif not isinstance(item, ast.Dict):
            placed.append(item)  # messages known only at run time: the first may be the system's
    return placed


def _purpose_in(given: ast.expr, scope: Scope, tools: ToolCollector) -> str | Symbol | None:
    """Return the purpose that a prompt states; None for one that is None or blank."""
    text = tools.values.text(given, scope)
    if text is None:
        text = _message_text(given, scope, tools)
    if isinstance(text, str):
        return shorten(text, LONGEST_DESCRIPTION) if text.strip() else None
    meaning = tools.values.resolve(given, scope)
    if isinstance(meaning, Symbol):
        return meaning
    value = meaning.node if isinstance(meaning, Expression) else given
    return None if isinstance(value, ast.Constant) else PURPOSE_ELSEWHERE


def _configured_purpose(config: ast.expr | None) -> str | None:
    """Return where CrewAI's YAML states a purpose, `self.agents_config["writer"]`; each entry must have one."""
    if not isinstance(config, ast.Subscript) or last_word(config.value) != PYTHON_CONFIGURED_AGENTS:
        return None
    key = config.slice.value if isinstance(config.slice, ast.Constant) else "..."
    return f"Stated in the crew's configuration of agents, under {key!r}"


def _message_text(node: ast.expr, scope: Scope, tools: ToolCollector) -> str | None:
    """Return the literal text of an f-string, list, function or `SystemMessage(content=...)`; None for other values."""
    meaning = tools.values.resolve(node, scope)
    if isinstance(meaning, FunctionRef):
        return _returned_text(meaning.scope, tools)
    if not isinstance(meaning, Expression):
        return None
    if isinstance(meaning.node, ast.JoinedStr):
        return _literal_parts(meaning.node)
    if isinstance(meaning.node, (ast.List, ast.Tuple)):
        return _joined_text(meaning.node, meaning.scope, tools)
    if isinstance(meaning.node, ast.Lambda):
        return _text_or_parts(meaning.node.body, meaning.scope, tools)
    if isinstance(meaning.node, ast.Call):
        given = keyword(meaning.node, "content") or (meaning.node.args[0] if meaning.node.args else None)
        text = tools.values.text(given, meaning.scope)
        return text if isinstance(text, str) else None
    return None


def _literal_parts(node: ast.JoinedStr) -> str:
    return " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))


def _text_or_parts(node: ast.expr, scope: Scope, tools: ToolCollector) -> str | None:
    text = tools.values.text(node, scope)
    if isinstance(text, str):
        return text
    meaning = tools.values.resolve(node, scope)
    found = meaning.node if isinstance(meaning, Expression) else node
    return _literal_parts(found) if isinstance(found, ast.JoinedStr) else None


def _joined_text(node: ast.List | ast.Tuple, scope: Scope, tools: ToolCollector) -> str | None:
    """Return the texts in a list of instructions, one after the other."""
    return " ".join(text for item in node.elts if (text := _text_or_parts(item, scope, tools))) or None


def _returned_text(scope: Scope, tools: ToolCollector) -> str | None:
    """Return what a function that writes the instructions returns, as far as it is literal."""
    return " ".join(text for item in scope.returns if (text := _text_or_parts(item, scope, tools))) or None


def describe_file(tools: ToolCollector) -> str | None:
    """Return the file's description, from a SentinelCallbackHandler or the only variable named "*description*"."""
    for node, scope in tools.module.calls.get(PYTHON_CALLBACK_HANDLER, []):
        text = tools.values.text(keyword(node, "description", "agent_description"), scope)
        if isinstance(text, str):
            return shorten(text, LONGEST_DESCRIPTION)
    texts = [
        text
        for name, bindings in tools.module.scope.bindings.items()
        if "description" in name.lower() and "." not in name and "tool" not in name.lower()
        if isinstance(text := tools.values.text(bindings[-1].value, tools.module.scope), str) and text.strip()
    ]
    # Of several, none is the file's: they describe its tools, one each.
    return shorten(texts[0], LONGEST_DESCRIPTION) if len(texts) == 1 else None


def model_of_file(tools: ToolCollector) -> str | None:
    """Return the first model named in a constructor or an API call, or None."""
    found: list[tuple[int, str]] = []
    for calls in tools.module.calls.values():
        for node, scope in calls:
            given = next((one.value for one in node.keywords if one.arg in {"model", "model_name", "model_id"}), None)
            text = tools.values.text(given, scope) if given is not None else None
            if isinstance(text, str) and text and not _is_other_model(node, text):
                found.append((node.lineno, text))
    return shorten(min(found)[1], 120) if found else None


def _is_other_model(node: ast.Call, model: str) -> bool:
    """Whether a model does not chat: it embeds, ranks, moderates, speaks or draws."""
    return OTHER_MODELS.search(model) is not None or OTHER_MODEL_CALLS.search(dotted(node.func)) is not None
