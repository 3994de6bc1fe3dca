"""Saving, changing and deleting of views, recorded in the audit log."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.audit.changes import describe_changes
from agentsentinel.auth.principal import Actor, KeyScope
from agentsentinel.errors import Conflict, NotFound
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import SavedViewRow
from agentsentinel.views import repository
from agentsentinel.views.schemas import ViewIn, ViewPage, ViewPatch

MOST_VIEWS = 200
"""Views of all pages together: a list that people still read through."""
ADMIN_PAGES = {ViewPage.AUDIT}
"""Pages that only admin keys may read."""


async def list_views(session: DatabaseSession, scope: KeyScope) -> Sequence[SavedViewRow]:
    """List the views of the pages that a key of this scope may read, by page and name."""
    pages = set(ViewPage) if scope is KeyScope.ADMIN else set(ViewPage) - ADMIN_PAGES
    return await repository.list_views(session, pages)


async def create_view(session: DatabaseSession, new: ViewIn, now: datetime, who: Actor) -> SavedViewRow:
    """Save a view. Raises Conflict for a name that the page has already, and for more than `MOST_VIEWS`."""
    await repository.lock_views(session)
    row = SavedViewRow(
        id=uuid7(now.timestamp()),
        page=new.page.value,
        name=new.name,
        query=new.query,
        created_by=who.name,
        created_at=now,
        updated_at=now,
    )
    await _require_own_name(session, row.id, row.page, row.name)
    if await repository.count_views(session) >= MOST_VIEWS:
        raise Conflict(f"There are {MOST_VIEWS} views, the most there may be: delete one first")
    session.add(row)
    audit.record(session, who, Action.VIEW_CREATED, now, row.id, row.name, detail=f"page {row.page}, {row.query}")
    return row


async def change_view(
    session: DatabaseSession, view_id: UUID, change: ViewPatch, now: datetime, who: Actor
) -> SavedViewRow:
    """Rename a view, or give it other filters. Raises NotFound, and Conflict for a name that the page has already."""
    await repository.lock_views(session)
    row = await _get_view(session, view_id)
    before = {"name": row.name, "query": row.query}
    after = before | change.model_dump(exclude_none=True)
    await _require_own_name(session, row.id, row.page, after["name"])
    if changes := describe_changes(before, after):
        row.name, row.query, row.updated_at = after["name"], after["query"], now
        audit.record(session, who, Action.VIEW_CHANGED, now, row.id, row.name, detail=f"page {row.page}, {changes}")
    return row


async def delete_view(session: DatabaseSession, view_id: UUID, now: datetime, who: Actor) -> None:
    """Delete a view. Raises NotFound."""
    await repository.lock_views(session)
    row = await _get_view(session, view_id)
    await session.delete(row)
    audit.record(session, who, Action.VIEW_DELETED, now, row.id, row.name, detail=f"page {row.page}, {row.query}")


async def _get_view(session: DatabaseSession, view_id: UUID) -> SavedViewRow:
    row = await session.get(SavedViewRow, view_id)
    if row is None:
        raise NotFound("There is no view with this id")
    return row


async def _require_own_name(session: DatabaseSession, view_id: UUID, page: str, name: str) -> None:
    if await repository.has_other(session, page, name, view_id):
        raise Conflict("The page has a view of this name already: choose another name, or change that view")
