"""Relays between a client's pipes and a stdio server that runs as a child: `sentinel shim --stdio -- COMMAND`.

Bytes are forwarded as they are read, before anything looks at them. The child's standard error is the relay's own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from agentsentinel_shim.conversation import Link
from agentsentinel_shim.copies import MessageCopy
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.upstream import CannotStart

PIECE = 65_536
GRACE_SECONDS = 5.0
"""How long the server may take to end once its input is closed, before it is ended with its whole process group."""
_NEWLINE = b"\n"


def relay(command: Sequence[str], observer: Observer) -> int:
    """Run `command` between this process's standard input and output; return its exit status.

    Raises CannotStart.
    """
    link = Link(key="stdio", client="stdio")
    server = start_server(command)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _passing_on_to(server))
    lines = LineObserver(observer, link, is_from_client=True)
    answers = LineObserver(observer, link, is_from_client=False)
    if server.stdin is None or server.stdout is None:
        raise RuntimeError("the server was started without pipes")
    to_server = server.stdin.fileno()

    def from_client() -> None:
        pump(sys.stdin.fileno(), to_server, lines)
        with contextlib.suppress(OSError):
            server.stdin.close()  # type: ignore[union-attr]
        _end_in_time(server)

    threading.Thread(target=from_client, name="agentsentinel-from-client", daemon=True).start()
    pump(server.stdout.fileno(), sys.stdout.fileno(), answers)
    end_group(server)
    observer.abandoned(time.time(), "the server ended")
    return exit_status(server.wait())


def start_server(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a stdio server in a process group of its own. Raises CannotStart."""
    try:
        return subprocess.Popen(  # noqa: S603 - what the user typed after `--`
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=os.name == "posix"
        )
    except OSError as error:
        raise CannotStart(f"cannot run {command[0]!a}: {error.strerror}; is it installed, and on the PATH?") from None


def pump(source: int, target: int, lines: LineObserver) -> None:
    """Forward bytes from one file descriptor to another until the source ends or the target is closed."""
    with contextlib.suppress(OSError):
        while piece := os.read(source, PIECE):
            write_all(target, piece)
            lines.feed(piece)
    lines.end()


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

    def feed(self, piece: bytes) -> None:
        """Take the next bytes, which have been forwarded."""
        at = self._clock()
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
    """End a server and what it has started. Windows has no process groups of this kind: the server alone ends there."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(server.pid, signal.SIGTERM)
        else:
            server.terminate()


def exit_status(code: int) -> int:
    """Return the status that a shell reports: 128 and the number of the signal that ended the process."""
    return code if code >= 0 else 128 - code


def _end_in_time(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        end_group(server)


def _passing_on_to(server: subprocess.Popen[bytes]) -> Callable[[int, FrameType | None], None]:
    def pass_on(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(server.pid, number)
            else:
                server.send_signal(number)

    return pass_on
