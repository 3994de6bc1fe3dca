"""Starts of our commands without the seconds of imports: a fork of a process that has imported them already.

The suite starts hundreds of servers and commands, and half of its time would go into importing the same modules. With
`install`, `subprocess` serves those starts from one warm process for each command; each still is a process of its own
with its own arguments, environment, streams, session and exit code. A start that asks for more than that, such as
another encoding, is made in the usual way, and so is one with AGENTSENTINEL_TEST_COLD=1 in its
environment or in that of the tests.
"""

import inspect
import json
import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

COLD = "AGENTSENTINEL_TEST_COLD"
BIN = Path(sys.executable).parent
MODULES = {
    "agentsentinel": ("agentsentinel.main", "agentsentinel.commands.serve", "agentsentinel.api"),
    "sentinel": (
        "agentsentinel_cli.app",
        "agentsentinel_cli.commands.scan",
        "agentsentinel_cli.scan.pipeline",
        "agentsentinel_cli.mcp_scan.client",
        "agentsentinel_cli.discover.run",
        "agentsentinel_shim.command",
        "agentsentinel_shim.bridge",
        "agentsentinel_shim.http_relay",
    ),
}
"""Command -> what it imports in its life, as far as it is slow to import."""
READ_AT_THE_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "MALLOC", "OPENSSL")
"""Beginnings of variables that an interpreter reads when it starts, so that a fork would not see them."""
PARAMETERS = inspect.signature(subprocess.Popen._execute_child)  # type: ignore[attr-defined]
_ColdPopen = subprocess.Popen


class WarmProcess:
    """A process that has imported the modules of one command."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._variables = _read_at_the_start(os.environ)
        program = Path(__file__).with_name("warm_process.py")
        command = [sys.executable, str(program), str(theirs.fileno()), str(BIN / name), *MODULES[name]]
        self._process = _ColdPopen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()

    def can_start(self, variables: dict[str, str]) -> bool:
        """Whether the interpreter would have started in the same way with these variables."""
        return self._variables == _read_at_the_start(variables)

    def start(self, order: dict[str, Any], descriptors: list[int]) -> int:
        """Start the command; returns its process id."""
        with self._lock:
            socket.send_fds(self._channel, [json.dumps(order).encode()], descriptors)
            return int(self._channel.recv(64))

    def status_of(self, pid: int) -> int:
        """Return the wait status of a start that has ended."""
        with self._lock:
            self._channel.send(json.dumps({"ended": pid}).encode())
            return int(self._channel.recv(64))


class WarmPopen(_ColdPopen):  # type: ignore[type-arg]
    """`subprocess.Popen` that takes a fork of a warm process where that makes no difference."""

    _warm: WarmProcess | None = None
    _pidfd = -1

    def _execute_child(self, *details: Any) -> None:
        given = PARAMETERS.bind(self, *details).arguments
        warm, order = _order(given)
        if warm is None:
            super()._execute_child(*details)  # type: ignore[misc]
            return
        ends = [given["p2cread"], given["c2pwrite"], given["errwrite"]]
        self._warm = warm
        self.pid = warm.start(order, [number if end == -1 else end for number, end in enumerate(ends)])
        self._pidfd = os.pidfd_open(self.pid)
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[name] for name in pipes))  # type: ignore[attr-defined]

    def _internal_poll(self, *details: Any, **more: Any) -> int | None:
        if self._warm is None:
            return super()._internal_poll(*details, **more)  # type: ignore[misc, no-any-return]
        if self.returncode is None and self._waitpid_lock.acquire(False):  # type: ignore[attr-defined]
            try:
                self._take_status(timeout=0)
            finally:
                self._waitpid_lock.release()  # type: ignore[attr-defined]
        return self.returncode

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._warm is None:
            return super()._try_wait(wait_flags)  # type: ignore[misc, no-any-return]
        status = self._status(None if wait_flags == 0 else 0)
        return (0, 0) if status is None else (self.pid, status)

    def _take_status(self, timeout: float | None) -> None:
        status = self._status(timeout) if self.returncode is None else None
        if status is not None:
            self._handle_exitstatus(status)  # type: ignore[attr-defined]

    def _status(self, timeout: float | None) -> int | None:
        """Return the wait status, once; None when it has not ended within so many seconds."""
        assert self._warm is not None
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        if not poll.poll(timeout):
            return None
        os.close(self._pidfd)
        return self._warm.status_of(self.pid)


_warm_processes: dict[str, WarmProcess] = {}


def install() -> None:
    """Serve starts of our commands from warm processes."""
    if sys.platform == "linux":
        subprocess.Popen = WarmPopen  # type: ignore[misc]


def _order(given: dict[str, Any]) -> tuple[WarmProcess | None, dict[str, Any]]:
    """Return what a warm process is to start; None as the process when it has to be a start of the usual kind."""
    arguments = given["args"]
    words = [os.fspath(word) for word in arguments] if isinstance(arguments, list | tuple) else []
    command = Path(words[0]) if words and isinstance(words[0], str) else None
    is_plain = (
        not (given["shell"] or given["preexec_fn"] or given["pass_fds"] or given["executable"])
        and given["umask"] == given.get("process_group", -1) == -1
    )
    if command is None or command.parent != BIN or command.name not in MODULES or not is_plain:
        return None, {}
    variables = dict(os.environ if given["env"] is None else given["env"])
    if variables.get(COLD) or os.environ.get(COLD):
        return None, {}
    cwd = os.fspath(given["cwd"] or os.getcwd())
    if command.name not in _warm_processes:
        _warm_processes[command.name] = WarmProcess(command.name)
    warm = _warm_processes[command.name]
    if not warm.can_start(variables) or not os.path.isdir(cwd) or not all(isinstance(word, str) for word in words):
        return None, {}
    order = {"arguments": words, "env": variables, "cwd": cwd, "start_new_session": given["start_new_session"]}
    return warm, order


def _read_at_the_start(variables: Any) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(READ_AT_THE_START)}
