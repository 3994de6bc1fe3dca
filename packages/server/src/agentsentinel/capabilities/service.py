"""Listing and counting what agents can do, and the ways through them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from uuid import UUID

from agentsentinel.capabilities import repository
from agentsentinel.capabilities.repository import Held, Pair
from agentsentinel.capabilities.schemas import (
    AgentCapabilitiesOut,
    CapabilityCountsOut,
    CapabilityFilters,
    CapabilityMapOut,
    CapabilitySummaryOut,
    PathKind,
    PathOut,
    TeamCapabilitiesOut,
    Way,
    WayCountOut,
)
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.windows import Ranked
from agentsentinel.overview.repository import Tool, find_tools
from agentsentinel_core.agents import Capability
from agentsentinel_core.tools.classify import classify

WAYS_THROUGH: tuple[tuple[PathKind, Capability, Capability], ...] = (
    ("exfiltration", Capability.INTERNAL_READ, Capability.EXTERNAL_WRITE),
    ("exfiltration", Capability.SECRETS, Capability.EXTERNAL_WRITE),
    ("injection", Capability.WEB_READ, Capability.CODE_EXECUTION),
    ("injection", Capability.WEB_READ, Capability.EXTERNAL_WRITE),
)
"""Dangerous paths: data read through the first capability can leave through the second (exfiltration), or
instructions from web pages can cause its use (injection)."""
MOST_TEAMS = 500


async def map_capabilities(
    session: DatabaseSession, filters: CapabilityFilters, limit: int, after: Ranked | None
) -> CapabilityMapOut:
    """List the capabilities of agents that pass the filters, and the paths through them, least trusted agents first."""
    classes = await _classes(session)
    rows = await repository.find_agents(session, classes, filters, _pairs(filters.way), limit, after)
    tools = await find_tools(session, [row["id"] for row in rows])
    agents = [AgentCapabilitiesOut(**row, capabilities=group_by_capability(tools.get(row["id"], ()))) for row in rows]
    return CapabilityMapOut(
        agents=agents, paths=[path for agent in agents for path in find_paths(agent.id, agent.capabilities)]
    )


async def summarize(session: DatabaseSession, filters: CapabilityFilters) -> CapabilitySummaryOut:
    """Count the agents that pass the filters and hold a capability, in all, by path and by team."""
    capable = filters._replace(is_capable=True)
    held = await repository.count_agents(session, await _classes(session), capable, _pairs(filters.way))
    by_team: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        by_team[one.owner_team].append(one)
    teams = [TeamCapabilitiesOut(owner_team=team, **_count(members).model_dump()) for team, members in by_team.items()]
    teams.sort(key=lambda team: (-team.agents, team.owner_team))
    return CapabilitySummaryOut(
        **_count(held).model_dump(), ways=_count_ways(held), teams=teams[:MOST_TEAMS], team_count=len(teams)
    )


def group_by_capability(tools: Iterable[Tool]) -> dict[str, list[str]]:
    """Group tools by capability, sorted; the tools in their order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, corrected in tools:
        for capability in capabilities_of(name, corrected):
            groups[capability].append(name)
    return dict(sorted(groups.items()))


def find_paths(agent_id: UUID, capabilities: dict[str, list[str]]) -> Iterator[PathOut]:
    """Yield the dangerous paths through one agent."""
    for kind, entry, exit_ in WAYS_THROUGH:
        if entry.value in capabilities and exit_.value in capabilities:
            yield PathOut(
                agent_id=agent_id,
                kind=kind,
                entry_capability=entry.value,
                exit_capability=exit_.value,
                entry=capabilities[entry.value],
                exit=capabilities[exit_.value],
            )


@lru_cache(maxsize=20_000)
def capabilities_of(tool_name: str, corrected: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the sorted capabilities that a tool gives: those that a person has corrected, else by its name."""
    if corrected is not None:
        return corrected
    return tuple(sorted(capability.value for capability in classify(tool_name).capabilities))


async def _classes(session: DatabaseSession) -> list[Pair]:
    names = await repository.find_tool_names(session)
    return [(name, capability) for name in names for capability in capabilities_of(name)]


def _pairs(way: Way | None) -> list[Pair] | None:
    """Return the pairs of capabilities of a kind of path; None where no path is asked for."""
    if way is None:
        return None
    return [(entry.value, exit_.value) for kind, entry, exit_ in WAYS_THROUGH if way in {Way.PATHS, kind}]


def _count(held: Iterable[Held]) -> CapabilityCountsOut:
    totals: Counter[str] = Counter()
    capabilities: Counter[str] = Counter()
    for one in held:
        totals["agents"] += one.agents
        for way in Way:
            totals[way] += one.agents * _has_way(one, way)
        for capability in one.capabilities:
            capabilities[capability] += one.agents
    return CapabilityCountsOut(
        agents=totals["agents"],
        with_path=totals[Way.PATHS],
        exfiltration=totals[Way.EXFILTRATION],
        injection=totals[Way.INJECTION],
        capabilities=dict(sorted(capabilities.items())),
    )


def _has_way(held: Held, way: Way) -> bool:
    return any({entry, exit_} <= held.capabilities for entry, exit_ in _pairs(way) or ())


def _count_ways(held: Iterable[Held]) -> list[WayCountOut]:
    groups = list(held)
    return [
        WayCountOut(
            kind=kind,
            entry_capability=entry.value,
            exit_capability=exit_.value,
            agents=sum(one.agents for one in groups if {entry.value, exit_.value} <= one.capabilities),
        )
        for kind, entry, exit_ in WAYS_THROUGH
    ]
