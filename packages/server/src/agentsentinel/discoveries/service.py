"""Takes what was found on hosts into the inventory: each host and place is one agent, however often it is found."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from agentsentinel.agents.schemas import GrantIn, GrantOrigin
from agentsentinel.agents.service import make_grant
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.principal import Actor
from agentsentinel.discoveries import repository
from agentsentinel.discoveries.schemas import DiscoveredAgentIn, DiscoveryIn, DiscoveryResult
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.models import AgentRow, DiscoveryRow
from agentsentinel_core.trust.bands import TrustBand

AGENT_TYPE = "discovered"
LONGEST_NAME = 255


async def take_discoveries(session: DatabaseSession, found: DiscoveryIn, who: Actor) -> list[DiscoveryResult]:
    """Add the agents that are new, and update what is known of the others; returns one result for each place."""
    moment = now()
    await repository.lock_host(session, found.host)
    by_place = {agent.place: agent for agent in found.agents}
    known = await repository.find_known(session, found.host, list(by_place))
    added = {place: _new_agent(found.host, by_place[place], moment) for place in by_place if place not in known}
    session.add_all(added.values())
    await session.flush()  # at once: a thousand agents in a thousand statements take seconds
    for place, row in added.items():
        session.add(_new_discovery(row.id, found.host, by_place[place], moment))
        detail = f"found on {found.host}: {place}"
        audit.record(session, who, Action.AGENT_REGISTERED, moment, row.id, row.name, detail=detail)
    for place, (discovery, _) in known.items():
        _update(discovery, by_place[place], moment)
    rows = added | {place: row for place, (_, row) in known.items()}
    await _grant(session, [(rows[place].id, agent) for place, agent in by_place.items()], moment)
    return [DiscoveryResult(place=place, agent_id=rows[place].id, is_new=place in added) for place in by_place]


def _new_agent(host: str, agent: DiscoveredAgentIn, moment: datetime) -> AgentRow:
    """Return the row of an agent that was found. It stays without a score until it reports something."""
    name = agent.name if "@" in agent.name else f"{agent.name}@{host}"
    return AgentRow(
        id=uuid7(moment.timestamp()),
        name=name[:LONGEST_NAME],
        agent_type=AGENT_TYPE,
        model=agent.model,
        owner_team="unassigned",
        description=None,
        status=TrustBand.WATCH.value,
        is_discovered=True,
        created_at=moment,
        updated_at=moment,
    )


def _new_discovery(agent_id: UUID, host: str, agent: DiscoveredAgentIn, moment: datetime) -> DiscoveryRow:
    return DiscoveryRow(
        agent_id=agent_id,
        host=host,
        place=agent.place,
        source=agent.source.value,
        framework=agent.framework,
        risk=agent.risk.value,
        reason=agent.reason,
        first_seen_at=moment,
        last_seen_at=moment,
    )


def _update(row: DiscoveryRow, agent: DiscoveredAgentIn, moment: datetime) -> None:
    row.source = agent.source.value
    row.framework = agent.framework
    row.risk = agent.risk.value
    row.reason = agent.reason
    row.last_seen_at = moment


async def _grant(session: DatabaseSession, agents: Sequence[tuple[UUID, DiscoveredAgentIn]], moment: datetime) -> None:
    """Add the tools of the agents as listed grants; those that they have stay as they are."""
    known = await repository.find_tools(session, [agent_id for agent_id, _ in agents])
    for agent_id, agent in agents:
        for tool in dict.fromkeys(agent.tools):
            if (agent_id, tool) not in known:
                grant = GrantIn(tool_name=tool, server_name=None, origin=GrantOrigin.LISTED, rate_limit_per_hour=None)
                session.add(make_grant(agent_id, grant, moment))
    await session.flush()
