"""Endpoints of capabilities: of each agent, counted, and as a file."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.capabilities import export, service
from agentsentinel.capabilities.export import CapabilityFormat
from agentsentinel.capabilities.schemas import CapabilityFilters, CapabilityMapOut, CapabilitySummaryOut, Way
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.text import Text
from agentsentinel.overview.repository import trust_rank
from agentsentinel.wire.pages import Cursor, decode_ranked, encode_ranked, next_cursor, next_page

EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in export.MEDIA_TYPES.values()}}
}
"""Answers of an export, as the OpenAPI document describes them."""
MAX_AGENTS = 5_000

router = APIRouter(prefix="/capabilities", tags=["capabilities"], route_class=AuthorizedRoute)


def _filters(
    q: Annotated[
        Text | None,
        Query(max_length=300, description="Words that all occur in the agent's name, team or capabilities"),
    ] = None,
    owner_team: Annotated[Text | None, Query(max_length=128)] = None,
    way: Annotated[Way | None, Query(description="Only agents with such a path; `paths`: of either kind")] = None,
    agent_id: UUID | None = None,
    capable: Annotated[bool, Query(description="Only agents that hold a capability")] = False,
) -> CapabilityFilters:
    return CapabilityFilters(tuple((q or "").split()), owner_team, way, agent_id, capable)


Filters = Annotated[CapabilityFilters, Depends(_filters)]


@router.get("")
@require_scopes(*READERS)
async def get_capabilities(
    session: Session,
    request: Request,
    response: Response,
    filters: Filters,
    limit: Annotated[int, Query(ge=1, le=MAX_AGENTS)] = MAX_AGENTS,
    cursor: Cursor = None,
) -> CapabilityMapOut:
    """List what each agent can do, and the paths of data or instructions through it. Link names the next page."""
    after = None if cursor is None else decode_ranked(cursor)
    found = await service.map_capabilities(session, filters, limit, after)
    cursor_of_next = next_cursor(found.agents, limit, lambda last: encode_ranked(trust_rank(last.trust_score), last.id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return found


@router.get("/summary")
@require_scopes(*READERS)
async def summarize_capabilities(session: Session, filters: Filters) -> CapabilitySummaryOut:
    """Count the agents that pass the filters and hold a capability: in all, by capability, by path and by team."""
    return await service.summarize(session, filters)


@router.get("/export", response_class=StreamingResponse, responses=EXPORTS)
@require_scopes(*READERS)
async def export_capabilities(
    platform: PlatformDep,
    filters: Filters,
    format_: Annotated[CapabilityFormat, Query(alias="format")] = CapabilityFormat.JSON,
) -> StreamingResponse:
    """Download all agents that pass the filters and hold a capability, least trusted first: as CSV, or a JSON array."""
    return StreamingResponse(
        export.write(platform.database, filters, format_),
        media_type=export.MEDIA_TYPES[format_],
        headers={"Content-Disposition": f'attachment; filename="capabilities.{format_}"', "Cache-Control": "no-store"},
    )
