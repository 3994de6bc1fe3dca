"""Events on disk while the server is away: append-only files, which outlive the process that wrote them.

Each process writes files of its own and holds an advisory lock (`flock`) on each for as long as it lives; the kernel
lets go of it whatever ends the process. So a file that can be locked has no owner, and the process that locks it first
takes it over: exactly one process does. A file is deleted when all of it has arrived. One that was sent in part and
then taken over is sent again from its start, which changes nothing, since the server knows the events by their ids.

Writing goes to the page cache, which survives the end of the process; it is forced to the disk (`fsync`) at most once
a second and when a file is complete, so a loss of power costs the last second. A line that was cut short is skipped.

The files hold what the API takes: names, times and digests. Folder and files are readable by their owner only.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from agentsentinel_sdk._queue import Entry

try:
    import fcntl
except ImportError:  # Windows: see `is_supported`
    fcntl = None  # type: ignore[assignment]

DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024
"""Some 150,000 events."""
LONGEST_AGE_SECONDS = 24 * 3600.0
"""The server takes nothing older from the key of an agent."""
LARGEST_FILE_BYTES = 1024 * 1024
_SYNC_SECONDS = 1.0
_EMPTY_SECONDS = 60.0
_READ_BYTES = 512 * 1024
_SUFFIX = ".events"


def is_supported() -> bool:
    """Whether this platform has the locks that tell the files of the living from those of the dead."""
    return fcntl is not None


class Spool:
    """The files of one process in a folder shared by all processes of the same agent. For one thread at a time.

    Args:
        folder: made when the first event is written.
        limit_bytes: size of this process's files; beyond it the oldest file goes, and its events are counted.
        clock: Unix time in seconds.
    """

    def __init__(
        self, folder: Path, limit_bytes: int = DEFAULT_LIMIT_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self.dropped = 0
        """Events deleted because they were too many or too old."""
        self.unreadable = 0
        """Lines that hold no event."""
        self.adopted = 0
        """Events of dead processes that were taken over."""
        self._limit_bytes = limit_bytes
        self._file_bytes = max(min(LARGEST_FILE_BYTES, limit_bytes // 8), 1)
        self._clock = clock
        self._files: list[_File] = []
        self._peeked_unreadable = 0

    def __len__(self) -> int:
        return sum(file.events_left for file in self._files)

    def append(self, entries: Iterable[Entry]) -> None:
        """Write entries behind the others. Raises OSError, and then none of them is there."""
        data = [_to_line(entry) for entry in entries]
        file = self._writable()
        file.append(b"".join(data), len(data))
        self._keep_within_limit()

    def peek(self, most: int) -> list[Entry]:
        """Return the oldest entries, at most so many; empty only when nothing is left. Raises OSError."""
        self._drop_aged()
        while self._files:
            lines = self._files[0].peek(most)
            entries = [entry for entry in map(_from_line, lines) if entry is not None]
            self._peeked_unreadable = len(lines) - len(entries)
            if entries:
                own = not self._files[0].is_adopted
                return [entry._replace(is_own=own) for entry in entries]
            self.advance()
        return []

    def advance(self) -> None:
        """Remove the entries of the last `peek`: they have arrived."""
        self.unreadable += self._peeked_unreadable
        self._peeked_unreadable = 0
        if self._files and self._files[0].advance():
            self._remove_first()

    def adopt(self) -> None:
        """Take over the files of processes that have ended. Whatever cannot be read is left alone."""
        mine = {file.path for file in self._files}
        with suppress(OSError):
            for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
                file = None if path in mine else _File.take_over(path)
                if file is not None:
                    self.adopted += file.events_left
                    self._files.append(file)
        self._files.sort(key=lambda file: file.path.name)  # names begin with their time

    def close(self) -> None:
        """Leave the files to the next process."""
        for file in self._files:
            file.sync()
            file.close()
        self._files = []

    def forget(self) -> None:
        """In a forked child: the files are the parent's. Closing our copy leaves its locks in place."""
        for file in self._files:
            file.close()
        self._files = []
        self.dropped = self.unreadable = self.adopted = 0

    def _writable(self) -> _File:
        last = self._files[-1] if self._files else None
        if last is not None and not last.is_adopted and last.size < self._file_bytes:
            return last
        if last is not None:
            last.sync()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{int(self._clock() * 1000):015d}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._files.append(_File.create(self.folder / name))
        return self._files[-1]

    def _keep_within_limit(self) -> None:
        while len(self._files) > 1 and sum(file.size for file in self._files) > self._limit_bytes:
            self._drop_first()

    def _drop_aged(self) -> None:
        oldest = self._clock() - LONGEST_AGE_SECONDS
        while self._files and self._files[0].written_at() < oldest:
            self._drop_first()

    def _drop_first(self) -> None:
        self.dropped += self._files[0].events_left
        self._remove_first()

    def _remove_first(self) -> None:
        file = self._files.pop(0)
        with suppress(OSError):
            file.path.unlink(missing_ok=True)  # while it is still locked, so that no other process takes it over
        file.close()


