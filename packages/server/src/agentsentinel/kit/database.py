"""Access to PostgreSQL: an SQLAlchemy engine with one transaction per request, and plain asyncpg connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from agentsentinel.config import driver_url

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

DatabaseSession = AsyncSession
"""Type of a database session for modules that pass one on or change its rows, but build no statements."""
POOL_SIZE = 8
POOL_OVERFLOW = 8
COMMAND_TIMEOUT_SECONDS = 4.0
"""Timeout of a statement, for the case that the database hangs."""
REQUEST_SECONDS = 4.5
"""Timeout of a request's whole transaction, after which the request is answered 503.

Waiting for a connection, finding it hung and opening another one would take three times the timeout of a statement.
"""
CLOSE_SECONDS = 0.1

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cancelled in the middle of an answer
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.PostgresSystemError,
    # The password or the role was changed while the server runs: an operator corrects that, and clients can retry.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""Errors of asyncpg that mean that the database cannot answer now; the request can be retried."""


class _QuickToClose(Connection):
    """Connection that is cut if it does not close within `CLOSE_SECONDS`.

    SQLAlchemy would wait 2 s for a hung database.
    """

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        await super().close(timeout=min(timeout or CLOSE_SECONDS, CLOSE_SECONDS))


class Database:
    """Provides SQLAlchemy sessions for the ordinary endpoints, and plain asyncpg connections for the hot path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=COMMAND_TIMEOUT_SECONDS,
            pool_pre_ping=True,
            json_serializer=_to_json,
            connect_args={
                "connection_class": _QuickToClose,
                "timeout": COMMAND_TIMEOUT_SECONDS,
                "command_timeout": COMMAND_TIMEOUT_SECONDS,
                "server_settings": {"application_name": "agentsentinel", "timezone": "UTC", "jit": "off"},
            },
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, limit: float | None = None) -> AsyncIterator[AsyncSession]:
        """Open a session whose transaction is committed when the block ends, and rolled back when it raises.

        Raises TimeoutError when the block takes longer than `limit` seconds.
        """
        async with asyncio.timeout(limit), self._sessions() as session, session.begin():
            yield session

    async def connect(self, command_timeout: float = COMMAND_TIMEOUT_SECONDS) -> Connection:
        """Open an asyncpg connection outside of the pool, without the ORM."""
        return await asyncpg.connect(
            driver_url(self.url),
            timeout=COMMAND_TIMEOUT_SECONDS,
            command_timeout=command_timeout,
            server_settings={"application_name": "agentsentinel-ingest", "timezone": "UTC", "jit": "off"},
        )

    async def close(self) -> None:
        """Close all connections of the pool."""
        await self.engine.dispose()


class Link:
    """A lazily opened connection that is dropped after an error and then opened again."""

    def __init__(self, database: Database, setup: str = "") -> None:
        self._database = database
        self._setup = setup
        """SQL statement to execute on each new connection; empty for none."""
        self._connection: Connection | None = None

    @property
    def live(self) -> Connection | None:
        """The open connection, or None if there is none or it was closed."""
        return None if self._connection is None or self._connection.is_closed() else self._connection

    async def connect(self) -> Connection:
        """Return the connection, opened if there is none or it was closed. Raises what asyncpg raises."""
        connection = self.live
        if connection is None:
            connection = self._connection = await self._database.connect()
            if self._setup:
                await connection.execute(self._setup)
        return connection

    def drop(self) -> None:
        """Terminate the connection; the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
