"""An embedded server, and the questions that tests ask of it."""

import asyncio
import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from agentsentinel.embedded import EmbeddedPostgres, settings
from agentsentinel.embedded.processes import find_children, find_postmaster
from patience import PATIENCE_SECONDS

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")


class Server:
    """One embedded server, with the questions the tests ask of it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "postgres"
        self.postgres = EmbeddedPostgres(data_dir)

    def start(self) -> None:
        asyncio.run(self.postgres.start(60))

    def stop(self) -> None:
        asyncio.run(self.postgres.stop())

    def value(self, query: str) -> Any:
        return asyncio.run(query_value(self.postgres.dsn, query))

    @property
    def uid(self) -> int:
        return self.cluster.stat().st_uid

    @property
    def postmaster(self) -> int | None:
        return find_postmaster(self.cluster, self.uid)

    @property
    def children(self) -> list[int]:
        return find_children(settings.cluster_name(self.cluster), self.uid)

    def kill(self, *, with_children: bool) -> None:
        """End the postmaster at once, and its helpers and connections too or not: those of this cluster only."""
        assert self.postmaster is not None
        pids = [self.postmaster, *(self.children if with_children else [])]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for_the_end_of(pids[0])


def wait_for_the_end_of(pid: int) -> None:
    """Wait until the killed process is gone: a signal takes effect a moment after it was sent."""
    with suppress(ChildProcessError):  # adopted, and so not our child
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{pid}/exe").is_symlink() and time.monotonic() < deadline:
        time.sleep(0.01)


async def query_value(dsn: str, query: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)
