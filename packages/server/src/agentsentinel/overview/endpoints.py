"""Endpoints of the summary of all agents."""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request, Response

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.ids import now
from agentsentinel.kit.windows import Ranked
from agentsentinel.overview import service
from agentsentinel.overview.attention import count_attention
from agentsentinel.overview.repository import trust_rank
from agentsentinel.overview.schemas import AgentSummaryOut, AttentionOut
from agentsentinel.wire.pages import Cursor, decode_ranked, encode_ranked, next_cursor, next_page

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
    cursor_of_next = next_cursor(agents, limit, lambda last: _cursor(last["trust_score"], last["id"]))
    headers = next_page(request, limit, cursor_of_next)
    # Open pages poll every few seconds: for 2,000 agents, validating each would take the server half a second.
    return Response(msgspec.json.encode(agents), headers=headers, media_type="application/json")


@router.get("/attention")
@require_scopes(*READERS)
async def get_attention(session: Session) -> AttentionOut:
    """Count the agents that need attention, and the agents in each state of monitoring."""
    return await count_attention(session)


def _after(cursor: str | None) -> Ranked | None:
    return None if cursor is None else decode_ranked(cursor)


def _cursor(trust_score: float | None, agent_id: UUID) -> str:
    return encode_ranked(trust_rank(trust_score), agent_id)
