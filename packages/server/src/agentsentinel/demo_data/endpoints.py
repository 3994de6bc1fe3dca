"""POST /demo: something to look at."""

from fastapi import APIRouter, Response

from agentsentinel.agents.schemas import AgentOut
from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.route import AuthorizedRoute, Who, allow
from agentsentinel.demo_data.service import load_demo
from agentsentinel.kit.ids import now
from agentsentinel.platform import PlatformDep

router = APIRouter(prefix="/demo", tags=["demo"], route_class=AuthorizedRoute)


@router.post("", status_code=201, responses={200: {"model": AgentOut, "description": "Was there"}})
@allow(KeyScope.ADMIN)
async def load_demo_agent(platform: PlatformDep, response: Response, who: Who) -> AgentOut:
    """Register a demo agent with a week of history, once. Delete the agent to be rid of it."""
    agent, is_new = await load_demo(platform.database, platform.pipeline, platform.scorer, who, now())
    if not is_new:
        response.status_code = 200
    return AgentOut.model_validate(agent)
