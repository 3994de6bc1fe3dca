"""Endpoints of the summary of all agents and of their capabilities."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.ids import now
from agentsentinel.kit.pages import Cursor, Ranked, decode_ranked, encode_ranked, next_page
from agentsentinel.overview import service
from agentsentinel.overview.repository import trust_rank
from agentsentinel.overview.schemas import AgentSummaryOut, CapabilityMapOut

router = APIRouter(tags=["overview"], route_class=AuthorizedRoute)

MAX_AGENTS = 5_000
Limit = Annotated[int, Query(ge=1, le=MAX_AGENTS)]


@router.get("/overview", response_model=list[AgentSummaryOut])
@require_scopes(*READERS)
async def get_overview(
    session: Session, platform: PlatformDep, request: Request, limit: Limit = MAX_AGENTS, cursor: Cursor = None
) -> Response:
    """List all agents, least trusted first, with findings, activity and trend. The Link header names the next page."""
    await platform.counters.settle()
    agents = await service.summarize_agents(session, limit, _after(cursor), now())
    headers = _next(request, limit, len(agents), agents[-1] if agents else None)
    # Open pages poll every few seconds: for 2,000 agents, validating each would take the server half a second.
    return Response(msgspec.json.encode(agents), headers=headers, media_type="application/json")


@router.get("/capabilities")
@require_scopes(*READERS)
async def get_capabilities(
    session: Session, request: Request, response: Response, limit: Limit = MAX_AGENTS, cursor: Cursor = None
) -> CapabilityMapOut:
    """List what each agent can do, and the paths of data or instructions through it. Link names the next page."""
    found = await service.map_capabilities(session, limit, _after(cursor))
    last = found.agents[-1].model_dump() if found.agents else None
    response.headers.update(_next(request, limit, len(found.agents), last))
    return found


def _after(cursor: str | None) -> Ranked | None:
    return None if cursor is None else decode_ranked(cursor)


def _next(request: Request, limit: int, found: int, last: dict[str, Any] | None) -> dict[str, str]:
    """Build the Link header of the next page, if there may be one."""
    if last is None or found < limit:
        return {}
    return next_page(request, limit, encode_ranked(trust_rank(last["trust_score"]), last["id"]))
