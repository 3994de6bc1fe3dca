"""/overview and /capabilities."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from agentsentinel.auth.route import READERS, AuthorizedRoute, allow
from agentsentinel.kit.ids import now
from agentsentinel.overview import service
from agentsentinel.overview.schemas import AgentSummaryOut, CapabilityMapOut
from agentsentinel.platform import PlatformDep, Session

router = APIRouter(tags=["overview"], route_class=AuthorizedRoute)

MAX_AGENTS = 5_000


@router.get("/overview", response_model=list[AgentSummaryOut])
@allow(*READERS)
async def get_overview(
    session: Session, platform: PlatformDep, limit: Annotated[int, Query(ge=1, le=MAX_AGENTS)] = MAX_AGENTS
) -> Response:
    """All agents, least trusted first, with what tells whether to worry about each."""
    await platform.counters.settle()
    agents = await service.summarize_agents(session, limit, now())
    # Open pages ask again every few seconds: for 2,000 agents, validating each would take the server half a second.
    return Response(msgspec.json.encode(agents), media_type="application/json")


@router.get("/capabilities")
@allow(*READERS)
async def get_capabilities(
    session: Session, limit: Annotated[int, Query(ge=1, le=MAX_AGENTS)] = MAX_AGENTS
) -> CapabilityMapOut:
    """What each agent can do, and the ways data or instructions can take through it."""
    return await service.map_capabilities(session, limit)
