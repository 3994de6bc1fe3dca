"""Relays between a client's pipes and a stdio server that runs as a child: `sentinel shim --stdio -- COMMAND`.

Bytes are forwarded as they are read, before anything looks at them. The child's standard error is the relay's own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from agentsentinel_shim.asgi import error_line
from agentsentinel_shim.conversation import Link
from agentsentinel_shim.copies import MessageCopy
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.pending import PendingRequests
from agentsentinel_shim.upstream import CannotStart

PIECE = 65_536
GRACE_SECONDS = 5.0
"""How long the server may take to end once its input is closed, before it is ended with its whole process group."""
KILL_SECONDS = 2.0
"""How long its process group may take to end once it was asked to."""
DRAIN_SECONDS = 2.0
"""How long the end waits for the look at the last messages, which finds the requests without an answer."""
_NEWLINE = b"\n"
_ENDED = b"\0"
"""Where the number of a signal could be: the server has closed its output."""


def relay(command: Sequence[str], observer: Observer, pending: PendingRequests) -> int:
    """Run `command` between this process's standard input and output; return its exit status.

    Requests without an answer get errors when the server ends before its client does.

    Raises CannotStart.
    """
    link = Link(key="stdio", client="stdio")
    waiting, waker = _signals()  # first: one that comes while the server starts is passed on, too
    server = start_server(command)
    lines = LineObserver(observer, link, is_from_client=True)
    answers = LineObserver(observer, link, is_from_client=False)
    if server.stdin is None or server.stdout is None:
        raise RuntimeError("the server was started without pipes")
    to_server = server.stdin.fileno()
    from_server = server.stdout.fileno()
    has_client_ended = threading.Event()

    def to_client() -> None:
        pump(from_server, sys.stdout.fileno(), answers)
        waker.send(_ENDED)

    def from_client() -> None:
        if pump(sys.stdin.fileno(), to_server, lines):
            has_client_ended.set()
        with contextlib.suppress(OSError):
            server.stdin.close()  # type: ignore[union-attr]
        _end_in_time(server)

    threading.Thread(target=from_client, name="agentsentinel-from-client", daemon=True).start()
    threading.Thread(target=to_client, name="agentsentinel-to-client", daemon=True).start()
    while (number := waiting.recv(1)) != _ENDED:
        _pass_on(server, number[0])
    end_group(server)
    if not has_client_ended.is_set():
        observer.drain(DRAIN_SECONDS)
        answer_all(pending, sys.stdout.fileno(), is_in_line=answers.is_in_line)
    observer.abandoned(time.time(), "the server ended")
    return exit_status(server.wait())


def answer_all(pending: PendingRequests, target: int, *, is_in_line: bool) -> None:
    """Write an error for each request without an answer, on a line of its own."""
    errors = [error_line(request_id, "the MCP server has ended") for request_id in pending.ids]
    with contextlib.suppress(OSError):  # the client has gone, too
        if errors:
            write_all(target, _NEWLINE * is_in_line + _NEWLINE.join(errors) + _NEWLINE)


def start_server(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a stdio server in a process group of its own. Raises CannotStart."""
    try:
        return subprocess.Popen(  # noqa: S603 - what the user typed after `--`
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=os.name == "posix"
        )
    except OSError as error:
        raise CannotStart(f"cannot run {command[0]!a}: {error.strerror}; is it installed, and on the PATH?") from None


def pump(source: int, target: int, lines: LineObserver) -> bool:
    """Forward bytes from one file descriptor to another until the source ends or the target is closed.

    Returns whether it was the source that ended.
    """
    has_ended = False
    with contextlib.suppress(OSError):
        while piece := os.read(source, PIECE):
            write_all(target, piece)
            lines.feed(piece)
        has_ended = True
    lines.end()
    return has_ended


def write_all(target: int, piece: bytes) -> None:
    """Write all bytes of a piece. Raises OSError."""
    view = memoryview(piece)
    while view:
        view = view[os.write(target, view) :]


class LineObserver:
    """Copies the lines of a byte stream for an observer: each is one message."""

    def __init__(
        self, observer: Observer, link: Link, *, is_from_client: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._observer = observer
        self._link = link
        self._is_from_client = is_from_client
        self._clock = clock
        self._copy = MessageCopy()
        self.is_in_line = False
        """Whether the last byte did not end a line."""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes, which have been forwarded."""
        at = self._clock()
        self.is_in_line = not piece.endswith(_NEWLINE)
        *whole, rest = piece.split(_NEWLINE)
        for line in whole:
            self._copy.feed(line)
            self._hand_over(at)
        if rest:
            self._copy.feed(rest)

    def end(self) -> None:
        """Take the end of the stream: what is left is a message without its newline."""
        if not self._copy.is_empty:
            self._hand_over(self._clock())

    def _hand_over(self, at: float) -> None:
        copy = self._copy.take()
        if not isinstance(copy, bytes) or copy.strip():
            self._observer.sent(self._link, copy, at, is_from_client=self._is_from_client)


def end_group(server: subprocess.Popen[bytes]) -> None:
    """End a server and what it has started: asked first, and after a while made to.

    Windows has no process groups of this kind: the server alone ends there.
    """
    if sys.platform == "win32":
        server.terminate()
        return
    deadline = time.monotonic() + KILL_SECONDS
    with contextlib.suppress(OSError):  # there is none of them any more
        os.killpg(server.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            server.poll()  # the dead are members of a group until they were asked about
            os.killpg(server.pid, 0)
            time.sleep(0.01)
        os.killpg(server.pid, signal.SIGKILL)


def exit_status(code: int) -> int:
    """Return the status that a shell reports: 128 and the number of the signal that ended the process."""
    return code if code >= 0 else 128 - code


def _end_in_time(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        end_group(server)


def _signals() -> tuple[socket.socket, socket.socket]:
    """Return a socket from which the numbers of signals can be read, and the one to write to.

    A handler in Python runs on the main thread when that next runs Python: never, if it is about to wait in a call.
    """
    waiting, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has two of them
            signal.signal(getattr(signal, name), lambda *_: None)
    return waiting, waker


def _pass_on(server: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the server and what it has started; they may take a while to end, and no longer."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(server.pid, number)
        else:
            server.send_signal(number)
    threading.Thread(target=_end_in_time, args=(server,), name="agentsentinel-ending", daemon=True).start()
