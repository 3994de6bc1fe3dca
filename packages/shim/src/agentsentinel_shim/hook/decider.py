"""The process that decides for hooks: `python -m agentsentinel_shim.hook.decider FOLDER WORDS`.

A hook lives for milliseconds, so it can neither hold a connection to the server nor load what a policy needs. One such
process runs for each agent, server and policy; hooks start it, and ask it through a socket in its folder, which only
its user can enter. It ends by itself when nothing has been asked for a while, and the next hook starts another one.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentsentinel_shim.hook import spool
from agentsentinel_shim.hook.ask import LOCK, SOCKET

IDLE_SECONDS = 600.0
"""How long it waits for the next question before it ends."""
LOOK_SECONDS = 1.0
QUESTION_SECONDS = 2.0
"""How long it waits for the rest of a question: a hook that was stopped must not stop the others."""
MOST_BYTES = 65 * 1024 * 1024
MOST_WAITING = 128
MOST_FOLDERS = 32
"""Folders of this and other processes that are kept; another key, server, policy or version makes another one."""
_PIECE = 256 * 1024

Answer = Callable[[bytes], bytes]


def main(folder: Path, words: list[str], idle_seconds: float = IDLE_SECONDS) -> int:
    """Decide until nothing is asked for a while. Returns 0: what goes wrong is in the feed's log."""
    os.umask(0o077)
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it is the first of its session already
            os.setsid()
    feed = str(folder.parent.parent)
    try:
        with spool.Lock(str(folder / LOCK), wait_seconds=0), _listening(folder) as listener:
            from agentsentinel_shim.hook.decisions import Decisions  # slow to load, and questions already wait

            with suppress(OSError):  # another one tidies, too
                tidy(folder.parent)
            with Decisions(folder, words, lambda text: spool.log(feed, text)) as decisions:
                serve(listener, decisions.answer, decisions.save, idle_seconds)
    except BlockingIOError:
        return 0  # another one is at work
    except Exception as error:
        spool.log(feed, f"the process that decides has ended: {type(error).__name__}: {error}")
    return 0


def serve(listener: socket.socket, answer: Answer, after: Callable[[], object], idle_seconds: float) -> None:
    """Answer one question after the other until none has come for `idle_seconds`; `after` is called after each."""
    listener.settimeout(LOOK_SECONDS)
    asked_at = time.monotonic()
    while time.monotonic() - asked_at < idle_seconds:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection, suppress(OSError):  # the hook was ended meanwhile
            connection.sendall(answer(_question(connection)))
        after()
        asked_at = time.monotonic()


def tidy(folders: Path) -> None:
    """Remove the folders that were used longest ago, beyond a bound; never that of a process that runs."""
    found = sorted(folders.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[MOST_FOLDERS:]:
        with suppress(BlockingIOError), spool.Lock(str(path / LOCK), wait_seconds=0):
            shutil.rmtree(path, ignore_errors=True)


def _question(connection: socket.socket) -> bytes:
    """Return a whole question. Raises OSError for one that is too long or does not come."""
    deadline = time.monotonic() + QUESTION_SECONDS
    question = bytearray()
    while True:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = connection.recv(_PIECE)
        if not piece:
            return bytes(question)
        question += piece
        if len(question) > MOST_BYTES:
            raise OSError("the question is too long")


@contextmanager
def _listening(folder: Path) -> Iterator[socket.socket]:
    """Listen in the folder, and leave no socket behind: hooks that find none start the next process."""
    os.chdir(folder)  # the path of a socket has at most some 100 bytes
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        Path(SOCKET).unlink(missing_ok=True)
        listener.bind(SOCKET)
        try:
            listener.listen(MOST_WAITING)
            yield listener
        finally:
            Path(SOCKET).unlink(missing_ok=True)


if __name__ == "__main__":
    os.closerange(3, 256)  # what a client left open for its hooks: it may wait until the last one closes it
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
