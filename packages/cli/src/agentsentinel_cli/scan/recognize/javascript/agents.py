"""Recogniser of agents and servers in JavaScript: their names, descriptions, models and grants."""

from collections.abc import Iterator

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.agents import (
    JAVASCRIPT_AGENT_DESCRIPTION_KEYS,
    JAVASCRIPT_AGENT_FAMILY,
    JAVASCRIPT_AGENT_KEYS,
    JAVASCRIPT_AGENTS,
    JAVASCRIPT_AGENTS_BY_TOOLS,
    JAVASCRIPT_COMMON_AGENTS,
    JAVASCRIPT_MODEL_KEYS,
    JAVASCRIPT_OTHER_AGENTS,
    JAVASCRIPT_REQUESTS,
    JAVASCRIPT_SUBAGENTS_KEY,
    JAVASCRIPT_TOOL_KEYS,
    OTHER_MODEL_CALLS,
    OTHER_MODELS,
    RUNTIME_AGENTS,
    SYSTEM_ROLES,
    UNASKED_MODE,
)
from agentsentinel_cli.scan.catalog.frameworks import JAVASCRIPT_NETWORK_PACKAGES
from agentsentinel_cli.scan.catalog.hosted import RUNTIME_SERVER_PREFIX, RUNTIME_TOOLS
from agentsentinel_cli.scan.catalog.servers import JAVASCRIPT_COMMON_SERVERS, JAVASCRIPT_SERVERS
from agentsentinel_cli.scan.catalog.toolkits import BEARERS, BEARING_KEYWORDS
from agentsentinel_cli.scan.model import PURPOSE_ELSEWHERE, AgentFact, GrantFact, GrantKind, ServerFact, Symbol
from agentsentinel_cli.scan.recognize.javascript.collector import ToolCollector, framework_of
from agentsentinel_cli.scan.recognize.javascript.grants import grants_of, names_of_strings
from agentsentinel_cli.scan.recognize.javascript.servers import find_servers
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    arguments_of,
    callee_of,
    inside,
    key_of,
    last_word,
    place_of,
    text_of,
)
from agentsentinel_cli.scan.syntax.javascript.resolve import returned_by
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable

_LONGEST_DESCRIPTION = 2000
_NO_PROMPTS = frozenset({"string", "template_string", "undefined", "null", "false"})
"""Kinds of values that state no purpose when they hold no text."""


def find_agents(tools: ToolCollector) -> tuple[AgentFact, ...]:
    """Find the agents and servers of a file with their grants, in document order."""
    connections = find_servers(tools)
    calls = list(_agent_calls(tools))
    agents = [_agent(call, tools, _servers_of(call, len(calls), connections)) for call in calls]
    agents = _without_turns(agents, [last_word(callee_of(call)) in JAVASCRIPT_REQUESTS for call in calls])
    agents += [one for call in calls for one in _written_subagents(call, tools)]
    servers = list(_server_calls(tools))
    registered = _registered(tools)
    agents += [_server(call, registered, len(servers) == 1, tools) for call in servers]
    agents += _owners_without_server(agents, tools)
    agents = [
        agent for agent in agents if agent.grants or agent.servers or agent.model or agent.description or agent.symbol
    ]
    return tuple(sorted(agents, key=lambda agent: (agent.place.line, agent.place.column)))


def _without_turns(agents: list[AgentFact], are_turns: list[bool]) -> list[AgentFact]:
    """Merge calls of a model's API with equal grants, which are turns of one conversation, into the first of them."""
    seen: set[tuple[object, ...]] = set()
    kept: list[AgentFact] = []
    for agent, is_turn in zip(agents, are_turns, strict=True):
        granted = tuple(grant.target for grant in agent.grants)
        if not is_turn or granted not in seen:
            kept.append(agent)
        if is_turn:
            seen.add(granted)
    return kept


def model_of_file(tools: ToolCollector) -> str | None:
    """Return the first model named in a constructor or an API call, or None."""
    named = [
        (pair.start_byte, text)
        for node in tools.module.objects
        if (around := tools.module.parent(node)) is not None and around.type == "arguments"
        for key, pair in tools.values.fields(node).items()
        if key in JAVASCRIPT_MODEL_KEYS and (text := _model(pair, tools)) and not _is_other_model(around, text, tools)
    ]
    return min(named)[1] if named else None


def _is_other_model(arguments: Node, model: str, tools: ToolCollector) -> bool:
    """Whether a model does not chat: it embeds, ranks, moderates, speaks or draws."""
    call = tools.module.parent(arguments)
    callee = text_of(callee_of(call)) if call is not None else ""
    return OTHER_MODELS.search(model) is not None or OTHER_MODEL_CALLS.search(callee[-100:]) is not None


