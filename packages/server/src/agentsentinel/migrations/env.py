"""How alembic reaches the database: the connection of the caller, else DATABASE_URL."""

import asyncio
import logging.config
from typing import cast

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from agentsentinel.config import Settings
from agentsentinel.models import Base


def run(connection: Connection) -> None:
    """Apply the migrations, each in its own transaction, so that a failing one leaves the earlier ones done."""
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """The way of the `alembic` command, which brings no connection."""
    engine = create_async_engine(Settings().require_database_url(), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if context.config.config_file_name is not None:  # the `alembic` command; `agentsentinel migrate` has no file
    logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)

given = cast("Connection | None", context.config.attributes.get("connection"))
if given is None:
    asyncio.run(connect_and_run())
else:
    run(given)
