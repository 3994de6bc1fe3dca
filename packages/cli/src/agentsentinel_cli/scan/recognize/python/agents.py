"""Recogniser of agents and servers: which calls and classes make one, and what it is made with."""

import ast

from agentsentinel_cli.scan.catalog.agents import (
    PYTHON_AGENT_CLASS_METHOD_OWNERS,
    PYTHON_AGENT_CLASS_METHODS,
    PYTHON_AGENT_DESCRIPTION_KEYWORDS,
    PYTHON_AGENT_FAMILY,
    PYTHON_AGENT_KEYWORDS,
    PYTHON_AGENTS,
    PYTHON_CALLBACK_HANDLER,
    PYTHON_COMMON_AGENTS,
    PYTHON_CONFIGURED_REQUESTS,
    PYTHON_KERNEL,
    PYTHON_OTHER_AGENTS,
    PYTHON_REQUESTS,
    PYTHON_SUBAGENT_KEYWORDS,
    PYTHON_TOOL_HOLDERS,
    PYTHON_TOOL_KEYWORDS,
    PYTHON_WITHHOLDING_PREFIXES,
    RUNTIME_AGENTS,
    TOOLS_ELSEWHERE,
)
from agentsentinel_cli.scan.catalog.servers import (
    MCP_SERVER_PACKAGES,
    PYTHON_GENERATED_SERVERS,
    PYTHON_SERVERS,
)
from agentsentinel_cli.scan.model import (
    AgentFact,
    GrantFact,
    GrantKind,
    Symbol,
)
from agentsentinel_cli.scan.recognize.python.agent_attachments import (
    add_assigned_tools,
    add_owned_tools,
    assign_safeguards,
    assign_servers,
)
from agentsentinel_cli.scan.recognize.python.agent_draft import AgentDraft, merge_inner
from agentsentinel_cli.scan.recognize.python.agent_identity import (
    LONGEST_DESCRIPTION,
    model_of,
    name_around,
    name_of,
    purpose_of,
)
from agentsentinel_cli.scan.recognize.python.code_execution import code_execution, provider_sandboxes
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.constructor_grants import borne_grants, generated_tools, listed_grants
from agentsentinel_cli.scan.recognize.python.functions import description_of
from agentsentinel_cli.scan.recognize.python.grants import grants_of, names_a_list
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression
from agentsentinel_cli.scan.syntax.python.scopes import (
    Scope,
    ScopeKind,
    dotted,
    held_path,
    keyword,
    last_word,
)


def find_agents(tools: ToolCollector) -> tuple[AgentFact, ...]:
    """Find the agents of a file with their grants. Plain functions in their lists are added to `tools`."""
    drafts = _drafts(tools)
    add_assigned_tools(drafts, tools)
    add_owned_tools(drafts, tools)
    assign_servers(drafts, tools)
    assign_safeguards(drafts, tools)
    _grant_elsewhere(tools)
    swallowed = {inner for draft in drafts for inner in draft.inner}
    places = {id(draft.node): at for at, draft in enumerate(drafts)}
    merged = [merge_inner(draft, drafts, places) for draft in drafts if id(draft.node) not in swallowed]
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


def _add_tools_of_runtime(draft: AgentDraft) -> None:
    """Say of an agent for which no tool is listed that its runtime, or another file, gives it some."""
    given = RUNTIME_AGENTS.get(last_word(draft.node)) if isinstance(draft.node, ast.Call) else None
    if draft.is_server and draft.symbol:
        given = TOOLS_ELSEWHERE
    if given is not None and not (draft.grants or draft.servers or draft.runs_code):
        draft.grants = [GrantFact(GrantKind.DYNAMIC, given, draft.place)]


def _is_hollow(draft: AgentDraft) -> bool:
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


def _drafts(tools: ToolCollector) -> list[AgentDraft]:
    drafts: list[AgentDraft] = []
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