class _File:
    """One file, open and locked."""

    def __init__(self, path: Path, handle: int, *, is_adopted: bool) -> None:
        self.path = path
        self.is_adopted = is_adopted
        self.events_left = 0
        self.size = os.fstat(handle).st_size
        self._handle = handle
        self._read_to = 0
        self._peeked = (0, 0)  # bytes and lines
        self._synced_at = 0.0

    @classmethod
    def create(cls, path: Path) -> _File:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)  # a moment after its making: a reader that came first finds it empty
        return cls(path, handle, is_adopted=False)

    @classmethod
    def take_over(cls, path: Path) -> _File | None:
        """Open a file whose process has ended; None when it lives, or another was faster."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(handle)
            if not status.st_size and status.st_mtime < time.time() - _EMPTY_SECONDS:
                path.unlink()  # its process ended between making it and writing
            elif status.st_nlink and status.st_size:
                file = cls(path, handle, is_adopted=True)
                file.events_left = file.count()
                return file
        except OSError:
            pass
        os.close(handle)
        return None

    def count(self) -> int:
        """Lines from the reading position on; the last one need not be complete."""
        data = os.pread(self._handle, self.size - self._read_to, self._read_to)
        return data.count(b"\n") + (not data.endswith(b"\n"))

    def append(self, data: bytes, lines: int) -> None:
        try:
            _write_all(self._handle, data)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._handle, self.size)
            raise
        self.size += len(data)
        self.events_left += lines
        if time.monotonic() - self._synced_at > _SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        with suppress(OSError):
            os.fsync(self._handle)
        self._synced_at = time.monotonic()

    def peek(self, most: int) -> list[bytes]:
        data = os.pread(self._handle, _READ_BYTES, self._read_to)
        lines = data.splitlines(keepends=True)
        if len(data) == _READ_BYTES and len(lines) > 1 and not lines[-1].endswith(b"\n"):
            lines.pop()  # cut by this reading, not by a dying process
        lines = lines[:most]
        self._peeked = (sum(map(len, lines)), len(lines))
        return lines

    def advance(self) -> bool:
        """Go on behind what was peeked; whether that is the end."""
        read, lines = self._peeked
        self._peeked = (0, 0)
        self._read_to += read
        self.events_left -= lines
        return self._read_to >= self.size

    def written_at(self) -> float:
        return os.fstat(self._handle).st_mtime

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._handle)


def _write_all(handle: int, data: bytes) -> None:
    written = os.write(handle, data)
    if written < len(data):  # a full disk
        raise OSError(f"only {written} of {len(data)} bytes were written")


def _to_line(entry: Entry) -> bytes:
    return json.dumps([entry.wire, entry.wants_grant]).encode() + b"\n"


def _from_line(line: bytes) -> Entry | None:
    try:
        wire, wants_grant = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None
    return Entry(wire, bool(wants_grant)) if isinstance(wire, dict) else None
