"""File locks, which the kernel releases when their holder ends, even if it is killed."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agentsentinel.embedded.errors import EmbeddedPostgresError

_POLL_S = 0.05


def try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the exclusive lock on `path`, or None when another process holds it.

    The lock lasts until the last copy of the descriptor is closed, those inherited by child processes included.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@asynccontextmanager
async def locked(path: Path, deadline: float) -> AsyncIterator[None]:
    """Hold the lock on `path`; raises EmbeddedPostgresError when it is not free by `deadline` (monotonic seconds)."""
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"another process is still starting or stopping the database: it holds {path}")
        await asyncio.sleep(_POLL_S)
    try:
        yield
    finally:
        os.close(descriptor)
