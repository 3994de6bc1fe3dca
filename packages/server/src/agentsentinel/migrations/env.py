"""Alembic environment: uses the connection of the caller, else connects to DATABASE_URL."""

import asyncio
import logging.config
from typing import cast

from alembic import context
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from agentsentinel.config import ConfigError, describe_invalid_settings, read_settings
from agentsentinel.kit.database_errors import explain_database_error, require_supported
from agentsentinel.models import Base


def run(connection: Connection) -> None:
    """Apply the migrations, each in its own transaction, so that a failing one does not undo the earlier ones."""
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Connect to DATABASE_URL and apply the migrations, for the `alembic` command, which has no connection."""
    engine = create_async_engine(read_settings().require_database_url(), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await require_supported(connection)
        await connection.rollback()
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


def run_alone() -> None:
    """Run for the `alembic` command; expected failures become a CommandError, which it shows as one line."""
    try:
        asyncio.run(connect_and_run())
    except ValidationError as error:
        raise CommandError("; ".join(describe_invalid_settings(error))) from None
    except ConfigError as error:
        raise CommandError(str(error)) from None
    except Exception as error:
        trouble = explain_database_error(error)
        if trouble is None:
            raise
        raise CommandError(str(trouble)) from None


if context.config.config_file_name is not None:  # the `alembic` command; `agentsentinel migrate` has no file
    logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)

given = cast("Connection | None", context.config.attributes.get("connection"))
if given is None:
    run_alone()
else:
    run(given)
