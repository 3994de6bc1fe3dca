"""SQL queries of saved views."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import SavedViewRow
from agentsentinel.views.schemas import ViewPage

_LOCK_VIEWS = text("LOCK TABLE saved_views IN SHARE ROW EXCLUSIVE MODE")


async def lock_views(session: AsyncSession) -> None:
    """Lock the set of views until the transaction ends, so that concurrent changes wait for each other."""
    await session.execute(_LOCK_VIEWS)


async def list_views(session: AsyncSession, pages: Collection[ViewPage]) -> Sequence[SavedViewRow]:
    """List the views of these pages, by page and name."""
    query = select(SavedViewRow).where(SavedViewRow.page.in_([page.value for page in pages]))
    return (await session.execute(query.order_by(SavedViewRow.page, SavedViewRow.name))).scalars().all()


async def count_views(session: AsyncSession) -> int:
    """Count the views of all pages."""
    return (await session.execute(select(func.count()).select_from(SavedViewRow))).scalar_one()


async def has_other(session: AsyncSession, page: str, name: str, view_id: UUID) -> bool:
    """Return whether another view of the page has this name."""
    others = exists().where(SavedViewRow.page == page, SavedViewRow.name == name, SavedViewRow.id != view_id)
    return (await session.execute(select(others))).scalar_one()
