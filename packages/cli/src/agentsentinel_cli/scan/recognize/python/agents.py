"""Recogniser of agents and servers: their names, descriptions, models and grants, and whether they may run code."""

import ast

from agentsentinel_cli.scan.catalog.agents import (
    OTHER_MODEL_CALLS,
    OTHER_MODELS,
    PYTHON_ADDING_METHODS,
    PYTHON_AGENT_CLASS_METHOD_OWNERS,
    PYTHON_AGENT_CLASS_METHODS,
    PYTHON_AGENT_DESCRIPTION_KEYWORDS,
    PYTHON_AGENT_FAMILY,
    PYTHON_AGENT_KEYWORDS,
    PYTHON_AGENTS,
    PYTHON_CALLBACK_HANDLER,
    PYTHON_CAPABILITY_KEYWORDS,
    PYTHON_CODE_AGENTS,
    PYTHON_CODE_CAPABILITIES,
    PYTHON_CODE_EXECUTORS,
    PYTHON_CODE_SWITCHES,
    PYTHON_COMMON_AGENTS,
    PYTHON_CONFIGURED_AGENTS,
    PYTHON_CONFIGURED_REQUESTS,
    PYTHON_EXECUTOR_KEYWORDS,
    PYTHON_KERNEL,
    PYTHON_MODEL_FIRST_CALLS,
    PYTHON_NAME_FIRST_SUFFIXES,
    PYTHON_NAMED_TOOLS,
    PYTHON_OTHER_AGENTS,
    PYTHON_REQUESTS,
    PYTHON_SERVER_KEYWORDS,
    PYTHON_SUBAGENT_KEYWORDS,
    PYTHON_TOOL_HOLDERS,
    PYTHON_TOOL_KEYWORDS,
    PYTHON_TOOLS_ARGUMENT,
    PYTHON_WITHHOLDING_PREFIXES,
    RUNTIME_AGENTS,
    SYSTEM_ROLES,
    TOOLS_ELSEWHERE,
    UNASKED_MODE,
)
from agentsentinel_cli.scan.catalog.hosted import PROVIDER_SANDBOXES, RUNTIME_SERVER_PREFIX, RUNTIME_TOOLS
from agentsentinel_cli.scan.catalog.servers import (
    MCP_SERVER_PACKAGES,
    PYTHON_GENERATED_SERVERS,
    PYTHON_MOUNTING_METHODS,
    PYTHON_SERVERS,
)
from agentsentinel_cli.scan.catalog.toolkits import BEARERS, BEARING_KEYWORDS
from agentsentinel_cli.scan.model import (
    PURPOSE_ELSEWHERE,
    AgentFact,
    GrantFact,
    GrantKind,
    Place,
    SafeguardFact,
    ServerFact,
    Symbol,
)
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.frameworks import framework_of
from agentsentinel_cli.scan.recognize.python.functions import description_of
from agentsentinel_cli.scan.recognize.python.grants import grants_of, names_a_list
from agentsentinel_cli.scan.recognize.python.safeguards import agent_safeguards, mentioned
from agentsentinel_cli.scan.recognize.python.servers import find_servers
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef, ParameterRef
from agentsentinel_cli.scan.syntax.python.scopes import (
    BindingKind,
    Scope,
    ScopeKind,
    dotted,
    held_path,
    keyword,
    last_word,
)
from agentsentinel_core.light_dataclasses import dataclass, field, replace

_LONGEST_DESCRIPTION = 2000


@dataclass(slots=True)
class _Draft:
    """Agent under construction, to which grants and servers are added."""

    node: ast.expr
    scope: Scope
    name: str
    symbol: str | None
    framework: str
    place: Place
    model: str | None = None
    description: str | Symbol | None = None
    grants: list[GrantFact] = field(default_factory=list)
    servers: list[ServerFact] = field(default_factory=list)
    runs_code: Place | None = None
    safeguards: list[SafeguardFact] = field(default_factory=list)
    is_server: bool = False
    inner: set[int] = field(default_factory=set)
    """ids of constructor calls of agents that this one runs, such as the agent of an AgentExecutor."""


