"""Database migrations, applied by one process at a time when several start together."""

import asyncio
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from agentsentinel.kit.database_errors import require_supported

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtext('agentsentinel migrations'))")
_LOCK_SECONDS = 0.1
"""Pause between two attempts to take the lock."""
_UNLOCK = text("SELECT pg_advisory_unlock(hashtext('agentsentinel migrations'))")


async def migrate(url: str) -> list[str]:
    """Apply the missing migrations; return a line for each migration that this call applied.

    Other processes that start at the same time wait for the lock and then find nothing to do. A schema of a newer
    version is left as it is: during an upgrade the servers of two versions work side by side, so migrations only add
    what the version before can do without. Raises ConfigError for a PostgreSQL that is too old.
    """
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args={"timeout": 10})
    try:
        async with engine.connect() as keeper:
            # The lock is the session's: an index that is built beside readers waits for the end of all transactions.
            await keeper.execution_options(isolation_level="AUTOCOMMIT")
            await require_supported(keeper)
            await _lock(keeper)
            try:
                before = await _revision(url)
                if before is not None and before not in _revisions():
                    log.warning("schema_is_newer", schema=before, version_knows=head())
                elif before != head():
                    async with engine.connect() as connection:
                        await connection.run_sync(_upgrade)
                        await connection.commit()
            finally:
                await keeper.execute(_UNLOCK)
    finally:
        await engine.dispose()
    return _steps(before)


async def _lock(keeper: AsyncConnection) -> None:
    """Take the lock of migrations. It is asked for again and again, since a statement that waits is a transaction."""
    while True:
        if await keeper.scalar(_TRY_LOCK):
            return
        await asyncio.sleep(_LOCK_SECONDS)


async def downgrade(url: str, to: str = "base") -> None:
    """Downgrade the schema to an earlier revision, by default to an empty database.

    Data without a place in that revision is deleted.
    """
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_downgrade, to)
            await connection.commit()
    finally:
        await engine.dispose()


async def is_current(url: str) -> bool:
    """Tell whether the database has the newest schema that this version knows, or a newer one."""
    revision = await _revision(url)
    return revision is not None and (revision == head() or revision not in _revisions())


def head() -> str | None:
    """Return the revision of the newest migration."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def _revision(url: str) -> str | None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_read_revision)
    finally:
        await engine.dispose()


def _read_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _downgrade(connection: Connection, to: str) -> None:
    command.downgrade(_config(connection), to)


def _steps(before: str | None) -> list[str]:
    """List the migrations after `before` in the words of alembic."""
    if before == head() or (before is not None and before not in _revisions()):
        return []
    script = ScriptDirectory.from_config(_config())
    revisions = [revision for revision in script.iterate_revisions("head", before or "base") if revision]
    return [f"Running upgrade {r.down_revision or ''} -> {r.revision}, {r.doc}" for r in reversed(revisions)]


def _revisions() -> set[str]:
    """Return every revision that this version knows."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config
