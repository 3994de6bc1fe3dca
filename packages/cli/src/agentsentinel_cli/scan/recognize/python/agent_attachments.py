"""What is attached to an agent after it is made, or beside it: tools, MCP connections, approvals and limits."""

import ast

from agentsentinel_cli.scan.catalog.agents import (
    PYTHON_ADDING_METHODS,
    PYTHON_SERVER_KEYWORDS,
)
from agentsentinel_cli.scan.catalog.servers import (
    PYTHON_MOUNTING_METHODS,
)
from agentsentinel_cli.scan.model import (
    GrantFact,
    GrantKind,
)
from agentsentinel_cli.scan.recognize.python.agent_draft import AgentDraft
from agentsentinel_cli.scan.recognize.python.collector import ToolCollector
from agentsentinel_cli.scan.recognize.python.grants import grants_of, names_a_list
from agentsentinel_cli.scan.recognize.python.safeguards import agent_safeguards, mentioned
from agentsentinel_cli.scan.recognize.python.servers import find_servers
from agentsentinel_cli.scan.syntax.python.resolve import Expression
from agentsentinel_cli.scan.syntax.python.scopes import (
    BindingKind,
    Scope,
    dotted,
    keyword,
)


def add_assigned_tools(drafts: list[AgentDraft], tools: ToolCollector) -> None:
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


def add_owned_tools(drafts: list[AgentDraft], tools: ToolCollector) -> None:
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


def _add_mounted_servers(by_call: dict[int, AgentDraft], tools: ToolCollector) -> None:
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


def _add_caller_grants(by_call: dict[int, AgentDraft], tools: ToolCollector) -> None:
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


def _add_registered_tools(by_call: dict[int, AgentDraft], tools: ToolCollector) -> None:
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


def assign_servers(drafts: list[AgentDraft], tools: ToolCollector) -> None:
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
            AgentDraft(
                node,
                tools.module.scope,
                fact.name or "client",
                None,
                "mcp",
                fact.place,
                servers=[one for _, one in found],
            )
        )


def _relays(draft: AgentDraft, node: ast.Call, tools: ToolCollector) -> bool:
    """Whether a server passes calls on by a connection: `FastMCP.as_proxy("http://...")`, `as_proxy(client)`."""
    holder = tools.module.assigned_names.get(id(node))
    used = set(mentioned(draft.node)) if isinstance(draft.node, ast.Call) else set()
    return draft.node is node or _encloses(draft.node, node) or (holder in used)


def _reaches(draft: AgentDraft, node: ast.Call, tools: ToolCollector) -> bool:
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


def assign_safeguards(drafts: list[AgentDraft], tools: ToolCollector) -> None:
    """Assign approvals and limits to the agents they are passed to or called on, else to the file's only agent."""
    if not drafts:
        return
    holders = {holder: draft for draft in drafts if (holder := tools.module.assigned_names.get(id(draft.node)))}
    for calls in tools.module.calls.values():
        for node, scope in calls:
            found = agent_safeguards(node, scope, tools)
            for draft in _guarded(node, drafts, holders, tools) if found else ():
                draft.safeguards += found


def _guarded(
    node: ast.Call, drafts: list[AgentDraft], holders: dict[str, AgentDraft], tools: ToolCollector
) -> list[AgentDraft]:
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