def find_agents(tools: ToolCollector) -> tuple[AgentFact, ...]:
    """Find the agents of a file with their grants. Plain functions in their lists are added to `tools`."""
    drafts = _drafts(tools)
    _add_assigned_tools(drafts, tools)
    _add_owned_tools(drafts, tools)
    _assign_servers(drafts, tools)
    _assign_safeguards(drafts, tools)
    _grant_elsewhere(tools)
    swallowed = {inner for draft in drafts for inner in draft.inner}
    places = {id(draft.node): at for at, draft in enumerate(drafts)}
    merged = [_merge_inner(draft, drafts, places) for draft in drafts if id(draft.node) not in swallowed]
    for draft in merged:
        _add_tools_of_runtime(draft)
    merged.sort(key=lambda draft: (draft.place.line, draft.place.column))
    return tuple(
        AgentFact(
            draft.name,
            draft.place,
            draft.framework,
            draft.symbol,
            draft.model,
            draft.description,
            _once(draft.grants),
            tuple(dict.fromkeys(draft.servers)),
            draft.runs_code,
            tuple(dict.fromkeys(draft.safeguards)),
        )
        for draft in merged
        if draft.grants or draft.servers or draft.runs_code or not _is_hollow(draft)
    )


def _add_tools_of_runtime(draft: _Draft) -> None:
    """Say of an agent for which no tool is listed that its runtime, or another file, gives it some."""
    given = RUNTIME_AGENTS.get(last_word(draft.node)) if isinstance(draft.node, ast.Call) else None
    if draft.is_server and draft.symbol:
        given = TOOLS_ELSEWHERE
    if given is not None and not (draft.grants or draft.servers or draft.runs_code):
        draft.grants = [GrantFact(GrantKind.DYNAMIC, given, draft.place)]


def _is_hollow(draft: _Draft) -> bool:
    """Tell whether a draft is a kernel, or a server without a name, which is not an agent when it is empty."""
    if isinstance(draft.node, ast.Call) and last_word(draft.node) == PYTHON_KERNEL:
        return True
    return draft.is_server and not draft.symbol


def _once(grants: list[GrantFact]) -> tuple[GrantFact, ...]:
    """Remove duplicate grants: the first grant of each target is kept, in document order."""
    first: dict[tuple[GrantKind, str | Symbol], GrantFact] = {}
    for grant in sorted(grants, key=lambda grant: (grant.place.line, grant.place.column)):
        first.setdefault((grant.kind, grant.target), grant)
    return tuple(first.values())


def _drafts(tools: ToolCollector) -> list[_Draft]:
    drafts: list[_Draft] = []
    _call_partials(tools)
    local = _agent_classes(tools)
    for word, calls in list(tools.module.calls.items()):
        is_server = word in PYTHON_SERVERS or word in PYTHON_GENERATED_SERVERS
        is_agent = (_names_an_agent(word) and word not in PYTHON_OTHER_AGENTS) or word in local
        if not (is_server or is_agent or word == PYTHON_KERNEL):
            continue
        for node, scope in calls:
            if word == PYTHON_KERNEL and tools.framework(tools.values.origin(node.func, scope)) != "semantic-kernel":
                continue
            if is_server and not _is_mcp_server(node, scope, tools):
                continue
            _expand_keywords(node, scope, tools)
            if is_agent and not is_server and not _looks_like_agent(node, scope, word, tools):
                continue
            drafts.append(_draft(node, scope, tools, is_server=is_server))
    known = {id(draft.node) for draft in drafts}
    for node, scope in tools.module.granting_calls:
        if (
            id(node) not in known
            and last_word(node) in PYTHON_REQUESTS
            and keyword(node, "tools", "functions") is not None
        ):
            known.add(id(node))
            _add_api_call(drafts, node, scope, tools)
    for word in PYTHON_CONFIGURED_REQUESTS:
        for node, scope in tools.module.calls.get(word, []):
            if keyword(node, "config") is not None and id(node) not in known:
                _add_api_call(drafts, node, scope, tools)
    drafts += _class_drafts(tools)
    drafts += [one for draft in drafts for one in _subagents(draft, tools)]
    if not drafts:
        # Our handler watches the one agent of the file, however that is built.
        watched = tools.module.calls.get(PYTHON_CALLBACK_HANDLER, [])[:1]
        drafts += [_draft(node, scope, tools, is_server=False) for node, scope in watched]
    drafts.sort(key=lambda draft: (draft.node.lineno, draft.node.col_offset))
    return drafts


def _call_partials(tools: ToolCollector) -> None:
    """Read `partial(create_agent, model, tools=[...])` as the call that it prepares, with what its calls add."""
    for node, scope in tools.module.calls.get("partial", []):
        if not (node.args and _names_an_agent(last_word(node.args[0]))):
            continue
        node.func, node.args = node.args[0], node.args[1:]
        stated = {given.arg for given in node.keywords}
        for later, _ in tools.module.calls.get(tools.module.assigned_names.get(id(node), ""), []):
            node.keywords += [given for given in later.keywords if given.arg not in stated]
        tools.module.calls.setdefault(last_word(node), []).append((node, scope))


