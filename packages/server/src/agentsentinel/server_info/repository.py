"""SQL queries of the facts that an installation keeps about itself (`ServerFactRow`)."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import ServerFactRow


async def add_fact(session: AsyncSession, name: str, value: str) -> None:
    """Store a fact, unless there is one of this name."""
    await session.execute(insert(ServerFactRow).values(name=name, value=value).on_conflict_do_nothing())


async def replace_fact(session: AsyncSession, name: str, value: str) -> None:
    """Store a fact in place of any former one of this name."""
    fact = insert(ServerFactRow).values(name=name, value=value)
    await session.execute(
        fact.on_conflict_do_update(index_elements=[ServerFactRow.name], set_={"value": fact.excluded["value"]})
    )
