"""Endpoint that loads the demo agent."""

from fastapi import APIRouter, Response

from agentsentinel.agents.schemas import AgentOut
from agentsentinel.auth.authorization import AuthorizedRoute, CurrentActor, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep
from agentsentinel.demo_data.service import load_demo
from agentsentinel.kit.ids import now

router = APIRouter(prefix="/demo", tags=["demo"], route_class=AuthorizedRoute)


@router.post("", status_code=201, responses={200: {"model": AgentOut, "description": "Loaded already"}})
@require_scopes(KeyScope.ADMIN)
async def load_demo_agent(platform: PlatformDep, response: Response, who: CurrentActor) -> AgentOut:
    """Register a demo agent with a week of history, once. To remove the demo data, delete the agent."""
    agent, is_new = await load_demo(platform.database, platform.pipeline, platform.scorer, who, now())
    if not is_new:
        response.status_code = 200
    return AgentOut.model_validate(agent)
