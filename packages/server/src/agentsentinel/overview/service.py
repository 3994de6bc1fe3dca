"""Build the summaries of all agents."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.windows import Ranked
from agentsentinel.overview import repository
from agentsentinel.overview.attention import find_needy
from agentsentinel.overview.schemas import AgentCapabilitiesOut, CapabilityMapOut, PathOut
from agentsentinel_core.agents import Capability
from agentsentinel_core.tools.classify import classify

WAYS_THROUGH: tuple[tuple[Literal["exfiltration", "injection"], Capability, Capability], ...] = (
    ("exfiltration", Capability.INTERNAL_READ, Capability.EXTERNAL_WRITE),
    ("exfiltration", Capability.SECRETS, Capability.EXTERNAL_WRITE),
    ("injection", Capability.WEB_READ, Capability.CODE_EXECUTION),
    ("injection", Capability.WEB_READ, Capability.EXTERNAL_WRITE),
)
"""Dangerous paths: data read through the first capability can leave through the second (exfiltration), or
instructions from web pages can cause its use (injection)."""


async def summarize_agents(
    session: DatabaseSession, limit: int, after: Ranked | None, now: datetime
) -> list[dict[str, Any]]:
    """List agents up to the limit, least trusted first, as plain members of `AgentSummaryOut`."""
    agents = await repository.find_worst_agents(session, limit, after)
    ids = [agent["id"] for agent in agents]
    findings = await repository.find_open_findings(session)
    activity = await repository.find_activity(session, now)
    trends = await repository.find_trends(session, ids, now)
    tools = await repository.find_tools(session, ids)
    needy = await find_needy(session)
    return [
        agent
        | _findings_of(findings.get(agent["id"]))
        | _activity_of(activity.get(agent["id"]))
        | {
            "trend": trends.get(agent["id"], []),
            "capabilities": _capabilities_of(tools.get(agent["id"], ())),
            "needs_attention": agent["id"] in needy,
        }
        for agent in agents
    ]


async def map_capabilities(session: DatabaseSession, limit: int, after: Ranked | None) -> CapabilityMapOut:
    """List the capabilities of agents and the paths through them, least trusted agents first."""
    rows = await repository.find_worst_agents(session, limit, after)
    tools = await repository.find_tools(session, [row["id"] for row in rows])
    agents = [
        AgentCapabilitiesOut(
            id=row["id"],
            name=row["name"],
            owner_team=row["owner_team"],
            status=row["status"],
            trust_score=row["trust_score"],
            capabilities=group_by_capability(tools.get(row["id"], ())),
        )
        for row in rows
    ]
    return CapabilityMapOut(
        agents=agents, paths=[path for agent in agents for path in find_paths(agent.id, agent.capabilities)]
    )


def group_by_capability(tools: Iterable[repository.Tool]) -> dict[str, list[str]]:
    """Group tools by capability, sorted; the tools in their order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, corrected in tools:
        for capability in _capabilities(name, corrected):
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


def _findings_of(findings: repository.OpenFindings | None) -> dict[str, Any]:
    return {
        "open_findings": findings.total if findings else 0,
        "critical_findings": findings.critical if findings else 0,
        "worst_finding": findings.title if findings else None,
        "worst_severity": findings.severity if findings else None,
    }


def _activity_of(activity: repository.Activity | None) -> dict[str, Any]:
    return {
        "events_last_hour": activity.events_last_hour if activity else 0,
        "last_seen_at": activity.last_seen_at if activity else None,
    }


@lru_cache(maxsize=5_000)
def _capabilities_of(tools: tuple[repository.Tool, ...]) -> list[str]:
    return sorted({held for tool in tools for held in _capabilities(*tool)})


@lru_cache(maxsize=20_000)
def _capabilities(tool_name: str, corrected: tuple[str, ...] | None) -> tuple[str, ...]:
    if corrected is not None:
        return corrected
    return tuple(sorted(capability.value for capability in classify(tool_name).capabilities))