def _subagents(draft: _Draft, tools: ToolCollector) -> list[_Draft]:
    """Return the agents that are passed to another one as dictionaries, `subagents=[{"name": ..., "tools": [...]}]`."""
    given = [one for word in PYTHON_SUBAGENT_KEYWORDS if (one := _argument(draft.node, word)) is not None]
    found = []
    for item, where, _ in (one for node in given for one in tools.values.elements(node, draft.scope)):
        meaning = tools.values.resolve(item, where)
        if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict):
            found.append(_subagent(draft, meaning.node, meaning.scope, tools))
    return found


def _argument(node: ast.expr, word: str) -> ast.expr | None:
    return keyword(node, word) if isinstance(node, ast.Call) else None


def _subagent(draft: _Draft, node: ast.Dict, scope: Scope, tools: ToolCollector) -> _Draft:
    def text(key: str) -> str | None:
        found = tools.values.text(tools.values.entry(node, key), scope)
        return found if isinstance(found, str) and found.strip() else None

    place = tools.module.place(node)
    name = shorten(text("name") or f"subagent of {draft.name}", 100)
    said = next((found for key in PYTHON_AGENT_DESCRIPTION_KEYWORDS if (found := text(key))), None)
    made = _Draft(node, scope, name, None, draft.framework, place, model=text("model") or draft.model)
    made.description = shorten(said, _LONGEST_DESCRIPTION) if said else None
    listed = tools.values.entry(node, "tools")
    # Without a list of its own, it has the tools of the agent that runs it.
    made.grants = list(grants_of(listed, scope, tools)) if listed is not None else list(draft.grants)
    return made


def _names_an_agent(word: str) -> bool:
    return word in PYTHON_AGENTS or word in PYTHON_COMMON_AGENTS or PYTHON_AGENT_FAMILY.match(word) is not None


def _add_api_call(drafts: list[_Draft], node: ast.Call, scope: Scope, tools: ToolCollector) -> None:
    """Add a model request with tools as an agent, named after the code around it.

    A follow-up request in the same code extends that agent.
    """
    draft = _draft(node, scope, tools, is_server=False)
    if keyword(node, "name") is None:
        draft.name, draft.symbol = _name_around(node, scope), None
    if not draft.grants:
        return
    for known in drafts:
        if (known.name, known.framework, known.symbol) == (draft.name, draft.framework, None):
            known.grants += draft.grants
            known.model = known.model or draft.model
            return
    drafts.append(draft)


def _class_drafts(tools: ToolCollector) -> list[_Draft]:
    """Find subclasses of agents, `class Receptionist(Agent)`, with tools as methods or passed to `super().__init__`."""
    drafts: list[_Draft] = []
    for scope in tools.module.classes:
        base = next((base for base in tools.values.bases(scope) if isinstance(base, Symbol)), None)
        if base is None or not base.name.endswith("Agent"):
            continue
        draft = _Draft(
            scope.node,  # type: ignore[arg-type]
            scope,
            scope.name,
            scope.path,
            tools.framework(base),
            tools.module.place(scope.node),
            description=description_of(scope) or None,
        )
        for node, where in tools.module.calls.get("__init__", []):
            if where.enclosing(ScopeKind.CLASS) is scope:
                draft.model = _model(node, where, tools)
                draft.description = _description(node, where, tools) or draft.description
                draft.runs_code = _code_execution(node, where, tools)
                _add_grants(draft, node, where, tools)
        methods = tools.facts_inside(scope.path)
        draft.grants += [GrantFact(GrantKind.LOCAL, fact.symbol or "", fact.place) for fact in methods]
        if any(grant.kind is not GrantKind.DYNAMIC for grant in draft.grants) or draft.runs_code:
            drafts.append(draft)
    return drafts


def _agent_classes(tools: ToolCollector) -> set[str]:
    """Return the names of this file's classes that descend from an agent class."""
    found: set[str] = set()
    for scope in tools.module.classes:
        bases = getattr(scope.node, "bases", [])
        if any(last_word(base).endswith("Agent") or last_word(base) in found for base in bases):
            found.add(scope.name)
    return found


