"""Endpoint of the audit log."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from agentsentinel.audit import repository
from agentsentinel.audit.actions import Action
from agentsentinel.audit.schemas import AuditOut
from agentsentinel.auth.authorization import AuthorizedRoute, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import PlatformDep, Session
from agentsentinel.wire.pages import Cursor, decode_cursor, encode_cursor, next_cursor, next_page
from agentsentinel.wire.time_query import Times

router = APIRouter(prefix="/audit", tags=["audit"], route_class=AuthorizedRoute)


@router.get("")
@require_scopes(KeyScope.ADMIN)
async def list_entries(
    session: Session,
    platform: PlatformDep,
    request: Request,
    response: Response,
    span: Times,
    action: Action | None = None,
    subject_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> list[AuditOut]:
    """List changes and refused credentials, newest first. The Link header names the next page.

    `subject_id` narrows them to that agent, key or session, `since` and `until` by time.
    """
    before = decode_cursor(cursor) if cursor is not None else None
    await platform.housekeeping.write_refusals()
    entries = await repository.list_entries(session, action, subject_id, limit, before, span)
    cursor_of_next = next_cursor(entries, limit, lambda last: encode_cursor(last.at, last.id))
    response.headers.update(next_page(request, limit, cursor_of_next))
    return [AuditOut.model_validate(entry) for entry in entries]