def description_of_file(tools: ToolCollector) -> str | None:
    """Return the text of the only module-level variable whose name contains "description", or None.

    Of several, none is the file's: they describe its tools, one each.
    """
    texts = [
        text
        for name, declared in tools.module.declarations.items()
        if "description" in name.lower()
        and declared[0].scope[0] == tools.module.root.start_byte
        and not declared[0].is_assigned
        and (text := tools.values.plain(declared[0].value))
    ]
    return texts[0][:_LONGEST_DESCRIPTION] if len(texts) == 1 else None


def _agent_calls(tools: ToolCollector) -> Iterator[Node]:
    for word, calls in tools.module.calls.items():
        if _names_an_agent(word) and word not in JAVASCRIPT_OTHER_AGENTS:
            yield from (call for call in calls if _is_agent(call, word, tools))
        elif word in JAVASCRIPT_REQUESTS:
            yield from (call for call in calls if "tools" in _options(call, tools) and call.type == "call_expression")


def _names_an_agent(word: str) -> bool:
    return word in JAVASCRIPT_AGENTS or word in JAVASCRIPT_COMMON_AGENTS or bool(JAVASCRIPT_AGENT_FAMILY.match(word))


def _options(call: Node, tools: ToolCollector) -> dict[str, Node]:
    for given in arguments_of(call):
        fields = tools.values.fields(given)
        if fields:
            # Nested options: `query({prompt, options: {allowedTools}})`, `getGenerativeModel({config: {tools}})`
            for key in ("options", "config"):
                if key in fields and "tools" not in fields:
                    fields = {**fields, **tools.values.fields(fields[key])}
            return fields
    return {}


def _is_agent(call: Node, word: str, tools: ToolCollector) -> bool:
    origin = tools.module.origin(callee_of(call))
    if origin is not None and JAVASCRIPT_NETWORK_PACKAGES.search(origin.module):
        return False
    if word == "bindTools":
        return bool(arguments_of(call))
    fields = _options(call, tools)
    is_method = origin is None and "." in text_of(callee_of(call)) and call.type == "call_expression"
    if word in JAVASCRIPT_AGENTS_BY_TOOLS or (is_method and word not in RUNTIME_AGENTS):
        # `repository.createAgent({name})` stores a record, unless its object is a framework's.
        return any(key in fields for key in (*JAVASCRIPT_TOOL_KEYS, "mcpServers")) or _asks_nothing(fields, tools)
    return word in RUNTIME_AGENTS or bool(JAVASCRIPT_AGENT_KEYS & fields.keys())


def _agent(call: Node, tools: ToolCollector, servers: tuple[ServerFact, ...]) -> AgentFact:
    fields = _options(call, tools)
    origin = tools.module.origin(callee_of(call))
    grants: list[GrantFact] = []
    for key in JAVASCRIPT_TOOL_KEYS:
        if key == "allowedTools":
            grants += _allowed(fields.get(key), tools)
        elif key in fields:
            grants += grants_of(fields[key], tools)
    known = {grant.target for grant in grants}
    grants += [grant for grant in _of_subagents(fields.get("agents"), tools) if grant.target not in known]
    if "allowedTools" not in fields and _asks_nothing(fields, tools):
        grants += [GrantFact(GrantKind.HOSTED, name, place_of(call)) for name in RUNTIME_TOOLS]
    if last_word(callee_of(call)) == "bindTools":
        grants += grants_of(arguments_of(call)[0], tools)
    grants += _handoffs(fields, tools)
    grants += _borne_grants(fields, tools)
    given = RUNTIME_AGENTS.get(last_word(callee_of(call)))
    if given is not None and not (grants or servers):
        grants.append(GrantFact(GrantKind.DYNAMIC, given, place_of(call)))
    holder = _holder(call, tools)
    return AgentFact(
        tools.values.plain(fields.get("name") or fields.get("id")) or holder or last_word(callee_of(call)),
        place_of(call),
        tools.framework(origin),
        tools.module.assigned_names.get(call.id),
        next((text for key in JAVASCRIPT_MODEL_KEYS if (text := _model(fields.get(key), tools))), None),
        _description(fields, tools),
        tuple(dict.fromkeys(grants)),
        servers,
    )


def _description(fields: dict[str, Node], tools: ToolCollector) -> str | Symbol | None:
    """Return the stated purpose: its text, where another file holds that, or that it is not known; else None."""
    given = [fields[key] for key in JAVASCRIPT_AGENT_DESCRIPTION_KEYS if key in fields]
    given += _system_messages(fields.get("messages"), tools)
    texts = (_purpose(node, tools) for node in given)
    known = next((text[:_LONGEST_DESCRIPTION] for text in texts if text), None)
    return known or next((one for node in given if (one := _purpose_elsewhere(node, tools))), None)