def _is_mcp_server(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    origin = tools.values.origin(node.func, scope)
    if last_word(node) in PYTHON_GENERATED_SERVERS and origin is None:
        return False
    if origin is not None:
        root = origin.module.lstrip(".").split(".")[0]
        return root in MCP_SERVER_PACKAGES or (last_word(node) != "Server" and "mcp" in origin.module.lower())
    return last_word(node) != "Server"


def _expand_keywords(node: ast.Call, scope: Scope, tools: ToolCollector) -> None:
    """Expand `Agent(**settings)` in place: entries of a dictionary of this file become keyword arguments."""
    for given in [given for given in node.keywords if given.arg is None]:
        meaning = tools.values.resolve(given.value, scope)
        made = meaning.node if isinstance(meaning, Expression) else None
        if isinstance(made, ast.Call) and dotted(made.func) == "dict" and not made.args:
            node.keywords.remove(given)
            node.keywords += [one for one in made.keywords if one.arg is not None]
        elif isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict):
            node.keywords.remove(given)
            pairs = zip(meaning.node.keys, meaning.node.values, strict=True)
            node.keywords += [
                ast.keyword(key.value, value, lineno=value.lineno, col_offset=value.col_offset)
                for key, value in pairs
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]


def _looks_like_agent(node: ast.Call, scope: Scope, word: str, tools: ToolCollector) -> bool:
    if isinstance(node.func, ast.Attribute) and word in PYTHON_AGENT_CLASS_METHODS:
        return last_word(node.func.value).endswith(PYTHON_AGENT_CLASS_METHOD_OWNERS)
    if isinstance(node.func, ast.Attribute) and word.startswith("create_") and not _has_tools(node):
        # `repository.create_agent(name=...)` stores a record, unless its object is a framework's.
        return tools.values.origin(node.func, scope) is not None
    if word in RUNTIME_AGENTS and isinstance(tools.values.origin(node.func, scope), Symbol):
        return True
    if word.startswith("create_") or word in {"bind_tools", "tool_runner", "initialize_agent"}:
        meaning = tools.values.resolve(node.func, scope)
        return bool(node.args or node.keywords) and not (
            meaning is not None and not isinstance(meaning, Symbol) and word not in {"bind_tools"}
        )
    made = tools.values.resolve(node.func, scope)
    if isinstance(made, ClassRef) and not _descends_from_agent(made.scope, tools):
        # A class of this file, whatever its name, is an agent when tools are passed to it.
        return keyword(node, "tools", "functions") is not None
    return (
        any(given.arg in PYTHON_AGENT_KEYWORDS for given in node.keywords)
        or bool(node.args and isinstance(made, Symbol))
        or (isinstance(made, ClassRef))
    )


def _has_tools(node: ast.Call) -> bool:
    return keyword(node, *PYTHON_TOOL_KEYWORDS) is not None


def _descends_from_agent(scope: Scope, tools: ToolCollector) -> bool:
    return any(
        (isinstance(base, Symbol) and base.name.endswith("Agent")) or isinstance(base, ClassRef)
        for base in tools.values.bases(scope)
    )


def _draft(node: ast.Call, scope: Scope, tools: ToolCollector, *, is_server: bool) -> _Draft:
    holder = tools.module.assigned_names.get(id(node))
    symbol = held_path(scope, holder) if holder else None
    origin = tools.values.origin(node.func, scope)
    draft = _Draft(
        node,
        scope,
        _name(node, scope, holder, tools),
        symbol,
        tools.framework(origin, "mcp" if is_server else None),
        tools.module.place(node),
        is_server=is_server,
    )
    draft.model = _model(node, scope, tools)
    draft.description = _description(node, scope, tools)
    _add_grants(draft, node, scope, tools)
    draft.grants += _borne_grants(node, scope, tools)
    if last_word(node) in PYTHON_GENERATED_SERVERS:
        draft.grants.append(_generated_tools(node, tools))
    draft.runs_code = _code_execution(node, scope, tools)
    draft.grants += _provider_sandboxes(node, scope, tools)
    kernel = tools.values.resolve(keyword(node, "kernel"), scope)
    if isinstance(kernel, Expression):
        draft.inner.add(id(kernel.node))
    if last_word(node).endswith("AgentExecutor") or last_word(node) == "from_agent_and_tools":
        inner = tools.values.resolve(keyword(node, "agent"), scope)
        if isinstance(inner, Expression):
            draft.inner.add(id(inner.node))
    return draft


def _name(node: ast.Call, scope: Scope, holder: str | None, tools: ToolCollector) -> str:
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
    return holder.removeprefix("self.") if holder else _name_around(node, scope)


def _name_around(node: ast.Call, scope: Scope) -> str:
    """Return the name of the function around a call, of its class for a special method, else of the called variable."""
    function = scope.enclosing(ScopeKind.FUNCTION)
    while function is not None and not function.name:
        function = function.parent.enclosing(ScopeKind.FUNCTION) if function.parent else None
    if function is not None:
        owner = function.method_class()
        return owner.name if owner is not None and function.name.startswith("__") else function.name
    return dotted(node.func).split(".", 1)[0] or last_word(node)


