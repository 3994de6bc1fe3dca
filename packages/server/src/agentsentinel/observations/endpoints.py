"""Endpoint that takes observations."""

from uuid import UUID

from fastapi import APIRouter

from agentsentinel.agents.repository import lock_agent
from agentsentinel.auth.authorization import AuthorizedRoute, CurrentPrincipal, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.errors import Forbidden, NotFound
from agentsentinel.kit.ids import now
from agentsentinel.observations import repository
from agentsentinel.observations.schemas import ObservationIn

router = APIRouter(prefix="/agents/{agent_id}", tags=["observations"], route_class=AuthorizedRoute)


@router.post("/observations", status_code=204)
@require_scopes(KeyScope.ADMIN, KeyScope.AGENT)
async def add_observation(
    agent_id: UUID, seen: ObservationIn, caller: CurrentPrincipal, session: Session, platform: PlatformDep
) -> None:
    """State what a reporter beside the agent has seen. The rules run in the same request. Repeating it is harmless."""
    if not caller.may_report_for(agent_id):
        raise Forbidden("An agent key may only report for its own agent")
    if await lock_agent(session, agent_id) is None:
        raise NotFound("There is no agent with this id")
    moment = now()
    await repository.store(session, agent_id, seen, moment)
    await platform.scorer.rescore(session, [agent_id], moment)
