"""Where the platform lives: its data directory, its secret, and its database, embedded or configured."""

import asyncio
import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from agentsentinel.config import (
    ConfigError,
    Settings,
    async_database_url,
    default_data_dir,
    read_private_file,
    write_private_file,
)
from agentsentinel.embedded import EmbeddedPostgres

SECRET_FILE = "secret-key"  # noqa: S105 - a file name
LOCK_FILE = "agentsentinel.lock"


class AlreadyRunning(Exception):  # noqa: N818 - it says what is the case
    """Another `agentsentinel up` uses this data directory."""


class DataDirectory:
    """One data directory, or a configured database, and how to reach it."""

    def __init__(self, settings: Settings, data_dir: Path | None) -> None:
        self.settings = settings
        self.data_dir = (data_dir or settings.agentsentinel_data_dir or default_data_dir()).expanduser().absolute()
        self.postgres = EmbeddedPostgres(self.data_dir) if settings.is_embedded else None
        self._is_held = False
        self._lock: int | None = None

    def secret(self) -> bytes:
        """The HMAC secret. Embedded, a missing one is made once; otherwise it must be set. Raises ConfigError."""
        if self.postgres is None or self.settings.secret_key.get_secret_value():
            return self.settings.require_secret()
        path = self.data_dir / SECRET_FILE
        if not path.exists():
            if (self.data_dir / "postgres").exists() and not self.settings.sentinel_allow_weak_secret:
                # A new secret would silently invalidate every key: better to say so.
                raise ConfigError(
                    f"{path} is missing, but there is data: restore it, set SECRET_KEY, or start afresh with"
                    " `agentsentinel reset --hard`"
                )
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
            write_private_file(path, secrets.token_hex(32))
        return read_private_file(path).encode()

    @asynccontextmanager
    async def database_url(self) -> AsyncIterator[str]:
        """The database's SQLAlchemy URL while the block runs; an embedded server nobody else uses is stopped after."""
        if self.postgres is None:
            yield self.settings.require_database_url()
            return
        self.secret()  # first: beside a new database that nobody has started yet, a missing secret would look lost
        is_served = self.is_running()
        try:
            await self.postgres.start()
        except asyncio.CancelledError:
            if not is_served:
                await self.postgres.stop()
            raise
        try:
            yield async_database_url(self.postgres.dsn)
        finally:
            if not is_served:
                await self.postgres.stop()

    def is_running(self) -> bool:
        """Whether another process, an `agentsentinel up`, uses this data directory."""
        if self._is_held:
            return False
        try:
            with self.hold():
                return False
        except AlreadyRunning:
            return True

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep others off this data directory while the block runs. Raises AlreadyRunning."""
        if self.postgres is None:
            yield
            return
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        descriptor = os.open(self.data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                address = os.pread(descriptor, 200, 0).decode()
                where = f"{self.data_dir}, at {address}/" if address else self.data_dir
                raise AlreadyRunning(
                    f"AgentSentinel is already running on {where}: stop it first, or choose another --data-dir"
                ) from None
            self._is_held = True
            self._lock = descriptor
            os.ftruncate(descriptor, 0)
            yield
        finally:
            self._is_held = False
            self._lock = None
            os.close(descriptor)

    def note_address(self, address: str) -> None:
        """Tell other commands where the server that holds this data directory listens."""
        if self._lock is not None:
            os.pwrite(self._lock, address.encode(), 0)

    def server_address(self) -> str | None:
        """Where the server of this data directory listens; None when none runs, or the database is a configured one."""
        if self.postgres is None or not self.is_running():
            return None
        return (self.data_dir / LOCK_FILE).read_text() or None
