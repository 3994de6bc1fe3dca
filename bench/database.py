"""Work on the platform's own PostgreSQL, beside the platform."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import asyncpg

from agentsentinel.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]

COMMAND_SECONDS = 240


async def on_database(data_dir: Path, work: Work[T]) -> T:
    """Run `work` on a connection to the database of a platform that is running."""
    postgres = EmbeddedPostgres(data_dir)
    await postgres.start()  # it runs already: this learns its address
    connection = await asyncpg.connect(
        postgres.dsn, ssl=False, command_timeout=COMMAND_SECONDS, server_settings={"statement_timeout": "0"}
    )
    try:
        return await work(connection)
    finally:
        await connection.close()


async def stop_database(data_dir: Path) -> None:
    """End a database that its platform left behind."""
    await EmbeddedPostgres(data_dir).stop()