def _system_messages(messages: Node | None, tools: ToolCollector) -> list[Node]:
    """Return the system messages of a request, or what holds its messages when they are known only at run time."""
    listed = [one for one in tools.values.elements(messages) if isinstance(one, Node)] if messages is not None else []
    written = [fields for one in listed if (fields := tools.values.fields(one))]
    if messages is not None and not written:
        return [messages]
    system = [fields for fields in written if tools.values.plain(fields.get("role")) in SYSTEM_ROLES]
    return [fields["content"] for fields in system if "content" in fields]


def _purpose_elsewhere(node: Node, tools: ToolCollector) -> str | Symbol | None:
    meaning = tools.values.resolve(node)
    if isinstance(meaning, Symbol):
        return meaning
    return None if (meaning or node).type in _NO_PROMPTS else PURPOSE_ELSEWHERE


def _purpose(node: Node | None, tools: ToolCollector) -> str:
    """Return the text of instructions, also of a list of them or of a function that returns them."""
    value = tools.values.node(node)
    if value is not None and value.type == "array":
        return " ".join(
            tools.values.plain(one) for one in tools.values.elements(value) if isinstance(one, Node)
        ).strip()
    if value is not None and value.type in FUNCTIONS:
        return " ".join(_template_text(one, tools) for one in returned_by(value)).strip()
    return (_template_text(value, tools) if value is not None else tools.values.plain(node)).strip()


def _template_text(node: Node, tools: ToolCollector) -> str:
    """Return a text, or the literal parts of a template."""
    parts = [text_of(part) for part in node.named_children if part.type == "string_fragment"]
    return tools.values.plain(node) or " ".join(parts)


def _allowed(node: Node | None, tools: ToolCollector) -> list[GrantFact]:
    """Return grants for names of built-in tools of the runtime; tools of MCP servers (`mcp__x__y`) are skipped."""
    names = [name for name in names_of_strings(node, tools) if not name.startswith(RUNTIME_SERVER_PREFIX)]
    return [GrantFact(GrantKind.HOSTED, name, place_of(node)) for name in names] if node is not None else []


def _asks_nothing(fields: dict[str, Node], tools: ToolCollector) -> bool:
    """Whether an agent may use every tool of the runtime without asking."""
    return tools.values.plain(fields.get("permissionMode")) == UNASKED_MODE


def _of_subagents(node: Node | None, tools: ToolCollector) -> list[GrantFact]:
    """Return grants for the tools of the agents that an agent defines, `agents: {fixer: {tools: ["Bash"]}}`."""
    defined = tools.values.fields(node) if node is not None else {}
    return [grant for one in defined.values() for grant in _allowed(tools.values.fields(one).get("tools"), tools)]


def _written_subagents(call: Node, tools: ToolCollector) -> Iterator[AgentFact]:
    """Yield the agents that are passed to another one as objects with tools, `subagents: [{name, tools: [...]}]`."""
    framework = tools.framework(tools.module.origin(callee_of(call)))
    for one in tools.values.elements(_options(call, tools).get(JAVASCRIPT_SUBAGENTS_KEY)):
        node = tools.values.node(one) if isinstance(one, Node) else None
        fields = tools.values.fields(node) if node is not None else {}
        if node is not None and "tools" in fields:
            yield AgentFact(
                tools.values.plain(fields.get("name")) or JAVASCRIPT_SUBAGENTS_KEY,
                place_of(node),
                framework,
                description=_description(fields, tools),
                grants=grants_of(fields["tools"], tools),
            )


def _borne_grants(fields: dict[str, Node], tools: ToolCollector) -> list[GrantFact]:
    """Return grants of the backends and the middleware that give an agent tools."""
    given = [one for key in BEARING_KEYWORDS if (one := tools.values.node(fields.get(key))) is not None]
    made = [one for node in given for one in inside(node) if one.type in {"new_expression", "call_expression"}]
    words = [(word, one) for one in made for word in text_of(callee_of(one)).split(".")]
    return [GrantFact(GrantKind.HOSTED, word, place_of(one)) for word, one in words if word in BEARERS]


def _handoffs(fields: dict[str, Node], tools: ToolCollector) -> list[GrantFact]:
    handoffs = [one for one in tools.values.elements(fields.get("handoffs")) if isinstance(one, Node)]
    return [
        GrantFact(GrantKind.LOCAL, text_of(one), place_of(one))
        for one in handoffs
        if one.type == "identifier" and tools.values.node(one) is not None
    ]


