"""One entity per agent: folds what several vectors, or several processes, have seen of one agent. Pure.

A process that listens is one agent, not two; a launcher such as `npx` and the server it started are one; so are a
server and its workers.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from agentsentinel_cli.discover.model import SOURCES, AgentTool, DiscoveredAgent, Kind
from agentsentinel_core.light_dataclasses import replace

_Item = TypeVar("_Item")
_MOST_ANCESTORS = 64

LAUNCHER = "launcher"
"""Value of `transport` of a process that has only started an MCP server, until it is folded into that server."""


def merge(agents: Iterable[DiscoveredAgent], parents: Mapping[int, int]) -> list[DiscoveredAgent]:
    """Return one entity per agent. `parents` maps the pid of every process to that of its parent."""
    folded = _fold_family([agent for agent in agents if agent.source == "process"], parents)
    rest: list[DiscoveredAgent] = []
    for agent in (agent for agent in agents if agent.source != "process"):
        position = _same_agent(agent, folded)
        if position is not None:
            folded[position] = _with_server(folded[position], agent)
        elif (twin := _twin(agent, rest)) is not None:
            rest[twin] = _with_server(rest[twin], agent)
        else:
            rest.append(agent)
    return [*folded, *rest]


def _fold_family(agents: list[DiscoveredAgent], parents: Mapping[int, int]) -> list[DiscoveredAgent]:
    by_pid = {agent.pid: agent for agent in agents if agent.pid is not None}
    kept = dict(by_pid)
    # Parents first, so that a chain npx -> sh -> node ends in the last of them and workers in the first.
    for pid in sorted(by_pid, key=lambda pid: len(_ancestors(pid, parents))):
        ancestor = next((kept[above] for above in _ancestors(pid, parents) if above in kept), None)
        if ancestor is None or ancestor.pid is None:
            continue
        child = kept[pid]
        if ancestor.transport == LAUNCHER:
            del kept[ancestor.pid]
            kept[pid] = _with_launcher(child, ancestor)
        elif child.script is not None and child.script == ancestor.script:
            del kept[pid]
            kept[ancestor.pid] = _with_worker(ancestor, child)
    return [_settled(agent) for agent in kept.values()]


def _ancestors(pid: int, parents: Mapping[int, int]) -> list[int]:
    """Return the pids above a process, nearest first; ends at a loop, which a reused pid can make."""
    found: list[int] = []
    above = parents.get(pid)
    while above is not None and above not in found and above != pid and len(found) < _MOST_ANCESTORS:
        found.append(above)
        above = parents.get(above)
    return found


def _with_launcher(server: DiscoveredAgent, launcher: DiscoveredAgent) -> DiscoveredAgent:
    return replace(
        server,
        name=launcher.name,
        frameworks=_union(launcher.frameworks, server.frameworks),
        api_keys=_union(server.api_keys, launcher.api_keys),
        parent=launcher.parent,
        transport=server.transport or LAUNCHER,
        evidence=_union(launcher.evidence, server.evidence),
        is_monitored=server.is_monitored or launcher.is_monitored,
    )


def _with_worker(server: DiscoveredAgent, worker: DiscoveredAgent) -> DiscoveredAgent:
    return replace(
        server,
        children=(*server.children, f"{worker.name} (pid {worker.pid})"),
        api_keys=_union(server.api_keys, worker.api_keys),
        live_connections=_union(server.live_connections, worker.live_connections),
        endpoints=_union(server.endpoints, worker.endpoints),
    )


def _settled(agent: DiscoveredAgent) -> DiscoveredAgent:
    return replace(agent, transport="stdio") if agent.transport == LAUNCHER else agent


def _same_agent(agent: DiscoveredAgent, processes: list[DiscoveredAgent]) -> int | None:
    """Return the position of the process that an agent of another vector is, or None."""
    if agent.pid is not None:
        # A worker listens on a socket that its parent opened, so the pid of a listener may be that of either.
        own = _first(processes, lambda process: process.pid == agent.pid)
        return own if own is not None else _first(processes, lambda process: _has_worker(process, agent.pid))
    if agent.source == "file":
        return _first(processes, lambda process: process.script is not None and process.script == agent.script)
    return None


def _has_worker(process: DiscoveredAgent, pid: int | None) -> bool:
    return any(child.endswith(f"(pid {pid})") for child in process.children)


def _first(agents: list[DiscoveredAgent], matches: Callable[[DiscoveredAgent], bool]) -> int | None:
    return next((position for position, agent in enumerate(agents) if matches(agent)), None)


def _twin(agent: DiscoveredAgent, others: list[DiscoveredAgent]) -> int | None:
    """Return the position of the same server as another vector has seen it: a container's published port, a subnet."""
    return next(
        (
            position
            for position, other in enumerate(others)
            if other.source != agent.source and set(agent.endpoints) & set(other.endpoints)
        ),
        None,
    )


def _with_server(first: DiscoveredAgent, second: DiscoveredAgent) -> DiscoveredAgent:
    """Return the first with what the second adds; a server's kind says more than that some program runs."""
    other = second if second.kind is not Kind.AGENT else first
    return replace(
        first,
        source=min(first.source, second.source, key=SOURCES.index),
        kind=first.kind if first.kind is not Kind.AGENT else second.kind,
        frameworks=_frameworks(first, second),
        provider=first.provider or second.provider,
        model=first.model or second.model,
        api_keys=_union(first.api_keys, second.api_keys),
        live_connections=_union(first.live_connections, second.live_connections),
        tools=_tools(first, second),
        transport=other.transport or first.transport or second.transport,
        requires_auth=other.requires_auth if other.requires_auth is not None else first.requires_auth,
        is_monitored=first.is_monitored or second.is_monitored,
        has_secrets_in_source=first.has_secrets_in_source or second.has_secrets_in_source,
        pid=first.pid if first.pid is not None else second.pid,
        container=first.container or second.container,
        endpoints=_union(first.endpoints, second.endpoints),
        script=first.script or second.script,
        url=first.url or second.url,
        evidence=_union(first.evidence, second.evidence),
    )


def _frameworks(first: DiscoveredAgent, second: DiscoveredAgent) -> tuple[str, ...]:
    labels = _union(first.frameworks, second.frameworks)
    return tuple(label for label in labels if label != "MCP Server" or "MCP" not in labels)


def _tools(first: DiscoveredAgent, second: DiscoveredAgent) -> tuple[AgentTool, ...]:
    known = {tool.name for tool in first.tools}
    return (*first.tools, *(tool for tool in second.tools if tool.name not in known))


def _union(first: tuple[_Item, ...], second: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys((*first, *second)))
