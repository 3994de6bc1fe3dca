"""Asks the process that decides, and starts it where none runs. It answers within a millisecond; see `decider.py`.

The question is the payload of the hook, byte for byte, so that what is judged is what the client asked about. It loads
neither `socket` nor `json`: it is on the way of every call.
"""

from __future__ import annotations

import os
import time

from agentsentinel_shim import __version__
from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.background import start
from agentsentinel_shim.hook.light_hash import sha256
from agentsentinel_shim.hook.light_json import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
try:
    import _socket as sockets
except ImportError:  # an interpreter without CPython's module
    import socket as sockets  # type: ignore[no-redef]

FOLDER, LOCK, SOCKET = "deciders", "lock", "socket"
DECIDER = "agentsentinel_shim.hook.decider"
CALL, PROBE, STATE = "call", "probe", "state"
"""Questions: judge a call, judge one that must be denied and count nothing, say how things are."""
ENFORCING_SECONDS = 6.0
"""How long an enforcing hook waits for its answer, with the start of the process and its first look at the server."""
OBSERVING_SECONDS = 0.5
"""How long another hook waits for a process that runs; it never waits for one to start."""
MOST_BYTES = 1024 * 1024
_AGAIN_SECONDS = 1.0
_LOOK_SECONDS = 0.01
_PIECE = 64 * 1024
_NOT_LISTENING = (ConnectionError, FileNotFoundError, BlockingIOError)
"""No process listens, or so many questions wait that no more can."""


class Decider:
    """The process that decides for one agent of one server, by one policy.

    Args:
        folder: folder of the feed.
        client: name of the client.
        url, key_file: as in the command; empty for those of the environment.
        policy: file of the policy; empty for the built-in rules alone.
        enforces: whether calls are refused.
    """

    def __init__(self, folder: str, client: str, url: str, key_file: str, policy: str, *, enforces: bool) -> None:
        self.words = [client, url, key_file, policy, "enforce" if enforces else ""]
        surroundings = [os.environ.get(name, "") for name in ("SENTINEL_URL", "AGENTSENTINEL_API_KEY")]
        name = sha256("\0".join([__version__, *self.words, *surroundings]).encode("utf-8", "surrogateescape")).hex()[
            :16
        ]
        self.folder = os.path.join(folder, FOLDER, name)
        self.enforces = enforces
        self._started_at = float("-inf")

    def ask(self, question: str, event: str = "", data: bytes = b"", seconds: float = ENFORCING_SECONDS) -> Any:
        """Return the answer. Raises OSError, ValueError, and TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return parse(self._exchanged(f"{question} {event}\n".encode() + data, deadline))
            except _NOT_LISTENING:  # none runs, or it is about to end
                self._start()
            if time.monotonic() >= deadline:
                raise TimeoutError("the process that decides did not start")
            time.sleep(_LOOK_SECONDS)

    def ask_if_there(self, question: str, event: str, data: bytes) -> Any:
        """Return the answer of a process that runs, or else None; one is started for the calls to come."""
        try:
            return parse(self._exchanged(f"{question} {event}\n".encode() + data, time.monotonic() + OBSERVING_SECONDS))
        except _NOT_LISTENING:
            self._start()
            return None

    def _start(self) -> None:
        """Start the process, unless one runs, or was started a moment ago."""
        now = time.monotonic()
        if now - self._started_at < _AGAIN_SECONDS:
            return
        self._started_at = now
        os.makedirs(self.folder, 0o700, exist_ok=True)
        try:
            with spool.Lock(os.path.join(self.folder, LOCK), wait_seconds=0):
                pass
        except BlockingIOError:
            return
        start(DECIDER, self.folder, *self.words)

    def _exchanged(self, question: bytes, deadline: float) -> str:
        """Send a question and return the answer as it came."""
        if not hasattr(sockets, "AF_UNIX"):
            raise OSError("hooks cannot decide on this platform: it has no Unix sockets")
        connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            connection.settimeout(_left(deadline))
            self._connect(connection)
            connection.sendall(question)
            connection.shutdown(sockets.SHUT_WR)
            answer = b""
            while piece := _received(connection, deadline):
                answer += piece
                if len(answer) > MOST_BYTES:
                    raise ValueError("the answer is too long")
        finally:
            connection.close()
        if not answer:
            raise ConnectionResetError("the process that decides has ended")
        return answer.decode()

    def _connect(self, connection: sockets.socket) -> None:
        """Connect from within the folder: the path of a socket has at most some 100 bytes."""
        before = os.open(".", os.O_RDONLY)
        try:
            os.chdir(self.folder)
            connection.connect(SOCKET)
        finally:
            os.fchdir(before)
            os.close(before)


def _received(connection: sockets.socket, deadline: float) -> bytes:
    connection.settimeout(_left(deadline))
    return connection.recv(_PIECE)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no decision came in time")
    return left
