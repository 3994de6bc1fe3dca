"""Build the summaries of all agents."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from agentsentinel.capabilities.service import capabilities_of
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.windows import Ranked
from agentsentinel.overview import repository
from agentsentinel.overview.attention import find_needy


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
    return sorted({held for tool in tools for held in capabilities_of(*tool)})