def _holder(call: Node, tools: ToolCollector) -> str:
    """Return the variable or field that holds an agent, else the name of the function that creates it."""
    own = _name_held(tools.module, call)
    around = None if own else tools.module.nearest(call, _is_named)
    return own or (_name_held(tools.module, around) if around is not None else "")


def _name_held(module: SymbolTable, node: Node) -> str:
    return module.assigned_names.get(node.id) or (key_of(node) if node.type == "method_definition" else None) or ""


def _is_named(module: SymbolTable, node: Node) -> bool:
    return bool(_name_held(module, node))


def _model(node: Node | None, tools: ToolCollector) -> str:
    """Return the model's name, "gpt-4o", from `"gpt-4o"`, `openai("gpt-4o")`, `new ChatOpenAI({model: "gpt-4o"})`."""
    if node is None:
        return ""
    text = tools.values.plain(node)
    if text:
        return text if len(text) <= 80 and " " not in text else ""
    value = tools.values.node(node)
    if value is None or value.type not in {"call_expression", "new_expression"}:
        return ""
    for given in arguments_of(value):
        fields = tools.values.fields(given)
        text = tools.values.plain(fields.get("model") or fields.get("modelName") or given)
        if text:
            return text if " " not in text else ""
    return ""


def _servers_of(call: Node, agents: int, connections: list[tuple[Node, ServerFact]]) -> tuple[ServerFact, ...]:
    """Return the connections inside an agent's call, or all of the file when it has only one agent."""
    return tuple(
        fact for node, fact in connections if agents == 1 or call.start_byte <= node.start_byte < call.end_byte
    )


def _server_calls(tools: ToolCollector) -> Iterator[Node]:
    for word in JAVASCRIPT_SERVERS | JAVASCRIPT_COMMON_SERVERS:
        for call in tools.module.calls.get(word, ()):
            origin = tools.module.origin(callee_of(call))
            is_known = origin is not None and (
                framework_of(origin.module) is not None or "mcp" in origin.module.lower()
            )
            if is_known or (word != "Server" and call.type == "new_expression" and origin is None):
                yield call


def _server(call: Node, registered: dict[str, list[GrantFact]], is_only: bool, tools: ToolCollector) -> AgentFact:
    fields = _options(call, tools)
    symbol = tools.module.assigned_names.get(call.id)
    grants = [*grants_of(fields.get("tools"), tools)] if "tools" in fields and "name" in fields else []
    grants += registered.get(symbol or "", [])
    grants += _listed(tools) if is_only else []
    return AgentFact(
        tools.values.plain(fields.get("name")) or symbol or "server",
        place_of(call),
        tools.framework(tools.module.origin(callee_of(call)), "mcp"),
        symbol,
        description=tools.values.plain(fields.get("description") or fields.get("instructions")) or None,
        grants=tuple(dict.fromkeys(grants)),
    )


def _registered(tools: ToolCollector) -> dict[str, list[GrantFact]]:
    """Return the grants registered on each server's variable or field; tools of other files come last."""
    found: dict[str, list[GrantFact]] = {}
    for fact in tools.facts:
        owner = tools.owners.get(fact.symbol) if fact.symbol is not None else None
        if owner:
            found.setdefault(owner.removeprefix("this."), []).append(
                GrantFact(GrantKind.LOCAL, fact.symbol or "", fact.place)
            )
    for owner, grant in tools.foreign:
        found.setdefault(owner.removeprefix("this."), []).append(grant)
    return found


def _listed(tools: ToolCollector) -> list[GrantFact]:
    """Return the grants in the answers of a server's handlers of list requests."""
    grants: list[GrantFact] = []
    for resolve_exports in tools.listed:
        grants += grants_of(resolve_exports, tools)
    known = {grant.target for grant in grants}
    return grants + [
        GrantFact(GrantKind.LOCAL, fact.symbol, fact.place)
        for fact in tools.facts
        if fact.symbol is not None and fact.symbol not in known and fact.idiom == "list-handler"
    ]


def _owners_without_server(agents: list[AgentFact], tools: ToolCollector) -> list[AgentFact]:
    """Return an agent for each server that is a parameter of this file and gets only imported tools registered."""
    granted = {grant for agent in agents for grant in agent.grants}
    found: dict[str, list[GrantFact]] = {}
    for owner, grant in tools.foreign:
        if grant not in granted:
            found.setdefault(owner, []).append(grant)
    return [
        AgentFact(owner.removeprefix("this."), grants[0].place, tools.framework(), grants=tuple(grants))
        for owner, grants in found.items()
    ]
