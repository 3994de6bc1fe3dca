"""The cluster's PostgreSQL: the one that the server's package carries, in a folder of its own."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from agentsentinel.embedded import EmbeddedPostgres
from agentsentinel.embedded.layout import Layout
from agentsentinel.embedded.processes import find_postmaster


class Postgres:
    """A PostgreSQL server, with ways to hurt it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder)

    @property
    def dsn(self) -> str:
        """The address of its database, as DATABASE_URL takes it."""
        password = (self._folder / "postgres-password").read_text().strip()
        socket_folder = Layout(self._folder).socket_folder
        return f"postgresql://agentsentinel:{password}@/agentsentinel?host={socket_folder}&port=5432"

    @property
    def pids(self) -> list[int]:
        """Numbers of its processes, the main one first; none while it is down."""
        cluster = self._folder / "postgres"
        postmaster = find_postmaster(cluster, cluster.stat().st_uid) if cluster.exists() else None
        if postmaster is None:
            return []
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def start(self) -> None:
        """Start it, and wait until it answers; nothing happens if it runs."""
        asyncio.run(self._server.start())

    def ensure_running(self) -> bool:
        """Start it again if it was killed; return whether that was so."""
        return asyncio.run(self._server.ensure_running())

    def stop(self) -> None:
        """End it in order."""
        asyncio.run(self._server.stop())

    def kill(self) -> None:
        """End each of its processes at once (SIGKILL)."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop each of its processes where it is (SIGSTOP): connections stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its processes go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
