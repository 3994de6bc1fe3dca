"""The file that hooks append to and the shipper takes: one line for each side of a call, under a lock.

The lock is that of a file beside it and is given up by the operating system when its process ends, whatever ends it. No
line is lost between a hook and the shipper: the shipper renames the file under the same lock, so a line is in the old
file or in the new one.
"""

from __future__ import annotations

import os
import sys
import time

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MOST_BYTES = 64 * 1024 * 1024
"""Size of the file; what comes beyond it is dropped and counted: some 150,000 calls that nothing has taken away."""
LOCK_SECONDS = 2.0
"""How long the lock is waited for, which others hold for the writing of a line."""
_LOOK_SECONDS = 0.002
MOST_LOG_BYTES = 256 * 1024
NAME, LOCK, SHIPPER_LOCK = "calls.jsonl", "calls.lock", "shipper.lock"
LOG, DROPPED, PAUSED = "hook.log", "dropped", "paused"
PAUSE_SECONDS = 60.0
"""After a shipper could not work, such as without a key, no hook starts one for so long."""


def default_folder() -> str:
    """Return the folder of the feed: in the user's folder for state."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.join(os.path.expanduser("~"), "AppData", "Local")
    else:
        base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "agentsentinel", "hook")


class Lock:
    """An exclusive lock on a file, as a context. Raises BlockingIOError when it is held for longer than is waited for.

    A process that was stopped while it held the lock must not stop the clients whose hooks wait for it.
    """

    def __init__(self, path: str, wait_seconds: float = LOCK_SECONDS) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._handle = -1

    def __enter__(self) -> Lock:
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not self._waited():
            os.close(self._handle)
            raise BlockingIOError("another process holds the lock")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def _waited(self) -> bool:
        """Take the lock; whether that was possible in time."""
        deadline = time.monotonic() + self._wait_seconds
        while not self._is_taken():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _is_taken(self) -> bool:
        try:
            if sys.platform == "win32":
                msvcrt.locking(self._handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            return False
        return True


def append(folder: str, text: str) -> bool:
    """Append lines; whether there was room for them. Raises OSError."""
    try:
        return _append(folder, text)
    except FileNotFoundError:
        os.makedirs(folder, 0o700, exist_ok=True)
        return _append(folder, text)


def _append(folder: str, text: str) -> bool:
    with Lock(os.path.join(folder, LOCK)):
        handle = os.open(os.path.join(folder, NAME), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size + len(text) > MOST_BYTES:
                _count_dropped(folder)
                return False
            data = text.encode()
            if os.write(handle, data) < len(data):  # a full disk
                os.ftruncate(handle, size)
                raise OSError("the disk is full")
        finally:
            os.close(handle)
    return True


def _count_dropped(folder: str) -> None:
    """Make a file one byte longer for each line that was dropped."""
    handle = os.open(os.path.join(folder, DROPPED), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, b".")
    os.close(handle)


def is_shipping(folder: str) -> bool:
    """Whether a shipper is at work."""
    try:
        with Lock(os.path.join(folder, SHIPPER_LOCK), wait_seconds=0):
            return False
    except BlockingIOError:
        return True


def pause(folder: str) -> None:
    """Let hooks start no shipper for a while."""
    handle = os.open(os.path.join(folder, PAUSED), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(handle, b"x")  # which sets its time
    os.close(handle)


def is_paused(folder: str, now: float) -> bool:
    """Whether a shipper could not work a moment ago; a time in the future is none."""
    try:
        since = now - os.stat(os.path.join(folder, PAUSED)).st_mtime
    except OSError:
        return False
    return 0 <= since < PAUSE_SECONDS


def log(folder: str, text: str) -> None:
    """Append a line to the feed's own log. Never raises; a log that has grown too long begins again."""
    try:
        path = os.path.join(folder, LOG)
        os.makedirs(folder, 0o700, exist_ok=True)
        is_long = os.path.exists(path) and os.path.getsize(path) > MOST_LOG_BYTES
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if is_long else os.O_APPEND), 0o600)
        try:
            os.write(handle, (" ".join(text.split())[:1000] + "\n").encode("utf-8", "replace"))
        finally:
            os.close(handle)
    except OSError:
        pass