def _model(node: ast.Call, scope: Scope, tools: ToolCollector, depth: int = 0) -> str | None:
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
        found = _model(inner, meaning.scope, tools, depth + 1)
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
        return _model(meaning.node, meaning.scope, tools, depth + 1)
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


def _description(node: ast.Call, scope: Scope, tools: ToolCollector) -> str | Symbol | None:
    """Return the stated purpose: its text, where another file holds that, or that it is not known; else None."""
    said = [
        text
        for word in ("role", "goal")
        if isinstance(text := tools.values.text(keyword(node, word), scope), str) and text.strip()
    ]
    if said:
        return shorten(": ".join(said), _LONGEST_DESCRIPTION)
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
        return shorten(text, _LONGEST_DESCRIPTION) if text.strip() else None
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


def _add_grants(draft: _Draft, node: ast.Call, scope: Scope, tools: ToolCollector) -> None:
    draft.grants += _named_tools(node, scope, tools)
    for word in PYTHON_TOOL_KEYWORDS:
        given = keyword(node, word)
        if given is not None and names_a_list(given):
            draft.grants += grants_of(given, scope, tools)
    word = last_word(node)
    at = PYTHON_TOOLS_ARGUMENT.get(word)
    if at is None and word.startswith("create_") and len(node.args) > 1:
        at = 1
    if at is not None and len(node.args) > at and names_a_list(node.args[at]):
        draft.grants += grants_of(node.args[at], scope, tools)
    config = keyword(node, "config")
    meaning = tools.values.resolve(config, scope) if config is not None else None
    if isinstance(meaning, Expression) and isinstance(meaning.node, ast.Call):
        _add_grants(draft, meaning.node, meaning.scope, tools)
    elif isinstance(meaning, Expression) and isinstance(meaning.node, ast.Dict):
        given = tools.values.entry(meaning.node, "tools")
        if given is not None:
            draft.grants += grants_of(given, meaning.scope, tools)


