"""The platform's data directory: its lock, its secret, and its database, embedded or configured."""

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


class AlreadyRunning(Exception):  # it says what is the case
    """Another `agentsentinel up` uses this data directory."""


class DataDirectory:
    """The data directory of an embedded database, or the settings of a configured one, and access to it."""

    def __init__(self, settings: Settings, data_dir: Path | None) -> None:
        self.settings = settings
        self.data_dir = (data_dir or settings.agentsentinel_data_dir or default_data_dir()).expanduser().absolute()
        self.postgres = EmbeddedPostgres(self.data_dir) if settings.is_embedded else None
        self._is_held = False
        self._lock: int | None = None

    def secret(self) -> bytes:
        """Return the HMAC secret, generated once if the database is embedded and no secret is set.

        Raises ConfigError when it has to be set, or when its file was lost.
        """
        if self.postgres is None or self.settings.secret_key.get_secret_value():
            return self.settings.require_secret()
        path = self.data_dir / SECRET_FILE
        if not path.exists():
            if (self.data_dir / "postgres").exists() and not self.settings.sentinel_allow_weak_secret:
                # A new secret would silently invalidate every key, so this is an error.
                raise ConfigError(
                    f"{path} is missing, but there is data: restore it, set SECRET_KEY, or start afresh with"
                    " `agentsentinel reset --hard`"
                )
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
            write_private_file(path, secrets.token_hex(32))
        return read_private_file(path).encode()

    @asynccontextmanager
    async def database_url(self) -> AsyncIterator[str]:
        """Yield the database's SQLAlchemy URL; an embedded database runs during the block.

        It is stopped afterwards, unless an `agentsentinel up` of the same data directory uses it.
        """
        if self.postgres is None:
            yield self.settings.require_database_url()
            return
        self.secret()  # before the start: a missing secret beside an existing database is an error
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
        """Tell whether another process, an `agentsentinel up`, uses this data directory."""
        if self._is_held:
            return False
        try:
            with self.hold():
                return False
        except AlreadyRunning:
            return True

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Lock this data directory against other processes while the block runs. Raises AlreadyRunning."""
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
        """Write the server's address into the lock file, where other commands read it."""
        if self._lock is not None:
            os.pwrite(self._lock, address.encode(), 0)

    def server_address(self) -> str | None:
        """Return the address of the running server of this data directory.

        None when no server runs, or when the database is a configured one.
        """
        if self.postgres is None or not self.is_running():
            return None
        return (self.data_dir / LOCK_FILE).read_text() or None
