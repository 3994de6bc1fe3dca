"""Work on the platform's own PostgreSQL, beside the platform."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import uvloop

from agentsentinel.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]
JointWork = Callable[[Sequence[Connection]], Awaitable[T]]

COMMAND_SECONDS = 240


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the kind of event loop that the platform uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def on_database(data_dir: Path, work: JointWork[T], connections: int) -> T:
    """Run `work` on this number of connections to the database of a running platform."""
    postgres = EmbeddedPostgres(data_dir)
    await postgres.start()  # it runs already: this learns its address
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(_connected(postgres.dsn)) for _ in range(connections)]
        return await work(opened)


async def stop_database(data_dir: Path) -> None:
    """End a database that its platform left behind."""
    await EmbeddedPostgres(data_dir).stop()


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    settings = {"statement_timeout": "0"}
    connection = await asyncpg.connect(dsn, ssl=False, command_timeout=COMMAND_SECONDS, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()