def _named_tools(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of the runtime's own tools: those that are named, or all of them when none is asked about."""
    words = PYTHON_NAMED_TOOLS.get(last_word(node), ())
    given = [one for word in words if (one := keyword(node, word)) is not None]
    denied = _names_in(keyword(node, "disallowed_tools"), scope, tools)
    place = tools.module.place(node)
    names = [name for one in given for name in _names_in(one, scope, tools)]
    mode = keyword(node, "permission_mode")
    if words and not given and tools.values.text(mode, scope) == UNASKED_MODE:
        names = list(RUNTIME_TOOLS)
    return [
        GrantFact(GrantKind.HOSTED, name, place)
        for name in names
        if name not in denied and not name.startswith(RUNTIME_SERVER_PREFIX)
    ]


def _borne_grants(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of the backends and the middleware that give an agent tools."""
    grants = []
    for given in (one for word in BEARING_KEYWORDS if (one := keyword(node, word)) is not None):
        for item, where, _ in tools.values.elements(given, scope):
            meaning = tools.values.resolve(item, where)
            made = meaning.node if isinstance(meaning, Expression) else item
            # A backend may be made by a function, or be one of several behind another one.
            words = [
                word for one in ast.walk(made) if isinstance(one, ast.Call) for word in dotted(one.func).split(".")
            ]
            place = tools.module.place(item)
            grants += [GrantFact(GrantKind.HOSTED, word, place) for word in words if word in BEARERS]
            if isinstance(made, ast.Call):
                grants += _tools_of_middleware(made, where, tools)
    return grants


def _tools_of_middleware(node: ast.Call, scope: Scope, tools: ToolCollector) -> tuple[GrantFact, ...]:
    """Return grants of the tools that a middleware class of the project lists, `tools = [...]`."""
    made = tools.values.resolve(node.func, scope)
    listed = tools.values.member(made.scope, "tools") if isinstance(made, ClassRef) else None
    if listed is None or listed.value is None or not names_a_list(listed.value):
        return ()
    return grants_of(listed.value, listed.scope, tools)


def _generated_tools(node: ast.Call, tools: ToolCollector) -> GrantFact:
    return GrantFact(GrantKind.DYNAMIC, shorten(tools.module.text(node)), tools.module.place(node))


def _names_in(node: ast.expr | None, scope: Scope, tools: ToolCollector) -> list[str]:
    items = tools.values.elements(node, scope) if node is not None else []
    texts = [tools.values.text(item, where, env) for item, where, env in items]
    return [text for text in texts if isinstance(text, str)]


def _code_execution(node: ast.Call, scope: Scope, tools: ToolCollector) -> Place | None:
    """Return the place where a constructor grants code execution without a tool, or None."""
    for given in node.keywords:
        if given.arg == "code_execution_config" and _is_on(given.value, scope, tools):
            return tools.module.place(given.value)
        if given.arg in PYTHON_EXECUTOR_KEYWORDS and _is_executor(given, scope, tools):
            return tools.module.place(given.value)
        if given.arg in PYTHON_CODE_SWITCHES and _is_yes(given.value):
            return tools.module.place(given.value)
        if given.arg in PYTHON_CAPABILITY_KEYWORDS:
            for item, _, _ in tools.values.elements(given.value, scope):
                name = last_word(item).lower() if isinstance(item, (ast.Call, ast.Name)) else ""
                if any(word in name for word in PYTHON_CODE_CAPABILITIES):
                    return tools.module.place(item)
    return tools.module.place(node) if _is_code_agent(node, scope, tools) else None


def _is_code_agent(node: ast.Call, scope: Scope, tools: ToolCollector) -> bool:
    """Whether an agent's class writes and runs code; a project's own class of that name may do anything."""
    if last_word(node) not in PYTHON_CODE_AGENTS:
        return False
    made = tools.values.resolve(node.func, scope)
    if isinstance(made, ClassRef):
        return any(
            isinstance(base, Symbol) and base.name in PYTHON_CODE_AGENTS for base in tools.values.bases(made.scope)
        )
    return not isinstance(made, Symbol) or framework_of(made) is not None


def _is_on(node: ast.expr, scope: Scope, tools: ToolCollector) -> bool:
    meaning = tools.values.resolve(node, scope)
    if isinstance(meaning, Expression):
        node = meaning.node
    return not (isinstance(node, ast.Constant) and not node.value) and not isinstance(meaning, ParameterRef)


def _provider_sandboxes(node: ast.Call, scope: Scope, tools: ToolCollector) -> list[GrantFact]:
    """Return grants of executors that run code at the model's provider, `code_executor=BuiltInCodeExecutor()`."""
    given = [one.value for one in node.keywords if one.arg in PYTHON_EXECUTOR_KEYWORDS]
    return [
        GrantFact(GrantKind.HOSTED, word, tools.module.place(one))
        for one in given
        if (word := _made_by(one, scope, tools)) in PROVIDER_SANDBOXES
    ]


def _made_by(node: ast.expr, scope: Scope, tools: ToolCollector) -> str:
    """Return the last word of the call that makes a value; "" for another value."""
    meaning = tools.values.resolve(node, scope)
    made = meaning.node if isinstance(meaning, Expression) else node
    return last_word(made) if isinstance(made, ast.Call) else ""


def _is_executor(given: ast.keyword, scope: Scope, tools: ToolCollector) -> bool:
    if isinstance(given.value, ast.Constant) and given.value.value is None:
        return False
    if _made_by(given.value, scope, tools) in PROVIDER_SANDBOXES:
        return False
    if given.arg != "executor":
        return not isinstance(tools.values.resolve(given.value, scope), ParameterRef)
    meaning = tools.values.resolve(given.value, scope)
    return (
        isinstance(meaning, Expression)
        and isinstance(meaning.node, ast.Call)
        and bool(PYTHON_CODE_EXECUTORS.search(last_word(meaning.node)))
    )


def _is_yes(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _add_assigned_tools(drafts: list[_Draft], tools: ToolCollector) -> None:
    """Add grants from assignments after construction.

    Examples: `agent.functions = [...]`, `agent.tools.append(f)`, `agent.functions += [...]`.
    """
    for draft in drafts:
        holder = tools.module.assigned_names.get(id(draft.node))
        if not holder:
            continue
        for word in ("functions", "tools"):
            found = [*_bindings_everywhere(f"{holder}.{word}", draft.scope, tools)]
            for value, how, scope in found:
                if how is BindingKind.APPENDED:
                    wrapped = ast.List(elts=[value], ctx=ast.Load())
                    draft.grants += grants_of(wrapped, scope, tools)
                elif how in {BindingKind.VALUE, BindingKind.EXTENDED} and names_a_list(value):
                    draft.grants += grants_of(value, scope, tools)


def _bindings_everywhere(name: str, scope: Scope, tools: ToolCollector) -> list[tuple[ast.expr, BindingKind, Scope]]:
    return [
        (binding.value, binding.how, binding.scope)
        for where, bindings in tools.scopes_binding(name)
        if where.is_inside(scope)
        for binding in bindings
        if binding.value is not None and binding.how in {BindingKind.VALUE, BindingKind.APPENDED, BindingKind.EXTENDED}
    ]


def _add_owned_tools(drafts: list[_Draft], tools: ToolCollector) -> None:
    """Add grants of tools that a decorator or a register call attaches to an agent or a server."""
    by_call = {id(draft.node): draft for draft in drafts}
    for made_by, symbol in tools.owners:
        draft = by_call.get(made_by)
        if draft is not None:
            fact = tools.fact_of(symbol)
            place = fact.place if fact is not None else draft.place
            draft.grants.append(GrantFact(GrantKind.LOCAL, symbol, place))
    _add_registered_tools(by_call, tools)
    _add_mounted_servers(by_call, tools)
    _add_caller_grants(by_call, tools)
    servers = [draft for draft in drafts if draft.is_server]
    if len(servers) == 1 and not servers[0].grants:
        # A low-level server offers the tools that its list handler returns.
        servers[0].grants += [
            GrantFact(GrantKind.LOCAL, fact.symbol or "", fact.place)
            for fact in tools.facts
            if fact.framework == "mcp" and fact.idiom in {"list-handler", "schema"}
        ]


def _add_mounted_servers(by_call: dict[int, _Draft], tools: ToolCollector) -> None:
    """Add to a server the tools of the servers that are mounted on it, `main.mount(proxy)`."""
    for word in sorted(PYTHON_MOUNTING_METHODS):
        for node, scope in tools.module.calls.get(word, []):
            if not (isinstance(node.func, ast.Attribute) and node.args):
                continue
            host, guest = (tools.values.resolve(one, scope) for one in (node.func.value, node.args[0]))
            hosting = by_call.get(id(host.node)) if isinstance(host, Expression) else None
            mounted = by_call.get(id(guest.node)) if isinstance(guest, Expression) else None
            if hosting is not None and mounted is not None and hosting.is_server and mounted is not hosting:
                hosting.grants += [grant for grant in mounted.grants if grant not in hosting.grants]


def _add_caller_grants(by_call: dict[int, _Draft], tools: ToolCollector) -> None:
    """Add grants to the caller in `register_function(f, caller=planner, executor=runner)`."""
    for node, scope in tools.module.calls.get("register_function", []):
        caller = tools.values.resolve(keyword(node, "caller"), scope)
        draft = by_call.get(id(caller.node)) if isinstance(caller, Expression) else None
        if draft is not None:
            known = tools.symbols_of(node)
            draft.grants += [GrantFact(GrantKind.LOCAL, symbol, tools.module.place(node)) for symbol in known]


def _grants_added(node: ast.Call, word: str, scope: Scope, tools: ToolCollector) -> tuple[GrantFact, ...]:
    given = keyword(node, PYTHON_ADDING_METHODS[word]) or (node.args[0] if node.args else None)
    if given is None or not names_a_list(given):
        return ()
    return grants_of(given if word.endswith("s") else ast.List(elts=[given], ctx=ast.Load()), scope, tools)


def _add_registered_tools(by_call: dict[int, _Draft], tools: ToolCollector) -> None:
    for word in (*PYTHON_ADDING_METHODS, "register_function", "tool", "register_for_llm", "()"):
        for node, scope in tools.module.calls.get(word, []):
            func = node.func.func if isinstance(node.func, ast.Call) else node.func
            if not isinstance(func, ast.Attribute):
                continue
            owner = tools.values.resolve(func.value, scope)
            draft = by_call.get(id(owner.node)) if isinstance(owner, Expression) else None
            if draft is None:
                continue
            known = tools.symbols_of(node)
            if known:
                draft.grants += [GrantFact(GrantKind.LOCAL, symbol, tools.module.place(node)) for symbol in known]
            elif word in PYTHON_ADDING_METHODS:
                draft.grants += _grants_added(node, word, scope, tools)


def _assign_servers(drafts: list[_Draft], tools: ToolCollector) -> None:
    """Assign MCP connections to the agents whose call or variables reach them, else to all agents of the file."""
    found = find_servers(tools)
    agents = [draft for draft in drafts if not draft.is_server]
    for node, fact in found:
        proxies = [draft for draft in drafts if draft.is_server and _relays(draft, node, tools)]
        reached = proxies or [draft for draft in agents if _reaches(draft, node, tools)]
        for draft in reached or agents:
            draft.servers.append(fact)
    if found and not agents and not drafts:
        node, fact = found[0]
        drafts.append(
            _Draft(
                node,
                tools.module.scope,
                fact.name or "client",
                None,
                "mcp",
                fact.place,
                servers=[one for _, one in found],
            )
        )


def _relays(draft: _Draft, node: ast.Call, tools: ToolCollector) -> bool:
    """Whether a server passes calls on by a connection: `FastMCP.as_proxy("http://...")`, `as_proxy(client)`."""
    holder = tools.module.assigned_names.get(id(node))
    used = set(mentioned(draft.node)) if isinstance(draft.node, ast.Call) else set()
    return draft.node is node or _encloses(draft.node, node) or (holder in used)


def _reaches(draft: _Draft, node: ast.Call, tools: ToolCollector) -> bool:
    holder = tools.module.assigned_names.get(id(node))
    if isinstance(draft.node, ast.Call):
        for given in draft.node.keywords:
            if given.arg not in PYTHON_SERVER_KEYWORDS:
                continue
            for inner in ast.walk(given.value):
                if inner is node or (
                    holder and isinstance(inner, (ast.Name, ast.Attribute)) and dotted(inner) == holder
                ):
                    return True
    return False


def _assign_safeguards(drafts: list[_Draft], tools: ToolCollector) -> None:
    """Assign approvals and limits to the agents they are passed to or called on, else to the file's only agent."""
    if not drafts:
        return
    holders = {holder: draft for draft in drafts if (holder := tools.module.assigned_names.get(id(draft.node)))}
    for calls in tools.module.calls.values():
        for node, scope in calls:
            found = agent_safeguards(node, scope, tools)
            for draft in _guarded(node, drafts, holders, tools) if found else ():
                draft.safeguards += found


def _guarded(node: ast.Call, drafts: list[_Draft], holders: dict[str, _Draft], tools: ToolCollector) -> list[_Draft]:
    around = [draft for draft in drafts if draft.node is node or _encloses(draft.node, node)]
    if around:
        return around
    receiver = dotted(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    if receiver in holders:
        return [holders[receiver]]
    named = [holders[name] for name in dict.fromkeys(mentioned(node)) if name in holders]
    holder = tools.module.assigned_names.get(id(node))
    users = [
        draft
        for draft in drafts
        if holder and isinstance(draft.node, ast.Call) and holder in set(mentioned(draft.node))
    ]
    return named or users or (drafts if len(drafts) == 1 else [])


def _encloses(outer: ast.expr, node: ast.Call) -> bool:
    """Whether a call is written within another one."""
    start, end = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    return (
        isinstance(outer, ast.Call)
        and (outer.lineno, outer.col_offset) <= start
        and end <= (outer.end_lineno or 0, outer.end_col_offset or 0)
    )


def _grant_elsewhere(tools: ToolCollector) -> None:
    """Add the plain functions in other `tools=` lists, such as those of toolsets and tool nodes, as tools."""
    for node, scope in tools.module.granting_calls:
        for given in node.keywords:
            if _grants_by_name(given.arg) and names_a_list(given.value) and not isinstance(given.value, ast.Dict):
                grants_of(given.value, scope, tools)
    for word in PYTHON_TOOL_HOLDERS:
        for node, scope in tools.module.calls.get(word, []):
            if node.args and names_a_list(node.args[0]):
                grants_of(node.args[0], scope, tools)


def _grants_by_name(argument: str | None) -> bool:
    """Tell whether a keyword grants tools (`tools=`, `initial_tools=`, `backend_tools=`) and does not withhold them."""
    if argument in {"tools", "toolsets"}:
        return True
    return argument is not None and argument.endswith("_tools") and not argument.startswith(PYTHON_WITHHOLDING_PREFIXES)


def _merge_inner(draft: _Draft, drafts: list[_Draft], places: dict[int, int]) -> _Draft:
    """Merge the inner agents of a draft into it; `places` maps the id of a draft's node to its index in `drafts`."""
    inner = sorted(places[node] for node in draft.inner if node in places and node != id(draft.node))
    for other in [drafts[at] for at in inner]:
        draft = replace(
            draft,
            grants=[*draft.grants, *other.grants],
            servers=[*draft.servers, *other.servers],
            model=draft.model or other.model,
            description=draft.description or other.description,
            runs_code=draft.runs_code or other.runs_code,
            safeguards=[*draft.safeguards, *other.safeguards],
        )
    return draft


def describe_file(tools: ToolCollector) -> str | None:
    """Return the file's description, from a SentinelCallbackHandler or the only variable named "*description*"."""
    for node, scope in tools.module.calls.get(PYTHON_CALLBACK_HANDLER, []):
        text = tools.values.text(keyword(node, "description", "agent_description"), scope)
        if isinstance(text, str):
            return shorten(text, _LONGEST_DESCRIPTION)
    texts = [
        text
        for name, bindings in tools.module.scope.bindings.items()
        if "description" in name.lower() and "." not in name and "tool" not in name.lower()
        if isinstance(text := tools.values.text(bindings[-1].value, tools.module.scope), str) and text.strip()
    ]
    # Of several, none is the file's: they describe its tools, one each.
    return shorten(texts[0], _LONGEST_DESCRIPTION) if len(texts) == 1 else None


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