def _subagents(draft: AgentDraft, tools: ToolCollector) -> list[AgentDraft]:
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


def _subagent(draft: AgentDraft, node: ast.Dict, scope: Scope, tools: ToolCollector) -> AgentDraft:
    def text(key: str) -> str | None:
        found = tools.values.text(tools.values.entry(node, key), scope)
        return found if isinstance(found, str) and found.strip() else None

    place = tools.module.place(node)
    name = shorten(text("name") or f"subagent of {draft.name}", 100)
    said = next((found for key in PYTHON_AGENT_DESCRIPTION_KEYWORDS if (found := text(key))), None)
    made = AgentDraft(node, scope, name, None, draft.framework, place, model=text("model") or draft.model)
    made.description = shorten(said, LONGEST_DESCRIPTION) if said else None
    listed = tools.values.entry(node, "tools")
    # Without a list of its own, it has the tools of the agent that runs it.
    made.grants = list(grants_of(listed, scope, tools)) if listed is not None else list(draft.grants)
    return made


def _names_an_agent(word: str) -> bool:
    return word in PYTHON_AGENTS or word in PYTHON_COMMON_AGENTS or PYTHON_AGENT_FAMILY.match(word) is not None


def _add_api_call(drafts: list[AgentDraft], node: ast.Call, scope: Scope, tools: ToolCollector) -> None:
    """Add a model request with tools as an agent, named after the code around it.

    A follow-up request in the same code extends that agent.
    """
    draft = _draft(node, scope, tools, is_server=False)
    if keyword(node, "name") is None:
        draft.name, draft.symbol = name_around(node, scope), None
    if not draft.grants:
        return
    for known in drafts:
        if (known.name, known.framework, known.symbol) == (draft.name, draft.framework, None):
            known.grants += draft.grants
            known.model = known.model or draft.model
            return
    drafts.append(draft)


def _class_drafts(tools: ToolCollector) -> list[AgentDraft]:
    """Find subclasses of agents, `class Receptionist(Agent)`, with tools as methods or passed to `super().__init__`."""
    drafts: list[AgentDraft] = []
    for scope in tools.module.classes:
        base = next((base for base in tools.values.bases(scope) if isinstance(base, Symbol)), None)
        if base is None or not base.name.endswith("Agent"):
            continue
        draft = AgentDraft(
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
                draft.model = model_of(node, where, tools)
                draft.description = purpose_of(node, where, tools) or draft.description
                draft.runs_code = code_execution(node, where, tools)
                draft.grants += listed_grants(node, where, tools)
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


def _draft(node: ast.Call, scope: Scope, tools: ToolCollector, *, is_server: bool) -> AgentDraft:
    holder = tools.module.assigned_names.get(id(node))
    symbol = held_path(scope, holder) if holder else None
    origin = tools.values.origin(node.func, scope)
    draft = AgentDraft(
        node,
        scope,
        name_of(node, scope, holder, tools),
        symbol,
        tools.framework(origin, "mcp" if is_server else None),
        tools.module.place(node),
        is_server=is_server,
    )
    draft.model = model_of(node, scope, tools)
    draft.description = purpose_of(node, scope, tools)
    draft.grants += listed_grants(node, scope, tools)
    draft.grants += borne_grants(node, scope, tools)
    if last_word(node) in PYTHON_GENERATED_SERVERS:
        draft.grants.append(generated_tools(node, tools))
    draft.runs_code = code_execution(node, scope, tools)
    draft.grants += provider_sandboxes(node, scope, tools)
    kernel = tools.values.resolve(keyword(node, "kernel"), scope)
    if isinstance(kernel, Expression):
        draft.inner.add(id(kernel.node))
    if last_word(node).endswith("AgentExecutor") or last_word(node) == "from_agent_and_tools":
        inner = tools.values.resolve(keyword(node, "agent"), scope)
        if isinstance(inner, Expression):
            draft.inner.add(id(inner.node))
    return draft


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
