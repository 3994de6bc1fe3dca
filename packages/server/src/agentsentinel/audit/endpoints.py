"""Endpoints of the audit log: its entries, their counts, and all of them as a file."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from agentsentinel.audit import export, service
from agentsentinel.audit.actions import Action
from agentsentinel.audit.export import AuditFormat
from agentsentinel.audit.schemas import AuditFilters, AuditOut, AuditSummaryOut
from agentsentinel.auth.authorization import AuthorizedRoute, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.kit.text import Text
from agentsentinel.wire.pages import Cursor, decode_cursor, encode_cursor, next_cursor, next_page
from agentsentinel.wire.time_query import Times

EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in export.MEDIA_TYPES.values()}}
}
"""Answers of an export, as the OpenAPI document describes them."""

router = APIRouter(prefix="/audit", tags=["audit"], route_class=AuthorizedRoute)


def _filters(
    span: Times,
    action: Action | None = None,
    actor_name: Annotated[Text | None, Query(max_length=255, description="Name of the key that did it")] = None,
    subject_id: UUID | None = None,
) -> AuditFilters:
    return AuditFilters(action, actor_name, subject_id, span)


Filters = Annotated[AuditFilters, Depends(_filters)]


@router.get("")
@require_scopes(KeyScope.ADMIN)
async def list_entries(
    session: Session,
    platform: PlatformDep,
    request: Request,
    response: Response,
    filters: Filters,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> list[AuditOut]:
    """List changes and refused credentials, newest first. The Link header names the next page.

    `actor_name` narrows them to what one key did, `subject_id` to one agent, key or session, `since` and `until` by
    time.
    """
    before = decode_cursor(cursor) if cursor is not None else None
    await platform.housekeeping.write_refusals()
    entries = await service.list_entries(session, filters, limit, before)
    cursor_of_next = next_cursor(entries, limit, lambda last: encode_cursor(last.at, last.id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return entries


@router.get("/summary")
@require_scopes(KeyScope.ADMIN)
async def summarize_entries(session: Session, platform: PlatformDep, span: Times) -> AuditSummaryOut:
    """Count the entries of a span of time, in all, by action and by actor."""
    await platform.housekeeping.write_refusals()
    return await service.summarize(session, span)


@router.get("/export", response_class=StreamingResponse, responses=EXPORTS)
@require_scopes(KeyScope.ADMIN)
async def export_entries(
    platform: PlatformDep, filters: Filters, format_: Annotated[AuditFormat, Query(alias="format")] = AuditFormat.JSON
) -> StreamingResponse:
    """Download all entries that pass the filters, newest first: as CSV, or a JSON array."""
    await platform.housekeeping.write_refusals()
    return StreamingResponse(
        export.write(platform.database, filters, format_),
        media_type=export.MEDIA_TYPES[format_],
        headers={"Content-Disposition": f'attachment; filename="audit.{format_}"', "Cache-Control": "no-store"},
    )
