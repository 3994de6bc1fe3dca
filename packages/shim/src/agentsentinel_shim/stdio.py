"""Relays between a client's pipes and a stdio server that runs as a child: `sentinel shim --stdio -- COMMAND`.

Bytes are forwarded as they are read; only their copies are parsed. The child's standard error is the relay's own.
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
from agentsentinel_shim.enforcement.gate import MOST_JUDGED, SETTLE_SECONDS, SETTLE_TRIES, Gate, too_long
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


def relay(command: Sequence[str], observer: Observer, pending: PendingRequests, gate: Gate | None = None) -> int:
    """Run `command` between this process's standard input and output; return its exit status.

    Requests without an answer get errors when the server ends before its client does. With a gate, messages of the
    client are judged one by one before they are forwarded.

    Raises CannotStart.
    """
    link = Link(key="stdio", client="stdio")
    waiting, waker = _signals()  # first: one that comes while the server starts is passed on, too
    server = start_server(command)
    lines = LineObserver(observer, link, is_from_client=True)
    answers = LineObserver(observer, link, is_from_client=False)
    output = LineWriter(sys.stdout.fileno())
    if server.stdin is None or server.stdout is None:
        raise RuntimeError("the server was started without pipes")
    to_server = server.stdin.fileno()
    from_server = server.stdout.fileno()
    has_client_ended = threading.Event()

    def to_client() -> None:
        pump(from_server, output.write, answers)
        waker.send(_ENDED)

    def from_client() -> None:
        if gate is not None:
            has_ended = pump_judged(sys.stdin.fileno(), to_server, output, Judging(gate, observer, link))
        else:
            has_ended = pump(sys.stdin.fileno(), lambda piece: write_all(to_server, piece), lines)
        if has_ended:
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


def pump(source: int, write: Callable[[bytes], None], lines: LineObserver) -> bool:
    """Forward bytes from a file descriptor until the source ends or the target is closed.

    Returns whether it was the source that ended.
    """
    has_ended = False
    with contextlib.suppress(OSError):
        while piece := os.read(source, PIECE):
            lines.feed(piece)  # before it is written: what follows from a message must not be looked at before it
            write(piece)
        has_ended = True
    lines.end()
    return has_ended


def write_all(target: int, piece: bytes) -> None:
    """Write all bytes of a piece. Raises OSError."""
    view = memoryview(piece)
    while view:
        view = view[os.write(target, view) :]


class LineWriter:
    """Writes the bytes of a server, and lines of the relay's own between its lines. Safe to share between threads."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._own: list[bytes] = []
        self._is_in_line = False

    def write(self, piece: bytes) -> None:
        """Write bytes of the server. Raises OSError."""
        with self._lock:
            if self._own:
                end = piece.find(_NEWLINE) + 1
                if end:
                    write_all(self._target, piece[:end])
                    self._write_own()
                    piece = piece[end:]
            if piece:
                write_all(self._target, piece)
                self._is_in_line = not piece.endswith(_NEWLINE)

    def add_line(self, line: bytes) -> None:
        """Write a line, at once or after the line that the server has begun. Raises OSError."""
        with self._lock:
            self._own.append(line + _NEWLINE)
            if not self._is_in_line:
                self._write_own()

    def _write_own(self) -> None:
        write_all(self._target, b"".join(self._own))
        self._own.clear()
        self._is_in_line = False


class Judging:
    """Judges the messages of a client, line by line.

    Args:
        gate: judges.
        observer: sees each message, forwarded or refused.
        link: between whom they travel.
    """

    def __init__(self, gate: Gate, observer: Observer, link: Link) -> None:
        self._gate = gate
        self._observer = observer
        self._link = link

    def take(self, line: bytes, forward: Callable[[bytes], None]) -> bytes:
        """Forward a line, or return what the client is answered instead; empty when there is no answer."""
        at = time.time()
        if not line.strip():
            forward(line)
            return b""
        for _ in range(SETTLE_TRIES if b"tools/call" in line else 0):
            if not self._gate.awaits_a_list(self._link):
                break
            time.sleep(SETTLE_SECONDS)
        judged = self._gate.judge(self._link, line, at) if len(line) <= MOST_JUDGED else too_long()
        if judged.answer is not None:
            self._observer.refused(self._link, judged.reading, judged.verdicts, at)
            return judged.answer
        self._observer.sent(self._link, line, at, is_from_client=True, verdicts=judged.verdicts)
        forward(line)
        return b""


def pump_judged(source: int, target: int, output: LineWriter, judging: Judging) -> bool:
    """Forward the lines of a client that are not refused; answer the others. Returns whether the source has ended.

    A line that is too long to be judged is cut after its first bytes, which are refused, and the rest is dropped.
    """
    waiting = bytearray()
    is_too_long = False
    with contextlib.suppress(OSError):
        while True:
            piece = os.read(source, PIECE)
            *whole, rest = piece.split(_NEWLINE)
            for part in whole:
                line = bytes(waiting + part)
                waiting.clear()
                if not is_too_long:
                    _judge_line(line, target, output, judging)
                is_too_long = False
            if not is_too_long:
                waiting += rest
            if len(waiting) > MOST_JUDGED:
                is_too_long = True
                _judge_line(bytes(waiting), target, output, judging)
                waiting.clear()
            if not piece:
                if waiting:
                    _judge_line(bytes(waiting), target, output, judging)
                return True
    return False


def _judge_line(line: bytes, target: int, output: LineWriter, judging: Judging) -> None:
    answer = judging.take(line, lambda whole: write_all(target, whole + _NEWLINE))
    if answer:
        output.add_line(answer)


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
        """Take the next bytes."""
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
