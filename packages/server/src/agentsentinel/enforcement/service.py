"""Reads what is enforced for an agent."""

from typing import NamedTuple
from uuid import UUID

from agentsentinel.agents.repository import find_grants
from agentsentinel.agents.service import get_agent
from agentsentinel.enforcement.repository import find_markers
from agentsentinel.enforcement.schemas import EnforcementOut
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.manifests.repository import find_pinned_digests


class Enforcement(NamedTuple):
    """What is enforced for an agent, and the marker of its state."""

    answer: EnforcementOut
    marker: str | None
    """Marker from before the rest was read, so that a change in between is noticed and not missed."""


async def read_enforcement(session: DatabaseSession, agent_id: UUID) -> Enforcement:
    """Read what is enforced for an agent. Raises NotFound."""
    markers = await find_markers(session, [agent_id])
    agent = await get_agent(session, agent_id)
    grants = await find_grants(session, agent_id)
    manifests = await find_pinned_digests(session, agent_id)
    return Enforcement(EnforcementOut.of(agent, grants, manifests), markers.get(agent_id))
