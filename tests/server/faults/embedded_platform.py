"""`agentsentinel up` with its own PostgreSQL, in a data directory that is gone afterwards, and ways to hurt it.

Only processes of that data directory are ever touched, each by its number.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn, TextIO

import httpx2

import agentsentinel.commands.actions  # noqa: F401 - loaded once, for the children that run commands
from agentsentinel.embedded.layout import Layout
from agentsentinel.embedded.processes import find_postmaster
from agentsentinel.main import main
from patience import PATIENCE_SECONDS
from ports import free_port
from server.support import Server, environment, launch

COMMAND_SECONDS = 60.0


class Platform:
    """One data directory, and the server on it when one runs."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.log = data_dir.parent / "server.log"
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where the server listens, or will."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def server(self) -> Server:
        """The server that was started last."""
        assert self._server is not None
        return self._server

    @property
    def dsn(self) -> str:
        """The embedded database's address."""
        password = (self.data_dir / "postgres-password").read_text().strip()
        folder = Layout(self.data_dir).socket_folder
        return f"postgresql://agentsentinel:{password}@/agentsentinel?host={folder}&port=5432"

    def start(self, **settings: str) -> float:
        """Start the server and wait until it is healthy; returns how many seconds that took."""
        begin = time.monotonic()
        arguments = ["up", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        self._server = launch(arguments, self.port, self.log, "", environment(LOG_LEVEL="WARNING", **settings))
        self._server.dsn = self.dsn
        return time.monotonic() - begin

    def run(self, *arguments: str, answer: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run another `agentsentinel` command on the same data directory."""
        return run_command(*arguments, "--data-dir", str(self.data_dir), answer=answer, **settings)

    def is_running(self) -> bool:
        """Whether the server that was started last still runs."""
        return self._server is not None and self._server.process.poll() is None

    def kill_server(self) -> None:
        """`kill -9` of the server process; its database goes on."""
        self.server.process.kill()
        self.server.process.wait(timeout=PATIENCE_SECONDS)

    def kill_postgres(self) -> int:
        """`kill -9` of every process of the database; returns how many there were."""
        pids = self.postgres_pids()
        for pid in pids:
            _send(pid, signal.SIGKILL)
        return len(pids)

    def postgres_pids(self) -> list[int]:
        """Return the pids of this data directory's PostgreSQL, the main process first."""
        return postgres_pids(self.data_dir)

    def end(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self._server is not None:
            if self._server.process.poll() is None:
                self._server.process.kill()
            self._server.stop()
        for pid in self.postgres_pids():
            _send(pid, signal.SIGKILL)


@contextmanager
def new_platform() -> Iterator[Platform]:
    """Make a platform in a folder of its own, not started. PostgreSQL's account must be able to enter the folder."""
    with new_folder() as folder:
        platform = Platform(folder / "data")
        try:
            yield platform
        finally:
            platform.end()


@contextmanager
def new_folder() -> Iterator[Path]:
    """Make a folder in /tmp with a short name, since the path of a socket must be short; it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="as-fault-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_pids(data_dir: Path) -> list[int]:
    """Return the pids of a data directory's PostgreSQL, the main process first; none when it does not run."""
    cluster = data_dir / "postgres"
    if not cluster.exists():
        return []
    postmaster = find_postmaster(cluster, cluster.stat().st_uid)
    if postmaster is None:
        return []
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    """SIGSTOP while the block runs."""
    for pid in pids:
        _send(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            _send(pid, signal.SIGCONT)


def run_command(*arguments: str, answer: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `agentsentinel` to its end, with `answer` for what it asks.

    In a child that has all modules loaded already: to start Python and load them takes a second each time.
    """
    with TemporaryFile("w+") as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        stdin.write(answer)
        stdin.seek(0)
        pid = os.fork()
        if pid == 0:
            _become(["agentsentinel", *arguments], environment(**settings), (stdin, stdout, stderr))
        code = _wait(pid, time.monotonic() + COMMAND_SECONDS)
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())


def _become(arguments: list[str], env: dict[str, str], streams: Sequence[TextIO]) -> NoReturn:
    code = 255
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.argv = arguments
        os.environ.clear()
        os.environ.update(env)
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(pid: int, deadline: float) -> int:
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError(f"the command did not end within {COMMAND_SECONDS:.0f} s")


def is_port_free(port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for something; returns how long it took, and fails when it takes longer than `seconds`."""
    begin = time.monotonic()
    while time.monotonic() < begin + seconds:
        with suppress(httpx2.HTTPError):
            if is_so():
                return time.monotonic() - begin
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def say(figure: str) -> None:
    """Show a measured figure, to those who ask for it with `pytest -s`."""
    print(f"\n{figure}", end="")  # noqa: T201


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
