"""One process of the cluster: started, killed and started again at will, with its log in a file."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

START_SECONDS = 60.0
STOP_SECONDS = 30.0


class StartError(Exception):
    """A process of the cluster did not start; the message ends with its log."""


class Process:
    """A command, and the process that runs it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        is_ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = list(map(str, command))
        self.log = log
        self._is_ready = is_ready
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The program with its first argument, for people."""
        return " ".join([Path(self._command[0]).name, *self._command[1:2]])

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        if self._process is None:
            raise RuntimeError("it was not started")
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the process, without waiting until it is ready."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def wait_until_ready(self) -> None:
        """Wait until the process answers. Raises StartError when it ends, or takes over a minute."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            if self._is_ready():
                return
            time.sleep(0.02)
        self._fail()

    def start(self) -> None:
        """Start the process and wait until it answers. Raises StartError."""
        self.launch()
        self.wait_until_ready()

    def kill(self) -> None:
        """End the process at once (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """End the process in order (SIGTERM), or after half a minute at once; returns its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def _fail(self) -> NoReturn:
        self.kill()
        tail = self.log.read_text(errors="replace")[-4000:]
        raise StartError(f"{' '.join(self._command[:3])} did not start:\n{tail}")


def free_port() -> int:
    """Return a port of the loopback interface that no process listens on at the moment.

    Chosen at random below the range that Linux uses for connections, so that none takes it before its server starts.
    """
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def own_environment(**settings: str) -> dict[str, str]:
    """Return the environment for a process of the cluster: nothing of AgentSentinel's but `settings`."""
    ours = ("DATABASE_", "SECRET_", "SENTINEL_", "POSTGRES_", "BOOTSTRAP_", "AGENTSENTINEL_", "REDIS_", "PUBLIC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "AGENTSENTINEL_ENV_FILE": "", **settings}
