"""Endpoints of saved views."""

from uuid import UUID

from fastapi import APIRouter

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, CurrentActor, CurrentPrincipal, require_scopes
from agentsentinel.auth.principal import KeyScope
from agentsentinel.composition import Session
from agentsentinel.kit.ids import now
from agentsentinel.views import service
from agentsentinel.views.schemas import ViewIn, ViewOut, ViewPatch

router = APIRouter(prefix="/views", tags=["views"], route_class=AuthorizedRoute)


@router.get("")
@require_scopes(*READERS)
async def list_views(session: Session, caller: CurrentPrincipal) -> list[ViewOut]:
    """List the saved views by page and name; those of the audit log to admin keys only."""
    return [ViewOut.model_validate(row) for row in await service.list_views(session, caller.scope)]


@router.post("", status_code=201)
@require_scopes(KeyScope.ADMIN)
async def create_view(view: ViewIn, session: Session, who: CurrentActor) -> ViewOut:
    """Save the filters of a page under a name."""
    return ViewOut.model_validate(await service.create_view(session, view, now(), who))


@router.patch("/{view_id}")
@require_scopes(KeyScope.ADMIN)
async def change_view(view_id: UUID, change: ViewPatch, session: Session, who: CurrentActor) -> ViewOut:
    """Rename a view, or give it other filters."""
    return ViewOut.model_validate(await service.change_view(session, view_id, change, now(), who))


@router.delete("/{view_id}", status_code=204)
@require_scopes(KeyScope.ADMIN)
async def delete_view(view_id: UUID, session: Session, who: CurrentActor) -> None:
    """Delete a view."""
    await service.delete_view(session, view_id, now(), who)
