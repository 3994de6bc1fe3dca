"""The way to PostgreSQL: one engine, one transaction per request."""

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

POOL_SIZE = 8
POOL_OVERFLOW = 8
COMMAND_TIMEOUT_SECONDS = 4.0
"""A statement on a hung database is given up after so long."""
REQUEST_SECONDS = 4.5
"""A request's transaction is given up after so long, and the request answered 503: waiting for a connection, finding
it hung and opening another one would take three times a statement's limit."""
CLOSE_SECONDS = 0.1

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.PostgresSystemError,
    # The password or the role was changed while we run: an operator mends that, and the request can be repeated.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""What asyncpg raises when the database cannot answer now; the request is worth repeating."""


class _QuickToClose(Connection):
    """A connection that is cut when it cannot say goodbye at once: SQLAlchemy would wait 2 s for a hung database."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's signature
        await super().close(timeout=min(timeout or CLOSE_SECONDS, CLOSE_SECONDS))


class Database:
    """Sessions for the ordinary endpoints, plain connections for the hot path."""

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
        """A session whose work is committed when the block ends well, and undone otherwise.

        Raises TimeoutError when that takes longer than `limit` seconds.
        """
        async with asyncio.timeout(limit), self._sessions() as session, session.begin():
            yield session

    async def connect(self, command_timeout: float = COMMAND_TIMEOUT_SECONDS) -> Connection:
        """A connection of its own, without the ORM."""
        return await asyncpg.connect(
            driver_url(self.url),
            timeout=COMMAND_TIMEOUT_SECONDS,
            command_timeout=command_timeout,
            server_settings={"application_name": "agentsentinel-ingest", "timezone": "UTC", "jit": "off"},
        )

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


class Link:
    """A connection that is made when it is needed and thrown away when in doubt."""

    def __init__(self, database: Database, setup: str = "") -> None:
        self._database = database
        self._setup = setup
        """A statement for each new connection."""
        self._connection: Connection | None = None

    @property
    def live(self) -> Connection | None:
        """The connection, unless there is none or it was closed."""
        return None if self._connection is None or self._connection.is_closed() else self._connection

    async def connect(self) -> Connection:
        """The connection, new if there is none or it was closed. Raises what asyncpg raises."""
        connection = self.live
        if connection is None:
            connection = self._connection = await self._database.connect()
            if self._setup:
                await connection.execute(self._setup)
        return connection

    def drop(self) -> None:
        """Cut it; the next use makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
